import { z } from "zod";
import { must, mustBeOneOf } from "./messages.js";
import { RULE_SCHEMAS } from "./rule-kinds.js";

export { type PerKey } from "./rule-kinds.js";

const KIND_NAMES = RULE_SCHEMAS.map((schema) => schema.shape.kind.value);

/** One rule as data: the source of truth for types, JSON Schema and docs. */
export const ruleSchema = z.discriminatedUnion("kind", RULE_SCHEMAS, {
  error: (issue) => {
    if (issue.code !== "invalid_union") return must("an object with a `kind`")(issue);
    return mustBeOneOf(KIND_NAMES)({ input: (issue.input as { readonly kind?: unknown }).kind });
  },
});

/** A rule as users write it: short forms allowed, defaults left out. */
export type RuleInput = DeepReadonly<z.input<typeof ruleSchema>>;

/** A rule as compiled: defaults filled in, lists for short forms; it always has an id. */
export type Rule = WithId<DeepReadonly<z.output<typeof ruleSchema>>>;

/** The rule of one kind. */
export type RuleOf<K extends RuleKind> = Extract<Rule, { readonly kind: K }>;

export type RuleKind = Rule["kind"];

/** What a rule applies to. */
export type Match = NonNullable<Rule["match"]>;

/** Every rule kind, in the order of the documentation. */
export const RULE_KINDS: readonly RuleKind[] = KIND_NAMES;

type WithId<R> = R extends unknown ? Omit<R, "id"> & { readonly id: string } : never;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
