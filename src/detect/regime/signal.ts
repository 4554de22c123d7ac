import { log1p } from "../../core/math.js";
import { Baseline } from "./baseline.js";
import { ChangePoints } from "./change-points.js";
import { Contest } from "./contest.js";
import { Rhythm } from "./rhythm.js";
import { Spread } from "./spread.js";
import { Walk } from "./walk.js";

/**
 * All that is kept of one signal. It stays around a usual level (a latency, a return) or wanders (a price, a counter, a
 * balance), and which of the two is decided, and decided again, by which foresees its values better: the mean since the
 * last change point, or the last value.
 */
export class Signal {
  readonly name: string;
  /** The mean of the last tick in which it arrived; NaN before. */
  value = NaN;
  /** How many usual spreads that was from where it was expected; 0 until the usual is known. */
  z = -0;
  /** Whether it is silent for longer than its own rhythm explains. */
  stale = false;
  /** The change that was committed in the last tick: the mean level before and after, in the signal's unit. */
  changed = false;
  changedFrom = -0;
  changedTo = -0;
  changedTicksAgo = 0;
  /** The spread about where it was expected. */
  present = new Spread();
  readonly rhythm = new Rhythm();
  readonly #baseline = new Baseline(FIRST_VALUES);
  readonly #walk = new Walk();
  /** The holder is the level. */
  readonly #contest = new Contest(CONTEST_MEMORY, CONTEST_MARGIN);
  readonly #changes = new ChangePoints();
  /** The unit of the change points: what the baseline was when it became known. */
  #origin = -0;
  #unit = 1;
  /** Where a signal that wanders was expected to be. */
  #expected = -0;
  #mean = -0;
  #count = 0;
  #ticksMissed = 0;
  /** How long the present segment has to last to become the usual one; 0 where it need not. */
  #movesAt = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether enough values were seen to judge. */
  get known(): boolean {
    return this.#baseline.known;
  }

  /** Whether it has no usual level. */
  get wanders(): boolean {
    return this.#contest.isWon;
  }

  /** The usual level, or where a signal that wanders was expected to be; 0 until it is known. */
  get usual(): number {
    if (!this.known) return 0;
    return this.wanders ? this.#expected : this.#baseline.level;
  }

  /** The usual spread about it; 0 until it is known. */
  get spread(): number {
    if (!this.known) return 0;
    return this.wanders ? this.#walk.spread : this.#baseline.spread;
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
      this.#baseline.image(),
      this.#walk.image(),
      this.#contest.image(),
      this.present.image(),
      this.rhythm.image(),
      this.#changes.image(),
      [this.#origin, this.#unit, this.#expected, this.#mean, this.#count, this.#ticksMissed, this.#movesAt],
      this.changed ? [this.changedFrom, this.changedTo, this.changedTicksAgo] : null,
    ];
  }

  restore(image: unknown): void {
    const [, value, z, stale, baseline, walk, contest, present, ...others] = image as unknown[];
    const [rhythm, changes, rest, change] = others;
    this.value = value === null ? NaN : (value as number);
    this.z = z as number;
    this.stale = stale as boolean;
    this.#baseline.restore(baseline);
    this.#walk.restore(walk);
    this.#contest.restore(contest);
    this.present.restore(present);
    this.rhythm.restore(rhythm);
    this.#changes.restore(changes);
    [this.#origin, this.#unit, this.#expected, this.#mean, this.#count, this.#ticksMissed, this.#movesAt] =
      rest as SevenNumbers;
    if (change === null) return;
    this.changed = true;
    [this.changedFrom, this.changedTo, this.changedTicksAgo] = change as [number, number, number];
  }

  #judge(value: number): void {
    this.value = value;
    if (this.known) {
      this.#expected = this.#walk.expected;
      const { usual, spread } = this;
      this.z = (value - usual) / spread;
      this.present.add(value - usual, spread);
      if (this.#contest.add(this.#gain(value))) this.#turn();
      this.#watch(value);
    }
    const unusual = this.present.stressedOrWorse;
    this.#walk.add(value, unusual);
    if (!this.wanders && this.#baseline.add(value, unusual)) this.#start();
  }

  /** The first values say what to begin with, and what the change points are measured in. */
  #start(): void {
    this.#origin = this.#baseline.level;
    this.#unit = this.#baseline.spread;
    const { spread } = this.#walk;
    let lead = PRIOR_LEAD;
    let sum = 0;
    this.#baseline.firstValues().forEach((value, i, values) => {
      if (i > 0) lead += gainOf(value - values[i - 1]!, value - sum / i, spread);
      sum += value;
      this.#watch(value);
    });
    this.#contest.begin(lead, FIRST_VALUES);
    this.#expected = this.value;
  }

  /** How much better the last value foresaw this one than the level did, or the mean since it changed. */
  #gain(value: number): number {
    const isUsual = !this.wanders && this.#movesAt === 0;
    const mean = isUsual ? this.#baseline.level : this.#origin + this.#unit * this.#changes.mean;
    return gainOf(value - this.#walk.expected, value - mean, this.#walk.spread);
  }

  /** Goes on as the other kind of signal, with what is known of it. */
  #turn(): void {
    const { mean, deviation, size } = this.#changes;
    this.present = new Spread();
    this.#movesAt = 0;
    if (!this.wanders) this.#baseline.become(this.#origin + this.#unit * mean, this.#unit * deviation, size);
  }

  #watch(value: number): void {
    const changes = this.#changes;
    const baseline = this.#baseline;
    const committed = changes.add((value - this.#origin) / this.#unit);
    // What wanders has no level to leave; its segments only show whether it has come to rest.
    if (this.wanders) return;
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
    // A level that changes again and again is none.
    if (committed && isElsewhere && this.#contest.add(COST_OF_CHANGE)) this.#turn();
    if (this.#movesAt === 0 || changes.size < this.#movesAt) return;
    this.#movesAt = 0;
    baseline.become(level, this.#unit * changes.deviation, changes.size);
  }
}

type SevenNumbers = [number, number, number, number, number, number, number];

const FIRST_VALUES = 20;
/** How many values the evidence for a walk is worth, by how many nats it has to lead, and what it begins with. */
const CONTEST_MEMORY = 100;
const CONTEST_MARGIN = 10;
const PRIOR_LEAD = -1;
/** What a change of the level says for a walk, in nats. */
const COST_OF_CHANGE = 5;
const STALE_PHI = 8;
const TICKS_TO_STALE = 3;
/** From so many usual spreads on a change is one of the level. */
const LEVEL_CHANGE = 2;
/** A new level becomes the usual one when it has lasted for so many values. */
const VALUES_TO_MOVE = 60;

/** The logarithm of the density of one deviation over that of another: Student's t, five degrees of freedom, bounded. */
function gainOf(deviation: number, other: number, spread: number): number {
  const z = deviation / spread;
  const otherZ = other / spread;
  return Math.max(-1, Math.min(1, 3 * (log1p((otherZ * otherZ) / 5) - log1p((z * z) / 5))));
}
