import type { Values, ValueTest } from "../../policy/value-tests.js";
import type { EngineEvent } from "../../engine/index.js";
import type { RunRecord } from "../replay-chain.js";

/** A record of a log, or what stands for one where a recorded session is played; see docs/backtest.md. */
export type HistoryRecord = RunRecord & {
  /** The action's values, where the history still has them: they answer every test. */
  readonly values?: Values;
  /** Where an action stands in its file: how its decision is called, and where one that could not be read is found. */
  readonly place?: string;
  /** Of the opening of a run: all its actions come with their values. */
  readonly valuesKnown?: boolean;
};

/** A decision as it was recorded. */
export type RecordedGate = Extract<EngineEvent, { type: "gate" }> &
  Pick<HistoryRecord, "values" | "place" | "boot"> & {
    readonly seq: number;
    readonly verdict: string;
    readonly code?: string;
    readonly rule?: string;
    readonly wouldCode?: string;
    readonly wouldRule?: string;
  };

/** The end of a recorded action. */
export type RecordedSettle = Extract<EngineEvent, { type: "settle" }>;

/** Answers a test about an action's values; undefined: it cannot be read; null: nobody recorded the answer. */
export type Answers = (test: ValueTest) => boolean | undefined | null;

/** Tests that the recorded governor asked: what it does not list among those that hold came out false. */
export function answersOf(record: RecordedGate, wasAsked: (key: string) => boolean): Answers {
  const { values, facts } = record;
  if (values !== undefined) return (test) => test.holds(values);
  return ({ key }) => {
    if (facts?.true.includes(key) === true) return true;
    if (facts?.unknown.includes(key) === true) return undefined;
    return wasAsked(key) ? false : null;
  };
}
