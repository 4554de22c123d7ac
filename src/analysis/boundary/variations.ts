import type { Rule } from "../../policy/index.js";
import type { BoundaryCase } from "./case.js";
import { caseOf, saidOf } from "./case.js";
import type { Edge, Lab, Stage } from "./lab.js";
import { namesIn } from "./names.js";
import { nearMisses } from "./near-misses.js";
import type { NearMiss } from "./near-misses.js";
import { own } from "../../core/own.js";
import { Concern, findWitness, withTag } from "./witness.js";
import type { Clause, Witness } from "./witness.js";
import { code, named } from "./words.js";

/** Exceptions that are shown. */
const MAX_EXCEPTIONS = 4;

/** At the edge: whom else it meets, what it does not apply to, and its exceptions. */
export function variationCases(lab: Lab, edge: Edge): readonly BoundaryCase[] {
  const stage = edge.stage();
  return [
    ...keyCases(lab, edge, stage),
    ...conditionCases(lab, edge, stage),
    ...exceptionCases(lab, edge, stage),
  ];
}

/** What the same action with another key meets: a counter of its own, or the same one. */
function keyCases(lab: Lab, edge: Edge, stage: Stage): readonly BoundaryCase[] {
  const { rule, witness, concern } = lab;
  if (edge.over === null || !counts(rule)) return [];
  const cases: BoundaryCase[] = [];
  const over: Witness = { ...witness, action: edge.over };
  const { say = saidOf } = edge;
  const tryOut = (what: string, { action }: Witness, text: string, why: string, whyNot: string): void => {
    const answer = stage.probe(action);
    const reason = answer.code === "halted" ? "" : answer.reaction === null ? why : whyNot;
    cases.push(caseOf(what, 0, action, answer, () => `${text} ${say(answer)}${reason}`));
  };
  for (const key of rule.per ?? ["source"]) {
    const other = otherKey(lab, over, key);
    const [own, one] =
      rule.per === undefined ? ["", ": one counter serves all"] : [": it has a counter of its own", ""];
    if (other !== undefined) tryOut("other-key", other.witness, other.text, own, one);
    if (key !== "source" || rule.per === undefined) continue;
    const { source } = over.action;
    const child = { ...over, action: { ...over.action, source: `${source}/helper` } };
    if (concern.covers(child))
      tryOut(
        "sub-agent",
        child,
        `its sub-agent ${code(child.action.source)}`,
        "",
        ": what it does is charged to both",
      );
  }
  return cases;
}

/** Rules whose `per` decides whom a refusal meets. */
function counts({ kind }: Rule): boolean {
  return (
    kind === "rate" || kind === "budget" || kind === "concurrency" || kind === "errors" || kind === "loop"
  );
}

function otherKey(
  { rule, concern }: Lab,
  witness: Witness,
  key: string,
): { readonly witness: Witness; readonly text: string } | undefined {
  const { action } = witness;
  const applies = (other: Witness): boolean => concern.covers(other);
  if (key === "source" || key === "series") {
    for (const name of [...namesIn(rule.match?.[key], key), ...namesIn(undefined, key)]) {
      const other = { ...witness, action: { ...action, [key]: name } };
      if (name !== action[key] && applies(other))
        return {
          witness: other,
          text: `${key === "source" ? "another agent" : "another tool"} (${code(name)})`,
        };
    }
    return undefined;
  }
  const tag = key.slice("tag:".length);
  for (const value of namesIn(own(rule.match?.tags, tag), "value")) {
    const other = withTag(witness, tag, value);
    if (value !== own(action.tags, tag) && applies(other))
      return { witness: other, text: `another ${code(tag)} (${code(value)})` };
  }
  return undefined;
}

function conditionCases(lab: Lab, edge: Edge, stage: Stage): readonly BoundaryCase[] {
  const { match } = lab.rule;
  if (match === undefined) return [];
  const over: Witness = { ...lab.witness, action: edge.over ?? lab.witness.action };
  return [...nearMisses(match, over)].map((miss) => missed(lab, edge, stage, "condition", miss));
}

function exceptionCases(lab: Lab, edge: Edge, stage: Stage): readonly BoundaryCase[] {
  const { match } = lab.rule;
  if (match?.except === undefined) return [];
  const { except, ...clause } = match;
  return except.slice(0, MAX_EXCEPTIONS).flatMap((exception) => {
    const within = witnessWithin(lab, clause, exception);
    if (within === undefined) return [];
    // What is counted must be named here, too.
    const cost = { ...edge.over?.cost, ...within.action.cost };
    const action = { ...within.action, ...(Object.keys(cost).length > 0 && { cost }) };
    const excepted: NearMiss = { witness: { ...within, action }, text: `${named(action)}, an exception,` };
    const boundaries = nearMisses(boundariesOf(exception), excepted.witness);
    return [excepted, ...boundaries].map((miss) => missed(lab, edge, stage, "exception", miss));
  });
}

function witnessWithin(lab: Lab, clause: Clause, exception: Clause): Witness | undefined {
  const general = new Concern(clause);
  const alone = new Concern(exception);
  return findWitness(
    [clause, exception],
    [],
    lab.witness.moment.at,
    (witness) => general.covers(witness) && alone.covers(witness) && !lab.concern.covers(witness),
  );
}

/** The conditions that have a boundary to stand on; of names it is enough to have seen one. */
function boundariesOf({ costOver, costUnder, args, schedule }: Clause): Clause {
  return {
    ...(costOver !== undefined && { costOver }),
    ...(costUnder !== undefined && { costUnder }),
    ...(args !== undefined && { args }),
    ...(schedule !== undefined && { schedule }),
  };
}

function missed(lab: Lab, edge: Edge, stage: Stage, what: string, miss: NearMiss): BoundaryCase {
  const { action, moment } = miss.witness;
  const { moment: first } = lab.witness;
  const isThere = moment.at === first.at && moment.regime === first.regime;
  const answer = (isThere ? stage : edge.stage(moment)).probe(action);
  const { say = saidOf } = edge;
  return caseOf(what, moment.at - first.at, action, answer, () => `${miss.text} ${say(answer)}`);
}
