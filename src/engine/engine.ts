import { InvalidInputError, messageOf, ReinError } from "../core/errors.js";
import { MICRO } from "../core/measure.js";
import type { Refusal } from "../core/refusal.js";
import { alarmThreshold } from "../detect/index.js";
import type { Rule } from "../policy/index.js";
import { AccountBook } from "./accounts.js";
import type { BalanceReport } from "./accounts.js";
import { bookLosses } from "./allowances.js";
import type { Loss } from "./allowances.js";
import { ApprovalBook } from "./approvals.js";
import type { Approval } from "./approvals.js";
import { DOUBLE_ZERO } from "./double-zero.js";
import type { Effect } from "./effects.js";
import type { Mode } from "./events.js";
import { BudgetGuard } from "./guards/budget.js";
import type { Counter, Guard, GuardHost } from "./guards/guard.js";
import type { GUARDS } from "./guards/index.js";
import type { Meter } from "./guards/meter.js";
import { HaltBook, orderOf, stopsInFlight } from "./halts.js";
import type { Halt, HaltImage, HaltOrder } from "./halts.js";
import { restoreImage, takeImage } from "./image.js";
import type { Books, EngineImage } from "./image.js";
import { InFlight } from "./in-flight.js";
import type { InFlightHost } from "./in-flight.js";
import { judge } from "./judge.js";
import type { Bench } from "./judge.js";
import { LaneTable } from "./lanes.js";
import type { Lane, LaneName, Status } from "./lanes.js";
import type { OpenTickets } from "./open-tickets.js";
import { GuardFailure, Phases } from "./phases.js";
import { capacityRefusal, failureRefusal, haltedRefusal } from "./refusals.js";
import { RuleSet } from "./rule-set.js";
import type { Scoring } from "./scoring.js";
import { Standings } from "./standings.js";
import type { StandingsHost } from "./standings.js";
import { Ticket } from "./ticket.js";
import type { Ask, OutcomeDetails } from "./ticket.js";
import { Weather } from "./weather.js";
import type { WeatherHost } from "./weather.js";
import { World } from "./world.js";
import type { Regime } from "./world.js";

/** Named caps and lives of what the engine keeps; times in ms. */
export interface EngineLimits {
  readonly maxLanes: number;
  readonly maxKeysPerRule: number;
  readonly maxInFlight: number;
  readonly maxApprovals: number;
  readonly maxHalts: number;
  readonly maxSignals: number;
  readonly maxAccounts: number;
  readonly permitTtlMs: number;
  readonly approvalTtlMs: number;
  /** How often the regime is judged, once there are signals. */
  readonly regimeTickMs: number;
  /** Expected false alarms of the calibrated detectors together, per million decisions. */
  readonly falseAlarmsPerMillion: number;
}

export interface EngineOptions {
  readonly rules: readonly Rule[];
  readonly mode: Mode;
  readonly limits: EngineLimits;
  /** Quota is spent only as far as somebody has granted it; see `thirsty`. */
  readonly allowances?: boolean;
  /** How to make guards; replaced in tests only. */
  readonly guards?: typeof GUARDS;
}

/** What is known after a restart, and what is not. */
export interface RestartFacts {
  /** The process before had put everything down. Otherwise what may be missing counts against the action. */
  readonly clean: boolean;
  /** Not even what had been granted is known: every budget counts as spent. */
  readonly nothingIsKnown: boolean;
  /** Milliseconds that nobody governed. */
  readonly downMs: number;
  readonly losses: readonly Loss[];
  /** Halts that must be in force; those that are already stay as they are. */
  readonly halts: readonly HaltImage[];
}

/** One alert per counter in this time: a storm is told once. */
const ALERT_EVERY_MS = 60_000;

const CALLS_ONLY: readonly number[] = [MICRO];
const CENTS = 100;
/**
 * The pure heart: events in, decisions and effects out. No clock, no randomness, no I/O; the same events give the
 * same decisions.
 *
 * A gate call has three phases: every guard is asked; only if all agree do they commit; what was denied takes
 * nothing. Effects collect in `effects` until the caller takes them.
 */
export class Engine implements GuardHost, Bench, InFlightHost, StandingsHost, WeatherHost {
  readonly world = new World();
  readonly halts: HaltBook;
  readonly approvals: ApprovalBook;
  readonly lanes: LaneTable;
  readonly standings: Standings;
  readonly weather: Weather;
  readonly inFlight: InFlight;
  readonly limits: EngineLimits;
  /** What the last event asks the world to do; whoever runs the engine takes it with `takeEffects`. */
  effects: Effect[] = [];
  /** Monotonic time before which nothing falls due. */
  nextDue = Infinity;
  readonly allowances: boolean;
  /** Meters that have used up their allowance, or nearly so; whoever grants takes them with `takeThirsty`. */
  thirsty: Meter[] = [];

  readonly #rules: RuleSet;
  readonly #phases = new Phases();
  readonly #onFailure = (failure: GuardFailure): void => {
    this.failedMidway(failure);
  };
  event = 0;
  #seq = 0;
  /** Wall and monotonic time of the running event. */
  readonly now = { at: DOUBLE_ZERO, mono: DOUBLE_ZERO };
  readonly alarmAt: number;
  readonly #accounts: AccountBook;
  /** Monotonic time of a counter's last alert. */
  readonly #alertedAt = new WeakMap<Counter, number>();

  constructor({ rules, mode, limits, guards, allowances = false }: EngineOptions) {
    this.limits = limits;
    this.allowances = allowances;
    this.#accounts = new AccountBook(limits.maxAccounts);
    this.#rules = new RuleSet(guards);
    this.halts = new HaltBook(this.world, limits.maxHalts);
    this.approvals = new ApprovalBook(limits.maxApprovals, limits.approvalTtlMs);
    this.standings = new Standings(this);
    this.weather = new Weather(this);
    this.inFlight = new InFlight(this);
    this.alarmAt = alarmThreshold(limits.falseAlarmsPerMillion);
    this.lanes = new LaneTable(limits.maxLanes, (lane, mono) => this.standings.isPlain(lane, mono));
    this.setRules(rules, mode);
  }

  get maxKeys(): number {
    return this.limits.maxKeysPerRule;
  }

  get mode(): Mode {
    return this.#rules.mode;
  }

  /** The rules in force, as they were given. */
  get rules(): readonly Rule[] {
    return this.#rules.rules;
  }

  /** Allowed actions that run. */
  get open(): OpenTickets {
    return this.inFlight.open;
  }

  get guards(): readonly Guard[] {
    return this.#rules.guards;
  }

  /** Decisions so far. */
  get seq(): number {
    return this.#seq;
  }

  takeEffects(): Effect[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  /**
   * Swaps the rules in. Counters of rules that mean the same, their limit aside, go on counting.
   */
  setRules(rules: readonly Rule[], mode: Mode): void {
    this.#rules.replace(rules, mode, this);
    this.#accounts.retell(this.guards);
    this.inFlight.retime();
  }

  /**
   * The lane of clean names, made when it is not known and there is room.
   *
   * @param force makes room for an operator's command even at the cap
   */
  lane(source: string, series: string, mono: number, force = false): Lane {
    const known = this.lanes.find(source, series);
    if (known !== undefined) return known;
    const lane = this.lanes.add(source, series, mono, this.#rules.plan(source, series, mono), force);
    if (lane.isStandIn) this.standings.join(lane);
    return lane;
  }

  /** How the rules in force judge the lane by its outcomes; null: not at all. */
  scoringOf(lane: Lane): Scoring | null {
    return this.#rules.scoringOf(lane);
  }

  /** How far an action should be scaled down by whoever carries it out, from 0 to 1. */
  sizeOf({ lane, plan, verdict }: Ticket): number {
    let size = this.standings.sizeOf(lane, verdict === "allow");
    const { sizers } = plan!;
    for (let i = 0; i < sizers.length; i++) size *= sizers[i]!.size();
    return size;
  }

  /** Whether automatic rules may block anything at all. */
  get blocks(): boolean {
    return this.#rules.mode === "enforce";
  }

  get regime(): Regime {
    return this.world.regime;
  }

  get regimeTickMs(): number {
    return this.limits.regimeTickMs;
  }

  dueAt(mono: number): void {
    if (mono < this.nextDue) this.nextDue = mono;
  }

  regimeChanged(): void {
    this.standings.regimeChanged();
  }

  /** The lane's plan under the rules in force. */
  planOf(lane: Lane, mono: number): Lane["plan"] {
    if (!this.#rules.isCurrent(lane.plan)) lane.plan = this.#rules.plan(lane.source, lane.series, mono);
    return lane.plan;
  }

  /** Decides one action. `mono` never lies before that of an earlier event. */
  gate(lane: Lane, at: number, mono: number, ask: Ask): Ticket {
    this.advance(at, mono);
    const plan = this.planOf(lane, mono);
    const amounts = ask.amounts.length === 1 ? CALLS_ONLY : copyOf(ask.amounts);
    const ticket = new Ticket(++this.#seq, lane, mono, this.halts.epoch, amounts, ask.details);
    lane.lastMono = mono;

    const stopped = this.#stoppedBefore(ticket);
    if (stopped !== null) return this.#refuse(ticket, "block", stopped);

    ticket.plan = plan;
    let refusers: readonly Counter[] | null;
    try {
      refusers = this.#phases.ask(plan, ticket, mono, this.#rules.alarmed);
    } catch (error) {
      return this.#refuse(ticket, "block", this.#guardFailed(error, false));
    }
    if (refusers !== null) {
      const { verdict, refusal, grant } = judge(this, ticket, refusers, at, mono);
      if (verdict !== "allow") {
        this.#refuse(ticket, verdict, refusal!);
        this.#phases.observe(plan, ticket, mono, this.#onFailure);
        return ticket;
      }
      if (refusal !== null) ticket.wouldBlock = refusal;
      ticket.grant = grant ?? null;
    }
    try {
      this.#phases.commit(plan, ticket, mono);
    } catch (error) {
      return this.#refuse(ticket, "block", this.#guardFailed(error, true));
    }
    this.inFlight.admit(ticket);
    this.#phases.observe(plan, ticket, mono, this.#onFailure);
    return ticket;
  }

  /** Ends an action: gives back its reservation and books what it did cost. */
  settle(
    ticket: Ticket,
    at: number,
    mono: number,
    ok: boolean,
    amounts: readonly number[] | null,
    progress?: boolean,
    details: OutcomeDetails | null = null,
  ): void {
    this.advance(at, mono);
    this.inFlight.settle(ticket, ok, amounts, progress, details, mono);
  }

  /** Takes in what an action was worth later: money, money that was expected (NaN: not told), and a share of capital. */
  realize(
    { source, series }: LaneName,
    pnl: number,
    predictedEdge: number,
    capitalPct: number,
    at: number,
    mono: number,
  ): void {
    this.advance(at, mono);
    const lane = this.lane(source, series, mono);
    this.standings.realize(lane, pnl * CENTS, predictedEdge * CENTS, capitalPct);
  }

  /** Takes an allowed action back before it has begun: it then took nothing. */
  cancel(ticket: Ticket, at: number, mono: number): void {
    this.advance(at, mono);
    this.inFlight.cancel(ticket);
  }

  /** Applies what has fallen due: expired permits and approvals, timeouts, halts and overrides that end. */
  advance(at: number, mono: number): void {
    this.event += 1;
    this.now.at = at;
    this.now.mono = mono;
    if (mono >= this.nextDue) this.#due(mono);
  }

  /** Lets time pass: also looks for conditions that come true by time alone. */
  tick(at: number, mono: number): void {
    this.advance(at, mono);
    for (const guard of this.guards) guard.tick(mono);
  }

  halt(order: HaltOrder, at: number, mono: number, seqs?: readonly number[]): Halt {
    this.advance(at, mono);
    const halt = this.halts.add(order, at, mono);
    // The book may have widened the scope: then it is not the caller's list that counts.
    const told = seqs === undefined || halt.tests.length === 0 ? null : new Set(seqs);
    if (halt.until < this.nextDue) this.nextDue = halt.until;
    this.effects.push({ type: "halt", halt });
    for (const ticket of this.open.all()) {
      if (ticket.voidedBy !== null || !halt.covers(ticket.lane.source, ticket.lane.series)) continue;
      if (told === null ? !stopsInFlight(halt, ticket) : !told.has(ticket.seq)) continue;
      ticket.voidedBy = halt.info.id;
      this.effects.push({ type: "void", ticket, cause: "halt", halt });
    }
    return halt;
  }

  /** @throws ReinError `unknown_halt` */
  resume(id: string, by: string, reason: string, at: number, mono: number): Halt {
    this.advance(at, mono);
    const halt = this.halts.resume(id);
    if (halt === undefined) {
      const known = [...this.halts.all()].map(({ info }) => `\`${info.id}\``).join(", ");
      throw new ReinError("unknown_halt", `no halt \`${id}\` is in force`, {
        help: known === "" ? "nothing is halted" : `in force: ${known}`,
      });
    }
    this.effects.push({ type: "resume", halt, by, reason });
    return halt;
  }

  /** @throws ReinError `unknown_approval` */
  answer(
    id: string,
    state: "approved" | "rejected",
    by: string,
    reason: string,
    at: number,
    mono: number,
  ): Approval {
    this.advance(at, mono);
    const approval = this.approvals.get(id);
    if (approval === undefined || approval.state !== "pending") {
      throw new ReinError("unknown_approval", `no open approval \`${id}\``, {
        help:
          approval === undefined ? "it was never asked, or it has lapsed" : `it is already ${approval.state}`,
      });
    }
    this.approvals.answer(approval, state, by, reason, mono);
    this.asked(approval);
    return approval;
  }

  /** Puts a lane into a status by hand, for a time or until it is revived. */
  override(
    { source, series }: LaneName,
    status: Status,
    forMs: number | undefined,
    by: string,
    reason: string,
    at: number,
    mono: number,
  ): Lane {
    this.advance(at, mono);
    const lane = this.lane(source, series, mono, true);
    this.standings.override(lane, status, forMs === undefined ? Infinity : mono + forMs, by, reason);
    return lane;
  }

  /** Brings a lane back on probation. */
  revive({ source, series }: LaneName, by: string, reason: string, at: number, mono: number): Lane {
    this.advance(at, mono);
    const lane = this.lane(source, series, mono, true);
    this.standings.revive(lane, by, reason);
    return lane;
  }

  /** A number about the world; null: it was not a number, so the signal counts as not arrived. */
  signal(name: string, value: number | null, at: number, mono: number): void {
    this.advance(at, mono);
    if (!this.world.signals.has(name) && this.world.signals.size >= this.limits.maxSignals) {
      throw new InvalidInputError("name", `there are already ${this.limits.maxSignals} signals`, {
        help: "raise MAX_SIGNALS, or use fewer names",
      });
    }
    this.weather.signal(name, value);
  }

  balance(account: string, report: BalanceReport, at: number, mono: number): void {
    this.advance(at, mono);
    this.#accounts.report(account, report, this.guards);
  }

  calendar(key: string, period: number, open: boolean | undefined, until: number): void {
    const fact = this.world.calendars.get(key);
    if (fact === undefined) return;
    if (period > fact.period) fact.period = period;
    fact.open = open;
    fact.until = until;
  }

  /** Lines of `budgets()`: every counter of every budget rule that holds something. */
  *budgets(): IterableIterator<{ readonly guard: BudgetGuard; readonly meter: Meter }> {
    for (const guard of this.guards) {
      if (!(guard instanceof BudgetGuard)) continue;
      for (const meter of guard.table.all()) yield { guard, meter: meter as Meter };
    }
  }

  // What outlives a process

  /**
   * Everything the engine knows. Where keys share a counter, plans are made anew after this, here as in an engine that
   * is restored from it, so that both go on alike; a record of the run therefore says when it was taken.
   */
  image(): EngineImage {
    if (this.guards.some(({ table }) => table.hasOverflow)) this.#rules.outdate();
    this.#rules.calm();
    return takeImage({ ...this.#books(), seq: this.#seq, ...this.now });
  }

  /** An engine that goes on where the image was taken. `options` may differ from those it was taken under. */
  static restore(
    image: EngineImage,
    options: Partial<Pick<EngineOptions, "limits" | "allowances" | "guards">> = {},
  ): Engine {
    const { rules, mode, limits } = image;
    const engine = new Engine({ rules, mode, limits, ...options });
    engine.#restore(image);
    return engine;
  }

  #restore(image: EngineImage): void {
    this.#seq = image.seq;
    this.now.at = image.at;
    this.now.mono = image.mono;
    // Something may have fallen due: the next event looks.
    this.nextDue = -Infinity;
    for (const [key, period, open, until] of image.calendars)
      this.calendar(key, period, open ?? undefined, until);
    restoreImage(image, this.#books(), (rule) => this.#rules.guardOf(rule, this));
    this.#rules.calm();
  }

  #books(): Books {
    const { world, weather, halts, approvals, lanes, standings, inFlight, limits } = this;
    const [rules, accounts] = [this.#rules, this.#accounts];
    return { world, weather, rules, halts, approvals, lanes, standings, inFlight, limits, accounts };
  }

  /**
   * Another process goes on where this state was left: what was in flight counts as spent, what may be missing counts
   * against the action, and nothing that had stopped runs again.
   */
  restart(facts: RestartFacts, at: number, mono: number): void {
    this.advance(at, mono);
    this.inFlight.abandon(mono);
    if (!facts.clean) {
      this.halts.crashed();
      this.approvals.crashed();
    }
    for (const halt of facts.halts) {
      if (halt.until !== null && halt.until <= mono) continue;
      const known = this.halts.get(halt.id);
      if (known !== undefined) {
        known.count = Math.max(known.count, halt.count);
        continue;
      }
      this.halts.restore({ epoch: halt.epoch, halts: [halt] });
      this.nextDue = Math.min(this.nextDue, halt.until ?? Infinity);
    }
    this.standings.unattended(facts.downMs);
    bookLosses(this, facts.losses, mono);
    for (const guard of this.guards) guard.recover(mono, facts);
    this.#rules.calm();
  }

  // What its parts ask of it

  msUntilWall(at: number): number {
    return Math.max(0, at - this.now.at);
  }

  failedMidway(failure: GuardFailure): void {
    this.#guardFailed(failure, true);
  }

  thirst(meter: Meter): void {
    if (!this.thirsty.includes(meter)) this.thirsty.push(meter);
  }

  takeThirsty(): Meter[] {
    const { thirsty } = this;
    this.thirsty = [];
    return thirsty;
  }

  forgotten(): void {
    this.#rules.outdate();
  }

  alarm(): void {
    this.#rules.alarmed = true;
  }

  calm(): void {
    this.#rules.calm();
  }

  trip(counter: Counter, evidence: string): void {
    const { guard } = counter;
    // Outside its schedule or regime a rule says nothing; if it still holds later, the next action trips it.
    if (!guard.conditions.holdNow()) return;
    if (guard.rule.then === "halt" && guard.enforced) {
      this.haltBy(counter, evidence);
      return;
    }
    const would = guard.enforced || guard.rule.then === "alert" ? "" : "in shadow, would have acted: ";
    this.alert(
      counter,
      guard.rule.then === "halt" ? "would_halt" : "rule_tripped",
      `rule \`${guard.id}\`: ${would}${evidence}`,
    );
  }

  alert(counter: Counter, code: string, message: string): void {
    this.effects.push({ type: "alert", alert: { code, rule: counter.guard.id, message, at: this.now.at } });
  }

  /** Alerts at most once a minute for a counter that keeps refusing. */
  alertSparingly(counter: Counter, code: string, evidence: string, mono: number): void {
    if (mono - (this.#alertedAt.get(counter) ?? -Infinity) < ALERT_EVERY_MS) return;
    this.#alertedAt.set(counter, mono);
    this.alert(counter, code, evidence);
  }

  /** Halts what the counter's rule matches, narrowed to what the counter belongs to. */
  haltBy(counter: Counter, reason: string): Halt {
    return this.halt(orderOf(counter, reason), this.now.at, this.now.mono);
  }

  asked(approval: Approval): void {
    if (approval.until < this.nextDue) this.nextDue = approval.until;
    this.effects.push({ type: "approval", approval });
  }

  // The phases of a gate call

  /** What stops an action before any rule is asked; no detector sees such a denial. */
  #stoppedBefore(ticket: Ticket): Refusal | null {
    if (this.halts.size > 0) {
      const halt = this.halts.over(ticket);
      if (halt !== undefined) return haltedRefusal(halt, ticket.mono);
    }
    if (ticket.lane.isBarred) {
      const refusal = this.standings.refuse(ticket);
      if (refusal !== null) return refusal;
    }
    if (this.open.size >= this.limits.maxInFlight) {
      return capacityRefusal(this.limits.maxInFlight);
    }
    return null;
  }

  #refuse(ticket: Ticket, verdict: "block" | "approve", refusal: Refusal): Ticket {
    ticket.verdict = verdict;
    ticket.refusal = refusal;
    ticket.ended = "refused";
    return ticket;
  }

  /** A guard that throws denies; one that throws with its state half changed halts what it guards. */
  #guardFailed(failure: unknown, midway: boolean): Refusal {
    if (!(failure instanceof GuardFailure)) throw failure;
    const { counter, cause } = failure;
    const what = `the guard of rule \`${counter.guard.id}\` failed: ${messageOf(cause)}`;
    this.alert(counter, "guard_failed", what);
    if (midway) this.haltBy(counter, what);
    return failureRefusal(counter);
  }

  // What time does

  #due(mono: number): void {
    // What is done on the way may fall due later than this, and must not begin all over.
    this.nextDue = Infinity;
    let next = this.inFlight.due(mono);
    for (const halt of [...this.halts.all()]) {
      if (mono >= halt.until) {
        this.halts.remove(halt);
        this.effects.push({ type: "resume", halt, by: "rein", reason: "its time is over" });
      } else next = Math.min(next, halt.until);
    }
    for (const approval of [...this.approvals.all()]) {
      if (mono >= approval.until) this.approvals.remove(approval);
      else next = Math.min(next, approval.until);
    }
    next = Math.min(next, this.standings.due(mono), this.weather.due(mono));
    this.nextDue = Math.min(this.nextDue, next);
  }
}

/** A copy that keeps its doubles packed; most actions name one or two measures. */
function copyOf(amounts: readonly number[]): readonly number[] {
  return amounts.length === 2 ? [amounts[0]!, amounts[1]!] : amounts.slice();
}
