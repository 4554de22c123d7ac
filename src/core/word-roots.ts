import { WORD_FAMILIES } from "./word-families.js";

/** Longer words are taken as they are; it bounds the work. */
const MAX_INFLECTED = 32;

const ROOTS: ReadonlyMap<string, string> = new Map(
  WORD_FAMILIES.flatMap((line) => line.split(", ")).flatMap((family) => {
    const words = family.split(" ");
    return words.map((word) => [word, words[0]!] as const);
  }),
);

/**
 * Returns what all forms of an English word have in common, in lower case: `emails`, `emailing` and `mail` give `email`;
 * `deploying` and `deployments` give `deploy`. Words in other alphabets, and what looks like no word, stay as they are.
 *
 * Tables tell irregular words and the nouns that are made of verbs; plurals, `-ing` and `-ed` are taken apart by the
 * rules of English spelling. What is not certain stays apart: two words that wrongly count as one would stop tools that
 * nobody meant.
 */
export function rootOf(word: string): string {
  let form = word.toLowerCase();
  if (form.length > MAX_INFLECTED || !/^[a-z]+$/.test(form)) return form;
  for (;;) {
    const root = ROOTS.get(form);
    if (root !== undefined) return root;
    // Each step is shorter than the one before.
    const shorter = withoutS(form) ?? withoutIngOrEd(form);
    if (shorter === null) return form;
    form = shorter;
  }
}

/** Tells whether two words are forms of one: `delete` and `deletions`, `buy` and `bought`. */
export function sameWord(a: string, b: string): boolean {
  return rootOf(a) === rootOf(b);
}

/** The singular of a plural, and the base of a verb's third person. */
function withoutS(word: string): string | null {
  if (word.length < 4 || !word.endsWith("s") || /[isu]s$/.test(word)) return null;
  if (word.endsWith("ies")) return word.length > 4 ? `${word.slice(0, -3)}y` : word.slice(0, -1);
  if (/(?:[^aeiou]o|x|sh|ch|ss|zz)es$/.test(word) && word.length > 4) return word.slice(0, -2);
  return word.slice(0, -1);
}

function withoutIngOrEd(word: string): string | null {
  const ending = word.endsWith("ing") ? 3 : word.endsWith("ed") && !word.endsWith("eed") ? 2 : 0;
  const stem = word.slice(0, -ending);
  // What is left must be something that can be said: not `str(ing)`, not `b(ed)`.
  if (ending === 0 || stem.length < 2 || !/[aeiouy]/.test(stem)) return null;
  if (ending === 2 && stem.endsWith("i")) return word.length > 4 ? `${stem.slice(0, -1)}y` : `${stem}e`;
  return baseOf(stem);
}

/** The verb of which only the stem is left: `trad` is `trade`, `shipp` is `ship`, `book` is `book`. */
function baseOf(stem: string): string {
  const once = stem.slice(0, -1);
  const isDouble = stem.at(-1) === stem.at(-2);
  for (const known of [stem, `${stem}e`, isDouble ? once : stem])
    if (ROOTS.get(known) === known) return known;
  if (isDouble && !/[aeioulszf]$/.test(stem)) return once;
  return hasLostE(stem) ? `${stem}e` : stem;
}

/** Pairs of vowels that are one sound: a consonant after them needs no `e` to be kept apart from them. */
const LONG_VOWEL = /(?:ai|au|ea|ee|ei|eu|ie|oa|oi|oo|ou|ue|ui)[^aeiouy]$/;
/** One vowel, one consonant: the only place where a consonant would double if there were no `e`. */
const ONE_VOWEL = /[aeiouy][bdfgklmnprt]$/;
/** Endings of words of several syllables that are short by nature, so nothing doubles and nothing is lost. */
const UNSTRESSED = /(?:e[flmnrt]|o[flnrgt]|a[fln]|i[ft]|[aeiou]p)$/;

/** Whether a verb with this stem ends in a silent `e`. */
function hasLostE(stem: string): boolean {
  // After `q` the `u` is a consonant: `requir` ends in one vowel.
  const sounds = stem.replaceAll("qu", "q");
  if (/[cuv]$/.test(sounds)) return true;
  if (sounds.endsWith("z")) return !/[tz]z$/.test(sounds);
  if (sounds.endsWith("s")) return !sounds.endsWith("ss");
  if (sounds.endsWith("g")) return !/(?:ing|ong|og)$/.test(sounds);
  if (/[^aeiourwly]l$/.test(sounds) || /[bcdgpt]r$/.test(sounds)) return true;
  if (LONG_VOWEL.test(sounds) || !ONE_VOWEL.test(sounds)) return false;
  return isOneSyllable(sounds) || !UNSTRESSED.test(sounds);
}

function isOneSyllable(sounds: string): boolean {
  return /^[^aeiou]?[^aeiouy]*[aeiouy][^aeiouy]*$/.test(sounds);
}
