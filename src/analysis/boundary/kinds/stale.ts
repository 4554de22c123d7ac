import { parseDuration } from "../../../core/duration.js";
import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, stageOf } from "../lab.js";
import type { Moment, Trial } from "../trial.js";
import { code, spoken } from "../words.js";

/** What a signal's rhythm is learned from here: so many values, a second apart. */
const BEATS = 60;
const BEAT_MS = 1000;
/** What is learned from such a rhythm lies well below. */
const LONGEST_MS = 24 * 3_600_000;

/** `stale`: how old a signal may be. */
export function staleEdge(lab: Lab<RuleOf<"stale">>): Edge {
  const { action } = lab.witness;
  const { signal, maxAge } = lab.rule;
  const beats = maxAge === undefined ? BEATS : 1;
  const limitMs = maxAge === undefined ? BEAT_MS : (parseDuration(maxAge) ?? 0);
  const longestMs = maxAge === undefined ? LONGEST_MS : 2 * limitMs;
  // The signal arrives earlier rather than the action later: at another time the rule may not apply.
  const aged = (ms: number): Trial => {
    const { at, regime } = lab.witness.moment;
    const trial = lab.open({ at: at - ms - (beats - 1) * BEAT_MS, regime });
    for (let i = 1; i < beats; i++) {
      trial.signal(signal);
      trial.wait(BEAT_MS);
    }
    trial.signal(signal);
    return trial.wait(ms);
  };
  const oldestMs = largest((ms) => aged(ms).gate(action).reaction === null, limitMs, longestMs) ?? 0;
  const stage = (moment?: Moment) => stageOf(lab.open(moment));
  const name = code(signal);
  const tooOld = aged(oldestMs + 1);
  const cases: BoundaryCase[] = [
    caseOf(
      "never",
      0,
      action,
      stage().probe(action),
      (said) => `while ${name} has never arrived an action ${said}`,
    ),
    caseOf("limit", oldestMs, action, aged(oldestMs).gate(action), (said) =>
      maxAge === undefined
        ? `after ${BEATS} values a second apart, and ${spoken(oldestMs)} without one, an action ${said}`
        : `${spoken(oldestMs)} after it arrived an action ${said}`,
    ),
    caseOf("over", oldestMs + 1, action, tooOld.fork().gate(action), (said) => `1 ms later it ${said}`),
  ];
  const fresh = tooOld.fork();
  fresh.signal(signal);
  const again = fresh.gate(action);
  cases.push(caseOf("again", oldestMs + 1, action, again, (said) => `when ${name} arrives again it ${said}`));
  return { cases, over: action, stage };
}
