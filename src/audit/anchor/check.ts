import type { Disk } from "../../core/disk.js";
import { messageOf } from "../../core/errors.js";
import { hashFromBase64 } from "../tree/index.js";
import { contradictionOf, readHead } from "./anchor.js";
import type { AnchorKind, Contradiction, LogView, PublishContext, SignedHead } from "./anchor.js";
import { readHeadList } from "./file-anchor.js";
import type { HeadList } from "./file-anchor.js";
import { readGitHeads } from "./git-anchor.js";
import { listReceipts } from "./receipts.js";
import type { KeptReceipt } from "./receipts.js";
import { headsInSyslog } from "./syslog-anchor.js";
import { readTimeStamp } from "./time-stamp.js";
import { verifyTimeStamp } from "./tsa-anchor.js";

/** Where heads were put, as whoever checks knows it: what the log says about that itself is no proof. */
export interface AnchorPlaces {
  /** Lists of `fileAnchor`. */
  readonly files?: readonly string[];
  /** Repositories of `gitAnchor`. */
  readonly repositories?: readonly string[];
  /** Files with lines of a system log. */
  readonly syslogs?: readonly string[];
  /** Certificates of the issuers of time-stamping authorities, in PEM. */
  readonly tsaCa?: string | undefined;
}

export interface CheckAnchorsOptions
  extends AnchorPlaces, Pick<PublishContext, "verifiers" | "timeoutMs" | "signal"> {
  readonly disk: Disk;
  /** Of the log; its receipts are looked at, too. */
  readonly dir: string;
  readonly origin: string;
  /** What the log is, see `LogTree`. */
  readonly log: LogView;
}

/** What the anchors of a log come to. */
export interface AnchorCheck {
  /** For each place the largest head that it has and that the log leads to; the largest of all first. */
  readonly covered: readonly Coverage[];
  readonly contradictions: readonly AnchorContradiction[];
  /** What could not be read, or counts for nothing. */
  readonly problems: readonly string[];
}

/**
 * A head that the log leads to. `checked`: the place itself was asked, or the proof verified. `claimed`: only a receipt
 * in the log says so, which whoever can change the log can change, too.
 */
export interface Coverage {
  readonly kind: AnchorKind;
  readonly where: string;
  readonly size: number;
  /** When it was put there, ms since 1970: by the clock of the authority (tsa), or as the receipt says; null if unknown. */
  readonly at: number | null;
  readonly standing: "checked" | "claimed";
}

export interface AnchorContradiction extends Contradiction {
  readonly kind: AnchorKind;
  readonly where: string;
  readonly standing: Coverage["standing"];
}

/** Compares a log with all heads of it that were put elsewhere. What cannot be read never throws: it is a problem. */
export async function checkAnchors(options: CheckAnchorsOptions): Promise<AnchorCheck> {
  const check = new Check(options);
  const { disk, files = [], repositories = [], syslogs = [] } = options;
  for (const path of files) {
    await check.place("file", path, () => readHeadList(disk, path, options));
  }
  for (const repository of repositories) {
    await check.place("git", repository, () => readGitHeads(repository, options));
  }
  for (const path of syslogs) {
    await check.place("syslog", path, () =>
      headsInSyslog(new TextDecoder().decode(disk.read(path)), options),
    );
  }
  await check.receipts();
  return check.result();
}

class Check {
  readonly #options: CheckAnchorsOptions;
  readonly #covered = new Map<string, Coverage>();
  readonly #contradictions: AnchorContradiction[] = [];
  readonly #problems: string[] = [];

  constructor(options: CheckAnchorsOptions) {
    this.#options = options;
  }

  /** A place that knows which heads it has. */
  async place(kind: AnchorKind, where: string, read: () => HeadList | Promise<HeadList>): Promise<void> {
    try {
      const { heads, problems } = await read();
      this.#problems.push(...problems);
      if (heads.length === 0) this.#problems.push(`\`${where}\` has no head of this log`);
      for (const head of heads) this.#judge(head, { kind, where, at: null, standing: "checked" });
    } catch (error) {
      this.#problems.push(messageOf(error));
    }
  }

  async receipts(): Promise<void> {
    const { disk, dir, origin, verifiers } = this.#options;
    let receipts: readonly KeptReceipt[] = [];
    try {
      receipts = listReceipts(disk, dir);
    } catch (error) {
      this.#problems.push(messageOf(error));
    }
    for (const receipt of receipts) {
      const { kind, where, file } = receipt;
      const head = readHead(receipt.note, origin, verifiers);
      if (typeof head === "string") {
        this.#problems.push(`the note in the receipt \`${file}\` ${head}`);
        continue;
      }
      if (head.size !== receipt.size || head.root !== hashFromBase64(receipt.root)) {
        this.#problems.push(`the receipt \`${file}\` is about another head than its note`);
        continue;
      }
      const claim = { kind, where, at: receipt.at, standing: "claimed" } as const;
      this.#judge(head, kind === "tsa" ? ((await this.#stamped(receipt)) ?? claim) : claim);
    }
  }

  result(): AnchorCheck {
    const covered = [...this.#covered.values()].sort((a, b) => b.size - a.size);
    return { covered, contradictions: this.#contradictions, problems: this.#problems };
  }

  /** What a time stamp proves; undefined when nothing. */
  async #stamped({ where, note, data, file }: KeptReceipt): Promise<Omit<Coverage, "size"> | undefined> {
    const { tsaCa } = this.#options;
    try {
      const reply = Buffer.from(data ?? "", "base64");
      const { at } = readTimeStamp(reply, Buffer.from(note));
      if (tsaCa === undefined) return { kind: "tsa", where, at, standing: "claimed" };
      await verifyTimeStamp(reply, Buffer.from(note), tsaCa, this.#options);
      return { kind: "tsa", where, at, standing: "checked" };
    } catch (error) {
      this.#problems.push(`the receipt \`${file}\` proves nothing: ${messageOf(error)}`);
      return undefined;
    }
  }

  #judge(head: SignedHead, from: Omit<Coverage, "size">): void {
    const { kind, where, standing } = from;
    const contradiction = contradictionOf(head, this.#options.log, `\`${where}\``);
    if (contradiction !== undefined) {
      this.#contradictions.push({ ...contradiction, kind, where, standing });
      return;
    }
    const key = `${kind}\0${where}\0${standing}`;
    if ((this.#covered.get(key)?.size ?? -1) >= head.size) return;
    this.#covered.set(key, { ...from, size: head.size });
  }
}
