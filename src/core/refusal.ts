/** Why the gate said no. Stable: callers branch on these. */
export type RefusalCode =
  | "halted"
  | "rate_limited"
  | "budget_exhausted"
  | "cost_missing"
  | "cost_invalid"
  | "invalid_action"
  | "concurrency_limited"
  | "access_denied"
  | "approval_required"
  | "approval_rejected"
  | "too_large"
  | "loss_limit"
  | "balance_floor"
  | "breaker_open"
  | "signal_stale"
  | "lane_red"
  | "lane_killed"
  | "anomaly"
  | "loop"
  | "closed"
  | "guard_failed"
  | "record_failed"
  | "store_failed"
  | "clock_invalid"
  | "capacity";

/** The gate's "no" as a value: what a caller, or the model behind it, can act on. */
export interface Refusal {
  readonly code: RefusalCode;
  /** The id of the rule that refused, when a rule did. */
  readonly rule?: string;
  /** One plain sentence that says what was refused and what may be done instead. */
  readonly message: string;
  /** Whether the same action may pass later without anybody changing anything. */
  readonly retryable: boolean;
  /** Milliseconds until a retry can succeed, when that is known. */
  readonly retryAfterMs?: number;
  /** The pending approval that would let the action pass, when there is one. */
  readonly approvalId?: string;
}
