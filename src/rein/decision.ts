import type { Refusal } from "../core/refusal.js";
import type { Status, Ticket } from "../engine/index.js";
import type { Permit } from "./permit.js";

/** The gate's answer. */
export type Decision = AllowedDecision | RefusedDecision;

interface DecisionBase {
  readonly id: string;
  /** Health of the lane. */
  readonly status: Status;
  /** How far the action should be scaled down, 0 to 1. */
  readonly sizeMultiplier: number;
  /** In shadow: what enforcement would have refused with. */
  readonly wouldBlock?: Refusal;
}

export interface AllowedDecision extends DecisionBase {
  readonly allowed: true;
  readonly verdict: "allow";
  readonly permit: Permit;
  readonly refusal?: undefined;
}

export interface RefusedDecision extends DecisionBase {
  readonly allowed: false;
  readonly verdict: "block" | "approve";
  readonly refusal: Refusal;
  readonly permit?: undefined;
}

/** @internal */
export class Allowed implements AllowedDecision {
  readonly allowed = true as const;
  readonly verdict = "allow" as const;
  readonly permit: Permit;
  readonly status: Status;
  readonly sizeMultiplier: number;
  declare readonly wouldBlock?: Refusal;

  constructor(permit: Permit, ticket: Ticket, status: Status, sizeMultiplier: number) {
    this.permit = permit;
    this.status = status;
    this.sizeMultiplier = sizeMultiplier;
    if (ticket.wouldBlock !== null) this.wouldBlock = ticket.wouldBlock;
  }

  get id(): string {
    return this.permit.id;
  }
}

/** @internal */
export class Refused implements RefusedDecision {
  readonly allowed = false as const;
  readonly verdict: "block" | "approve";
  readonly refusal: Refusal;
  readonly status: Status;
  readonly sizeMultiplier: number;
  readonly id: string;

  constructor(id: string, ticket: Ticket, status: Status, sizeMultiplier: number) {
    this.verdict = ticket.verdict === "approve" ? "approve" : "block";
    this.refusal = ticket.refusal!;
    this.status = status;
    this.sizeMultiplier = sizeMultiplier;
    this.id = id;
  }
}
