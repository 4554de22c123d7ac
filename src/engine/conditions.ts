import { canonicalJson } from "../core/canonical.js";
import { compileGlob, isLiteral } from "../core/glob.js";
import { toMicro } from "../core/measure.js";
import type { Match } from "../policy/index.js";
import { argTest, mentionsTest, tagTest } from "../policy/value-tests.js";
import type { Ticket } from "./ticket.js";
import type { CalendarFact, Regime, World } from "./world.js";

type Globs = string | readonly string[];
type Clause = Omit<Match, "except">;

/** One condition that depends on the action or the moment; undefined: it cannot be told. */
type Dynamic = (ticket: Ticket) => boolean | undefined;

interface CompiledClause {
  readonly source: (source: string) => boolean;
  readonly series: (series: string) => boolean;
  readonly dynamic: readonly Dynamic[];
  /** Those of `dynamic` that depend on the moment only. */
  readonly moment: readonly (() => boolean | undefined)[];
  /** The clause names nothing but the moment. */
  readonly isMoment: boolean;
}

/**
 * A rule's `match`, compiled: what is known of a lane for good, and what each action must still be asked.
 *
 * What cannot be told goes against the action: a rule that restricts then applies, an exception does not; for an
 * allow-list it is the other way round.
 */
export class Conditions {
  readonly tests: readonly number[];
  readonly #clause: CompiledClause;
  readonly #excepts: readonly CompiledClause[];
  readonly #unknown: boolean;

  constructor(match: Match | undefined, world: World, allowList: boolean) {
    const tests: number[] = [];
    this.#clause = compileClause(match ?? {}, world, tests);
    this.#excepts = (match?.except ?? []).map((except) => compileClause(except, world, tests));
    this.#unknown = !allowList;
    this.tests = tests;
  }

  /** Whether the rule can ever apply to this source and series; sub-agents of a source named literally are covered. */
  covers(source: string, series: string): boolean {
    const { source: coversSource, series: coversSeries } = this.#clause;
    if (!coversSource(source) || !coversSeries(series)) return false;
    return !this.#excepts.some((e) => e.dynamic.length === 0 && e.source(source) && e.series(series));
  }

  /** Whether the rule speaks about this source at all, whatever the series. */
  concerns(source: string): boolean {
    return this.#clause.source(source);
  }

  /** Whether `applies` has anything left to ask for a lane that is covered. */
  isDynamic(source: string, series: string): boolean {
    return this.#clause.dynamic.length > 0 || this.#excepts.some((e) => e.source(source) && e.series(series));
  }

  /** Whether schedule and regime let the rule apply at all right now. */
  holdNow(): boolean {
    const { moment } = this.#clause;
    if (!moment.every((holds) => holds() ?? this.#unknown)) return false;
    return !this.#excepts.some(
      (except) => except.isMoment && except.moment.every((holds) => holds() ?? !this.#unknown),
    );
  }

  /** The part of `match` that depends on the action, for a lane that is covered. */
  applies(ticket: Ticket, source: string): boolean {
    for (const dynamic of this.#clause.dynamic) if (!(dynamic(ticket) ?? this.#unknown)) return false;
    const { series } = ticket.lane;
    return !this.#excepts.some(
      (except) =>
        except.source(source) &&
        except.series(series) &&
        except.dynamic.every((dynamic) => dynamic(ticket) ?? !this.#unknown),
    );
  }
}

/** Matches a source and, where the pattern is a plain name, its sub-agents. */
export function sourceMatcher(globs: Globs | undefined): (source: string) => boolean {
  return anyOf(globs, (pattern) => {
    const matches = compileGlob(pattern);
    if (!isLiteral(pattern)) return matches;
    return (source) => matches(source) || (source.includes("/") && matchesAncestor(source, matches));
  });
}

export function seriesMatcher(globs: Globs | undefined): (series: string) => boolean {
  return anyOf(globs, compileGlob);
}

function matchesAncestor(source: string, matches: (source: string) => boolean): boolean {
  for (let end = source.lastIndexOf("/"); end > 0; end = source.lastIndexOf("/", end - 1)) {
    if (matches(source.slice(0, end))) return true;
  }
  return false;
}

function anyOf(globs: Globs | undefined, compile: (pattern: string) => (text: string) => boolean) {
  if (globs === undefined) return () => true;
  const matchers = (typeof globs === "string" ? [globs] : globs).map(compile);
  if (matchers.length === 1) return matchers[0]!;
  return (text: string) => matchers.some((matches) => matches(text));
}

function compileClause(clause: Clause, world: World, tests: number[]): CompiledClause {
  const dynamic: Dynamic[] = [];
  for (const [measure, limit] of Object.entries(clause.costOver ?? {})) {
    const index = world.measure(measure, true);
    const micro = toMicro(limit);
    dynamic.push(({ amounts }) => compare(amounts[index], (amount) => amount > micro));
  }
  for (const [measure, limit] of Object.entries(clause.costUnder ?? {})) {
    const index = world.measure(measure, true);
    const micro = toMicro(limit);
    dynamic.push(({ amounts }) => compare(amounts[index], (amount) => amount < micro));
  }
  for (const [name, globs] of Object.entries(clause.tags ?? {})) {
    dynamic.push(factOf(world.test(tagTest(name, globs)), tests));
  }
  if (clause.mentions !== undefined) dynamic.push(factOf(world.test(mentionsTest(clause.mentions)), tests));
  for (const [path, condition] of Object.entries(clause.args ?? {})) {
    dynamic.push(factOf(world.test(argTest(path, condition)), tests));
  }
  const moment: (() => boolean | undefined)[] = [];
  if (clause.regime !== undefined) moment.push(regimeIn([clause.regime].flat(), world));
  if (clause.schedule !== undefined) {
    // Equal schedules have equal keys, in whatever order somebody wrote their fields.
    const key = `schedule:${canonicalJson(clause.schedule)}`;
    moment.push(scheduleOpen(world.calendar({ key, schedule: clause.schedule })));
  }
  return {
    source: sourceMatcher(clause.source),
    series: seriesMatcher(clause.series),
    dynamic: [...dynamic, ...moment],
    moment,
    isMoment: dynamic.length === 0 && clause.source === undefined && clause.series === undefined,
  };
}

function compare(amount: number | undefined, test: (amount: number) => boolean): boolean | undefined {
  return amount === undefined || amount < 0 ? undefined : test(amount);
}

function factOf(test: number, tests: number[]): Dynamic {
  tests.push(test);
  return (ticket) => factAnswer(ticket, test);
}

/** Facts are the ids that came out true, and `~id` for those that could not be told. */
export function factAnswer(ticket: Ticket, test: number): boolean | undefined {
  const facts = ticket.details?.facts;
  if (facts === undefined || facts === null) return false;
  if (facts.includes(test)) return true;
  return facts.includes(~test) ? undefined : false;
}

/** `unknown` is treated as stressed. */
function regimeIn(regimes: readonly Regime[], world: World): () => boolean {
  return () => regimes.includes(world.regime === "unknown" ? "stressed" : world.regime);
}

function scheduleOpen(fact: CalendarFact): () => boolean | undefined {
  return () => fact.open;
}
