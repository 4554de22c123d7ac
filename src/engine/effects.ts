import type { Approval } from "./approvals.js";
import type { Halt } from "./halts.js";
import type { Lane, Status } from "./lanes.js";
import type { Ticket } from "./ticket.js";
import type { Regime } from "./world.js";

/** Something an operator should hear. */
export interface Alert {
  /** What kind of news: `overrun`, `rule_tripped`, `would_halt`, `guard_failed` … */
  readonly code: string;
  readonly rule?: string;
  readonly message: string;
  readonly at: number;
}

/** What the world must be told or made to do after an event; the engine itself only changes its own state. */
export type Effect =
  | { readonly type: "halt"; readonly halt: Halt }
  | { readonly type: "resume"; readonly halt: Halt; readonly by: string; readonly reason: string }
  | {
      readonly type: "void";
      readonly ticket: Ticket;
      readonly cause: "halt" | "timeout" | "expiry";
      readonly halt?: Halt;
      readonly rule?: string;
    }
  | { readonly type: "alert"; readonly alert: Alert }
  | { readonly type: "approval"; readonly approval: Approval }
  | {
      readonly type: "status";
      readonly lane: Lane;
      readonly from: Status;
      readonly by: string;
      readonly reason: string;
      /** Wall time in ms. */
      readonly at: number;
    }
  | {
      readonly type: "regime";
      readonly from: Regime;
      readonly to: Regime;
      /** What speaks for it, with numbers. */
      readonly reason: string;
      readonly at: number;
    };
