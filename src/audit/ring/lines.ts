import { quote, quoteAll } from "./names.js";
import type { Names } from "./names.js";
import { SLOT } from "./ring.js";
import * as slots from "./slots.js";
import type { TextReader } from "./texts.js";

const VERDICTS: readonly string[] = ["allow", "block", "approve"].map(
  (verdict) => `,"type":"gate","verdict":"${verdict}"`,
);

/** What a decision may say besides, as JSON; empty: nothing. */
interface Parts {
  cost: string;
  /** `"series":…,"source":…` */
  lane: string;
  tags: string;
  facts: string;
  bind: string;
  args: string;
  kept: string;
  code: string;
  rule: string;
  wouldCode: string;
  wouldRule: string;
}

/**
 * Turns slots into lines of canonical JSON (RFC 8785): the fields of the two common kinds are written in the order of
 * their keys, and numbers as ECMAScript prints them.
 */
export class Lines {
  /** The line before its index, and after it, of what was read last. */
  head = "";
  tail = "";
  /** What numbers the record in its run, in logs that several write: `,"i":7`. */
  number = "";
  readonly texts: TextReader;
  #numbers: Float64Array;

  constructor(numbers: Float64Array, texts: TextReader) {
    this.#numbers = numbers;
    this.texts = texts;
  }

  /** Goes on in a larger ring. */
  use(numbers: Float64Array, bytes: Buffer): void {
    this.#numbers = numbers;
    this.texts.bytes = bytes;
  }

  event(i: number): void {
    this.texts.at = (i + SLOT) * 8;
    this.head = this.texts.text();
    this.tail = this.texts.text();
  }

  /** A `settle` record; `loose` are its amounts, if they are out of band. */
  outcome(i: number, head: number, names: Names, loose: readonly number[] | undefined): void {
    const numbers = this.#numbers;
    const cost = loose === undefined ? this.#costOf(i, names) : costOfPairs(loose, names);
    const latencyMs = numbers[i + 4]!;
    const progress = numbers[i + 5]!;
    const latency = Number.isNaN(latencyMs) ? "" : `,"latencyMs":${latencyMs}`;
    const moved = Number.isNaN(progress) ? "" : `,"progress":${progress === 1}`;
    const ok = ((head >>> slots.VERDICT_SHIFT) & 1) === 1;
    this.head = `{"at":${numbers[i + 2]!}${field(',"boot":', names.boot)}${field(',"cost":', cost)}${this.number}${latency},"mono":${numbers[i + 3]!},"n":`;
    this.tail = `,"ok":${ok}${moved},"seq":${numbers[i + 1]!},"type":"settle"}`;
  }

  /** A `gate` record; `loose` is what of it is out of band. */
  decision(i: number, head: number, names: Names, loose: slots.LooseDecision | undefined): void {
    const numbers = this.#numbers;
    const at = numbers[i + 2]!;
    const boot = field(',"boot":', names.boot);
    const mono = numbers[i + 3]!;
    const seq = numbers[i + 1]!;
    const policy = field(',"policy":', names.policy);
    const verdict = VERDICTS[(head >>> slots.VERDICT_SHIFT) & 3]!;
    if (loose === undefined && (head & slots.HAS_ANY) === 0 && numbers[i + 5] === 0) {
      // Most have no more than this.
      this.head = `{"at":${at}${boot}${field(',"cost":', this.#costOf(i, names))}${this.number},"mono":${mono},"n":`;
      this.tail = `${policy},"seq":${seq},${names.lanes[numbers[i + 4]!]!}${verdict}}`;
      return;
    }
    const parts = loose === undefined ? this.#partsOf(i, head, names) : looseParts(loose, names);
    this.head = `{${parts.args === "" ? "" : `"args":${parts.args},`}"at":${at}${field(',"bind":', parts.bind)}${boot}`;
    this.head += `${field(',"code":', parts.code)}${field(',"cost":', parts.cost)}${field(',"facts":', parts.facts)}`;
    this.head += `${this.number}${field(',"kept":', parts.kept)},"mono":${mono},"n":`;
    this.tail = `${policy}${field(',"rule":', parts.rule)},"seq":${seq},${parts.lane}${field(',"tags":', parts.tags)}`;
    this.tail += `${verdict}${field(',"wouldCode":', parts.wouldCode)}${field(',"wouldRule":', parts.wouldRule)}}`;
  }

  /** The texts are read in the order in which the ring-recorder writes them. */
  #partsOf(i: number, head: number, names: Names): Parts {
    const numbers = this.#numbers;
    const { texts } = this;
    const pairs = numbers[i + 6]! < 0 ? -2 * numbers[i + 6]! : 0;
    texts.at = (i + SLOT + pairs) * 8;
    let ids = numbers[i + 5]!;
    const nextName = (): string => {
      const id = ids % slots.NAME_RADIX;
      ids = (ids - id) / slots.NAME_RADIX;
      return id === 0 ? "" : names.refusals[id]!;
    };
    return {
      cost: this.#costOf(i, names),
      lane: names.lanes[numbers[i + 4]!]!,
      tags: (head & slots.HAS_TAGS) === 0 ? "" : this.#list(),
      facts: (head & slots.HAS_FACTS) === 0 ? "" : `{"true":${this.#list()},"unknown":${this.#list()}}`,
      bind: (head & slots.HAS_BIND) === 0 ? "" : quote(texts.text()),
      args: (head & slots.HAS_ARGS) === 0 ? "" : quote(texts.text()),
      kept: (head & slots.HAS_KEPT) === 0 ? "" : texts.text(),
      code: nextName(),
      rule: nextName(),
      wouldCode: nextName(),
      wouldRule: nextName(),
    };
  }

  #list(): string {
    const { texts } = this;
    let list = "[";
    for (let left = texts.count(); left > 0; left--) list += `${quote(texts.text())}${left > 1 ? "," : ""}`;
    return `${list}]`;
  }

  /** Micro-units by measure; empty where nothing but the call itself was named. */
  #costOf(i: number, names: Names): string {
    const numbers = this.#numbers;
    const count = numbers[i + 6]!;
    if (count === 0) return "";
    if (count < 0) return costOfPairs(numbers.subarray(i + SLOT, i + SLOT - 2 * count), names);
    let cost = "";
    for (const index of names.order) {
      if (index > count) continue;
      const amount = numbers[i + 6 + index]!;
      if (amount >= 0) cost += `${cost === "" ? "{" : ","}${names.measures[index]!}${amount}`;
    }
    return cost === "" ? "" : `${cost}}`;
  }
}

function costOfPairs(pairs: ArrayLike<number>, names: Names): string {
  const given: (readonly [rank: number, json: string])[] = [];
  for (let k = 0; k < pairs.length; k += 2) {
    const index = pairs[k]!;
    given.push([names.ranks[index]!, `${names.measures[index]!}${pairs[k + 1]!}`]);
  }
  given.sort(([a], [b]) => a - b);
  return given.length === 0 ? "" : `{${given.map(([, json]) => json).join(",")}}`;
}

function looseParts(loose: slots.LooseDecision, names: Names): Parts {
  const text = (value: string | undefined): string => (value === undefined ? "" : quote(value));
  const { facts, tags } = loose;
  return {
    cost: costOfPairs(loose.amounts, names),
    lane: `"series":${quote(loose.series)},"source":${quote(loose.source)}`,
    tags: tags === undefined ? "" : quoteAll(tags),
    facts: facts === undefined ? "" : `{"true":${quoteAll(facts.true)},"unknown":${quoteAll(facts.unknown)}}`,
    bind: text(loose.bind),
    args: text(loose.args),
    kept: loose.kept ?? "",
    code: text(loose.code),
    rule: text(loose.rule),
    wouldCode: text(loose.wouldCode),
    wouldRule: text(loose.wouldRule),
  };
}

function field(name: string, json: string): string {
  return json === "" ? "" : name + json;
}
