/** The words of a list that is written as text: a list of a hundred reads better in ten lines than in a hundred. */
export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** The same as a set. */
export function wordSet(text: string): ReadonlySet<string> {
  return new Set(words(text));
}

/** The phrases of a list, parted by commas; a comma that begins the text is a part of the one phrase that it holds. */
export function phraseList(text: string): readonly string[] {
  return text.startsWith(",") ? [text] : text.trim().split(/,\s+/);
}
