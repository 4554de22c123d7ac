import { compileWordGlob, isWordGlob } from "./words.js";

/**
 * Compiles a glob to a test of a whole text, case-sensitive: `*` matches any run of
 * characters within one `/` segment, `**` any run at all, `?` one character that is
 * not `/`; a backslash takes the special meaning from `*`, `?` or a backslash after
 * it; all else is literal. A glob that begins with `~` is another thing: it asks for words, as `compileWordGlob` says;
 * a backslash before a tilde at the beginning makes it literal, and `~/` begins a path.
 *
 * A text of n characters against a pattern of m takes O(n * m / 32) steps, whatever
 * they are: the pattern runs as a bit-parallel automaton (Baeza-Yates and Gonnet,
 * "A new approach to text searching", 1992) that never goes back.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  if (isWordGlob(pattern)) return compileWordGlob(pattern);
  const { steps, loops } = parseGlob(pattern);
  if (loops.every((loop) => loop === NO_LOOP) && !steps.includes(ANY_CHARACTER)) {
    const literal = fromCodePoints(steps);
    return (text) => text === literal;
  }
  if (steps.length === 0) {
    return loops[0] === LOOP_ALL ? () => true : (text) => !text.includes("/");
  }
  return singleStar(steps, loops) ?? automaton(steps, loops);
}

/** Compiles several globs to one test that holds when any of them does. */
export function compileGlobs(patterns: string | readonly string[]): (text: string) => boolean {
  if (typeof patterns === "string") return compileGlob(patterns);
  const literals = new Set<string>();
  const tests: ((text: string) => boolean)[] = [];
  for (const pattern of patterns) {
    const literal = literalText(pattern);
    if (literal === null) tests.push(compileGlob(pattern));
    else literals.add(literal);
  }
  const [first] = tests;
  if (first !== undefined && tests.length === 1 && literals.size === 0) return first;
  return (text) => literals.has(text) || tests.some((test) => test(text));
}

/** Tells whether a glob matches exactly one text. */
export function isLiteral(pattern: string): boolean {
  return literalText(pattern) !== null;
}

/** Returns the one text that a literal glob matches, or null for any other glob. */
export function literalText(pattern: string): string | null {
  if (isWordGlob(pattern)) return null;
  const { steps, loops } = parseGlob(pattern);
  if (loops.some((loop) => loop !== NO_LOOP) || steps.includes(ANY_CHARACTER)) return null;
  return fromCodePoints(steps);
}

type Loop = 0 | 1 | 2;

interface Parsed {
  /** What each step consumes: a code point, or `ANY_CHARACTER` for `?`. */
  readonly steps: readonly number[];
  /** What may be skipped before step i (and, last, after all steps). */
  readonly loops: readonly Loop[];
}

const NO_LOOP = 0;
const LOOP_IN_SEGMENT = 1;
const LOOP_ALL = 2;
const ANY_CHARACTER = -1;
const SLASH = 0x2f;

function parseGlob(pattern: string): Parsed {
  const steps: number[] = [];
  const loops: Loop[] = [NO_LOOP];
  const consume = (step: number): void => {
    steps.push(step);
    loops.push(NO_LOOP);
  };
  for (let i = 0; i < pattern.length;) {
    const character = pattern[i];
    const following = pattern[i + 1];
    if (character === "*") {
      const loop = following === "*" ? LOOP_ALL : LOOP_IN_SEGMENT;
      if (loop > (loops[steps.length] ?? NO_LOOP)) loops[steps.length] = loop;
      i += loop;
    } else if (character === "?") {
      consume(ANY_CHARACTER);
      i += 1;
    } else {
      if (character === "\\" && isSpecial(following, i)) i += 1;
      const point = pattern.codePointAt(i) ?? 0;
      consume(point);
      i += point > 0xffff ? 2 : 1;
    }
  }
  return { steps, loops };
}

/** Whether a character has a meaning that a backslash at `at` takes from it. */
function isSpecial(character: string | undefined, at: number): boolean {
  return character === "*" || character === "?" || character === "\\" || (character === "~" && at === 0);
}

/** `prefix*suffix` and `prefix**suffix`, by far the most usual globs, need no automaton. */
function singleStar(
  steps: readonly number[],
  loops: readonly Loop[],
): ((text: string) => boolean) | undefined {
  if (steps.includes(ANY_CHARACTER)) return undefined;
  const at = loops.findIndex((loop) => loop !== NO_LOOP);
  if (loops.some((loop, i) => loop !== NO_LOOP && i !== at)) return undefined;
  const crosses = loops[at] === LOOP_ALL;
  const prefix = fromCodePoints(steps.slice(0, at));
  const suffix = fromCodePoints(steps.slice(at));
  return (text) => {
    if (text.length < prefix.length + suffix.length || !text.startsWith(prefix) || !text.endsWith(suffix))
      return false;
    if (crosses) return true;
    const slash = text.indexOf("/", prefix.length);
    return slash === -1 || slash >= text.length - suffix.length;
  };
}

function automaton(steps: readonly number[], loops: readonly Loop[]): (text: string) => boolean {
  const words = (steps.length >>> 5) + 1;
  const inSegment = new Uint32Array(words);
  const all = new Uint32Array(words);
  const anyCharacter = new Uint32Array(words);
  const byCharacter = new Map<number, Uint32Array>();
  loops.forEach((loop, i) => {
    if (loop !== NO_LOOP) setBit(inSegment, i);
    if (loop === LOOP_ALL) setBit(all, i);
  });
  steps.forEach((step, i) => {
    if (step === ANY_CHARACTER) setBit(anyCharacter, i + 1);
  });
  steps.forEach((step, i) => {
    if (step === ANY_CHARACTER) return;
    let bits = byCharacter.get(step);
    if (bits === undefined) {
      bits = step === SLASH ? new Uint32Array(words) : anyCharacter.slice();
      byCharacter.set(step, bits);
    }
    setBit(bits, i + 1);
  });
  const nothing = new Uint32Array(words);
  // Bit i says: the text so far can be what the first i steps match.
  const state = new Uint32Array(words);
  return (text) => {
    state.fill(0);
    state[0] = 1;
    for (let i = 0; i < text.length;) {
      const point = text.codePointAt(i) ?? 0;
      i += point > 0xffff ? 2 : 1;
      const stay = point === SLASH ? all : inSegment;
      const go = byCharacter.get(point) ?? (point === SLASH ? nothing : anyCharacter);
      if (!advance(state, stay, go)) return false;
    }
    return ((state[steps.length >>> 5] ?? 0) & (1 << (steps.length & 31))) !== 0;
  };
}

/** Moves all states over one character; false when none is left. */
function advance(state: Uint32Array, stay: Uint32Array, go: Uint32Array): boolean {
  let carry = 0;
  let alive = 0;
  for (let w = 0; w < state.length; w++) {
    const bits = state[w] ?? 0;
    const next = (bits & (stay[w] ?? 0)) | (((bits << 1) | carry) & (go[w] ?? 0));
    carry = bits >>> 31;
    state[w] = next;
    alive |= next;
  }
  return alive !== 0;
}

function setBit(bits: Uint32Array, i: number): void {
  bits[i >>> 5] = (bits[i >>> 5] ?? 0) | (1 << (i & 31));
}

function fromCodePoints(points: readonly number[]): string {
  let text = "";
  for (const point of points) text += String.fromCodePoint(point);
  return text;
}
