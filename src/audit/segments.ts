import type { Disk } from "../core/disk.js";
import { OpenSegment } from "./open-segment.js";
import type { RecordSink } from "./record-log.js";
import { removeOldSegments } from "./retention.js";
import { makeDirDurably, segmentName, segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { headerLine } from "./segment-lines.js";
import type { SegmentClosing } from "./segment-lines.js";

export interface SegmentOptions {
  readonly disk: Disk;
  /** Made when it is missing; belongs to this process alone. */
  readonly dir: string;
  /** Where to go on: the `end` that `recoverSegments` found. */
  readonly at: Position;
  /** A segment of this many bytes is full. */
  readonly segmentBytes: number;
  /** When all segments together are larger, the oldest go. */
  readonly maxBytes: number;
  /** Segments whose newest record is older go. */
  readonly maxAgeMs?: number | undefined;
  /** Wall time in ms, for the first lines of segments. */
  readonly now: () => number;
  /** Throws when the directory is another process's by now: asked before a file is removed that has the name of a segment. */
  readonly mustBeOurs?: (() => void) | undefined;
  /** Hears when an old segment cannot be removed. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

/**
 * Records in numbered files, `records-00000001.jsonl` and so on. What is written in one piece ends with a line that
 * sums it up, so that a torn end, damage and edits by hand are told apart when it is read.
 *
 * A sync that fails is not tried again: the segment is left as it is, and the next write begins a new one that says
 * so. `isFull` is then true until `rotate` has been called.
 */
export class SegmentSink implements RecordSink {
  /**
   * The oldest segment that recovery needs, which retention keeps along with all later ones. At first none is removed:
   * set this after each snapshot.
   */
  keepFrom = 1;
  readonly #options: SegmentOptions;
  #segment: OpenSegment;
  /** Characters of the lines on offer that are in whole chunks, and in a chunk that is being written. */
  #written = 0;
  #staged = 0;
  /** The segment is over, and the next one could not be made yet. */
  #over: SegmentClosing | undefined;
  /** The segment that was begun last: what is there before it has been made in full is a try that failed. */
  #begun = 0;
  /** The segment was begun by a write, without the records that are first in one. */
  #isHeadless = false;

  /** @throws the system's error when the segment cannot be opened */
  constructor(options: SegmentOptions) {
    const { disk, dir, at } = options;
    this.#options = options;
    makeDirDurably(disk, dir);
    if (at.offset > 0) {
      this.#segment = new OpenSegment(disk, dir, at.segment, false);
      if (this.#segment.offset !== at.offset) {
        void this.#segment.close();
        throw new Error(`${segmentName(at.segment)} has ${this.#segment.offset} bytes, not ${at.offset}`);
      }
      return;
    }
    // Recovery may leave it empty.
    if (disk.look(segmentPath(dir, at.segment))?.bytes === 0) this.#begun = at.segment;
    const before = at.segment > 1 ? disk.look(segmentPath(dir, at.segment - 1)) : undefined;
    this.#segment = this.#create(at.segment, before === undefined ? null : { bytes: before.bytes }, "");
  }

  /** The end of what is written. */
  get position(): Position {
    return { segment: this.#segment.number, offset: this.#segment.offset };
  }

  /** Whether it is time for the next segment. */
  get isFull(): boolean {
    const { failed, offset } = this.#segment;
    return failed || this.#isHeadless || this.#over !== undefined || offset >= this.#options.segmentBytes;
  }

  /**
   * Writes whole lines and their sum in one piece. When it throws, offer the same lines again, more may follow them:
   * each is written once.
   */
  write(lines: string): void {
    if (this.#segment.failed || this.#over !== undefined) this.#next();
    this.#finish();
    if (lines.length > this.#written) {
      this.#segment.stage(this.#written === 0 ? lines : lines.slice(this.#written));
      this.#staged = lines.length - this.#written;
      this.#finish();
    }
    this.#written = 0;
  }

  /** Resolves when what was written is durable. */
  sync(): Promise<void> {
    return this.#segment.sync();
  }

  /** The same, waited for. @throws the system's error; what was not durable before may then be lost */
  syncNow(): void {
    this.#segment.syncNow();
  }

  /**
   * Begins the next segment, in which `position` then is, and removes old ones. The one before is durable then, or
   * said not to be.
   *
   * @throws the system's error when it cannot be made; the next write or call tries again, and until then nothing is
   * written
   */
  rotate(): void {
    if (this.#staged > 0) throw new Error("the next segment begins when all lines are written");
    this.#next();
    this.#isHeadless = false;
    this.#removeOld();
  }

  /** Notes that all is durable, if it is, so that the last of it is told from a torn end. */
  seal(): void {
    // If the note is written in part, the rest of it is written before anything else.
    if (this.#over === undefined) attempt(() => this.#segment.seal());
  }

  /** Lets go of the files. What is not durable stays so: sync before. */
  async close(): Promise<void> {
    this.seal();
    await this.#segment.close();
  }

  #finish(): void {
    this.#segment.finish();
    this.#written += this.#staged;
    this.#staged = 0;
  }

  #next(): void {
    const old = this.#segment;
    if (this.#over === undefined) {
      // What fails here is told by the first lines of the next segment.
      if (this.#staged === 0) attempt(() => old.finish());
      attempt(() => old.syncNow());
      const { offset, synced } = old;
      this.#over = old.failed || old.hasPending ? { bytes: offset, synced } : { bytes: offset };
    }
    const { bytes, synced = bytes } = this.#over;
    const reason = `the disk could not confirm bytes ${synced} to ${bytes} of ${segmentName(old.number)}`;
    const gap = { type: "gap", at: this.#options.now(), lost: null, reason };
    const first = synced < bytes ? `${JSON.stringify(gap)}\n` : "";
    this.#segment = this.#create(old.number + 1, this.#over, first);
    this.#isHeadless = true;
    this.#over = undefined;
    // What was written of a chunk in the old segment lies beyond what counts of it.
    this.#staged = 0;
    void old.close();
  }

  /** Makes a segment durably, name and first line: whatever is written to it later finds it there. */
  #create(number: number, previous: SegmentClosing | null, first: string): OpenSegment {
    const { disk, dir, now, mustBeOurs } = this.#options;
    const path = segmentPath(dir, number);
    if (number === this.#begun && disk.look(path) !== undefined) {
      mustBeOurs?.();
      disk.remove(path);
    }
    const segment = new OpenSegment(disk, dir, number, true);
    this.#begun = number;
    try {
      segment.stage(headerLine(number, now(), previous) + first);
      segment.finish();
      segment.syncNow();
      disk.syncDirNow(dir);
    } catch (error) {
      void segment.close();
      throw error;
    }
    return segment;
  }

  #removeOld(): void {
    try {
      removeOldSegments({ ...this.#options, keepFrom: Math.min(this.keepFrom, this.#segment.number) });
    } catch (error) {
      this.#options.onTrouble?.(error);
    }
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // The caller looks at what became of it.
  }
}
