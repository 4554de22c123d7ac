import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { hashesPath, logPlaces, rangePath, segmentPath } from "../../src/audit/log/layout.js";
import { piecesOf } from "../../src/audit/log/leaf.js";
import { ed25519Signer, formatCheckpoint, signNote } from "../../src/audit/note/index.js";
import type { NoteSigner } from "../../src/audit/note/index.js";
import { CompactRange, hashToBase64, hashToBytes, leafHash } from "../../src/audit/tree/index.js";
import type { Hash } from "../../src/audit/tree/index.js";
import type { Disk } from "../../src/core/disk.js";

export interface LogBuilderOptions {
  readonly origin?: string;
  /** Wall time of the first record. */
  readonly startAt?: number;
}

interface BuiltSegment {
  readonly first: number;
  readonly range: readonly Hash[];
  readonly lines: string[];
  readonly hashes: Hash[];
  /** What stands behind the lines. */
  stray: string;
}

/**
 * Builds a log in memory, record by record and in any shape, right or wrong: nothing happens by itself but what a
 * valid log needs. `write` puts it on a disk.
 */
export class LogBuilder {
  readonly origin: string;
  readonly log: NoteSigner;
  readonly segments: BuiltSegment[] = [];
  readonly notes: string[] = [];
  readonly blobs = new Map<string, string>();
  /** Keys of epochs by number. */
  readonly epochs: NoteSigner[] = [];
  readonly range = new CompactRange();
  at: number;
  mono = 1000;
  #seq = 0;

  constructor({ origin = "example.com/test", startAt = 1_795_000_000_000 }: LogBuilderOptions = {}) {
    this.origin = origin;
    this.at = startAt;
    this.log = ed25519Signer(origin, newKey());
    this.#begin();
    const [vkey, epochKey] = [this.log.vkey, this.epochKey(0).vkey];
    this.add({ type: "log.begin", epoch: 0, epochKey, format: 1, origin, software: "test", vkey });
  }

  get size(): number {
    return this.range.size;
  }

  get epoch(): number {
    return this.epochs.length - 1;
  }

  /** The key of an epoch, made when it is first asked for. */
  epochKey(epoch: number): NoteSigner {
    return (this.epochs[epoch] ??= ed25519Signer(`${this.origin}/e/${epoch}`, newKey()));
  }

  /** Appends a record; time goes on by 10 ms. Returns its index. */
  add(record: Readonly<Record<string, unknown>>): number {
    const { head, tail } = piecesOf({ at: this.at, ...record });
    this.at += 10;
    this.mono += 10;
    return this.addLine(head + this.size + tail);
  }

  addLine(line: string): number {
    const segment = this.segments.at(-1)!;
    const hash = leafHash(line);
    segment.lines.push(line);
    segment.hashes.push(hash);
    this.range.append(hash);
    return this.size - 1;
  }

  /** A governor's start. */
  open(boot = "boot0001"): this {
    this.add({ type: "open", boot, mono: this.mono, mode: "enforce" });
    return this;
  }

  /** A decision that was allowed, with its outcome unless it is left open. */
  action({ boot = "boot0001", isSettled = true } = {}): this {
    const seq = ++this.#seq;
    this.add({
      type: "gate",
      boot,
      mono: this.mono,
      seq,
      source: "bot",
      series: "mail",
      verdict: "allow",
      policy: "00",
    });
    if (isSettled) this.add({ type: "settle", boot, mono: this.mono, seq, ok: true });
    return this;
  }

  actions(count: number): this {
    for (let i = 0; i < count; i++) this.action();
    return this;
  }

  /** Signs what there is. @param seals epochs whose keys sign, too */
  checkpoint({
    size = this.size,
    root = this.range.root(),
    signers = [this.log],
    seals = [] as number[],
  } = {}): this {
    const text = formatCheckpoint({ origin: this.origin, size, root });
    this.notes.push(signNote(text, [...signers, ...seals.map((epoch) => this.epochKey(epoch))]));
    return this;
  }

  /** Ends the segment as a writer does: the next key announced, a sealed checkpoint. */
  rotate({ isSealed = true } = {}): this {
    const epoch = this.epoch;
    this.add({ type: "key.rotate", epoch: epoch + 1, vkey: this.epochKey(epoch + 1).vkey });
    this.checkpoint({ seals: isSealed ? [epoch] : [] });
    this.#begin();
    return this;
  }

  /** Begins a segment as after a crash, and says so. @param stray what is left behind the end of the one before */
  crash({ stray = "", isTold = true } = {}): this {
    const before = this.segments.at(-1)!;
    const from = this.size;
    before.stray = stray;
    this.#begin();
    if (!isTold) return this;
    this.add({
      ...{ type: "log.recovered", from, segment: before.first, bytes: 0, file: null, sha256: null },
      why: "the process before died",
    });
    return this.reopen();
  }

  reopen(): this {
    this.add({ type: "log.open", mono: this.mono, writer: "test" });
    return this;
  }

  close(): this {
    this.add({ type: "log.close" });
    return this.checkpoint();
  }

  /** Puts the log on a disk, where nothing is yet. */
  write(disk: Disk, dir: string): this {
    const { vkey, checkpoint, checkpoints, segments, blobs } = logPlaces(dir);
    disk.makeDir(segments);
    put(disk, vkey, `${this.log.vkey}\n`);
    for (const { first, range, lines, hashes, stray } of this.segments) {
      put(disk, segmentPath(dir, first), lines.map((line) => `${line}\n`).join("") + stray);
      put(disk, hashesPath(dir, first), Buffer.concat(hashes.map(hashToBytes)));
      if (first > 0)
        put(disk, rangePath(dir, first), range.map((hash) => `${hashToBase64(hash)}\n`).join(""));
    }
    put(disk, checkpoints, this.notes.join(""));
    if (this.notes.length > 0) put(disk, checkpoint, this.notes.at(-1)!);
    if (this.blobs.size > 0) disk.makeDir(blobs);
    for (const [name, text] of this.blobs) put(disk, join(blobs, name), text);
    return this;
  }

  #begin(): void {
    this.segments.push({ first: this.size, range: this.range.hashes, lines: [], hashes: [], stray: "" });
  }
}

/** A log as a governor writes it: starts, actions, three segments, a crash, an end. */
export function usualLog(): LogBuilder {
  const log = new LogBuilder().checkpoint().open().actions(5).checkpoint().actions(3).rotate();
  log.actions(4).checkpoint().crash({ stray: '{"at":17950' }).checkpoint().open("boot0002");
  for (let i = 0; i < 6; i++) log.action({ boot: "boot0002" });
  return log.rotate().close();
}

/** Makes a file, or puts another in its place. */
export function put(disk: Disk, path: string, contents: string | Uint8Array): void {
  if (disk.look(path) !== undefined) disk.remove(path);
  const file = disk.openToAppend(path, true);
  file.write(typeof contents === "string" ? new TextEncoder().encode(contents) : contents);
  file.close();
}

function newKey(): ReturnType<typeof generateKeyPairSync>["privateKey"] {
  return generateKeyPairSync("ed25519").privateKey;
}
