import { compileGlobs } from "../../core/glob.js";
import { isWordGlob } from "../../core/words.js";
import { ANY, Automaton, readGlob } from "../lint/automaton.js";

/** Pairs of states that are looked at. */
const MAX_VISITED = 20_000;

/** "x", for what a glob leaves open. */
const OPEN = 0x78;

/** A place in both automata, and the way there. */
interface Place {
  readonly states: readonly [number, number];
  readonly before: Place | null;
  readonly point: number;
}

/** A shortest text that a glob of each list takes; undefined: there is none, or none was found. */
export function commonText(some: readonly string[], others: readonly string[]): string | undefined {
  const [isOne, isOther] = [compileGlobs(some), compileGlobs(others)];
  for (const glob of some)
    for (const other of others) {
      if (isWordGlob(glob) || isWordGlob(other)) continue;
      const text = meeting(glob, other);
      if (text !== undefined && text !== "" && isOne(text) && isOther(text)) return text;
    }
  return undefined;
}

function meeting(glob: string, other: string): string | undefined {
  const [a, b] = [automatonOf(glob), automatonOf(other)];
  const alphabet = alphabetOf(a, b);
  const seen = new Set<number>();
  const queue: Place[] = [{ states: [a.initial[0]!, b.initial[0]!], before: null, point: 0 }];
  for (const place of queue) {
    const [one, two] = place.states;
    if (a.isAccepting(one) && b.isAccepting(two)) return textOf(place);
    for (const point of alphabet) {
      const [ones, twos] = [new Set<number>(), new Set<number>()];
      a.move(one, point, ones);
      b.move(two, point, twos);
      for (const nextOne of ones)
        for (const nextTwo of twos) {
          const key = nextOne * b.size + nextTwo;
          if (seen.has(key) || seen.size >= MAX_VISITED) continue;
          seen.add(key);
          queue.push({ states: [nextOne, nextTwo], before: place, point });
        }
    }
  }
  return undefined;
}

function automatonOf(glob: string): Automaton {
  return new Automaton([{ ...readGlob(glob), isDeep: false }]);
}

/** What the globs name, and a letter for all that they leave open. */
function alphabetOf(...automata: readonly Automaton[]): readonly number[] {
  const points = new Set<number>([OPEN]);
  for (const { branches } of automata)
    for (const { steps } of branches) for (const step of steps) if (step !== ANY) points.add(step);
  return [...points];
}

function textOf(place: Place): string {
  const points: number[] = [];
  for (let at = place; at.before !== null; at = at.before) points.push(at.point);
  return String.fromCodePoint(...points.reverse());
}
