import { lineage } from "../core/source-path.js";
import { hash32, hashText, LaneScore } from "../detect/index.js";
import type { Halt } from "./halts.js";
import { DOUBLE_ZERO } from "./double-zero.js";
import type { Plan } from "./plan.js";
import type { Scoring } from "./scoring.js";

export type Status = "green" | "yellow" | "red" | "black";

/** How far an action should be scaled down at each status where no outcome says more; a blocked lane sizes to nothing. */
export const SIZE_BY_STATUS: Readonly<Record<Status, number>> = { green: 1, yellow: 0.5, red: 0, black: 0 };

/** A lane unused for this long, with nothing to remember, makes room for a new one. */
const IDLE_MS = 60_000;

/** Not a hash, and no small integer, as hashes are none: see `double-zero.ts`. */
const NO_NAME = -0.5;

/** What a lane is known by. */
export interface LaneName {
  readonly source: string;
  readonly series: string;
}

/** All state kept for one (source, series). */
export class Lane {
  readonly source: string;
  readonly series: string;
  /** The source and its ancestors, nearest first. */
  readonly lineage: readonly string[];
  plan: Plan;
  status: Status = "yellow";
  /** Set by an operator's override; ends at `overrideUntil`. */
  overridden = false;
  overrideUntil = Infinity;
  statusReason = "";
  /** Wall time since when it has the status; 0: from the beginning. */
  statusAt = DOUBLE_ZERO;
  /** What its outcomes have taught; null: nothing yet, or nobody asks. */
  score: LaneScore | null = null;
  /** How it is judged, valid while `scoringAsOf` is the version of the rules. */
  scoring: Scoring | null = null;
  scoringAsOf = -1;
  /** How far an action should be scaled down, from 0 to 1. */
  size: number = SIZE_BY_STATUS.yellow;
  /** It has no place in the table: what it learns belongs to all names beyond the cap. */
  isStandIn = false;
  #seriesHash = 0;
  #sourceName = NO_NAME;
  #seriesName = NO_NAME;
  inFlight = 0;
  lastMono: number;
  /** Halts whose scope covers this lane, valid while `haltsAsOf` is the book's version. */
  halts: readonly Halt[] = [];
  haltsAsOf = -1;

  constructor(source: string, series: string, plan: Plan, mono: number) {
    this.source = source;
    this.series = series;
    // Copied to size: an array that grew keeps its slack.
    this.lineage = lineage(source)?.slice() ?? [source];
    this.plan = plan;
    this.lastMono = mono;
  }

  /** Its status is one that keeps actions from passing. */
  get isBarred(): boolean {
    return this.status === "red" || this.status === "black";
  }

  /** The series as a number other than 0; lanes that nobody compares calls of never work it out. */
  get seriesHash(): number {
    if (this.#seriesHash === 0) this.#seriesHash = hash32(this.series);
    return this.#seriesHash;
  }

  /** The names as numbers below 2^53, for those that look for newcomers. */
  get sourceName(): number {
    if (this.#sourceName === NO_NAME) this.#sourceName = hashText(this.source);
    return this.#sourceName;
  }

  get seriesName(): number {
    if (this.#seriesName === NO_NAME) this.#seriesName = hashText(this.series);
    return this.#seriesName;
  }

  /** Nobody uses it, and nobody has said anything about it. */
  isIdle(mono: number): boolean {
    return (
      !this.overridden && this.status === "yellow" && this.inFlight === 0 && mono - this.lastMono >= IDLE_MS
    );
  }
}

export interface LanesImage {
  readonly overflowed: number;
  readonly nextSweep: number | null;
  readonly lanes: readonly {
    readonly source: string;
    readonly series: string;
    readonly lastMono: number;
    readonly status: Status;
    readonly reason?: string;
    readonly statusAt?: number;
    /** Null: until revived. */
    readonly overrideUntil?: number | null;
    readonly score?: unknown;
    readonly size?: number;
  }[];
  /** What was learned about names beyond the cap. */
  readonly shared?: unknown;
}

/**
 * Lanes by source and series, at most `maxLanes` of them. Beyond the cap a new name gets a stand-in: every rule is
 * still asked about its real name, while counters of keys beyond the cap are shared (see CounterTable).
 */
export class LaneTable {
  readonly #maxLanes: number;
  readonly #isPlain: (lane: Lane, mono: number) => boolean;
  #shared: LaneScore | null = null;
  readonly #sources = new Map<string, Map<string, Lane>>();
  #size = 0;
  #nextSweep = -Infinity;
  /** Names turned away at the cap so far. */
  overflowed = 0;

  /** @param isPlain whether nothing would be lost by making a lane anew */
  constructor(maxLanes: number, isPlain: (lane: Lane, mono: number) => boolean) {
    this.#maxLanes = maxLanes;
    this.#isPlain = isPlain;
  }

  get size(): number {
    return this.#size;
  }

  find(source: string, series: string): Lane | undefined {
    return this.#sources.get(source)?.get(series);
  }

  /** Makes the lane of names that are clean and not yet known. */
  add(source: string, series: string, mono: number, plan: Plan, force: boolean): Lane {
    if (this.#size >= this.#maxLanes) this.#sweep(mono);
    if (this.#size >= this.#maxLanes && !force) {
      this.overflowed += 1;
      const lane = new Lane(source, series, plan, mono);
      lane.isStandIn = true;
      return lane;
    }
    return this.#put(new Lane(source, series, plan, mono));
  }

  *all(): IterableIterator<Lane> {
    for (const bySeries of this.#sources.values()) yield* bySeries.values();
  }

  /** The score of all names beyond the cap. */
  sharedScore(): LaneScore {
    return (this.#shared ??= new LaneScore());
  }

  /** The same, where there is one. */
  get shared(): LaneScore | null {
    return this.#shared;
  }

  image(): LanesImage {
    return {
      overflowed: this.overflowed,
      ...(this.#shared !== null && { shared: this.#shared.image() }),
      nextSweep: this.#nextSweep === -Infinity ? null : this.#nextSweep,
      lanes: [...this.all()].map((lane) => ({
        source: lane.source,
        series: lane.series,
        lastMono: lane.lastMono,
        status: lane.status,
        ...(lane.statusReason !== "" && { reason: lane.statusReason }),
        ...(lane.statusAt !== 0 && { statusAt: lane.statusAt }),
        ...(lane.score !== null && { score: lane.score.image(), size: lane.size }),
        ...(lane.overridden && {
          overrideUntil: lane.overrideUntil === Infinity ? null : lane.overrideUntil,
        }),
      })),
    };
  }

  /** @param plan what restored lanes have until they are next used */
  restore({ overflowed, nextSweep, lanes, shared }: LanesImage, plan: Plan): void {
    this.overflowed = overflowed;
    this.#nextSweep = nextSweep ?? -Infinity;
    if (shared !== undefined) this.sharedScore().restore(shared);
    for (const { source, series, lastMono, status, reason, overrideUntil, ...more } of lanes) {
      const lane = this.#put(new Lane(source, series, plan, lastMono));
      lane.status = status;
      lane.statusReason = reason ?? "";
      lane.statusAt = more.statusAt ?? DOUBLE_ZERO;
      lane.size = more.size ?? SIZE_BY_STATUS[status];
      if (more.score !== undefined) {
        lane.score = new LaneScore();
        lane.score.restore(more.score);
      }
      lane.overridden = overrideUntil !== undefined;
      lane.overrideUntil = overrideUntil ?? Infinity;
    }
  }

  #put(lane: Lane): Lane {
    let bySeries = this.#sources.get(lane.source);
    if (bySeries === undefined) this.#sources.set(lane.source, (bySeries = new Map<string, Lane>()));
    bySeries.set(lane.series, lane);
    this.#size += 1;
    return lane;
  }

  #sweep(mono: number): void {
    if (mono < this.#nextSweep) return;
    this.#nextSweep = mono + IDLE_MS / 6;
    for (const [source, bySeries] of this.#sources) {
      for (const [series, lane] of bySeries) {
        if (!this.#isPlain(lane, mono)) continue;
        bySeries.delete(series);
        this.#size -= 1;
      }
      if (bySeries.size === 0) this.#sources.delete(source);
    }
  }
}
