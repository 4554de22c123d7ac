import type { MessagePort } from "node:worker_threads";
import type { LogEnd } from "../audit/index.js";
import type { RingBuffers } from "../audit/ring/ring.js";

/** What the thread of a log is started with: plain data. */
export interface LogTask {
  readonly ring: RingBuffers;
  readonly words: SharedArrayBuffer;
  readonly outOfBand: MessagePort;
  readonly dir: string;
  readonly end: LogEnd;
  readonly headDirs: readonly string[];
  readonly boot: string;
  readonly software: string;
  readonly segmentRecords: number;
  readonly maxBytes: number;
  readonly flushIntervalMs: number;
  readonly ownerFile: { readonly path: string; readonly nonce: string } | null;
  /** When the main thread's monotonic clock began, ms since 1970. */
  readonly timeOrigin: number;
}

/** What is told to the thread of a log that several processes share. */
export interface ShareTask {
  /** The name of the log, if it is new. */
  readonly origin: string | undefined;
  /** What is done with records while nobody writes the log. */
  readonly whenAway: "refuse" | "spool";
}

/** What the thread says. `news`: something fails, or works again; see the words. */
export type LogNews =
  | { readonly type: "open" }
  | {
      readonly type: "unopened";
      readonly code: string | undefined;
      readonly message: string;
      readonly help: string | undefined;
    }
  | { readonly type: "news" }
  | { readonly type: "warning"; readonly problem: string };
