import { SLOT, SLOT_BYTES } from "./ring.js";
import type { OutOfBand, Ring } from "./ring.js";
import { OUT_OF_BAND, PAD, SLOTS_SHIFT } from "./slots.js";
import { TextWriter } from "./texts.js";

export interface SlotWriterOptions {
  readonly ring: Ring;
  readonly outOfBand: OutOfBand;
  /** Its first number is not 0 while somebody wants to hear of the next record; see `notice`. */
  readonly bell: Int32Array;
  /** Something was recorded while the bell was set, or (`soon`) it is urgent or a good part of the ring has filled. */
  readonly notice: (soon: boolean) => void;
  /** Slots that fill before `notice` is told. */
  readonly manySlots: number;
  /** Sees to room for so many slots, if it can: more of a ring (`use`), or older slots released. */
  readonly makeRoom: (slots: number) => void;
}

/** Slots kept for commands and news beyond those for the outcomes of actions. */
export const HEADROOM = 64;

/** Texts that take more bytes go out of band. */
export const MAX_INLINE_BYTES = 4096;

/** The writing side of a ring, slot by slot. */
export class SlotWriter {
  numbers: Float64Array;
  readonly text: TextWriter;
  readonly outOfBand: OutOfBand;
  /** Slots that are not for texts: promised to outcomes and commands. */
  reserve = HEADROOM;
  #ring: Ring;
  #mask: number;
  #capacity: number;
  /** Slots written and slots known to be released, modulo 2^32; `start`: of the record that is being written. */
  #head: number;
  #tail: number;
  #start: number;
  #noticeAt: number;
  readonly #bell: Int32Array;
  readonly #options: SlotWriterOptions;

  constructor(options: SlotWriterOptions) {
    const { ring } = options;
    this.#options = options;
    this.#bell = options.bell;
    this.outOfBand = options.outOfBand;
    this.#ring = ring;
    this.numbers = ring.numbers;
    this.#mask = ring.mask;
    this.#capacity = ring.capacity;
    this.text = new TextWriter(ring.bytes);
    this.#head = this.#start = ring.head;
    this.#tail = ring.tail;
    this.#noticeAt = (this.#head + options.manySlots) | 0;
  }

  /** Goes on in a larger ring with the same counters. */
  use(ring: Ring): void {
    this.#ring = ring;
    this.numbers = ring.numbers;
    this.#mask = ring.mask;
    this.#capacity = ring.capacity;
    this.text.bytes = ring.bytes;
  }

  /** Slots published since the start, modulo 2^32. */
  get head(): number {
    return this.#head;
  }

  /** The first number of a record of so many slots, -1 when there is no room for them. */
  take(count: number): number {
    let pad = this.#padFor(count);
    if (this.#capacity - ((this.#head - this.#tail) | 0) < count + pad) {
      if (!this.hasFree(count + pad)) return -1;
      // The ring may be a larger one by now.
      pad = this.#padFor(count);
    }
    if (pad > 0) {
      this.numbers[(this.#head & this.#mask) * SLOT] = PAD | (pad << SLOTS_SHIFT);
      this.#head = (this.#head + pad) | 0;
    }
    this.#start = this.#head;
    this.#head = (this.#head + count) | 0;
    return (this.#start & this.#mask) * SLOT;
  }

  /** Texts of the record at `i` begin in its second slot, behind `numbers` numbers. */
  begin(i: number, numbers = 0): void {
    this.text.at = (i + SLOT + numbers) * 8;
  }

  /** Publishes a record with texts; what they did not need is free again. */
  end(i: number, head: number): void {
    const used = 1 + slotsFor(this.text.at - (i + SLOT) * 8);
    this.numbers[i] = head | (used << SLOTS_SHIFT);
    this.#head = (this.#start + used) | 0;
    this.publish();
  }

  /** Publishes a record of one slot and a value out of band. */
  endOutOfBand(i: number, head: number, value: unknown): void {
    this.numbers[i] = head | OUT_OF_BAND | (1 << SLOTS_SHIFT);
    this.outOfBand.put(value);
    this.publish();
  }

  publish(): void {
    this.#ring.publish(this.#head);
    if (Atomics.load(this.#bell, 0) !== 0) this.#options.notice(false);
    if (((this.#head - this.#noticeAt) | 0) >= 0) this.noticeSoon();
  }

  noticeSoon(): void {
    this.#noticeAt = (this.#head + this.#options.manySlots) | 0;
    this.#options.notice(true);
  }

  hasFree(count: number): boolean {
    if (this.#capacity - ((this.#head - this.#tail) | 0) >= count) return true;
    this.#tail = this.#ring.tail;
    if (this.#capacity - ((this.#head - this.#tail) | 0) >= count) return true;
    this.#options.makeRoom(count);
    this.#tail = this.#ring.tail;
    return this.#capacity - ((this.#head - this.#tail) | 0) >= count;
  }

  /** Whether texts may take so many slots: nobody waits for them, and what is promised is not for them. */
  isRoomy(count: number): boolean {
    const needed = this.reserve + count + this.#padFor(count);
    if (this.#capacity - ((this.#head - this.#tail) | 0) >= needed) return true;
    this.#tail = this.#ring.tail;
    return this.#capacity - ((this.#head - this.#tail) | 0) >= needed;
  }

  /** Slots that a record leaves empty at the end of the ring, because it would go over it. */
  #padFor(count: number): number {
    const left = this.#capacity - (this.#head & this.#mask);
    return count > left ? left : 0;
  }
}

/** Slots that so many bytes fill. */
export function slotsFor(bytes: number): number {
  return Math.ceil(bytes / SLOT_BYTES);
}
