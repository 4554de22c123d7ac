import { messageOf, ReinError } from "../core/errors.js";
import { ENGINE_EVENTS, ENGINE_VERSION } from "../engine/index.js";
import type { EngineImage } from "../engine/index.js";
import { bootOf, Chain } from "./replay-chain.js";
import type { Divergence, RunRecord } from "./replay-chain.js";

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
  let count = 0;
  for (const record of records) {
    const saved = options.savedBefore?.(count);
    if (saved !== undefined) run.meetSaved(saved, count);
    if (run.isDone) break;
    run.take(record, count);
    count += 1;
    options.onRecord?.(count, run.decisions);
    if (run.isDone) break;
  }
  const last = run.isDone ? undefined : options.savedBefore?.(count);
  if (last !== undefined) run.meetSaved(last, count);
  return run.report(count);
}

/** What belongs to a run whether or not the engine takes it. */
const OF_RUNS = new Set(["open", "state", "gap"]);

class Replay {
  /** By the newest run of each. */
  readonly #byBoot = new Map<string, Chain>();
  readonly #chains: Chain[] = [];
  /** Whose record was read last: a record that does not say belongs to the same. */
  #latest: Chain | undefined;
  #gaps = 0;

  get decisions(): number {
    return this.#sum(({ decisions }) => decisions);
  }

  /** A difference was found, and everything that can be said about it. */
  get isDone(): boolean {
    return this.#chains.some(({ isDone }) => isDone);
  }

  take(record: RunRecord, count: number): void {
    const { type } = record;
    const boot = bootOf(record);
    // The log has records of its own.
    if (boot === null && !OF_RUNS.has(type) && !ENGINE_EVENTS.has(type)) return;
    if (type === "gap") this.#gaps += 1;
    if (type === "gap" && boot === null) for (const chain of this.#chains) chain.lose();
    else this.#chainOf(record, boot).take(record, count);
  }

  meetSaved({ boot, image }: KnownState, count: number): void {
    this.#chain(boot).meetSaved(image, count, boot);
  }

  report(records: number): ReplayReport {
    const begun = this.#chains.filter(({ hasBegun }) => hasBegun);
    const foreign = this.#chains.findLast((chain) => chain.foreign !== undefined)?.foreign;
    if (begun.length === 0) throw nothingToBeginWith(this.#gaps, foreign);
    return {
      decisions: this.decisions,
      records,
      runs: this.#sum(({ runs }) => runs),
      states: this.#sum(({ states }) => states),
      skipped: this.#sum(({ skipped }) => skipped),
      gaps: this.#gaps,
      unproven: this.#sum(({ unproven }) => unproven),
      otherEngine: typeof foreign === "number" ? foreign : null,
      divergence: this.#firstDivergence(),
    };
  }

  #firstDivergence(): Divergence | null {
    const found = this.#chains.flatMap(({ divergence }) => divergence ?? []);
    return found.sort((a, b) => a.record - b.record)[0] ?? null;
  }

  #chainOf(record: RunRecord, boot: string | null): Chain {
    const follows = record["follows"];
    const before = typeof follows === "string" ? this.#byBoot.get(follows) : undefined;
    if (record.type !== "open" || boot === null || before === undefined) return this.#chain(boot);
    this.#byBoot.delete(follows as string);
    this.#byBoot.set(boot, before);
    return (this.#latest = before);
  }

  #chain(boot: string | null): Chain {
    let chain = boot === null ? this.#latest : this.#byBoot.get(boot);
    if (chain === undefined) {
      chain = new Chain(this.#chains.some(({ hasBegun }) => hasBegun));
      this.#chains.push(chain);
    }
    if (boot !== null) this.#byBoot.set(boot, chain);
    return (this.#latest = chain);
  }

  #sum(count: (chain: Chain) => number): number {
    return this.#chains.reduce((sum, chain) => sum + count(chain), 0);
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
