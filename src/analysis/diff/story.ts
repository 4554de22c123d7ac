import { fromMicro, formatAmount } from "../../core/measure.js";
import { code, grouped, named, spoken } from "../boundary/words.js";
import type { BoundaryAction } from "../boundary/case.js";
import type { TrialAction } from "../asked.js";
import type { Answer, Verdict } from "./contender.js";
import { answersTo } from "./duel.js";
import type { Pair } from "./duel.js";
import type { Step } from "./history.js";
import type { Counterexample } from "./minimise.js";

/** One step of a story, or the same one several times. */
export interface StoryStep {
  /** Milliseconds since the beginning, when it first happens. */
  readonly atMs: number;
  readonly times: number;
  /** Milliseconds between, where it is repeated. */
  readonly everyMs: number;
  /** Repeated, each with another name that was never seen. */
  readonly isVaried: boolean;
  /** The step in words, with both answers. */
  readonly text: string;
  /** What happens, for programs: with `action` and `outcome` enough to let it happen again. */
  readonly do: Step["do"];
  /** What it is, where it is an action. */
  readonly action?: BoundaryAction;
  /** How it ends; `runMs` null: it goes on running. */
  readonly outcome?: { readonly ok: boolean; readonly progress?: boolean; readonly runMs: number | null };
  /** Of a signal, a balance in units, a realized value, the end of all that runs: the numbers of it. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  /** What both say; null where nobody is asked. At the last step they differ. */
  readonly old: Verdict | null;
  readonly new: Verdict | null;
}

/** A history in which two policies part, for people and programs. */
export interface Story {
  /** Wall time in ms at which it begins, and the state of the world throughout. */
  readonly at: number;
  readonly regime: string;
  readonly steps: readonly StoryStep[];
  /** What the old and the new policy say to the last step. */
  readonly old: Answer;
  readonly new: Answer;
}

/** Tells a counterexample step by step. */
export function storyOf(pair: Pair, { history, difference }: Counterexample): Story {
  const verdicts = answersTo(pair, history);
  const steps: StoryStep[] = [];
  let atMs = 0;
  let last = "";
  history.steps.forEach((step, i) => {
    const isLast = i === difference.step;
    const verdict = verdicts[i] ?? null;
    const text = textOf(step, verdict, isLast);
    const before = steps.at(-1);
    const plain = text?.replace(NEWCOMER, "new") ?? null;
    if (plain !== null && plain === last && before !== undefined && !isLast) {
      const isVaried = before.isVaried || before.text !== text;
      steps[steps.length - 1] = { ...before, times: before.times + 1, everyMs: beforeOf(step), isVaried };
    } else if (text !== null)
      steps.push({
        ...{ atMs: atMs + beforeOf(step), times: 1, everyMs: 0, isVaried: false, text, do: step.do },
        ...(step.do === "act" && { action: actionOf(step.action), outcome: outcomeOf(step) }),
        ...(step.do !== "act" && step.do !== "wait" && { facts: factsOf(step) }),
        old: isLast ? difference.old.verdict : verdict,
        new: isLast ? difference.new.verdict : verdict,
      });
    last = plain ?? "";
    atMs += lengthOf(step);
  });
  const { at, regime } = history.moment;
  return { at, regime, steps, old: difference.old, new: difference.new };
}

/** Null: only time passes, which shows in the next step. */
function textOf(step: Step, verdict: Verdict | null, isLast: boolean): string | null {
  switch (step.do) {
    case "wait":
      return isLast ? `${spoken(step.ms)} pass` : null;
    case "end":
      return `everything that runs ${step.ok ? "ends well" : "fails"}`;
    case "signal":
      return `signal ${code(step.name)} arrives`;
    case "balance":
      return `the balance of ${code(step.account)} is ${formatAmount("usd", step.current)}, from ${formatAmount("usd", step.start)}`;
    case "realize":
      return `${named(step)} turns out to be worth ${step.pnl}`;
    case "act":
      return `${actionText(step)}${isLast || verdict === null ? "" : `: both ${TOLD[verdict]}`}`;
  }
}

const TOLD: Readonly<Record<Verdict, string>> = {
  allowed: "allow it",
  asked: "ask a human",
  stopped: "stop it in flight",
  refused: "refuse it",
};

function actionText({ action, ok = true, progress, runMs = 0 }: Extract<Step, { do: "act" }>): string {
  const { cost = {}, tags = {}, args } = action;
  const costs = Object.entries(cost).filter(([, micro]) => micro > 0);
  const parts = [
    named(action),
    ...costs.map(([measure, micro]) => `for ${formatAmount(measure, micro)}`),
    ...Object.entries(tags).map(([tag, value]) => `with ${code(tag)} ${code(value)}`),
    ...(args === undefined ? [] : [`with arguments ${JSON.stringify(args)}`]),
    ...(runMs === Infinity
      ? ["which goes on running"]
      : runMs > 0
        ? [`which runs for ${spoken(runMs)}`]
        : []),
    ...(ok ? [] : ["which fails"]),
    ...(progress === undefined ? [] : [progress ? "which brings something new" : "which brings nothing new"]),
  ];
  return parts.join(" ");
}

/** "3 × `send` by `agent`". */
export function countedText({ times, everyMs, isVaried, text }: StoryStep): string {
  if (times === 1) return text;
  const how = [isVaried ? "each another" : "", everyMs > 0 ? `every ${spoken(everyMs)}` : ""].filter(
    (part) => part !== "",
  );
  return `${grouped(times)} × ${text}${how.length === 0 ? "" : ` (${how.join(", ")})`}`;
}

/** What scripts call those that were never seen. */
const NEWCOMER = /new-\d+/g;

function beforeOf(step: Step): number {
  return step.do === "act" ? (step.afterMs ?? 0) : 0;
}

function lengthOf(step: Step): number {
  if (step.do === "wait") return step.ms;
  if (step.do !== "act") return 0;
  const { runMs = 0 } = step;
  return beforeOf(step) + (runMs === Infinity ? 0 : runMs);
}

function outcomeOf({
  ok = true,
  progress,
  runMs = 0,
}: Extract<Step, { do: "act" }>): NonNullable<StoryStep["outcome"]> {
  return { ok, ...(progress !== undefined && { progress }), runMs: runMs === Infinity ? null : runMs };
}

function factsOf({
  do: _,
  ...facts
}: Exclude<Step, { do: "act" | "wait" }>): NonNullable<StoryStep["facts"]> {
  if (!("current" in facts)) return facts;
  return { ...facts, start: fromMicro(facts.start), current: fromMicro(facts.current) };
}

function actionOf({ cost, ...action }: TrialAction): BoundaryAction {
  if (cost === undefined) return action;
  const units = Object.entries(cost).map(([measure, micro]) => [measure, fromMicro(micro)]);
  return { ...action, cost: Object.fromEntries(units) as Record<string, number> };
}
