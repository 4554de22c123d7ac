import { parseDuration } from "../../../core/duration.js";
import type { RuleOf } from "../../../policy/index.js";
import type { BoundaryCase } from "../case.js";
import { caseOf } from "../case.js";
import type { Edge, Lab } from "../lab.js";
import { largest, stageOf } from "../lab.js";
import type { Moment, Trial } from "../trial.js";
import { code, spoken } from "../words.js";

/** `stale`: how old a signal may be. */
export function staleEdge(lab: Lab<RuleOf<"stale">>): Edge {
  const { action } = lab.witness;
  const { signal, maxAge } = lab.rule;
  const limitMs = parseDuration(maxAge) ?? 0;
  // The signal arrives earlier rather than the action later: at another time the rule may not apply.
  const aged = (ms: number): Trial => {
    const { at, regime } = lab.witness.moment;
    const trial = lab.open({ at: at - ms, regime });
    trial.signal(signal);
    return trial.wait(ms);
  };
  const oldestMs = largest((ms) => aged(ms).gate(action).reaction === null, limitMs, 2 * limitMs) ?? 0;
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
    caseOf(
      "limit",
      oldestMs,
      action,
      aged(oldestMs).gate(action),
      (said) => `${spoken(oldestMs)} after it arrived an action ${said}`,
    ),
    caseOf("over", oldestMs + 1, action, tooOld.fork().gate(action), (said) => `1 ms later it ${said}`),
  ];
  const fresh = tooOld.fork();
  fresh.signal(signal);
  const again = fresh.gate(action);
  cases.push(caseOf("again", oldestMs + 1, action, again, (said) => `when ${name} arrives again it ${said}`));
  return { cases, over: action, stage };
}
