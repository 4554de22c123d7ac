import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type JsonSchema, policyJsonSchema } from "./json-schema.js";
import { RULE_KINDS } from "./schema.js";

const schema = policyJsonSchema();
const definitions = schema.$defs as Readonly<Record<string, JsonSchema>>;

describe("the JSON Schema", () => {
  test("has a definition for every rule kind, and every reference leads to one", () => {
    const references = [...JSON.stringify(schema).matchAll(/"#\/\$defs\/(\w+)"/g)].map(([, name]) =>
      String(name),
    );
    for (const name of references) expect(definitions).toHaveProperty(name);
    for (const kind of RULE_KINDS) expect(references).toContain(kind);
  });

  test("describes every field and accepts no other", () => {
    for (const kind of RULE_KINDS) {
      const { properties, additionalProperties, description } = definitions[kind] ?? {};
      expect(additionalProperties).toBe(false);
      expect(description).toEqual(expect.any(String));
      for (const [field, value] of Object.entries(properties as Readonly<Record<string, JsonSchema>>)) {
        if (field === "kind" || field === "match") continue;
        expect([kind, field, value.description]).toEqual([kind, field, expect.any(String)]);
      }
    }
  });

  test("a validator made from it accepts what users write and refuses the rest", () => {
    const validator = z.fromJSONSchema(schema);
    const accepts = (value: unknown): boolean => validator.safeParse(value).success;
    const budget = {
      kind: "budget",
      measure: "usd",
      limit: 50,
      window: { calendar: "day" },
      per: "source",
      match: { except: { series: "search" } },
    };
    expect(accepts([budget])).toBe(true);
    expect(accepts({ rules: [budget] })).toBe(true);
    expect(accepts({ policy: [budget] })).toBe(true);
    expect(accepts([{ ...budget, limit: -1 }])).toBe(false);
    expect(accepts([{ ...budget, limt: 1 }])).toBe(false);
    expect(accepts([{ ...budget, window: "0 seconds" }])).toBe(false);
    expect(accepts({ rules: [budget], other: 1 })).toBe(false);
  });
});
