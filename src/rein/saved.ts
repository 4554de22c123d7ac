import { ReinError } from "../core/errors.js";
import { migrateImage } from "../engine/index.js";
import type { EngineImage, Mode } from "../engine/index.js";
import type { StoredSnapshot } from "../store/index.js";

/** Version of {@link SavedState}; the engine's image inside it has one of its own. */
export const SAVED_FORMAT = 2;

/** What a governor saves besides allowances and halts, which are durable at every instant. */
export interface SavedState {
  readonly engine: EngineImage;
  /** So many records of the log are in the state; null: there were none, or they are kept elsewhere. */
  readonly position: number | null;
  /** The log's directory; absent: `audit` in the state's own. */
  readonly log?: string;
  /** The run that saved it, as its records name it. */
  readonly boot: string | null;
  /** Everything was put down and the process ended by itself. */
  readonly clean: boolean;
  /** Where the rules came from: the program, the settings' thresholds, or both. */
  readonly rulesFrom: "program" | "settings" | "both";
  /** The machine's own account of time; null where it has none. */
  readonly machine: MachineTime | null;
  /** The latest wall time in ms that was ever seen: a clock that is set back makes no window grow old twice. */
  readonly latestAt?: number;
  /** The mode, or the one before everything was switched off. */
  readonly mode?: Mode;
  /** Ids of the newest commands from outside: none is carried out twice. */
  readonly orders: readonly string[];
}

/** When the engine's monotonic time was what, by a clock of the machine that nobody sets. */
export interface MachineTime {
  /** Names one start of one machine. */
  readonly boot: string;
  readonly uptimeMs: number;
  readonly mono: number;
}

export function toStored(state: SavedState): StoredSnapshot {
  return { format: SAVED_FORMAT, at: state.engine.at, state };
}

/** @throws ReinError `store_newer`, `store_damaged` */
export function fromStored({ format, state }: StoredSnapshot): SavedState {
  if (format > SAVED_FORMAT) {
    throw new ReinError(
      "store_newer",
      `the state was written in format ${format}, and this version reads up to ${SAVED_FORMAT}`,
      { help: "open it with the version of rein that wrote it, or a newer one" },
    );
  }
  if (format < SAVED_FORMAT) {
    throw new ReinError(
      "store_damaged",
      `the state was written in format ${format}, before records were a log`,
      {
        help: "begin in an empty directory: no released version has written this one",
      },
    );
  }
  const saved = state as SavedState;
  if (typeof saved !== "object" || saved === null || !Array.isArray(saved.orders)) {
    throw new ReinError("store_damaged", "the snapshot is not one of a governor", {
      help: "run `rein doctor DIR` to see what is wrong with it",
    });
  }
  return { ...saved, engine: migrateImage(saved.engine) };
}
