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
  /** The share of the steps that are not zero, and how far those are from the usual one (root mean square). */
  #moving = -0;
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
    const rounding = Math.max(LEAST_SPREAD, ROUNDING * Math.abs(this.#last));
    const spread = this.#unit * this.#scale.spread + rounding;
    // What mostly stands still does nothing unusual when it moves as far as it moves.
    return this.#moving < MOSTLY ? Math.max(spread, LEAST_IN_MOVES * this.#move) : spread;
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

  /** How often and how far it moves: what a spread alone does not tell of a price in cents, which mostly stands still. */
  #measure(step: number, unusual: number): void {
    if (this.#count < MOVE_MEMORY) this.#count++;
    this.#moving += ((step === 0 ? 0 : 1) - this.#moving) / this.#count;
    if (step === 0) return;
    const off = Math.abs(step - this.#steps.level);
    if (this.#moves < MOVE_MEMORY) this.#moves++;
    if (this.#moves === 1) this.#move = off;
    const bounded = Math.min(off, MOST_MOVES * this.#move);
    const weight = (1 - unusual) / this.#moves;
    this.#move = Math.sqrt(this.#move * this.#move + weight * (bounded * bounded - this.#move * this.#move));
  }

  get #scale(): Baseline {
    return this.#growth.isWon ? this.#returns : this.#steps;
  }

  /** What the steps are measured in. */
  get #unit(): number {
    return this.#growth.isWon ? Math.abs(this.#last) : 1;
  }
}

type FiveNumbers = [number, number, number, number, number];

/** As many as the first values of the level have between them. */
const FIRST_STEPS = 19;
/** A step over more times the value says nothing of growth: the value was next to nothing. */
const MOST_RETURN = 100;
/** Steps, and moves, that their share and size are worth. */
const MOVE_MEMORY = 400;
/** What one move counts at most, in moves. */
const MOST_MOVES = 4;
/** Where it moves in fewer steps than that, the spread is so many moves at least: one is not unusual, a few at once are. */
const MOSTLY = 0.5;
const LEAST_IN_MOVES = 0.6;
/** How many steps the evidence for growth is worth, and by how many nats it has to lead. */
const GROWTH_MEMORY = 500;
const GROWTH_MARGIN = 5;
/** The scale of Student's t in spreads that suits light and heavy tails: too wide a scale would favour the narrower one. */
const T5_SCALE = 0.82;
/** The part of a value that may be a rounding error of it and of the one before. */
const ROUNDING = 1e-13;
/** What decays for ever comes to where doubles end. */
const LEAST_SPREAD = 1e-20;

/** Student's t with five degrees of freedom, but for a constant. */
function logDensity(step: number, { level, spread }: Baseline): number {
  const z = (step - level) / (T5_SCALE * spread);
  return -log(spread) - 3 * log1p((z * z) / 5);
}
