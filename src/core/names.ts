/**
 * Returns a name from outside in a form that is safe to keep: unpaired surrogates
 * replaced by U+FFFD. Null when it is empty, longer than `maxLength` UTF-16 units,
 * only white space, or has a control character (C0, DEL, C1) anywhere.
 */
export function cleanName(text: string, maxLength: number): string | null {
  if (text.length === 0 || text.length > maxLength) return null;
  let surrogates = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) return null;
    if (unit >= 0xd800 && unit <= 0xdfff) surrogates = true;
  }
  if (text.trim().length === 0) return null;
  return surrogates ? wellFormed(text) : text;
}

/** Returns a text with each unpaired surrogate replaced by U+FFFD. */
export function wellFormed(text: string): string {
  const { toWellFormed } = text as { toWellFormed?: () => string };
  // ES2024: some browsers do not have it yet.
  return toWellFormed === undefined ? replaceLoneSurrogates(text) : toWellFormed.call(text);
}

/** The plain form of `String.prototype.toWellFormed`. */
export function replaceLoneSurrogates(text: string): string {
  let result = "";
  // A string's iterator yields pairs whole and unpaired surrogates alone.
  for (const character of text) {
    const lone = character.length === 1 && character >= "\ud800" && character <= "\udfff";
    result += lone ? "\ufffd" : character;
  }
  return result;
}

/** Returns a text from outside as it may stand in a message: on one line, without control characters, cut when long. */
export function printable(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;

  return wellFormed(cut).replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}
