import { messageOf } from "../core/errors.js";
import { ENGINE_EVENTS, Engine, ENGINE_VERSION, migrateImage, Player } from "../engine/index.js";
import type { EngineEvent, EngineImage, Ticket } from "../engine/index.js";
import type { ReplayTotals } from "./replay-totals.js";
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
  /** The run whose record it is; null where the record does not say. */
  readonly boot: string | null;
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

/** Runs of which each goes on from the one before it, replayed one record after the other. */
export class Chain {
  readonly #totals: ReplayTotals;
  /** Null: what comes cannot be proven before the next state, or the next opening of a run. */
  #player: Player | null = null;
  #divergence: Divergence | null = null;
  /** A state to begin with, when anything comes behind it. */
  #ahead: EngineImage | null = null;
  /** What cannot be made again is what nobody proves, and not what was before the beginning. */
  #isUnproven: boolean;
  /** The same of what another version made. */
  readonly #isLater: boolean;

  /** @param isTorn a run that it might go on from was given up */
  constructor(totals: ReplayTotals, isTorn: boolean) {
    this.#totals = totals;
    this.#isUnproven = isTorn;
    this.#isLater = totals.hasBegun;
  }

  take(record: RunRecord, count: number): void {
    if (this.#ahead !== null) this.meetState(this.#ahead, count, bootOf(record));
    this.#ahead = null;
    switch (record.type) {
      case "state":
        this.meetState(migrateImage(record["image"]), count, bootOf(record));
        return;
      case "open":
        this.#open(record);
    }
    if (this.#player === null) {
      if (this.#isUnproven) this.#totals.unproven += 1;
      else this.#totals.skipped += 1;
    } else if (ENGINE_EVENTS.has(record.type)) {
      this.#apply(this.#player, record, count);
    }
  }

  /** Records are missing here. */
  lose(): void {
    this.#player = null;
    this.#ahead = null;
    // The next state is no longer one that the difference has led to.
    if (this.#divergence !== null) this.#totals.isDone = true;
  }

  /** The same with a state that was saved apart from the records: when nothing comes behind it, it is no beginning. */
  meetSaved(saved: EngineImage, count: number, boot: string | null): void {
    if (this.#player === null) this.#ahead = saved;
    else this.meetState(saved, count, boot);
  }

  /** Compares with a state that was saved here, or begins with it. */
  meetState(saved: EngineImage, count: number, boot: string | null): void {
    if (saved.engine !== ENGINE_VERSION) {
      this.#noteForeign(saved.engine);
      return;
    }
    if (this.#player === null) {
      this.#begin(Engine.restore(saved));
      return;
    }
    this.#totals.states += 1;
    const states = stateDifferences(withoutTime(saved), withoutTime(this.#player.engine.image()));
    if (states.length === 0 && this.#divergence === null) return;
    this.#diverge({ ...(this.#divergence ?? divergenceAt(count, boot)), states });
    this.#totals.isDone = true;
  }

  #open(record: RunRecord): void {
    this.#totals.runs += 1;
    if (record["engine"] !== ENGINE_VERSION) {
      this.#noteForeign(record["engine"]);
      this.#player = null;
    } else if (this.#player === null && record["restored"] !== true) {
      this.#begin(null);
    }
  }

  #begin(engine: Engine | null): void {
    this.#player = new Player(engine);
    this.#isUnproven = true;
    this.#totals.hasBegun = true;
  }

  #noteForeign(version: unknown): void {
    this.#totals.foreign = version;
    if (this.#isLater) this.#isUnproven = true;
  }

  #diverge(divergence: Divergence): void {
    this.#totals.noteDivergence(divergence, this.#divergence);
    this.#divergence = divergence;
  }

  #apply(player: Player, record: RunRecord, count: number): void {
    let ticket: Ticket | undefined;
    try {
      ticket = player.apply(record as unknown as EngineEvent);
    } catch (error) {
      // What was taken down had happened; after a difference the record need not fit any more.
      if (this.#divergence === null)
        this.#diverge({ ...divergenceAt(count, bootOf(record)), problem: messageOf(error) });
    }
    if (ticket !== undefined) {
      this.#totals.decisions += 1;
      if (this.#divergence === null && !agrees(record, ticket))
        this.#diverge(difference(record, ticket, player.engine, count));
    }
    player.engine.takeEffects();
  }
}

/** The run that wrote a record; null where it does not say. */
export function bootOf({ boot }: RunRecord): string | null {
  return typeof boot === "string" ? boot : null;
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

function divergenceAt(record: number, boot: string | null): Divergence {
  return { boot, seq: null, record, recorded: null, replayed: null, problem: null, counters: [], states: [] };
}

function difference(record: RunRecord, ticket: Ticket, engine: Engine, count: number): Divergence {
  const { verdict, code, rule, wouldCode, wouldRule, seq } = record;
  const { refusal, wouldBlock } = ticket;
  return {
    ...divergenceAt(count, bootOf(record)),
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
