import { canonicalJson } from "../core/canonical.js";
import { MICRO, toMicro } from "../core/measure.js";
import { cleanName, wellFormed } from "../core/names.js";
import type { Refusal } from "../core/refusal.js";
import { lineage, MAX_SOURCE_DEPTH } from "../core/source-path.js";
import type { Ask, AskDetails, Engine, Lane } from "../engine/index.js";
import type { Action } from "./action.js";
import type { ReinConfig } from "./config.js";
import type { Pseudonyms } from "./pseudonyms.js";

/** The longest tag value, in UTF-16 units. */
const MAX_TAG_VALUE = 4096;

const CALLS_ONLY: readonly number[] = [MICRO];

/** Turns an action from outside into the engine's terms; nothing of it is trusted. */
export class Intake {
  readonly #engine: Engine;
  readonly #config: ReinConfig;
  readonly #pseudonyms: Pseudonyms;
  readonly #amounts: number[] = [MICRO];
  /** What the last prepared action asks; read before the next one is prepared. */
  readonly ask: { -readonly [K in keyof Ask]: Ask[K] } = { amounts: CALLS_ONLY, details: null };

  constructor(engine: Engine, config: ReinConfig, pseudonyms: Pseudonyms) {
    this.#engine = engine;
    this.#config = config;
    this.#pseudonyms = pseudonyms;
  }

  /** The action's lane, with what it asks in `ask`; or the refusal of an action that cannot be read. */
  prepare(action: Action, mono: number): Lane | Refusal {
    const { source, series, cost, tags } = action;
    const lane = this.#engine.lanes.find(source, series) ?? this.#newLane(source, series, mono);
    if ("code" in lane) return lane;
    this.ask.amounts = CALLS_ONLY;
    this.ask.details = null;
    if (cost !== undefined && cost !== null) {
      const refusal = this.#readCost(cost);
      if (refusal !== null) return refusal;
    }
    const plan = this.#engine.planOf(lane, mono);
    if ((tags === undefined || tags === null) && plan.tests.length === 0 && !plan.needsBind && this.#engine.halts.size === 0) return lane;
    const details = this.#readDetails(action, lane, plan);
    if ("code" in details) return details;
    this.ask.details = details;
    return lane;
  }

  /** Micro-units by measure index of a cost that was reported, until the next call; null when it names nothing. */
  readReported(cost: Readonly<Record<string, number>> | undefined): readonly number[] | null | Refusal {
    if (cost === undefined || cost === null) return null;
    const refusal = this.#readCost(cost);
    if (refusal !== null) return refusal;
    return this.ask.amounts;
  }

  #newLane(rawSource: unknown, rawSeries: unknown, mono: number): Lane | Refusal {
    const source = this.#name(rawSource);
    if (source === null) return this.#badName("source", rawSource);
    const series = this.#name(rawSeries);
    if (series === null) return this.#badName("series", rawSeries);
    if (lineage(source) === null) {
      return invalid(`\`source\` must be a path of up to ${MAX_SOURCE_DEPTH} names without empty ones, such as \`planner/researcher\``);
    }
    return this.#engine.lane(source, series, mono);
  }

  #name(name: unknown): string | null {
    return typeof name === "string" ? cleanName(name, this.#config.maxNameLength) : null;
  }

  #badName(field: string, name: unknown): Refusal {
    const is = typeof name !== "string" ? (name === null ? "null" : typeof name) : name.length > this.#config.maxNameLength ? `${name.length} characters long` : JSON.stringify(wellFormed(name));
    return invalid(`\`${field}\` must be a name of 1 to ${this.#config.maxNameLength} characters without control characters, and it is ${is}`);
  }

  #readCost(cost: Readonly<Record<string, number>>): Refusal | null {
    const { world } = this.#engine;
    const amounts = this.#amounts;
    while (amounts.length < world.measures.length) amounts.push(-1);
    for (let i = 1; i < amounts.length; i++) amounts[i] = -1;
    for (const name in cost) {
      const amount = cost[name];
      if (amount === undefined) continue;
      const micro = typeof amount === "number" ? toMicro(amount) : NaN;
      if (Number.isNaN(micro)) return badCost(name, amount);
      let index = world.measureIndex(name);
      if (index === undefined) {
        if (cleanName(name, this.#config.maxNameLength) !== name) return badCost(name.slice(0, 50), amount);
        index = world.measure(name);
      }
      if (index > 0) {
        while (amounts.length <= index) amounts.push(-1);
        amounts[index] = micro;
      }
    }
    this.ask.amounts = amounts;
    return null;
  }

  #readDetails(action: Action, lane: Lane, plan: Lane["plan"]): AskDetails | Refusal {
    const tags = this.#readTags(action.tags ?? {});
    if (tags !== null && "code" in tags) return tags;
    const facts = plan.tests.length > 0 || this.#engine.halts.size > 0 ? this.#readFacts(action, lane, plan.tests) : null;
    if (!plan.needsBind) return { tags, facts, bind: null };
    const bind = this.#readBind(action, lane);
    return typeof bind === "string" ? { tags, facts, bind } : bind;
  }

  /** Flat `[name, pseudonym, …]`; null for none. */
  #readTags(tags: Readonly<Record<string, unknown>>): readonly string[] | null | Refusal {
    const flat: string[] = [];
    for (const name of Object.keys(tags)) {
      const value = tags[name];
      if (value === undefined) continue;
      if (flat.length >= 2 * this.#config.maxTags) return invalid(`an action may have at most ${this.#config.maxTags} tags`);
      if (cleanName(name, this.#config.maxNameLength) !== name) return invalid("a tag's name is empty, too long or has control characters");
      if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
        return invalid(`tag \`${name}\` must be text, a number or a boolean`);
      }
      const text = String(value);
      if (text.length > MAX_TAG_VALUE) return invalid(`tag \`${name}\` is longer than ${MAX_TAG_VALUE} characters`);
      flat.push(name, this.#pseudonyms.ofTag(name, wellFormed(text)));
    }
    return flat.length > 0 ? flat : null;
  }

  #readFacts(action: Action, lane: Lane, tests: readonly number[]): readonly number[] {
    const { world, halts } = this.#engine;
    const facts: number[] = [];
    const answer = (id: number): void => {
      const holds = world.tests[id]!.holds(action);
      if (holds !== false) facts.push(holds === undefined ? ~id : id);
    };
    for (const id of tests) answer(id);
    for (const halt of halts.covering(lane)) halt.tests.forEach(answer);
    return facts;
  }

  /** What an approval is bound to: exactly this action. */
  #readBind({ cost, tags, args }: Action, { source, series }: Lane): string | Refusal {
    try {
      return this.#pseudonyms.of(canonicalJson({ source, series, cost, tags, args }));
    } catch (error) {
      return invalid(`an approval cannot be bound to this action: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** A refusal of something that is not an action; it never reached a rule. */
export function invalid(what: string): Refusal {
  return { code: "invalid_action", message: `${what}; correct the action`, retryable: false };
}

function badCost(name: string, amount: unknown): Refusal {
  const is = typeof amount === "number" ? String(amount) : typeof amount;
  return {
    code: "cost_invalid",
    message: `\`cost.${wellFormed(name)}\` must be a number from 0 up to nine thousand million, and it is ${is}; correct the action`,
    retryable: false,
  };
}
