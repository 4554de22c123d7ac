import { fromMicro } from "../../core/measure.js";
import type { Amounts, FlipCount, FlipOutcome } from "./report.js";

/** Micro-units by measure. */
export type MicroAmounts = Readonly<Record<string, number>>;

/** Sums amounts by measure. */
export class Sums {
  readonly #micro = new Map<string, number>();

  add(cost: MicroAmounts | undefined): void {
    for (const measure in cost) this.#micro.set(measure, (this.#micro.get(measure) ?? 0) + cost[measure]!);
  }

  get amounts(): Amounts {
    return inUnits(this.#micro);
  }
}

export function inUnits(cost: Iterable<readonly [string, number]>): Amounts {
  return Object.fromEntries([...cost].map(([measure, micro]) => [measure, fromMicro(micro)]));
}

/** Counts decisions that come out otherwise. */
export class Counting {
  count = 0;
  #worked = 0;
  #progress = 0;
  #failed = 0;
  #unknown = 0;
  #neverBegan = 0;
  #later = 0;
  readonly #cost = new Sums();
  readonly #unknownCost = new Sums();

  /** @param progress something new came of it */
  note(outcome: FlipOutcome, cost: MicroAmounts | undefined, later: boolean, progress: boolean): void {
    this.count += 1;
    if (later) this.#later += 1;
    switch (outcome) {
      case "worked":
        this.#worked += 1;
        if (progress) this.#progress += 1;
        this.#cost.add(cost);
        return;
      case "failed":
        this.#failed += 1;
        this.#cost.add(cost);
        return;
      case "unknown":
        this.#unknown += 1;
        this.#unknownCost.add(cost);
        return;
      case "never-began":
        this.#neverBegan += 1;
    }
  }

  get facts(): FlipCount {
    return {
      count: this.count,
      worked: this.#worked,
      progress: this.#progress,
      failed: this.#failed,
      unknown: this.#unknown,
      neverBegan: this.#neverBegan,
      later: this.#later,
      cost: this.#cost.amounts,
      unknownCost: this.#unknownCost.amounts,
    };
  }
}
