import { canonicalJson } from "../core/canonical.js";
import { messageOf, ReinError } from "../core/errors.js";
import { Engine, ENGINE_VERSION, migrateImage, Player } from "../engine/index.js";
import type { EngineEvent, EngineImage, Ticket } from "../engine/index.js";

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

/** One place where the state that was saved and the replayed one differ. */
export interface StateDifference {
  /** Such as `guards.0.table.counters.3`. */
  readonly path: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** Where the replay first went another way than the record. */
export interface Divergence {
  /** Number of the decision that came out otherwise; null: the decisions agree, a saved state does not. */
  readonly seq: number | null;
  /** Records read before it. */
  readonly record: number;
  readonly recorded: Said | null;
  readonly replayed: Said | null;
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
  /** Null: every decision came out again, and every state. */
  readonly divergence: Divergence | null;
}

export interface ReplayOptions {
  /** A state that is known at a place in the records: called before each record with its number, from 0. */
  readonly savedBefore?: ((record: number) => EngineImage | undefined) | undefined;
  /** Called after each record. */
  readonly onRecord?: ((records: number, decisions: number) => void) | undefined;
}

/** Differences that a report lists. */
const LISTED = 20;

/** Records that say what happened around the engine, and are not given to it. */
const NOT_EVENTS = new Set([
  ...["close", "clock", "receipt", "realize", "segment", "sum"],
  ...["order", "order_rejected", "recovered"],
]);

/**
 * Runs records through a new engine and compares every decision, over any number of restarts. It begins with the
 * opening of a run, or with a state that the records contain.
 *
 * @throws ReinError `record_damaged` when records are missing, `record_failed` when nothing in them was made by this
 *   version of the engine
 */
export function replay(records: Iterable<RunRecord>, options: ReplayOptions = {}): ReplayReport {
  const run = new Replay();
  let count = 0;
  for (const record of records) {
    const saved = options.savedBefore?.(count);
    if (saved !== undefined) run.compareState(saved, count);
    if (run.isDone) break;
    run.take(record, count);
    count += 1;
    options.onRecord?.(count, run.decisions);
    if (run.isDone) break;
  }
  const last = run.isDone ? undefined : options.savedBefore?.(count);
  if (last !== undefined) run.compareState(last, count);
  return run.report(count);
}

class Replay {
  decisions = 0;
  #player: Player | null = null;
  #runs = 0;
  #states = 0;
  #skipped = 0;
  #foreign: unknown;
  #divergence: Divergence | null = null;
  /** A decision differs; the next saved state is waited for, to show both. */
  #isDone = false;

  get isDone(): boolean {
    return this.#isDone;
  }

  report(records: number): ReplayReport {
    if (this.#player === null) {
      throw new ReinError(
        "record_failed",
        this.#foreign === undefined
          ? "the record does not begin with the opening of a run"
          : `engine version ${messageOf(this.#foreign)} made the record, and this is version ${ENGINE_VERSION}`,
        { help: "replay the whole record of a run, with the version of rein that made it" },
      );
    }
    const { decisions } = this;
    return {
      decisions,
      records,
      runs: this.#runs,
      states: this.#states,
      skipped: this.#skipped,
      divergence: this.#divergence,
    };
  }

  take(record: RunRecord, count: number): void {
    if (record.type === "state") {
      this.#takeState(record["image"], count);
      return;
    }
    if (record.type === "open") {
      this.#runs += 1;
      if (record["engine"] !== ENGINE_VERSION) {
        this.#foreign = record["engine"];
        this.#player = null;
      } else if (this.#player === null && record["restored"] !== true) this.#player = new Player(null);
    }
    if (this.#player === null) {
      this.#skipped += 1;
      return;
    }
    if (record.type === "gap") {
      throw new ReinError("record_damaged", "the record cannot be replayed: records are missing in it", {
        help: "replay from a later segment, or what lies before the gap",
      });
    }
    if (NOT_EVENTS.has(record.type)) return;
    this.#apply(record, count);
  }

  compareState(saved: EngineImage, count: number): void {
    if (this.#player === null || saved.engine !== ENGINE_VERSION) return;
    this.#states += 1;
    const states = differences(saved, this.#player.engine.image());
    if (states.length === 0 && this.#divergence === null) return;
    const found = { seq: null, record: count, recorded: null, replayed: null, counters: [] };
    this.#divergence = { ...(this.#divergence ?? found), states };
    this.#isDone = true;
  }

  #takeState(image: unknown, count: number): void {
    const saved = migrateImage(image);
    if (this.#player !== null) this.compareState(saved, count);
    else if (saved.engine === ENGINE_VERSION) this.#player = new Player(Engine.restore(saved));
    else this.#foreign = saved.engine;
  }

  #apply(record: RunRecord, count: number): void {
    const player = this.#player!;
    let ticket: Ticket | undefined;
    try {
      ticket = player.apply(record as unknown as EngineEvent);
    } catch (error) {
      // After a difference the record need not fit any more.
      if (this.#divergence === null) throw error;
    }
    if (ticket !== undefined) {
      this.decisions += 1;
      this.#divergence ??= compare(record, ticket, player.engine, count);
    }
    player.engine.takeEffects();
  }
}

function compare(record: RunRecord, ticket: Ticket, engine: Engine, count: number): Divergence | null {
  const recorded: Said = {
    verdict: record["verdict"],
    code: record["code"],
    rule: record["rule"],
    wouldCode: record["wouldCode"],
    wouldRule: record["wouldRule"],
  };
  const replayed: Said = {
    verdict: ticket.verdict,
    code: ticket.refusal?.code,
    rule: ticket.refusal?.rule,
    wouldCode: ticket.wouldBlock?.code,
    wouldRule: ticket.wouldBlock?.rule,
  };
  const same = (Object.keys(recorded) as (keyof Said)[]).every(
    (field) => recorded[field] === replayed[field],
  );
  if (same && record["seq"] === ticket.seq) return null;
  const counters = engine.guards.flatMap((guard) =>
    [...guard.table.all()]
      .filter(({ key }) => concerns(key, ticket))
      .map((counter) => ({ rule: guard.id, key: counter.key, state: counter.snapshot(ticket.mono) }))
      .filter(({ state }) => state !== undefined),
  );
  return { seq: record["seq"] as number, record: count, recorded, replayed, counters, states: [] };
}

function concerns(key: { readonly source?: string; readonly series?: string }, { lane }: Ticket): boolean {
  return (
    (key.source === undefined || lane.lineage.includes(key.source)) &&
    (key.series === undefined || key.series === lane.series)
  );
}

/** Where two plain values differ, the first ones in the order of their paths. */
function differences(recorded: unknown, replayed: unknown): StateDifference[] {
  const [a, b] = [plain(recorded), plain(replayed)];
  const found: StateDifference[] = [];
  if (canonicalJson(a) !== canonicalJson(b)) collect(a, b, "", found);
  return found;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function collect(a: unknown, b: unknown, path: string, found: StateDifference[]): void {
  if (found.length >= LISTED || canonicalJson(a ?? null) === canonicalJson(b ?? null)) return;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    found.push({ path, recorded: a, replayed: b });
    return;
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const name of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort())
    collect(left[name], right[name], path === "" ? name : `${path}.${name}`, found);
}
