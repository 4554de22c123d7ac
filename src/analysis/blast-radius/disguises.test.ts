import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import type { RuleInput } from "../../policy/index.js";
import { disguises } from "./disguises.js";

const rulesOf = (rules: readonly RuleInput[]) => compilePolicy(rules).rules;

describe("disguises", () => {
  test("of a clause of many conditions those are made that are tried, the one that meets it first", () => {
    const names = Array.from({ length: 40 }, (_, i) => `a${i}`);
    const args = Object.fromEntries(names.map((name) => [name, { over: 3, under: 9 }]));
    const found = disguises(rulesOf([{ id: "list", kind: "access", effect: "allow", match: { args } }]), []);
    expect(found).toHaveLength(120);
    expect(found[0]).toEqual({ tags: {}, args: {}, cost: {} });
    expect(found[1]!.args).toEqual(Object.fromEntries(names.map((name) => [name, 4])));
    expect(new Set(found.map((each) => JSON.stringify(each))).size).toBe(120);
  });

  test("two exceptions are met one by one, and together", () => {
    const except = [{ tags: { env: "dev" } }, { args: { force: { equals: true } } }];
    const found = disguises(rulesOf([{ id: "no", kind: "access", effect: "deny", match: { except } }]), []);
    expect(found).toEqual([
      { tags: {}, args: {}, cost: {} },
      { tags: { env: "dev" }, args: {}, cost: {} },
      { tags: {}, args: { force: true }, cost: {} },
      { tags: { env: "dev" }, args: { force: true }, cost: {} },
    ]);
  });
});
