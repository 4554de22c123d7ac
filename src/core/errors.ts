import { formatIssue, type PolicyIssue } from "./policy-issue.js";
import type { Refusal } from "./refusal.js";

export type { PolicyIssue } from "./policy-issue.js";

/** What went wrong, as a stable word that programs branch on. */
export type ReinErrorCode =
  | "action_refused"
  | "halted"
  | "timed_out"
  | "expired"
  | "policy_invalid"
  | "config_invalid"
  | "invalid_input"
  | "closed"
  | "already_settled"
  | "unknown_decision"
  | "unknown_halt"
  | "unknown_approval"
  | "unknown_lane"
  | "no_permit"
  | "legacy_decorator"
  | "clock_invalid"
  | "record_failed"
  | "record_damaged"
  | "log_rolled_back"
  | "log_lost"
  | "head_invalid"
  | "key_invalid"
  | "key_missing"
  | "note_invalid"
  | "trust_invalid"
  | "witness_failed"
  | "anchor_failed"
  | "vault_invalid"
  | "legal_hold"
  | "store_failed"
  | "store_in_use"
  | "store_damaged"
  | "store_newer"
  | "not_admitted"
  | "engine_fault"
  | "not_governable";

export interface ReinErrorOptions {
  /** What the reader can do about it; kept apart from the message. */
  readonly help?: string | undefined;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

// Marks live in the global symbol registry and not in the class, so that errors
// of a second copy of this package (two versions in one tree) are still known.
const ANY = Symbol.for("rein.error");
const REFUSED = Symbol.for("rein.error.action_refused");
const HALTED = Symbol.for("rein.error.halted");
const POLICY = Symbol.for("rein.error.policy");
const CONFIG = Symbol.for("rein.error.config");
const INPUT = Symbol.for("rein.error.input");

/** The base of every error that Rein throws. */
export class ReinError extends Error {
  readonly code: ReinErrorCode;
  declare readonly help?: string;

  constructor(code: ReinErrorCode, message: string, options: ReinErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.help !== undefined) this.help = options.help;
  }

  /** Tells whether a value is an error of Rein, also one of another copy of the package. */
  static isInstance(value: unknown): value is ReinError {
    return isMarked(value, ANY);
  }
}

/** Thrown by wrappers when the gate refused the action; the refusal is in `refusal`. */
export class ActionRefused extends ReinError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, options: ReinErrorOptions = {}) {
    super("action_refused", refusal.message, options);
    this.refusal = refusal;
  }

  static override isInstance(value: unknown): value is ActionRefused {
    return isMarked(value, REFUSED);
  }
}

export interface HaltedErrorOptions extends ReinErrorOptions {
  readonly haltId?: string | undefined;
  readonly rule?: string | undefined;
}

/**
 * Thrown when an action that was allowed may not go on: a halt (`halted`), its
 * time limit (`timed_out`) or the end of its permit (`expired`).
 */
export class HaltedError extends ReinError {
  declare readonly code: "halted" | "timed_out" | "expired";
  /** The halt that voided the permit. */
  declare readonly haltId?: string;
  /** The rule that stopped it. */
  declare readonly rule?: string;

  constructor(code: "halted" | "timed_out" | "expired", message: string, options: HaltedErrorOptions = {}) {
    super(code, message, options);
    if (options.haltId !== undefined) this.haltId = options.haltId;
    if (options.rule !== undefined) this.rule = options.rule;
  }

  static override isInstance(value: unknown): value is HaltedError {
    return isMarked(value, HALTED);
  }
}

// A policy of ten thousand bad rules must not make a message of many megabytes.
const MAX_LISTED_ISSUES = 200;

/** Thrown when a policy cannot be used; lists every issue and not just the first. */
export class PolicyError extends ReinError {
  readonly issues: readonly PolicyIssue[];

  constructor(issues: readonly PolicyIssue[], options: ReinErrorOptions = {}) {
    super("policy_invalid", policyMessage(issues), options);
    this.issues = Object.freeze([...issues]);
  }

  static override isInstance(value: unknown): value is PolicyError {
    return isMarked(value, POLICY);
  }
}

/** Thrown when a setting has a bad value; `variable` names the setting. */
export class ConfigError extends ReinError {
  /** The environment variable, or the field when the value came from code. */
  readonly variable: string;

  constructor(variable: string, message: string, options: ReinErrorOptions = {}) {
    super("config_invalid", message, options);
    this.variable = variable;
  }

  static override isInstance(value: unknown): value is ConfigError {
    return isMarked(value, CONFIG);
  }
}

/** Thrown when an argument is not what a function takes; `field` names it. */
export class InvalidInputError extends ReinError {
  readonly field: string;

  constructor(field: string, message: string, options: ReinErrorOptions = {}) {
    super("invalid_input", message, options);
    this.field = field;
  }

  static override isInstance(value: unknown): value is InvalidInputError {
    return isMarked(value, INPUT);
  }
}

/** Returns what an error says. Whatever was thrown, this does not throw. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "what was thrown cannot be printed";
  }
}

/** Returns what an error says and where it came from. Whatever was thrown, this does not throw. */
export function traceOf(error: unknown): string {
  try {
    return String(error instanceof Error ? (error.stack ?? error.message) : error);
  } catch {
    return messageOf(error);
  }
}

mark(ReinError, "ReinError", ANY);
mark(ActionRefused, "ActionRefused", REFUSED);
mark(HaltedError, "HaltedError", HALTED);
mark(PolicyError, "PolicyError", POLICY);
mark(ConfigError, "ConfigError", CONFIG);
mark(InvalidInputError, "InvalidInputError", INPUT);

/** Sets name and mark on the prototype: neither shows up when the error is printed. */
function mark(type: { readonly prototype: Error }, name: string, symbol: symbol): void {
  Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(type.prototype, symbol, { value: true });
}

function isMarked(value: unknown, symbol: symbol): boolean {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[symbol] === true;
}

function policyMessage(issues: readonly PolicyIssue[]): string {
  const lines = issues.slice(0, MAX_LISTED_ISSUES).map((issue) => `  ${formatIssue(issue)}`);
  if (issues.length > lines.length) lines.push(`  and ${issues.length - lines.length} more`);
  const count = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
  return `the policy has ${count}:\n${lines.join("\n")}`;
}
