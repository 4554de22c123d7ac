import { MICRO } from "../core/measure.js";
import { amountsOf } from "../engine/index.js";
import type { Ask, AskDetails, Engine, Lane } from "../engine/index.js";
import { answerAt } from "./boundary/calendar.js";

/** An action that is tried. */
export interface TrialAction {
  readonly source: string;
  readonly series: string;
  /** Micro-units by measure. */
  readonly cost?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** An action in the engine's terms: what the gate is asked. */
export interface Asked extends Ask {
  readonly lane: Lane;
}

const CALLS_ONLY: readonly number[] = [MICRO];

/** Puts an action to an engine as the shell does, with plain values in place of pseudonyms. */
export function asked(engine: Engine, action: TrialAction, mono: number): Asked {
  const lane = engine.lane(action.source, action.series, mono);
  const amounts = amountsOf(engine.world, action.cost) ?? CALLS_ONLY;
  return { lane, amounts, details: detailsOf(engine, lane, action, mono) };
}

function detailsOf(engine: Engine, lane: Lane, action: TrialAction, mono: number): AskDetails | null {
  const { world, halts } = engine;
  const { tests, needsArgs, needsBind } = engine.planOf(lane, mono);
  const wanted = new Set(tests);
  for (const halt of halts.covering(lane)) for (const test of halt.tests) wanted.add(test);
  const args = needsArgs && action.args !== undefined ? JSON.stringify(action.args) : null;
  if (action.tags === undefined && wanted.size === 0 && !needsBind && args === null) return null;
  return {
    tags: action.tags === undefined ? null : Object.entries(action.tags).flat(),
    facts: [...wanted].flatMap((id) => {
      const holds = world.tests[id]!.holds(action);
      return holds === false ? [] : [holds === undefined ? ~id : id];
    }),
    bind: needsBind ? JSON.stringify(action) : null,
    args,
  };
}

/** Tells an engine of the calendar periods and openings that have begun by `at`; `anew`: of all, whatever it knows. */
export function followCalendar(engine: Engine, at: number, anew = false): void {
  for (const { spec, until } of engine.world.calendars.values()) {
    if (at < until && !anew) continue;
    const { period, open, until: next } = answerAt(spec, at);
    engine.calendar(spec.key, period, open, next);
  }
}
