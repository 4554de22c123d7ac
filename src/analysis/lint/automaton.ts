/** A proof, a refutation, or neither. */
export type Truth = boolean | undefined;

/** One glob as an automaton: `steps.length + 1` states in a row, and one more for what lies below. */
export interface Branch {
  /** Code points, or `ANY` for one that is no slash. */
  readonly steps: readonly number[];
  /** What may be skipped before step i, and after all steps. */
  readonly loops: readonly Loop[];
  readonly isDeep: boolean;
}

/** Nothing, anything but a slash, anything. */
type Loop = 0 | 1 | 2;

const IN_SEGMENT = 1;
const ANYTHING = 2;
/** A step that any character but a slash takes. */
export const ANY = -1;
const SLASH = 0x2f;

/** How much work a question may still make. */
export interface Steps {
  left: number;
}

/** The same reading as `compileGlob`, which a test compares it with. */
export function readGlob(glob: string): Pick<Branch, "steps" | "loops"> {
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

/** All branches side by side; states are numbered through. */
export class Automaton {
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
export function searchCounterexample(inner: Automaton, outer: Automaton, steps: Steps): Truth {
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
export function searchCommon(a: Automaton, b: Automaton, steps: Steps): Truth {
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
