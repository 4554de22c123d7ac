import type { Bars } from "../grade.js";
import type {
  AttackReport,
  HonestKind,
  HonestRule,
  MutationReport,
  ProblemReport,
  RedTeamData,
  TrialReport,
} from "./data.js";
import { element } from "./markup.js";
import type { Markup } from "./markup.js";
import { sentencesFor } from "./missing.js";
import { shortfallsOf } from "./shortfalls.js";
import { amountText, counted, harmless, timeText } from "./words.js";

interface TestCase {
  readonly name: string;
  readonly result?: "failure" | "error" | "skipped";
  readonly message?: string;
  readonly lines?: readonly string[];
}

interface Suite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

/** Seeds that are told of one attack, rules of honest work. */
const MAX_LINES = 20;

/**
 * The report as JUnit XML: a test case for each attack, for each attack in each mutation, for each kind of honest work,
 * and one for the bars. What was missed or stopped is a failure, what proved nothing an error, and a mutation that left
 * nothing of an attack is skipped.
 */
export function junitOf(data: RedTeamData, bars: Bars): string {
  const byId = new Map(data.attacks.map((attack) => [attack.id, attack]));
  const suites: Suite[] = [
    { name: "attacks", cases: data.attacks.map((attack) => attackCase(attack, data)) },
    ...data.mutations.map((mutation) => mutationSuite(mutation, byId)),
    { name: "honest work", cases: honestCases(data) },
    { name: "bars", cases: [barsCase(data, bars)] },
  ];
  const properties = propertiesOf(data);
  const root = element(
    "testsuites",
    { name: "rein redteam", ...countsOf(suites.flatMap(({ cases }) => cases)) },
    suites.map((suite) => ["\n  ", suiteElement(suite, properties)]),
    "\n",
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.markup}\n`;
}

function attackCase(attack: AttackReport, data: RedTeamData): TestCase {
  const { id, title, trials, missed, problems } = attack;
  const name = `${id}: ${title}`;
  const bad = trials.filter(({ verdict }) => verdict !== "contained");
  const lines = bad.slice(0, MAX_LINES).map((trial) => trialText(trial, attack));
  if (missed > 0) {
    const message = missed === 1 ? trialText(bad.find(isMissed)!, attack) : missedText(attack);
    return { name, result: "failure", message, lines: [...lines, ...addLines(sentencesFor(data, id))] };
  }
  if (problems > 0) return { name, result: "error", message: trialText(bad[0]!, attack), lines };
  return { name };
}

function addLines(sentences: readonly string[] | null): readonly string[] {
  return sentences?.map((each) => `add: ${each}`) ?? ["what its author proposes does not contain it"];
}

function isMissed({ verdict }: TrialReport): boolean {
  return verdict === "missed";
}

function missedText({ missed, trials }: AttackReport): string {
  return `missed with ${missed} of ${trials.length} seeds`;
}

function trialText(
  trial: TrialReport,
  { unit, tolerable }: Pick<AttackReport, "unit" | "tolerable">,
): string {
  const { seed, damage, without, problem, containedAfterMs } = trial;
  if (problem !== undefined) return `seed ${seed}: it proved nothing: ${problem}`;
  const after = containedAfterMs === null ? "" : `, the last of it before ${timeText(containedAfterMs)}`;
  return `seed ${seed}: damage ${amountText(damage)} ${unit}, ${amountText(tolerable)} is tolerable and ${amountText(without)} is done without Rein${after}`;
}

function mutationSuite(
  { id, trials }: MutationReport,
  attacks: ReadonlyMap<string, Pick<AttackReport, "unit" | "tolerable">>,
): Suite {
  const cases = trials.map((trial): TestCase => {
    const { attack, verdict, seed } = trial;
    const name = `${attack} (seed ${seed})`;
    if (verdict === "contained") return { name };
    if (verdict === "harmless") return { name, result: "skipped", message: "nothing is left of the attack" };
    const message = trialText(trial, attacks.get(attack) ?? { unit: "", tolerable: 0 });
    return { name, result: verdict === "missed" ? "failure" : "error", message };
  });
  return { name: `mutation ${id}`, cases };
}

function honestCases({ honest, problems }: RedTeamData): TestCase[] {
  const why = honest.rules.slice(0, MAX_LINES).map(ruleText);
  return [
    ...honest.kinds.map((kind) => honestCase(kind, why)),
    ...problems.filter(({ what }) => what === "work").map(problemCase),
  ];
}

function honestCase({ id, title, sessions, stopped }: HonestKind, why: readonly string[]): TestCase {
  const name = `${id}: ${title}`;
  if (stopped === 0) return { name };
  const message = `${stopped} of ${counted(sessions, "session")} had to give an act up`;
  return { name, result: "failure", message, lines: ["in the way of all honest work:", ...why] };
}

function ruleText({ rule, sessions, refusals, example }: HonestRule): string {
  return `${rule}: ${counted(sessions, "session")} stopped, ${counted(refusals, "refusal")}: ${example}`;
}

function problemCase({ id, seed, problem }: ProblemReport): TestCase {
  return { name: `${id} (seed ${seed})`, result: "error", message: `it proved nothing: ${problem}` };
}

function barsCase(data: RedTeamData, bars: Bars): TestCase {
  const lines = shortfallsOf(data, bars);
  const name = "the policy passes";
  return lines.length === 0 ? { name } : { name, result: "failure", message: lines.join("; "), lines };
}

/** What the results hold for; JUnit has no place for it but each suite. */
function propertiesOf({ software, engine, seed, seeds, policy }: RedTeamData): Markup {
  const facts = { software, engine, seed, seeds, policy: policy.digest };
  return element(
    "properties",
    {},
    Object.entries(facts).map(([name, value]) => ["\n      ", element("property", { name, value })]),
    "\n    ",
  );
}

function suiteElement({ name, cases }: Suite, properties: Markup): Markup {
  return element(
    "testsuite",
    { name, ...countsOf(cases), time: 0 },
    ["\n    ", properties],
    cases.map((each) => ["\n    ", caseElement(each, `rein.redteam.${name.replace(/[ .]/g, "-")}`)]),
    "\n  ",
  );
}

function caseElement({ name, result, message, lines = [] }: TestCase, classname: string): Markup {
  const attributes = { classname, name: harmless(name), time: 0 };
  if (result === undefined) return element("testcase", attributes);
  const type = result === "skipped" ? undefined : result;
  const body = lines.map(harmless).join("\n");
  return element("testcase", attributes, element(result, { message: harmless(message ?? ""), type }, body));
}

function countsOf(cases: readonly TestCase[]): Readonly<Record<string, number>> {
  const count = (wanted: TestCase["result"]): number =>
    cases.filter(({ result }) => result === wanted).length;
  return {
    tests: cases.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
  };
}
