/** What the orders to the thread are; 0 is none. */
export const CLOSE = 1;
export const ABANDON = 2;
export const EXIT = 3;

/** Words that both threads see; those of the first group are written by the main thread, the others by the log's. */
const WAKE = 0;
const ORDER = 1;
const WANT_DURABLE = 2;
/** On a cache line of its own: every record looks at it. */
const BELL = 16;
const ANSWER = 32;
const STARTED = 33;
const DONE = 34;
const WRITTEN = 35;
const DURABLE = 36;
const FAILURE = 37;
const NEWS = 38;
const SEGMENTS = 39;
const ENDED = 40;
const LENGTH = 48;

/** UTF-16 units of what went wrong. */
const TEXT_LENGTH = 1000;
const POSITION_AT = LENGTH * 4;
const TEXT_AT = POSITION_AT + 16;

/** What fails at present; `none` when nothing does. */
export type Failing = "none" | "write" | "sync";
const FAILING: readonly Failing[] = ["none", "write", "sync"];

/** What a governor and the thread of its log tell each other besides records. Counts of slots are modulo 2^32. */
export class LogWords {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  /** Leaves that are written; and the oldest leaf that recovery needs. */
  readonly #places: BigInt64Array;
  readonly #text: Uint16Array;

  constructor(buffer = new SharedArrayBuffer(TEXT_AT + 2 * (TEXT_LENGTH + 1))) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, LENGTH);
    this.#places = new BigInt64Array(buffer, POSITION_AT, 2);
    this.#text = new Uint16Array(buffer, TEXT_AT);
  }

  /** Not 0 while the thread sleeps so deeply that the next record must wake it. */
  get bell(): Int32Array {
    return this.#words.subarray(BELL, BELL + 1);
  }

  // What the main thread does.

  order(order: number): void {
    Atomics.store(this.#words, ORDER, order);
    this.wake();
  }

  wake(): void {
    Atomics.store(this.#words, BELL, 0);
    Atomics.add(this.#words, WAKE, 1);
    Atomics.notify(this.#words, WAKE);
  }

  wantDurable(slots: number): void {
    Atomics.store(this.#words, WANT_DURABLE, slots);
  }

  set keepFrom(leaf: number) {
    Atomics.store(this.#places, 1, BigInt(leaf));
  }

  get keepFrom(): number {
    return Number(Atomics.load(this.#places, 1));
  }

  /** Blocks until the thread answers anything after `answer`. False: it did not in time. */
  waitNow(answer: number, ms: number): boolean {
    return Atomics.wait(this.#words, ANSWER, answer, ms) !== "timed-out";
  }

  /** The same without blocking. Keeps no process alive. */
  waitLater(answer: number): Promise<unknown> {
    const { async, value } = atomics.waitAsync(this.#words, ANSWER, answer);
    return async ? value : Promise.resolve();
  }

  get answer(): number {
    return Atomics.load(this.#words, ANSWER);
  }

  /** Tries of the thread to write what there is: begun, and the last one that is over. */
  get started(): number {
    return Atomics.load(this.#words, STARTED);
  }

  get done(): number {
    return Atomics.load(this.#words, DONE);
  }

  get written(): number {
    return Atomics.load(this.#words, WRITTEN);
  }

  get durable(): number {
    return Atomics.load(this.#words, DURABLE);
  }

  get failing(): Failing {
    return FAILING[Atomics.load(this.#words, FAILURE)]!;
  }

  /** Counts changes of `failing`. */
  get news(): number {
    return Atomics.load(this.#words, NEWS);
  }

  get segments(): number {
    return Atomics.load(this.#words, SEGMENTS);
  }

  get hasEnded(): boolean {
    return Atomics.load(this.#words, ENDED) === 1;
  }

  /** Leaves in the log when everything that is written was in it; -1: not all of it is. */
  get position(): number {
    return Number(Atomics.load(this.#places, 0));
  }

  /** What went wrong last. */
  get text(): string {
    return String.fromCharCode(...this.#text.subarray(1, 1 + this.#text[0]!));
  }

  // What the log's thread does.

  get ordered(): number {
    return Atomics.load(this.#words, ORDER);
  }

  get wakes(): number {
    return Atomics.load(this.#words, WAKE);
  }

  get wantedDurable(): number {
    return Atomics.load(this.#words, WANT_DURABLE);
  }

  /** Sleeps until it is woken after `wakes`, or for so long. */
  sleep(wakes: number, ms: number): void {
    Atomics.wait(this.#words, WAKE, wakes, ms);
  }

  /** The same without blocking: resolves when it is woken. */
  sleepLater(wakes: number): Promise<unknown> {
    const { async, value } = atomics.waitAsync(this.#words, WAKE, wakes);
    return async ? value : Promise.resolve();
  }

  setBell(isSet: boolean): void {
    Atomics.store(this.#words, BELL, isSet ? 1 : 0);
  }

  begin(): void {
    Atomics.add(this.#words, STARTED, 1);
  }

  end(): void {
    Atomics.store(this.#words, DONE, this.started);
    this.#answer();
  }

  wrote(slots: number, position: number, segments: number): void {
    Atomics.store(this.#places, 0, BigInt(position));
    Atomics.store(this.#words, SEGMENTS, segments);
    Atomics.store(this.#words, WRITTEN, slots);
    this.#answer();
  }

  synced(slots: number): void {
    Atomics.store(this.#words, DURABLE, slots);
  }

  fails(failing: Failing, text: string): void {
    const length = Math.min(TEXT_LENGTH, text.length);
    for (let i = 0; i < length; i++) this.#text[1 + i] = text.charCodeAt(i);
    this.#text[0] = length;
    const id = FAILING.indexOf(failing);
    if (Atomics.exchange(this.#words, FAILURE, id) !== id) Atomics.add(this.#words, NEWS, 1);
  }

  hasEndedNow(): void {
    Atomics.store(this.#words, ENDED, 1);
    this.#answer();
  }

  #answer(): void {
    Atomics.add(this.#words, ANSWER, 1);
    Atomics.notify(this.#words, ANSWER);
  }
}

// ES2024, in every Node that this package runs on.
const atomics = Atomics as unknown as {
  waitAsync(
    words: Int32Array,
    index: number,
    value: number,
  ):
    | { readonly async: true; readonly value: Promise<unknown> }
    | { readonly async: false; readonly value: string };
};
