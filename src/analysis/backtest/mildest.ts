import type { Match, Rule } from "../../policy/index.js";
import { argTest, mentionsTest, tagTest } from "../../policy/value-tests.js";
import type { ValueTest } from "../../policy/value-tests.js";

type Clause = Omit<Match, "except">;

/** A test on values as one policy asks it. */
interface MildUse {
  /** The same test under the name that records have for it. */
  readonly test: ValueTest;
  /** The answer that lets more through. */
  readonly answer: boolean;
}

/** A policy that lets through what it can where nobody recorded an answer. */
export interface Mildest {
  readonly rules: readonly Rule[];
  /** By the keys of the tests that these rules ask. */
  readonly uses: ReadonlyMap<string, MildUse>;
}

/**
 * The same rules, and for each of their tests on values the answer that lets more through: what restricts then does
 * not apply, and an exception does. No one answer does both, so a test that is asked both ways goes by a name of its
 * own where it lets through.
 */
export function mildestOf(rules: readonly Rule[]): Mildest {
  const uses = new Map<string, MildUse>();
  const stopping = (clause: Clause): Clause => {
    for (const test of testsOf(clause)) uses.set(test.key, { test, answer: false });
    return clause;
  };
  const lettingThrough = (clause: Clause): Clause => {
    const named = namedApart(clause, uses);
    const tests = testsOf(named);
    testsOf(clause).forEach((test, i) => uses.set(tests[i]!.key, { test, answer: true }));
    return named;
  };
  // Before the others get their names it must be known which are taken.
  for (const rule of rules) eachClause(rule, stopping, (clause) => clause);
  return { rules: rules.map((rule) => eachClause(rule, stopping, lettingThrough)), uses };
}

/** The rule with each clause of its match as the function for it returns it. */
function eachClause(
  rule: Rule,
  stopping: (clause: Clause) => Clause,
  lettingThrough: (clause: Clause) => Clause,
): Rule {
  if (rule.match === undefined) return rule;
  const isAllowList = rule.kind === "access" && rule.effect === "allow";
  const [within, without] = isAllowList ? [lettingThrough, stopping] : [stopping, lettingThrough];
  const { except, ...clause } = rule.match;
  return { ...rule, match: { ...within(clause), ...(except && { except: except.map(without) }) } };
}

/** The clause with tests of other names, and of no meaning, for those whose keys are taken by a use that stops. */
function namedApart(clause: Clause, uses: ReadonlyMap<string, MildUse>): Clause {
  const { tags, args, mentions } = clause;
  const apart = <T>(test: ValueTest, asked: T): T | readonly string[] =>
    uses.get(test.key)?.answer === false ? [test.key] : asked;
  return {
    ...clause,
    ...(tags && { tags: mapped(tags, (name, globs) => apart(tagTest(name, globs), globs)) }),
    ...(args && { args: mapped(args, (path, asked) => apart(argTest(path, asked), asked)) }),
    ...(mentions && { mentions: apart(mentionsTest(mentions), mentions) }),
  };
}

function mapped<T, U>(
  values: Readonly<Record<string, T>>,
  to: (name: string, value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(name, value)]));
}

function testsOf({ tags = {}, args = {}, mentions }: Clause): ValueTest[] {
  return [
    ...Object.entries(tags).map(([name, globs]) => tagTest(name, globs)),
    ...Object.entries(args).map(([path, condition]) => argTest(path, condition)),
    ...(mentions === undefined ? [] : [mentionsTest(mentions)]),
  ];
}
