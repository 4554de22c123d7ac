import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../src/index.js";
import type { Rule } from "../../src/index.js";
import { CORPUS } from "./corpus/index.js";
import { isSameRule } from "./verdict.js";

/** Sentences that can be read, with the rule they become; each once. */
const READ = new Map(
  Object.values(CORPUS)
    .flat()
    .flatMap(({ text, duty }): [string, Rule][] => {
      const rule = duty === "refuse" ? undefined : read(text);
      return rule === undefined ? [] : [[text, rule]];
    }),
);

describe("every word of a sentence counts", () => {
  test("a word that nobody knows is refused, or the name of something", () => {
    const lost = mutants((words, i) => [...words.slice(0, i), "zorbly", ...words.slice(i)], 2).filter(
      ({ rule }) => !JSON.stringify(rule).includes("zorbl"),
    );
    expect(lost.map(({ text }) => text)).toEqual([]);
  });

  test.each([
    ...["not", "no"].map((word) => [word, 1] as const),
    ...["never", "without", "unless", "except", "excluding", "instead of"].map((word) => [word, 3] as const),
    ...["maybe", "usually", "almost", "nearly", "half", "twice"].map((word) => [word, 5] as const),
  ])("with `%s` anywhere it says something else (one sentence in %i)", (word, share) => {
    const deaf = mutants((words, i) => [...words.slice(0, i), word, ...words.slice(i)], share).filter(
      ({ rule, original }) => isSameRule(rule, original),
    );
    expect(deaf.map(({ text }) => text)).toEqual([]);
  });

  test("another number is another rule", () => {
    const deaf = mutants((words, i) => {
      const other = words[i]?.replace(/[1-9]/, (digit) => String((Number(digit) % 9) + 1));
      return other === words[i] || other === undefined ? [] : words.with(i, other);
    }).filter(({ rule, original }) => isSameRule(rule, original));
    expect(deaf.map(({ text }) => text)).toEqual([]);
  });

  test.each([
    ["second", "minute"],
    ["minute", "hour"],
    ["hour", "day"],
    ["day", "week"],
    ["minutes", "hours"],
    ["seconds", "minutes"],
    ["most", "least"],
    ["more", "fewer"],
    ["below", "above"],
    ["over", "under"],
    ["weekdays", "weekends"],
    ["production", "staging"],
    ["percent", "dollars"],
  ])("`%s` is not `%s`", (word, other) => {
    const deaf = mutants((words, i) => (words[i] === word ? words.with(i, other) : [])).filter(
      ({ rule, original }) => isSameRule(rule, original),
    );
    expect(deaf.map(({ text }) => text)).toEqual([]);
  });
});

interface Mutant {
  readonly text: string;
  readonly rule: Rule;
  readonly original: Rule;
}

/** Every change of one in so many sentences that can still be read; `change` says no with an empty list. */
function mutants(change: (words: string[], at: number) => readonly string[], share = 1): Mutant[] {
  return [...READ].flatMap(([text, original], n) => {
    if (n % share !== 0) return [];
    const words = text.split(" ");
    return Array.from({ length: words.length + 1 }, (_, i) => change(words, i)).flatMap(
      (changed): Mutant[] => {
        const mutant = changed.join(" ");
        const rule = changed.length === 0 || mutant === text ? undefined : read(mutant);
        return rule === undefined ? [] : [{ text: mutant, rule, original }];
      },
    );
  });
}

function read(text: string): Rule | undefined {
  return compilePolicy([text], { partial: true }).rules[0];
}
