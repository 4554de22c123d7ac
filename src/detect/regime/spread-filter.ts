import { log } from "../../core/math.js";

/**
 * How far the present spread of a signal is from its usual one: a hidden Markov filter over multiples of the usual
 * spread, a stochastic volatility model on a grid, exact for that model (J. D. Hamilton 1989 for the filter, S. J.
 * Taylor 1982 for the model). The level walks to its neighbours or, rarely, jumps anywhere; values are Student-t
 * around zero. How fast it walks and how heavy the tails are is averaged over (Bayes).
 */
export class SpreadFilter {
  readonly #mass = new Float64Array(MODELS * LEVELS);
  #logScore = -0;

  constructor() {
    for (let at = 0; at < MODELS * LEVELS; at++) this.#mass[at] = REST[at % LEVELS]! / MODELS;
  }

  /** P(the spread is 1.4 times the usual one or more). */
  get stressedOrWorse(): number {
    return this.#massFrom(FIRST_STRESSED);
  }

  /** P(the spread is twice the usual one or more). */
  get shock(): number {
    return this.#massFrom(FIRST_SHOCK);
  }

  /** The expected multiple of the usual spread. */
  get ratio(): number {
    let sum = 0;
    for (let at = 0; at < MODELS * LEVELS; at++) sum += this.#mass[at]! * RATIOS[at % LEVELS]!;
    return sum;
  }

  /** The logarithm of the density, in usual spreads, that the filter gave the last value before it saw it. */
  get logScore(): number {
    return this.#logScore;
  }

  /** Takes the next deviation from the usual level, in usual spreads; it has to be finite. */
  add(z: number): void {
    this.#walk();
    // One wild value is not a regime: what it says of the spread is capped, and it takes a second one to agree.
    const capped = Math.max(-MOST_Z, Math.min(MOST_Z, z));
    const wild = capped === z ? 0 : this.#density(z);
    const density = this.#update(capped);
    this.#logScore = log(capped === z ? density : Math.max(wild, Number.MIN_VALUE));
  }

  image(): unknown {
    return Array.from(this.#mass);
  }

  restore(image: unknown): void {
    this.#mass.set(image as number[]);
  }

  /** The transition: to neighbours with the model's own speed, anywhere with a jump, between models by a fixed share. */
  #walk(): void {
    const mass = this.#mass;
    shares.fill(0);
    for (let model = 0, at = 0; model < MODELS; model++) {
      let total = 0;
      for (let level = 0; level < LEVELS; level++, at++) total += mass[at]!;
      totals[model] = total;
    }
    for (let model = 0; model < MODELS; model++) {
      const from = model * LEVELS;
      const step = SPEEDS[model % SPEEDS.length]!;
      const total = totals[model]!;
      let below = mass[from]!;
      for (let level = 0; level < LEVELS; level++) {
        const at = from + level;
        const here = mass[at]!;
        const above = level === LEVELS - 1 ? here : mass[at + 1]!;
        const walked = here + step * (below - 2 * here + above);
        below = here;
        const stays = (1 - JUMP) * walked + JUMP * total * REST[level]!;
        mass[at] = (1 - SHARE) * stays;
        shares[level]! += (SHARE / MODELS) * stays;
      }
    }
    for (let at = 0; at < MODELS * LEVELS; at++) mass[at]! += shares[at % LEVELS]!;
  }

  #density(z: number): number {
    let sum = 0;
    for (let at = 0, model = 0; model < MODELS; model++) {
      const tail = Math.trunc(model / SPEEDS.length);
      for (let level = 0; level < LEVELS; level++, at++)
        sum += (this.#mass[at]! * studentT(tail, z / RATIOS[level]!)) / RATIOS[level]!;
    }
    return sum;
  }

  /** Bayes' rule; returns the density that the value had. */
  #update(z: number): number {
    const mass = this.#mass;
    let sum = 0;
    for (let tail = 0; tail < TAILS; tail++) {
      for (let level = 0; level < LEVELS; level++) {
        const likelihood = studentT(tail, z / RATIOS[level]!) / RATIOS[level]!;
        for (let speed = 0; speed < SPEEDS.length; speed++) {
          const at = (tail * SPEEDS.length + speed) * LEVELS + level;
          const next = mass[at]! * likelihood;
          mass[at] = next;
          sum += next;
        }
      }
    }
    for (let at = 0; at < MODELS * LEVELS; at++) mass[at]! /= sum;
    return sum;
  }

  #massFrom(first: number): number {
    let sum = 0;
    for (let model = 0; model < MODELS; model++) {
      for (let level = first; level < LEVELS; level++) sum += this.#mass[model * LEVELS + level]!;
    }
    return Math.min(1, sum);
  }
}

/** Levels: a sixteenth of the usual spread to sixteen times as much, four to the doubling. */
const LEVELS = 33;
const USUAL = 16;
const RATIOS = Float64Array.from({ length: LEVELS }, (_, level) => ratioOf(level - USUAL));
/** From these levels on a spread is stressed (1.4 times the usual) or a shock (twice). */
const FIRST_STRESSED = USUAL + 2;
const FIRST_SHOCK = USUAL + 4;
export const FIRST_STRESSED_RATIO = RATIOS[FIRST_STRESSED]!;
export const FIRST_SHOCK_RATIO = RATIOS[FIRST_SHOCK]!;

/** Probability of a step up, and of a step down, per value. */
const SPEEDS = [0.001, 0.02, 0.08, 0.3];
/** Probability of a jump anywhere, and of another model, per value. */
const JUMP = 0.002;
const SHARE = 0.0002;
/** Student's t with 3, 5 and 9 degrees of freedom. */
const TAILS = 3;
const MODELS = SPEEDS.length * TAILS;
const MOST_Z = 8;

/** Where the level jumps to: most often to near the usual one. */
const REST = atRest();

const shares = new Float64Array(LEVELS);
const totals = new Float64Array(MODELS);

function ratioOf(quarters: number): number {
  const doublings = Math.floor(quarters / 4);
  const root = [1, 1.189207115002721, Math.SQRT2, 1.681792830507429][quarters - 4 * doublings]!;
  let ratio = root;
  for (let i = 0; i < doublings; i++) ratio *= 2;
  for (let i = 0; i > doublings; i--) ratio /= 2;
  return ratio;
}

function atRest(): Float64Array {
  const rest = new Float64Array(LEVELS);
  let sum = 0;
  for (let level = 0; level < LEVELS; level++) {
    const away = (level - USUAL) / 3;
    rest[level] = 1 / (1 + away * away);
    sum += rest[level]!;
  }
  return rest.map((mass) => mass / sum);
}

/** The density of Student's t with unit scale. Even powers only, as the degrees of freedom are odd. */
function studentT(tail: number, z: number): number {
  if (tail === 0) {
    const base = 1 / (1 + (z * z) / 3);
    return 0.3675525969478614 * base * base;
  }
  if (tail === 1) {
    const base = 1 / (1 + (z * z) / 5);
    return 0.3796066898224944 * base * base * base;
  }
  const base = 1 / (1 + (z * z) / 9);
  const square = base * base;
  return 0.3880349029181432 * square * square * base;
}
