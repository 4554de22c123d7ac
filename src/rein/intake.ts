import { canonicalJson } from "../core/canonical.js";
import { disguiseOf } from "../core/look-alikes.js";
import { MICRO, toMicro } from "../core/measure.js";
import { cleanName, printable, wellFormed } from "../core/names.js";
import type { Refusal } from "../core/refusal.js";
import { lineage, MAX_SOURCE_DEPTH } from "../core/source-path.js";
import { withoutVolatile } from "../engine/index.js";
import type { Ask, AskDetails, Engine, Lane } from "../engine/index.js";
import type { Action } from "./action.js";
import type { ReinConfig } from "./config.js";
import type { Pseudonyms } from "./pseudonyms.js";
import { resultText } from "./result-text.js";

/** The longest tag value, in UTF-16 units. */
const MAX_TAG_VALUE = 4096;

/** The longest part of a bad name that a refusal repeats. */
const MAX_SHOWN = 50;

const CALLS_ONLY: readonly number[] = [MICRO];

/** Turns an action from outside into the engine's terms; nothing of it is trusted. */
export class Intake {
  readonly #engine: Engine;
  readonly #config: ReinConfig;
  readonly #pseudonyms: Pseudonyms;
  readonly #amounts: number[] = [MICRO];
  /** Counts what is read: the buffers here hold one action, and a getter of it may bring another. */
  #reading = 0;
  /** What the last prepared action asks; read before the next one is prepared. */
  readonly ask: { -readonly [K in keyof Ask]: Ask[K] } = { amounts: CALLS_ONLY, details: null };
  /** The lane of the last action that was begun to be read: the engine knows it, though the action be refused. */
  touched: Lane | null = null;
  /** The pseudonym of the last prepared action's arguments; null without any, empty where they have no form as JSON. */
  args: string | null = null;
  /** The same arguments as canonical JSON. */
  argsJson = "";
  /** The last prepared action's tags: a copy, for what was read once is not read again. */
  tags: Action["tags"];

  constructor(engine: Engine, config: ReinConfig, pseudonyms: Pseudonyms) {
    this.#engine = engine;
    this.#config = config;
    this.#pseudonyms = pseudonyms;
  }

  /** The action's lane, with what it asks in `ask`; or the refusal of an action that cannot be read. */
  prepare(action: Action, mono: number): Lane | Refusal {
    if (typeof action !== "object" || action === null) {
      return invalid(
        `an action must be an object with a \`source\` and a \`series\`, and this is ${kindOf(action)}`,
      );
    }
    this.touched = null;
    const { source, series, cost, tags, args } = action;
    const lane = this.#engine.lanes.find(source, series) ?? this.#newLane(source, series, mono);
    if ("code" in lane) return lane;
    this.touched = lane;
    const plan = this.#engine.planOf(lane, mono);
    const reading = ++this.#reading;
    this.ask.amounts = CALLS_ONLY;
    this.ask.details = null;
    this.tags = undefined;
    this.#readArgs(args);
    if (cost !== undefined && cost !== null) {
      const refusal = this.#readCost(cost);
      if (refusal !== null) return refusal;
    }
    if (reading !== this.#reading) return REENTERED;
    const seesArgs = plan.needsArgs && this.args !== null;
    if (
      (tags === undefined || tags === null) &&
      plan.tests.length === 0 &&
      !plan.needsBind &&
      !seesArgs &&
      this.#engine.halts.size === 0
    )
      return lane;
    const details = this.#readDetails(tags, args, lane, plan);
    if ("code" in details) return details;
    if (reading !== this.#reading) return REENTERED;
    this.ask.details = details;
    return lane;
  }

  /** Micro-units by measure index of a cost that was reported, until the next call; null when it names nothing. */
  readReported(cost: Readonly<Record<string, number>> | undefined): readonly number[] | null | Refusal {
    if (cost === undefined || cost === null) return null;
    const reading = ++this.#reading;
    const refusal = this.#readCost(cost);
    if (refusal !== null) return refusal;
    return reading === this.#reading ? this.ask.amounts : REENTERED;
  }

  /** Pseudonyms of what came back, for rules that compare results; null where nothing did. */
  readResult(result: unknown): { readonly result: string; readonly like: string } | null {
    const text = resultText(result);
    if (text === null) return null;
    return {
      result: this.#pseudonyms.of(`result\n\n${text}`),
      like: this.#pseudonyms.of(`like\n\n${withoutVolatile(text)}`),
    };
  }

  #newLane(rawSource: unknown, rawSeries: unknown, mono: number): Lane | Refusal {
    const source = this.#name(rawSource);
    if (source === null) return this.#badName("source", rawSource);
    const series = this.#name(rawSeries);
    if (series === null) return this.#badName("series", rawSeries);
    const disguise = disguiseIn("source", source) ?? disguiseIn("series", series);
    if (disguise !== null) return disguise;
    if (lineage(source) === null) {
      return invalid(
        `\`source\` must be a path of up to ${MAX_SOURCE_DEPTH} names without empty ones, such as \`planner/researcher\``,
      );
    }
    return this.#engine.lane(source, series, mono);
  }

  #name(name: unknown): string | null {
    return typeof name === "string" ? cleanName(name, this.#config.maxNameLength) : null;
  }

  #badName(field: string, name: unknown): Refusal {
    const is =
      typeof name !== "string"
        ? name === null
          ? "null"
          : typeof name
        : name.length > this.#config.maxNameLength
          ? `${name.length} characters long`
          : `\`${printable(name, MAX_SHOWN)}\``;
    return invalid(
      `\`${field}\` must be a name of 1 to ${this.#config.maxNameLength} characters without control characters, and it is ${is}`,
    );
  }

  #readCost(cost: Readonly<Record<string, number>>): Refusal | null {
    const { world } = this.#engine;
    const amounts = this.#amounts;
    let names = 0;
    if (typeof cost !== "object" || Array.isArray(cost))
      return noRecord("cost", "cost_invalid", "amounts", cost);
    while (amounts.length < world.measures.length) amounts.push(-1);
    for (let i = 1; i < amounts.length; i++) amounts[i] = -1;
    for (const name in cost) {
      names += 1;
      const amount = cost[name];
      if (amount === undefined) continue;
      const micro = typeof amount === "number" ? toMicro(amount) : NaN;
      if (Number.isNaN(micro)) return badCost(name, amount);
      let index = world.measureIndex(name);
      if (index === undefined) {
        if (cleanName(name, this.#config.maxNameLength) !== name) return badCost(name, amount);
        index = world.measure(name);
      }
      if (index > 0) {
        while (amounts.length <= index) amounts.push(-1);
        amounts[index] = micro;
      }
    }
    if (names === 0 && !isPlain(cost)) return noRecord("cost", "cost_invalid", "amounts", cost);
    this.ask.amounts = amounts;
    return null;
  }

  #readDetails(given: Action["tags"], args: unknown, lane: Lane, plan: Lane["plan"]): AskDetails | Refusal {
    const tags = given === undefined || given === null ? null : this.#readTags(given);
    if (tags !== null && "code" in tags) return tags;
    const facts =
      plan.tests.length > 0 || this.#engine.halts.size > 0 ? this.#readFacts(args, lane, plan.tests) : null;
    const seen = plan.needsArgs ? this.args : null;
    if (!plan.needsBind) return { tags, facts, bind: null, args: seen };
    return { tags, facts, bind: this.#readBind(args, lane), args: seen };
  }

  /** Flat `[name, pseudonym, …]`; null for none. */
  #readTags(tags: Readonly<Record<string, unknown>>): readonly string[] | null | Refusal {
    if (typeof tags !== "object" || Array.isArray(tags))
      return noRecord("tags", "invalid_action", "values", tags);
    const flat: string[] = [];
    const copy: Record<string, string | number | boolean> = Object.create(null) as typeof copy;
    const names = Object.keys(tags);
    if (names.length === 0 && !isPlain(tags)) return noRecord("tags", "invalid_action", "values", tags);
    for (const name of names) {
      const value = tags[name];
      if (value === undefined) continue;
      if (flat.length >= 2 * this.#config.maxTags)
        return invalid(`an action may have at most ${this.#config.maxTags} tags`);
      if (cleanName(name, this.#config.maxNameLength) !== name)
        return invalid("a tag's name is empty, too long or has control characters");
      if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
        return invalid(`tag \`${name}\` must be text, a number or a boolean`);
      }
      const text = String(value);
      if (text.length > MAX_TAG_VALUE)
        return invalid(`tag \`${name}\` is longer than ${MAX_TAG_VALUE} characters`);
      flat.push(name, this.#pseudonyms.ofTag(name, wellFormed(text)));
      copy[name] = value;
    }
    if (flat.length === 0) return null;
    this.tags = copy;
    return flat;
  }

  #readFacts(args: unknown, lane: Lane, tests: readonly number[]): readonly number[] {
    const { world, halts } = this.#engine;
    const facts: number[] = [];
    const values = { tags: this.tags, args };
    const answer = (id: number): void => {
      const holds = world.tests[id]!.holds(values);
      if (holds !== false) facts.push(holds === undefined ? ~id : id);
    };
    for (const id of tests) answer(id);
    for (const halt of halts.covering(lane)) halt.tests.forEach(answer);
    return facts;
  }

  #readArgs(args: unknown): void {
    this.args = null;
    this.argsJson = "";
    if (args === undefined || args === null) return;
    try {
      this.argsJson = canonicalJson(args);
      this.args = this.#pseudonyms.ofArgs(this.argsJson);
    } catch {
      this.args = "";
    }
  }

  /** What an approval is bound to: exactly this action, as it was read. */
  #readBind(args: unknown, { source, series }: Lane): string | null {
    const { measures } = this.#engine.world;
    const cost: Record<string, number> = Object.create(null) as typeof cost;
    this.ask.amounts.forEach((amount, i) => {
      if (i > 0 && amount >= 0) cost[measures[i]!] = amount;
    });
    try {
      return this.#pseudonyms.of(canonicalJson({ source, series, cost, tags: this.tags, args }));
    } catch {
      // Arguments without a canonical form: refused, but only if an approval turns out to be needed.
      return null;
    }
  }
}

const REENTERED = invalid("the action calls Rein while it is read");

/** A name that reads as another one is no rule's name, and everybody's alibi. */
function disguiseIn(field: "source" | "series", name: string): Refusal | null {
  const fault = disguiseOf(name);
  return fault === undefined ? null : invalid(`\`${field}\` ${fault.message}`);
}

/** A refusal of something that is not an action; it never reached a rule. */
export function invalid(what: string): Refusal {
  return { code: "invalid_action", message: `${what}; correct the action`, retryable: false };
}

function badCost(name: string, amount: unknown): Refusal {
  const is = typeof amount === "number" ? String(amount) : typeof amount;
  return {
    code: "cost_invalid",
    message: `\`cost.${printable(name, MAX_SHOWN)}\` must be a number from 0 up to nine thousand million, and it is ${is}; correct the action`,
    retryable: false,
  };
}

/** Something else where names with values belong; it would silently name nothing. */
function noRecord(
  field: string,
  code: "cost_invalid" | "invalid_action",
  what: string,
  value: unknown,
): Refusal {
  return {
    code,
    message: `\`${field}\` must be a plain object of names and ${what}, and it is ${kindOf(value)}; correct the action`,
    retryable: false,
  };
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Plain objects of another realm count.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object of a class" : typeof value;
}
