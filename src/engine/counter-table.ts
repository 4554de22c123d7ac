import type { Counter, CounterKey, Guard } from "./guards/guard.js";

/** A full table is searched for forgettable counters at most once in this many keys that found no room. */
const SWEEP_EVERY = 1024;

type CounterImage = readonly [key: CounterKey, image: unknown];

export interface TableImage {
  readonly turnedAway: number;
  readonly counters: readonly CounterImage[];
}

/**
 * The counters of one guard by key, at most `maxKeys` of them.
 *
 * At the cap a new key shares the overflow counter: all such keys together have one key's limits. While the overflow
 * counter remembers anything, keys without a counter stay there, so that a key never gets a second, empty counter.
 */
export class CounterTable {
  readonly #guard: Guard;
  readonly #maxKeys: number;
  #counters = new Map<string, Counter>();
  #overflow: Counter | null = null;
  #turnedAway = 0;

  constructor(guard: Guard, maxKeys: number) {
    this.#guard = guard;
    this.#maxKeys = maxKeys;
  }

  /** The counter of a key that has one, by its name. */
  at(name: string): Counter | undefined {
    const counter = this.#counters.get(name);
    if (counter !== undefined) counter.fetchedIn = this.#guard.host.event;
    return counter;
  }

  /**
   * The counter of a key, made when there is room.
   *
   * @param name of the key, from whoever has it: thousands of names need not be there once for each table
   */
  get(key: CounterKey, mono: number, name?: string): Counter {
    const counter = this.#find(key, mono, name);
    counter.fetchedIn = this.#guard.host.event;
    return counter;
  }

  /** Keys without a counter of their own share one. */
  get hasOverflow(): boolean {
    return this.#overflow !== null;
  }

  /** Every counter, the overflow one last. */
  *all(): IterableIterator<Counter> {
    yield* this.#counters.values();
    if (this.#overflow !== null) yield this.#overflow;
  }

  /** Takes over the counters of a rule that means the same: what was spent stays spent. */
  inherit(from: CounterTable): void {
    this.#counters = from.#counters;
    this.#overflow = from.#overflow;
    for (const counter of this.all()) counter.adopt(this.#guard);
  }

  /** The counter that a stored key belongs to, without making one. */
  peek(key: CounterKey): Counter | undefined {
    return key.overflow === true ? (this.#overflow ?? undefined) : this.#counters.get(keyName(key));
  }

  /** Everything kept, counters that are as new included: whether a key has one matters at the cap. */
  image(mono: number): TableImage {
    const counters: CounterImage[] = [];
    for (const counter of this.all()) {
      counters.push([counter.key, counter.image(mono)]);
    }
    return { turnedAway: this.#turnedAway, counters };
  }

  restore({ turnedAway, counters }: TableImage): void {
    this.#turnedAway = turnedAway;
    for (const [key, image] of counters) {
      const counter = this.#guard.newCounter(key);
      counter.restore(image);
      if (key.overflow === true) this.#overflow = counter;
      else this.#counters.set(keyName(key), counter);
    }
  }

  #find(key: CounterKey, mono: number, name = keyName(key)): Counter {
    // What was lost of the shared counter belongs to it, though nobody has needed it in this life yet.
    if (key.overflow === true) return (this.#overflow ??= this.#guard.newCounter({ overflow: true }));
    const known = this.#counters.get(name);
    if (known !== undefined) return known;
    if (this.#overflow !== null && this.#isForgettable(this.#overflow, mono)) {
      this.#overflow.forgotten = true;
      this.#overflow = null;
      this.#guard.host.forgotten();
    }
    if (this.#overflow === null && (this.#counters.size < this.#maxKeys || this.#sweep(mono))) {
      const counter = this.#guard.newCounter(key);
      this.#counters.set(name, counter);
      return counter;
    }
    this.#overflow ??= this.#guard.newCounter({ overflow: true });
    return this.#overflow;
  }

  #sweep(mono: number): boolean {
    if (this.#turnedAway++ % SWEEP_EVERY !== 0) return false;
    for (const [name, counter] of this.#counters) {
      if (!this.#isForgettable(counter, mono)) continue;
      counter.forgotten = true;
      this.#counters.delete(name);
    }
    this.#guard.host.forgotten();
    return this.#counters.size < this.#maxKeys;
  }

  /** The event that is being handled may hold counters it has just fetched. */
  #isForgettable(counter: Counter, mono: number): boolean {
    return counter.fetchedIn !== this.#guard.host.event && counter.isFresh(mono);
  }
}

/** Names cannot contain control characters, so the separators cannot be forged. */
export function keyName({ source, series, tags }: CounterKey): string {
  let name = `${source ?? ""}\n${series ?? ""}`;
  if (tags !== undefined) for (const tag of Object.keys(tags)) name += tagName(tag, tags[tag]!);
  return name;
}

/** What one tag adds to the name of a key. */
export function tagName(tag: string, value: string): string {
  return `\n${tag}\t${value}`;
}
