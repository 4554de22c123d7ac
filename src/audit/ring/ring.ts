/** Numbers in a slot. */
export const SLOT = 16;
export const SLOT_BYTES = SLOT * 8;

/** Places of the counters, on cache lines of their own: each is written by one side and read by the other. */
const HEAD = 0;
const TAIL = 16;
const CONTROL_LENGTH = 32;

/** The most slots: counters are 32 bits wide and compared by difference. */
const MAX_CAPACITY = 2 ** 24;

/** What a ring is made of, to be handed to another thread as it is. */
export interface RingBuffers {
  /** Int32: slots published and slots released, both modulo 2^32. */
  readonly control: ArrayBufferLike;
  /** Slots of 16 float64; a record's texts lie in slots of their own behind its first one. */
  readonly slots: ArrayBufferLike;
}

/** The way of what is too long for the ring: values come out in the order in which they were put in. */
export interface OutOfBand {
  /** Puts a value in, before the slot that speaks of it is published. */
  put(value: unknown): void;
  /** Takes the next value out, or undefined when there is none. */
  take(): unknown;
}

/** Out of band within one thread. */
export class Drawer implements OutOfBand {
  #values: unknown[] = [];
  #next = 0;

  put(value: unknown): void {
    this.#values.push(value);
  }

  take(): unknown {
    const value = this.#values[this.#next];
    this.#values[this.#next++] = undefined;
    if (this.#next === this.#values.length) {
      this.#values = [];
      this.#next = 0;
    } else if (this.#next > 1024 && this.#next * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#next);
      this.#next = 0;
    }
    return value;
  }

  /** What is waiting, oldest first. */
  waiting(): readonly unknown[] {
    return this.#values.slice(this.#next);
  }
}

export function newRing(capacity: number, shared: boolean): RingBuffers {
  const slots = capacityOf(capacity);
  const make = (bytes: number): ArrayBufferLike =>
    shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  return { control: make(CONTROL_LENGTH * 4), slots: make(slots * SLOT_BYTES) };
}

/** Slots that are made for so many records: a power of two. */
export function capacityOf(records: number): number {
  return 2 ** Math.ceil(Math.log2(Math.min(MAX_CAPACITY, Math.max(2, records))));
}

/** One side's view of a ring: one producer, one consumer, in one thread or in two. */
export class Ring {
  readonly numbers: Float64Array;
  readonly bytes: Buffer;
  readonly capacity: number;
  readonly mask: number;
  readonly #control: Int32Array;

  constructor({ control, slots }: RingBuffers) {
    this.#control = new Int32Array(control);
    this.numbers = new Float64Array(slots);
    this.bytes = Buffer.from(slots);
    this.capacity = this.numbers.length / SLOT;
    this.mask = this.capacity - 1;
  }

  /** Slots published since the start, as int32. */
  get head(): number {
    return Atomics.load(this.#control, HEAD);
  }

  /** Makes all slots before `head` visible to the consumer. */
  publish(head: number): void {
    Atomics.store(this.#control, HEAD, head);
  }

  /** Slots released since the start, as int32. */
  get tail(): number {
    return Atomics.load(this.#control, TAIL);
  }

  /** Gives all slots before `tail` back to the producer. */
  release(tail: number): void {
    Atomics.store(this.#control, TAIL, tail);
  }

  /** The same slots with as many again; for one thread only, at a moment when nothing is half written. */
  grown(): RingBuffers {
    const bigger = newRing(this.capacity * 2, false);
    const numbers = new Float64Array(bigger.slots);
    const mask = this.capacity * 2 - 1;
    const { head, tail } = this;
    for (let at = tail; at !== head; at = (at + 1) | 0) {
      const from = (at & this.mask) * SLOT;
      numbers.set(this.numbers.subarray(from, from + SLOT), (at & mask) * SLOT);
    }
    new Int32Array(bigger.control).set(this.#control);
    return bigger;
  }
}
