/** How one value differs from those before, each in two directions; `Features.amounts` is in this order. */
export const FEATURES = [
  { says: (amount: string) => `lies ${amount} above its mean`, isRatio: false },
  { says: (amount: string) => `lies ${amount} below its mean`, isRatio: false },
  { says: (amount: string) => `rose by ${amount}`, isRatio: false },
  { says: (amount: string) => `fell by ${amount}`, isRatio: false },
  { says: (amount: string) => `lies ${amount} above what this time of day brings`, isRatio: false },
  { says: (amount: string) => `lies ${amount} below what this time of day brings`, isRatio: false },
  { says: (amount: string) => `lifts the recent mean ${amount} above the mean`, isRatio: false },
  { says: (amount: string) => `brings the recent mean ${amount} below the mean`, isRatio: false },
  { says: (amount: string) => `ends a stretch that moved ${amount} times as much as usual`, isRatio: true },
  { says: (amount: string) => `ends a stretch that moved ${amount} times less than usual`, isRatio: true },
] as const;

/** Weights of one value in the slow means, in the recent ones, in the spread and in the mean of its time of day. */
const SLOW = 1 / 200;
const RECENT = 1 / 25;
const SPREAD = 1 / 1000;
const DAILY = 1 / 20;
/** A value counts as at most so many spreads, so that no outlier hides the next. */
const MOST_SPREADS = 3;
/** Movements below this share of the spread are none. */
const STILL = 1e-3;
/** So that squares stay finite. */
const LARGEST = 1e150;
const LARGEST_RATIO = 1e9;
/** The rounding errors of means are no features: this share of the value is nothing. */
const ROUNDING = 1e-9;
/** Nothing at all, but can be divided by. */
const TINY = 1e-300;

const DAY_MS = 86_400_000;
const SLOTS = 48;

/** The state: these numbers, then the mean of each half hour of the day, then how many values it has seen. */
const COUNT = 0;
const PREVIOUS = 1;
const LEVEL = 2;
const RECENT_LEVEL = 3;
const VARIANCE = 4;
const MOVEMENT = 5;
const RECENT_MOVEMENT = 6;
const MEANS = 7;
const VISITS = MEANS + SLOTS;
const NUMBERS = VISITS + SLOTS;

/**
 * Describes each value of a stream by how far it is from what came before: from the mean, from the value before, from
 * the mean of its half hour of the day, the recent mean from the mean, and recent movement in relation to the usual.
 * All are exponentially weighted means; time and memory per value are constant.
 */
export class Features {
  /** Of the last value: in its own unit for most, as a ratio for the last two; never negative, always finite. */
  readonly amounts = new Float64Array(FEATURES.length);
  readonly #state = new Float64Array(NUMBERS);

  /** Values so far. */
  get count(): number {
    return this.#state[COUNT]!;
  }

  /** The usual distance from the mean: amounts below it mean nothing. In the unit of the values. */
  get spread(): number {
    const level = Math.max(Math.abs(this.#state[LEVEL]!), Math.abs(this.#state[PREVIOUS]!));
    return Math.max(Math.sqrt(this.#state[VARIANCE]!), ROUNDING * level, TINY);
  }

  /**
   * Takes the next value, which is finite.
   *
   * @param at wall-clock time in ms, whose time of day (UTC) counts; not finite: unknown
   */
  add(given: number, at: number): void {
    const state = this.#state;
    const value = Math.min(Math.max(given, -LARGEST), LARGEST);
    if (state[COUNT] === 0) state.fill(value, PREVIOUS, VARIANCE);
    state[COUNT]! += 1;
    const first = 1 / state[COUNT]!;
    const slow = Math.max(SLOW, first);
    const recent = Math.max(RECENT, first);

    const step = value - state[PREVIOUS]!;
    state[PREVIOUS] = value;
    this.#tell(2, step);

    const off = value - state[LEVEL]!;
    state[LEVEL]! += slow * off;
    this.#tell(0, off);

    const variance = state[VARIANCE]!;
    const most = variance > 0 ? MOST_SPREADS * MOST_SPREADS * variance : Infinity;
    state[VARIANCE]! += Math.max(SPREAD, first) * (Math.min(off * off, most) - variance);

    state[RECENT_LEVEL]! += recent * (value - state[RECENT_LEVEL]!);
    this.#tell(6, state[RECENT_LEVEL]! - state[LEVEL]!);

    state[MOVEMENT]! += slow * (Math.abs(step) - state[MOVEMENT]!);
    state[RECENT_MOVEMENT]! += recent * (Math.abs(step) - state[RECENT_MOVEMENT]!);
    const still = STILL * Math.sqrt(state[VARIANCE]!) + TINY;
    const exact = (state[RECENT_MOVEMENT]! + still) / (state[MOVEMENT]! + still);
    const ratio = Math.min(Math.max(exact, 1 / LARGEST_RATIO), LARGEST_RATIO);
    this.amounts[8] = ratio;
    this.amounts[9] = 1 / ratio;

    this.#tell(4, this.#offDaily(value, at));
  }

  /** Everything kept but the amounts, which follow with the next value. */
  image(): number[] {
    // JSON has no negative zero.
    return Array.from(this.#state, (number) => number + 0);
  }

  restore(image: readonly number[]): void {
    this.#state.set(image);
  }

  /** How far the value is from the mean of its time of day, which learns it; 0 where nothing is known. */
  #offDaily(value: number, at: number): number {
    if (!Number.isFinite(at)) return 0;
    const slot = Math.min(Math.floor((at / DAY_MS - Math.floor(at / DAY_MS)) * SLOTS), SLOTS - 1);
    const state = this.#state;
    const visits = state[VISITS + slot]!;
    const off = visits === 0 ? 0 : value - state[MEANS + slot]!;
    state[VISITS + slot] = Math.min(visits + 1, 1 / DAILY);
    if (visits === 0) state[MEANS + slot] = value;
    else state[MEANS + slot]! += off / state[VISITS + slot]!;
    return off;
  }

  #tell(feature: number, amount: number): void {
    this.amounts[feature] = amount > 0 ? amount : 0;
    this.amounts[feature + 1] = amount < 0 ? -amount : 0;
  }
}
