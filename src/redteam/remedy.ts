import { PolicyError } from "../core/errors.js";
import { compilePolicy } from "../policy/index.js";
import type { CompiledPolicy } from "../policy/index.js";
import type { Attack } from "./attack.js";

/** What came of adding the remedy of a missed attack to the policy. */
export interface Remedied {
  /** Id of the attack. */
  readonly attack: string;
  /** What the policy lacks of the remedy; none: it has all of it. */
  readonly sentences: readonly string[];
  /** With them it contains the attack, for each seed with which it was missed. */
  readonly contains: boolean;
}

/** The policy's rules, each as a sentence. */
export function sentencesOf(
  policy: CompiledPolicy,
): readonly { readonly id: string; readonly sentence: string }[] {
  const lines = policy.explain().split("\n");
  // A line is the rule's id, a colon, and its sentence.
  return policy.rules.map(({ id }, i) => ({ id, sentence: lines[i]!.slice(id.length + 2) }));
}

/** The sentences of a remedy that the policy does not have, in other words neither. */
export function lacking(policy: CompiledPolicy, remedy: string): readonly string[] {
  const present = new Set(sentencesOf(policy).map(({ sentence }) => sentence));
  const compiled = compilePolicy(remedy);
  return sentencesOf(compiled)
    .map(({ sentence }, i) => ({ sentence, origin: compiled.origins[i]! }))
    .sort((a, b) => a.origin.index - b.origin.index)
    .filter(({ sentence }) => !present.has(sentence))
    .map(({ sentence, origin }) => origin.sentence ?? sentence);
}

/** The policy with sentences more; null where it takes no more rules. */
export function withSentences(policy: CompiledPolicy, sentences: readonly string[]): CompiledPolicy | null {
  try {
    return compilePolicy({ rules: [...policy.rules, ...sentences] }, { allowReserved: true });
  } catch (error) {
    if (!PolicyError.isInstance(error)) throw error;
    return null;
  }
}

/** Attacks that were missed, with the seeds with which they were. */
export function missedSeeds(
  trials: readonly {
    readonly attack: Attack;
    readonly seed: number;
    readonly contained: boolean;
    readonly problem?: string;
  }[],
): ReadonlyMap<Attack, readonly number[]> {
  const seeds = new Map<Attack, number[]>();
  for (const { attack, seed, contained, problem } of trials) {
    if (contained || problem !== undefined) continue;
    const others = seeds.get(attack);
    if (others === undefined) seeds.set(attack, [seed]);
    else others.push(seed);
  }
  return seeds;
}
