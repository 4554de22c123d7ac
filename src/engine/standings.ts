import { LaneScore, SCORE_DEFAULTS } from "../detect/index.js";
import type { LaneScoreView, ScoreSettings } from "../detect/index.js";
import type { Refusal } from "../core/refusal.js";
import type { Effect } from "./effects.js";
import { SIZE_BY_STATUS } from "./lanes.js";
import type { Lane, LaneTable, Status } from "./lanes.js";
import { statusRefusal } from "./refusals.js";
import type { Scoring } from "./scoring.js";
import type { Ticket } from "./ticket.js";
import type { Regime } from "./world.js";

/** What is green is on probation after this long without anybody looking. */
const STALE_STATE_MS = 10 * 60_000;

/** How far the one action that probes a red lane is scaled down. */
const PROBE_SIZE = 0.1;

/** Regimes in which a lane is a strategy of its own. */
type Slice = 0 | 1 | 2;

/** What the standings need of the engine. */
export interface StandingsHost {
  readonly effects: Effect[];
  readonly regime: Regime;
  readonly lanes: LaneTable;
  /** Wall and monotonic time of the running event. */
  readonly now: { readonly at: number; readonly mono: number };
  readonly blocks: boolean;
  scoringOf(lane: Lane): Scoring | null;
  /** Something of the lanes falls due at this monotonic time. */
  dueAt(mono: number): void;
}

/**
 * The status of every lane: what an operator has set stands, otherwise what the score of its outcomes says in the
 * present regime.
 */
export class Standings {
  readonly #host: StandingsHost;
  readonly #overridden = new Set<Lane>();

  constructor(host: StandingsHost) {
    this.#host = host;
  }

  /** Puts a lane into a status by hand. */
  override(lane: Lane, status: Status, until: number, by: string, reason: string): void {
    lane.overridden = true;
    lane.overrideUntil = until;
    this.#overridden.add(lane);
    this.#host.dueAt(until);
    this.#set(lane, status, by, reason);
    this.#size(lane);
  }

  /** Brings a lane back on probation: what blocked it is forgiven, what was learned stays. */
  revive(lane: Lane, by: string, reason: string): void {
    lane.score?.revive(this.#host.now.mono);
    this.#release(lane);
    this.#set(lane, "yellow", by, reason);
    this.#size(lane);
  }

  /** A name beyond the cap on lanes shares what was learned of all of them. */
  join(lane: Lane): void {
    lane.score = this.#host.lanes.shared;
    if (lane.score !== null) this.#learned(lane, true);
  }

  /** A lane that was restored. */
  known(lane: Lane): void {
    if (lane.overridden) this.#overridden.add(lane);
  }

  /** Ends overrides whose time is over; returns when the next one ends. */
  due(mono: number): number {
    let next = Infinity;
    for (const lane of [...this.#overridden]) {
      if (mono < lane.overrideUntil) {
        next = Math.min(next, lane.overrideUntil);
        continue;
      }
      this.#release(lane);
      this.#set(lane, lane.score?.health(this.#slice()) ?? "yellow", "rein", "the override's time is over");
      this.#size(lane);
    }
    return next;
  }

  /** Nobody looked after the lanes for this long. */
  unattended(ms: number): void {
    if (ms <= STALE_STATE_MS) return;
    const { lanes, now } = this.#host;
    for (const lane of lanes.all()) {
      lane.score?.demote(now.mono);
      if (lane.status !== "green") continue;
      this.#release(lane);
      this.#set(lane, "yellow", "rein", "nobody looked after it for more than ten minutes");
      this.#size(lane);
    }
  }

  /** Why the lane's status keeps an action from passing; null where it does not. Shadow says so on the ticket. */
  refuse(ticket: Ticket): Refusal | null {
    const { lane, mono } = ticket;
    if (lane.overridden) return statusRefusal(lane, mono, undefined);
    const scoring = this.#host.scoringOf(lane);
    if (scoring === null) {
      // The rule that killed it is gone; a killed lane waits for an operator all the same.
      return lane.status === "black" && this.#host.blocks ? statusRefusal(lane, mono, undefined) : null;
    }
    if (!scoring.acts) return null;
    const { settings, rule } = scoring;
    const { score } = lane;
    const isProbe =
      lane.status === "red" && lane.inFlight === 0 && score!.mayProbe(this.#slice(), mono, settings);
    if (isProbe) return null;
    const waitMs = lane.status === "red" ? score!.msUntilProbe(this.#slice(), mono, settings) : undefined;
    const refusal = { ...statusRefusal(lane, mono, waitMs), rule };
    if (scoring.enforced) return refusal;
    ticket.wouldBlock = refusal;
    return null;
  }

  /** Learns from an outcome. */
  settle(lane: Lane, ok: boolean, slippageCents: number): void {
    const scoring = this.#host.scoringOf(lane);
    if (scoring === null) return;
    const score = (lane.score ??= this.#newScore(lane));
    const changed = score.settle(ok, slippageCents, this.#slice(), this.#host.now.mono, scoring.settings);
    this.#learned(lane, changed);
  }

  /** Learns from what an action was worth. */
  realize(lane: Lane, pnlCents: number, predictedCents: number, capitalPct: number): void {
    const scoring = this.#host.scoringOf(lane);
    if (scoring === null) return;
    const score = (lane.score ??= this.#newScore(lane));
    const { mono } = this.#host.now;
    const changed = score.realize(
      pnlCents,
      predictedCents,
      capitalPct,
      this.#slice(),
      mono,
      scoring.settings,
    );
    this.#learned(lane, changed);
  }

  /** In another regime every lane is another strategy. */
  regimeChanged(): void {
    for (const lane of this.#host.lanes.all()) if (lane.score !== null) this.#learned(lane, true);
  }

  /** How far an action should be scaled down. */
  sizeOf(lane: Lane, allowed: boolean): number {
    if (!lane.isBarred) return lane.size;
    if (!allowed) return 0;
    if (lane.overridden) return lane.size;
    // It passed all the same: as a probe, or because the status only informs.
    return this.#host.scoringOf(lane)?.enforced === true ? PROBE_SIZE : SIZE_BY_STATUS.yellow / 2;
  }

  /** What is to be said about a lane's status, in one sentence; empty where nothing was learned. */
  sentence(lane: Lane): string {
    if (lane.overridden || lane.score === null) return lane.statusReason;
    return lane.score.sentence(this.#slice(), this.#host.now.mono, this.#settings(lane));
  }

  /** Everything learned about a lane, for people. */
  view(lane: Lane): LaneScoreView | undefined {
    return lane.score?.view(this.#host.now.mono, this.#settings(lane));
  }

  /** A lane that has nothing to remember may make room for another. */
  isPlain(lane: Lane, mono: number): boolean {
    return lane.isIdle(mono) && (lane.score === null || lane.score.isForgotten(mono, this.#settings(lane)));
  }

  #slice(): Slice {
    const { regime } = this.#host;
    return regime === "normal" ? 0 : regime === "shock" ? 2 : 1;
  }

  #settings(lane: Lane): ScoreSettings {
    return this.#host.scoringOf(lane)?.settings ?? SCORE_DEFAULTS;
  }

  /** Names beyond the cap on lanes share one score. */
  #newScore(lane: Lane): LaneScore {
    return lane.isStandIn ? this.#host.lanes.sharedScore() : new LaneScore();
  }

  #learned(lane: Lane, changed: boolean): void {
    if (changed && !lane.overridden) {
      const health = lane.score!.health(this.#slice());
      if (health !== lane.status) this.#set(lane, health, "rein", this.sentence(lane));
    }
    this.#size(lane);
  }

  #size(lane: Lane): void {
    lane.size =
      lane.overridden || lane.score === null
        ? SIZE_BY_STATUS[lane.status]
        : lane.score.sizeMultiplier(this.#slice(), this.#host.now.mono, this.#settings(lane));
  }

  #release(lane: Lane): void {
    lane.overridden = false;
    lane.overrideUntil = Infinity;
    this.#overridden.delete(lane);
  }

  #set(lane: Lane, status: Status, by: string, reason: string): void {
    const { at } = this.#host.now;
    const from = lane.status;
    lane.status = status;
    lane.statusReason = reason;
    if (from === status) return;
    lane.statusAt = at;
    this.#host.effects.push({ type: "status", lane, from, by, reason, at });
  }
}
