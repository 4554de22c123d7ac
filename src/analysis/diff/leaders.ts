import type { Witness } from "../boundary/witness.js";
import { act } from "./history.js";
import type { Step } from "./history.js";
import type { Stock } from "./stock.js";

/** Actions that begin a history of many: each costs as many steps as the largest limit. */
const MAX_LEADERS = 6;

/** The actions that rules most likely apply to. */
export function leaders({ witnesses }: Stock): readonly Witness[] {
  return witnesses.slice(0, MAX_LEADERS);
}

/** What may follow where a rule has acted: others, and the same later. */
export function tail({ witnesses, spans }: Stock, { action }: Witness): Step[] {
  const others = witnesses.slice(0, 12).map((other) => act(other.action));
  const waits = [...spans].sort((a, b) => a - b).slice(0, 16);
  let passed = 0;
  const later = waits.flatMap((ms): Step[] => {
    const step: Step[] = ms > passed ? [{ do: "wait", ms: ms - passed }] : [];
    passed = Math.max(passed, ms);
    return [...step, act(action)];
  });
  return [...others, act({ ...action, source: "bystander", series: "else" }), ...later];
}
