/** One attempt: who, what type of action, what it may cost, and what rules may look at. */
export interface Action {
  /** Who acts; sub-agents are paths such as `planner/researcher`. */
  readonly source: string;
  /** What type of action: a tool's name, a market. */
  readonly series: string;
  /** The most it can cost, per measure, in decimal units (`usd: 0.02`); `calls` is always 1. */
  readonly cost?: Readonly<Record<string, number>> | undefined;
  /** Recipient, tenant, run, model …; numbers and booleans are read as text. */
  readonly tags?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Looked at by conditions on `args`, and bound to by approvals. */
  readonly args?: unknown;
}

/** What really happened. */
export interface Outcome {
  readonly ok: boolean;
  /** What it did cost, per measure; what is not named is booked as reserved. */
  readonly cost?: Readonly<Record<string, number>> | undefined;
  readonly latencyMs?: number | undefined;
  /** Whether anything new came of it. */
  readonly progress?: boolean | undefined;
  /** How much worse it was carried out than expected, in cents; what the scorer's slippage looks at. */
  readonly slippageCents?: number | undefined;
  /**
   * What came back, or the error's text: looked at by `loop` rules only, which compare it with what came back before
   * (times, ids and other digits aside). Enters the records as a keyed pseudonym.
   */
  readonly result?: unknown;
}
