import { resolve } from "node:path";
import type { GovernorLog } from "../audit/index.js";
import { Mailbox } from "../control/index.js";
import { formatDuration } from "../core/duration.js";
import { Engine, ENGINE_VERSION } from "../engine/index.js";
import type { EngineLimits, Mode, RestartFacts } from "../engine/index.js";
import { compilePolicy } from "../policy/index.js";
import type { CompiledPolicy } from "../policy/index.js";
import type { OpenDirStore, OpenStore } from "../store/index.js";
import { announce, charterOf, modeBefore, rulesFrom, warnOfUnparsed } from "./charter.js";
import type { Charter } from "./charter.js";
import { schedule, Timeline } from "./clock.js";
import { ReinConfig } from "./config.js";
import { Desk, newBoot } from "./desk.js";
import { Keeping } from "./keeping.js";
import { Listeners } from "./listeners.js";
import { consoleLogger, guarded } from "./logger.js";
import { checkOptions } from "./options.js";
import type { ReinOptions } from "./options.js";
import { Orders } from "./orders.js";
import { Owning } from "./owning.js";
import type { SignalProvider } from "./providers.js";
import { Pseudonyms } from "./pseudonyms.js";
import { isShared, logPlaceOf, openEnd, readState } from "./record-opening.js";
import { openRecorder } from "./recorder-opening.js";
import { downtime, restartFacts } from "./recovery.js";
import type { Recovered } from "./recovery.js";
import { restoredNews } from "./restored.js";
import { toStored } from "./saved.js";
import type { SavedState } from "./saved.js";
import type { System } from "./system.js";
import { tellTrouble } from "./trouble.js";

/** Format of the records; see docs/records.md. */
const RECORDS_VERSION = 3;

/** A clock that is further behind than this is told of at start. */
const CLOCK_BEHIND_MS = 1000;

/** How often, in real time, somebody looks whether the records have grown long. */
const TEND_EVERY_MS = 250;

/** Everything that a governor is made of. */
export interface Opened {
  readonly desk: Desk;
  readonly config: ReinConfig;
  readonly log: GovernorLog;
  readonly durability: "interval" | "written" | "durable";
  readonly mode: Mode;
  readonly policy: CompiledPolicy;
  readonly builtins: boolean;
  readonly state: OpenState | null;
  /** Whom to ask for signals. */
  readonly signals: Readonly<Record<string, SignalProvider>>;
}

/** What a governor with a store has besides. */
export interface OpenState {
  readonly store: OpenStore;
  readonly keeping: Keeping;
  /** Stops what is done now and then. */
  readonly stop: () => void;
}

/** Opens a governor; see `Rein.open`. */
export async function openGovernor(options: ReinOptions, system: System): Promise<Opened> {
  checkOptions(options);
  const config = options.config instanceof ReinConfig ? options.config : new ReinConfig(options.config ?? {});
  const logger = guarded(options.logger ?? consoleLogger);
  // Before anything is touched: a policy that cannot be read opens nothing.
  const given = options.policy === undefined ? undefined : compilePolicy(options.policy);
  const timeline = new Timeline(options.clock, (byMs) => late.desk?.clockStepped(byMs));
  const late: { desk?: Desk } = {};

  const dir = options.dir === undefined ? undefined : resolve(options.dir);
  const chosen = options.store ?? (dir === undefined ? undefined : system.storeIn(dir));
  const store = chosen === undefined ? null : await chosen.open();
  const closers: (() => Promise<unknown>)[] = store === null ? [] : [() => store.close()];
  const dirState = dir === undefined ? undefined : (store as OpenDirStore);
  const owning = dirState && new Owning(dirState, () => late.desk?.lose());
  const mustBeOurs = owning && ((): void => owning.mustBeOurs());
  try {
    for (const note of store?.notes ?? []) logger.warn(note);
    const place = logPlaceOf(options);
    const safety = { fence: dirState?.mustFence, mustBeOurs };
    const found = store === null ? null : readState(store, place, system, safety);
    const mustOpen = place !== null && !isShared(place, system);
    const end = found?.end ?? (mustOpen ? openEnd(place, system.disk, safety) : null);
    const charter = charterOf(options, config, given, found?.recovered ?? null);
    if (given !== undefined) warnOfUnparsed(logger, given);
    const limits = limitsOf(config);
    const { recovered } = found ?? { recovered: null };
    const engine =
      recovered === null
        ? new Engine({ rules: charter.policy.rules, mode: charter.mode, limits, allowances: store !== null })
        : Engine.restore(recovered.engine.image(), { limits, allowances: true });
    // Opening the store takes a while: both clocks are read at one moment, or time would run ahead by that while.
    timeline.read();
    const now = { at: timeline.at, machine: machineTime(system, options, 0) };
    const downMs = recovered === null ? 0 : downtime(recovered, now);
    if (recovered !== null) timeline.continueFrom(recovered.mono + downMs);
    if (recovered !== null && timeline.at < recovered.latestAt - CLOCK_BEHIND_MS)
      logger.warn(
        `the clock is ${formatDuration(Math.round(recovered.latestAt - timeline.at))} behind what this state has seen: windows grow older only as time passes here`,
      );

    const seen = new Set(recovered?.orders);
    // A directory with records and without a snapshot is a damaged one: so the snapshot comes first.
    if (store !== null && recovered === null)
      await store.save(toStored(firstState(engine, rulesFrom(charter))), new Map());
    const boot = newBoot();
    const tell = (problem: string | null): void => {
      if (owning?.isOurs() === true) tellTrouble(system.disk, dir!, problem);
    };
    // What the process before said of its disk is over.
    tell(null);
    const log = await openRecorder({
      options,
      config,
      engine,
      logger,
      system,
      place,
      end,
      boot,
      dirState,
      mustBeOurs,
      tell,
    });
    dirState?.fenced();
    closers.unshift(() => log.close());
    const desk = (late.desk = new Desk({
      engine,
      boot,
      timeline,
      recorder: log,
      listeners: new Listeners(logger, config.maxEvents),
      logger,
      config,
      pseudonyms: store === null ? new Pseudonyms() : new Pseudonyms(Buffer.from(store.secret)),
      clock: options.clock,
      keep: options.audit?.keep,
    }));
    log.event({
      type: "open",
      version: RECORDS_VERSION,
      engine: ENGINE_VERSION,
      at: timeline.at,
      mono: timeline.mono,
      boot,
      follows: recovered?.boot ?? null,
      mode: charter.mode,
      digest: charter.policy.digest,
      rules: charter.policy.rules,
      limits,
      config: config.toJSON(),
      ...(recovered !== null && { restored: true }),
    });
    if (recovered !== null)
      goOn(desk, charter, restartFacts(recovered, store!, downMs), recovered, chosen!.name);
    else if (store?.mustExhaust === true) {
      // Nothing is left but the knowledge that something was lost.
      const halts = [...store.halts.values()] as unknown as RestartFacts["halts"];
      const facts = { clean: false, nothingIsKnown: true, downMs: 0, losses: [], halts };
      desk.command({ type: "restart", ...facts }, (at, mono) => {
        engine.restart(facts, at, mono);
      });
    }
    desk.forgetCalendar();
    announce(logger, options, config, charter.mode, charter.given);
    await log.flush(false);

    const opened = {
      desk,
      config,
      log,
      durability: options.audit?.durability ?? "interval",
      signals: options.signals ?? {},
      ...charter,
    } as const;
    if (store === null) return { ...opened, state: null };
    const parts = {
      store,
      engine,
      timeline,
      log,
      logDir: place === null || place.isState ? undefined : resolve(place.dir),
      boot,
      logger,
      tick: () => {
        desk.tick();
      },
      machine: () => machineTime(system, options, timeline.mono),
      orders: () => [...seen],
      latestAt: recovered?.latestAt ?? timeline.at,
      modeBefore: recovered === null ? undefined : modeBefore(recovered),
    };
    const keeping = (desk.keeping = new Keeping(parts, rulesFrom(charter)));
    keeping.allowances.onRefill = () => {
      desk.wake();
    };
    // Records of one version of the engine stand in segments of their own, so that they can be replayed.
    // Halts whose time was over while nobody ran.
    for (const id of store.halts.keys()) if (engine.halts.get(id) === undefined) await keeping.endHalt(id);
    await keeping.saveFirst(recovered !== null && recovered.commandsOnly !== null);
    if (store.mustExhaust)
      desk.halt("all", "rein doctor", "the state was damaged and repaired: look at it, then resume");
    if (dirState !== undefined) await listen(desk, dir!, dirState, seen, owning!, system, closers);
    await log.flush(false);
    return { ...opened, state: { store, keeping, stop: tend(desk, keeping, options, config) } };
  } catch (error) {
    // The first error is the one to tell.
    for (const close of closers) await close().catch(() => undefined);
    throw error;
  }
}

/** Hands the state over to this process, and says what it is. */
function goOn(desk: Desk, charter: Charter, facts: RestartFacts, recovered: Recovered, name: string): void {
  const { engine, logger } = desk;
  const inFlight = engine.open.size;
  desk.command({ type: "restart", ...facts }, (at, mono) => {
    engine.restart(facts, at, mono);
  });
  const { rules, digest } = charter.policy;
  const { mode } = charter;
  const sameRules = compilePolicy(engine.rules, { allowReserved: true }).digest === digest;
  if (!sameRules || engine.mode !== mode) {
    if (!sameRules)
      logger.info("the policy is another one than before; counters of rules that mean the same go on");
    if (engine.mode !== mode) logger.warn(`the mode is ${mode}, and it was ${engine.mode} before`);
    desk.command({ type: "policy", rules, digest, mode }, (at, mono) => {
      engine.advance(at, mono);
      engine.setRules(rules, mode);
    });
  }
  const { infos, warnings } = restoredNews(name, recovered, facts, engine, inFlight);
  for (const info of infos) logger.info(info);
  for (const warning of warnings) logger.warn(warning);
}

/** Opens the way for commands from outside; those that wait there are carried out before anything is allowed. */
async function listen(
  desk: Desk,
  dir: string,
  store: OpenDirStore,
  seen: Set<string>,
  owning: Owning,
  system: System,
  closers: (() => Promise<unknown>)[],
): Promise<void> {
  const mailbox = new Mailbox({ disk: system.disk, dir, seen: (id) => seen.has(id) });
  mailbox.prepare(desk.timeline.at);
  const doorbell = await system.watch(dir, store);
  closers.unshift(() => doorbell.close());
  desk.orders = new Orders(desk, mailbox, doorbell, seen, owning);
  desk.orders.take();
}

/** What is done now and then while the governor is open. */
function tend(desk: Desk, keeping: Keeping, options: ReinOptions, config: ReinConfig): () => void {
  const everyMs = config.persistTickSeconds * 1000;
  let stopped = false;
  let stopSnapshots = (): void => undefined;
  let stopLooking = (): void => undefined;
  const snapshots = (): void => {
    stopSnapshots = schedule(options.clock, () => void keeping.checkpoint().then(again(snapshots)), everyMs);
  };
  const looking = (): void => {
    // Files grow in real time, whatever clock decisions follow.
    stopLooking = schedule(undefined, () => void keeping.tend().then(again(looking)), TEND_EVERY_MS);
  };
  const again = (next: () => void) => () => {
    if (!stopped && !desk.closed) next();
  };
  snapshots();
  looking();
  return () => {
    stopped = true;
    stopSnapshots();
    stopLooking();
  };
}

function firstState(engine: Engine, from: SavedState["rulesFrom"]): SavedState {
  const nothing = { position: null, boot: null, clean: false, machine: null, orders: [] };
  return { ...nothing, engine: engine.image(), rulesFrom: from };
}

/** The machine's own clock goes with the machine's time only: a custom clock is the whole truth. */
function machineTime(system: System, { clock }: ReinOptions, mono: number): SavedState["machine"] {
  const time = clock === undefined ? system.machineTime() : null;
  return time && { ...time, mono };
}

/** The engine's caps, from the settings. */
function limitsOf(config: ReinConfig): EngineLimits {
  return {
    maxLanes: config.maxLanes,
    maxKeysPerRule: config.maxKeysPerRule,
    maxInFlight: config.maxInFlight,
    maxApprovals: config.maxApprovals,
    maxHalts: config.maxHalts,
    maxSignals: config.maxSignals,
    maxAccounts: config.maxAccounts,
    permitTtlMs: config.permitTtlSeconds * 1000,
    approvalTtlMs: config.approvalTtlSeconds * 1000,
    regimeTickMs: config.regimeTickSeconds * 1000,
    falseAlarmsPerMillion: config.falseAlarmsPerMillion,
  };
}
