import type { Language } from "./globs.js";
import type { RuleView } from "./rule-view.js";

/**
 * Finds the rules that may apply to all that another one applies to, so that not every pair of a large policy has to be
 * compared. A rule whose names all begin in a known way can only contain one whose example begins so.
 */
export class RuleIndex {
  readonly #open: number[] = [];
  readonly #bySeries = new Map<string, number[]>();
  readonly #bySource = new Map<string, number[]>();
  readonly #views: readonly RuleView[];

  constructor(views: readonly RuleView[]) {
    this.#views = views;
    views.forEach(({ clause: { series, source } }, place) => {
      const [ofSeries, ofSource] = [beginnings(series), beginnings(source)];
      if (ofSeries === null && ofSource === null) this.#open.push(place);
      else if (ofSource === null || (ofSeries !== null && shortest(ofSeries) >= shortest(ofSource)))
        for (const text of ofSeries!) put(this.#bySeries, text, place);
      else for (const text of ofSource) put(this.#bySource, text, place);
    });
  }

  /** All that may contain the rule, itself among them, in their order. */
  around({ clause }: RuleView): RuleView[] {
    const places = new Set(this.#open);
    look(this.#bySeries, clause.series, places);
    look(this.#bySource, clause.source, places);
    return [...places].sort((a, b) => a - b).map((place) => this.#views[place]!);
  }
}

function look(index: ReadonlyMap<string, readonly number[]>, { samples }: Language, into: Set<number>): void {
  const [sample = ""] = samples;
  if (index.size === 0) return;
  for (let end = 1; end <= sample.length; end++)
    for (const place of index.get(sample.slice(0, end)) ?? []) into.add(place);
}

/** How the texts of a language begin; null where that is not known of all of them. */
function beginnings({ branches, globs, isOpaque }: Language): string[] | null {
  if (globs === null || isOpaque) return null;
  const texts = new Set<string>();
  for (const { steps, loops } of branches) {
    let text = "";
    for (let i = 0; i < steps.length && loops[i] === 0 && steps[i]! >= 0; i++)
      text += String.fromCodePoint(steps[i]!);
    if (text === "") return null;
    texts.add(text);
  }
  return [...texts];
}

function shortest(texts: readonly string[]): number {
  return texts.reduce((least, { length }) => Math.min(least, length), Infinity);
}

function put(index: Map<string, number[]>, text: string, place: number): void {
  const places = index.get(text);
  if (places === undefined) index.set(text, [place]);
  else places.push(place);
}
