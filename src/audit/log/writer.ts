import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { CompactRange, HASH_BYTES, leafHash } from "../tree/index.js";
import type { Hash } from "../tree/index.js";
import { putFile, replaceFile, writeAll } from "./files.js";
import type { HeadKeeper } from "./head.js";
import { Keyring } from "./keyring.js";
import { blobPath, LOG_FORMAT, logPlaces, makeDirDurably, rangePath, segmentPath } from "./layout.js";
import { MAX_LEAF_BYTES, piecesOf } from "./leaf.js";
import type { LeafSink } from "./leaf-sink.js";
import type { Erasure } from "../privacy/erasure.js";
import { Vault } from "../privacy/vault.js";
import type { KeptValue } from "../privacy/vault.js";
import { Publisher } from "./publisher.js";
import { rangeText } from "./recover.js";
import type { LogEnd } from "./recover.js";
import { SegmentWriter } from "./segment-writer.js";
import { Staging } from "./staging.js";

/** Leaves of a segment: a complete subtree. */
export const SEGMENT_LEAVES = 1 << 16;
const SEGMENT_AGE_MS = 86_400_000;
const CHECKPOINT_MS = 1_000;
const HEARTBEAT_MS = 10_000;
/** More than this is not kept in memory until a sync comes by itself. */
const UNSYNCED_BYTES_MAX = 1 << 23;

export interface WriterOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** What `recoverLog` found. */
  readonly end: LogEnd;
  /** Where heads are kept; the first is the log's own. */
  readonly heads: readonly HeadKeeper[];
  /** Wall time in ms since 1970, and a time that never goes back. */
  readonly now: () => number;
  readonly mono: () => number;
  /** Names this process in the log. */
  readonly writer: string;
  readonly software: string;
  /** What a new log goes on from, said in its first record. */
  readonly previous?: object | undefined;
  /** Leaves of a segment; a power of two. */
  readonly segmentLeaves?: number | undefined;
  readonly segmentAgeMs?: number | undefined;
  readonly mustBeOurs?: (() => void) | undefined;
  readonly onTrouble?: ((problem: string) => void) | undefined;
  /** Called by `tick` at first and when a segment was begun: the time to remove old ones. What it throws is trouble. */
  readonly onSegment?: ((log: LogWriter) => void) | undefined;
}

/** The end of a segment among the leaves that are still to be written. */
interface Cut {
  readonly lines: number;
  readonly hashes: number;
  readonly size: number;
  readonly root: Hash;
  readonly range: string;
  readonly epoch: number;
}

/**
 * Writes a log: takes lines, builds the tree, cuts segments, seals epochs, signs checkpoints. Everything happens in the
 * calling thread; `append` touches no file. A sync that fails is not tried again: what it was for is written once more,
 * into a new segment.
 */
export class LogWriter implements LeafSink {
  /** Segments that were begun, this one included. */
  segments = 1;
  readonly #options: WriterOptions;
  readonly #keyring: Keyring;
  readonly #publisher: Publisher;
  readonly #staging = new Staging();
  readonly #range: CompactRange;
  readonly #segmentLeaves: number;
  #segment: SegmentWriter;
  #segmentAt: number;
  readonly #cuts: Cut[] = [];
  readonly #blobs: { readonly index: number; readonly field: string; readonly text: string }[] = [];
  /** Places up to which lines and hashes are written, and durable. */
  #written = 0;
  /** The same without a line of which only a part is written. */
  #wholeWritten = 0;
  #hashesWritten = 0;
  #synced = 0;
  #hashesSynced = 0;
  /** Leaves that are durable, and signed. */
  #durable: number;
  #signed: number;
  #signedAt: number;
  #epoch: number;
  readonly #vault: Vault;
  #isClosed = false;
  #segmentsTold = 0;

  /** Opens the log and says so in it, durably. @throws ReinError; the system's errors */
  constructor(options: WriterOptions) {
    const { disk, dir, end, now } = options;
    this.#options = options;
    this.#keyring = Keyring.open(disk, dir, end.origin);
    this.#range = new CompactRange(end.range.size, end.range.hashes);
    this.#segmentLeaves = options.segmentLeaves ?? SEGMENT_LEAVES;
    this.#durable = end.range.size;
    this.#signed = end.signed;
    this.#signedAt = this.#segmentAt = now();
    this.#epoch = end.epoch;
    const { size } = end.range;
    this.#vault = new Vault({ disk, dir, segment: end.segment, size, signed: end.signed });
    const isFresh = disk.look(segmentPath(dir, end.segment)) === undefined;
    this.#segment = new SegmentWriter(disk, dir, end.segment, end.range.size - end.segment, isFresh);
    try {
      this.#publisher = new Publisher({
        ...{ disk, dir, keyring: this.#keyring, heads: options.heads, mustBeOurs: options.mustBeOurs },
        onTrouble: options.onTrouble ?? (() => undefined),
      });
      this.#begin(end);
    } catch (error) {
      this.#segment.close();
      throw error;
    }
  }

  get size(): number {
    return this.#range.size;
  }

  get backlog(): number {
    return this.#staging.end - this.#written + this.#vault.backlog;
  }

  /** The key that signs this log. */
  get vkey(): string {
    return this.#keyring.log.vkey;
  }

  append(head: string, tail: string): void {
    this.#take(head + this.#range.size + tail);
    if ((this.#range.size + 1) % this.#segmentLeaves === 0) this.#rotate();
  }

  /** Appends a record of the log's own. */
  note(record: object): void {
    const { head, tail } = piecesOf({ ...record, at: this.#options.now() });
    this.append(head, tail);
  }

  blob(field: string, text: string): void {
    this.#blobs.push({ index: this.#range.size, field, text });
  }

  keep(kept: KeptValue): void {
    this.#vault.keep(this.#range.size, kept);
  }

  /** Takes values away that a durable record says are erased. @throws the system's error */
  forget(erasure: Erasure): void {
    this.#vault.forget(erasure);
  }

  write(): void {
    if (this.#segment.failed) this.#writeAgain();
    this.#writeBlobs();
    // Before the leaves: a value without its leaf is taken away at the next start.
    this.#vault.write();
    for (let cut = this.#cuts[0]; cut !== undefined; cut = this.#cuts[0]) {
      this.#keyring.keep(cut.epoch + 1);
      this.#writeTo(cut.lines, cut.hashes);
      this.#finish(cut);
      this.#cuts.shift();
    }
    this.#writeTo(this.#staging.end, this.#staging.hashesEnd);
    if (this.#written - this.#synced > UNSYNCED_BYTES_MAX) this.sync();
  }

  sync(): void {
    if (this.#segment.failed || this.backlog > 0) this.write();
    if (this.#synced === this.#written) return;
    this.#vault.sync();
    this.#segment.sync();
    this.#confirm(this.#written, this.#hashesWritten, this.#range.size);
  }

  checkpoint(isLasting = false): void {
    this.sync();
    if (this.#signed === this.#range.size) return;
    this.#sign(this.#range.size, this.#range.root(), null, isLasting);
  }

  tick(): void {
    if (this.#segmentsTold !== this.segments) this.#tell();
    const now = this.#options.now();
    const { size } = this.#range;
    const isOld = now - this.#segmentAt >= (this.#options.segmentAgeMs ?? SEGMENT_AGE_MS);
    if (isOld && size > this.#segment.first) {
      this.#rotate();
      this.checkpoint();
    } else if (size > this.#signed) {
      if (now - this.#signedAt >= CHECKPOINT_MS || now < this.#signedAt) this.checkpoint();
    } else if (now - this.#signedAt >= HEARTBEAT_MS || now < this.#signedAt) {
      this.note({ type: "log.heartbeat", mono: this.#options.mono() });
      this.checkpoint();
    }
  }

  /** Says that the log ends here, signs it, and lets go of the files. @throws the system's error: nothing is lost by it */
  close(): void {
    if (this.#isClosed) return;
    this.note({ type: "log.close" });
    this.checkpoint(true);
    this.release();
  }

  /** Lets go of the files as they are. */
  release(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#segment.close();
    this.#vault.close();
    this.#publisher.close();
  }

  #tell(): void {
    this.#segmentsTold = this.segments;
    try {
      this.#options.onSegment?.(this);
    } catch (error) {
      if (ReinError.isInstance(error) && error.code === "log_lost") throw error;
      this.#options.onTrouble?.(`old segments of the log cannot be removed: ${messageOf(error)}`);
    }
  }

  #begin({ recovered, last }: LogEnd): void {
    const { writer, software, previous, mono } = this.#options;
    const { origin, log } = this.#keyring;
    const epochKey = this.#keyring.epoch(this.#epoch);
    this.#keyring.keep(this.#epoch);
    if (this.#range.size === 0) {
      const names = { origin, vkey: log.vkey, epoch: 0, epochKey: epochKey.vkey };
      this.note({ type: "log.begin", format: LOG_FORMAT, software, previous, ...names });
    } else {
      // The first record alone may be there unsigned: otherwise somebody took the signatures away.
      if (this.#signed === 0) this.checkpoint(true);
      if (last?.type === "key.rotate") this.#goOnSealing(last["epoch"] as number);
      if (recovered !== null) this.note(recovered);
      this.note({ type: "log.open", writer, mono: mono() });
    }
    this.checkpoint(true);
  }

  /** The process before died between the last leaf of a segment and the first of the next one. */
  #goOnSealing(next: number): void {
    this.#cuts.push({ ...this.#cutHere(), epoch: next - 1 });
    this.#epoch = next;
    this.write();
  }

  #take(text: string): void {
    let line = text;
    if (line.length * 3 > MAX_LEAF_BYTES && Buffer.byteLength(line) > MAX_LEAF_BYTES) {
      const reason = "a record was too long for the log";
      const { head, tail } = piecesOf({ type: "gap", at: this.#options.now(), lost: 1, reason });
      line = head + this.#range.size + tail;
    }
    const hash = leafHash(line);
    this.#staging.add(line, hash);
    this.#range.append(hash);
  }

  /** Ends the segment: the next epoch's key is announced under the protection of this one. */
  #rotate(): void {
    const next = this.#epoch + 1;
    const { vkey } = this.#keyring.epoch(next);
    const { head, tail } = piecesOf({ type: "key.rotate", at: this.#options.now(), epoch: next, vkey });
    this.#take(head + this.#range.size + tail);
    this.#cuts.push(this.#cutHere());
    this.#epoch = next;
  }

  #cutHere(): Cut {
    const { end, hashesEnd } = this.#staging;
    const { size } = this.#range;
    this.#vault.begin(size);
    const range = rangeText(this.#range);
    return { lines: end, hashes: hashesEnd, size, root: this.#range.root(), range, epoch: this.#epoch };
  }

  /** Seals what a cut ends, and begins the next segment. May be tried again from the beginning. */
  #finish({ size, root, range, epoch, lines, hashes }: Cut): void {
    const { disk, dir, now, mustBeOurs } = this.#options;
    if (this.#synced < lines) {
      this.#vault.sync();
      this.#segment.sync();
      this.#confirm(lines, hashes, size);
    }
    // The key is there until the seal is: without it, all of this has been done.
    if (this.#keyring.has(epoch)) {
      this.#sign(size, root, this.#keyring.epoch(epoch), true);
      this.#keyring.destroy(epoch);
    }
    mustBeOurs?.();
    replaceFile(disk, rangePath(dir, size), range, "nothing");
    const isFresh = disk.look(segmentPath(dir, size)) === undefined;
    const next = new SegmentWriter(disk, dir, size, 0, isFresh);
    this.#segment.close();
    this.#segment = next;
    this.#segmentAt = now();
    this.segments += 1;
  }

  #sign(size: number, root: Hash, seal: ReturnType<Keyring["epoch"]> | null, isLasting: boolean): void {
    this.#publisher.publish({ origin: this.#keyring.origin, size, root }, seal, isLasting);
    this.#signed = size;
    this.#signedAt = this.#options.now();
  }

  #writeTo(lines: number, hashes: number): void {
    if (this.#written < lines) {
      const before = this.#segment.bytes;
      try {
        this.#segment.append(this.#staging.lines(this.#written, lines));
      } finally {
        this.#written += this.#segment.bytes - before;
      }
    }
    this.#wholeWritten = lines;
    if (this.#hashesWritten < hashes) {
      this.#segment.appendHashes(this.#staging.hashes(this.#hashesWritten, hashes));
      this.#hashesWritten = hashes;
    }
  }

  #writeBlobs(): void {
    if (this.#blobs.length === 0) return;
    const { disk, dir } = this.#options;
    makeDirDurably(disk, logPlaces(dir).blobs);
    for (let blob = this.#blobs[0]; blob !== undefined; blob = this.#blobs[0]) {
      replaceFile(disk, blobPath(dir, blob.index, blob.field), blob.text, "new");
      this.#blobs.shift();
    }
  }

  #confirm(lines: number, hashes: number, size: number): void {
    this.#synced = lines;
    this.#hashesSynced = hashes;
    this.#durable = size;
    this.#staging.release(lines, hashes);
  }

  /** Writes what the disk did not confirm once more, in a segment that begins with it. */
  #writeAgain(): void {
    const { disk, dir, mustBeOurs } = this.#options;
    const first = this.#durable;
    const old = this.#segment;
    const lines = this.#staging.lines(this.#synced, this.#wholeWritten);
    const leaves = (this.#hashesWritten - this.#hashesSynced) / HASH_BYTES;
    mustBeOurs?.();
    putFile(disk, segmentPath(dir, first), "new", (file) => {
      writeAll(file, lines);
    });
    this.#vault.moveTo(first);
    const again = new SegmentWriter(disk, dir, first, leaves, false);
    old.close();
    this.#segment = again;
    this.segments += 1;
    this.#written = this.#wholeWritten;
    this.#confirm(this.#wholeWritten, this.#hashesWritten, first + leaves);
    const segment = old.first < first ? old.first : null;
    const why = "the disk did not confirm what was written";
    this.note({ type: "log.recovered", from: first, segment, bytes: 0, file: null, sha256: null, why });
  }
}
