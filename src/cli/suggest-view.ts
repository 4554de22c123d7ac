import { flow, WORD } from "./compile-view.js";
import type { LineSuggestion } from "./compile-suggest.js";
import { harmless } from "./io.js";
import type { Mark, Paint } from "./io.js";
import { hanging } from "./layout.js";

/** What was suggested for people: what a model says and what it would mean, never to be taken for a rule in force. */
export function suggestionsText(suggestions: readonly LineSuggestion[], paint: Paint, width: number): string {
  return suggestions.map((suggestion) => `${suggestionText(suggestion, paint, width)}\n`).join("\n");
}

function suggestionText(suggestion: LineSuggestion, paint: Paint, width: number): string {
  const { file, line, column, written } = suggestion;
  const place = harmless([file, line, column].filter((part) => part !== undefined).join(":"));
  const lines: string[] = [];
  const add = (label: string, text: string, mark: Mark): void => {
    lines.push(hanging(label.padEnd(WORD), harmless(text), width, 2, mark));
  };
  if (suggestion.status === "refused") {
    lines.push(`${paint.bold(place)}: ${paint.bad("no suggestion")}`);
    add("written", written, paint.dim);
    add("because", suggestion.reason, paint.dim);
    return lines.join("\n");
  }
  const { accepted, sentence, canonical, rule } = suggestion;
  lines.push(`${paint.bold(place)}: ${paint.warn(accepted ? "suggested, taken" : "suggested, not taken")}`);
  add("written", written, paint.dim);
  add("suggested", sentence, paint.warn);
  add("means", canonical, paint.dim);
  add("data", flow(rule), paint.dim);
  return lines.join("\n");
}
