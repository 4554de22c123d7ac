import { Baseline } from "./baseline.js";
import { ChangePoints } from "./change-points.js";
import { Rhythm } from "./rhythm.js";
import { Spread } from "./spread.js";

/** All that is kept of one signal. */
export class Signal {
  readonly name: string;
  /** The mean of the last tick in which it arrived; NaN before. */
  value = NaN;
  /** How many usual spreads that was from the usual level; 0 until the baseline is known. */
  z = -0;
  /** Whether it is silent for longer than its own rhythm explains. */
  stale = false;
  /** The change that was committed in the last tick: the mean level before and after, in the signal's unit. */
  changed = false;
  changedFrom = -0;
  changedTo = -0;
  changedTicksAgo = 0;
  readonly baseline = new Baseline();
  readonly present = new Spread();
  readonly rhythm = new Rhythm();
  readonly #changes = new ChangePoints();
  /** The unit of the change points: what the baseline was when it became known. */
  #origin = -0;
  #unit = 1;
  #mean = -0;
  #count = 0;
  #ticksMissed = 0;
  /** How long the present segment has to last to become the usual one; 0 where it need not. */
  #movesAt = 0;

  constructor(name: string) {
    this.name = name;
  }

  push(value: number, mono: number): void {
    if (this.#count === 0) this.rhythm.add(mono);
    this.#count++;
    this.#mean += (value - this.#mean) / this.#count;
  }

  tick(mono: number): void {
    this.changed = false;
    if (this.#count > 0) {
      this.#judge(this.#mean);
      this.#mean = -0;
      this.#count = 0;
      this.#ticksMissed = 0;
      this.stale = false;
      return;
    }
    this.#ticksMissed++;
    // A machine that slept missed no tick: it takes several of them without a value, too.
    this.stale = this.#ticksMissed >= TICKS_TO_STALE && this.rhythm.phi(mono) >= STALE_PHI;
  }

  image(): unknown {
    const { value, z, stale } = this;
    return [
      this.name,
      Number.isNaN(value) ? null : value,
      z,
      stale,
      this.baseline.image(),
      this.present.image(),
      this.rhythm.image(),
      this.#changes.image(),
      [this.#origin, this.#unit, this.#mean, this.#count, this.#ticksMissed, this.#movesAt],
      this.changed ? [this.changedFrom, this.changedTo, this.changedTicksAgo] : null,
    ];
  }

  restore(image: unknown): void {
    const [, value, z, stale, baseline, present, rhythm, changes, rest, change] = image as unknown[];
    this.value = value === null ? NaN : (value as number);
    this.z = z as number;
    this.stale = stale as boolean;
    this.baseline.restore(baseline);
    this.present.restore(present);
    this.rhythm.restore(rhythm);
    this.#changes.restore(changes);
    [this.#origin, this.#unit, this.#mean, this.#count, this.#ticksMissed, this.#movesAt] =
      rest as SixNumbers;
    if (change === null) return;
    this.changed = true;
    [this.changedFrom, this.changedTo, this.changedTicksAgo] = change as [number, number, number];
  }

  #judge(value: number): void {
    this.value = value;
    const { baseline } = this;
    if (baseline.known) {
      this.z = (value - baseline.level) / baseline.spread;
      this.present.add(value - baseline.level, baseline.spread);
      this.#watch(value);
    }
    if (!baseline.add(value, this.present.stressedOrWorse)) return;
    this.#origin = baseline.level;
    this.#unit = baseline.spread;
    for (const first of baseline.firstValues()) this.#watch(first);
  }

  #watch(value: number): void {
    const changes = this.#changes;
    const { baseline } = this;
    const committed = changes.add((value - this.#origin) / this.#unit);
    const level = this.#origin + this.#unit * changes.mean;
    // What only swings wider stays unusual until that is the rule; what runs at another level is usual there, in time.
    const isElsewhere = Math.abs(level - baseline.level) >= LEVEL_CHANGE * baseline.spread;
    if (committed && isElsewhere) {
      this.changed = true;
      this.changedFrom = this.#origin + this.#unit * changes.from;
      this.changedTo = level;
      this.changedTicksAgo = changes.ago;
    }
    if (committed) this.#movesAt = isElsewhere ? VALUES_TO_MOVE : 0;
    if (this.#movesAt === 0 || changes.size < this.#movesAt) return;
    this.#movesAt = 0;
    baseline.become(level, this.#unit * changes.deviation, changes.size);
  }
}

type SixNumbers = [number, number, number, number, number, number];

const STALE_PHI = 8;
const TICKS_TO_STALE = 3;
/** From so many usual spreads on a change is one of the level. */
const LEVEL_CHANGE = 2;
/** A new level becomes the usual one when it has lasted for so many values. */
const VALUES_TO_MOVE = 60;
