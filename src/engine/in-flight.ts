import { ReinError } from "../core/errors.js";
import type { ApprovalBook } from "./approvals.js";
import type { Effect } from "./effects.js";
import type { EngineLimits } from "./engine.js";
import type { Counter, Settlement } from "./guards/guard.js";
import { Meter } from "./guards/meter.js";
import type { TimeoutCounter } from "./guards/timeout.js";
import { OpenTickets } from "./open-tickets.js";
import { giveBack, heldBy, settle } from "./phases.js";
import type { GuardFailure } from "./phases.js";
import type { Standings } from "./standings.js";
import type { OutcomeDetails, Ticket } from "./ticket.js";

/** What the book of running actions needs of the engine. */
export interface InFlightHost {
  readonly limits: EngineLimits;
  readonly approvals: ApprovalBook;
  readonly standings: Standings;
  /** Time of the running event. */
  readonly now: { readonly mono: number };
  readonly effects: Effect[];
  /** Something falls due at this monotonic time, and not later. */
  dueAt(mono: number): void;
  trip(counter: Counter, evidence: string): void;
  /** A guard threw while its state was half changed. */
  failedMidway(failure: GuardFailure): void;
}

/** In `Ticket.voidedBy`: not a halt but a `timeout` rule. */
const TIMED_OUT = "timeout";

/** An expired permit counts as spent in full, and says nothing about the tool. */
const UNHEARD_OF: Settlement = {
  ok: false,
  amounts: null,
  judged: false,
  progress: undefined,
  details: null,
};

/** Allowed actions from the gate to their end, and those that expired while an outcome may still come. */
export class InFlight {
  readonly open = new OpenTickets();
  readonly #host: InFlightHost;
  readonly #expired = new Set<Ticket>();
  /** Used again by each call, as nobody keeps it. */
  readonly #ending: { -readonly [K in keyof Settlement]: Settlement[K] } = {
    ok: true,
    amounts: null,
    judged: true,
    progress: undefined,
    details: null,
  };
  readonly #onFailure = (failure: GuardFailure): void => {
    this.#host.failedMidway(failure);
  };

  constructor(host: InFlightHost) {
    this.#host = host;
  }

  /** Enters an allowed action. */
  admit(ticket: Ticket): void {
    if (ticket.grant !== null) this.#host.approvals.remove(ticket.grant);
    this.open.add(ticket);
    ticket.lane.inFlight += 1;
    this.#host.dueAt(this.#dueOf(ticket));
  }

  /**
   * Ends an action: gives back its reservation and books what it did cost.
   *
   * @throws ReinError `already_settled`
   */
  settle(
    ticket: Ticket,
    ok: boolean,
    amounts: readonly number[] | null,
    progress: boolean | undefined,
    details: OutcomeDetails | null,
    mono: number,
  ): void {
    if (ticket.ended === "expired") {
      this.#settleLate(ticket, ok, amounts, details, mono);
      return;
    }
    if (ticket.ended !== "open") {
      throw new ReinError("already_settled", `decision ${ticket.seq} is already settled`, {
        help: "settle each permit exactly once",
      });
    }
    // What a halt cut off says nothing about the tool; what ran out of time does.
    const { voidedBy } = ticket;
    const end = this.#ending;
    end.ok = ok && voidedBy === null;
    end.amounts = amounts;
    end.judged = voidedBy === null || voidedBy === TIMED_OUT;
    end.progress = progress;
    end.details = details;
    this.#end(ticket, "settled", end, mono);
    end.amounts = null;
    end.details = null;
    if (end.judged)
      this.#host.standings.settle(ticket.lane, end.ok, details === null ? NaN : details.slippageCents);
  }

  /** An outcome that comes after the permit expired: what was reserved is spent already. */
  #settleLate(
    ticket: Ticket,
    ok: boolean,
    amounts: readonly number[] | null,
    details: OutcomeDetails | null,
    mono: number,
  ): void {
    ticket.ended = "settled";
    if (!this.#expired.delete(ticket) || !this.isAwaited(ticket)) return;
    const late: Settlement = { ...UNHEARD_OF, ok, amounts };
    const says = ticket.voidedBy === null || ticket.voidedBy === TIMED_OUT;
    if (says) this.#host.standings.settle(ticket.lane, ok, details?.slippageCents ?? NaN);
    for (const counter of heldBy(ticket))
      if (counter instanceof Meter && !counter.forgotten) counter.takeLate(ticket, late, mono);
  }

  /** Takes an allowed action back before it has begun: it then took nothing. */
  cancel(ticket: Ticket): void {
    if (ticket.ended !== "open") return;
    ticket.ended = "cancelled";
    this.open.remove(ticket);
    ticket.lane.inFlight -= 1;
    giveBack(ticket);
    if (ticket.grant !== null) this.#host.approvals.restore(ticket.grant);
  }

  /** Nobody is left who could tell how any of them ended: all count as spent. */
  abandon(mono: number): void {
    for (const ticket of [...this.open.all()]) this.#end(ticket, "expired", UNHEARD_OF, mono);
    this.#expired.clear();
  }

  /** A time limit that was made shorter holds for what runs already. */
  retime(): void {
    for (const ticket of this.open.all()) this.#host.dueAt(this.#dueOf(ticket));
  }

  /** A ticket of which an outcome may still come. */
  find(seq: number): Ticket | undefined {
    return this.open.find(seq) ?? [...this.#expired].find((ticket) => ticket.seq === seq);
  }

  /** Every ticket of which an outcome may still come. */
  *awaited(): IterableIterator<Ticket> {
    yield* this.open.all();
    yield* this.#expired;
  }

  /** Those that have expired and whose outcome would still count. */
  get expired(): readonly Ticket[] {
    return [...this.#expired].filter((ticket) => this.isAwaited(ticket));
  }

  restore(open: readonly Ticket[], free: readonly number[], expired: readonly Ticket[]): void {
    for (const ticket of open) ticket.lane.inFlight += 1;
    this.open.restore(open, free);
    for (const ticket of expired) {
      ticket.ended = "expired";
      this.#expired.add(ticket);
    }
  }

  /** An expired permit's outcome is taken for another permit's life. */
  isAwaited(ticket: Ticket): boolean {
    const { now, limits } = this.#host;
    return now.mono - ticket.mono < 2 * limits.permitTtlMs;
  }

  /** Lets permits expire and times run out. @returns when the next one does */
  due(mono: number): number {
    const { effects, limits } = this.#host;
    let next = Infinity;
    for (const ticket of this.open.all()) {
      if (mono >= ticket.mono + limits.permitTtlMs) {
        if (ticket.voidedBy === null) effects.push({ type: "void", ticket, cause: "expiry" });
        this.#end(ticket, "expired", UNHEARD_OF, mono);
        this.#expired.add(ticket);
        continue;
      }
      for (const timeout of ticket.timeouts)
        if (mono >= ticket.mono + timeout.guard.limitMs) this.#timeOut(ticket, timeout);
      next = Math.min(next, this.#dueOf(ticket));
    }
    for (const ticket of this.#expired) {
      if (this.isAwaited(ticket) && this.#expired.size <= limits.maxInFlight) break;
      this.#expired.delete(ticket);
    }
    return next;
  }

  /** When something next happens to an open ticket by time alone. */
  #dueOf({ mono, timeouts }: Ticket): number {
    let lifeMs = this.#host.limits.permitTtlMs;
    for (let i = 0; i < timeouts.length; i++) lifeMs = Math.min(lifeMs, timeouts[i]!.guard.limitMs);
    return mono + lifeMs;
  }

  #timeOut(ticket: Ticket, timeout: TimeoutCounter): void {
    const { guard } = timeout;
    ticket.timeouts = ticket.timeouts.filter((other) => other !== timeout);
    const evidence = `\`${ticket.lane.series}\` by \`${ticket.lane.source}\` ran longer than ${guard.rule.limit}`;
    if (guard.enforced && guard.rule.then !== "alert" && ticket.voidedBy === null) {
      ticket.voidedBy = TIMED_OUT;
      this.#host.effects.push({ type: "void", ticket, cause: "timeout", rule: guard.id });
    }
    this.#host.trip(timeout, evidence);
  }

  #end(ticket: Ticket, how: "settled" | "expired", end: Settlement, mono: number): void {
    ticket.ended = how;
    this.open.remove(ticket);
    ticket.lane.inFlight -= 1;
    settle(ticket, end, mono, this.#onFailure);
  }
}
