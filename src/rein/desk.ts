import { randomBytes } from "node:crypto";
import { HaltedError, InvalidInputError, messageOf, ReinError, traceOf } from "../core/errors.js";
import { printable } from "../core/names.js";
import type { Refusal } from "../core/refusal.js";
import type { Scope } from "../core/scope.js";
import type { DecisionExtra, Recorder } from "../audit/index.js";
import type { Effect, Engine, EngineEvent, Halt, Lane, Ticket } from "../engine/index.js";
import type { Action, Outcome } from "./action.js";
import { CalendarKeeper } from "./calendar.js";
import { checkOutcome } from "./checks.js";
import type { Clock, Timeline } from "./clock.js";
import { schedule } from "./clock.js";
import type { ReinConfig } from "./config.js";
import { extraOf } from "./decision-extra.js";
import { Allowed, Refused } from "./decision.js";
import type { Decision } from "./decision.js";
import { Intake, invalid } from "./intake.js";
import type { Keeping } from "./keeping.js";
import { KeptValues } from "./kept-values.js";
import type { KeepOptions } from "./kept-values.js";
import type { Listeners } from "./listeners.js";
import type { Orders } from "./orders.js";
import type { Logger } from "./logger.js";
import { Oddities } from "./oddities.js";
import { tellNews } from "./news.js";
import { closedError } from "./permit-errors.js";
import { Permit } from "./permit.js";
import type { PermitOffice } from "./permit.js";
import type { Pseudonyms } from "./pseudonyms.js";
import { Stopping } from "./stopping.js";

/** The longest part of somebody else's error that a refusal repeats. */
const MAX_SHOWN = 200;

export interface DeskParts {
  readonly engine: Engine;
  /** Told apart from every other run, so that a decision's id is never another's. */
  readonly boot: string;
  readonly timeline: Timeline;
  readonly recorder: Recorder;
  readonly listeners: Listeners;
  readonly logger: Logger;
  readonly config: ReinConfig;
  readonly pseudonyms: Pseudonyms;
  readonly clock: Clock | undefined;
  readonly keep?: KeepOptions | undefined;
}

/**
 * Where events meet the engine: gives each its time, hands it in, takes down what was decided, and carries out what
 * the engine asks for.
 */
export class Desk implements PermitOffice {
  readonly engine: Engine;
  /** Told apart from every other run, so that a decision's id is never another's. */
  readonly boot: string;
  readonly timeline: Timeline;
  readonly recorder: Recorder;
  readonly listeners: Listeners;
  readonly logger: Logger;
  readonly config: ReinConfig;
  readonly clock: Clock | undefined;
  readonly stopping: Stopping;
  /** Called whenever a permit's action is over. */
  readonly endings = new Set<(permit: Permit) => void>();
  /** Called when the governor is closed: nobody need wait for anything any more. */
  readonly closings = new Set<() => void>();
  /** Called once when something that a refusal may wait for has changed. */
  readonly waiting = new Set<() => void>();
  /** Reports that could not be used as they were. */
  readonly oddities: Oddities;
  readonly #intake: Intake;
  readonly #keptValues: KeptValues | null;
  #closed = false;
  /** Refusals that never reached the engine so far. */
  #unseen = 0;
  #armedFor = Infinity;
  readonly #calendar: CalendarKeeper;
  /** What makes the state outlive the process; null: nothing does. */
  keeping: Keeping | null = null;
  /** Commands from outside; null: there is no way to give any. */
  orders: Orders | null = null;

  constructor(parts: DeskParts) {
    this.engine = parts.engine;
    this.boot = parts.boot;
    this.timeline = parts.timeline;
    this.recorder = parts.recorder;
    this.listeners = parts.listeners;
    this.logger = parts.logger;
    this.config = parts.config;
    this.clock = parts.clock;
    this.stopping = new Stopping(parts.config, parts.timeline);
    this.oddities = new Oddities(parts.logger);
    this.#calendar = new CalendarKeeper(parts.engine.world.calendars);
    this.#keptValues = parts.keep === undefined ? null : new KeptValues(parts.keep);
    this.#intake = new Intake(parts.engine, parts.config, parts.pseudonyms);
  }

  get closed(): boolean {
    return this.#closed;
  }

  gate(action: Action): Decision {
    try {
      return this.#gate(action);
    } catch (error) {
      // An action can be a proxy or have getters; whatever they throw, the answer is no.
      if (this.#closed) throw error;
      this.logger.error(`the gate failed: ${traceOf(error)}`);
      const { at, mono } = this.timeline;
      return this.#refuseInvalid(
        invalid(`the action cannot be read: ${printable(messageOf(error), MAX_SHOWN)}`),
        at,
        mono,
      );
    }
  }

  settle(permit: Permit, outcome: Outcome): void {
    try {
      this.#settle(permit.ticket, outcome);
    } catch (error) {
      if (InvalidInputError.isInstance(error)) this.oddities.meet("invalid");
      throw error;
    }
  }

  settledTwice(): void {
    this.oddities.meet("twice");
  }

  /** Takes an allowed action back before it has begun. */
  cancel(permit: Permit): void {
    if (this.#closed || permit.isSettled) return;
    const { ticket } = permit;
    this.command({ type: "cancel", seq: ticket.seq }, (at, mono) => {
      this.engine.cancel(ticket, at, mono);
    });
    permit.cancel();
  }

  /** Settles by id, for callers that do not have the permit. */
  settleById(id: string, outcome: Outcome): void {
    const match = typeof id === "string" ? /^([\w-]+)\.([0-9a-z]+)\.([0-9a-z]+)$/.exec(id) : null;
    const ticket =
      match?.[1] === this.boot
        ? this.engine.open.at(parseInt(match[3]!, 36), parseInt(match[2]!, 36))
        : undefined;
    if (ticket === undefined) {
      if (this.#closed) throw closedError();
      this.oddities.meet("unknown");
      throw new ReinError("unknown_decision", `no open decision \`${String(id).slice(0, 100)}\``, {
        help: "it is settled, has expired, was refused, or another Rein gave it",
      });
    }
    (ticket.owner as Permit).settle(outcome);
  }

  idOf(ticket: Ticket): string {
    const id = `${this.boot}.${ticket.seq.toString(36)}`;
    return ticket.slot < 0 ? id : `${id}.${ticket.slot.toString(36)}`;
  }

  refresh(): void {
    if (this.#closed) return;
    if (this.orders !== null) this.orders.look();
    this.timeline.read();
    if (this.timeline.mono >= this.engine.nextDue) this.tick();
    else if (this.#calendar.isOld(this.timeline.at)) this.#followCalendar();
  }

  ended(permit: Permit): void {
    this.stopping.ended(permit);
    for (const ending of this.endings) ending(permit);
  }

  /** Hands a command or a report to the engine and takes it down; `run` is the same step as the event. */
  command<T>(
    event: Record<string, unknown> & Pick<EngineEvent, "type">,
    run: (at: number, mono: number) => T,
  ): T {
    if (this.#closed) throw closedError();
    this.timeline.read();
    this.#followCalendar();
    const { at, mono } = this.timeline;
    try {
      const result = run(at, mono);
      this.recorder.event({ ...event, at, mono });
      return result;
    } catch (error) {
      // Time has passed in the engine all the same.
      this.recorder.event({ type: "advance", at, mono });
      throw error;
    } finally {
      this.#carryOut();
      // Whoever waits hears of what he waited for (a signal, a resume), and of what makes waiting pointless (a halt).
      this.wake();
    }
  }

  /** The same for a command that must survive: it is durable when this returns, or somebody was told that it is not. */
  decree<T>(
    event: Record<string, unknown> & Pick<EngineEvent, "type">,
    run: (at: number, mono: number) => T,
  ): T {
    const result = this.command(event, run);
    this.keeping?.commit();
    return result;
  }

  halt(scope: Scope, by: string, reason: string, seqs?: readonly number[]): Halt {
    const event = { type: "halt" as const, scope, reason, by, ...(seqs !== undefined && { seqs }) };
    return this.command(event, (at, mono) => this.engine.halt({ scope, reason, by }, at, mono, seqs));
  }

  /** Resolves when the end of the halt is durable. @throws ReinError `unknown_halt` */
  async resume(id: string, by: string, reason: string): Promise<void> {
    const halt = this.decree({ type: "resume", halt: id, by, reason }, (at, mono) =>
      this.engine.resume(id, by, reason, at, mono),
    );
    await this.#forgetHalt(halt);
    await this.recorder.flush(false).catch(() => undefined);
  }

  async #forgetHalt(halt: Halt): Promise<void> {
    // It may stand for several, of which one was resumed.
    if (this.engine.halts.get(halt.info.id) === undefined) await this.keeping?.endHalt(halt.info.id);
    else this.keeping?.addHalt(halt);
  }

  /** @throws ReinError `unknown_approval` */
  answer(type: "approve" | "reject", approval: string, by: string, reason: string): void {
    const state = type === "approve" ? "approved" : "rejected";
    this.decree({ type, approval, by, reason }, (at, mono) =>
      this.engine.answer(approval, state, by, reason, at, mono),
    );
  }

  /** Another process has taken the state over: this one governs nothing any more. */
  lose(): void {
    if (this.#closed) return;
    this.logger.error(
      "the state directory is no longer this process's (taken over by another one, moved, or removed): this governor is closed and allows nothing",
    );
    this.recorder.abandon();
    this.shut();
  }

  /** Whether this governor gave the permit. */
  owns(permit: Permit): boolean {
    return permit.office === this;
  }

  /** The wall clock was set while the monotonic one went on; or a clock went back and stands still. */
  clockStepped(byMs: number): void {
    const { at, mono } = this.timeline;
    this.recorder.event({ type: "clock", at, mono, byMs });
  }

  /** Applies what is due. */
  tick(): void {
    if (this.#closed) return;
    this.timeline.read();
    this.#followCalendar();
    const { at, mono } = this.timeline;
    this.engine.tick(at, mono);
    this.recorder.event({ type: "tick", at, mono });
    this.#carryOut();
    this.wake();
  }

  wake(): void {
    if (this.waiting.size === 0) return;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const callback of waiting) callback();
  }

  /** Shuts the gate for good: what is still in flight is void, for nobody governs it any more. */
  shut(): number {
    const open = [...this.engine.open.all()];
    this.#closed = true;
    for (const permit of [...open.map((ticket) => ticket.owner as Permit), ...this.stopping.lingering]) {
      permit.revoke(
        new HaltedError("halted", "Rein was closed while the action was running", {
          help: "let actions end before closing",
        }),
      );
    }
    for (const closing of [...this.closings]) closing();
    this.wake();
    return open.length;
  }

  #gate(action: Action): Decision {
    if (this.#closed) {
      return this.#refuseUnseen({
        code: "closed",
        message: "Rein is closed; open a new one",
        retryable: false,
      });
    }
    const { engine, timeline, recorder } = this;
    if (this.orders !== null) {
      this.orders.look();
      // What came may have been the end.
      if (this.#closed) return this.#gate(action);
    }
    if (!timeline.read()) {
      return this.#refuseUnseen({
        code: "clock_invalid",
        message:
          "the clock does not answer with a number, so no limit can be kept; do not retry, tell the operator",
        retryable: false,
      });
    }
    const { at, mono } = timeline;
    if (this.#calendar.isOld(this.timeline.at)) this.#followCalendar();
    if (!recorder.hasRoom(engine.open.size + 1)) {
      return this.#refuseUnseen({
        code: "record_failed",
        message: "actions cannot be recorded at the moment, so none is allowed; tell the operator",
        retryable: true,
      });
    }
    // Before the action is read: what is due may change what its lane's plan is made of.
    engine.advance(at, mono);
    const lane = this.#intake.prepare(action, mono);
    if ("code" in lane) return this.#refuseInvalid(lane, at, mono);
    const ticket = engine.gate(lane, at, mono, this.#intake.ask);
    const extra = this.#extraOf(ticket);
    recorder.decision(ticket.seq, at, mono, lane, ticket.verdict, ticket.amounts, extra);
    if (engine.thirsty.length > 0 || ticket.grant !== null) {
      const refusal = this.#writeAhead(ticket);
      if (refusal !== null) return this.#takeBack(ticket, lane, refusal, at, mono);
    }
    const decision = this.#decisionOf(ticket, lane);
    if (engine.effects.length > 0) this.#carryOut();
    if (engine.nextDue < this.#armedFor) this.#arm();
    if (this.listeners.hears("decision")) {
      this.listeners.tell("decision", { source: lane.source, series: lane.series, decision });
    }
    return decision;
  }

  /** Makes durable what the action uses up before it may begin; the refusal when that cannot be done. */
  #writeAhead(ticket: Ticket): Refusal | null {
    const { keeping, engine } = this;
    const thirsty = engine.takeThirsty();
    if (keeping === null || ticket.verdict !== "allow") return null;
    if (thirsty.length > 0 && !keeping.quench(thirsty)) {
      return {
        code: "store_failed",
        message:
          "quota cannot be written down at the moment, so none may be spent; wait, and tell the operator",
        retryable: true,
      };
    }
    // An approval is good once, also after a crash.
    if (ticket.grant !== null && !keeping.commit()) {
      return {
        code: "record_failed",
        message: "the use of the approval cannot be written down, so it is not used; tell the operator",
        retryable: true,
      };
    }
    return null;
  }

  /** An action that the rules allow and that cannot be written down: it takes nothing. */
  #takeBack(ticket: Ticket, lane: Lane, refusal: Refusal, at: number, mono: number): Decision {
    const id = this.idOf(ticket);
    this.engine.cancel(ticket, at, mono);
    this.recorder.event({ type: "cancel", seq: ticket.seq, at, mono, code: refusal.code });
    if (this.engine.effects.length > 0) this.#carryOut();
    const { status } = lane;
    return { id, allowed: false, verdict: "block", refusal, status, sizeMultiplier: 0 };
  }

  #decisionOf(ticket: Ticket, lane: Lane): Decision {
    if (ticket.verdict === "allow") {
      const permit = new Permit(this, ticket, this.#intake.tags);
      ticket.owner = permit;
      return new Allowed(permit, ticket, lane.status, this.engine.sizeOf(ticket));
    }
    const size = this.engine.standings.sizeOf(lane, false);
    return new Refused(this.idOf(ticket), ticket, lane.status, size);
  }

  #refuseUnseen(refusal: Refusal): Decision {
    return {
      // No number begins with a zero, so that no recorded decision has this id.
      id: `${this.boot}.0${(++this.#unseen).toString(36)}`,
      allowed: false,
      verdict: "block",
      refusal,
      status: "yellow",
      sizeMultiplier: 0,
    };
  }

  /** An action that cannot be read reaches no rule, but it is on the record. */
  #refuseInvalid(refusal: Refusal, at: number, mono: number): Decision {
    const { touched } = this.#intake;
    const names = touched === null ? {} : { source: touched.source, series: touched.series };
    this.recorder.event({
      type: "invalid",
      at,
      mono,
      ...names,
      code: refusal.code,
      message: refusal.message,
    });
    return this.#refuseUnseen(refusal);
  }

  #extraOf(ticket: Ticket): DecisionExtra | null {
    const { args, argsJson, tags } = this.#intake;
    const kept = this.#keptValues?.of(argsJson, tags) ?? null;
    if (kept !== null) this.recorder.keep?.(kept.values);
    return extraOf(ticket, args, kept?.kept ?? null, this.engine.world);
  }

  #settle(ticket: Ticket, outcome: Outcome): void {
    if (this.#closed) throw closedError();
    const { ok, latencyMs, progress, slippageCents } = outcome;
    const amounts = this.#intake.readReported(outcome.cost);
    if (amounts !== null && "code" in amounts) {
      throw new InvalidInputError("cost", amounts.message, {
        help: "report each cost as a finite number; the permit stays open",
      });
    }
    checkOutcome(latencyMs, slippageCents);
    const { result: returned } = outcome;
    const result = ticket.lane.plan.needsResult ? this.#intake.readResult(returned) : null;
    this.timeline.read();
    if (this.#calendar.isOld(this.timeline.at)) this.#followCalendar();
    const { at, mono } = this.timeline;
    const { engine, recorder } = this;
    if (ticket.ended === "expired") this.oddities.meet("late");
    if (slippageCents === undefined && result === null) {
      engine.settle(ticket, at, mono, ok, amounts, progress);
      recorder.outcome(ticket.seq, at, mono, ok, amounts, latencyMs ?? NaN, progress);
    } else {
      const details = { slippageCents: slippageCents ?? NaN, result: null, like: null, ...result };
      engine.settle(ticket, at, mono, ok, amounts, progress, details);
      this.#recordOutcome(ticket.seq, amounts, { ok, progress, latencyMs, slippageCents, ...result });
    }
    // It cost more than was reserved: that is done, and what is left to do is to write it down.
    if (engine.thirsty.length > 0) this.keeping?.quench(engine.takeThirsty());
    if (engine.effects.length > 0) this.#carryOut();
    if (this.waiting.size > 0) this.wake();
  }

  /** The few outcomes that say more than the common ones have room for. */
  #recordOutcome(
    seq: number,
    amounts: readonly number[] | null,
    outcome: Readonly<Record<string, unknown>>,
  ): void {
    const { measures } = this.engine.world;
    const cost: Record<string, number> = Object.create(null) as typeof cost;
    amounts?.forEach((amount, i) => {
      if (i > 0 && amount >= 0) cost[measures[i]!] = amount;
    });
    const { at, mono } = this.timeline;
    this.recorder.event({ type: "settle", seq, at, mono, ...outcome, ...(amounts !== null && { cost }) });
  }

  /** Tells the engine what the calendar says, where that has changed. */
  #followCalendar(): void {
    const { at, mono } = this.timeline;
    for (const { key, period, open, until } of this.#calendar.news(at)) {
      this.engine.calendar(key, period, open, until);
      this.recorder.event({ type: "calendar", at, mono, key, period, open, until });
    }
  }

  /** The rules have changed, and with them what is asked of the calendar. */
  forgetCalendar(): void {
    this.#calendar.forget();
    this.timeline.read();
    this.#followCalendar();
  }

  #arm(): void {
    const due = this.engine.nextDue;
    this.#armedFor = due;
    if (due === Infinity) return;
    schedule(
      this.clock,
      () => {
        if (this.#closed || this.#armedFor !== due) return;
        this.#armedFor = Infinity;
        this.timeline.read();
        if (this.timeline.mono >= this.engine.nextDue) this.tick();
        if (this.engine.nextDue !== Infinity) this.#arm();
      },
      Math.max(1, Math.ceil(due - this.timeline.mono)),
    );
  }

  /** Makes the world follow the engine: voids permits, tells listeners and the log. */
  #carryOut(): void {
    while (this.engine.effects.length > 0) {
      const effects = this.engine.takeEffects();
      this.stopping.follow(effects);
      for (const effect of effects) this.#do(effect);
    }
    if (this.engine.nextDue < this.#armedFor) this.#arm();
  }

  #do(effect: Effect): void {
    if (effect.type === "halt") this.keeping?.addHalt(effect.halt);
    // Whoever resumes a halt waits until that is written down (`resume`); this is for one that has ended by itself.
    else if (effect.type === "resume") void this.#forgetHalt(effect.halt);
    // An operator's halt over tags is told from the actions' own tags: `haltWithReceipt` does it.
    if (effect.type === "halt" && (effect.halt.info.rule !== undefined || effect.halt.tests.length === 0)) {
      this.stopping.halted(effect.halt);
    }
    tellNews(effect, this.listeners, this.logger);
    if (effect.type === "resume" || effect.type === "approval") this.wake();
  }

  linger(permit: Permit): void {
    this.stopping.linger(permit);
  }
}

/** No id of a decision may look like an option on a command line. */
export function newBoot(): string {
  const boot = randomBytes(6).toString("base64url");
  return /^[-_]/.test(boot) ? newBoot() : boot;
}
