import { messageOf, ReinError } from "../core/errors.js";
import { ENGINE_EVENTS, Engine, ENGINE_VERSION, migrateImage, Player } from "../engine/index.js";
import type { EngineEvent, EngineImage, Ticket } from "../engine/index.js";
import { stateDifferences } from "./state-difference.js";
import type { StateDifference } from "./state-difference.js";

/** A record of a run, as it was written; see docs/records.md. */
export type RunRecord = Readonly<Record<string, unknown>> & { readonly type: string };

/** What a gate said. */
export interface Said {
  readonly verdict: unknown;
  readonly code: unknown;
  readonly rule: unknown;
  readonly wouldCode: unknown;
  readonly wouldRule: unknown;
}

/** Where the replay first went another way than the record. */
export interface Divergence {
  /** Number of the decision that came out otherwise; null: the decisions agree, a saved state does not. */
  readonly seq: number | null;
  /** Records read before it. */
  readonly record: number;
  readonly recorded: Said | null;
  readonly replayed: Said | null;
  /** Why the record cannot follow from what came before it, where it is no decision that differs. */
  readonly problem: string | null;
  /** What the replayed engine's rules had counted for the lane, at the decision. */
  readonly counters: readonly { readonly rule: string; readonly key: object; readonly state: unknown }[];
  /** Both states where they were next compared, or next saved after the decision; empty when none was saved. */
  readonly states: readonly StateDifference[];
}

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

export interface ReplayOptions {
  /** A state that is known at a place in the records: called before each record with its number, from 0. */
  readonly savedBefore?: ((record: number) => EngineImage | undefined) | undefined;
  /** Called after each record. */
  readonly onRecord?: ((records: number, decisions: number) => void) | undefined;
}

/**
 * Runs records through a new engine and compares every decision, over any number of restarts. It begins with the
 * opening of a run, or with a state that the records contain. Where records are missing nothing can be proven: it goes
 * on with the next state, and the report counts what lies between.
 *
 * @throws ReinError `record_damaged` or `record_failed` when there is nothing in the records to begin with
 */
export function replay(records: Iterable<RunRecord>, options: ReplayOptions = {}): ReplayReport {
  const run = new Replay();
  let count = 0;
  for (const record of records) {
    const saved = options.savedBefore?.(count);
    if (saved !== undefined) run.meetState(saved, count);
    if (run.isDone) break;
    run.take(record, count);
    count += 1;
    options.onRecord?.(count, run.decisions);
    if (run.isDone) break;
  }
  // Nothing comes after it that could be proven from there.
  const last = run.isDone || !run.isRunning ? undefined : options.savedBefore?.(count);
  if (last !== undefined) run.meetState(last, count);
  return run.report(count);
}

class Replay {
  decisions = 0;
  /** Null: what comes cannot be proven before the next state, or the next opening of a run. */
  #player: Player | null = null;
  #hasBegun = false;
  #runs = 0;
  #states = 0;
  #skipped = 0;
  #gaps = 0;
  #unproven = 0;
  #foreign: unknown;
  #divergence: Divergence | null = null;
  /** A decision differs; the next saved state is waited for, to show both. */
  #isDone = false;

  get isDone(): boolean {
    return this.#isDone;
  }

  /** There is a state that what comes next can follow from. */
  get isRunning(): boolean {
    return this.#player !== null;
  }

  report(records: number): ReplayReport {
    if (!this.#hasBegun) throw this.#nothingToBeginWith();
    return {
      decisions: this.decisions,
      records,
      runs: this.#runs,
      states: this.#states,
      skipped: this.#skipped,
      gaps: this.#gaps,
      unproven: this.#unproven,
      otherEngine: typeof this.#foreign === "number" ? this.#foreign : null,
      divergence: this.#divergence,
    };
  }

  take(record: RunRecord, count: number): void {
    switch (record.type) {
      case "state":
        this.meetState(migrateImage(record["image"]), count);
        return;
      case "gap":
        this.#gaps += 1;
        this.#player = null;
        // The next state is no longer one that the difference has led to.
        if (this.#divergence !== null) this.#isDone = true;
        return;
      case "open":
        this.#open(record);
    }
    if (this.#player === null) {
      if (this.#hasBegun) this.#unproven += 1;
      else this.#skipped += 1;
    } else if (ENGINE_EVENTS.has(record.type)) {
      this.#apply(this.#player, record, count);
    }
  }

  /** Compares with a state that was saved here, or begins with it. */
  meetState(saved: EngineImage, count: number): void {
    if (saved.engine !== ENGINE_VERSION) {
      this.#foreign = saved.engine;
      return;
    }
    if (this.#player === null) {
      this.#begin(Engine.restore(saved));
      return;
    }
    this.#states += 1;
    const states = stateDifferences(withoutTime(saved), withoutTime(this.#player.engine.image()));
    if (states.length === 0 && this.#divergence === null) return;
    this.#divergence = { ...(this.#divergence ?? divergenceAt(count)), states };
    this.#isDone = true;
  }

  #open(record: RunRecord): void {
    this.#runs += 1;
    if (record["engine"] !== ENGINE_VERSION) {
      this.#foreign = record["engine"];
      this.#player = null;
    } else if (this.#player === null && record["restored"] !== true) {
      this.#begin(null);
    }
  }

  #begin(engine: Engine | null): void {
    this.#player = new Player(engine);
    this.#hasBegun = true;
  }

  #apply(player: Player, record: RunRecord, count: number): void {
    let ticket: Ticket | undefined;
    try {
      ticket = player.apply(record as unknown as EngineEvent);
    } catch (error) {
      // What was taken down had happened; after a difference the record need not fit any more.
      this.#divergence ??= { ...divergenceAt(count), problem: messageOf(error) };
    }
    if (ticket !== undefined) {
      this.decisions += 1;
      if (this.#divergence === null && !agrees(record, ticket))
        this.#divergence = difference(record, ticket, player.engine, count);
    }
    player.engine.takeEffects();
  }

  #nothingToBeginWith(): ReinError {
    if (this.#gaps > 0) {
      return new ReinError(
        "record_damaged",
        "records are missing, and no state that replay could begin with comes after them",
        { help: "what cannot be proven stays unproven; the next state is written when a segment is full" },
      );
    }
    return new ReinError(
      "record_failed",
      this.#foreign === undefined
        ? "the record does not begin with the opening of a run"
        : `engine version ${messageOf(this.#foreign)} made the record, and this is version ${ENGINE_VERSION}`,
      { help: "replay the whole record of a run, with the version of rein that made it" },
    );
  }
}

/** When it was looked at decides nothing: every event brings its own time. */
function withoutTime({ at: _at, mono: _mono, ...image }: EngineImage): unknown {
  return image;
}

function agrees(record: RunRecord, { seq, verdict, refusal, wouldBlock }: Ticket): boolean {
  return (
    record["seq"] === seq &&
    record["verdict"] === verdict &&
    record["code"] === refusal?.code &&
    record["rule"] === refusal?.rule &&
    record["wouldCode"] === wouldBlock?.code &&
    record["wouldRule"] === wouldBlock?.rule
  );
}

function divergenceAt(record: number): Divergence {
  return { seq: null, record, recorded: null, replayed: null, problem: null, counters: [], states: [] };
}

function difference(record: RunRecord, ticket: Ticket, engine: Engine, count: number): Divergence {
  const { verdict, code, rule, wouldCode, wouldRule, seq } = record;
  const { refusal, wouldBlock } = ticket;
  return {
    ...divergenceAt(count),
    seq: seq as number,
    recorded: { verdict, code, rule, wouldCode, wouldRule },
    replayed: {
      verdict: ticket.verdict,
      code: refusal?.code,
      rule: refusal?.rule,
      wouldCode: wouldBlock?.code,
      wouldRule: wouldBlock?.rule,
    },
    problem:
      seq === ticket.seq
        ? null
        : `it is recorded as decision ${String(seq)}, and decision ${ticket.seq} is next`,
    counters: countersOf(engine, ticket),
  };
}

function countersOf(engine: Engine, ticket: Ticket): Divergence["counters"] {
  return engine.guards.flatMap((guard) =>
    [...guard.table.all()]
      .filter(({ key }) => concerns(key, ticket))
      .map((counter) => ({ rule: guard.id, key: counter.key, state: counter.snapshot(ticket.mono) }))
      .filter(({ state }) => state !== undefined),
  );
}

function concerns(key: { readonly source?: string; readonly series?: string }, { lane }: Ticket): boolean {
  return (
    (key.source === undefined || lane.lineage.includes(key.source)) &&
    (key.series === undefined || key.series === lane.series)
  );
}
