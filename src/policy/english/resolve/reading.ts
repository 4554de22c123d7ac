import type { Facet, Facets, Then } from "../facets.js";
import type { Span } from "../lexer.js";
import { Refused } from "./problem.js";

export type Of<K extends Facet["is"]> = Extract<Facet, { readonly is: K }>;

export type Fields = Readonly<Record<string, unknown>>;

/** The smallest part of an amount. */
export const LEAST = 0.000001;

/** The phrases of one reading, and how to ask for them. */
export class Reading {
  readonly facets: Facets;
  readonly frame: Of<"frame">;
  readonly whole: Span;

  constructor(given: Facets) {
    const facets = given.flatMap((facet) => (facet.is === "object" ? [facet, ...facet.facets] : [facet]));
    this.facets = facets;
    const frame = this.all("frame");
    const [first] = frame;
    if (first === undefined || frame.some((other) => other.frame !== first.frame))
      throw new Refused({
        ...spanOf(facets),
        reason: "it says two things at once",
        help: "write one rule a line",
      });
    this.frame = first;
    this.whole = spanOf(facets);
  }

  /** What the sentence says shall happen. */
  outcome(): Then | undefined {
    const found = this.all("then");
    const [first] = found;
    const other = found.find(({ then }) => then !== first?.then);
    if (first !== undefined && other !== undefined)
      this.fail(other, `it says both \`${first.then}\` and \`${other.then}\``, "write one rule for each");
    return first?.then;
  }

  all<K extends Facet["is"]>(is: K): readonly Of<K>[] {
    return this.facets.filter((facet): facet is Of<K> => facet.is === is);
  }

  has(is: Facet["is"]): boolean {
    return this.facets.some((facet) => facet.is === is);
  }

  /** The one phrase of its sort; `what` names it when it has to be there. */
  one<K extends Facet["is"]>(is: K, what?: string): Of<K> | undefined {
    const found = this.all(is);
    const [first] = found;
    const other = found.find((facet) => bare(facet) !== bare(first as Facet));
    if (other !== undefined)
      this.fail(other, "it says the same thing twice, and differently", "write one rule for each");
    if (first === undefined && what !== undefined) this.fail(this.whole, `${what} is missing`);
    return first;
  }

  mustNot(is: Facet["is"], reason: string, help?: string): void {
    const [found] = this.all(is);
    if (found !== undefined) this.fail(found, reason, help);
  }

  fail(near: Span | undefined, reason: string, help?: string, edits?: readonly string[]): never {
    const { start, end } = near ?? this.whole;
    throw new Refused({ start, end, reason, help, ...(edits !== undefined && { edits }) });
  }
}

function bare(facet: Facet): string {
  const { start: _start, end: _end, ...rest } = facet;
  return JSON.stringify(rest);
}

function spanOf(facets: Facets): Span {
  return {
    start: Math.min(...facets.map(({ start }) => start)),
    end: Math.max(...facets.map(({ end }) => end)),
  };
}
