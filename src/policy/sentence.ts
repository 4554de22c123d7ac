import type { RuleInput } from "./schema.js";

/** A sentence read as a rule, or why it could not be. */
type SentenceResult =
  | { readonly ok: true; readonly rule: RuleInput }
  | { readonly ok: false; readonly reason: string; readonly help?: string };

/** One sentence of a policy's text, with its line from 1. */
interface SentenceLine {
  readonly text: string;
  readonly line: number;
}

/** Reads one English sentence as a rule. This version reads none, and says so. */
export function compileSentence(_text: string): SentenceResult {
  return {
    ok: false,
    reason: "English sentences are not supported yet by this version",
    help: 'write the rule as data, for example { "kind": "rate", "limit": 8, "window": "1s", "per": "source" }',
  };
}

/** Returns the sentences of a text: one a line; `#` begins a comment line; empty lines do not count. */
export function sentenceLines(text: string): readonly SentenceLine[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line, i) => ({ text: line.trim(), line: i + 1 }))
    .filter((line) => line.text !== "" && !line.text.startsWith("#"));
}
