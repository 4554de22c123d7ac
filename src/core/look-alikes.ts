/** A part of a text that does not read as what it is; `message` is a predicate ("has …"). */
export interface TextFault {
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly help: string;
}

const HELP = "write the plain character; where a name really has this one, put the wildcard `?` in its place";

/** Texts that need no look. */
export const PLAIN = /^[\t\n\r -~]*$/;

/**
 * Finds what a reader of a rule cannot see in a name: invisible characters, characters that look like others, and
 * words that mix alphabets. Names are compared character by character, so a rule with such a name would stop
 * something else than what it says. Words wholly of one alphabet are fine.
 */
export function nameFault(name: string): TextFault | undefined {
  if (PLAIN.test(name)) return undefined;
  return invisible(name) ?? twin(name) ?? punctuation(name) ?? mixture(name) ?? uncomposed(name);
}

/**
 * Finds why a name from outside reads as another one: with invisible characters, full-width or mathematical letters, or
 * words that mix alphabets (UTS #39, "moderately restrictive" within each word). What joins emoji, or letters of scripts
 * that need it, is fine; so are dashes and quotes of all kinds, which nobody takes for a letter.
 */
export function disguiseOf(name: string): TextFault | undefined {
  if (PLAIN.test(name)) return undefined;
  return invisible(name.replace(JOINED, "")) ?? twin(name) ?? mixture(name);
}

/** Joiners and variation selectors where they belong. */
const JOINED =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{M}]|(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Cherokee}])\p{L})[\u200c\u200d\ufe0e\ufe0f]/gu;

// Everything that is drawn as nothing or as a blank that is not the space bar's, and text that runs backwards.
const INVISIBLE =
  /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cs}\u2800]|(?![\t\n\r])\p{Cc}|(?! )[\p{Zs}\p{Zl}\p{Zp}]/u;

const INVISIBLE_NAMES: ReadonlyMap<number, string> = new Map([
  [0x00a0, "a no-break space"],
  [0x00ad, "a soft hyphen"],
  [0x200b, "a zero-width space"],
  [0x200c, "a zero-width non-joiner"],
  [0x200d, "a zero-width joiner"],
  [0x200e, "a left-to-right mark"],
  [0x200f, "a right-to-left mark"],
  [0x202f, "a narrow no-break space"],
  [0x2060, "a word joiner"],
  [0xfeff, "a byte order mark"],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069].map(
    (point): [number, string] => [point, "a mark that turns the direction of text"],
  ),
]);

export function invisible(text: string): TextFault | undefined {
  const found = INVISIBLE.exec(text);
  if (found === null) return undefined;
  const point = text.codePointAt(found.index) ?? 0;
  const name = INVISIBLE_NAMES.get(point) ?? "an invisible character";
  const end = found.index + found[0].length;
  return { start: found.index, end, message: `has ${name} (${codePoint(point)})`, help: HELP };
}

/** Full-width and mathematical letters, ligatures, Roman numerals: other characters for plain ones. */
export function twin(text: string): TextFault | undefined {
  for (const { 0: character, index } of text.matchAll(/[^\p{ASCII}\p{No}\u00aa\u00ba]/gu)) {
    const plain = character.normalize("NFKC");
    if (!/^[!-~]+$/.test(plain) || (plain.length > 1 && !/\p{L}|\p{Nl}/u.test(character))) continue;
    return looksLike(character, index, plain);
  }
  return undefined;
}

// What NFKC keeps apart, but a reader does not.
const PUNCTUATION: ReadonlyMap<string, string> = new Map([
  ...["\u02d7", "\u2010", "\u2011", "\u2012", "\u2013", "\u2043", "\u2212"].map((dash): [string, string] => [
    dash,
    "-",
  ]),
  ...["\u2044", "\u2215", "\u29f8"].map((slash): [string, string] => [slash, "/"]),
  ...["\u02d0", "\u05c3", "\u2236", "\ua789"].map((colon): [string, string] => [colon, ":"]),
  ["\u2217", "*"],
  ["\u223c", "~"],
  ["\u01c0", "|"],
  ["\u01c3", "!"],
]);

function punctuation(name: string): TextFault | undefined {
  for (let i = 0; i < name.length; i++) {
    const plain = PUNCTUATION.get(name[i] ?? "");
    if (plain !== undefined) return looksLike(name[i] ?? "", i, plain);
  }
  return undefined;
}

// Alphabets in which letters look like those of another one here.
const ALPHABETS = [
  ["Latin", /\p{Script=Latin}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Armenian", /\p{Script=Armenian}/u],
  ["Cherokee", /\p{Script=Cherokee}/u],
  ["Coptic", /\p{Script=Coptic}/u],
  ["Lisu", /\p{Script=Lisu}/u],
  ["Georgian", /\p{Script=Georgian}/u],
] as const;

// Phonetic letters and small capitals, which no language's spelling mixes with the letters they look like.
const PHONETIC = /[\u0251\u0261\u026a\u0274\u0280\u028f\u0299\u029c\u029f\u1d00-\u1d22\ua730\ua731]/u;

// Cyrillic and Greek letters by the Latin one that they are drawn like: mostly as in Unicode's table of confusables
// (UTS 39), which takes a capital for a small letter where both are a stroke.
const DRAWN_LIKE: ReadonlyMap<string, string> = new Map(
  [
    ["асԁеһіјӏорѕухԛԝѵ", "acdehijlopsyxqwv"],
    ["АВСЕНІЈКМОРЅТХУԌԚԜӀ", "ABCEHIJKMOPSTXYGQWI"],
    ["αικνορυ", "aikvopu"],
    ["ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"],
  ].flatMap(([letters, latin]) => [...letters!].map((letter, i): [string, string] => [letter, latin![i]!])),
);
const DRAWN_AS_LATIN = new RegExp(`^[${[...DRAWN_LIKE.keys()].join("")}]+$`, "u");

/** The text as it reads: Latin letters for those of other alphabets that are drawn like them. */
export function readAsLatin(text: string): string {
  let result = "";
  for (const letter of text) result += DRAWN_LIKE.get(letter) ?? letter;
  return result;
}

/**
 * Finds a word of two alphabets, or one that could be a Latin word and is not, next to others that are. `inEnglish`:
 * there are such others, for the text is part of an English sentence.
 */
export function mixture(text: string, inEnglish = false): TextFault | undefined {
  const besideLatin = inEnglish || /[A-Za-z]/.test(text);
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{M}]+/gu)) {
    if (/^[A-Za-z]+$/.test(word)) continue;
    const odd = oddLetter(word) ?? (besideLatin && DRAWN_AS_LATIN.test(word) ? 0 : undefined);
    if (odd === undefined) continue;
    const point = word.codePointAt(odd) ?? 0;
    const letter = String.fromCodePoint(point);
    const kind = ALPHABETS.find(([, pattern]) => pattern.test(letter))?.[0] ?? "another";
    const what = kind === "Latin" ? "is a phonetic letter" : `is ${kind}`;
    return {
      start: index + odd,
      end: index + odd + letter.length,
      message: `has letters that look like others: \`${letter}\` (${codePoint(point)}) ${what}`,
      help: HELP,
    };
  }
  return undefined;
}

/** Where a word has a letter of another alphabet than the rest; the one that is not Latin. */
function oddLetter(word: string): number | undefined {
  const present = ALPHABETS.filter(([, pattern]) => pattern.test(word));
  if (present.length > 1) {
    const [, odd] = present[1] ?? ALPHABETS[1];
    return word.search(odd);
  }
  return /[A-Za-z]/.test(word) && PHONETIC.test(word) ? word.search(PHONETIC) : undefined;
}

/** `é` as one character and as `e` with an accent look the same; the first is the usual form. */
export function uncomposed(text: string): TextFault | undefined {
  const usual = text.normalize("NFC");
  if (usual === text) return undefined;
  let i = 0;
  while (text[i] === usual[i]) i += 1;
  return {
    start: i,
    end: text.length,
    message:
      "has a letter in an unusual spelling, which looks like the usual one (it is not in Unicode form NFC)",
    help: HELP,
  };
}

function looksLike(character: string, start: number, plain: string): TextFault {
  const point = character.codePointAt(0) ?? 0;
  const message = `has \`${character}\` (${codePoint(point)}), which looks like \`${plain}\``;
  return { start, end: start + character.length, message, help: HELP };
}

function codePoint(point: number): string {
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}
