import type { TrialAction } from "../asked.js";
import type { Moment } from "../boundary/trial.js";

/** Something that happens to both policies. */
export type Step =
  | {
      readonly do: "act";
      readonly action: TrialAction;
      /** Time that passes before it. */
      readonly afterMs?: number;
      /** It worked; true when absent. */
      readonly ok?: boolean;
      /** Something new came of it. */
      readonly progress?: boolean;
      /** It runs for so long; 0 when absent, Infinity: until all that goes on is ended. */
      readonly runMs?: number;
    }
  /** Everything that goes on ends. */
  | { readonly do: "end"; readonly ok: boolean }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "signal"; readonly name: string; readonly value: number }
  /** In micro-units. */
  | { readonly do: "balance"; readonly account: string; readonly start: number; readonly current: number }
  | { readonly do: "realize"; readonly source: string; readonly series: string; readonly pnl: number };

/** What is tried on two policies: steps one after the other, from a moment on. */
export interface History {
  readonly moment: Moment;
  readonly steps: readonly Step[];
}

/** The step again, so many times, with time between. */
export function times(step: Extract<Step, { do: "act" }>, count: number, gapMs = 0): Step[] {
  const again: Step = gapMs > 0 ? { ...step, afterMs: gapMs } : step;
  return Array.from({ length: count }, () => again);
}

/** An action as a step. */
export function act(
  action: TrialAction,
  how: Partial<Extract<Step, { do: "act" }>> = {},
): Extract<Step, { do: "act" }> {
  return { do: "act", action, ...how };
}
