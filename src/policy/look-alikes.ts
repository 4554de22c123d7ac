import { invisible, mixture, nameFault, PLAIN, twin, uncomposed } from "../core/look-alikes.js";
import type { TextFault } from "../core/look-alikes.js";
import { endOfQuote } from "./quotes.js";

/** What `nameFault` finds, in a sentence: its quoted parts are names, and no word outside may pass for an English one. */
export function sentenceFault(sentence: string): TextFault | undefined {
  if (PLAIN.test(sentence)) return undefined;
  const hidden = invisible(sentence) ?? twin(sentence);
  if (hidden !== undefined) return hidden;
  for (const { start, end, quoted } of partsOf(sentence)) {
    const part = sentence.slice(start, end);
    const fault = quoted ? nameFault(part) : (mixture(part, true) ?? uncomposed(part));
    if (fault !== undefined) return { ...fault, start: start + fault.start, end: start + fault.end };
  }
  return undefined;
}

/** The quoted parts of a sentence and what is between them. */
function partsOf(sentence: string): { start: number; end: number; quoted: boolean }[] {
  const parts: { start: number; end: number; quoted: boolean }[] = [];
  let start = 0;
  for (let i = 0; i < sentence.length;) {
    const end = endOfQuote(sentence, i);
    if (end === undefined) {
      i += 1;
      continue;
    }
    parts.push({ start, end: i, quoted: false }, { start: i, end, quoted: true });
    start = i = end;
  }
  parts.push({ start, end: sentence.length, quoted: false });
  return parts;
}
