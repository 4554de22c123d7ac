/**
 * Removes from a text what changes from answer to answer without meaning anything, so that two answers that say the
 * same compare equal: numbers, times, durations, days and months by name, hexadecimal and other generated ids, UUIDs;
 * each becomes `#`, and runs of white space become one space. Numbers that say how far something has come are kept:
 * `40 %`, `3/10`, `3 of 10`, `"progress": 40`.
 *
 * Of a text of more than 4,096 characters about the first and the last 1,500 are looked at; the time is linear in that.
 */
export function withoutVolatile(text: string): string {
  if (text.length <= 2 * END_LENGTH) return normalised(text);
  // Cut once more where nothing volatile shifts the cut.
  const head = normalised(text.slice(0, END_LENGTH)).slice(0, END_KEPT);
  const tail = normalised(text.slice(-END_LENGTH)).slice(-END_KEPT);
  return `${head} … ${tail}`;
}

const END_LENGTH = 2048;
const END_KEPT = 1536;

const UNIT_OF_TIME = "(?:[nuµm]?s|m|h|d|sec|min|(?:(?:milli|micro|nano)?second|minute|hour|day)s?)";
/** In this order: UUIDs; numbers and times, with a unit of time; words with digits in them; days and months; white space. */
const VOLATILE = new RegExp(
  [
    "(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])",
    `(?<![0-9a-z])[0-9]+(?:[.,:][0-9]+)*(?: ?${UNIT_OF_TIME})?(?![0-9a-z])`,
    "(?<![0-9a-z])[a-z]*[0-9][0-9a-z]*",
    "(?<![0-9a-z])(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?![0-9a-z])",
    "\\s{2,}",
  ].join("|"),
  "gi",
);
const DIGITS = /[0-9]+/g;
const PLAIN_NUMBER = /^[0-9.,]+$/;
const WORD_WITH_DIGITS = /^[a-z]*[0-9][0-9a-z]*$/i;
const HEXADECIMAL = /^(?:0x[0-9a-f]+|[0-9a-f]{6,})$/i;
const DURATION = new RegExp(`^[0-9]+${UNIT_OF_TIME}$`, "i");

/** What follows or precedes a number that says how far something has come. */
const BEFORE_WHOLE = /^ {0,2}(?:%|percent\b|\/ ?[0-9]|(?:of|out of) [0-9])/i;
const AFTER_PART = /(?:[0-9] ?\/ ?|[0-9] (?:of|out of) )$/i;
const AFTER_NAME = /(?:progress|percent|percentage|done|completed|remaining|processed)"?[:=] ?"?$/i;

function normalised(text: string): string {
  return text.replace(VOLATILE, (part: string, at: number) => {
    if (PLAIN_NUMBER.test(part)) return isHowFar(text, at, at + part.length) ? part : "#";
    if (WORD_WITH_DIGITS.test(part) && !DURATION.test(part) && !isId(part)) return part.replace(DIGITS, "#");
    return part.trim() === "" ? " " : "#";
  });
}

/** Whether the number at this place says how far something has come. */
function isHowFar(text: string, from: number, to: number): boolean {
  if (BEFORE_WHOLE.test(text.slice(to, to + 12))) return true;
  const before = text.slice(Math.max(0, from - 20), from);
  return AFTER_PART.test(before) || AFTER_NAME.test(before);
}

/** Whether a word looks as if a machine had drawn it: hexadecimal, or letters and digits in turns. */
function isId(word: string): boolean {
  return HEXADECIMAL.test(word) || (word.length >= 8 && (word.match(DIGITS)?.length ?? 0) >= 2);
}
