/**
 * What many signals say together. A signal that is one of `count` has 1/count of the prior odds of being the unusual
 * one; where the k most unusual agree, it is k/count. Bonferroni's and R. J. Simes' (1986) corrections, in odds: the
 * number of signals does not raise the rate of false alarms, and what shows in all of them needs no correction.
 */
export class Together {
  readonly #largest = new Float64Array(MOST_AGREEING);
  #count = 0;

  clear(): void {
    this.#count = 0;
    this.#largest.fill(0);
  }

  /** Takes the probability one signal gives. */
  add(probability: number): void {
    this.#count++;
    const largest = this.#largest;
    if (!(probability > largest[MOST_AGREEING - 1]!)) return;
    let at = MOST_AGREEING - 1;
    for (; at > 0 && largest[at - 1]! < probability; at--) largest[at] = largest[at - 1]!;
    largest[at] = probability;
  }

  /** The probability for the whole; 0 where no signal was given. */
  get probability(): number {
    let most = 0;
    for (let at = 0; at < MOST_AGREEING && at < this.#count; at++) {
      const probability = this.#largest[at]!;
      const corrected = ((at + 1) / this.#count) * probability;
      most = Math.max(most, corrected / (corrected + (1 - probability)));
    }
    return most;
  }
}

const MOST_AGREEING = 16;
