import type { Logger } from "./logger.js";

/** Reports that come but cannot be used as they are; each is counted, and told now and then. */
const ODDITIES = {
  late: "an outcome came after its permit had expired: it is booked, and what was reserved had counted as spent",
  twice: "an outcome came for a decision that is already settled: it is not counted again",
  unknown: "an outcome came for a decision that is not open here: it is not counted",
  invalid: "a report was not a number: it teaches nothing",
} as const;

export type Oddity = keyof typeof ODDITIES;

/** Counts what is odd about the reports that come in. */
export class Oddities {
  readonly #logger: Logger;
  readonly #counts: Record<Oddity, number> = { late: 0, twice: 0, unknown: 0, invalid: 0 };

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** How often each has been met so far. */
  get counts(): Readonly<Record<Oddity, number>> {
    return { ...this.#counts };
  }

  /** Counts one; the first, tenth, hundredth … is told. */
  meet(oddity: Oddity): void {
    const count = (this.#counts[oddity] += 1);
    if (!/^10*$/.test(String(count))) return;
    const times = count === 1 ? "" : ` (${count} times so far)`;
    this.#logger.warn(`${ODDITIES[oddity]}${times}`);
  }
}
