import { z } from "zod";
import { matchSchema } from "./match.js";
import { RULE_SCHEMAS } from "./rule-kinds.js";

/** A JSON Schema or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Returns the JSON Schema (draft 2020-12) of a policy as data, in the form that users
 * write. It says what a single field may hold; relations between fields are checked
 * when a policy is compiled.
 */
export function policyJsonSchema(): JsonSchema {
  const rules = { type: "array", maxItems: 10_000, items: { $ref: "#/$defs/rule" } };
  const kinds = RULE_SCHEMAS.map((schema): readonly [string, JsonSchema] => {
    const { properties, ...rest } = convert(schema) as { properties: JsonSchema };
    return [
      schema.shape.kind.value,
      { ...rest, properties: { ...properties, match: { $ref: "#/$defs/match" } } },
    ];
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Rein policy",
    description: "The rules that decide what an agent may do.",
    anyOf: [
      rules,
      { type: "object", properties: { rules }, required: ["rules"], additionalProperties: false },
      policyKey(rules),
    ],
    $defs: {
      rule: { oneOf: kinds.map(([name]) => ({ $ref: `#/$defs/${name}` })) },
      ...Object.fromEntries(kinds),
      match: convert(matchSchema),
    },
  };
}

function policyKey(rules: JsonSchema): JsonSchema {
  return { type: "object", properties: { policy: rules }, required: ["policy"], additionalProperties: false };
}

function convert(schema: z.ZodType): JsonSchema {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io: "input", target: "draft-2020-12" });
  return rest;
}
