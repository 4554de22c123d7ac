import type { Rule } from "../../policy/index.js";
import type { TrialAction } from "../asked.js";
import type { Adversary } from "./keys.js";
import type { Disguise } from "./disguises.js";

/** The names that an attacker can act under with one kind of action. */
export interface Names {
  /** Sources that the host gave it, or their sub-agents: one for each. */
  readonly sources: readonly string[];
  /** Series that it can call; where it can make up more, they are made from the first. */
  readonly series: readonly string[];
  readonly disguise: Disguise;
}

/** One way of carrying out the same kind of action: with counters of its own where a rule keeps them apart. */
export interface Variant {
  readonly action: TrialAction;
  /** Virtual time from which on it may pass again. */
  freeAt: number;
}

/** More are not made. */
const MAX_VARIANTS = 20_000;

/**
 * The variants of one kind of action. It begins with one, and makes another only when a rule refuses that counts the
 * two apart: who needs few names is not taken for somebody who tries names out.
 */
export class Crew {
  readonly variants: Variant[] = [];
  readonly #names: Names;
  readonly #adversary: Adversary;
  /** Tags of which each value is counted apart, for each the number of the last value in use. */
  readonly #values = new Map<string, number>();
  #source = 0;
  #series = 0;

  constructor(names: Names, rules: readonly Rule[], adversary: Adversary) {
    this.#names = names;
    this.#adversary = adversary;
    const tags = new Set(rules.flatMap(({ per = [] }) => per.filter((each) => each.startsWith("tag:"))));
    for (const tag of tags) this.#values.set(tag.slice("tag:".length), 0);
    this.#add();
  }

  /** One more variant with a counter of its own in a rule; null: the agent has no further name to give. */
  another(rule: Rule): Variant | null {
    if (this.variants.length >= MAX_VARIANTS) return null;
    for (const per of [...(rule.per ?? [])].sort().reverse()) {
      if (per === "series" && this.#series + 1 < this.#names.series.length) {
        this.#series += 1;
        return this.#add();
      }
      if (per === "source" && this.#source + 1 < this.#names.sources.length) {
        this.#source += 1;
        return this.#add();
      }
      if (!per.startsWith("tag:")) continue;
      const tag = per.slice("tag:".length);
      const next = this.#values.get(tag)! + 1;
      if (next >= (this.#adversary.tagValues.get(tag) ?? Infinity)) continue;
      this.#values.set(tag, next);
      return this.#add();
    }
    return null;
  }

  #add(): Variant {
    const { sources, series, disguise } = this.#names;
    const tags = new Map(Object.entries(disguise.tags));
    for (const [tag, value] of this.#values) if (!tags.has(tag)) tags.set(tag, `v${value}`);
    const { args, cost } = disguise;
    const action: TrialAction = {
      source: sources[this.#source]!,
      series: series[this.#series]!,
      cost,
      ...(tags.size > 0 && { tags: Object.fromEntries(tags) }),
      ...(Object.keys(args).length > 0 && { args }),
    };
    const variant = { action, freeAt: 0 };
    this.variants.push(variant);
    return variant;
  }
}
