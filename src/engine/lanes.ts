import { lineage } from "../core/source-path.js";
import type { Halt } from "./halts.js";
import type { Plan } from "./plan.js";

export type Status = "green" | "yellow" | "red" | "black";

/** How far an action's size should be scaled down at each status; a blocked lane sizes to nothing. */
const SIZE_BY_STATUS: Readonly<Record<Status, number>> = { green: 1, yellow: 0.5, red: 0, black: 0 };

/** A lane unused for this long, with nothing to remember, makes room for a new one. */
const IDLE_MS = 60_000;

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
  inFlight = 0;
  lastMono: number;
  /** Halts whose scope covers this lane, valid while `haltsAsOf` is the book's version. */
  halts: readonly Halt[] = [];
  haltsAsOf = -1;

  constructor(source: string, series: string, plan: Plan, mono: number) {
    this.source = source;
    this.series = series;
    this.lineage = lineage(source) ?? [source];
    this.plan = plan;
    this.lastMono = mono;
  }

  get blocked(): boolean {
    return this.status === "red" || this.status === "black";
  }

  get sizeMultiplier(): number {
    return SIZE_BY_STATUS[this.status];
  }

  /** Nothing would be lost by making this lane anew. */
  isPlain(mono: number): boolean {
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
    /** Null: until revived. */
    readonly overrideUntil?: number | null;
  }[];
}

/**
 * Lanes by source and series, at most `maxLanes` of them. Beyond the cap a new name gets a stand-in: every rule is
 * still asked about its real name, while counters of keys beyond the cap are shared (see CounterTable).
 */
export class LaneTable {
  readonly #maxLanes: number;
  readonly #sources = new Map<string, Map<string, Lane>>();
  #size = 0;
  #nextSweep = -Infinity;
  /** Names turned away at the cap so far. */
  overflowed = 0;

  constructor(maxLanes: number) {
    this.#maxLanes = maxLanes;
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
      return new Lane(source, series, plan, mono);
    }
    return this.#put(new Lane(source, series, plan, mono));
  }

  *all(): IterableIterator<Lane> {
    for (const bySeries of this.#sources.values()) yield* bySeries.values();
  }

  image(): LanesImage {
    return {
      overflowed: this.overflowed,
      nextSweep: this.#nextSweep === -Infinity ? null : this.#nextSweep,
      lanes: [...this.all()].map((lane) => ({
        source: lane.source,
        series: lane.series,
        lastMono: lane.lastMono,
        status: lane.status,
        ...(lane.statusReason !== "" && { reason: lane.statusReason }),
        ...(lane.overridden && {
          overrideUntil: lane.overrideUntil === Infinity ? null : lane.overrideUntil,
        }),
      })),
    };
  }

  /** @param plan what restored lanes have until they are next used */
  restore({ overflowed, nextSweep, lanes }: LanesImage, plan: Plan): void {
    this.overflowed = overflowed;
    this.#nextSweep = nextSweep ?? -Infinity;
    for (const { source, series, lastMono, status, reason, overrideUntil } of lanes) {
      const lane = this.#put(new Lane(source, series, plan, lastMono));
      lane.status = status;
      lane.statusReason = reason ?? "";
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
        if (!lane.isPlain(mono)) continue;
        bySeries.delete(series);
        this.#size -= 1;
      }
      if (bySeries.size === 0) this.#sources.delete(source);
    }
  }
}
