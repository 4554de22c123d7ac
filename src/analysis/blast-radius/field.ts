import { Engine } from "../../engine/index.js";
import type { Rule } from "../../policy/index.js";
import { asked, followCalendar } from "../asked.js";
import type { Asked, TrialAction } from "../asked.js";
import { DEFAULT_LIMITS } from "../default-limits.js";

/** What the gate said to the attacker. */
export interface Said {
  readonly allowed: boolean;
  readonly rule?: string;
  readonly retryAfterMs?: number;
}

/** More than anybody loses. */
const RICH = 9e15;

/**
 * The real engine, enforcing, in virtual time, in a world that is as good to the attacker as it can be: signals are
 * fresh, nothing is lost, the regime is normal. Its actions succeed and bring news, so that no detector of failures or
 * loops has anything to see.
 */
export class Field {
  readonly #engine: Engine;
  readonly #startAt: number;
  readonly #signals: readonly string[];
  #mono = 0;

  constructor(rules: readonly Rule[], startAt: number) {
    this.#engine = new Engine({ rules, mode: "enforce", limits: DEFAULT_LIMITS });
    this.#startAt = startAt;
    this.#signals = [...new Set(rules.flatMap((rule) => (rule.kind === "stale" ? [rule.signal] : [])))];
    const accounts = rules.flatMap((rule) =>
      rule.kind === "loss" || rule.kind === "floor" ? [rule.account ?? "default"] : [],
    );
    const balance = { start: RICH, current: RICH, realizedToday: undefined };
    for (const account of new Set(accounts)) this.#engine.balance(account, balance, this.#at, 0);
    this.#arrive();
  }

  /** Lets time pass until so long after the beginning. */
  moveTo(mono: number): void {
    if (mono <= this.#mono) return;
    this.#mono = mono;
    this.#arrive();
  }

  /** An action as the field takes it: what does not change from one time to the next is worked out once. */
  prepare(action: TrialAction): Asked {
    return asked(this.#engine, action, this.#mono);
  }

  /** The same action with another cost of a measure, in micro-units. */
  priced(prepared: Asked, measure: string, micro: number): Asked {
    const index = this.#engine.world.measure(measure, true);
    const amounts = [...prepared.amounts];
    while (amounts.length <= index) amounts.push(-1);
    amounts[index] = micro;
    return { ...prepared, amounts };
  }

  /** Tries an action; where it passes it is over at once. */
  run({ lane, amounts, details }: Asked): Said {
    const engine = this.#engine;
    const at = this.#at;
    const ticket = engine.gate(lane, at, this.#mono, { amounts, details });
    if (ticket.verdict === "allow") engine.settle(ticket, at, this.#mono, true, null, true);
    if (engine.effects.length > 0) engine.takeEffects();
    const { refusal } = ticket;
    if (refusal === null) return { allowed: true };
    return {
      allowed: false,
      ...(refusal.rule !== undefined && { rule: refusal.rule }),
      ...(refusal.retryAfterMs !== undefined && { retryAfterMs: refusal.retryAfterMs }),
    };
  }

  /** How many counters of the rules named an action is charged to; null: it is refused. */
  countersOf({ lane, amounts, details }: Asked, rules: ReadonlySet<string>): number | null {
    const ticket = this.#engine.gate(lane, this.#at, this.#mono, { amounts, details });
    if (ticket.verdict !== "allow") return null;
    const taken = ticket.took ?? ticket.plan!.committers;
    return taken.filter(({ guard }) => rules.has(guard.id)).length;
  }

  /** Milliseconds from the beginning to the next change of a schedule or calendar period; Infinity: none comes. */
  get nextChange(): number {
    return this.#next(() => true);
  }

  /** The same for schedules alone: rules that count begin and cease to apply. */
  get nextOpening(): number {
    return this.#next((spec) => "schedule" in spec);
  }

  /** Wall time, in whole milliseconds as everywhere in the engine, where monotonic time has fractions. */
  get #at(): number {
    return Math.floor(this.#startAt + this.#mono);
  }

  #next(isAwaited: (spec: object) => boolean): number {
    let next = Infinity;
    for (const { spec, until } of this.#engine.world.calendars.values())
      if (isAwaited(spec)) next = Math.min(next, until - this.#startAt);
    return next;
  }

  #arrive(): void {
    const at = this.#at;
    followCalendar(this.#engine, at);
    for (const signal of this.#signals) this.#engine.signal(signal, 1, at, this.#mono);
    this.#engine.world.regime = "normal";
    this.#engine.takeEffects();
  }
}
