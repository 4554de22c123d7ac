import { MICRO } from "../../core/measure.js";
import type { Rule } from "../../policy/index.js";
import type { Asked } from "../asked.js";
import type { Crew, Variant } from "./crew.js";
import type { Field } from "./field.js";
import { MOMENT } from "./openings.js";

/** One kind of action that the attacker uses. */
export interface Hand {
  readonly crew: Crew;
  /** What one action costs of the measure, in micro-units: more than `above`, at most `most` (Infinity: no end). */
  readonly above: number;
  readonly most: number;
}

/** An action that passed. */
export interface Shot {
  readonly atMs: number;
  readonly variant: Variant;
  /** In units of the measure; 1 for `calls`. */
  readonly amount: number;
}

export interface RaidOptions {
  readonly measure: string;
  readonly horizonMs: number;
  /** What cannot be exceeded: nobody tries for more. */
  readonly target: number;
  /** Actions that are carried out at most. */
  readonly maxShots: number;
  /** Actions that it takes, about; next to none where one may be as large as it likes. */
  readonly calls: number;
  /** Spread evenly over the horizon, rather than as soon as possible. */
  readonly evenly: boolean;
}

/** Refusals of too large an amount before a smaller one is not worth it. */
const MAX_HALVINGS = 30;
/** Parts of the whole that are taken one by one when they are spread evenly; and below which nothing is worth it. */
const SHARES = 50;
const CRUMBS = 2_000;
/** Moments at which something is tried. */
const MAX_MOMENTS = 200_000;

/** Takes all that it can get from the field, greedily; `rules` are those of the field. */
export function raid(
  field: Field,
  hands: readonly Hand[],
  rules: readonly Rule[],
  options: RaidOptions,
): readonly Shot[] {
  const raider = new Raider(field, rules, options);
  const { horizonMs, target, evenly, maxShots } = options;
  for (let at = 0, moments = 0; at < horizonMs && moments < MAX_MOMENTS; moments++) {
    field.moveTo(at);
    const quota = evenly ? Math.min(target, (target * (at + 1)) / horizonMs + raider.smallest) : target;
    let next = Infinity;
    for (const hand of hands) next = Math.min(next, raider.fill(hand, at, quota));
    if (target - raider.total < raider.smallest * (1 - 1e-9) || raider.shots.length >= maxShots) break;
    if (evenly && raider.total > quota - raider.smallest) next = (raider.total * horizonMs) / target;
    if (next === Infinity) break;
    at = Math.max(at + MOMENT, Math.ceil(next / MOMENT) * MOMENT);
  }
  return raider.shots;
}

class Raider {
  readonly shots: Shot[] = [];
  total = 0;
  /** The least that is worth an action. */
  readonly smallest: number;
  readonly #field: Field;
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #options: RaidOptions;
  readonly #prepared = new Map<Variant, Asked>();

  constructor(field: Field, rules: readonly Rule[], options: RaidOptions) {
    this.#field = field;
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
    this.#options = options;
    const { measure, target, evenly, calls } = options;
    const share = evenly ? target / (calls < 1e-3 ? SHARES : Math.max(1, calls)) : target / CRUMBS;
    this.smallest = measure === "calls" ? 1 : Math.max(1 / MICRO, share);
  }

  /** Does it as often as it passes now; returns when it may pass again. */
  fill(hand: Hand, at: number, quota: number): number {
    const { crew } = hand;
    let next = Infinity;
    for (let i = 0; i < crew.variants.length; i++) {
      const variant = crew.variants[i]!;
      if (variant.freeAt > at) {
        next = Math.min(next, variant.freeAt);
        continue;
      }
      const refusal = this.#exhaust(hand, variant, at, quota);
      if (refusal === "enough") return Math.min(next, at + 1);
      variant.freeAt = at + (refusal.waitMs ?? Infinity);
      // Waits are told in whole milliseconds: the change that is waited for may come within the last of them.
      const { nextChange, nextOpening } = this.#field;
      const change =
        nextChange > variant.freeAt - 1 || refusal.waitMs === undefined ? nextChange : nextOpening;
      if (change > at) variant.freeAt = Math.min(variant.freeAt, change);
      next = Math.min(next, variant.freeAt);
      const isApart = refusal.rule?.per !== undefined;
      if (!isApart) break;
      // The last one: another name gets a counter of its own.
      if (i === crew.variants.length - 1) crew.another(refusal.rule);
    }
    return next;
  }

  #exhaust(
    hand: Hand,
    variant: Variant,
    at: number,
    quota: number,
  ): "enough" | { readonly rule?: Rule | undefined; readonly waitMs?: number } {
    const { measure, maxShots, target } = this.#options;
    let prepared = this.#prepared.get(variant);
    if (prepared === undefined) this.#prepared.set(variant, (prepared = this.#field.prepare(variant.action)));
    const isCalls = measure === "calls";
    let halvings = 0;
    let amount = isCalls ? 1 : Math.min(hand.most / MICRO, quota - this.total);
    for (;;) {
      if (this.shots.length >= maxShots) return "enough";
      if (quota - this.total < (isCalls ? 1 - 1e-9 : this.smallest)) return "enough";
      amount = Math.min(amount, isCalls ? 1 : quota - this.total);
      const micro = Math.floor(amount * MICRO + 1e-6);
      if (!isCalls && micro <= hand.above) return "enough";
      const said = this.#field.run(isCalls ? prepared : this.#field.priced(prepared, measure, micro));
      if (said.allowed) {
        this.shots.push({ atMs: at, variant, amount: isCalls ? 1 : micro / MICRO });
        this.total += isCalls ? 1 : micro / MICRO;
        continue;
      }
      const rule = said.rule === undefined ? undefined : this.#rules.get(said.rule);
      const isTooMuch =
        !isCalls && (rule?.kind === "size" || (rule?.kind === "budget" && rule.measure === measure));
      const isWorthIt = amount / 2 >= target / CRUMBS && (amount / 2) * MICRO > hand.above + 1;
      if (isTooMuch && isWorthIt && halvings < MAX_HALVINGS) {
        amount /= 2;
        halvings += 1;
        continue;
      }
      return { rule, ...(said.retryAfterMs !== undefined && { waitMs: said.retryAfterMs }) };
    }
  }
}
