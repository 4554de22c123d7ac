import { Engine } from "../../engine/index.js";
import type { Ticket } from "../../engine/index.js";
import type { Rule } from "../../policy/index.js";
import { DEFAULT_LIMITS } from "../default-limits.js";
import { asked, followCalendar } from "../asked.js";
import type { TrialAction } from "../asked.js";
import type { Moment } from "../boundary/trial.js";
import type { Step } from "./history.js";

/** What became of an action; `stopped`: while it ran. */
export type Verdict = "allowed" | "asked" | "stopped" | "refused";

/** What a policy says to an action. */
export interface Answer {
  readonly verdict: Verdict;
  readonly code?: string;
  readonly rule?: string;
}

/** An action that was allowed and runs on. */
export interface Running {
  readonly ticket: Ticket;
}

const ALLOWED: Answer = { verdict: "allowed" };

/** One of two policies in a real engine, enforced, on a clock that stands still unless told. */
export class Contender {
  readonly #engine: Engine;
  readonly #regime: Moment["regime"];
  readonly #stops = new Map<Ticket, Answer>();
  #at: number;
  #mono = 0;

  /** @throws ReinError `unsupported_rule` */
  constructor(rules: readonly Rule[], { at, regime }: Moment) {
    this.#engine = new Engine({ rules, mode: "enforce", limits: DEFAULT_LIMITS });
    this.#engine.world.regime = this.#regime = regime;
    this.#at = at;
  }

  /** Asks for an action; null as `running`: it was not allowed. */
  gate(action: TrialAction): { readonly answer: Answer; readonly running: Running | null } {
    followCalendar(this.#engine, this.#at);
    const engine = this.#engine;
    engine.advance(this.#at, this.#mono);
    const ask = asked(engine, action, this.#mono);
    const ticket = engine.gate(ask.lane, this.#at, this.#mono, ask);
    this.#carryOut();
    const { verdict, refusal } = ticket;
    if (verdict === "allow") return { answer: ALLOWED, running: { ticket } };
    const answer: Answer = {
      verdict: verdict === "approve" ? "asked" : "refused",
      ...(refusal !== null && { code: refusal.code }),
      ...(refusal?.rule !== undefined && { rule: refusal.rule }),
    };
    return { answer, running: null };
  }

  /** What became of an action while it ran. */
  fate({ ticket }: Running): Answer {
    return this.#stops.get(ticket) ?? ALLOWED;
  }

  settle({ ticket }: Running, ok: boolean, progress: boolean | undefined): void {
    if (ticket.ended === "open") this.#engine.settle(ticket, this.#at, this.#mono, ok, null, progress);
    this.#carryOut();
  }

  /** Lets something happen that is no action. */
  happen(step: Exclude<Step, { do: "act" | "end" }>): void {
    const engine = this.#engine;
    followCalendar(this.#engine, this.#at);
    switch (step.do) {
      case "wait":
        this.#at += step.ms;
        this.#mono += step.ms;
        followCalendar(this.#engine, this.#at);
        engine.tick(this.#at, this.#mono);
        break;
      case "signal":
        engine.signal(step.name, step.value, this.#at, this.#mono);
        break;
      case "balance": {
        const report = { start: step.start, current: step.current, realizedToday: undefined };
        engine.balance(step.account, report, this.#at, this.#mono);
        break;
      }
      case "realize":
        engine.realize(step, step.pnl, NaN, NaN, this.#at, this.#mono);
        break;
    }
    this.#carryOut();
  }

  #carryOut(): void {
    const engine = this.#engine;
    // A world that sends signals is not known to be normal until a detector says so; here the regime is given.
    engine.world.regime = this.#regime;
    if (engine.effects.length === 0) return;
    for (const effect of engine.takeEffects()) {
      if (effect.type !== "void" || effect.cause === "expiry") continue;
      const rule = effect.rule ?? effect.halt?.info.rule;
      const code = effect.cause === "halt" ? "halted" : "timed_out";
      this.#stops.set(effect.ticket, { verdict: "stopped", code, ...(rule !== undefined && { rule }) });
    }
  }
}
