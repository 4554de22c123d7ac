import type { Server } from "node:net";
import { join } from "node:path";
import type { AppendableFile, Disk } from "../../core/disk.js";
import { writeAll } from "../log/files.js";
import { makeDirDurably, namesIn } from "../log/layout.js";
import { piecesOf } from "../log/leaf.js";
import type { Standing } from "./ack.js";
import type { ShareAddress } from "./address.js";
import { FrameReader, MAX_FRAME, readBlob, readRecords } from "./frames.js";
import { Outbox } from "./outbox.js";

/*
 * LOG/spool/<boot>.jsonl: records of a run that have not found their way into the log. The first line says where in the log
 * they may have begun to ({"boot","since","signed"}); then each record, with 0 for its index, and before it its large values
 * ({"field","for","text"}). Nothing here is signed: until it is in the log, whoever can write the file can change it.
 */

/** Where the spools of a log are. */
export function spoolDir(dir: string): string {
  return join(dir, "spool");
}

/** Bound by the one whose spool it is for as long as he lives. */
export function spoolAddress({ kind, path }: ShareAddress, boot: string): ShareAddress {
  return { kind, path: kind === "file" ? `${path}-${boot.slice(0, 8)}` : `${path}-${boot}` };
}

/** The spool of a run that is being written. */
export class Spool {
  /** Number of the last record in it. */
  last = -1;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: AppendableFile;
  readonly #lock: Server;

  /** @throws the system's errors */
  constructor(disk: Disk, dir: string, standing: Standing, lock: Server) {
    this.#disk = disk;
    this.#lock = lock;
    makeDirDurably(disk, spoolDir(dir));
    this.#path = join(spoolDir(dir), `${standing.boot}.jsonl`);
    this.#file = disk.openToAppend(this.#path, true);
    writeAll(this.#file, Buffer.from(`${JSON.stringify(standing)}\n`));
    disk.syncDirNow(spoolDir(dir));
  }

  /** Takes what an outbox has to give out. @throws the system's error */
  write(outbox: Outbox): void {
    let lines = "";
    let last = this.last;
    for (let parcel = outbox.take(); parcel !== undefined; parcel = outbox.take()) {
      const values = valuesOf(parcel.blobs);
      const payload = parcel.frame.subarray(5);
      readRecords(payload, (number, headFrom, tailFrom, end) => {
        if (number <= last) return;
        for (const value of values) if (value.for === number) lines += `${JSON.stringify(value)}\n`;
        lines += `${payload.toString("utf8", headFrom, tailFrom)}0${payload.toString("utf8", tailFrom, end)}\n`;
        last = number;
      });
    }
    if (lines === "") return;
    writeAll(this.#file, Buffer.from(lines));
    this.last = last;
  }

  /** @throws the system's error */
  sync(): void {
    this.#file.syncNow();
  }

  /** Everything is in the log, and signed there. */
  remove(): void {
    this.#file.close();
    this.#disk.remove(this.#path);
    this.#lock.close();
  }

  /** Leaves it for whoever writes the log next. */
  leave(): void {
    this.#file.close();
    this.#lock.close();
  }
}

/** A record's large value, as it stands in a spool. */
interface Value {
  readonly field: string;
  readonly for: number;
  readonly text: string;
}

function valuesOf(blobs: readonly Buffer[]): Value[] {
  const values: Value[] = [];
  let pieces: Buffer[] = [];
  const reader = new FrameReader(MAX_FRAME);
  for (const blob of blobs) {
    reader.push(blob, (_type, payload) => {
      const { number, field, piece, isLast } = readBlob(payload);
      pieces.push(piece);
      if (!isLast) return;
      values.push({ field, for: number, text: Buffer.concat(pieces).toString() });
      pieces = [];
    });
  }
  return values;
}

/** Runs that have left records behind. */
export function spoolsIn(disk: Disk, dir: string): string[] {
  return namesIn(disk, spoolDir(dir)).flatMap((name) => /^([\w-]{1,64})\.jsonl$/.exec(name)?.[1] ?? []);
}

/** What a run has left behind; it may end anywhere, for its process died. @throws the system's errors */
export function readSpool(
  disk: Disk,
  dir: string,
  boot: string,
): { readonly standing: Standing; readonly outbox: Outbox } | undefined {
  const lines = Buffer.from(disk.read(join(spoolDir(dir), `${boot}.jsonl`)))
    .toString()
    .split("\n")
    .slice(0, -1);
  const standing = parse(lines[0] ?? "") as Partial<Standing> | undefined;
  if (standing?.boot !== boot || typeof standing.signed !== "number") return undefined;
  const { since } = standing;
  if (!Number.isSafeInteger(since)) return undefined;
  const outbox = new Outbox();
  let isBegun = false;
  let values: Value[] = [];
  for (const line of lines.slice(1)) {
    const record = parse(line);
    if (record === undefined) break;
    if (!Object.hasOwn(record, "boot")) {
      values.push(record as unknown as Value);
      continue;
    }
    const number = record["i"];
    if (typeof number !== "number" || (isBegun && number !== outbox.next)) break;
    outbox.next = number;
    isBegun = true;
    for (const { field, text } of values) outbox.blob(field, text);
    values = [];
    const { head, tail } = piecesOf(record);
    outbox.append(head, tail);
  }
  outbox.seal();
  return { standing: { boot, since: since as number, signed: standing.signed }, outbox };
}

/** Forgets what a run has left behind: all of it is in the log. */
export function removeSpool(disk: Disk, dir: string, boot: string): void {
  disk.remove(join(spoolDir(dir), `${boot}.jsonl`));
  disk.syncDirNow(spoolDir(dir));
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
