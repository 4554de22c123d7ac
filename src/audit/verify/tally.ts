/** Kinds that are counted by name. */
const KINDS_MAX = 100;
const OTHERS = "(others)";

interface Count {
  n: number;
}

/** Counts things by name. */
export class Tally {
  readonly #counts = new Map<string, Count>();
  // The same name comes many times in a row.
  #name = "";
  #count: Count = { n: 0 };

  count(name: string): void {
    if (name !== this.#name) {
      this.#name = name;
      this.#count = this.#of(name);
    }
    this.#count.n++;
  }

  readonly number = (name: string): number => this.#counts.get(name)?.n ?? 0;

  result(): Record<string, number> {
    return Object.fromEntries(
      [...this.#counts].sort(([, a], [, b]) => b.n - a.n).map(([name, { n }]) => [name, n]),
    );
  }

  #of(name: string): Count {
    const key = this.#counts.has(name) || this.#counts.size < KINDS_MAX ? name : OTHERS;
    let count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, (count = { n: 0 }));
    return count;
  }
}
