/**
 * Which of two ways to foresee a signal is the better one, judged by the densities that they gave its values (Bayes'
 * factor), with forgetting and hysteresis: the winner changes when the other one leads by a margin. The lead is bounded,
 * so that a long past does not outweigh the present.
 */
export class Contest {
  readonly #memory: number;
  readonly #margin: number;
  /** The logarithm of the evidence for the challenger against the holder. */
  #lead = -0;
  #isWon = false;
  /** How many values were judged, up to `memory`. */
  #count = 0;

  /**
   * @param memory how many values the evidence is worth
   * @param margin the logarithm of the evidence with which the winner changes; less while the memory fills
   */
  constructor(memory: number, margin: number) {
    this.#memory = memory;
    this.#margin = margin;
  }

  /** Whether the challenger holds the place now. */
  get isWon(): boolean {
    return this.#isWon;
  }

  /** Begins with the evidence of some values, and with the one that leads by it. */
  begin(lead: number, values: number): void {
    this.#count = values;
    this.#lead = clamp(lead, MOST_LEAD * this.#margin);
    this.#isWon = lead > 0;
  }

  /** Takes the logarithm of the challenger's density over the holder's for one value. Returns whether the winner changed. */
  add(gain: number): boolean {
    if (this.#count < this.#memory) this.#count++;
    this.#lead = clamp((1 - 1 / this.#memory) * this.#lead + gain, MOST_LEAD * this.#margin);
    const margin = (this.#margin * this.#count) / this.#memory;
    if (this.#isWon ? this.#lead >= -margin : this.#lead <= margin) return false;
    this.#isWon = !this.#isWon;
    return true;
  }

  image(): unknown {
    return [this.#lead, this.#isWon, this.#count];
  }

  restore(image: unknown): void {
    [this.#lead, this.#isWon, this.#count] = image as [number, boolean, number];
  }
}

/** In margins. */
const MOST_LEAD = 2;

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}
