import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { replaceFile } from "../log/files.js";
import { indexName, logPlaces, makeDirDurably, namesIn } from "../log/layout.js";
import { hashFromBase64, hashToBase64 } from "../tree/index.js";
import type { AnchorKind, Published, SignedHead } from "./anchor.js";

/** What is kept in the log of a head that was put somewhere else. JSON, in `receipts/<size>-<kind>-<n>.json`. */
export interface Receipt {
  readonly kind: AnchorKind;
  /** Leaves of the head. */
  readonly size: number;
  /** Root of the head, in base64. */
  readonly root: string;
  /** When it was put there: wall time of this machine, ms since 1970. */
  readonly at: number;
  readonly where: string;
  /** The signed note. */
  readonly note: string;
  /** How to find it there, and what was answered; depends on the kind. */
  readonly detail: Readonly<Record<string, string | number>>;
  /** What proves it, in base64: the answer of a time-stamping authority or a webhook. */
  readonly data: string | null;
}

/** A receipt and the name of its file. */
export interface KeptReceipt extends Receipt {
  readonly file: string;
}

/** The fields that a writer puts into the log about a receipt, beside `at` and `n`. */
export interface ReceiptRecord {
  readonly type: "anchor.receipt";
  readonly kind: AnchorKind;
  readonly size: number;
  readonly root: string;
  readonly where: string;
  readonly file: string;
}

const NAME = /^(\d{16})-([a-z]+)-(\d{1,9})\.json$/;
/** How many receipts of a kind are kept before old ones go: from then on, the first of each day of older ones. */
const KEPT_MAX = 200;
const NEWEST = 100;
const DAY_MS = 86_400_000;

export function receiptRecord({ kind, size, root, where, file }: KeptReceipt): ReceiptRecord {
  return { type: "anchor.receipt", kind, size, root, where, file };
}

/** Keeps a receipt, durably. @throws the system's errors */
export function keepReceipt(
  disk: Disk,
  dir: string,
  {
    kind,
    where,
    head,
    published,
    at,
  }: {
    readonly kind: AnchorKind;
    readonly where: string;
    readonly head: SignedHead;
    readonly published: Published;
    readonly at: number;
  },
): KeptReceipt {
  const { receipts } = logPlaces(dir);
  makeDirDurably(disk, receipts);
  const start = `${indexName(head.size)}-${kind}-`;
  const taken = namesIn(disk, receipts).filter((name) => name.startsWith(start));
  let n = 1;
  while (taken.includes(`${start}${n}.json`)) n++;
  const receipt: Receipt = {
    ...{ kind, size: head.size, root: hashToBase64(head.root), at, where },
    ...{ note: head.noteText, detail: published.detail },
    data: published.data === undefined ? null : Buffer.from(published.data).toString("base64"),
  };
  const file = `${start}${n}.json`;
  replaceFile(disk, join(receipts, file), `${JSON.stringify(receipt, null, 2)}\n`, "new");
  thinOut(disk, dir, kind);
  return { ...receipt, file };
}

/** Receipts of a kind, or all, from the smallest head on; files that are none are passed over. */
export function listReceipts(disk: Disk, dir: string, kind?: AnchorKind): KeptReceipt[] {
  return namesOf(disk, dir, kind).flatMap((file) => {
    const receipt = readReceipt(disk, dir, file);
    return receipt === undefined ? [] : [{ ...receipt, file }];
  });
}

function namesOf(disk: Disk, dir: string, kind?: string): string[] {
  return namesIn(disk, logPlaces(dir).receipts).filter((name) => {
    const found = NAME.exec(name)?.[2];
    return found !== undefined && (kind === undefined || found === kind);
  });
}

function readReceipt(disk: Disk, dir: string, file: string): Receipt | undefined {
  let fields: Partial<Record<keyof Receipt, unknown>>;
  try {
    fields = JSON.parse(new TextDecoder().decode(disk.read(join(logPlaces(dir).receipts, file)))) as object;
  } catch {
    return undefined;
  }
  const { kind, size, root, at, where, note, detail, data } = fields ?? {};
  const isRight =
    kind === NAME.exec(file)?.[2] &&
    Number.isSafeInteger(size) &&
    typeof root === "string" &&
    hashFromBase64(root) !== undefined &&
    typeof at === "number" &&
    typeof where === "string" &&
    typeof note === "string" &&
    typeof detail === "object" &&
    (data === null || typeof data === "string");
  return isRight ? (fields as Receipt) : undefined;
}

/** Newer heads cover what older ones do; of those, one a day still says by when something was there. */
function thinOut(disk: Disk, dir: string, kind: AnchorKind): void {
  const names = namesOf(disk, dir, kind);
  if (names.length <= KEPT_MAX) return;
  let day = -1;
  for (const file of names.slice(0, -NEWEST)) {
    const receipt = readReceipt(disk, dir, file);
    if (receipt === undefined) continue;
    const its = Math.floor(receipt.at / DAY_MS);
    if (its === day) disk.remove(join(logPlaces(dir).receipts, file));
    day = its;
  }
}
