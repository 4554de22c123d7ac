import type { KeptValue } from "../privacy/vault.js";

/** Where the lines of a log go, one leaf each. */
export interface LeafSink {
  /** Index of the next leaf. */
  readonly size: number;
  /** Bytes that were taken and are not written yet: whoever appends stops beyond some. */
  readonly backlog: number;
  /**
   * Takes a leaf, whose line is `head`, the index, and `tail`; `head` ends with `"n":`. In memory only, so that it
   * always succeeds.
   */
  append(head: string, tail: string): void;
  /** A value of the next leaf that stands in a file of its own: the leaf has only its hash. */
  blob(field: string, text: string): void;
  /** A value that the next leaf commits to, and that is kept apart from it; absent where nothing can be kept. */
  keep?(kept: KeptValue): void;
  /** Hands what was taken to the disk. @throws the system's error; the next call goes on where this one stopped */
  write(): void;
  /** Makes what was written durable (fdatasync). @throws the system's error */
  sync(): void;
  /** Syncs, signs and publishes a checkpoint, when there is anything new. @throws the system's error */
  checkpoint(): void;
  /** Lets time pass: heartbeats, checkpoints, segments that are old. @throws the system's error */
  tick(): void;
}
