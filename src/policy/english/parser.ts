import type { Token } from "./lexer.js";
import { phraseList, words } from "./words.js";

/**
 * Parsers that return every reading. A parser takes a place in the tokens and gives all ways of going on from there;
 * what makes a sentence ambiguous is thereby found, not forgotten. First words are known ahead, so that a choice of a
 * hundred phrases costs one look-up; answers of shared parsers are kept by place, so that no work is done twice.
 */
export interface Parser<T> {
  /** The tokens it can begin with, as `keyOf` names them; null: any. */
  readonly first: ReadonlySet<string> | null;
  /** Whether it may match nothing. */
  readonly empty: boolean;
  at(state: State, i: number): readonly Hit<T>[];
}

/** One way to read from a place: what it means, and the token behind it. */
export interface Hit<T> {
  readonly value: T;
  readonly end: number;
}

/** One sentence being read. */
export class State {
  readonly tokens: readonly Token[];
  /** The furthest token that anything asked for, and what would have been right there. */
  furthest = 0;
  readonly wanted = new Set<string>();
  readonly kept = new Map<number, Map<object, readonly Hit<unknown>[]>>();

  /** Whether to note what was asked for in vain: only a sentence that is refused needs it, and is read again for it. */
  readonly #notes: boolean;

  readonly #keys: readonly string[];

  constructor(tokens: readonly Token[], notes = false) {
    this.tokens = tokens;
    this.#keys = tokens.map(keyOf);
    this.#notes = notes;
  }

  /** How `first` names the token. */
  key(i: number): string {
    return this.#keys[i] ?? "#end";
  }

  /** Notes that something was asked for in vain. */
  miss(i: number, wanted: string): void {
    if (!this.#notes || i < this.furthest) return;
    if (i > this.furthest) {
      this.furthest = i;
      this.wanted.clear();
    }
    this.wanted.add(wanted);
  }

  start(i: number): number {
    return this.tokens[i]?.start ?? this.tokens.at(-1)?.end ?? 0;
  }

  end(i: number): number {
    return this.tokens[i - 1]?.end ?? 0;
  }
}

const NONE: readonly never[] = [];

/** Every word that some phrase of the grammar has: what is not among them is a name, or a slip of the pen. */
export const KNOWN_WORDS = new Set<string>();

/** How `first` names a token: words and marks by their text, the others by their kind. */
function keyOf(token: Token): string {
  return token.kind === "word" || token.kind === "mark" ? token.text : `#${token.kind}`;
}

/** One of these words (or marks), each on its own or many in one text. */
export function word(...lists: readonly string[]): Parser<string> {
  const texts = lists.flatMap(words);
  const first = new Set(texts);
  for (const text of texts) KNOWN_WORDS.add(text);
  const label = texts[0] ?? "";
  return {
    first,
    empty: false,
    at(state, i) {
      const token = state.tokens[i];
      if (token !== undefined && token.kind !== "name" && token.kind !== "number" && first.has(token.text))
        return [{ value: token.text, end: i + 1 }];
      state.miss(i, label);
      return NONE;
    },
  };
}

/** Any token for which `test` gives a value. */
export function token<T>(
  label: string,
  test: (token: Token) => T | undefined,
  first: readonly string[] | null = null,
): Parser<T> {
  for (const text of first ?? []) if (!text.startsWith("#")) KNOWN_WORDS.add(text);
  return {
    first: first === null ? null : new Set(first),
    empty: false,
    at(state, i) {
      const here = state.tokens[i];
      const value = here === undefined ? undefined : test(here);
      if (value !== undefined) return [{ value, end: i + 1 }];
      state.miss(i, label);
      return NONE;
    },
  };
}

/**
 * Phrases of several words, each with its meaning; the longest that stands here is meant. A key may list many, parted
 * by commas; `a|b` in a phrase: either.
 */
export function phrases<const T>(table: Readonly<Record<string, T>>): Parser<T> {
  interface Node {
    readonly next: Map<string, Node>;
    value?: T;
  }
  const root: Node = { next: new Map() };
  for (const [line, value] of Object.entries(table)) {
    for (const phrase of phraseList(line)) {
      let nodes: Node[] = [root];
      for (const step of phrase.replaceAll("'s", " 's").split(" ")) {
        nodes = nodes.flatMap((node) =>
          step.split("|").map((text) => {
            KNOWN_WORDS.add(text);
            let next = node.next.get(text);
            if (next === undefined) node.next.set(text, (next = { next: new Map() }));
            return next;
          }),
        );
      }
      for (const node of nodes) node.value = value;
    }
  }
  const first = new Set(root.next.keys());
  return {
    first,
    empty: false,
    at(state, i) {
      let node: Node | undefined = root;
      let best: Hit<T>[] = [];
      for (let j = i; ; j++) {
        const token = state.tokens[j];
        if (node.value !== undefined) best = [{ value: node.value, end: j }];
        const next: Node | undefined =
          token?.kind === "word" || token?.kind === "mark" ? node.next.get(token.text) : undefined;
        if (next === undefined) {
          if (best.length === 0) state.miss(j, labelOf(node.next));
          return best;
        }
        node = next;
      }
    },
  };
}

const labels = new WeakMap<object, string>();

/** The first words of a choice, for messages. */
function labelOf(next: ReadonlyMap<string, unknown>): string {
  let label = labels.get(next);
  if (label === undefined) labels.set(next, (label = [...next.keys()].slice(0, 3).join(" / ")));
  return label;
}

/** A phrase without a meaning of its own, out of lists as `phrases` takes them. */
export function phrase(...lines: readonly string[]): Parser<unknown> {
  return phrases(Object.fromEntries(lines.map((line) => [line, true as const])));
}

type Values<P extends readonly Parser<unknown>[]> = {
  [K in keyof P]: P[K] extends Parser<infer T> ? T : never;
};

/** All of these, one behind the other. `make` may give undefined: it is no reading after all. */
export function seq<const P extends readonly Parser<unknown>[], T>(
  parsers: P,
  make: (values: Values<P>, span: { readonly start: number; readonly end: number }) => T | undefined,
): Parser<T> {
  let first: Set<string> | null = new Set();
  let empty = true;
  for (const parser of parsers) {
    if (!empty) break;
    first = first === null || parser.first === null ? null : new Set([...first, ...parser.first]);
    empty = parser.empty;
  }
  const [head] = parsers;
  return {
    first,
    empty,
    at(state, i) {
      // Most sequences end here, so this comes before anything is made.
      if (head === undefined || cannotBegin(head, state, i)) return NONE;
      const heads = head.at(state, i);
      if (heads.length === 0) return NONE;
      const hits: Hit<T>[] = [];
      const values: unknown[] = [];
      const step = (n: number, at: number): void => {
        const parser = parsers[n];
        if (parser === undefined) {
          const value = make(values.slice(0, n) as Values<P>, { start: state.start(i), end: state.end(at) });
          if (value !== undefined) hits.push({ value, end: at });
          return;
        }
        if (cannotBegin(parser, state, at)) return;
        for (const hit of parser.at(state, at)) {
          values[n] = hit.value;
          step(n + 1, hit.end);
        }
      };
      for (const hit of heads) {
        values[0] = hit.value;
        step(1, hit.end);
      }
      return hits;
    },
  };
}

function cannotBegin(parser: Parser<unknown>, state: State, i: number): boolean {
  if (parser.first === null || parser.empty || parser.first.has(state.key(i))) return false;
  state.miss(i, parser.first.values().next().value ?? "");
  return true;
}

/** Every reading of every one of these. */
export function any<T>(...parsers: readonly Parser<T>[]): Parser<T> {
  return choice(parsers, false);
}

/** The readings of the first of these that has one. */
export function first<T>(...parsers: readonly Parser<T>[]): Parser<T> {
  return choice(parsers, true);
}

function choice<T>(parsers: readonly Parser<T>[], isOrdered: boolean): Parser<T> {
  const all = new Set<string>();
  for (const parser of parsers) for (const key of parser.first ?? []) all.add(key);
  const open = parsers.some((parser) => parser.first === null);
  const byKey = new Map<string, readonly Parser<T>[]>();
  for (const key of all)
    byKey.set(
      key,
      parsers.filter((parser) => parser.first === null || parser.empty || parser.first.has(key)),
    );
  const others = parsers.filter((parser) => parser.first === null || parser.empty);
  const label = [...all].slice(0, 3).join(" / ");
  return {
    first: open ? null : all,
    empty: parsers.some((parser) => parser.empty),
    at(state, i) {
      const candidates = byKey.get(state.key(i)) ?? others;
      if (candidates.length === 0) {
        state.miss(i, label);
        return NONE;
      }
      const only = candidates[0] as Parser<T>;
      if (candidates.length === 1) return only.at(state, i);
      let hits: Hit<T>[] | readonly Hit<T>[] = NONE;
      for (const parser of candidates) {
        const more = parser.at(state, i);
        if (more.length === 0) continue;
        if (isOrdered) return more;
        hits = hits.length === 0 ? more : [...hits, ...more];
      }
      return hits;
    },
  };
}

/** This if it stands here, else nothing: never both. */
export function maybe<T>(parser: Parser<T>): Parser<T | undefined> {
  return {
    first: parser.first,
    empty: true,
    at(state, i) {
      const hits = cannotBegin(parser, state, i) ? NONE : parser.at(state, i);
      return hits.length === 0 ? [{ value: undefined, end: i }] : hits;
    },
  };
}

/** As many as there are, at least `min`; a loop that takes what it can, so that long lists cost no more than their length. */
export function many<T>(parser: Parser<T>, min = 0, between?: Parser<unknown>): Parser<readonly T[]> {
  return {
    first: parser.first,
    empty: min === 0,
    at(state, i) {
      const values: T[] = [];
      let end = i;
      for (;;) {
        let from = end;
        if (values.length > 0 && between !== undefined) {
          const gap = between.at(state, end)[0];
          if (gap === undefined) break;
          from = gap.end;
        }
        const hit = parser.at(state, from)[0];
        if (hit === undefined || hit.end === from) break;
        values.push(hit.value);
        end = hit.end;
      }
      return values.length < min ? NONE : [{ value: values, end }];
    },
  };
}

/** Any number of these, in every way that they can be told apart. */
export function every<T>(parser: Parser<T>): Parser<readonly T[]> {
  const self: Parser<readonly T[]> = {
    first: parser.first,
    empty: true,
    at(state, i) {
      const hits: Hit<readonly T[]>[] = [{ value: [], end: i }];
      for (const one of cannotBegin(parser, state, i) ? NONE : parser.at(state, i)) {
        if (one.end === i) continue;
        for (const rest of shared.at(state, one.end))
          hits.push({ value: [one.value, ...rest.value], end: rest.end });
      }
      return hits;
    },
  };
  const shared = keep(self);
  return shared;
}

/** Remembers the answers for each place, for a parser that is tried from several sides. */
export function keep<T>(parser: Parser<T>): Parser<T> {
  return {
    first: parser.first,
    empty: parser.empty,
    at(state, i) {
      let here = state.kept.get(i);
      if (here === undefined) state.kept.set(i, (here = new Map<object, readonly Hit<unknown>[]>()));
      const known = here.get(parser);
      if (known !== undefined) return known as readonly Hit<T>[];
      const hits = parser.at(state, i);
      here.set(parser, hits);
      return hits;
    },
  };
}

/** For grammars that refer to themselves. */
export function lazy<T>(make: () => Parser<T>): Parser<T> {
  let made: Parser<T> | undefined;
  return { first: null, empty: false, at: (state, i) => (made ??= make()).at(state, i) };
}

export function map<T, U>(
  parser: Parser<T>,
  make: (value: T, span: { readonly start: number; readonly end: number }) => U | undefined,
): Parser<U> {
  return seq([parser], ([value], span) => make(value, span));
}

/** The end of the sentence. */
export const END: Parser<true> = {
  first: null,
  empty: true,
  at(state, i) {
    if (i >= state.tokens.length) return [{ value: true, end: i }];
    state.miss(i, "the end of the sentence");
    return NONE;
  },
};
