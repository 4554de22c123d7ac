import type { Match, Rule } from "../../policy/index.js";
import { argTest, mentionsTest, tagTest } from "../../policy/value-tests.js";

type Clause = Omit<Match, "except">;

/**
 * For each test on values, the answer that lets more through: what restricts then does not apply, and an exception
 * does. A test whose two uses pull both ways is not in it.
 */
export function mildestAnswers(rules: readonly Rule[]): ReadonlyMap<string, boolean> {
  const mildest = new Map<string, boolean>();
  const torn = new Set<string>();
  const meet = (clause: Clause, answer: boolean): void => {
    for (const key of keysOf(clause)) {
      if (mildest.has(key) && mildest.get(key) !== answer) torn.add(key);
      mildest.set(key, answer);
    }
  };
  for (const rule of rules) {
    const isAllowList = rule.kind === "access" && rule.effect === "allow";
    const { except = [], ...clause } = rule.match ?? {};
    meet(clause, isAllowList);
    for (const exception of except) meet(exception, !isAllowList);
  }
  for (const key of torn) mildest.delete(key);
  return mildest;
}

function keysOf({ tags = {}, args = {}, mentions }: Clause): string[] {
  return [
    ...Object.entries(tags).map(([name, globs]) => tagTest(name, globs).key),
    ...Object.entries(args).map(([path, condition]) => argTest(path, condition).key),
    ...(mentions === undefined ? [] : [mentionsTest(mentions).key]),
  ];
}
