import { describe, expect, test } from "vitest";
import { PolicyError, type PolicyIssue } from "../core/errors.js";
import { compilePolicy, MAX_RULES, type PolicyInput } from "./compile.js";
import type { RuleInput } from "./schema.js";

const rate: RuleInput = { kind: "rate", limit: 8, window: "1s", burst: 16, per: "source" };
const deny: RuleInput = { id: "no-deletes", kind: "access", effect: "deny", match: { series: "delete_*" } };

function issuesOf(input: unknown): readonly PolicyIssue[] {
  try {
    compilePolicy(input as PolicyInput);
  } catch (error) {
    if (PolicyError.isInstance(error)) return error.issues;
    throw error;
  }
  throw new Error("the policy was accepted");
}

describe("compilePolicy", () => {
  test("a rule comes out with its id, its defaults and its short forms written out", () => {
    const [rule] = compilePolicy([
      { ...rate, window: "1000ms", match: { source: "a", except: { series: ["y", "x", "y"] } } },
    ]).rules;
    expect(rule).toEqual({
      id: "rate-1",
      kind: "rate",
      limit: 8,
      window: "1s",
      burst: 16,
      per: ["source"],
      then: "block",
      match: { source: ["a"], except: [{ series: ["x", "y"] }] },
    });
  });

  test("a rule, a list of one and an object with rules are the same policy", () => {
    const digests = [rate, [rate], { rules: [rate] }].map((input) => compilePolicy(input).digest);
    expect(new Set(digests).size).toBe(1);
    expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("a compiled policy is returned as it is, and its rules compile to the same digest", () => {
    const policy = compilePolicy([rate, deny]);
    expect(compilePolicy(policy)).toBe(policy);
    expect(compilePolicy(policy.rules).digest).toBe(policy.digest);
    expect(compilePolicy({ ...policy }).digest).toBe(policy.digest);
  });

  test("the order of rules with ids does not change the digest; a limit does", () => {
    const named = { ...rate, id: "r" };
    expect(compilePolicy([named, deny]).digest).toBe(compilePolicy([deny, named]).digest);
    expect(compilePolicy([{ ...named, limit: 9 }, deny]).digest).not.toBe(
      compilePolicy([named, deny]).digest,
    );
  });

  test("rules are sorted by id, missing ids are counted per kind and skip those in use", () => {
    const policy = compilePolicy([rate, { ...rate, id: "rate-2" }, rate, deny]);
    expect(policy.rules.map(({ id }) => id)).toEqual(["no-deletes", "rate-1", "rate-2", "rate-3"]);
  });

  test("a policy cannot be changed, neither through itself nor through what it was made of", () => {
    const source = { kind: "rate" as const, limit: 8, window: "1s", match: { series: ["a"] } };
    const policy = compilePolicy([source]);
    source.match.series.push("b");
    source.limit = 1000;
    expect(policy.rules[0]).toMatchObject({ limit: 8, match: { series: ["a"] } });
    const series = policy.rules[0]?.match?.series as string[];
    expect(() => series.push("x")).toThrow(TypeError);
    expect(() => Object.assign(policy, { digest: "" })).toThrow(TypeError);
    expect(() => (policy.rules as unknown[]).push(rate)).toThrow(TypeError);
  });

  test("explain says one line per rule, by id", () => {
    expect(compilePolicy([rate, deny]).explain()).toBe(
      [
        "no-deletes: Never allow actions where the tool is `delete_*`",
        "rate-1: Cap each agent at 8 actions per second with bursts of 16",
      ].join("\n"),
    );
    expect(compilePolicy([]).explain()).toBe("");
  });

  test("every issue of every rule is reported at once", () => {
    const issues = issuesOf([{ kind: "rate", limit: -1, window: "0s", foo: 1 }, rate, { kind: "rat" }, null]);
    expect(issues.map(({ index, path }) => [index, path])).toEqual([
      [0, "limit"],
      [0, "window"],
      [0, "foo"],
      [2, "kind"],
      [3, ""],
    ]);
  });

  test("two rules with one id are refused, and so are reserved ids", () => {
    expect(issuesOf([deny, rate, deny])[0]).toMatchObject({
      index: 2,
      path: "id",
      message: expect.stringContaining("rule 1") as string,
    });
    expect(issuesOf([{ ...deny, id: "builtin:x" }])[0]?.message).toContain("builtin:");
    const policy = compilePolicy([{ ...deny, id: "builtin:x" }], { allowReserved: true });
    expect(policy.rules[0]?.id).toBe("builtin:x");
  });

  test("sentences and data are one policy, and it does not matter which is which", () => {
    const cap = "Cap each caller at 8 requests per second with bursts of 16";
    const data = compilePolicy([rate, { ...deny, id: "access-1" }]);
    expect(compilePolicy(`# a comment\n${cap}\n\nNever allow \`delete_*\``).digest).toBe(data.digest);
    expect(compilePolicy(["Never allow `delete_*`", rate]).digest).toBe(data.digest);
  });

  test("a sentence that no rule can be made of is refused with its place and what to write", () => {
    const [issue, ...others] = issuesOf(
      "Never allow `delete_*`\nCap each caller at 8 requests\n# a comment\n",
    );
    expect(issue).toMatchObject({ index: 1, path: "" });
    expect(issue?.didYouMean).toContain("Cap each agent at 8 actions per day");
    expect(others).toEqual([]);
    expect(issuesOf(["a", "b"])).toHaveLength(2);
  });

  test("partial keeps what can be read and lists the rest with its place", () => {
    const bad = { kind: "rate", limit: -1, window: "1s" } as const;
    const policy = compilePolicy(["Cap it", rate, bad, deny], { partial: true });
    expect(policy.rules.map(({ id }) => id)).toEqual(["no-deletes", "rate-1"]);
    expect(policy.unparsed).toMatchObject([
      { line: "Cap it", index: 0 },
      {
        line: '{"kind":"rate","limit":-1,"window":"1s"}',
        index: 2,
        reason: expect.stringContaining("`limit`") as string,
      },
    ]);
    expect(compilePolicy([rate]).unparsed).toEqual([]);
  });

  test("partial never keeps a rule whose id is taken", () => {
    const policy = compilePolicy([deny, { ...deny, effect: "allow" }], { partial: true });
    expect(policy.rules).toMatchObject([{ effect: "deny" }]);
    expect(policy.unparsed).toHaveLength(1);
  });

  test("what is no policy is refused as a whole", () => {
    for (const input of [
      undefined,
      null,
      5,
      true,
      "",
      "  \n# only a comment",
      { rules: 5 },
      { rules: [], other: 1 },
    ]) {
      expect(issuesOf(input)).toMatchObject([{ index: -1 }]);
    }
  });

  test("a hole in a list is a bad rule and not nothing", () => {
    expect(issuesOf([rate, , deny])).toMatchObject([{ index: 1 }]);
  });

  test("ten thousand rules are a policy, one more is not", () => {
    const rules = Array.from({ length: MAX_RULES }, () => deny).map((rule, i) => ({ ...rule, id: `r${i}` }));
    expect(compilePolicy(rules).rules).toHaveLength(MAX_RULES);
    expect(issuesOf([...rules, rate])).toMatchObject([{ index: -1 }]);
  });
});

describe("names from outside", () => {
  test("the key __proto__ is refused wherever it stands, and changes nothing", () => {
    for (const text of [
      '{"kind":"access","effect":"deny","match":{"tags":{"__proto__":"x"}}}',
      '{"kind":"access","effect":"deny","__proto__":{"id":"x"}}',
      '{"kind":"access","effect":"deny","match":{"costOver":{"usd":1,"__proto__":1}}}',
      '{"kind":"access","effect":"deny","match":{"args":{"a":{"__proto__":1,"over":1}}}}',
    ]) {
      expect(issuesOf([JSON.parse(text)])).toMatchObject([
        { index: 0, message: expect.stringContaining("__proto__") as string },
      ]);
    }
    expect(({} as { id?: string }).id).toBeUndefined();
  });

  test("fields that an object inherits do not count, and class instances are refused", () => {
    const inherited = Object.create({ kind: "access", effect: "deny" }) as unknown;
    class Rule {
      kind = "access";
      effect = "deny";
    }
    for (const rule of [inherited, new Rule(), new Map(), new Date()])
      expect(issuesOf([rule])[0]?.index).toBe(0);
    expect(
      compilePolicy([Object.assign(Object.create(null) as object, deny) as RuleInput]).rules,
    ).toHaveLength(1);
  });

  test("names such as constructor and toString are plain names", () => {
    const match = {
      tags: { constructor: "x", toString: "y", hasOwnProperty: "z" },
      costOver: { valueOf: 1 },
      args: { "constructor.name": "x" },
    };
    const [rule] = compilePolicy([{ ...deny, match }]).rules;
    expect(Object.keys(rule?.match?.tags ?? {})).toEqual(["constructor", "toString", "hasOwnProperty"]);
    expect(Object.entries(rule?.match?.costOver ?? {})).toEqual([["valueOf", 1]]);
    const [budget] = compilePolicy([
      { kind: "budget", measure: "__proto__", limit: 1, window: "1d", per: ["tag:__proto__"] },
    ]).rules;
    expect(budget).toMatchObject({ measure: "__proto__", per: ["tag:__proto__"] });
  });

  test("a getter is read once: what was checked is what is used", () => {
    let reads = 0;
    const tricky = {
      kind: "rate" as const,
      window: "1s",
      get limit(): number {
        reads += 1;
        return reads === 1 ? 8 : 1e9;
      },
    };
    expect(compilePolicy([tricky]).rules[0]).toMatchObject({ limit: 8 });
    expect(reads).toBe(1);
  });

  test("a rule that nests without end is refused", () => {
    const cycle: Record<string, unknown> = { kind: "access", effect: "deny" };
    cycle.match = { except: [cycle] };
    expect(issuesOf([cycle]).some(({ message }) => message.includes("nested"))).toBe(true);
  });
});
