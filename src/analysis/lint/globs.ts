import { compileGlobs, isLiteral, literalText } from "../../core/glob.js";
import { isWordGlob } from "../../core/words.js";

/** A proof, a refutation, or neither. */
export type Truth = boolean | undefined;

/** The texts that a list of globs matches. */
export interface Language {
  /** The globs as they were written; null: every text. */
  readonly globs: readonly string[] | null;
  /** Texts below what matches, with a slash between, match too. */
  readonly isDeep: Depth;
  readonly matches: (text: string) => boolean;
  /** The only texts that match; null where there is no end of them. */
  readonly literals: readonly string[] | null;
  /** Some texts that match, the plainest first; empty where none is known. */
  readonly samples: readonly string[];
  readonly branches: readonly Branch[];
  /** Steps that it takes to match a short text, about; a text that is looked up takes none. */
  readonly effort: number;
  /** Some globs are about words: the automaton does not know them. */
  readonly isOpaque: boolean;
}

/**
 * What lies below a matching text: `no` only what the globs say, `literal` what is below a plain name (that is how
 * sources are meant), `all` what is below anything. No source begins with a slash, so such texts are not told apart.
 */
export type Depth = "no" | "literal" | "all";

/** One glob as an automaton: `steps.length + 1` states in a row, and one more for what lies below. */
interface Branch {
  /** Code points, or `ANY` for one that is no slash. */
  readonly steps: readonly number[];
  /** What may be skipped before step i, and after all steps. */
  readonly loops: readonly Loop[];
  readonly isDeep: boolean;
}

type Loop = 0 | 1 | 2;

const IN_SEGMENT = 1;
const ANYTHING = 2;
const ANY = -1;
const SLASH = 0x2f;

/** Steps of automata, and globs tried, before a question counts as too large, and of all questions together. */
const MAX_STEPS = 500_000;
const MAX_STEPS_IN_ALL = 5_000_000;
const MAX_SAMPLES = 6;

const EVERYTHING: Language = {
  globs: null,
  isDeep: "all",
  matches: () => true,
  literals: null,
  samples: ["x", "a", "x/y"],
  branches: [{ steps: [], loops: [ANYTHING], isDeep: false }],
  effort: 0,
  isOpaque: false,
};

/** Makes languages and compares them; remembers both, since the rules of a policy ask the same again and again. */
export class Languages {
  readonly #known = new Map<string, Language>();
  readonly #below = new Map<Language, Language>();
  readonly #contained = new Map<Language, Map<Language, Truth>>();
  readonly #disjoint = new Map<Language, Map<Language, Truth>>();
  #stepsLeft = MAX_STEPS_IN_ALL;

  of(globs: readonly string[] | undefined, isDeep: Depth): Language {
    if (globs === undefined) return EVERYTHING;
    const key = JSON.stringify([isDeep, ...globs]);
    let language = this.#known.get(key);
    if (language === undefined) this.#known.set(key, (language = languageOf(globs, isDeep)));
    return language;
  }

  /** The same with everything that lies below. */
  below(language: Language): Language {
    if (language.globs === null) return language;
    let below = this.#below.get(language);
    if (below === undefined) this.#below.set(language, (below = this.of(language.globs, "all")));
    return below;
  }

  /** Whether every text of `inner` is one of `outer`. */
  contains(outer: Language, inner: Language): Truth {
    if (outer === inner || outer.globs === null || outer.globs.includes("**")) return true;
    // What examples decide is not worth remembering.
    const isIn = (text: string): boolean => this.#isIn(outer, text);
    if (this.#stepsLeft <= 0) return undefined;
    if (inner.literals !== null) return inner.literals.every(isIn);
    if (!inner.samples.every(isIn)) return false;
    if (inner.isOpaque) return isWrittenIn(inner, outer) ? true : undefined;
    return remembered(this.#contained, outer, inner, () => {
      if (isWrittenIn(inner, outer)) return true;
      const isWithin = this.#search(inner, outer, searchCounterexample);
      // The words in the outer list may match what its other globs do not.
      return isWithin === false && outer.isOpaque ? undefined : isWithin;
    });
  }

  /** Whether no text is in both. */
  disjoint(a: Language, b: Language): Truth {
    if (a === b || a.globs === null || b.globs === null) return false;
    if (this.#stepsLeft <= 0) return undefined;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const isIn = (text: string): boolean => this.#isIn(other, text);
      if (one.literals !== null) return !one.literals.some(isIn);
      if (one.samples.some(isIn)) return false;
    }
    if (a.isOpaque || b.isOpaque) return undefined;
    return remembered(this.#disjoint, a, b, () => this.#search(a, b, searchCommon));
  }

  #isIn(language: Language, text: string): boolean {
    this.#stepsLeft -= language.effort;
    return language.matches(text);
  }

  #search(a: Language, b: Language, search: (a: Automaton, b: Automaton, steps: Steps) => Truth): Truth {
    const steps = { left: Math.min(MAX_STEPS, this.#stepsLeft) };
    const granted = steps.left;
    // Making the automata takes a step for each state.
    steps.left -= sizeOf(a) + sizeOf(b);
    const truth =
      steps.left <= 0 ? undefined : search(new Automaton(a.branches), new Automaton(b.branches), steps);
    this.#stepsLeft -= granted - Math.max(0, steps.left);
    return truth;
  }
}

interface Steps {
  left: number;
}

function sizeOf({ branches }: Language): number {
  return branches.reduce((sum, { steps }) => sum + steps.length + 2, 0);
}

function remembered(
  memory: Map<Language, Map<Language, Truth>>,
  a: Language,
  b: Language,
  find: () => Truth,
): Truth {
  let row = memory.get(a);
  if (row === undefined) memory.set(a, (row = new Map<Language, Truth>()));
  if (!row.has(b)) row.set(b, find());
  return row.get(b);
}

function languageOf(globs: readonly string[], isDeep: Depth): Language {
  const plain = globs.filter((glob) => !isWordGlob(glob));
  const isOpaque = plain.length < globs.length;
  const literals = plain.filter(isLiteral).map((glob) => literalText(glob)!);
  const branches = plain.map((glob): Branch => ({
    ...parse(glob),
    isDeep: isDeep === "all" || (isDeep === "literal" && isLiteral(glob)),
  }));
  return {
    globs,
    isDeep,
    matches: matcher(globs, isDeep, literals),
    literals: isDeep === "no" && literals.length === globs.length ? literals : null,
    samples: samplesOf(branches),
    branches,
    effort:
      plain.length === literals.length
        ? globs.length - literals.length
        : Math.ceil(plain.join("").length / 4),
    isOpaque,
  };
}

function matcher(
  globs: readonly string[],
  isDeep: Depth,
  literals: readonly string[],
): (text: string) => boolean {
  const matches = compileGlobs(globs);
  if (isDeep === "no") return matches;
  const known = new Set(literals);
  const above = isDeep === "all" ? matches : (text: string) => known.has(text);
  return (text) => {
    if (matches(text)) return true;
    for (let end = text.lastIndexOf("/"); end > 0; end = text.lastIndexOf("/", end - 1))
      if (above(text.slice(0, end))) return true;
    return false;
  };
}

/** The same reading as `compileGlob`, which a test compares it with. */
function parse(glob: string): Pick<Branch, "steps" | "loops"> {
  const steps: number[] = [];
  const loops: Loop[] = [0];
  const consume = (step: number): void => {
    steps.push(step);
    loops.push(0);
  };
  for (let i = 0; i < glob.length;) {
    const [character, following] = [glob[i], glob[i + 1]];
    if (character === "*") {
      const loop = following === "*" ? ANYTHING : IN_SEGMENT;
      if (loop > loops[steps.length]!) loops[steps.length] = loop;
      i += loop;
    } else if (character === "?") {
      consume(ANY);
      i += 1;
    } else {
      if (character === "\\" && isEscapable(following, i)) i += 1;
      const point = glob.codePointAt(i)!;
      consume(point);
      i += point > 0xffff ? 2 : 1;
    }
  }
  return { steps, loops };
}

function isEscapable(character: string | undefined, at: number): boolean {
  return character === "*" || character === "?" || character === "\\" || (character === "~" && at === 0);
}

function samplesOf(branches: readonly Branch[]): string[] {
  const samples = new Set<string>();
  for (const { steps, loops, isDeep } of branches.slice(0, MAX_SAMPLES)) {
    let last = "";
    for (const fill of [
      ["", "x", "x"],
      ["", "", ""],
      ["", "a", "x/y"],
    ]) {
      let text = fill[loops[0]!]!;
      steps.forEach((step, i) => {
        text += (step === ANY ? "x" : String.fromCodePoint(step)) + fill[loops[i + 1]!]!;
      });
      if (text === "") continue;
      samples.add(text);
      last = text;
    }
    if (isDeep && last !== "") samples.add(`${last}/x`);
  }
  return [...samples];
}

/** Each glob stands in the other list, too, and with no less below it. */
function isWrittenIn(inner: Language, outer: Language): boolean {
  const isSameBelow = inner.isDeep === outer.isDeep || inner.isDeep === "no" || outer.isDeep === "all";
  return isSameBelow && inner.globs!.every((glob) => outer.globs!.includes(glob));
}

/** All branches side by side; states are numbered through. */
class Automaton {
  readonly branches: readonly Branch[];
  readonly size: number;
  readonly initial: readonly number[];
  readonly #branchOf: readonly Branch[];
  readonly #offsetOf: readonly number[];

  constructor(branches: readonly Branch[]) {
    this.branches = branches;
    const [branchOf, offsetOf, initial]: [Branch[], number[], number[]] = [[], [], []];
    for (const branch of branches) {
      const offset = branchOf.length;
      initial.push(offset);
      for (let i = 0; i <= branch.steps.length + 1; i++) {
        branchOf.push(branch);
        offsetOf.push(offset);
      }
    }
    this.#branchOf = branchOf;
    this.#offsetOf = offsetOf;
    this.initial = initial;
    this.size = branchOf.length;
  }

  isAccepting(state: number): boolean {
    return this.#place(state) >= this.#branchOf[state]!.steps.length;
  }

  /** Whatever follows is accepted. */
  isFinal(state: number): boolean {
    const { steps, loops } = this.#branchOf[state]!;
    const place = this.#place(state);
    return place > steps.length || (place === steps.length && loops[place] === ANYTHING);
  }

  /** Adds the states behind `state` and a character. */
  move(state: number, point: number, into: Set<number>): void {
    const { steps, loops, isDeep } = this.#branchOf[state]!;
    const place = this.#place(state);
    if (place > steps.length) {
      into.add(state);
      return;
    }
    const loop = loops[place]!;
    if (loop === ANYTHING || (loop === IN_SEGMENT && point !== SLASH)) into.add(state);
    if (place === steps.length) {
      if (isDeep && point === SLASH) into.add(state + 1);
      return;
    }
    const step = steps[place]!;
    if (step === ANY ? point !== SLASH : step === point) into.add(state + 1);
  }

  #place(state: number): number {
    return state - this.#offsetOf[state]!;
  }
}

/** False: a text of `inner` is not one of `outer`. The states of `outer` are taken together (subset construction). */
function searchCounterexample(inner: Automaton, outer: Automaton, steps: Steps): Truth {
  const alphabet = alphabetOf(inner, outer);
  const seen = new Set<string>();
  const queue: { readonly state: number; readonly others: readonly number[] }[] = [];
  const visit = (state: number, others: readonly number[]): boolean => {
    const isAccepted = others.some((other) => outer.isAccepting(other));
    if (inner.isAccepting(state) && !isAccepted) return false;
    if (others.some((other) => outer.isFinal(other))) return true;
    const key = `${state}:${others.join()}`;
    if (!seen.has(key)) {
      seen.add(key);
      queue.push({ state, others });
    }
    return true;
  };
  for (const state of inner.initial) if (!visit(state, outer.initial)) return false;
  for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
    for (const point of alphabet) {
      if ((steps.left -= 1 + pair.others.length) <= 0) return undefined;
      const next = new Set<number>();
      inner.move(pair.state, point, next);
      if (next.size === 0) continue;
      const others = new Set<number>();
      for (const other of pair.others) outer.move(other, point, others);
      const together = [...others].sort((a, b) => a - b);
      for (const state of next) if (!visit(state, together)) return false;
    }
  }
  return true;
}

/** True: no text is accepted by both. */
function searchCommon(a: Automaton, b: Automaton, steps: Steps): Truth {
  const alphabet = alphabetOf(a, b);
  const seen = new Set<number>();
  const queue: (readonly [number, number])[] = [];
  const visit = (one: number, other: number): boolean => {
    if (a.isAccepting(one) && b.isAccepting(other)) return false;
    const key = one * b.size + other;
    if (!seen.has(key)) {
      seen.add(key);
      queue.push([one, other]);
    }
    return true;
  };
  for (const one of a.initial) for (const other of b.initial) if (!visit(one, other)) return false;
  for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
    for (const point of alphabet) {
      if ((steps.left -= 2) <= 0) return undefined;
      const [ones, others] = [new Set<number>(), new Set<number>()];
      a.move(pair[0], point, ones);
      b.move(pair[1], point, others);
      for (const one of ones) for (const other of others) if (!visit(one, other)) return false;
    }
  }
  return true;
}

/** Every character that some step names, the slash, and one that stands for all others. */
function alphabetOf(a: Automaton, b: Automaton): number[] {
  const points = new Set<number>([SLASH]);
  for (const { branches } of [a, b])
    for (const { steps } of branches) for (const step of steps) if (step !== ANY) points.add(step);
  let other = 0x61;
  while (points.has(other)) other += 1;
  return [...points, other];
}
