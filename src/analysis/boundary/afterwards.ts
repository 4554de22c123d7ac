import { parseDuration } from "../../core/duration.js";
import type { BoundaryCase } from "./case.js";
import { caseOf } from "./case.js";
import type { Edge, Lab, Stage } from "./lab.js";
import { scoped, spoken } from "./words.js";

const YEAR_MS = 365 * 86_400_000;

/** What follows on the rule's objection: a halt and its end, or a human's answer. */
export function afterwards(lab: Lab, edge: Edge): readonly BoundaryCase[] {
  if (edge.over === null || lab.rule.mode === "shadow") return [];
  return [...haltCases(lab, edge, edge.stage()), ...approvalCases(edge, edge.stage())];
}

function haltCases(lab: Lab, { over }: Edge, { trial }: Stage): readonly BoundaryCase[] {
  if (lab.rule.then !== "halt" || over === null) return [];
  if (lab.rule.kind === "timeout") trial.outlive(over, parseDuration(lab.rule.limit) ?? 0);
  else trial.gate(over);
  const [halt] = trial.halts;
  if (halt === undefined) return [];
  const what = scoped(halt.info.scope);
  const at = trial.elapsedMs;
  const forMs = lab.rule.for === undefined ? undefined : (parseDuration(lab.rule.for) ?? 0);
  if (forMs === undefined) {
    const later = trial.fork().wait(YEAR_MS).gate(over);
    const resumed = trial.fork();
    resumed.resume();
    return [
      caseOf(
        "halt",
        at,
        over,
        later,
        (said) => `${what} stays halted until an operator resumes it: a year later an action ${said}`,
      ),
      caseOf("resumed", at, over, resumed.gate(over), (said) => `resumed at once, the next ${said}`),
    ];
  }
  const before = trial
    .fork()
    .wait(forMs - 1)
    .gate(over);
  const after = trial.fork().wait(forMs).gate(over);
  return [
    caseOf(
      "halt",
      at + forMs - 1,
      over,
      before,
      (said) => `${what} is halted for ${spoken(forMs)}: 1 ms before that is over an action ${said}`,
    ),
    caseOf("resumed", at + forMs, over, after, (said) => `${spoken(forMs)} later it ${said}`),
  ];
}

function approvalCases({ over }: Edge, { trial }: Stage): readonly BoundaryCase[] {
  if (over === null) return [];
  const asked = trial.gate(over);
  const { approvalId } = asked;
  if (asked.reaction !== "asked" || approvalId === undefined) return [];
  const at = trial.elapsedMs;
  const approved = trial.fork();
  approved.answer(approvalId, "approved");
  const first = approved.run(over);
  const second = approved.gate(over);
  const rejected = trial.fork();
  rejected.answer(approvalId, "rejected");
  return [
    caseOf(
      "approved",
      at,
      over,
      first,
      (said) => `once a human has approved exactly this action, it ${said}`,
    ),
    caseOf("approved-again", at, over, second, (said) => `and the same again ${said}`),
    caseOf("rejected", at, over, rejected.gate(over), (said) => `once a human has rejected it, it ${said}`),
  ];
}
