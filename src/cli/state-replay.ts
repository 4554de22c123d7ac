import process from "node:process";
import { replay } from "../analysis/replay.js";
import type { Divergence, KnownState, ReplayReport, RunRecord } from "../analysis/replay.js";
import { readLog } from "../audit/index.js";
import { listSegments } from "../audit/log/layout.js";
import type { Disk } from "../core/disk.js";
import { InvalidInputError } from "../core/errors.js";
import { ENGINE_VERSION } from "../engine/index.js";
import { nodeDisk } from "../store/index.js";
import { savedState } from "./decision-replay.js";
import type { Saved } from "./decision-replay.js";
import { counted } from "./io.js";
import type { Io } from "./io.js";
import { logOf } from "./log-of-dir.js";
import { Progress } from "./progress.js";
import { inStateDir } from "./state-dir.js";
import { stateReplayText } from "./state-replay-view.js";
import { recordsSize, watchedDisk } from "./watched-disk.js";

/** What came of replaying the records of a directory. */
export interface StateReplay extends ReplayReport {
  readonly dir: string;
  /** Versions that it was replayed with: the result must not depend on Node's. */
  readonly engine: number;
  readonly node: string;
  /** Whether the store's newest snapshot was met and compared. */
  readonly snapshot: boolean;
  /** Id of the first decision that came out otherwise, without its place among the open ones. */
  readonly decision: string | null;
  /** Every record from the first state on was replayed. */
  readonly isComplete: boolean;
  /** Every decision came out again, and nothing was left out. */
  readonly isProven: boolean;
}

/**
 * \`rein replay DIR\`: runs the records of a directory through a fresh engine.
 *
 * @returns the exit code: 2 also when records are missing, because what cannot be checked must not look checked
 */
export async function replayStateDir(dir: string, json: boolean, io: Io): Promise<number> {
  return inStateDir(dir, "replay", async () => {
    const result = replayDir(dir, io);
    const code = result.isProven ? 0 : 2;
    if (json) io.stdout(`${JSON.stringify({ ...result, exitCode: code }, null, 2)}\n`);
    else io.stdout(stateReplayText(result, io));
    return code;
  });
}

function replayDir(dir: string, io: Io): StateReplay {
  const progress = new Progress(io);
  const log = logOf(nodeDisk, dir).dir;
  const { bytes } = recordsSize(log);
  let read = 0;
  let decisions = 0;
  const disk = watchedDisk((more) => {
    read += more;
    progress.update(Math.min(1, read / bytes), () => counted(decisions, "decision"));
  });
  if (listSegments(disk, log).length === 0) {
    throw new InvalidInputError("dir", `there are no records in \`${dir}\``, {
      help: "give a governor's state directory, or the directory that it was told to keep its records in",
    });
  }
  try {
    const course = new Course(disk, log, savedState(disk, dir));
    const report = replay(course.records(), {
      savedBefore: () => course.takeSaved(),
      onRecord: (_, count) => {
        decisions = count;
      },
    });
    const { divergence, gaps, unproven } = report;
    const isComplete = gaps === 0 && unproven === 0;
    return {
      ...report,
      dir,
      engine: ENGINE_VERSION,
      node: process.version,
      snapshot: course.hasMetSaved,
      decision: divergence === null ? null : decisionIn(divergence),
      isComplete,
      isProven: isComplete && divergence === null,
    };
  } finally {
    progress.clear();
  }
}

function decisionIn({ boot, seq }: Divergence): string | null {
  return seq === null || boot === null ? null : `${boot}.${seq.toString(36)}`;
}

/** The way through the records, with the snapshot that lies on it. */
class Course {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #saved: Saved | null;
  /** Index of the next record. */
  #here = -1;
  /** The snapshot is of a place that records are left from. */
  #isAhead = false;
  hasMetSaved = false;

  constructor(disk: Disk, dir: string, saved: Saved | null) {
    this.#disk = disk;
    this.#dir = dir;
    this.#saved = saved;
  }

  *records(): IterableIterator<RunRecord> {
    const records = readLog({ disk: this.#disk, dir: this.#dir, withBlobs: true });
    let step = records.next();
    for (; step.done !== true; step = records.next()) {
      const { n } = step.value;
      if (this.#here < 0) this.#isAhead = n <= (this.#saved?.n ?? -1);
      this.#here = n;
      yield step.value;
    }
    this.#here = step.value;
  }

  /** The snapshot, before the first record behind it. */
  takeSaved(): KnownState | undefined {
    if (this.hasMetSaved || this.#saved === null || !this.#isAhead) return undefined;
    if (this.#here < this.#saved.n) return undefined;
    this.hasMetSaved = true;
    return this.#saved;
  }
}
