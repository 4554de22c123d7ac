export {
  ActionRefused,
  ConfigError,
  HaltedError,
  InvalidInputError,
  PolicyError,
  ReinError,
} from "./core/errors.js";
export type { PolicyIssue, ReinErrorCode } from "./core/errors.js";
export type { Refusal, RefusalCode } from "./core/refusal.js";
export type { Globs, Scope } from "./core/scope.js";
export { compilePolicy, policyJsonSchema, suggestPolicy } from "./policy/index.js";
export type {
  CompiledPolicy,
  CompileOptions,
  Match,
  PerKey,
  PolicyInput,
  Proposal,
  Rule,
  RuleInput,
  RuleKind,
  RuleOrigin,
  Suggest,
  SuggestedLine,
  Suggestion,
  SuggestOptions,
  UnparsedRule,
} from "./policy/index.js";
export type {
  AllowanceAsk,
  AllowanceWindow,
  OpenStore,
  Store,
  StoredHalt,
  StoredSnapshot,
} from "./store/index.js";
export { loadPolicy, Rein, ReinConfig } from "./rein/index.js";
export type {
  Action,
  AdmitOptions,
  AllowedDecision,
  BudgetLine,
  Clock,
  Command,
  Decision,
  Fate,
  Governed,
  GovernedOptions,
  HaltReceipt,
  HaltRequest,
  LaneName,
  Logger,
  Mode,
  Outcome,
  Permit,
  RecordSink,
  RefusedDecision,
  ReinConfigInput,
  ReinEventName,
  ReinEvents,
  ReinOptions,
  ReinSnapshot,
  Status,
  WatchPolicyOptions,
} from "./rein/index.js";
