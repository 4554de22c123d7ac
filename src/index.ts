export { ActionRefused, ConfigError, HaltedError, InvalidInputError, PolicyError, ReinError } from "./core/errors.js";
export type { PolicyIssue, ReinErrorCode } from "./core/errors.js";
export type { Refusal, RefusalCode } from "./core/refusal.js";
export type { Globs, Scope } from "./core/scope.js";
export { compilePolicy, policyJsonSchema } from "./policy/index.js";
export type { CompiledPolicy, Match, PolicyInput, Rule, RuleInput, RuleKind } from "./policy/index.js";
export { loadPolicy, Rein, ReinConfig } from "./rein/index.js";
export type {
  Action,
  AdmitOptions,
  BudgetLine,
  Clock,
  Command,
  Decision,
  Fate,
  Governed,
  GovernedOptions,
  HaltReceipt,
  HaltRequest,
  Logger,
  Outcome,
  Permit,
  RecordSink,
  ReinEventName,
  ReinEvents,
  ReinOptions,
  ReinSnapshot,
} from "./rein/index.js";
