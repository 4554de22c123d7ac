import { statSync } from "node:fs";
import type { HistoryRecord } from "../analysis/backtest/index.js";
import { readLog } from "../audit/index.js";
import { listSegments } from "../audit/log/layout.js";
import { verifyLog } from "../audit/verify/verify.js";
import { InvalidInputError, ReinError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { counted, harmless } from "./io.js";
import { logOf } from "./log-of-dir.js";
import { SessionFile } from "./session-file.js";
import { sessionRecords } from "./session-records.js";
import type { SessionRecordsOptions } from "./session-records.js";
import { inStateDir } from "./state-dir.js";
import { recordsSize, watchedDisk } from "./watched-disk.js";

export interface HistoryOptions extends SessionRecordsOptions {
  /** A log is read although it does not hold. */
  readonly force: boolean;
  /** Names of options for recorded sessions that were given: a log has times and governors of its own. */
  readonly given: readonly string[];
}

/** What is known of a history besides what happened in it. */
export interface HistoryFacts {
  readonly kind: "log" | "sessions";
  /** What verification of the log came to, in a sentence; null for sessions, which nobody signs. */
  readonly verified: { readonly outcome: string; readonly summary: string } | null;
  /** The log does not hold, and was read all the same. */
  readonly forced: boolean;
  /** Why a log that does not hold was read up to some record only; null: it was read to its end. */
  readonly cutShort: string | null;
  /** Fields of events that mean nothing in a file of sessions, with how often each came. */
  readonly ignoredFields: Readonly<Record<string, number>>;
  /** Sessions without events, which are in no other number. */
  readonly emptySessions: number;
}

/** A recorded history, read piece by piece. */
export interface History {
  readonly facts: HistoryFacts;
  batches(): AsyncIterable<readonly HistoryRecord[]>;
}

/** Hears how far it is, and what is done, where that is not the backtest itself. */
type OnProgress = (share: number | undefined, what?: string) => void;

/** Records that are handed over at once: waiting for each one by itself would take longer than the work. */
const BATCH = 512;

/** The history in a directory or a file. @throws InvalidInputError, ReinError `record_damaged` */
export function historyOf(path: string, options: HistoryOptions, onProgress: OnProgress): History {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new InvalidInputError("log", `there is no file or directory \`${harmless(path, 200)}\``, {
      help: "give a governor's state directory, a log, or a file of recorded sessions",
    });
  }
  if (!stats.isDirectory()) return new SessionHistory(path, stats.size, options, onProgress);
  const [strange] = options.given;
  if (strange !== undefined) {
    throw new InvalidInputError(
      strange,
      `--${strange} is for recorded sessions, and \`${harmless(path, 200)}\` is a directory`,
      { help: "leave it out: a log has its own times, and the governors that it was written by" },
    );
  }
  return new LogHistory(path, options.force, onProgress);
}

/** Where a history is read: what was named, and the log that goes with it, which may be elsewhere. */
export async function placesOf(path: string): Promise<readonly string[]> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  return [path, await inStateDir(path, "backtest", async () => logOf(nodeDisk, path).dir)];
}

const DOES_NOT_HOLD = "the log does not hold: ";

class LogHistory implements History {
  readonly #dir: string;
  readonly #isForced: boolean;
  readonly #onProgress: OnProgress;
  #verified: HistoryFacts["verified"] = null;
  #forced = false;
  #cutShort: string | null = null;

  constructor(dir: string, isForced: boolean, onProgress: OnProgress) {
    this.#dir = dir;
    this.#isForced = isForced;
    this.#onProgress = onProgress;
  }

  get facts(): HistoryFacts {
    const [verified, forced, cutShort] = [this.#verified, this.#forced, this.#cutShort];
    return { kind: "log", verified, forced, cutShort, ignoredFields: {}, emptySessions: 0 };
  }

  async *batches(): AsyncIterable<readonly HistoryRecord[]> {
    const log = await inStateDir(this.#dir, "backtest", async () => this.#verify());
    const { bytes } = recordsSize(log);
    let read = 0;
    const disk = watchedDisk((more) => {
      read += more;
      this.#onProgress(bytes === 0 ? undefined : Math.min(1, read / bytes));
    });
    let batch: HistoryRecord[] = [];
    try {
      for (const record of readLog({ disk, dir: log, withBlobs: true })) {
        batch.push(record);
        if (batch.length < BATCH) continue;
        yield batch;
        batch = [];
      }
    } catch (error) {
      // What stands before the damage is as good as the rest of a log that does not hold.
      if (!this.#forced || !ReinError.isInstance(error) || error.code !== "record_damaged") throw error;
      this.#cutShort = error.message;
    }
    yield batch;
  }

  /** The log's directory, when the log holds. */
  #verify(): string {
    const log = logOf(nodeDisk, this.#dir).dir;
    if (listSegments(nodeDisk, log).length === 0) {
      throw new InvalidInputError("log", `there are no records in \`${harmless(this.#dir, 200)}\``, {
        help: "give a governor's state directory, or the directory that it was told to keep its records in",
      });
    }
    const { outcome, summary } = verifyLog({
      ...{ disk: nodeDisk, dir: log, now: Date.now() },
      onProgress: (bytes, total) => {
        this.#onProgress(
          total === 0 ? undefined : Math.min(1, bytes / total),
          `verifying: ${counted(Math.round(bytes / 1e6), "MB", "MB")}`,
        );
      },
    });
    this.#verified = { outcome, summary };
    if (outcome === "valid" || outcome === "untrusted") return log;
    if (!this.#isForced) {
      const said = summary.startsWith(DOES_NOT_HOLD) ? summary : `${DOES_NOT_HOLD}${summary}`;
      throw new ReinError("record_damaged", said, {
        help: "see `rein audit verify`; --force tries the policies on it all the same, and the report says so",
      });
    }
    this.#forced = true;
    return log;
  }
}

class SessionHistory implements History {
  readonly #file: SessionFile;
  readonly #bytes: number;
  readonly #options: SessionRecordsOptions;
  readonly #onProgress: OnProgress;
  #empty = 0;

  constructor(path: string, bytes: number, options: SessionRecordsOptions, onProgress: OnProgress) {
    this.#file = new SessionFile(path);
    this.#bytes = bytes;
    this.#options = { ...options, onEmpty: () => (this.#empty += 1) };
    this.#onProgress = onProgress;
  }

  get facts(): HistoryFacts {
    const ignoredFields = Object.fromEntries(this.#file.ignoredFields);
    const emptySessions = this.#empty;
    return { kind: "sessions", verified: null, forced: false, cutShort: null, ignoredFields, emptySessions };
  }

  async *batches(): AsyncIterable<readonly HistoryRecord[]> {
    let batch: HistoryRecord[] = [];
    try {
      for await (const record of sessionRecords(this.#file.sessions(), this.#options)) {
        batch.push(record);
        if (batch.length < BATCH) continue;
        yield batch;
        this.#onProgress(this.#bytes === 0 ? undefined : this.#file.bytesRead / this.#bytes);
        batch = [];
      }
    } catch (error) {
      if (!InvalidInputError.isInstance(error) || error.field !== "at") throw error;
      throw new InvalidInputError("file", `\`${harmless(this.#file.path, 200)}\`, ${error.message}`, {
        help: error.help,
        cause: error,
      });
    }
    yield batch;
  }
}
