import { rootOf } from "./word-roots.js";

export { rootOf, sameWord } from "./word-roots.js";

/** What begins a glob that asks for words. */
const MARK = "~";

/**
 * Returns the words of a name in lower case and in order: parted where it is neither letter nor digit, and where the
 * case of letters says so. `sendHTTPRequest` gives `send`, `http`, `request`; `list_userIDs` gives `list`, `user`, `ids`.
 * Digits stay with their letters: `s3` and `gpt4` are words.
 */
export function wordsOf(name: string): readonly string[] {
  const words: string[] = [];
  for (const run of runsOf(name)) words.push(...humps(run));
  return words;
}

/** Tells whether a glob asks for words: `~email`, `~delete file`. `~/notes` is a path, `\~email` a name. */
export function isWordGlob(pattern: string): boolean {
  return pattern.startsWith(MARK) && wordGlobProblem(pattern) === null && pattern[1] !== "/";
}

/**
 * Says what is wrong with a glob that begins with a tilde, or null. Such globs have words after it and nothing else;
 * only `~/` begins a path.
 */
export function wordGlobProblem(pattern: string): string | null {
  if (!pattern.startsWith(MARK) || pattern[1] === "/") return null;
  const words = pattern.slice(MARK.length);
  if (runsOf(words).length === 0) return "must name a word after its `~`";
  return SEPARATORS.test(words.replace(/[ _-]/g, "")) ? "must have nothing but words after its `~`" : null;
}

/** What to do about a problem of `wordGlobProblem`. */
export const WORD_GLOB_HELP =
  "`~email` matches names that have the word in any form, `~delete file` those that have both words; write `\\~` for a tilde";

/**
 * Compiles a glob that asks for words to a test of a name or text: whether it has each of the words, in any order and
 * inflection, as a word of its own. Takes steps in proportion to the length of the text.
 *
 * A word is also found where a name writes it in two (`gitHub` has `github`) or adds a number (`email2` has `email`).
 */
export function compileWordGlob(pattern: string): (text: string) => boolean {
  // Each word of the pattern: as it is written, or else all of its parts (`gpt4` is in `gpt-4`).
  const words = pattern.slice(MARK.length).replace(/\be[ _-](?=mail)/gi, "e");
  const wanted = runsOf(words).map((run) => ({
    whole: rootOf(run),
    parts: humps(run).flatMap(lettersAndDigits).map(rootOf),
  }));
  const roots = new Set(wanted.flatMap(({ whole, parts }) => [whole, ...parts]));
  return (text) => {
    const found = new Set<string>();
    const isDone = (): boolean =>
      wanted.every(({ whole, parts }) => found.has(whole) || parts.every((part) => found.has(part)));
    const look = (word: string): boolean => {
      const root = rootOf(word);
      if (!roots.has(root) || found.has(root)) return false;
      found.add(root);
      return isDone();
    };
    return runsOf(text).some((run) => {
      let before = "";
      return humps(run).some((word) => {
        const both = before + word;
        before = word;
        return lookAt(word, look) || (both !== word && lookAt(both, look));
      });
    });
  };
}

/** Looks at a word and, where it has digits, at what they part. */
function lookAt(word: string, look: (word: string) => boolean): boolean {
  if (look(word)) return true;
  return /[0-9]/.test(word) && lettersAndDigits(word).some(look);
}

function lettersAndDigits(word: string): readonly string[] {
  return word.match(/[0-9]+|[^0-9]+/g) ?? [];
}

/**
 * Everything between letters and digits. A fixed list, and not `\p{…}`: what a rule matches must not depend on the
 * Unicode version of the machine. Beyond ASCII all but punctuation, symbols and pictures are letters.
 */
const SEPARATORS =
  /[^0-9A-Za-z\u0080-\u{10ffff}]|[\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\ufd3e\ufd3f\ufe00-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffc\ufffd\u{1f000}-\u{1faff}\u{e0000}-\u{e01ef}]/u;

/** The runs of letters and digits in a text, in one way to write each letter. */
function runsOf(text: string): readonly string[] {
  // Letters in full width, or with their accent apart, are the same letters.
  const runs = /[\u0080-\uffff]/.test(text)
    ? text.normalize("NFKC").split(SEPARATORS)
    : text.split(/[^0-9A-Za-z]+/);
  return runs.filter((run) => run !== "");
}

type Letter = "upper" | "lower" | "digit";

/** The words of a run, parted as camelCase is. */
function humps(run: string): readonly string[] {
  if (/^[0-9A-Za-z][0-9a-z]*$/.test(run)) return [run.toLowerCase()];
  const words: string[] = [];
  let start = 0;
  let before = letterAt(run, 0);
  for (let i = 1; i < run.length; i++) {
    const letter = letterAt(run, i);
    let end = 0;
    if (letter === "upper" && before !== "upper") end = i;
    // `HTTPRequest`: the last capital begins the word; but `userIDs` ends with a plural.
    else if (letter === "lower" && before === "upper" && i - 1 > start && !isPlural(run, i)) end = i - 1;
    if (end > start) {
      words.push(run.slice(start, end).toLowerCase());
      start = end;
    }
    before = letter;
  }
  words.push(run.slice(start).toLowerCase());
  return words;
}

function isPlural(run: string, at: number): boolean {
  return run[at] === "s" && (at + 1 === run.length || letterAt(run, at + 1) !== "lower");
}

function letterAt(run: string, at: number): Letter {
  const unit = run.charCodeAt(at);
  if (unit < 0x80) return unit <= 0x39 ? "digit" : unit <= 0x5a ? "upper" : "lower";
  const character = run[at]!;
  return character.toLowerCase() === character ? "lower" : "upper";
}
