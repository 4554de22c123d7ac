import type { LogEnd, MeasureNames } from "../audit/index.js";
import type { Disk } from "../core/disk.js";

/** What a governor's log is written with; the part that goes to a thread is plain data. */
export interface LogOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly end: LogEnd;
  readonly headDirs: readonly string[];
  /** Names this run in the records. */
  readonly boot: string;
  /** The version of this package. */
  readonly software: string;
  readonly segmentRecords: number;
  readonly maxBytes: number;
  readonly measures: MeasureNames;
  readonly capacity: number;
  readonly flushIntervalMs: number;
  readonly whenFull: "refuse" | "gap";
  /** What says that the log is ours, and what it says then; null: nobody else asks for it. */
  readonly ownerFile: { readonly path: string; readonly nonce: string } | null;
  readonly mustBeOurs: (() => void) | undefined;
  readonly onFailure: (error: unknown) => void;
  readonly warn: (problem: string) => void;
}
