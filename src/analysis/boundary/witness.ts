import { limitToMicro, MICRO } from "../../core/measure.js";
import type { Schedule } from "../../policy/calendar.js";
import type { Match, Rule } from "../../policy/index.js";
import { argumentValues, withArgument } from "./arguments.js";
import { answerAt } from "./calendar.js";
import { namesIn } from "./names.js";
import { own } from "../../core/own.js";
import { Trial } from "./trial.js";
import type { TrialAction } from "../asked.js";
import type { Moment } from "./trial.js";

export type Clause = Omit<Match, "except">;

/** An action, and when it is tried. */
export interface Witness {
  readonly action: TrialAction;
  readonly moment: Moment;
}

/** One thing that an action or a moment can have in several ways. */
interface Dimension {
  readonly set: (witness: Witness, value: unknown) => Witness;
  /** The likeliest first. */
  readonly values: readonly unknown[];
}

/** Ways that are tried before nobody looks any further. */
const MAX_TRIED = 200;
/** Boundaries of each schedule that are looked at for a time that fits: first the next one, then a week of them. */
const BOUNDARIES = [1, 15] as const;
/** Schedules whose boundaries are looked at. */
const MAX_SCHEDULES = 4;
/** Clauses that are looked at. */
const MAX_CLAUSES = 50;

/** Tells whether a rule applies to an action, by asking the engine: it is made to refuse what it applies to. */
export class Concern {
  readonly #match: Match | undefined;
  #trial: Trial | undefined;

  constructor(match: Match | undefined) {
    this.#match = match;
  }

  covers({ action, moment }: Witness): boolean {
    this.#trial ??= Trial.of([refusing(this.#match)], moment);
    return !this.#trial.moveTo(moment).gate(action).allowed;
  }
}

function refusing(match: Match | undefined): Rule {
  return {
    ...{ id: "concern", kind: "access", effect: "deny", then: "block" },
    ...(match !== undefined && { match }),
  };
}

/** An action that all of `clauses` describe and that is `good`; undefined when none was found. */
export function findWitness(
  clauses: readonly Clause[],
  unwanted: readonly Clause[],
  at: number,
  good: (witness: Witness) => boolean,
): Witness | undefined {
  const dimensions = dimensionsOf(clauses.slice(0, MAX_CLAUSES), unwanted.slice(0, MAX_CLAUSES));
  const schedules = [...clauses, ...unwanted]
    .flatMap(({ schedule }) => schedule ?? [])
    .slice(0, MAX_SCHEDULES);
  for (const boundaries of schedules.length === 0 ? [0] : BOUNDARIES) {
    const time: Dimension = { set: setTime, values: times(schedules, at, boundaries) };
    const found = search([...dimensions, time], at, good);
    if (found !== undefined) return found;
  }
  return undefined;
}

function search(
  dimensions: readonly Dimension[],
  at: number,
  good: (witness: Witness) => boolean,
): Witness | undefined {
  const plain: Witness = { action: { source: "", series: "" }, moment: { at, regime: "normal" } };
  let tried = 0;
  for (const choice of choices(dimensions.map(({ values }) => values.length))) {
    if (++tried > MAX_TRIED) return undefined;
    const witness = dimensions.reduce((so, { set, values }, i) => set(so, values[choice[i]!]), plain);
    if (good(witness)) return witness;
  }
  return undefined;
}

/** Index vectors: the first of each, then one changed, then two changed. */
function* choices(sizes: readonly number[]): IterableIterator<readonly number[]> {
  if (sizes.includes(0)) return;
  const first = sizes.map(() => 0);
  yield first;
  for (let i = 0; i < sizes.length; i++) for (let a = 1; a < sizes[i]!; a++) yield first.with(i, a);
  for (let i = 0; i < sizes.length; i++)
    for (let j = i + 1; j < sizes.length; j++)
      for (let a = 1; a < sizes[i]!; a++)
        for (let b = 1; b < sizes[j]!; b++) yield first.with(i, a).with(j, b);
}

function dimensionsOf(clauses: readonly Clause[], unwanted: readonly Clause[]): Dimension[] {
  const all = [...clauses, ...unwanted];
  const named = (field: "tags" | "costOver" | "costUnder" | "args"): readonly string[] =>
    all.flatMap((clause) => Object.keys(clause[field] ?? {}));
  const dimensions: Dimension[] = [
    { set: setAction((value) => ({ source: value as string })), values: names("source", clauses, unwanted) },
    { set: setAction((value) => ({ series: value as string })), values: names("series", clauses, unwanted) },
  ];
  for (const tag of new Set(named("tags")))
    dimensions.push({ set: setTag(tag), values: tagValues(tag, clauses, unwanted) });
  for (const measure of new Set([...named("costOver"), ...named("costUnder")]))
    dimensions.push({ set: setCost(measure), values: amounts(measure, clauses, all) });
  for (const path of new Set(named("args"))) {
    const wanted = clauses.some(({ args }) => own(args, path) !== undefined);
    const conditions = all.map(({ args }) => own(args, path)).filter((condition) => condition !== undefined);
    const values = argumentValues(conditions);
    dimensions.push({
      set: setArgument(path),
      values: wanted ? [...values, undefined] : [undefined, ...values],
    });
  }
  const mentions = clauses.flatMap((clause) => (clause.mentions === undefined ? [] : [clause.mentions]));
  mentions.forEach((globs, i) => {
    dimensions.push({ set: setArgument(`text${i === 0 ? "" : i + 1}`), values: namesIn(globs, "value") });
  });
  const regimes = clauses.flatMap(({ regime }) => regime ?? []);
  dimensions.push({
    set: (witness, value) => ({
      ...witness,
      moment: { ...witness.moment, regime: value as Moment["regime"] },
    }),
    values: [...new Set([...regimes, "normal", "stressed", "shock"])],
  });
  return dimensions;
}

function names(
  field: "source" | "series",
  clauses: readonly Clause[],
  unwanted: readonly Clause[],
): readonly string[] {
  const [first, ...others] = clauses.flatMap((clause) =>
    clause[field] === undefined ? [] : [clause[field]],
  );
  const found = [first, ...others].flatMap((globs) => namesIn(globs, field));
  return sparing(
    found,
    unwanted.flatMap((clause) => clause[field] ?? []),
    field,
  );
}

function tagValues(
  tag: string,
  clauses: readonly Clause[],
  unwanted: readonly Clause[],
): readonly (string | undefined)[] {
  const wanted = clauses.map(({ tags }) => own(tags, tag)).filter((globs) => globs !== undefined);
  if (wanted.length === 0) return [undefined, ...namesIn(undefined, "value").slice(0, 2)];
  return sparing(
    wanted.flatMap((globs) => namesIn(globs, "value")),
    unwanted.flatMap(({ tags }) => own(tags, tag) ?? []),
    "value",
  );
}

/** First what is not spared for an exception. */
function sparing(
  found: readonly string[],
  spared: readonly string[],
  kind: "source" | "series" | "value",
): readonly string[] {
  const names = [...new Set(found)];
  if (spared.length === 0) return names;
  const taken = new Set(namesIn(spared, kind));
  return [...names.filter((name) => !taken.has(name)), ...names.filter((name) => taken.has(name))];
}

/** Amounts in micro-units on both sides of every limit that is named. */
function amounts(
  measure: string,
  wanted: readonly Clause[],
  all: readonly Clause[],
): readonly (number | undefined)[] {
  const found: number[] = [];
  for (const clauses of [wanted, all]) {
    const overs = clauses.flatMap(({ costOver }) => own(costOver, measure) ?? []).map(limitToMicro);
    const unders = clauses.flatMap(({ costUnder }) => own(costUnder, measure) ?? []).map(limitToMicro);
    for (const over of overs) {
      const under = Math.min(...unders.filter((limit) => limit > over));
      // A round amount reads better than the limit and a bit.
      if (over + MICRO < under) found.push(over + MICRO);
      found.push(over + 1);
    }
    for (const under of unders)
      if (under > 0) found.push(under > MICRO ? under - MICRO : under - 1, under - 1);
    for (const over of overs) found.push(over);
    found.push(...unders);
  }
  return [...new Set(found), undefined];
}

/** Moments on both sides of the schedules' next boundaries. */
function times(schedules: readonly Schedule[], at: number, boundaries: number): readonly number[] {
  const found = new Set([at]);
  for (const schedule of schedules) {
    let next = at;
    for (let i = 0; i < boundaries && Number.isFinite(next); i++) {
      next = answerAt({ schedule }, next).until;
      if (Number.isFinite(next)) found.add(next);
    }
  }
  return [...found];
}

function setTime(witness: Witness, value: unknown): Witness {
  return { ...witness, moment: { ...witness.moment, at: value as number } };
}

function setAction(change: (value: unknown) => Partial<TrialAction>): Dimension["set"] {
  return (witness, value) => ({ ...witness, action: { ...witness.action, ...change(value) } });
}

function setTag(tag: string): Dimension["set"] {
  return (witness, value) => (value === undefined ? witness : withTag(witness, tag, value as string));
}

export function withTag(witness: Witness, tag: string, value: string): Witness {
  const { action } = witness;
  return { ...witness, action: { ...action, tags: withField(action.tags, tag, value) } };
}

function setCost(measure: string): Dimension["set"] {
  return (witness, value) => (value === undefined ? witness : withCost(witness, measure, value as number));
}

/** The same with a cost in micro-units. */
export function withCost(witness: Witness, measure: string, micro: number): Witness {
  const { action } = witness;
  return { ...witness, action: { ...action, cost: withField(action.cost, measure, micro) } };
}

/** The same without naming a cost. */
export function withoutCost(witness: Witness, measure: string): Witness {
  const { cost = {}, ...action } = witness.action;
  const others = Object.entries(cost).filter(([name]) => name !== measure);
  return {
    ...witness,
    action: others.length === 0 ? action : { ...action, cost: Object.fromEntries(others) },
  };
}

function setArgument(path: string): Dimension["set"] {
  return (witness, value) => {
    if (value === undefined) return witness;
    const { action } = witness;
    return { ...witness, action: { ...action, args: withArgument(action.args, path, value) } };
  };
}

/** Names come from a policy, and `__proto__` is a name like any other. */
function withField<V>(
  record: Readonly<Record<string, V>> | undefined,
  name: string,
  value: V,
): Readonly<Record<string, V>> {
  return Object.fromEntries([...Object.entries(record ?? {}), [name, value]]);
}
