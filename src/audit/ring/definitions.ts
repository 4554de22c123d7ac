import type { LaneNames, MeasureNames } from "../recorder.js";
import { slotsFor } from "./slot-writer.js";
import type { SlotWriter } from "./slot-writer.js";
import * as slots from "./slots.js";
import { MAX_TEXT, textBytes } from "./texts.js";
import type { RingExtra } from "./ring-recorder.js";

/** Lanes that have ids at a time; after that they begin anew. */
const MAX_LANES = 16_384;

/** Gives names numbers, and says in the ring which. Where that finds no room, a record says its names itself. */
export class Definitions {
  readonly #writer: SlotWriter;
  readonly #measures: MeasureNames;
  /** Measures whose names were said; the first has none. */
  #measureCount = 1;
  #lanes = new WeakMap<LaneNames, number>();
  #laneCount = 0;
  #lastLane: LaneNames | null = null;
  #lastId = 0;
  readonly #names = new Map<string, number>();

  constructor(writer: SlotWriter, measures: MeasureNames) {
    this.#writer = writer;
    this.#measures = measures;
  }

  /** The id of a lane, from 1; 0 when it has none. */
  laneId(lane: LaneNames): number {
    if (lane === this.#lastLane) return this.#lastId;
    const id = this.#lanes.get(lane) ?? this.#defineLane(lane);
    if (id === 0) return 0;
    this.#lastLane = lane;
    this.#lastId = id;
    return id;
  }

  /** The four names of a refusal in one number; -1 when one of them has no id. */
  refusal({ code, rule, wouldCode, wouldRule }: RingExtra): number {
    const a = this.#nameId(code);
    const b = this.#nameId(rule);
    const c = this.#nameId(wouldCode);
    const d = this.#nameId(wouldRule);
    if (a < 0 || b < 0 || c < 0 || d < 0) return -1;
    return a + slots.NAME_RADIX * (b + slots.NAME_RADIX * (c + slots.NAME_RADIX * d));
  }

  /** Whether the names of the first `count` measures are known; false: there was no room to say so. */
  measures(count: number): boolean {
    return count <= this.#measureCount || this.#defineMeasures(count);
  }

  /** The name of this run and of its policy as JSON, empty when unknown. */
  context(boot: string, policy: string): void {
    const count = 1 + slotsFor(textBytes(boot) + textBytes(policy));
    const writer = this.#writer;
    const isInline = boot.length <= MAX_TEXT && writer.isRoomy(count);
    const i = writer.take(isInline ? count : 1);
    if (i < 0) return;
    if (!isInline) {
      writer.endOutOfBand(i, slots.CONTEXT, [boot, policy]);
      return;
    }
    writer.begin(i);
    writer.text.text(boot);
    writer.text.text(policy);
    writer.end(i, slots.CONTEXT);
  }

  #defineLane(lane: LaneNames): number {
    const { source, series } = lane;
    const writer = this.#writer;
    const count = 1 + slotsFor(textBytes(source) + textBytes(series));
    if (source.length > MAX_TEXT || series.length > MAX_TEXT || !writer.isRoomy(count + 1)) return 0;
    if (this.#laneCount >= MAX_LANES) this.#beginLanesAnew();
    const i = writer.take(count);
    if (i < 0) return 0;
    const id = ++this.#laneCount;
    writer.numbers[i + 1] = id;
    writer.begin(i);
    writer.text.text(source);
    writer.text.text(series);
    writer.end(i, slots.LANE);
    this.#lanes.set(lane, id);
    return id;
  }

  #beginLanesAnew(): void {
    const i = this.#writer.take(1);
    if (i < 0) return;
    this.#writer.numbers[i] = slots.RESET | (1 << slots.SLOTS_SHIFT);
    this.#writer.publish();
    this.#lanes = new WeakMap();
    this.#laneCount = 0;
    this.#lastLane = null;
  }

  #nameId(name: string | undefined): number {
    if (name === undefined) return 0;
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const id = this.#names.size + 1;
    if (id >= slots.NAME_RADIX || name.length > MAX_TEXT) return -1;
    if (!this.#define(slots.NAME, id, name)) return -1;
    this.#names.set(name, id);
    return id;
  }

  #defineMeasures(count: number): boolean {
    for (; this.#measureCount < count; this.#measureCount++) {
      const name = this.#measures[this.#measureCount]!;
      if (this.#define(slots.MEASURE, this.#measureCount, name)) continue;
      const i = this.#writer.take(1);
      if (i < 0) return false;
      this.#writer.numbers[i + 1] = this.#measureCount;
      this.#writer.endOutOfBand(i, slots.MEASURE, name);
    }
    return true;
  }

  #define(kind: number, id: number, name: string): boolean {
    const writer = this.#writer;
    const count = 1 + slotsFor(textBytes(name));
    if (name.length > MAX_TEXT || !writer.isRoomy(count)) return false;
    const i = writer.take(count);
    if (i < 0) return false;
    writer.numbers[i + 1] = id;
    writer.begin(i);
    writer.text.text(name);
    writer.end(i, kind);
    return true;
  }
}
