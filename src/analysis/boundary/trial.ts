import { amountsOf, Engine } from "../../engine/index.js";
import type { Alert, Halt, Regime } from "../../engine/index.js";
import type { RefusalCode } from "../../core/refusal.js";
import type { Rule } from "../../policy/index.js";
import { asked, followCalendar } from "../asked.js";
import type { TrialAction } from "../asked.js";
import { DEFAULT_LIMITS } from "../default-limits.js";

/** When and in what world an action is tried. */
export interface Moment {
  /** Wall time in ms. */
  readonly at: number;
  readonly regime: Regime;
}

/** What the rule makes of an action: all but an alert stop it, `stopped` while it runs. */
export type Reaction = "refused" | "asked" | "halted" | "stopped" | "alerted";

/** What the gate said. */
export interface Answer {
  readonly allowed: boolean;
  /** What the rule did, or in shadow would have done; null: it agreed. */
  readonly reaction: Reaction | null;
  readonly code?: RefusalCode;
  readonly retryAfterMs?: number;
  readonly approvalId?: string;
  /** The halt that this action called for. */
  readonly halt?: Halt;
  readonly seq: number;
}

/** The real engine with a policy of its own, on a clock that stands still unless told. */
export class Trial {
  readonly #engine: Engine;
  #at: number;
  #mono: number;
  #alerts: Alert[] = [];
  #halts: Halt[] = [];
  /** Numbers of actions whose permit was taken away in flight. */
  readonly #voided = new Map<number, "halt" | "timeout" | "expiry">();

  private constructor(engine: Engine, at: number, mono: number) {
    this.#engine = engine;
    this.#at = at;
    this.#mono = mono;
  }

  static of(rules: readonly Rule[], { at, regime }: Moment): Trial {
    const engine = new Engine({ rules, mode: "enforce", limits: DEFAULT_LIMITS });
    engine.world.regime = regime;
    return new Trial(engine, at, 0);
  }

  /** An engine that goes on from here by itself: what happens to it does not happen here. */
  fork(): Trial {
    const copy = new Trial(Engine.restore(this.#engine.image()), this.#at, this.#mono);
    for (const [seq, cause] of this.#voided) copy.#voided.set(seq, cause);
    return copy;
  }

  /** Milliseconds since the beginning. */
  get elapsedMs(): number {
    return this.#mono;
  }

  /** Sets the calendar to another moment, without any time passing. */
  moveTo({ at, regime }: Moment): this {
    this.#engine.world.regime = regime;
    if (at !== this.#at) {
      this.#at = at;
      followCalendar(this.#engine, at, true);
    }
    return this;
  }

  /** Lets time pass; what falls due happens. */
  wait(ms: number): this {
    this.#at += ms;
    this.#mono += ms;
    followCalendar(this.#engine, this.#at);
    this.#engine.tick(this.#at, this.elapsedMs);
    this.#carryOut();
    return this;
  }

  gate(action: TrialAction): Answer {
    followCalendar(this.#engine, this.#at);
    const ask = asked(this.#engine, action, this.elapsedMs);
    const ticket = this.#engine.gate(ask.lane, this.#at, this.elapsedMs, ask);
    const { alerts, halts } = this.#carryOut();
    const { seq, verdict, refusal, wouldBlock } = ticket;
    const said = refusal ?? wouldBlock;
    const halt = halts[0];
    return {
      allowed: verdict === "allow",
      reaction: this.#reactionTo(verdict, said?.code, halt, alerts),
      ...(said !== null && { code: said.code }),
      ...(said?.retryAfterMs !== undefined && { retryAfterMs: said.retryAfterMs }),
      ...(said?.approvalId !== undefined && { approvalId: said.approvalId }),
      ...(halt !== undefined && { halt }),
      seq,
    };
  }

  /** Ends an action; what it cost is what it said, unless another cost is given. */
  settle(seq: number, ok: boolean, cost?: Readonly<Record<string, number>>, progress?: boolean): void {
    const ticket = this.#engine.inFlight.find(seq);
    if (ticket === undefined) return;
    const amounts = amountsOf(this.#engine.world, cost);
    this.#engine.settle(ticket, this.#at, this.elapsedMs, ok, amounts, progress);
    this.#carryOut();
  }

  /** Takes an action back that has not begun. */
  cancel(seq: number): void {
    const ticket = this.#engine.inFlight.find(seq);
    if (ticket !== undefined) this.#engine.cancel(ticket, this.#at, this.elapsedMs);
  }

  /** Runs an action to its end. */
  run(action: TrialAction, ok = true): Answer {
    const answer = this.gate(action);
    if (answer.allowed) this.settle(answer.seq, ok);
    return answer;
  }

  /** Lets an action run for some time; whether it may go on then. */
  outlive(action: TrialAction, ms: number): Answer {
    const begun = this.gate(action);
    if (!begun.allowed) return begun;
    const [alerts, halts] = [this.#alerts.length, this.#halts.length];
    this.wait(ms);
    const halt = this.#halts[halts];
    if (halt !== undefined) return { ...begun, allowed: false, reaction: "halted", halt };
    if (this.#voided.has(begun.seq)) return { ...begun, allowed: false, reaction: "stopped" };
    if (this.#alerts.length === alerts) return begun;
    return { ...begun, reaction: this.#inShadow() === null ? "alerted" : "stopped" };
  }

  signal(name: string): void {
    // A world that sends signals is not known to be normal until a detector says so; here the regime is given.
    const { regime } = this.#engine.world;
    this.#engine.signal(name, 1, this.#at, this.elapsedMs);
    this.#engine.world.regime = regime;
    this.#carryOut();
  }

  /** Reports a balance, in micro-units. */
  balance(account: string, start: number, current: number): void {
    const report = { start, current, realizedToday: undefined };
    this.#engine.balance(account, report, this.#at, this.elapsedMs);
    this.#carryOut();
  }

  answer(approvalId: string, state: "approved" | "rejected"): void {
    this.#engine.answer(approvalId, state, "somebody", "", this.#at, this.elapsedMs);
    this.#carryOut();
  }

  /** Ends every halt. */
  resume(): void {
    for (const { info } of [...this.#engine.halts.all()])
      this.#engine.resume(info.id, "somebody", "", this.#at, this.elapsedMs);
    this.#carryOut();
  }

  /** Why a permit was taken away while its action ran; undefined: it was not. */
  voided(seq: number): "halt" | "timeout" | "expiry" | undefined {
    return this.#voided.get(seq);
  }

  /** Halts called for so far. */
  get halts(): readonly Halt[] {
    return this.#halts;
  }

  get alerts(): readonly Alert[] {
    return this.#alerts;
  }

  /**
   * Books usage on every counter there is, as it is done with what a dead process may have spent: a way to come near a
   * limit that nobody would count up to.
   */
  book(amount: number): void {
    const losses = this.#engine.guards.flatMap((guard) =>
      [...guard.table.all()].map(({ key }) => ({ rule: guard.identity, key, born: 1, amount })),
    );
    const facts = { clean: true, nothingIsKnown: false, downMs: 0, losses, halts: [] };
    this.#engine.restart(facts, this.#at, this.elapsedMs);
    this.#carryOut();
  }

  #reactionTo(
    verdict: string,
    code: RefusalCode | undefined,
    halt: Halt | undefined,
    alerts: readonly Alert[],
  ): Reaction | null {
    if (halt !== undefined || code === "halted") return "halted";
    if (verdict === "approve") return "asked";
    if (verdict === "block") return "refused";
    if (code !== undefined) return this.#inShadow() ?? "refused";
    return alerts.some((alert) => alert.code === "rule_tripped") ? "alerted" : null;
  }

  /** What a rule in shadow would have done; null: none is. */
  #inShadow(): Reaction | null {
    const shadow = this.#engine.rules.find(({ mode, then }) => mode === "shadow" && then !== "alert");
    if (shadow === undefined) return null;
    if (shadow.then === "halt") return "halted";
    const asks = shadow.then === "approve" || (shadow.kind === "access" && shadow.effect === "approve");
    return asks ? "asked" : "refused";
  }

  #carryOut(): { readonly alerts: readonly Alert[]; readonly halts: readonly Halt[] } {
    const alerts: Alert[] = [];
    const halts: Halt[] = [];
    for (const effect of this.#engine.takeEffects()) {
      if (effect.type === "halt") halts.push(effect.halt);
      else if (effect.type === "alert") alerts.push(effect.alert);
      else if (effect.type === "void") this.#voided.set(effect.ticket.seq, effect.cause);
    }
    if (halts.length > 0) this.#halts = [...this.#halts, ...halts];
    if (alerts.length > 0) this.#alerts = [...this.#alerts, ...alerts];
    return { alerts, halts };
  }
}
