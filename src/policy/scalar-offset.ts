import type { Scalar } from "yaml";

/**
 * Returns where a character of a scalar's text stands in the source; undefined where that cannot be told, such as in
 * a text that is folded over several lines.
 */
export function offsetInScalar(source: string, scalar: Scalar, at: number): number | undefined {
  const { range, value } = scalar;
  if (!range || typeof value !== "string") return undefined;
  const [start, end] = range;
  const written = source.slice(start, end);
  // As it is: plain, or within quotes or a block without anything to unfold.
  const verbatim = written.indexOf(value.trimEnd());
  if (verbatim !== -1) return start + verbatim + at;
  const quote = written[0];
  if ((quote !== '"' && quote !== "'") || written.includes("\n")) return undefined;
  return start + escapedLength(written, quote, at);
}

// What one character, or a pair of units for a rare one, can be written as between quotes.
const DOUBLE = /\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\U[0-9a-fA-F]{8}|\\.|[^]/y;
const SINGLE = /''|[^]/y;

/** How much of a quoted text comes before its character `at`, with the opening quote. */
function escapedLength(written: string, quote: '"' | "'", at: number): number {
  const unit = quote === '"' ? DOUBLE : SINGLE;
  unit.lastIndex = 1;
  for (let seen = 0; seen < at;) {
    const from = unit.lastIndex;
    const found = unit.exec(written)?.[0];
    if (found === undefined) return from;
    seen += found.startsWith("\\U") && parseInt(found.slice(2), 16) > 0xffff ? 2 : 1;
  }
  return unit.lastIndex;
}
