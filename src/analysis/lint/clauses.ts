import { canonicalJson } from "../../core/canonical.js";
import { toMicro } from "../../core/measure.js";
import type { Match } from "../../policy/index.js";
import { argsExclude, argsImply, type ArgTests, argTestsOf } from "./arg-tests.js";
import type { Language, Languages, Truth } from "./globs.js";
import { isWithin, neverTogether, type Weekly, weeklyOf } from "./weekly.js";

type Regime = NonNullable<Match["regime"]>[number];

/**
 * The conditions of a `match`, or of one of its exceptions, ready to be compared.
 *
 * A condition on a cost or a number in the arguments can come out three ways: it holds, it does not, or it cannot be
 * told because the action does not say. What cannot be told goes against the action: a rule that restricts applies
 * then, and an exception from it does not.
 */
export interface Clause {
  readonly source: Language;
  readonly series: Language;
  readonly tags: ReadonlyMap<string, Language>;
  /** By measure, in micro-units. */
  readonly over: ReadonlyMap<string, number>;
  readonly under: ReadonlyMap<string, number>;
  readonly mentions: Language | undefined;
  readonly args: ReadonlyMap<string, ArgTests>;
  readonly regimes: ReadonlySet<Regime> | undefined;
  readonly schedule: Weekly | undefined;
  /** Conditions that are only compared as they are written. */
  readonly others: ReadonlyMap<string, string>;
}

const COMPARED = new Set([
  ...["source", "series", "tags", "mentions", "costOver", "costUnder", "args", "regime", "schedule"],
  "except",
]);
const REGIMES = ["normal", "stressed", "shock"] as const;

export function clauseOf(match: Omit<Match, "except">, languages: Languages): Clause {
  const { source, series, tags, mentions, costOver, costUnder, args, regime, schedule } = match;
  const others = Object.entries(match).filter(
    ([field, value]) => value !== undefined && !COMPARED.has(field),
  );
  return {
    source: languages.of(source, "literal"),
    series: languages.of(series, "no"),
    tags: mapped(tags, (globs) => languages.of([globs].flat(), "no")),
    mentions: mentions === undefined ? undefined : languages.of(mentions, "no"),
    over: mapped(costOver, toMicro),
    under: mapped(costUnder, toMicro),
    args: mapped(args, (condition) => argTestsOf(condition, languages)),
    regimes:
      regime === undefined || REGIMES.every((each) => regime.includes(each)) ? undefined : new Set(regime),
    schedule: schedule === undefined ? undefined : weeklyOf(schedule),
    others: new Map(others.map(([field, value]) => [field, canonicalJson(value)])),
  };
}

/**
 * Whether what meets `given` meets `wanted`: true is a proof, undefined means that it could not be told.
 *
 * What meets `given` for certain then meets `wanted` for certain, and what may meet `given` may meet `wanted`. With
 * `certain`, what may meet `given` even meets `wanted` for certain.
 */
export function implies(
  given: Clause,
  wanted: Clause,
  languages: Languages,
  { certain = false, givenSource = given.source }: { certain?: boolean; givenSource?: Language } = {},
): Truth {
  let result: Truth = true;
  const and = (truth: Truth): boolean => {
    if (truth === false) result = false;
    else if (truth === undefined && result === true) result = undefined;
    return result !== false;
  };
  // Names part most rules, and an example mostly shows it.
  if (!and(languages.contains(wanted.source, givenSource))) return false;
  if (!and(languages.contains(wanted.series, given.series))) return false;
  for (const [measure, over] of wanted.over)
    if (!and(measure === "calls" ? over < CALL : !certain && (given.over.get(measure) ?? -1) >= over))
      return false;
  for (const [measure, under] of wanted.under)
    if (
      !and(measure === "calls" ? under > CALL : !certain && (given.under.get(measure) ?? Infinity) <= under)
    )
      return false;
  if (wanted.regimes !== undefined && !and(isSubset(given.regimes, wanted.regimes))) return false;
  for (const [name, language] of wanted.tags) {
    const own = given.tags.get(name);
    if (!and(own !== undefined && languages.contains(language, own))) return false;
  }
  for (const [path, tests] of wanted.args) {
    const own = given.args.get(path);
    if (!and(own !== undefined && argsImply(own, tests, certain, languages))) return false;
  }
  if (wanted.mentions !== undefined) {
    const own = given.mentions;
    const within = own === undefined ? false : languages.contains(wanted.mentions, own);
    // Arguments that are too large to be read through leave it open.
    if (!and(certain && within === true ? undefined : within)) return false;
  }
  for (const [field, text] of wanted.others)
    if (!and(!certain && given.others.get(field) === text ? true : undefined)) return false;
  if (wanted.schedule !== undefined && !wanted.schedule.isAlways)
    and(given.schedule === undefined ? false : isWithin(given.schedule, wanted.schedule));
  return result;
}

/** Whether nothing meets `sure` for certain and may meet `maybe`: true is a proof. */
export function excludes(
  sure: Clause,
  maybe: Clause,
  languages: Languages,
  {
    sureSource = sure.source,
    maybeSource = maybe.source,
  }: { sureSource?: Language; maybeSource?: Language } = {},
): boolean {
  for (const [measure, over] of sure.over) if (isEmpty(over, maybe.under.get(measure))) return true;
  for (const [measure, under] of sure.under) if (isEmpty(maybe.over.get(measure), under)) return true;
  const { regimes } = maybe;
  if (
    sure.regimes !== undefined &&
    regimes !== undefined &&
    [...sure.regimes].every((each) => !regimes.has(each))
  )
    return true;
  for (const [name, language] of sure.tags) {
    const other = maybe.tags.get(name);
    if (other !== undefined && languages.disjoint(language, other) === true) return true;
  }
  for (const [path, tests] of sure.args) {
    const other = maybe.args.get(path);
    if (other !== undefined && argsExclude(tests, other, languages) === true) return true;
  }
  if (languages.disjoint(sure.series, maybe.series) === true) return true;
  if (languages.disjoint(sureSource, maybeSource) === true) return true;
  return (
    sure.schedule !== undefined &&
    maybe.schedule !== undefined &&
    neverTogether(sure.schedule, maybe.schedule) === true
  );
}

/** One call, in micro-units: what every action costs in `calls`. */
const CALL = 1_000_000;

/** No amount of whole micro-units lies between the two. */
function isEmpty(over: number | undefined, under: number | undefined): boolean {
  return over !== undefined && under !== undefined && under <= over + 1;
}

function isSubset(inner: ReadonlySet<Regime> | undefined, outer: ReadonlySet<Regime>): boolean {
  return inner !== undefined && [...inner].every((each) => outer.has(each));
}

function mapped<V, R>(
  record: Readonly<Record<string, V>> | undefined,
  map: (value: V) => R,
): ReadonlyMap<string, R> {
  return new Map(Object.entries(record ?? {}).map(([name, value]) => [name, map(value)]));
}
