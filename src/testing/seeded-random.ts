/** Numbers that look random and come again for the same seed (sfc32, from PractRand by Chris Doty-Humphrey). */
export class SeededRandom {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #count = 1;

  /** @param seed any number; its lower 32 bits count */
  constructor(seed: number) {
    this.#a = seed | 0;
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** 32 random bits, as a number from 0 to 2³² − 1. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number {
    return Math.floor((this.bits() / 2 ** 32) * end);
  }

  /** True in `share` of all cases. */
  chance(share: number): boolean {
    return this.bits() < share * 2 ** 32;
  }

  /** One of them. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("there is nothing to pick from");
    return item;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.bits() & 0xff);
  }
}
