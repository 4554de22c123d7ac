import { readLog } from "../audit/index.js";
import type { LogRecord } from "../audit/index.js";
import type { Disk } from "../core/disk.js";
import type { Refusal } from "../core/refusal.js";
import { ENGINE_EVENTS, ENGINE_VERSION, Engine, migrateImage, Player, stops } from "../engine/index.js";
import type { EngineEvent, EngineImage, HaltInfo, Status, Ticket, WeatherReport } from "../engine/index.js";
import type { LaneScoreView } from "../detect/index.js";
import type { Rule } from "../policy/index.js";
import { countersFor } from "./counter-view.js";
import type { Charged, CounterLine } from "./counter-view.js";
import { WayWatch } from "./decision-way.js";
import type { PastEvent, Way } from "./decision-way.js";
import { savedIn } from "./log-of-dir.js";

/** What was the case when a decision was made, found out by making it again. */
export interface Circumstances {
  readonly mode: string;
  /** The rules in force then. */
  readonly rules: readonly Rule[];
  readonly lane: LaneThen;
  /** The state of the world, with its probabilities and evidence. */
  readonly regime: WeatherReport;
  /** What led to it. */
  readonly way: Way;
  /** What the decision itself brought about: alerts and halts of rules whose evidence it completed. */
  readonly caused: readonly PastEvent[];
  /** What the rules that look at such an action held, before it was decided. */
  readonly counters: readonly CounterLine[];
  readonly halts: readonly (HaltInfo & { readonly stops: boolean })[];
  /** The question to a human about exactly this action, before it was decided. */
  readonly approval: { readonly id: string; readonly state: string; readonly by?: string } | null;
  readonly verdict: string;
  /** As the agent was told. */
  readonly refusal: Refusal | null;
  /** In shadow: what enforcement would have said. */
  readonly wouldBlock: Refusal | null;
  /** It came out as it is recorded. */
  readonly agrees: boolean;
  /** What the records say or amount to of its later life, as far as they were followed. */
  readonly later: LaterLife;
}

/** A lane when a decision was made. */
export interface LaneThen {
  readonly status: Status;
  /** Why it had come to it, in the words of that time. */
  readonly reason: string;
  /** Wall time since when; null: from the beginning. */
  readonly since: number | null;
  /** An operator had set it. */
  readonly byHand: boolean;
  /** What was to be said about it at the time of the decision, in one sentence with numbers. */
  readonly sentence: string;
  /** How far the action was to be scaled down, all rules together. */
  readonly sizeMultiplier: number;
  /** What its outcomes had taught; null: nothing, or nobody asks. */
  readonly score: LaneScoreView | null;
}

export interface LaterLife {
  /** `died`: the process ended first. */
  readonly ended: Ticket["ended"] | "died";
  /** Wall time of its end. */
  readonly endedAt: number | null;
  /** The halt, or `timeout`, that made its permit void while it ran. */
  readonly voidedBy: string | null;
  readonly voidedAt: number | null;
}

/** Where the replay begins: a place, and the state there when the records do not begin with one. */
export interface Start {
  /** Index of the first record. */
  readonly n: number;
  /** The run that the state is of, or that begins here. */
  readonly boot: string | null;
  readonly image: EngineImage | null;
}

/** A state that was saved, and the place in the records that it is of. */
export interface Saved extends Start {
  readonly image: EngineImage;
}

export interface DecisionReplayOptions {
  readonly disk: Disk;
  /** Of the log. */
  readonly dir: string;
  readonly start: Start;
  /** The decision's record. */
  readonly decision: LogRecord;
  /** Called now and then with how many records were replayed. */
  readonly onRecords: (records: number) => void;
}

/** Records behind the decision that are followed at most. */
const FOLLOWED = 500_000;

/**
 * Makes one recorded decision again, from a state before it; null when that cannot be done: records are missing
 * between the state and the decision, or another version of the engine made them.
 *
 * @throws ReinError `record_damaged`
 */
export function replayDecision(options: DecisionReplayOptions): Circumstances | null {
  const { disk, dir, start, decision, onRecords } = options;
  const watch = new WayWatch(decision as unknown as Charged);
  let player = start.image === null ? null : startFrom(start.image);
  if (player !== null) watch.begin(player.engine);
  let found: Followed | null = null;
  let count = 0;
  let { boot } = start;
  for (const record of readLog({ disk, dir, from: start.n, withBlobs: true })) {
    onRecords((count += 1));
    // Others may write to the same log, and the log has records of its own.
    if (record.type === "open" && record["follows"] === boot) boot = record["boot"] as string;
    if (record["boot"] !== boot && !(record.type === "gap" && record["boot"] === undefined)) continue;
    const before = player;
    player = follow(player, record);
    if (before === null && player !== null && record.type === "state") watch.begin(player.engine);
    if (record.n === decision.n) {
      if (player === null || record.type !== "gate") return null;
      found = decide(player, record, watch);
      count = 0;
      if (found.ticket.ended !== "open") break;
      continue;
    }
    if (player === null && found !== null) break;
    if (player === null) continue;
    // A record that does not fit says nothing about the decision; replay tells of it.
    if (!tryApply(player, record, found === null ? watch : null)) break;
    if (found !== null && (isOver(found, record) || count >= FOLLOWED)) break;
  }
  return found === null ? null : { ...found.circumstances, later: found.later };
}

/** The newest snapshot, where it has a place in the records. */
export function savedState(disk: Disk, dir: string): Saved | null {
  const saved = savedIn(disk, dir);
  if (saved === null || saved.position === null) return null;
  return { n: saved.position, boot: saved.boot, image: saved.engine };
}

interface Followed {
  readonly circumstances: Omit<Circumstances, "later">;
  readonly ticket: Ticket;
  later: LaterLife;
}

function startFrom(image: EngineImage): Player | null {
  return image.engine === ENGINE_VERSION ? new Player(Engine.restore(image)) : null;
}

/** What the engine becomes by what happened around it. */
function follow(player: Player | null, record: LogRecord): Player | null {
  if (record.type === "gap") return null;
  if (record.type === "state" && player === null) return startFrom(migrateImage(record["image"]));
  if (record.type !== "open") return player;
  if (record["engine"] !== ENGINE_VERSION) return null;
  return player === null && record["restored"] !== true ? new Player(null) : player;
}

function decide(player: Player, record: LogRecord, watch: WayWatch): Followed {
  const event = record as unknown as Extract<EngineEvent, { type: "gate" }>;
  const { engine } = player;
  const { source, series, at, mono, bind } = event;
  // As the gate does it: what is due comes before what is decided.
  engine.advance(at, mono);
  watch.after(engine, undefined, null);
  const before = {
    mode: engine.mode,
    rules: engine.rules,
    regime: engine.weather.report(),
    way: watch.way(),
    counters: countersFor(engine, event),
    halts: [...engine.halts.all()],
    approval: approvalOf(engine, bind),
  };
  const ticket = player.apply(event)!;
  const caused = watch.eventsOf(engine, event);
  const { verdict, refusal, wouldBlock } = ticket;
  const agrees =
    record["verdict"] === verdict &&
    record["code"] === refusal?.code &&
    record["rule"] === refusal?.rule &&
    record["wouldCode"] === wouldBlock?.code;
  const halts = before.halts.map((halt) => ({
    ...halt.info,
    stops: halt.covers(source, series) && stops(halt, ticket),
  }));
  return {
    circumstances: {
      ...before,
      lane: laneThen(engine, ticket),
      ...{ halts, caused, verdict, refusal, wouldBlock, agrees },
    },
    ticket,
    later: { ended: ticket.ended, endedAt: null, voidedBy: null, voidedAt: null },
  };
}

/** The lane is known only now: names beyond the cap on lanes have none that could be looked up. */
function laneThen(engine: Engine, ticket: Ticket): LaneThen {
  const { lane } = ticket;
  const { status, statusReason, statusAt, overridden } = lane;
  return {
    status,
    reason: statusReason,
    since: statusAt === 0 ? null : statusAt,
    byHand: overridden,
    sentence: engine.standings.sentence(lane),
    // As the gate answers: rules that scale down have not seen what was refused.
    sizeMultiplier: ticket.verdict === "allow" ? engine.sizeOf(ticket) : engine.standings.sizeOf(lane, false),
    score: engine.standings.view(lane) ?? null,
  };
}

function approvalOf(engine: Engine, bind: string | undefined): Circumstances["approval"] {
  const approval = engine.approvals.forAction(bind ?? null);
  if (approval === undefined) return null;
  const { id, state, by } = approval;
  return { id, state, ...(by !== undefined && { by }) };
}

/** @param watch null: the decision is made, and what follows is not part of the way to it */
function tryApply(player: Player, record: LogRecord, watch: WayWatch | null): boolean {
  if (!ENGINE_EVENTS.has(record.type)) return true;
  try {
    const by = watch?.before(record, player) ?? null;
    const ticket = player.apply(record as unknown as EngineEvent);
    if (watch === null) player.engine.takeEffects();
    else watch.after(player.engine, ticket, by);
    return true;
  } catch {
    return false;
  }
}

/** Notes what has become of the action; whether there is nothing more to come. */
function isOver(found: Followed, record: LogRecord): boolean {
  const { ticket, later } = found;
  const at = typeof record["at"] === "number" ? record["at"] : null;
  if (ticket.voidedBy !== later.voidedBy) {
    found.later = { ...later, voidedBy: ticket.voidedBy, voidedAt: at };
  }
  // Whoever opens the next run knows nothing of what was in flight.
  const ended = record.type === "open" ? "died" : ticket.ended;
  if (ended === "open") return false;
  found.later = { ...found.later, ended, endedAt: at };
  return true;
}
