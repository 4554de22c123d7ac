import { ReinError } from "../core/errors.js";
import { Engine, ENGINE_VERSION, Player } from "../engine/index.js";
import type { EngineEvent, EngineLimits, Mode, Ticket } from "../engine/index.js";
import type { Rule } from "../policy/index.js";

/** A record of a run, as it was written; see docs/records.md. */
export type RunRecord = Readonly<Record<string, unknown>> & { readonly type: string };

/** The first decision that did not come out again. */
export interface Divergence {
  readonly seq: number;
  readonly recorded: Verdictish;
  readonly replayed: Verdictish;
}

interface Verdictish {
  readonly verdict: unknown;
  readonly code: unknown;
  readonly rule: unknown;
  readonly wouldCode: unknown;
  readonly wouldRule: unknown;
}

export interface ReplayReport {
  /** Decisions compared. */
  readonly decisions: number;
  /** Null: every decision came out again. */
  readonly divergence: Divergence | null;
}

interface Opening extends RunRecord {
  readonly rules: readonly Rule[];
  readonly mode: Mode;
  readonly engine: number;
  readonly limits: EngineLimits;
}

/** Records that say what happened around the engine, and are not given to it. */
const NOT_EVENTS = new Set(["open", "close", "clock", "gap", "receipt", "realize"]);

/**
 * Runs a record through a new engine and compares every decision.
 *
 * @throws ReinError `record_failed` when the record does not begin with its opening, has a gap, or was made by another
 * version of the engine
 */
export function replay(records: Iterable<RunRecord>): ReplayReport {
  let player: Player | undefined;
  let decisions = 0;
  for (const record of records) {
    if (record.type === "open") {
      const { rules, mode, limits, engine: version } = record as Opening;
      if (version !== ENGINE_VERSION) {
        throw incomplete(`engine version ${version} made it, and this is version ${ENGINE_VERSION}`);
      }
      player = new Player(new Engine({ rules, mode, limits }));
      continue;
    }
    if (player === undefined) throw incomplete("it does not begin with the opening of a run");
    if (record.type === "gap") throw incomplete("records are missing in it");
    if (NOT_EVENTS.has(record.type)) continue;
    const ticket = player.apply(record as unknown as EngineEvent);
    if (ticket !== undefined) {
      decisions += 1;
      const divergence = compare(record, ticket);
      if (divergence !== null) return { decisions, divergence };
    }
    player.engine.takeEffects();
  }
  return { decisions, divergence: null };
}

function compare(record: RunRecord, ticket: Ticket): Divergence | null {
  const recorded: Verdictish = {
    verdict: record["verdict"],
    code: record["code"],
    rule: record["rule"],
    wouldCode: record["wouldCode"],
    wouldRule: record["wouldRule"],
  };
  const replayed: Verdictish = {
    verdict: ticket.verdict,
    code: ticket.refusal?.code,
    rule: ticket.refusal?.rule,
    wouldCode: ticket.wouldBlock?.code,
    wouldRule: ticket.wouldBlock?.rule,
  };
  const same = (Object.keys(recorded) as (keyof Verdictish)[]).every(
    (field) => recorded[field] === replayed[field],
  );
  return same && record["seq"] === ticket.seq ? null : { seq: ticket.seq, recorded, replayed };
}

function incomplete(why: string): ReinError {
  return new ReinError("record_failed", `the record cannot be replayed: ${why}`, {
    help: "replay the whole record of a run",
  });
}
