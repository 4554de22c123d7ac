import type { KeptValue } from "./privacy/index.js";

/** What is only sometimes there about a decision. */
export interface DecisionExtra {
  readonly tags?: readonly string[];
  readonly facts?: { readonly true: readonly string[]; readonly unknown: readonly string[] };
  readonly bind?: string;
  /** Pseudonym of the arguments: equal ones have equal ones. */
  readonly args?: string;
  /** Commitments to values that are kept. */
  readonly kept?: object;
  /** Code and rule of a refusal. */
  readonly code?: string;
  readonly rule?: string;
  /** In shadow: the code and rule that enforcement would have refused with. */
  readonly wouldCode?: string;
  readonly wouldRule?: string;
}

/** Who acts and what: the same object, unchanged, for every action of a lane. */
export interface LaneNames {
  readonly source: string;
  readonly series: string;
}

export type RecordedVerdict = "allow" | "block" | "approve";

/** The measures that `amounts` are indexed by; grows, and never changes what is there. */
export type MeasureNames = readonly string[];

/**
 * Takes down what happens, in order, without waiting. The two calls of the hot path take scalars and references to
 * what never changes, so that nothing is copied or formatted on the caller's time.
 */
export interface Recorder {
  /** Whether there is room for a decision and for the outcomes of `open` actions; may write to make room. */
  hasRoom(open: number): boolean;
  /** Values that the next decision's leaf commits to; absent where nothing can be kept. */
  keep?(values: readonly KeptValue[]): void;
  decision(
    seq: number,
    at: number,
    mono: number,
    lane: LaneNames,
    verdict: RecordedVerdict,
    amounts: readonly number[],
    extra: DecisionExtra | null,
  ): void;
  /** `amounts` are read during the call only; `latencyMs` is NaN where nobody measured; `progress` undefined where nobody said. */
  outcome(
    seq: number,
    at: number,
    mono: number,
    ok: boolean,
    amounts: readonly number[] | null,
    latencyMs: number,
    progress: boolean | undefined,
  ): void;
  /** Everything rare: a JSON-safe object with a `type`. */
  event(record: object): void;
  /** Resolves when all that was recorded before is written; `durable`: and would survive a power failure. */
  flush(durable: boolean): Promise<void>;
  /**
   * The same, waited for; `durable` where the sink can sync on the spot.
   *
   * @throws ReinError `record_failed`
   */
  writeNow(durable: boolean): void;
  close(): Promise<void>;
  /** Writes nothing more, not even what waits: the records belong to another process now. */
  abandon(): void;
}

/** A recorder whose records are leaves of a log. */
export interface GovernorLog extends Recorder {
  /** Leaves that are written: all that was recorded before the last `writeNow` is in them. Undefined without a log. */
  readonly position: number | undefined;
  /** A `state` record should follow soon: a segment was begun since the last one, or records are missing. */
  readonly wantsState: boolean;
  /** The oldest leaf that recovery needs: retention keeps it and all later ones. */
  keepFrom: number;
}
