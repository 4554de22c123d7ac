import { canonicalJson } from "../core/canonical.js";
import type { Globs, Scope } from "../core/scope.js";
import { tagTest } from "../policy/value-tests.js";
import { factAnswer, seriesMatcher, sourceMatcher } from "./conditions.js";
import type { CounterKey, Guard } from "./guards/guard.js";
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
  until: number;
  /** How many times it must be resumed; above 1 only for the one that stands for all beyond the cap. */
  count: number;
  /** The scope before it was narrowed to a counter's key. */
  readonly named: Scope;
  readonly key: CounterKey;
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

/** A halt as plain data; `until` null: until resumed. */
export type HaltImage = HaltInfo & {
  readonly until: number | null;
  readonly count: number;
  readonly named: Scope;
  readonly key: CounterKey;
};

export interface HaltsImage {
  readonly epoch: number;
  /** Absent: 0. */
  readonly crashes?: number;
  readonly halts: readonly HaltImage[];
}

const NO_HALTS: readonly Halt[] = [];

/** Halts in force. They are counted: a scope runs again when each of its halts has ended. */
export class HaltBook {
  readonly #world: World;
  readonly #maxHalts: number;
  readonly #halts = new Map<string, Halt>();
  #epoch = 0;
  #crashes = 0;
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
    const until = order.forMs === undefined ? Infinity : mono + order.forMs;
    // The last one there is room for stops everything, so that it can stand for those that find none.
    const isLast = this.#halts.size >= this.#maxHalts - 1;
    const widest = [...this.#halts.values()].findLast(({ info }) => info.scope === "all");
    // After a restart there may be no room and no such one: then one more is made.
    if (this.#halts.size >= this.#maxHalts && widest !== undefined) return this.#join(widest, until);
    const scope: Scope = isLast ? "all" : order.scope;
    const key = isLast ? {} : (order.key ?? {});
    const info: HaltInfo = {
      id: this.#crashes === 0 ? `h${this.#epoch}` : `h${this.#crashes}.${this.#epoch}`,
      epoch: this.#epoch,
      scope: narrowed(scope, key),
      reason: order.reason,
      by: order.by,
      ...(order.rule !== undefined && { rule: order.rule }),
      at,
    };
    return this.#put(info, until, 1, scope, key);
  }

  /**
   * The process before may have made halts that nobody knows of any more: from now on ids are others than its own, lest
   * somebody who resumes one of those resumes another.
   */
  crashed(): void {
    this.#crashes += 1;
  }

  /** Halts in force, and how many there have been, for `restore`. */
  image(): HaltsImage {
    const halts = [...this.#halts.values()].map(haltImage);
    return { epoch: this.#epoch, ...(this.#crashes > 0 && { crashes: this.#crashes }), halts };
  }

  restore({ epoch, crashes = 0, halts }: HaltsImage): void {
    this.#epoch = Math.max(this.#epoch, epoch);
    this.#crashes = Math.max(this.#crashes, crashes);
    for (const { until, count, named, key, ...info } of halts) {
      this.#epoch = Math.max(this.#epoch, info.epoch);
      this.#put(info, until ?? Infinity, count, named, key);
    }
  }

  #put(info: HaltInfo, until: number, count: number, scope: Scope, key: CounterKey): Halt {
    this.#version += 1;
    const named = scope === "all" ? {} : scope;
    const inSource = sourceMatcher(named.source);
    const inSeries = seriesMatcher(named.series);
    const halt: Halt = {
      info,
      until,
      count,
      named: scope,
      key,
      tests: Object.entries(named.tags ?? {}).map(([name, globs]) => this.#world.test(tagTest(name, globs))),
      tags: key.tags ?? {},
      covers: (source, series) =>
        inSource(source) &&
        inSeries(series) &&
        (key.source === undefined || source === key.source || source.startsWith(`${key.source}/`)) &&
        (key.series === undefined || series === key.series),
    };
    this.#halts.set(info.id, halt);
    return halt;
  }

  /** Ends a halt, or one of those that it stands for. */
  resume(id: string): Halt | undefined {
    const halt = this.#halts.get(id);
    if (halt !== undefined && --halt.count === 0) this.remove(halt);
    return halt;
  }

  remove(halt: Halt): void {
    this.#halts.delete(halt.info.id);
    this.#version += 1;
  }

  get(id: string): Halt | undefined {
    return this.#halts.get(id);
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

  /** Beyond the cap a halt joins the one that stops everything, and must be resumed by its id. */
  #join(widest: Halt, until: number): Halt {
    widest.count += 1;
    widest.until = Math.max(widest.until, until);
    return widest;
  }
}

/** A halt as plain data. */
export function haltImage({ info, until, count, named, key }: Halt): HaltImage {
  return { ...info, until: until === Infinity ? null : until, count, named, key };
}

/** Whether a halt that covers the ticket's lane stops the ticket. */
export function stops(halt: Halt, ticket: Ticket): boolean {
  return carries(halt, ticket) && halt.tests.every((test) => factAnswer(ticket, test) ?? true);
}

/** The same for an action in flight, which was not asked what the halt asks: what cannot be told is stopped. */
export function stopsInFlight(halt: Halt, ticket: Ticket): boolean {
  const asked = ticket.plan!.tests;
  return (
    carries(halt, ticket) &&
    halt.tests.every((test) => !asked.includes(test) || (factAnswer(ticket, test) ?? true))
  );
}

/** Actions without a tag share the counter, and so the halt, of the empty value. */
function carries(halt: Halt, ticket: Ticket): boolean {
  for (const name in halt.tags) if ((ticket.tag(name) ?? "") !== halt.tags[name]) return false;
  return true;
}

/** The halt that a rule calls for: its match without what depends on amounts or the moment, narrowed to the key. */
export function orderOf({ guard, key }: Halter, reason: string): HaltOrder {
  const { rule, forMs } = guard;
  const order = { reason, by: `rule:${rule.id}`, rule: rule.id, forMs };
  if (rule.halts === "all") return { ...order, scope: "all", key: {} };
  if (rule.halts === "key") return { ...order, scope: "all", key };
  // What is not on an allow-list is none of the series that the list names.
  const { source, ...match } = rule.match ?? {};
  const { series, tags } = rule.kind === "access" && rule.effect === "allow" ? {} : match;
  const scope: Scope =
    source === undefined && series === undefined && tags === undefined ? "all" : { source, series, tags };
  return { ...order, scope, key };
}

/** A rule for one of its keys, as far as it can halt. */
interface Halter {
  readonly guard: Pick<Guard, "rule" | "forMs">;
  readonly key: CounterKey;
}

/**
 * Orders rules that call for a halt at once by what it would be: the one that names least, and so reaches furthest,
 * comes first, then the longest. Where neither tells, its words do, so that the names of rules never decide.
 */
export function compareHalts(one: Halter, other: Halter): number {
  const [a, b] = [orderOf(one, ""), orderOf(other, "")];
  const reach = compareReach(a, b);
  if (reach !== 0) return reach;
  const [textA, textB] = [wordsOf(a), wordsOf(b)];
  return textA < textB ? -1 : textA > textB ? 1 : 0;
}

/** The same, and 0 where only the words of the halts could tell. */
export function compareReach(a: HaltOrder, b: HaltOrder): number {
  const further = namesIn(a) - namesIn(b);
  if (further !== 0) return further;
  const [lastsA, lastsB] = [a.forMs ?? Infinity, b.forMs ?? Infinity];
  return lastsA === lastsB ? 0 : lastsA > lastsB ? -1 : 1;
}

/** How many things must fit before the halt stops an action. */
function namesIn({ scope, key = {} }: HaltOrder): number {
  const reach = narrowed(scope, key);
  if (reach === "all") return 0;
  const { source, series, tags = {} } = reach;
  return Number(source !== undefined) + Number(series !== undefined) + Object.keys(tags).length;
}

/** A source comes before what is below it. */
function wordsOf({ scope, key = {} }: HaltOrder): string {
  return canonicalJson({ scope, key });
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
