import { messageOf, ReinError } from "../core/errors.js";
import { ENGINE_VERSION } from "../engine/index.js";
import type { EngineImage } from "../engine/index.js";
import { Chain } from "./replay-chain.js";
import type { Divergence, RunRecord } from "./replay-chain.js";
import { ReplayTotals } from "./replay-totals.js";
import { RunChains } from "./run-chains.js";

export type { Divergence, RunRecord, Said } from "./replay-chain.js";

export interface ReplayReport {
  /** Decisions compared. */
  readonly decisions: number;
  readonly records: number;
  /** Processes that wrote the record. */
  readonly runs: number;
  /** Saved states that were compared in full. */
  readonly states: number;
  /** Records before the first state that this version of the engine can begin with. */
  readonly skipped: number;
  /** Places where records are missing. */
  readonly gaps: number;
  /** Records behind a gap, or by another version of the engine, up to the next state to begin with. */
  readonly unproven: number;
  /** The newest other version of the engine that made some of the records; null: there was none. */
  readonly otherEngine: number | null;
  /** Null: every decision that was compared came out again, and every state. */
  readonly divergence: Divergence | null;
}

/** A state that was saved apart from the records, and the run that saved it. */
export interface KnownState {
  readonly boot: string | null;
  readonly image: EngineImage;
}

export interface ReplayOptions {
  /** A state that is known at a place in the records: called before each record with its number, from 0. */
  readonly savedBefore?: ((record: number) => KnownState | undefined) | undefined;
  /** Called after each record. */
  readonly onRecord?: ((records: number, decisions: number) => void) | undefined;
}

/**
 * Runs records through new engines and compares every decision, over any number of restarts and of processes that
 * write the same log: a run goes on from the one that its opening names. It begins with the opening of a run, or with a
 * state that the records contain. Where records are missing nothing can be proven: it goes on with the next state, and
 * the report counts what lies between.
 *
 * @throws ReinError `record_damaged` or `record_failed` when there is nothing in the records to begin with
 */
export function replay(records: Iterable<RunRecord>, options: ReplayOptions = {}): ReplayReport {
  const run = new Replay();
  const { totals } = run;
  let count = 0;
  for (const record of records) {
    const saved = options.savedBefore?.(count);
    if (saved !== undefined) run.meetSaved(saved, count);
    if (totals.isDone) break;
    run.take(record, count);
    count += 1;
    options.onRecord?.(count, totals.decisions);
    if (totals.isDone) break;
  }
  const last = totals.isDone ? undefined : options.savedBefore?.(count);
  if (last !== undefined) run.meetSaved(last, count);
  return run.report(count);
}

/** Runs that have ended and that a later one may go on from, at most; and all that are followed at once. */
const MAX_ENDED = 1000;
const MAX_CHAINS = 10_000;

class Replay {
  readonly totals = new ReplayTotals();
  readonly #chains: RunChains<Chain> = new RunChains({
    ...{ maxEnded: MAX_ENDED, max: MAX_CHAINS },
    begin: () => new Chain(this.totals, this.#chains.hasForgotten),
  });
  #gaps = 0;

  take(record: RunRecord, count: number): void {
    if (record.type === "gap") {
      this.#gaps += 1;
      this.#chains.lose(record);
    } else this.#chains.of(record)?.take(record, count);
  }

  meetSaved({ boot, image }: KnownState, count: number): void {
    this.#chains.named(boot).meetSaved(image, count, boot);
  }

  report(records: number): ReplayReport {
    const { decisions, runs, states, skipped, unproven, foreign, divergence, hasBegun } = this.totals;
    if (!hasBegun) throw nothingToBeginWith(this.#gaps, foreign);
    return {
      ...{ decisions, records, runs, states, skipped, gaps: this.#gaps, unproven },
      otherEngine: typeof foreign === "number" ? foreign : null,
      divergence,
    };
  }
}

function nothingToBeginWith(gaps: number, foreign: unknown): ReinError {
  if (gaps > 0) {
    return new ReinError(
      "record_damaged",
      "records are missing, and no state that replay could begin with comes after them",
      { help: "what cannot be proven stays unproven; the next state is written when a segment is full" },
    );
  }
  return new ReinError(
    "record_failed",
    foreign === undefined
      ? "the record does not begin with the opening of a run"
      : `engine version ${messageOf(foreign)} made the record, and this is version ${ENGINE_VERSION}`,
    { help: "replay the whole record of a run, with the version of rein that made it" },
  );
}
