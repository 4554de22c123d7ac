import { identify } from "../../engine/identity.js";
import { describeRule } from "../../policy/english/print.js";
import type { CompiledPolicy, Rule } from "../../policy/index.js";
import { changesBetween } from "./changes.js";
import type { RuleChange } from "./changes.js";
import type { Pair } from "./duel.js";
import { Holders } from "./held.js";
import type { History } from "./history.js";
import type { Counterexample } from "./minimise.js";
import { search } from "./search.js";
import type { Effort, Found } from "./search.js";
import { storyOf } from "./story.js";
import type { Story } from "./story.js";

/** `none found`: no history that was tried tells the two apart, which proves nothing; `same`: they say the same. */
export type Effect = "narrower" | "wider" | "mixed" | "none found" | "same";

/** Two policies, or a change, compared. */
export interface Compared {
  readonly effect: Effect;
  /** A shortest history found that the new one lets go further than the old one. */
  readonly wider: Story | null;
  readonly narrower: Story | null;
  /** Histories that were tried. */
  readonly tried: number;
  /** The time was over before all histories had been tried. */
  readonly isCut: boolean;
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

const SAME: Compared = { effect: "same", wider: null, narrower: null, tried: 0, isCut: false };

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
  const effort: Effort = {
    budgetMs: options.budgetMs ?? 2000,
    seed: options.seed ?? 1,
    now: options.now ?? (() => performance.now()),
  };
  const changes = old.digest === now.digest ? [] : changesBetween(old.rules, now.rules);
  const all = [...old.rules, ...now.rules];
  const holders = new Holders(now.rules, changes);
  const shown: History[] = [];
  const judge = (
    pair: Pair,
    focus: readonly Rule[],
    within: Effort,
    likely: readonly History[],
  ): Compared => {
    const found = search(pair, focus, all, within, likely);
    for (const example of [found.wider, found.narrower]) if (example !== null) shown.push(example.history);
    return compared(pair, found);
  };
  const judged = changes.map((change, i): DiffChange => {
    const focus = [change.old, change.new].filter((rule) => rule !== null);
    const { id } = focus.at(-1)!;
    onChange?.(i / (changes.length + 1), id);
    const half = { ...effort, budgetMs: effort.budgetMs / 2 };
    const lone: Pair = { old: listed(change.old), new: listed(change.new) };
    const byItself = search(lone, focus, all, half);
    // What tells the rule's two forms apart by itself is the likeliest to do so beside others.
    const likely = [byItself.wider, byItself.narrower].flatMap((example) => example?.history ?? []);
    const pair: Pair = { old: old.rules, new: withChange(old.rules, change) };
    const beside = judge(pair, focus, half, likely);
    const alone = beside.effect === "none found" ? compared(lone, byItself) : null;
    return {
      ...{ what: change.what, id },
      old: change.old && describeRule(change.old),
      new: change.new && describeRule(change.new),
      keepsCounting:
        change.old !== null && change.new !== null && identify([change.old])[0] === identify([change.new])[0],
      ...beside,
      alone,
      heldBy: isWiderIn(beside) || isWiderIn(alone) ? holders.of(change) : null,
    };
  });
  onChange?.(changes.length / (changes.length + 1), "all together");
  const focus = changes.flatMap(({ old: before, new: after }) =>
    [before, after].filter((rule) => rule !== null),
  );
  const whole = changes.length === 0 ? SAME : judge({ old: old.rules, new: now.rules }, focus, effort, shown);
  return {
    old: { digest: old.digest, rules: old.rules.length },
    new: { digest: now.digest, rules: now.rules.length },
    whole,
    changes: judged,
    isWider:
      isWiderIn(whole) ||
      judged.some((each) => each.heldBy === null && (isWiderIn(each) || isWiderIn(each.alone))),
  };
}

function isWiderIn(compared: Compared | null): boolean {
  return compared !== null && compared.wider !== null;
}

function compared(pair: Pair, { wider, narrower, tried, isCut }: Found): Compared {
  const effect =
    wider === null ? (narrower === null ? "none found" : "narrower") : narrower === null ? "wider" : "mixed";
  const told = (example: Counterexample | null): Story | null => example && storyOf(pair, example);
  return { effect, wider: told(wider), narrower: told(narrower), tried, isCut };
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
