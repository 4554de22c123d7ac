import { ENGINE_EVENTS, Engine, ENGINE_VERSION, lossesOf, Player } from "../engine/index.js";
import type { EngineEvent, HaltImage, Loss, RestartFacts } from "../engine/index.js";
import type { OpenStore } from "../store/index.js";
import type { MachineTime, SavedState } from "./saved.js";

/** One record as it was written; see docs/records.md. */
export type TailRecord = Readonly<Record<string, unknown>> & { readonly type: string };

/** What is known of a process that is gone. */
export interface Recovered {
  /** Its state as far as it was written down. */
  readonly engine: Engine;
  readonly saved: SavedState;
  /** Its last known times. */
  readonly at: number;
  readonly mono: number;
  /** The latest wall time that was ever seen. */
  readonly latestAt: number;
  /** It had put everything down. */
  readonly clean: boolean;
  /** Records after the snapshot. */
  readonly tail: number;
  /** Why only commands were taken from the newest records, and not decisions; null: everything was. */
  readonly commandsOnly: "another version of the engine made them" | "some of them are missing" | null;
  readonly orders: readonly string[];
  /** The last run that wrote records; null when nobody did. */
  readonly boot: string | null;
}

/** What may be taken from records that cannot be replayed: decisions would come out in another way. */
const COMMANDS = new Set(["halt", "resume", "approve", "reject", "revive", "override", "policy", "balance"]);

/** Commands from outside that are remembered. */
export const MAX_ORDERS = 1000;

/**
 * The state that a snapshot and the records after it amount to.
 *
 * @throws ReinError `record_damaged` when the records do not fit the snapshot
 */
export function replayTail(saved: SavedState, records: Iterable<TailRecord>): Recovered {
  const player = new Player(Engine.restore(saved.engine));
  const orders = [...saved.orders];
  let { at, mono } = saved.engine;
  let latestAt = Math.max(saved.latestAt ?? at, at);
  let tail = 0;
  let { boot } = saved;
  let commandsOnly: Recovered["commandsOnly"] = madeBy(saved.engine.engine);
  for (const record of records) {
    // Others may write to the same log, and the log has records of its own.
    if (record.type === "open" && record["follows"] === boot) boot = record["boot"] as string;
    // Which run's records are missing, a gap need not know.
    const isGap = record.type === "gap" && record["boot"] === undefined;
    if (record["boot"] !== boot && !isGap) continue;
    tail += 1;
    if (typeof record["at"] === "number") at = record["at"];
    latestAt = Math.max(latestAt, at);
    if (typeof record["mono"] === "number") mono = Math.max(mono, record["mono"]);
    // See Orders: a halt that was begun is carried out again, what loosens is not.
    const isBegun = record.type === "order" && record["command"] !== "halt";
    if (isBegun || record.type === "order_done") orders.push(record["id"] as string);
    if (record.type === "open") commandsOnly ??= madeBy(record["engine"]);
    if (record.type === "gap") commandsOnly ??= "some of them are missing";
    if (!ENGINE_EVENTS.has(record.type)) continue;
    if (commandsOnly !== null) takeCommand(player, record);
    else player.apply(record as unknown as EngineEvent);
    player.engine.takeEffects();
  }
  const { engine } = player;
  const clean = saved.clean && tail === 0;
  return {
    engine,
    saved,
    at,
    mono,
    latestAt,
    clean,
    tail,
    commandsOnly,
    orders: orders.slice(-MAX_ORDERS),
    boot,
  };
}

function madeBy(engine: unknown): Recovered["commandsOnly"] {
  return engine === ENGINE_VERSION ? null : "another version of the engine made them";
}

/** Takes a command over; one that no longer fits is left out, as nothing it could loosen is then loosened. */
function takeCommand(player: Player, record: TailRecord): void {
  const { approvals, halts } = player.engine;
  if (record.type === "restart" && record["clean"] !== true) {
    // Ids go on as they did.
    halts.crashed();
    approvals.crashed();
  }
  const bind = record["bind"];
  if (record.type === "gate" && typeof bind === "string" && record["verdict"] === "allow") {
    // It may have used up an approval, and none is good twice.
    const approval = approvals.forAction(bind);
    if (approval !== undefined) approvals.remove(approval);
  }
  if (!COMMANDS.has(record.type)) return;
  try {
    player.apply(record as unknown as EngineEvent);
  } catch {
    // Such as an answer to an approval that only the other engine had asked for.
  }
}

/** Milliseconds that nobody governed: by the machine's own time where it is the same machine, else by the wall clock. */
export function downtime(recovered: Recovered, now: { at: number; machine: MachineTime | null }): number {
  const { machine } = recovered.saved;
  if (machine !== null && now.machine !== null && machine.boot === now.machine.boot) {
    const diedAt = machine.uptimeMs + (recovered.mono - machine.mono);
    return Math.max(0, now.machine.uptimeMs - diedAt);
  }
  return Math.max(0, now.at - recovered.latestAt);
}

/** What the engine must be told that goes on with the state. */
export function restartFacts(
  recovered: Recovered,
  store: Pick<OpenStore, "allowances" | "halts" | "mustExhaust">,
  downMs: number,
): RestartFacts {
  const { engine } = recovered;
  const losses: readonly Loss[] = lossesOf(engine, store.allowances);
  return {
    clean: recovered.clean && losses.length === 0,
    nothingIsKnown: store.mustExhaust,
    downMs,
    losses,
    halts: [...store.halts.values()] as unknown as readonly HaltImage[],
  };
}
