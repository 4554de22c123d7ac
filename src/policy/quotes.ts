const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["`", "`"],
  ['"', '"'],
  ["\u201c", "\u201d"],
]);

/**
 * Returns where a quoted part of a sentence ends that begins at `start`: the index after its closing mark, or
 * undefined when nothing begins there. A backslash takes the next character with it. A mark that is never closed
 * quotes all the rest, so that a whole text is scanned in one go.
 */
export function endOfQuote(text: string, start: number): number | undefined {
  const closer = CLOSERS.get(text[start] ?? "");
  if (closer === undefined) return undefined;
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i += 1;
    else if (text[i] === closer) return i + 1;
  }
  return text.length;
}
