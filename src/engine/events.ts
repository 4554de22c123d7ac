import type { Scope } from "../core/scope.js";
import type { Rule } from "../policy/index.js";
import type { EngineLimits, RestartFacts } from "./engine.js";
import type { Status } from "./lanes.js";

/** Wall time (`at`, ms since 1970) and monotonic time (`mono`, ms) of an event; `mono` never goes back. */
interface Timed {
  readonly at: number;
  readonly mono: number;
}

interface Commanded extends Timed {
  readonly by: string;
  readonly reason: string;
}

export interface GateEvent extends Timed {
  readonly type: "gate";
  readonly source: string;
  readonly series: string;
  /** Micro-units by measure. */
  readonly cost?: Readonly<Record<string, number>>;
  /** Flat `[name, pseudonym, …]`. */
  readonly tags?: readonly string[];
  /** Keys of the value tests that came out true, and of those that could not be told. */
  readonly facts?: { readonly true: readonly string[]; readonly unknown: readonly string[] };
  readonly bind?: string;
  /** Pseudonym of the arguments. */
  readonly args?: string;
}

/** An action that could not be read; with names, its lane was made or planned anew all the same. */
interface InvalidEvent extends Timed {
  readonly type: "invalid";
  readonly source?: string;
  readonly series?: string;
}

export interface SettleEvent extends Timed {
  readonly type: "settle";
  readonly seq: number;
  readonly ok: boolean;
  readonly cost?: Readonly<Record<string, number>>;
  readonly progress?: boolean;
  readonly slippageCents?: number;
  /** Pseudonym of what came back; and of the same without what changes from answer to answer. */
  readonly result?: string;
  readonly like?: string;
}

/** Everything that can happen to an engine. Running the same events through a new engine gives the same decisions. */
export type EngineEvent =
  | GateEvent
  | SettleEvent
  | InvalidEvent
  /** Nothing but time passed: a command was refused. */
  | (Timed & { readonly type: "advance" })
  /** A run begins; `restored`: with the state that the one before had left, under caps of its own. */
  | (Timed & {
      readonly type: "open";
      readonly rules: readonly Rule[];
      readonly mode: Mode;
      readonly limits: EngineLimits;
      readonly restored?: boolean;
    })
  /** An image was taken. */
  | (Timed & { readonly type: "image" })
  /** Another process goes on with this state. */
  | (Timed & RestartFacts & { readonly type: "restart" })
  | (Timed & { readonly type: "cancel"; readonly seq: number })
  | (Timed & { readonly type: "tick" })
  | (Timed & { readonly type: "signal"; readonly name: string; readonly value: number | null })
  | (Timed & {
      readonly type: "realize";
      readonly source: string;
      readonly series: string;
      readonly pnl: number;
      readonly predictedEdge?: number;
      readonly capitalPct?: number;
    })
  | (Timed & {
      readonly type: "balance";
      readonly account: string;
      /** Micro-units; null: the report was not a number. */
      readonly balance: {
        readonly start: number;
        readonly current: number;
        readonly realizedToday?: number;
      } | null;
    })
  | (Timed & {
      readonly type: "calendar";
      readonly key: string;
      readonly period: number;
      readonly open: boolean;
      readonly until: number;
    })
  | (Commanded & {
      readonly type: "halt";
      readonly scope: Scope;
      readonly forMs?: number;
      readonly seqs?: readonly number[];
    })
  | (Commanded & { readonly type: "resume"; readonly halt: string })
  | (Commanded & { readonly type: "approve" | "reject"; readonly approval: string })
  | (Commanded & { readonly type: "revive"; readonly source: string; readonly series: string })
  | (Commanded & {
      readonly type: "override";
      readonly source: string;
      readonly series: string;
      readonly status: Status;
      readonly forMs?: number;
    })
  | (Timed & {
      readonly type: "policy";
      readonly rules: readonly Rule[];
      readonly digest: string;
      readonly mode: Mode;
    });

export type Mode = "enforce" | "shadow" | "off";

/** Types of the records that an engine is given; all others say what happened around it. */
export const ENGINE_EVENTS: ReadonlySet<string> = new Set<EngineEvent["type"]>([
  ...(["open", "restart", "image", "advance", "tick", "gate", "settle", "cancel", "invalid"] as const),
  ...(["signal", "realize", "balance", "calendar", "halt", "resume", "approve", "reject"] as const),
  ...(["revive", "override", "policy"] as const),
]);
