import type { RefusalCode } from "../../core/refusal.js";
import { fromMicro } from "../../core/measure.js";
import { scoped } from "./words.js";
import type { TrialAction } from "../asked.js";
import type { Answer } from "./trial.js";

/** What became of an action: `stopped` in flight; `unknown`: it takes more than is tried here, or no such action was found. */
export type BoundaryVerdict = "allowed" | "refused" | "asked" | "alerted" | "halted" | "stopped" | "unknown";

/** The action of a boundary case. */
export interface BoundaryAction {
  readonly source: string;
  readonly series: string;
  readonly cost?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** One thing that a rule just allows, or just does not; what the engine said when it was run. */
export interface BoundaryCase {
  /** Which boundary, in a word: `limit`, `over`, `again`, `other-key`, `condition`, `exception` … */
  readonly what: string;
  readonly verdict: BoundaryVerdict;
  /** For a rule in shadow, whose verdicts are `allowed`: what it would have done. */
  readonly would?: BoundaryVerdict;
  /** Milliseconds since the first action. */
  readonly at: number;
  readonly action?: BoundaryAction;
  readonly code?: RefusalCode;
  /** Milliseconds until the same action passes, where that is known. */
  readonly retryAfterMs?: number;
  /** The case as a sentence. */
  readonly text: string;
}

/** Makes a case of what the engine answered; `tell` gets the answer in words ("passes", "is refused (…)"). */
export function caseOf(
  what: string,
  at: number,
  action: TrialAction,
  answer: Answer,
  tell: (said: string) => string,
): BoundaryCase {
  const { reaction, allowed, code, retryAfterMs } = answer;
  const inShadow = allowed && reaction !== null && reaction !== "alerted";
  return {
    what,
    verdict: inShadow ? "allowed" : (reaction ?? "allowed"),
    ...(inShadow && { would: reaction }),
    at,
    action: actionOf(action),
    ...(code !== undefined && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    text: tell(saidOf(answer)),
  };
}

/** A case without an answer of the gate. */
export function remark(what: string, verdict: BoundaryVerdict, at: number, text: string): BoundaryCase {
  return { what, verdict, at, text };
}

/** The answer in words that stand behind what was tried. */
export function saidOf({ allowed, reaction, code, halt }: Answer): string {
  const why = code === undefined ? "" : ` (${code})`;
  if (reaction === null) return "passes";
  if (reaction === "alerted") return "passes, and an alert tells of it";
  if (!allowed) {
    if (reaction === "stopped") return "is stopped";
    if (reaction === "asked") return "waits for a human";
    return halt === undefined ? `is refused${why}` : `is refused${why} and halts ${scoped(halt.info.scope)}`;
  }
  const would =
    { asked: "wait for a human", stopped: "be stopped" }[reaction as string] ?? `be refused${why}`;
  return `passes in shadow; enforced it would ${would}${reaction === "halted" ? " and would halt its scope" : ""}`;
}

function actionOf({ cost, ...action }: TrialAction): BoundaryAction {
  if (cost === undefined) return action;
  const amounts = Object.entries(cost).map(([measure, micro]) => [measure, fromMicro(micro)]);
  return { ...action, cost: Object.fromEntries(amounts) as Record<string, number> };
}
