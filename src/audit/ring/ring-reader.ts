import type { KeptValue } from "../privacy/vault.js";
import type { LeafSink } from "../log/leaf-sink.js";
import { fieldsOf, fit, isTooLong, split } from "./fields.js";
import type { Fields } from "./fields.js";
import { Lines } from "./lines.js";
import { copyOf, nameMeasure, noNames, quote } from "./names.js";
import { SLOT } from "./ring.js";
import type { OutOfBand, Ring } from "./ring.js";
import * as slots from "./slots.js";
import { TextReader } from "./texts.js";

/** The field that numbers records. */
const NUMBER_KEY = "i";
const NUMBER = `,"${NUMBER_KEY}":`;

/** Slots are given back to the writing side after so many, for it may be waiting. */
const RELEASE_AFTER = 1024;

/** The reading side of a ring: turns what was recorded into leaves. */
export class RingReader {
  #ring: Ring;
  readonly #outOfBand: OutOfBand;
  readonly #isBounded: boolean;
  readonly #run: string | null;
  /** Records that were read. */
  #count = 0;
  readonly #lines: Lines;
  #names = noNames();
  #tail: number;
  #released: number;
  /** Something was read that should be signed soon; for whoever asks to set back. */
  isUrgent = false;

  /**
   * @param isBounded lines have a greatest length, and values that are too long go to `sink.blob`
   * @param run numbers the records of this run, in field `i`: for logs that several write
   */
  constructor(ring: Ring, outOfBand: OutOfBand, isBounded = true, run: string | null = null) {
    this.#isBounded = isBounded;
    this.#run = run === null ? null : JSON.stringify(run);
    this.#ring = ring;
    this.#tail = this.#released = ring.tail;
    this.#outOfBand = outOfBand;
    this.#lines = new Lines(ring.numbers, new TextReader(ring.bytes));
  }

  /** Goes on in a larger ring with the same counters. */
  use(ring: Ring): void {
    this.#ring = ring;
    this.#lines.use(ring.numbers, ring.bytes);
  }

  /** Slots read since the start, modulo 2^32. */
  get tail(): number {
    return this.#tail;
  }

  /** Hands records to `sink` until `maxBacklog` bytes wait in it; false when there are more. */
  drain(sink: LeafSink, maxBacklog: number): boolean {
    const { head } = this.#ring;
    while (this.#tail !== head) {
      if (sink.backlog >= maxBacklog) break;
      this.#tail = (this.#tail + this.#read(this.#tail, this.#outOfBand, sink)) | 0;
      if (((this.#tail - this.#released) | 0) >= RELEASE_AFTER) this.#release();
    }
    this.#release();
    return this.#tail === head;
  }

  /** Forgets the oldest records until `slots` are free, but not what they say about names. */
  forget(slots: number): void {
    const { head, capacity } = this.#ring;
    while (this.#tail !== head && capacity - ((head - this.#tail) | 0) < slots)
      this.#tail = (this.#tail + this.#read(this.#tail, this.#outOfBand, null)) | 0;
    this.#release();
  }

  /** Hands records to `sink` and leaves them where they are; `waiting` is what is out of band. */
  peek(sink: LeafSink, waiting: readonly unknown[]): void {
    const before = this.#names;
    this.#names = copyOf(before);
    const { head } = this.#ring;
    let next = 0;
    const outOfBand: OutOfBand = { put: () => undefined, take: () => waiting[next++] };
    for (let at = this.#tail; at !== head;) at = (at + this.#read(at, outOfBand, sink)) | 0;
    this.#names = before;
  }

  #release(): void {
    this.#ring.release(this.#tail);
    this.#released = this.#tail;
  }

  /** Reads one record, without a sink only what it says about names; how many slots it has. */
  #read(at: number, outOfBand: OutOfBand, sink: LeafSink | null): number {
    const i = (at & this.#ring.mask) * SLOT;
    const head = this.#ring.numbers[i]!;
    const value = (head & slots.OUT_OF_BAND) === 0 ? undefined : outOfBand.take();
    if (value === undefined && (head & slots.OUT_OF_BAND) !== 0)
      throw new Error("a part of a record is missing");
    const kind = head & slots.KIND_BITS;
    if (kind === slots.KEPT) for (const kept of value as readonly KeptValue[]) sink?.keep?.(kept);
    else if (kind > slots.EVENT) this.#learn(kind, i, value);
    else if (sink !== null && kind !== slots.PAD) this.#hand(kind, i, head, value, sink);
    return head >>> slots.SLOTS_SHIFT;
  }

  #hand(kind: number, i: number, head: number, value: unknown, sink: LeafSink): void {
    const lines = this.#lines;
    if (this.#run !== null) lines.number = `,"i":${this.#count++}`;
    if (kind === slots.EVENT) {
      if (this.#ring.numbers[i + 1] === 1) this.isUrgent = true;
      if (value !== undefined) return this.#append(sink, this.#numbered(value as Fields));
      lines.event(i);
      if (this.#run !== null) return this.#append(sink, this.#numbered(fieldsOfLine(lines)));
    } else if (kind === slots.DECISION) {
      lines.decision(i, head, this.#names, value as slots.LooseDecision | undefined);
    } else {
      lines.outcome(i, head, this.#names, value as readonly number[] | undefined);
    }
    // Nearly always it fits; what does not is taken apart again.
    if (this.#isBounded && isTooLong(lines.head, lines.tail)) this.#append(sink, fieldsOfLine(lines));
    else sink.append(lines.head, lines.tail);
  }

  /** The same fields with the number of the record, and the run that it belongs to. */
  #numbered(fields: Fields): Fields {
    if (this.#run === null) return fields;
    const number = this.#lines.number.slice(NUMBER.length);
    const pairs: (readonly [key: string, json: string])[] = [[NUMBER_KEY, number]];
    let isNamed = false;
    for (let k = 0; k < fields.length; k += 2) {
      if (fields[k] === "boot") isNamed = true;
      if (fields[k] !== NUMBER_KEY) pairs.push([fields[k]!, fields[k + 1]!]);
    }
    if (!isNamed) pairs.push(["boot", this.#run]);
    return pairs.sort(([a], [b]) => (a < b ? -1 : 1)).flat();
  }

  #append(sink: LeafSink, fields: Fields): void {
    const blob = (field: string, text: string): void => {
      sink.blob(field, text);
    };
    sink.append(...split(this.#isBounded ? fit(fields, blob) : fields));
  }

  #learn(kind: number, i: number, value: unknown): void {
    const names = this.#names;
    const id = this.#ring.numbers[i + 1]!;
    if (kind === slots.RESET) {
      names.lanes = [];
      return;
    }
    const texts = this.#lines.texts;
    texts.at = (i + SLOT) * 8;
    const next = (): string => texts.text();
    if (kind === slots.LANE) {
      const source = quote(next());
      names.lanes[id] = `"series":${quote(next())},"source":${source}`;
    } else if (kind === slots.NAME) {
      names.refusals[id] = quote(next());
    } else if (kind === slots.MEASURE) {
      nameMeasure(names, id, value === undefined ? next() : (value as string));
    } else {
      const [boot, policy] = value === undefined ? [next(), next()] : (value as readonly [string, string]);
      names.boot = boot;
      names.policy = policy;
    }
  }
}

/** The fields of what was read last. */
function fieldsOfLine({ head, tail }: Lines): Fields {
  return fieldsOf(JSON.parse(`${head}0${tail}`) as object, null);
}
