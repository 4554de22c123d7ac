/** What became of an action that comes out otherwise. */
export type FlipKind =
  /** It was allowed, and would be refused. */
  | "refused"
  /** It was allowed, and a human would be asked, who is not there to answer. */
  | "asked"
  /** It was refused, and would be allowed. */
  | "allowed"
  /** It ran to its end, and would be stopped in flight. */
  | "stopped";

/** How the action ended in the record; `never-began`: it was allowed and taken back. */
export type FlipOutcome = "worked" | "failed" | "unknown" | "never-began";

/** One decision that comes out otherwise. */
export interface Flip {
  readonly policy: string;
  /** The decision's id in the log, or where the action stands in the file of sessions. */
  readonly id: string;
  /** Wall time in ms. */
  readonly at: number;
  readonly source: string;
  readonly series: string;
  readonly flip: FlipKind;
  /** The rule that refuses, or that had refused; absent: the gate itself. */
  readonly rule?: string;
  readonly code: string;
  /** What the agent would be told. */
  readonly message?: string;
  readonly outcome: FlipOutcome;
  /** What it did cost, in units by measure; where the outcome is unknown, what was asked for. */
  readonly cost: Amounts;
  /** The same agent's decisions had come out otherwise before: this action might never have come. */
  readonly later: boolean;
}

/** Units by measure, without `calls`. */
export type Amounts = Readonly<Record<string, number>>;

/** Decisions that come out otherwise, counted by what they were worth. */
export interface FlipCount {
  readonly count: number;
  /** Actions that had worked: honest work, unless what they did was the harm. */
  readonly worked: number;
  /** Of those: something new came of them. */
  readonly progress: number;
  readonly failed: number;
  /** Actions of which nobody knows how they would have ended, or did end. */
  readonly unknown: number;
  readonly neverBegan: number;
  /** Those that came after another one of the same agent. */
  readonly later: number;
  /** What those that ended did cost. */
  readonly cost: Amounts;
  /** What those of unknown outcome asked for. */
  readonly unknownCost: Amounts;
}

/** The decisions of one kind that one rule turned. */
export interface FlipRow extends FlipCount {
  readonly flip: FlipKind;
  readonly rule?: string;
  readonly code: string;
  readonly examples: readonly FlipExample[];
}

export type FlipExample = Pick<Flip, "id" | "at" | "source" | "series" | "outcome" | "message">;

/** Halts of one rule. */
export interface HaltRow {
  readonly rule: string;
  readonly count: number;
  /** Wall time in ms of the first. */
  readonly firstAt: number;
  readonly reason: string;
  /** What the first one stopped, as a scope: "all", or globs. */
  readonly scope: unknown;
}

/** One policy over the whole history. */
export interface PolicyBacktest {
  readonly name: string;
  readonly digest: string;
  readonly rules: number;
  /** `allowed + refused + asked` are all decisions; what nobody recorded counts against the action. */
  readonly allowed: number;
  /** The same where it counts for the action. */
  readonly allowedAtMost: number;
  readonly refused: number;
  readonly asked: number;
  /** Decisions that come out as they did, or as they do under the other policy. */
  readonly same: number;
  /** Decisions that hinge on an answer that nobody recorded: they are in no other number of flips. */
  readonly unsure: number;
  /** What is refused, or a human asked, and was allowed. */
  readonly refusedNow: FlipCount;
  /** What is allowed and was refused. */
  readonly allowedNow: FlipCount;
  /** What is stopped in flight and ran to its end. */
  readonly stoppedNow: FlipCount;
  /** The same by rule; the most frequent first. */
  readonly rows: readonly FlipRow[];
  readonly halts: readonly HaltRow[];
  /** Actions that are allowed and never happened: each was taken to end at once, well, for what it asked for. */
  readonly assumed: number;
  /** What the history could not tell this policy, in sentences. */
  readonly notes: readonly string[];
}

/** What was recorded. */
export interface RecordedFacts {
  readonly records: number;
  readonly decisions: number;
  readonly allowed: number;
  readonly refused: number;
  /** Allowed because the governor was in shadow: its own policy would have refused. */
  readonly wouldRefuse: number;
  /** What all actions that ended did cost. */
  readonly cost: Amounts;
  /** Wall time in ms of the earliest and the latest decision; null: there was none. */
  readonly from: number | null;
  readonly to: number | null;
  /** Processes, or sessions. */
  readonly runs: number;
  /** Actions that could not be read, and that no policy saw. */
  readonly unreadable: number;
  /** Records before the first beginning of a run, or state. */
  readonly skipped: number;
  /** Places where records are missing. */
  readonly gaps: number;
  /** Decisions that do not come out again under their own policy. */
  readonly notReproduced: number;
}

export interface BacktestReport {
  /** What the policies are compared with: null for what was recorded, else the name of another policy. */
  readonly against: string | null;
  readonly recorded: RecordedFacts;
  readonly policies: readonly PolicyBacktest[];
  /** What was assumed, and what nobody can know, in sentences. */
  readonly notes: readonly string[];
}
