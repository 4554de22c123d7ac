import { identify } from "../../engine/identity.js";
import { describeRule } from "../../policy/english/print.js";
import type { CompiledPolicy, Rule } from "../../policy/index.js";
import { changesBetween } from "./changes.js";
import type { RuleChange } from "./changes.js";
import type { Pair } from "./duel.js";
import { Holders } from "./held.js";
import type { History } from "./history.js";
import type { Counterexample } from "./minimise.js";
import { proofOf } from "./proof.js";
import type { Proof } from "./proof.js";
import { isReached } from "./reach.js";
import { search } from "./search.js";
import type { Effort, Found } from "./search.js";
import { storyOf } from "./story.js";
import type { Story } from "./story.js";

/**
 * `none found`: no history that was tried tells the two apart, which proves nothing; `not known`: and those that would
 * have been likely to were not tried; `same`: they say the same.
 */
export type Effect = "narrower" | "wider" | "mixed" | "none found" | "not known" | "same";

/** The time was over before all histories that were thought out had been tried, or none counts up to such numbers. */
export type Missed = "time" | "numbers";

/** Two policies, or a change, compared. */
export interface Compared {
  readonly effect: Effect;
  /** A shortest history found that the new one lets go further than the old one. */
  readonly wider: Story | null;
  readonly narrower: Story | null;
  /** Histories that were tried. */
  readonly tried: number;
  /** The time was over before all histories had been tried, or one that was found had been made as short as can be. */
  readonly isCut: boolean;
  /** Why a history in which more happens may have been missed; empty: one was found, or there is no such reason. */
  readonly missed: readonly Missed[];
  /** The effect follows from the rules themselves: no history shows it. */
  readonly isProven: boolean;
}

/** One rule that is not what it was. */
export interface DiffChange extends Compared {
  readonly what: RuleChange["what"];
  readonly id: string;
  /** The rule in English; null: it was not there, or is not any more. */
  readonly old: string | null;
  readonly new: string | null;
  /** Only the limit or the answer differs: what was counted stays counted. */
  readonly keepsCounting: boolean;
  /** The rule by itself, where nothing shows beside the other rules; null where something does. */
  readonly alone: Compared | null;
  /**
   * Where it is wider, beside the old rules or by itself: ids of rules of the new policy that are proven to hold all
   * that the old rule held, so that the policy does not become wider by it. Null: it is not wider, or nothing is proven.
   */
  readonly heldBy: readonly string[] | null;
}

export interface PolicyDiff {
  readonly old: { readonly digest: string; readonly rules: number };
  readonly new: { readonly digest: string; readonly rules: number };
  /** All changes together. */
  readonly whole: Compared;
  readonly changes: readonly DiffChange[];
  /** The policy lets more happen, or may: a change is wider, beside the old rules or by itself, and nothing is proven to hold it. */
  readonly isWider: boolean;
  /** What was tried could have shown that the policy lets more happen, or it is proven that it does not. */
  readonly isKnown: boolean;
}

export interface DiffOptions {
  /** Milliseconds for each change, and for the whole; 2,000 when absent. */
  readonly budgetMs?: number | undefined;
  /** What the random histories follow from; 1 when absent. */
  readonly seed?: number | undefined;
  /** Hears before each search what is looked at, and how far it is, from 0 to 1. */
  readonly onChange?: ((share: number, id: string) => void) | undefined;
  /** A clock in ms that only goes on; the machine's when absent. */
  readonly now?: (() => number) | undefined;
}

const SAME: Compared = {
  ...{ effect: "same", wider: null, narrower: null, tried: 0, isCut: false },
  ...{ missed: [], isProven: false },
};

/**
 * Says of each change between two policies whether it lets more happen or less, with a history that shows it. Each is
 * judged beside the other rules of the old policy, and then all together; the answers are those of the real engine.
 *
 * @throws ReinError `unsupported_rule`
 */
export function diffPolicies(
  old: CompiledPolicy,
  now: CompiledPolicy,
  options: DiffOptions = {},
): PolicyDiff {
  const { onChange } = options;
  const changes = old.digest === now.digest ? [] : changesBetween(old.rules, now.rules);
  const judge = new Judge({ old: old.rules, new: now.rules }, changes, options);
  const judged = changes.map((change, i) => {
    onChange?.(i / (changes.length + 1), idOf(change));
    return judge.one(change);
  });
  onChange?.(changes.length / (changes.length + 1), "all together");
  const whole = judge.whole(judged);
  return {
    old: { digest: old.digest, rules: old.rules.length },
    new: { digest: now.digest, rules: now.rules.length },
    whole,
    changes: judged,
    isWider:
      isWiderIn(whole) ||
      judged.some((each) => each.heldBy === null && (isWiderIn(each) || isWiderIn(each.alone))),
    isKnown:
      isTold(whole) && judged.every((each) => each.heldBy !== null || (isTold(each) && isTold(each.alone))),
  };
}

/** Judges the changes between two policies, one after the other, and then all together. */
class Judge {
  readonly #pair: Pair;
  readonly #changes: readonly RuleChange[];
  readonly #effort: Effort;
  readonly #all: readonly Rule[];
  readonly #holders: Holders;
  readonly #proofs = new Map<RuleChange, Proof>();
  /** Histories that told something apart: the likeliest to do so again. */
  readonly #shown: History[] = [];

  constructor(pair: Pair, changes: readonly RuleChange[], options: DiffOptions) {
    const { budgetMs = 2000, seed = 1, now = () => performance.now() } = options;
    this.#pair = pair;
    this.#changes = changes;
    this.#effort = { budgetMs, seed, now };
    this.#all = [...pair.old, ...pair.new];
    this.#holders = new Holders(pair.new, changes);
  }

  one(change: RuleChange): DiffChange {
    const focus = rulesOf(change);
    const proof = proofOf(change);
    this.#proofs.set(change, proof);
    const half = { ...this.#effort, budgetMs: this.#effort.budgetMs / 2 };
    const lone: Pair = { old: listed(change.old), new: listed(change.new) };
    const byItself = search(lone, focus, this.#all, half);
    const pair: Pair = { old: this.#pair.old, new: withChange(this.#pair.old, change) };
    // What tells the rule's two forms apart by itself is the likeliest to do so beside others.
    const beside = this.#compare(pair, focus, half, { proof, likely: historiesIn(byItself) });
    const isShown = beside.wider !== null || beside.narrower !== null;
    const alone = isShown ? null : compared(lone, byItself, missedBy(byItself, focus), proof);
    const mayBeWider = [beside, alone].some((each) => isWiderIn(each) || !isTold(each));
    return {
      ...{ what: change.what, id: idOf(change) },
      old: change.old && describeRule(change.old),
      new: change.new && describeRule(change.new),
      keepsCounting: keepsCounting(change),
      ...beside,
      alone,
      heldBy: mayBeWider ? this.#holders.of(change) : null,
    };
  }

  /** @param judged the changes one by one */
  whole(judged: readonly DiffChange[]): Compared {
    if (this.#changes.length === 0) return SAME;
    const proofs = this.#changes.map((change) => this.#proofs.get(change)!);
    const proof: Proof = {
      neverWider: proofs.every(({ neverWider }, i) => neverWider || judged[i]!.heldBy !== null),
      neverNarrower: proofs.every(({ neverNarrower }) => neverNarrower),
    };
    const focus = this.#changes.flatMap(rulesOf);
    const whole = this.#compare(this.#pair, focus, this.#effort, { proof, likely: this.#shown });
    // A single change was tried beside the other rules before: nothing else is tried here.
    const isTried = judged.length === 1 && whole.wider === null && judged[0]!.missed.length === 0;
    if (!isTried) return whole;
    return { ...whole, effect: whole.effect === "not known" ? judged[0]!.effect : whole.effect, missed: [] };
  }

  #compare(pair: Pair, focus: readonly Rule[], effort: Effort, { proof, likely }: Known): Compared {
    const found = search(pair, focus, this.#all, effort, likely);
    this.#shown.push(...historiesIn(found));
    return compared(pair, found, missedBy(found, focus), proof);
  }
}

/** What is known before a search. */
interface Known {
  readonly proof: Proof;
  readonly likely: readonly History[];
}

function missedBy({ isUntold }: Found, focus: readonly Rule[]): readonly Missed[] {
  return [
    ...(isUntold ? (["time"] as const) : []),
    ...(focus.every(isReached) ? [] : (["numbers"] as const)),
  ];
}

function historiesIn({ wider, narrower }: Found): readonly History[] {
  return [wider, narrower].flatMap((example) => example?.history ?? []);
}

/** The rule as it was and as it is. */
function rulesOf({ old, new: now }: RuleChange): readonly Rule[] {
  return [...listed(old), ...listed(now)];
}

function idOf(change: RuleChange): string {
  return rulesOf(change).at(-1)!.id;
}

function keepsCounting({ old, new: now }: RuleChange): boolean {
  return old !== null && now !== null && identify([old])[0] === identify([now])[0];
}

function isWiderIn(compared: Compared | null): boolean {
  return compared !== null && (compared.wider !== null || compared.effect === "wider");
}

/** Nothing that may be wider was left untried. */
function isTold(compared: Compared | null): boolean {
  return compared === null || isWiderIn(compared) || compared.missed.length === 0;
}

function compared(
  pair: Pair,
  { wider, narrower, tried, isCut }: Found,
  missed: readonly Missed[],
  { neverWider, neverNarrower }: Proof,
): Compared {
  const isUnshown = wider === null && narrower === null && missed.length > 0;
  const proven = neverWider
    ? neverNarrower
      ? "none found"
      : "narrower"
    : neverNarrower
      ? "wider"
      : "not known";
  const effect = isUnshown ? proven : effectOf(wider, narrower);
  const told = (example: Counterexample | null): Story | null => example && storyOf(pair, example);
  return {
    ...{ effect, wider: told(wider), narrower: told(narrower), tried, isCut },
    missed: wider === null && !neverWider ? missed : [],
    isProven: isUnshown && effect !== "not known",
  };
}

function effectOf(wider: Counterexample | null, narrower: Counterexample | null): Effect {
  if (wider === null) return narrower === null ? "none found" : "narrower";
  return narrower === null ? "wider" : "mixed";
}

/** The old rules with one change made. */
function withChange(rules: readonly Rule[], { old, new: now }: RuleChange): readonly Rule[] {
  const others = rules.filter((rule) => rule !== old);
  if (now === null) return others;
  // Another rule may have the id of the one that is added: ids only name here.
  const taken = others.some(({ id }) => id === now.id);
  const rule = taken ? { ...now, id: `${now.id} (new)` } : now;
  return [...others, rule].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function listed(rule: Rule | null): readonly Rule[] {
  return rule === null ? [] : [rule];
}
