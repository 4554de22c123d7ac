import type { Globs, Scope } from "../core/scope.js";
import { tagTest } from "../policy/value-tests.js";
import { factAnswer, seriesMatcher, sourceMatcher } from "./conditions.js";
import type { Counter, CounterKey } from "./guards/guard.js";
import type { Lane } from "./lanes.js";
import type { Ticket } from "./ticket.js";
import type { World } from "./world.js";

/** A stop over a scope, as it is told to others. */
export interface HaltInfo {
  readonly id: string;
  /** Number of this halt, counted from 1: permits of a lower epoch in its scope are void. */
  readonly epoch: number;
  readonly scope: Scope;
  readonly reason: string;
  readonly by: string;
  /** The rule that made it; absent for an operator's. */
  readonly rule?: string;
  /** Wall time in ms. */
  readonly at: number;
}

/** A halt in force. */
export interface Halt {
  readonly info: HaltInfo;
  /** Monotonic time at which it ends by itself; Infinity: until resumed. */
  readonly until: number;
  /** Ids of the value tests that an action in the scope answers with yes. */
  readonly tests: readonly number[];
  /** Pseudonyms that an action in the scope carries. */
  readonly tags: Readonly<Record<string, string>>;
  covers(source: string, series: string): boolean;
}

/** A halt before the book has numbered it. */
export interface HaltOrder {
  readonly scope: Scope;
  readonly reason: string;
  readonly by: string;
  readonly rule?: string;
  /** Narrows the scope to what one counter belongs to. */
  readonly key?: CounterKey;
  readonly forMs?: number | undefined;
}

const NO_HALTS: readonly Halt[] = [];

/** Halts in force. They are counted: a scope runs again when each of its halts has ended. */
export class HaltBook {
  readonly #world: World;
  readonly #maxHalts: number;
  readonly #halts = new Map<string, Halt>();
  #epoch = 0;
  #version = 0;

  constructor(world: World, maxHalts: number) {
    this.#world = world;
    this.#maxHalts = maxHalts;
  }

  get size(): number {
    return this.#halts.size;
  }

  /** Number of halts there have been. */
  get epoch(): number {
    return this.#epoch;
  }

  add(order: HaltOrder, at: number, mono: number): Halt {
    this.#epoch += 1;
    this.#version += 1;
    // At the cap nothing may be left out, so the halt that would be one too many stops everything.
    const scope = this.#halts.size >= this.#maxHalts - 1 ? "all" : order.scope;
    const named = scope === "all" ? {} : scope;
    const key = scope === order.scope ? (order.key ?? {}) : {};
    const info: HaltInfo = {
      id: `h${this.#epoch}`,
      epoch: this.#epoch,
      scope: narrowed(scope, key),
      reason: order.reason,
      by: order.by,
      ...(order.rule !== undefined && { rule: order.rule }),
      at,
    };
    const inSource = sourceMatcher(named.source);
    const inSeries = seriesMatcher(named.series);
    const halt: Halt = {
      info,
      until: order.forMs === undefined ? Infinity : mono + order.forMs,
      tests: Object.entries(named.tags ?? {}).map(([name, globs]) => this.#world.test(tagTest(name, globs))),
      tags: key.tags ?? {},
      covers: (source, series) =>
        inSource(source) &&
        inSeries(series) &&
        (key.source === undefined || source === key.source || source.startsWith(`${key.source}/`)) &&
        (key.series === undefined || series === key.series),
    };
    // Beyond the cap the widest halt takes the place of the one before it: the number stays bounded, the stop stays.
    if (this.#halts.size >= this.#maxHalts) this.#halts.delete([...this.#halts.keys()].pop()!);
    this.#halts.set(info.id, halt);
    return halt;
  }

  get(id: string): Halt | undefined {
    return this.#halts.get(id);
  }

  remove(id: string): Halt | undefined {
    const halt = this.#halts.get(id);
    if (halt !== undefined) {
      this.#halts.delete(id);
      this.#version += 1;
    }
    return halt;
  }

  all(): IterableIterator<Halt> {
    return this.#halts.values();
  }

  /** Halts that cover the lane whatever the action, or that depend on its tags. */
  covering(lane: Lane): readonly Halt[] {
    if (this.#halts.size === 0) return NO_HALTS;
    if (lane.haltsAsOf !== this.#version) {
      lane.halts = [...this.#halts.values()].filter((halt) => halt.covers(lane.source, lane.series));
      lane.haltsAsOf = this.#version;
    }
    return lane.halts;
  }

  /** The first halt that stops this action. */
  over(ticket: Ticket): Halt | undefined {
    return this.covering(ticket.lane).find((halt) => stops(halt, ticket));
  }
}

/** Whether a halt that covers the ticket's lane stops the ticket. */
export function stops(halt: Halt, ticket: Ticket): boolean {
  for (const name in halt.tags) if (ticket.tag(name) !== halt.tags[name]) return false;
  return halt.tests.every((test) => factAnswer(ticket, test) ?? true);
}

/** The halt that a rule calls for: its match without what depends on amounts or the moment, narrowed to the key. */
export function orderOf(counter: Counter, reason: string): HaltOrder {
  const { rule, forMs } = counter.guard;
  const { source, series, tags } = rule.match ?? {};
  const scope: Scope =
    source === undefined && series === undefined && tags === undefined ? "all" : { source, series, tags };
  return { scope, reason, by: `rule:${rule.id}`, rule: rule.id, key: counter.key, forMs };
}

function narrowed(scope: Scope, key: CounterKey): Scope {
  const named = scope === "all" ? {} : scope;
  const result: { source?: Globs; series?: Globs; tags?: Record<string, Globs> } = {};
  const source = key.source ?? named.source;
  const series = key.series ?? named.series;
  if (source !== undefined) result.source = source;
  if (series !== undefined) result.series = series;
  if (named.tags !== undefined || key.tags !== undefined) result.tags = { ...named.tags, ...key.tags };
  return Object.keys(result).length === 0 ? "all" : result;
}
