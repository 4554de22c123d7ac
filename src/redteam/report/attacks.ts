import type { CompiledPolicy } from "../../policy/index.js";
import type { Attack } from "../attack.js";
import type { Mutation } from "../mutation.js";
import { sentencesOf } from "../remedy.js";
import type { Trial } from "../run-attack.js";
import type { Curve } from "../world.js";
import type {
  AttackReport,
  ChartData,
  MutationReport,
  PolicyFacts,
  TrialReport,
  TrialVerdict,
  VerdictCounts,
} from "./data.js";

/** The policy's rules as sentences. */
export function policyFacts(policy: CompiledPolicy): PolicyFacts {
  return { digest: policy.digest, rules: sentencesOf(policy) };
}

/** One entry for each attack, in the order of their first trials. */
export function attackReports(trials: readonly Trial[]): AttackReport[] {
  return [...grouped(trials, ({ attack }) => attack.id).values()].map((group) => attackReport(group));
}

/** One entry for each mutation, in the order of their first trials. */
export function mutationReports(
  mutated: readonly Trial[],
  mutations: readonly Mutation[],
  attacks: readonly AttackReport[],
): MutationReport[] {
  const held = new Set(
    attacks.filter(({ missed, contained }) => missed === 0 && contained > 0).map(({ id }) => id),
  );
  return [...grouped(mutated, ({ mutation }) => mutation ?? "")].map(([id, group]) => {
    const known = mutations.find((mutation) => mutation.id === id);
    const verdicts = group.map(mutatedVerdict);
    const counts = countsOf(verdicts);
    const past = group.filter(({ attack }, i) => verdicts[i] === "missed" && held.has(attack.id));
    return {
      ...{ id, title: known?.title ?? id, owasp: known?.owasp ?? [] },
      ...counts,
      harmless: verdicts.filter((verdict) => verdict === "harmless").length,
      catchRate: catchRateOf(counts),
      gotPast: [...new Set(past.map(({ attack }) => attack.id))],
      trials: group.map((trial, i) => ({ attack: trial.attack.id, ...trialReport(trial, verdicts[i]!) })),
    };
  });
}

/** How many ended how; harmless ones show nothing. */
export function countsOf(verdicts: readonly TrialVerdict[]): VerdictCounts {
  const count = (verdict: TrialVerdict): number => verdicts.filter((each) => each === verdict).length;
  return { contained: count("contained"), missed: count("missed"), problems: count("problem") };
}

export function sumOfCounts(all: readonly VerdictCounts[]): VerdictCounts {
  const sum = { contained: 0, missed: 0, problems: 0 };
  for (const { contained, missed, problems } of all) {
    sum.contained += contained;
    sum.missed += missed;
    sum.problems += problems;
  }
  return sum;
}

/** From 0 to 1; null where nothing was proved. */
export function catchRateOf({ contained, missed }: VerdictCounts): number | null {
  return contained + missed === 0 ? null : contained / (contained + missed);
}

/** In the order of their first members. */
export function grouped<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/** The trial that says most against the policy; the first of equals. */
export function worstOf<T extends Pick<TrialReport, "verdict" | "damage">>(trials: readonly T[]): T | null {
  let worst: T | null = null;
  for (const trial of trials) {
    const isWorse =
      worst === null ||
      WEIGHT[trial.verdict] > WEIGHT[worst.verdict] ||
      (trial.verdict === worst.verdict && trial.damage > worst.damage);
    if (isWorse) worst = trial;
  }
  return worst;
}

const WEIGHT: Readonly<Record<TrialVerdict, number>> = { harmless: 0, contained: 1, problem: 2, missed: 3 };

function attackReport(trials: readonly Trial[]): AttackReport {
  const { attack } = trials[0]!;
  const reports = trials.map((trial) => trialReport(trial, plainVerdict(trial)));
  const worst = worstOf(reports);
  return {
    ...factsOf(attack),
    ...countsOf(reports.map(({ verdict }) => verdict)),
    trials: reports,
    chart: worst === null ? null : chartOf(trials[reports.indexOf(worst)]!),
  };
}

function factsOf(attack: Attack): Omit<AttackReport, keyof VerdictCounts | "trials" | "chart"> {
  const { id, title, story, domains, owasp, source, unit, tolerable, remedy } = attack;
  const sentences = remedy
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return { id, title, story, domains, owasp, source, unit, tolerable, remedy: sentences };
}

function trialReport(trial: Trial, verdict: TrialVerdict): TrialReport {
  const { seed, damage, without, actsTried, actsDone, containedAfterMs, containedAfterActs } = trial;
  return {
    ...{ seed, verdict, damage, without, actsTried, actsDone, containedAfterMs, containedAfterActs },
    stoppedBy: trial.stoppedBy,
    ...(trial.problem !== undefined && { problem: trial.problem }),
  };
}

function plainVerdict({ contained, problem }: Trial): TrialVerdict {
  if (problem !== undefined) return "problem";
  return contained ? "contained" : "missed";
}

/** What a mutation makes harmless is no fault of the attack. */
function mutatedVerdict(trial: Trial): TrialVerdict {
  return trial.harmless === true ? "harmless" : plainVerdict(trial);
}

/** What a curve of a chart has at most: enough for its width. */
const MAX_POINTS = 120;

function chartOf({ seed, curve, curveWithout }: Trial): ChartData {
  return { seed, withRein: thinned(curve), without: thinned(curveWithout) };
}

/** The first and the last point stay. */
function thinned(curve: Curve): Curve {
  const step = Math.ceil(curve.length / MAX_POINTS);
  return curve.filter((_, i) => i === 0 || (curve.length - 1 - i) % step === 0);
}
