import { formatDuration } from "../../core/duration.js";
import { DOUBLE_ZERO } from "../double-zero.js";
import type { Ticket } from "../ticket.js";
import type { ErrorsGuard } from "./errors.js";
import { Counter } from "./guard.js";
import type { Complaint, Settlement } from "./guard.js";
import { keyText, waitText } from "./words.js";

type State = "closed" | "open" | "half-open";

interface BreakerImage {
  readonly state: State;
  readonly openedAt: number;
  readonly evidence: string;
  readonly succeeded: number;
  /** Decisions that are tried while it is half-open. */
  readonly probes: readonly number[];
  /** What the failures so far have come to. */
  readonly judge: unknown;
}

/** What a breaker knows besides the failures it counts; most never open. */
class Trip {
  state: State = "open";
  openedAt = DOUBLE_ZERO;
  evidence = "";
  succeeded = 0;
  /** Tickets let through as probes; only their outcome moves a half-open breaker. */
  readonly probes = new Set<number>();
}

/** One key's breaker, whatever opens it. */
export abstract class Breaker extends Counter {
  declare guard: ErrorsGuard;
  /** Null: it is closed, and no probe is on its way. */
  #trip: Trip | null = null;

  get isClosed(): boolean {
    return this.#trip === null || this.#trip.state === "closed";
  }

  override ask(_ticket: Ticket, mono: number): boolean {
    const trip = this.#trip;
    if (trip === null || trip.state === "closed") return true;
    if (trip.state === "open" && mono - trip.openedAt < this.guard.coolDownMs) return false;
    return trip.probes.size < this.guard.probes - trip.succeeded;
  }

  override commit(ticket: Ticket, mono: number): void {
    const trip = this.#trip;
    if (trip === null || trip.state === "closed") return;
    if (trip.state === "open" && mono - trip.openedAt >= this.guard.coolDownMs) {
      trip.state = "half-open";
      trip.succeeded = 0;
    }
    trip.probes.add(ticket.seq);
  }

  override giveBack(ticket: Ticket): void {
    this.#trip?.probes.delete(ticket.seq);
  }

  override settle(ticket: Ticket, end: Settlement, mono: number): void {
    const trip = this.#trip;
    if (trip !== null && trip.probes.delete(ticket.seq)) this.#settleProbe(trip, end, mono);
    else if (end.judged && this.isClosed) this.count(end.ok, mono);
  }

  override complain(_ticket: Ticket, mono: number): Complaint {
    const { state, openedAt, evidence } = this.#trip!;
    const waitMs = state === "open" ? this.guard.coolDownMs - (mono - openedAt) : 0;
    const reason = `rule \`${this.guard.id}\` has paused this${keyText(this.key)}: ${evidence}`;
    if (waitMs <= 0) {
      return {
        code: "breaker_open",
        reason,
        advice: "a trial is running, wait for its result",
        retryable: true,
      };
    }
    const retryAfterMs = Math.max(1, Math.ceil(waitMs));
    return { code: "breaker_open", reason, advice: waitText(retryAfterMs), retryable: true, retryAfterMs };
  }

  reopen(mono: number): void {
    const trip = this.#trip;
    if (trip === null || trip.state !== "half-open") return;
    trip.state = "open";
    trip.openedAt = mono;
    trip.succeeded = 0;
  }

  override image(mono: number): unknown {
    const judge = this.judgeImage(mono);
    const trip = this.#trip;
    if (judge === null && (trip === null || (trip.state === "closed" && trip.probes.size === 0))) return null;
    const { state, openedAt, evidence, succeeded, probes } = trip ?? CLOSED;
    const image: BreakerImage = {
      state,
      openedAt: openedAt + 0,
      evidence,
      succeeded,
      probes: [...probes],
      judge,
    };
    return image;
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { state, openedAt, evidence, succeeded, probes, judge } = image as BreakerImage;
    this.restoreJudge(judge);
    if (state === "closed" && probes.length === 0) return;
    const trip = (this.#trip = new Trip());
    trip.state = state;
    trip.openedAt = openedAt;
    trip.evidence = evidence;
    trip.succeeded = succeeded;
    for (const seq of probes) trip.probes.add(seq);
  }

  override isFresh(mono: number): boolean {
    return this.isClosed && this.judgeImage(mono) === null;
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh(mono)) return undefined;
    if (this.isClosed) return this.judgeSnapshot(mono);
    const { state, openedAt, evidence, succeeded } = this.#trip!;
    return { state, openForMs: mono - openedAt, evidence, succeeded };
  }

  /** Takes an outcome while the breaker is closed, and opens it where that was one failure too many. */
  protected abstract count(ok: boolean, mono: number): void;
  /** Outcomes from before the breaker opened do not count after it has closed. */
  protected forget(): void {}
  /** What the outcomes have come to; null: it is as new. */
  protected abstract judgeImage(mono: number): unknown;
  protected abstract restoreJudge(image: unknown): void;
  protected abstract judgeSnapshot(mono: number): unknown;

  protected open(evidence: string, mono: number): void {
    const { coolDownMs, rule, host } = this.guard;
    this.forget();
    if (this.#trip !== null) this.#trip.succeeded = 0;
    // A halt or an alert stands for itself: the breaker starts anew, so that resuming does not find it open.
    if (rule.then === "block" || rule.then === "approve") {
      host.alarm();
      const trip = (this.#trip ??= new Trip());
      trip.state = "open";
      trip.openedAt = mono;
      trip.evidence = `${evidence} (pauses ${formatDuration(coolDownMs)} at a time)`;
    }
    host.trip(this, evidence);
  }

  /** A probe of which nothing was heard again has not succeeded. */
  #settleProbe(trip: Trip, end: Settlement, mono: number): void {
    if (trip.state !== "half-open") return;
    if (!end.ok) {
      if (end.judged) this.open("a trial after the pause failed", mono);
      return;
    }
    trip.succeeded += 1;
    if (trip.succeeded < this.guard.probes) return;
    trip.state = "closed";
    trip.succeeded = 0;
    if (trip.probes.size === 0) this.#trip = null;
    this.guard.host.calm();
    this.forget();
  }
}

/** How a breaker that never opened looks in an image. */
const CLOSED: Readonly<Trip> = Object.assign(new Trip(), { state: "closed" });
