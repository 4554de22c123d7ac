import type { RuleInput } from "rein";
import type { Script } from "./script.js";

/** What must become of a sentence. */
export type Duty =
  /** It must be compiled, and do what the script says. */
  | "accept"
  /** It must be refused. */
  | "refuse"
  /** It may be refused; when it is compiled, it must do what the script says. */
  | "either";

/** What a sentence means: how a Rein behaves under it, what rule it is, or both. */
export interface Meaning {
  readonly script?: Script;
  /** The rule, or several where the words leave open what no script can tell. */
  readonly typed?: readonly RuleInput[];
}

export interface Entry extends Meaning {
  readonly text: string;
  readonly duty: Duty;
  /** Why it is to be refused, for the reader. */
  readonly why?: string;
  /** It is so near to a sentence that works that the refusal must suggest one. */
  readonly near?: boolean;
}

/** Sentences that all mean the same. */
export function accept(
  texts: string | readonly string[],
  ...meaning: readonly (Script | RuleInput)[]
): Entry[] {
  return entries("accept", texts, meaning);
}

/** Sentences that may be refused, but must not mean anything else. */
export function either(
  texts: string | readonly string[],
  ...meaning: readonly (Script | RuleInput)[]
): Entry[] {
  return entries("either", texts, meaning);
}

export function refuse(why: string, texts: readonly string[]): Entry[] {
  return texts.map((text) => ({ text, duty: "refuse", why }));
}

/** Refused, with a sentence that works. */
export function refuseNear(why: string, texts: readonly string[]): Entry[] {
  return texts.map((text) => ({ text, duty: "refuse", why, near: true }));
}

function entries(
  duty: Duty,
  texts: string | readonly string[],
  meaning: readonly (Script | RuleInput)[],
): Entry[] {
  const scripts = meaning.filter((part) => "steps" in part);
  const typed = meaning.filter((part) => "kind" in part);
  if (scripts.length > 1 || meaning.length === 0) throw new Error(`bad corpus at ${String(texts)}`);
  const [script] = scripts;
  return [texts].flat().map((text) => ({
    text,
    duty,
    ...(script !== undefined && { script }),
    ...(typed.length > 0 && { typed }),
  }));
}
