import type { Refusal } from "../core/refusal.js";
import type { Approval } from "./approvals.js";
import type { Counter } from "./guards/guard.js";
import type { TimeoutCounter } from "./guards/timeout.js";
import type { Lane } from "./lanes.js";
import type { Plan } from "./plan.js";

export type Verdict = "allow" | "block" | "approve";

const UNLIMITED: readonly TimeoutCounter[] = [];

/** What an action brings to the gate, in the engine's terms. */
export interface Ask {
  /** Micro-units by measure index; -1 where the action names none. Read during the call only. */
  readonly amounts: readonly number[];
  /** What only some actions bring. */
  readonly details: AskDetails | null;
}

export interface AskDetails {
  /** Flat `[name, pseudonym, …]`; null for an action without tags. */
  readonly tags: readonly string[] | null;
  /** Ids of the value tests of the lane that came out true, `~id` of those that cannot be told; null without tests. */
  readonly facts: readonly number[] | null;
  /** Digest that an approval is bound to; null where no rule of the lane can ask for one. */
  readonly bind: string | null;
  /** Pseudonym of the arguments; null without any, or where no rule of the lane compares calls. */
  readonly args: string | null;
}

/** What only some outcomes say. */
export interface OutcomeDetails {
  /** Cents; NaN where nobody said. */
  readonly slippageCents: number;
  /** Pseudonyms of what came back, and of the same without what changes without meaning anything; null: not told. */
  readonly result: string | null;
  readonly like: string | null;
}

/** One action in the engine's books: what it asked, what it was told, what it holds until it is settled. */
export class Ticket {
  /** Decision number, counted from 1, refused ones included. */
  readonly seq: number;
  readonly lane: Lane;
  /** Monotonic time of the decision. */
  readonly mono: number;
  readonly amounts: readonly number[];
  readonly details: AskDetails | null;
  /** Number of halts there had been when the action was decided. */
  readonly epoch: number;

  verdict: Verdict = "allow";
  refusal: Refusal | null = null;
  /** In shadow: what enforcement would have said. */
  wouldBlock: Refusal | null = null;

  /** Place in the table of open tickets; -1 for a ticket that was never open. */
  slot = -1;
  /** Whoever runs the engine keeps its own handle of an open action here. */
  owner: object | null = null;
  /** The plan it was decided under. */
  plan: Plan | null = null;
  /** Counters that took something, and those that are told how the action ends; null: all of the plan's. */
  took: readonly Counter[] | null = null;
  held: readonly Counter[] | null = null;
  /** The approval it used up. */
  grant: Approval | null = null;
  /** The `timeout` rules whose limits it has not passed yet, the shortest first. */
  timeouts: readonly TimeoutCounter[] = UNLIMITED;
  /** Why the permit is void while the action still runs: a halt's id, or the id of the timeout rule. */
  voidedBy: string | null = null;
  ended: "open" | "refused" | "settled" | "expired" | "cancelled" = "open";

  constructor(
    seq: number,
    lane: Lane,
    mono: number,
    epoch: number,
    amounts: readonly number[],
    details: AskDetails | null,
  ) {
    this.seq = seq;
    this.lane = lane;
    this.mono = mono;
    this.epoch = epoch;
    this.amounts = amounts;
    this.details = details;
  }

  /** The pseudonym of a tag's value, or undefined. */
  tag(name: string): string | undefined {
    const tags = this.details?.tags;
    if (tags === undefined || tags === null) return undefined;
    for (let i = 0; i < tags.length; i += 2) if (tags[i] === name) return tags[i + 1];
    return undefined;
  }

  get bind(): string | null {
    return this.details === null ? null : this.details.bind;
  }
}
