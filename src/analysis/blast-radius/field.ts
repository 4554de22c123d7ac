import { MICRO } from "../../core/measure.js";
import { amountsOf, Engine } from "../../engine/index.js";
import type { AskDetails, Lane } from "../../engine/index.js";
import type { Rule } from "../../policy/index.js";
import { answerAt } from "../boundary/calendar.js";
import type { TrialAction } from "../boundary/trial.js";
import { DEFAULT_LIMITS } from "../default-limits.js";

/** What the gate said to the attacker. */
export interface Said {
  readonly allowed: boolean;
  readonly rule?: string;
  readonly retryAfterMs?: number;
}

/** An action as the field keeps it: what does not change from one time to the next is worked out once. */
export interface Prepared {
  readonly lane: Lane;
  readonly amounts: readonly number[];
  readonly details: AskDetails | null;
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
    for (const account of new Set(accounts)) this.#engine.balance(account, balance, startAt, 0);
    this.#arrive();
  }

  /** Lets time pass until so long after the beginning. */
  moveTo(mono: number): void {
    if (mono <= this.#mono) return;
    this.#mono = mono;
    this.#arrive();
  }

  prepare(action: TrialAction): Prepared {
    const lane = this.#engine.lane(action.source, action.series, this.#mono);
    const { world } = this.#engine;
    const { tests, needsArgs, needsBind } = this.#engine.planOf(lane, this.#mono);
    const facts = tests.flatMap((id) => {
      const holds = world.tests[id]!.holds(action);
      return holds === false ? [] : [holds === undefined ? ~id : id];
    });
    const details: AskDetails = {
      tags: action.tags === undefined ? null : Object.entries(action.tags).flat(),
      facts,
      bind: needsBind ? JSON.stringify(action) : null,
      args: needsArgs && action.args !== undefined ? JSON.stringify(action.args) : null,
    };
    return { lane, amounts: amountsOf(world, action.cost) ?? [MICRO], details };
  }

  /** The same action with another cost of a measure, in micro-units. */
  priced(prepared: Prepared, measure: string, micro: number): Prepared {
    const index = this.#engine.world.measure(measure, true);
    const amounts = [...prepared.amounts];
    while (amounts.length <= index) amounts.push(-1);
    amounts[index] = micro;
    return { ...prepared, amounts };
  }

  /** Tries an action; where it passes it is over at once. */
  run({ lane, amounts, details }: Prepared): Said {
    const engine = this.#engine;
    const at = this.#startAt + this.#mono;
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
  countersOf({ lane, amounts, details }: Prepared, rules: ReadonlySet<string>): number | null {
    const ticket = this.#engine.gate(lane, this.#startAt + this.#mono, this.#mono, { amounts, details });
    if (ticket.verdict !== "allow") return null;
    const taken = ticket.took ?? ticket.plan!.committers;
    return taken.filter(({ guard }) => rules.has(guard.id)).length;
  }

  /** Milliseconds from the beginning to the next change of a schedule or calendar period; Infinity: none comes. */
  get nextChange(): number {
    let next = Infinity;
    for (const { until } of this.#engine.world.calendars.values())
      next = Math.min(next, until - this.#startAt);
    return next;
  }

  #arrive(): void {
    const at = this.#startAt + this.#mono;
    for (const { spec, until } of this.#engine.world.calendars.values()) {
      if (at < until) continue;
      const { period, open, until: next } = answerAt(spec, at);
      this.#engine.calendar(spec.key, period, open, next);
    }
    for (const signal of this.#signals) this.#engine.signal(signal, 1, at, this.#mono);
    this.#engine.world.regime = "normal";
    this.#engine.takeEffects();
  }
}
