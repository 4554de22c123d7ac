import { doubles } from "../evidence/index.js";

/** What stands for an empty slot, and, as no hash does, for the hash that is the same number. */
const EMPTY = 0;
const ZERO_HASH = -1;
/** The table that holds nothing yet, of all of them; most never hold more than a few names. */
const NOTHING = doubles(1);

/**
 * Says which of up to `maxKeys` names were seen before, by hashes below 2^53.
 *
 * Names are kept in two generations of half that size. When the young one is full it becomes the old one, and the old
 * one goes: a name that was not met for long may count as new again; one that was never met never counts as known.
 */
export class Known {
  readonly #half: number;
  #young: number[] = NOTHING;
  #old: number[] = NOTHING;
  #youngSize = 0;
  #oldSize = 0;
  #skipped = 0;

  /** @param maxKeys at least 2 */
  constructor(maxKeys: number) {
    this.#half = Math.max(1, Math.floor(maxKeys / 2));
  }

  /** Names that are known; at most: one that was met again since its generation grew old counts twice. */
  get size(): number {
    return this.#youngSize + this.#oldSize;
  }

  /** Hashes that were no numbers; each counted as new. */
  get skipped(): number {
    return this.#skipped;
  }

  has(hash: number): boolean {
    const key = keyOf(hash);
    return this.#young[slotOf(this.#young, key)] === key || this.#old[slotOf(this.#old, key)] === key;
  }

  /** Takes a name in; true where it was not known. */
  add(hash: number): boolean {
    if (!(Math.abs(hash) < Infinity)) {
      this.#skipped += 1;
      return true;
    }
    const key = keyOf(hash);
    if (this.#young[slotOf(this.#young, key)] === key) return false;
    const isNew = this.#old[slotOf(this.#old, key)] !== key;
    if (this.#youngSize === this.#half) this.#age();
    this.#insert(key);
    return isNew;
  }

  /** Everything kept, for `restore`; null when nothing has happened. */
  image(): unknown {
    if (this.size === 0 && this.#skipped === 0) return null;
    return [keysOf(this.#young), keysOf(this.#old), this.#skipped];
  }

  /** Fills a new instance that was made with the same bound. */
  restore(image: unknown): void {
    if (image === null) return;
    const [young, old, skipped] = image as readonly [readonly number[], readonly number[], number];
    for (const key of old) this.#insert(key);
    this.#age();
    for (const key of young) this.#insert(key);
    this.#skipped = skipped;
  }

  #insert(key: number): void {
    // At most half full, so that a search ends soon.
    if (2 * (this.#youngSize + 1) > this.#young.length) {
      const larger = this.#young.concat(this.#young).fill(EMPTY);
      for (const known of this.#young) if (known !== EMPTY) larger[slotOf(larger, known)] = known;
      this.#young = larger;
    }
    this.#young[slotOf(this.#young, key)] = key;
    this.#youngSize += 1;
  }

  #age(): void {
    const spare = this.#old;
    this.#old = this.#young;
    this.#oldSize = this.#youngSize;
    this.#young = spare.fill(EMPTY);
    this.#youngSize = 0;
  }
}

function keyOf(hash: number): number {
  return hash === EMPTY ? ZERO_HASH : hash;
}

/** The slot of the key, or the one where it would go. */
function slotOf(table: readonly number[], key: number): number {
  const last = table.length - 1;
  const low = key | 0;
  const high = (key / 2 ** 32) | 0;
  let mixed = Math.imul(low ^ (low >>> 15) ^ high, 0x9e3779b1);
  mixed ^= mixed >>> 15;
  let slot = mixed & last;
  while (table[slot] !== EMPTY && table[slot] !== key) slot = (slot + 1) & last;
  return slot;
}

/** In an order that does not depend on how the table came about. */
function keysOf(table: readonly number[]): number[] {
  return table.filter((key) => key !== EMPTY).sort((a, b) => a - b);
}
