import { canonicalJson } from "../../core/canonical.js";
import type { KeptValue } from "../privacy/vault.js";
import type { DecisionExtra, LaneNames, MeasureNames, RecordedVerdict } from "../recorder.js";
import { pairsOf, writeAmounts, writePairs } from "./amounts.js";
import { Definitions } from "./definitions.js";
import { fieldsOf, MAX_FIELD, split } from "./fields.js";
import type { Fields } from "./fields.js";
import type { Ring } from "./ring.js";
import { HEADROOM, MAX_INLINE_BYTES, slotsFor, SlotWriter } from "./slot-writer.js";
import type { SlotWriterOptions } from "./slot-writer.js";
import * as slots from "./slots.js";
import { textBytes } from "./texts.js";

/** What decisions may say besides: the pseudonym of the arguments, and commitments to values that are kept. */
export type RingExtra = DecisionExtra & { readonly args?: string; readonly kept?: object };

export interface RingRecorderOptions extends SlotWriterOptions {
  readonly measures: MeasureNames;
}

/** Events that whoever writes the log must hear of at once. */
const URGENT = new Set<unknown>(["halt"]);

/**
 * Takes records down in a ring. Whatever is recorded takes one slot at least and can make do with one, for texts go out
 * of band where slots are scarce: so what `hasRoom` has promised holds.
 */
export class RingRecorder {
  readonly #writer: SlotWriter;
  readonly #definitions: Definitions;
  /** Records for which there was no room, and that no `gap` tells of yet. */
  #lost = 0;
  #at = 0;
  /** The name of this run and of its policy as JSON, once they are known. */
  #boot: string | null = null;
  #policy = "";
  #isMissingSome = false;

  constructor(options: RingRecorderOptions) {
    this.#writer = new SlotWriter(options);
    this.#definitions = new Definitions(this.#writer, options.measures);
  }

  /** Goes on in a larger ring with the same counters. */
  use(ring: Ring): void {
    this.#writer.use(ring);
  }

  /** Slots published since the start, modulo 2^32. */
  get head(): number {
    return this.#writer.head;
  }

  /** Records are missing since the last `state`. */
  get isMissingSome(): boolean {
    return this.#isMissingSome;
  }

  /** Whether there is room for a decision and the outcomes of `open` actions, after making some if need be. */
  hasRoom(open: number): boolean {
    const writer = this.#writer;
    writer.reserve = open + HEADROOM;
    return writer.hasFree(open + HEADROOM + 1);
  }

  decision(
    seq: number,
    at: number,
    mono: number,
    lane: LaneNames,
    verdict: RecordedVerdict,
    amounts: readonly number[],
    extra: RingExtra | null,
  ): void {
    this.#at = at;
    if (!this.#isReady(amounts.length)) return;
    const laneId = this.#definitions.laneId(lane);
    const verdictId = verdict === "allow" ? 0 : verdict === "block" ? 1 : 2;
    const head = slots.DECISION | (verdictId << slots.VERDICT_SHIFT);
    if (extra !== null || laneId === 0 || amounts.length > slots.AMOUNTS + 1) {
      this.#richDecision(head, seq, at, mono, lane, laneId, amounts, extra ?? NOTHING);
      return;
    }
    const i = this.#take(1);
    if (i < 0) return;
    const { numbers } = this.#writer;
    numbers[i] = head | (1 << slots.SLOTS_SHIFT);
    numbers[i + 1] = seq;
    numbers[i + 2] = at;
    numbers[i + 3] = mono;
    numbers[i + 4] = laneId;
    numbers[i + 5] = 0;
    writeAmounts(numbers, i, amounts);
    this.#writer.publish();
  }

  outcome(
    seq: number,
    at: number,
    mono: number,
    ok: boolean,
    amounts: readonly number[] | null,
    latencyMs: number,
    progress: boolean | undefined,
  ): void {
    this.#at = at;
    if (amounts !== null && !this.#isReady(amounts.length)) return;
    const writer = this.#writer;
    const pairs = amounts !== null && amounts.length > slots.AMOUNTS + 1 ? pairsOf(amounts) : null;
    let count = 1;
    if (pairs !== null && pairs.length * 8 <= MAX_INLINE_BYTES) count += slotsFor(pairs.length * 8);
    if (count > 1 && !writer.isRoomy(count)) count = 1;
    const i = this.#take(count);
    if (i < 0) return;
    const head = slots.OUTCOME | ((ok ? 1 : 0) << slots.VERDICT_SHIFT);
    const { numbers } = writer;
    numbers[i] = head | (1 << slots.SLOTS_SHIFT);
    numbers[i + 1] = seq;
    numbers[i + 2] = at;
    numbers[i + 3] = mono;
    numbers[i + 4] = latencyMs;
    numbers[i + 5] = progress === undefined ? NaN : progress ? 1 : 0;
    numbers[i + 6] = 0;
    if (pairs !== null) {
      if (count === 1) {
        writer.endOutOfBand(i, head, pairs);
        return;
      }
      writePairs(numbers, i, pairs);
      writer.begin(i, pairs.length);
      writer.end(i, head);
      return;
    }
    if (amounts !== null) writeAmounts(numbers, i, amounts);
    writer.publish();
  }

  event(record: object): void {
    const { type, at } = record as { readonly type?: unknown; readonly at?: unknown };
    if (typeof at === "number") this.#at = at;
    if (type === "open" || type === "policy") this.#learn(record);
    let fields: Fields;
    try {
      fields = fieldsOf(record, this.#boot);
    } catch {
      this.#tellOf(1, "a record could not be read");
      return;
    }
    this.#write(fields, URGENT.has(type));
    if (type === "state") this.#isMissingSome = false;
  }

  /** Values that the next decision commits to. */
  keep(values: readonly KeptValue[]): void {
    const i = this.#take(1);
    if (i >= 0) this.#writer.endOutOfBand(i, slots.KEPT, values);
  }

  #learn(record: object): void {
    const { boot, digest } = record as { readonly boot?: unknown; readonly digest?: unknown };
    if (typeof boot === "string") this.#boot = canonicalJson(boot);
    if (typeof digest === "string") this.#policy = canonicalJson(digest.replace(/^sha256:/, "").slice(0, 16));
    this.#definitions.context(this.#boot ?? "", this.#policy);
  }

  #write(fields: Fields, isUrgent: boolean): void {
    let isLarge = false;
    let bytes = 0;
    for (const text of fields) {
      bytes += 2 * text.length + 10;
      if (text.length > MAX_FIELD) isLarge = true;
    }
    const writer = this.#writer;
    const count = 1 + slotsFor(bytes + 16);
    const isInline = !isLarge && bytes <= MAX_INLINE_BYTES && writer.isRoomy(count);
    const i = this.#take(isInline ? count : 1);
    if (i < 0) return;
    writer.numbers[i + 1] = isUrgent ? 1 : 0;
    if (isInline) {
      const [head, tail] = split(fields);
      writer.begin(i);
      writer.text.text(head);
      writer.text.text(tail);
      writer.end(i, slots.EVENT);
    } else {
      writer.endOutOfBand(i, slots.EVENT, fields);
    }
    if (isUrgent) writer.noticeSoon();
  }

  /** A decision with texts, with very many amounts, or of a lane without an id. */
  #richDecision(
    head: number,
    seq: number,
    at: number,
    mono: number,
    lane: LaneNames,
    laneId: number,
    amounts: readonly number[],
    extra: RingExtra,
  ): void {
    const { tags, facts, bind, args } = extra;
    const writer = this.#writer;
    const kept = extra.kept === undefined ? undefined : canonicalJson(extra.kept);
    const names = this.#definitions.refusal(extra);
    const pairs = amounts.length > slots.AMOUNTS + 1 ? pairsOf(amounts) : null;
    let bytes = pairs === null ? 0 : pairs.length * 8;
    if (tags !== undefined) bytes += bytesOf(tags);
    if (facts !== undefined) bytes += bytesOf(facts.true) + bytesOf(facts.unknown);
    if (bind !== undefined) bytes += textBytes(bind);
    if (args !== undefined) bytes += textBytes(args);
    if (kept !== undefined) bytes += textBytes(kept);
    const count = 1 + slotsFor(bytes);
    const isInline = laneId !== 0 && names >= 0 && bytes <= MAX_INLINE_BYTES && writer.isRoomy(count);
    const i = this.#take(isInline ? count : 1);
    if (i < 0) return;
    const { numbers } = writer;
    numbers[i + 1] = seq;
    numbers[i + 2] = at;
    numbers[i + 3] = mono;
    numbers[i + 4] = laneId;
    numbers[i + 5] = names;
    if (!isInline) {
      const { source, series } = lane;
      const { code, rule, wouldCode, wouldRule } = extra;
      const more = { tags, facts, bind, args, kept, code, rule, wouldCode, wouldRule };
      const loose: slots.LooseDecision = { source, series, amounts: pairs ?? pairsOf(amounts), ...more };
      writer.endOutOfBand(i, head, loose);
      return;
    }
    writer.begin(i, pairs === null ? 0 : pairs.length);
    if (pairs === null) writeAmounts(numbers, i, amounts);
    else writePairs(numbers, i, pairs);
    let has = head;
    if (tags !== undefined) {
      has |= slots.HAS_TAGS;
      this.#writeTexts(tags);
    }
    if (facts !== undefined) {
      has |= slots.HAS_FACTS;
      this.#writeTexts(facts.true);
      this.#writeTexts(facts.unknown);
    }
    if (bind !== undefined) {
      has |= slots.HAS_BIND;
      writer.text.text(bind);
    }
    if (args !== undefined) {
      has |= slots.HAS_ARGS;
      writer.text.text(args);
    }
    if (kept !== undefined) {
      has |= slots.HAS_KEPT;
      writer.text.text(kept);
    }
    writer.end(i, has);
  }

  #writeTexts(texts: readonly string[]): void {
    const { text } = this.#writer;
    text.count(texts.length);
    for (let k = 0; k < texts.length; k++) text.text(texts[k]!);
  }

  /** Whether the first `count` measures have names in the log; false: the record is lost, and counted. */
  #isReady(count: number): boolean {
    if (this.#definitions.measures(count)) return true;
    this.#lost += 1;
    return false;
  }

  /** Room for a record; -1 when there is none, and the loss has been counted. */
  #take(count: number): number {
    if (this.#lost > 0) this.#tellGap();
    const i = this.#writer.take(count);
    if (i < 0) this.#lost += 1;
    return i;
  }

  /** Says what is missing, as soon as that and a record after it find room. */
  #tellGap(): void {
    if (!this.#writer.hasFree(2)) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#tellOf(lost, "the queue was full");
  }

  #tellOf(lost: number, reason: string): void {
    this.#isMissingSome = true;
    this.#write(fieldsOf({ type: "gap", at: this.#at, lost, reason }, null), false);
  }
}

const NOTHING: RingExtra = {};

function bytesOf(texts: readonly string[]): number {
  let bytes = 3;
  for (let k = 0; k < texts.length; k++) bytes += textBytes(texts[k]!);
  return bytes;
}
