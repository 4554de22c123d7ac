import { compileGlobs, isLiteral, literalText } from "../../core/glob.js";
import { isWordGlob } from "../../core/words.js";
import {
  ANY,
  Automaton,
  type Branch,
  readGlob,
  searchCommon,
  searchCounterexample,
  type Steps,
  type Truth,
} from "./automaton.js";

export type { Truth } from "./automaton.js";

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
  branches: [{ steps: [], loops: [2], isDeep: false }],
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
    ...readGlob(glob),
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
