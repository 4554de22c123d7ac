import { isDeepStrictEqual } from "node:util";
import { compilePolicy, PolicyError } from "rein";
import type { CompiledPolicy, PolicyIssue, Rule } from "rein";
import type { Entry } from "./entry.js";
import { differenceFrom } from "./script.js";

/** What became of a sentence. */
export type Verdict =
  | { readonly is: "right"; readonly rule: Rule }
  | { readonly is: "refused"; readonly issues: readonly PolicyIssue[] }
  | { readonly is: "misread"; readonly rule?: Rule; readonly difference: string };

/** Compiles a sentence, and when it can be compiled sees whether it does what it says. */
export async function verdictOf(entry: Entry): Promise<Verdict> {
  let policy: CompiledPolicy;
  try {
    policy = compilePolicy([entry.text]);
  } catch (error) {
    if (PolicyError.isInstance(error)) return { is: "refused", issues: error.issues };
    return { is: "misread", difference: `the compiler threw ${String(error)}` };
  }
  const [rule] = policy.rules;
  if (rule === undefined || policy.rules.length > 1)
    return { is: "misread", difference: `became ${policy.rules.length} rules` };
  const difference = await differenceOf(entry, policy, rule);
  return difference === undefined ? { is: "right", rule } : { is: "misread", rule, difference };
}

/** Whether the verdict is what the entry's duty allows. */
export function isFulfilled({ duty }: Entry, { is }: Verdict): boolean {
  if (is === "misread") return false;
  return duty === "either" || is === (duty === "accept" ? "right" : "refused");
}

async function differenceOf(entry: Entry, policy: CompiledPolicy, rule: Rule): Promise<string | undefined> {
  if (entry.duty === "refuse") return `must be refused (${entry.why!})`;
  const { typed, script } = entry;
  if (typed !== undefined && !typed.some((meant) => isSameRule(rule, compilePolicy([meant]).rules[0]!)))
    return `is not ${typed.map((meant) => JSON.stringify(meant)).join(" or ")}`;
  return script === undefined ? undefined : differenceFrom(policy, script);
}

/** The same rule apart from its id. */
export function isSameRule(a: Rule, b: Rule): boolean {
  return isDeepStrictEqual({ ...a, id: "" }, { ...b, id: "" });
}
