import { log, log1p } from "../../core/math.js";
import { Baseline } from "./baseline.js";
import { Contest } from "./contest.js";

/**
 * One signal as a random walk with drift: the next value is the last one and the usual step, give or take the usual
 * spread of the steps. Whether steps keep their size or grow with the value (a geometric walk, as prices do) is learned
 * from which of the two foresees them better.
 */
export class Walk {
  #last = NaN;
  readonly #steps = new Baseline(FIRST_STEPS);
  /** The steps in parts of the value before. */
  readonly #returns = new Baseline(FIRST_STEPS);
  /** The share of the steps that are not zero, and how far those are from the usual one, on average. */
  #moving = 1;
  #move = -0;
  #moves = 0;
  #count = 0;
  readonly #growth = new Contest(GROWTH_MEMORY, GROWTH_MARGIN);

  /** Where the next value is expected. */
  get expected(): number {
    return this.#last + this.#unit * this.#scale.level;
  }

  /** The usual spread of the next value about `expected`; never zero. */
  get spread(): number {
    const spread = this.#unit * this.#scale.spread + ROUNDING * Math.abs(this.#last);
    // What mostly stands still and then moves by a tick does no more than usual then.
    return this.#moving < 0.5 ? Math.max(spread, LEAST_IN_MOVES * this.#move) : spread;
  }

  /** Takes the next value, as `Baseline.add` does. */
  add(value: number, unusual: number): void {
    const last = this.#last;
    this.#last = value;
    if (Number.isNaN(last)) return;
    const step = value - last;
    this.#compare(step, last);
    this.#measure(step, unusual);
    this.#steps.add(step, unusual);
    // A part of next to nothing would be no usable number.
    if (Math.abs(step) <= MOST_RETURN * Math.abs(last) && last !== 0) {
      this.#returns.add(step / Math.abs(last), unusual);
    }
  }

  image(): unknown {
    if (Number.isNaN(this.#last)) return null;
    const parts = [this.#steps, this.#returns, this.#growth].map((part) => part.image());
    return [[this.#last, this.#moving, this.#move, this.#moves, this.#count], ...parts];
  }

  restore(image: unknown): void {
    if (image === null) return;
    const [numbers, steps, returns, growth] = image as [readonly number[], unknown, unknown, unknown];
    [this.#last, this.#moving, this.#move, this.#moves, this.#count] = numbers as FiveNumbers;
    this.#steps.restore(steps);
    this.#returns.restore(returns);
    this.#growth.restore(growth);
  }

  /** What grows in parts of itself never changes its sign. */
  #compare(step: number, last: number): void {
    if (last === 0 || Math.abs(step) > MOST_RETURN * Math.abs(last) || (last + step) * Math.sign(last) <= 0) {
      this.#growth.begin(-2 * GROWTH_MARGIN, GROWTH_MEMORY);
      return;
    }
    if (!this.#steps.known || !this.#returns.known) return;
    const size = Math.abs(last);
    const gain = logDensity(step / size, this.#returns) - log(size) - logDensity(step, this.#steps);
    this.#growth.add(Math.max(-1, Math.min(1, gain)));
  }

  #measure(step: number, unusual: number): void {
    if (this.#count < MOVE_MEMORY) this.#count++;
    const isMove = step !== 0;
    this.#moving += ((isMove ? 1 : 0) - this.#moving) / this.#count;
    if (!isMove) return;
    if (this.#moves < MOVE_MEMORY) this.#moves++;
    const size = Math.abs(step - this.#steps.level);
    const bounded = this.#moves === 1 ? size : Math.min(size, MOST_MOVE * this.#move);
    const weight = (1 - unusual) / this.#moves;
    this.#move = Math.sqrt(this.#move * this.#move + (this.#moves === 1 ? 1 : weight) * (bounded * bounded - this.#move * this.#move));
  }

  get #scale(): Baseline {
    return this.#growth.isWon ? this.#returns : this.#steps;
  }

  /** What the steps are measured in. */
  get #unit(): number {
    return this.#growth.isWon ? Math.abs(this.#last) : 1;
  }
}

/** As many as the first values of the level have between them. */
const FIRST_STEPS = 19;
type FiveNumbers = [number, number, number, number, number];

/** A step over more times the value says nothing of growth: the value was next to nothing. */
const MOST_RETURN = 100;
const MOVE_MEMORY = 400;
const MOST_MOVE = 4;
const LEAST_IN_MOVES = 0.65;
const GROWTH_MEMORY = 500;
const GROWTH_MARGIN = 5;
/** The scale of Student's t in spreads that suits light and heavy tails: too wide a scale would favour the narrower one. */
const T5_SCALE = 0.82;
/** The part of a value that may be a rounding error of it and of the one before. */
const ROUNDING = 1e-13;

/** Student's t with five degrees of freedom, but for a constant. */
function logDensity(step: number, { level, spread }: Baseline): number {
  const z = (step - level) / (T5_SCALE * spread);
  return -log(spread) - 3 * log1p((z * z) / 5);
}
