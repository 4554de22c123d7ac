export {
  type CompiledPolicy,
  type CompileOptions,
  compilePolicy,
  type PolicyInput,
  type RuleOrigin,
  type UnparsedRule,
} from "./compile.js";
export { type JsonSchema, policyJsonSchema } from "./json-schema.js";
export { MAX_POLICY_BYTES, parsePolicyText, type PolicyFormat } from "./parse.js";
export {
  type Match,
  type PerKey,
  type Rule,
  RULE_KINDS,
  type RuleInput,
  type RuleKind,
  type RuleOf,
} from "./schema.js";
export { SCORE_ORDER, SCORE_SETTINGS } from "./score-settings.js";
export { asksHuman, SEVERITY, severityOf } from "./severity.js";
export {
  type Proposal,
  type Suggest,
  type SuggestedLine,
  type Suggestion,
  type SuggestOptions,
  suggestPolicy,
} from "./suggest.js";
