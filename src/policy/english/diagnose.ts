import type { SentenceResult } from "./index.js";
import type { Token } from "./lexer.js";
import type { State } from "./parser.js";
import type { Problem } from "./resolve.js";

/** Says why a sentence is no rule, where, and which sentence near it works. */
export function diagnose(
  text: string,
  tokens: readonly Token[],
  problems: readonly Problem[],
  state: State,
  _canonical: (text: string) => string | undefined,
): SentenceResult {
  const [problem] = problems;
  if (problem !== undefined) {
    const { reason, help, start, end } = problem;
    return { ok: false, reason, ...(help !== undefined && { help }), span: { start, end } };
  }
  const here = tokens[state.furthest];
  return {
    ok: false,
    reason: here === undefined ? "the sentence ends too early" : `\`${text.slice(here.start, here.end)}\` is not understood here`,
    span: { start: here?.start ?? text.length, end: here?.end ?? text.length },
    help: `expected ${[...state.wanted].slice(0, 5).join(", ")}`,
  };
}
