import { limitToMicro, MICRO } from "../../core/measure.js";
import { parseDuration } from "../../core/duration.js";
import type { Calendar } from "../../policy/calendar.js";
import type { Match, Rule } from "../../policy/index.js";
import type { TrialAction } from "../asked.js";
import { answerAt } from "../boundary/calendar.js";
import { commonText } from "./common-text.js";
import { namesIn, namesOutside } from "../boundary/names.js";
import { nearMisses } from "../boundary/near-misses.js";
import type { Moment } from "../boundary/trial.js";
import { Concern, findWitness } from "../boundary/witness.js";
import type { Witness } from "../boundary/witness.js";
import { START_AT } from "../start-at.js";
import { countsIn, MAX_COUNT } from "./reach.js";

/** What histories are made of: taken from the rules that differ, so that it lies on both sides of their boundaries. */
export interface Stock {
  /** Actions and when they are tried; those that the rules apply to first. */
  readonly witnesses: readonly Witness[];
  /** Spans between which a rule's answer may change, in ms, each with its neighbours. */
  readonly spans: readonly number[];
  /** Numbers of actions at which it may. */
  readonly counts: readonly number[];
  /** Amounts at which it may, in micro-units by measure. */
  readonly amounts: ReadonlyMap<string, readonly number[]>;
  readonly signals: readonly string[];
  readonly accounts: readonly string[];
  /** Tags that a counter or an exception is about. */
  readonly tags: readonly string[];
}

const MAX_WITNESSES = 48;
const MAX_EXCEPTIONS = 8;
const MAX_APART = 24;
const MAX_SPANS = 60;
const MAX_COUNTS = 12;

/**
 * @param focus the rules that differ, as they were and as they are
 * @param all all rules of both policies: what they count has to be told, or they refuse everything
 */
export function stockOf(focus: readonly Rule[], all: readonly Rule[]): Stock {
  const measures = measuresOf(all);
  const dressed = witnessesOf(focus).map((witness) => withCosts(witness, measures));
  const witnesses = [
    ...new Map(
      dressed.map((witness) => [JSON.stringify([witness.action, witness.moment]), witness]),
    ).values(),
  ];
  return {
    witnesses,
    spans: spansOf(focus, witnesses[0]?.moment.at ?? START_AT),
    counts: countsOf(focus),
    amounts: amountsOf(focus, all),
    signals: [...new Set(focus.flatMap((rule) => (rule.kind === "stale" ? [rule.signal] : [])))],
    accounts: accountsOf(focus),
    tags: tagsOf(focus),
  };
}

function witnessesOf(focus: readonly Rule[]): Witness[] {
  const found = new Map<string, Witness>();
  const add = (witness: Witness): void => {
    const { action, moment } = witness;
    const key = JSON.stringify([action, moment]);
    if (found.size < MAX_WITNESSES) found.set(key, witness);
  };
  const mains = focus.flatMap((rule) => mainWitness(rule.match) ?? []);
  mains.forEach(add);
  if (mains.length === 0) add({ action: PLAIN, moment: { at: START_AT, regime: "normal" } });
  const matches = focus.flatMap(({ match }) => match ?? []);
  for (const match of apart(matches)) {
    const witness = mainWitness(match);
    if (witness !== undefined) add(witness);
  }
  for (const match of matches)
    for (const exception of (match.except ?? []).slice(0, MAX_EXCEPTIONS))
      exceptional(match, exception).forEach(add);
  for (const main of [...found.values()])
    for (const match of matches) for (const { witness } of nearMisses(match, main)) add(witness);
  const sources = namesOf(focus, "source");
  const series = namesOf(focus, "series");
  for (const { action, moment } of mains.slice(0, 3)) {
    for (const source of sources) add({ moment, action: { ...action, source } });
    for (const name of series) add({ moment, action: { ...action, series: name } });
    add({ moment, action: { ...action, source: `${action.source}/helper` } });
  }
  for (const regime of regimesOf(focus))
    for (const { action, moment } of mains.slice(0, 2)) add({ action, moment: { ...moment, regime } });
  return [...found.values()];
}

/** Each match with one glob of each list by itself: those first that only one of the matches has. */
function apart(matches: readonly Match[]): readonly Match[] {
  const seen = new Map<string, { count: number; readonly match: Match }>();
  const meet = (key: string, match: Match): void => {
    const known = seen.get(key);
    if (known === undefined) seen.set(key, { count: 1, match });
    else known.count += 1;
  };
  for (const match of matches) {
    const { tags = {}, args = {}, mentions = [], source = [], series = [] } = match;
    for (const glob of source) meet(`source ${glob}`, { ...match, source: [glob] });
    for (const glob of series) meet(`series ${glob}`, { ...match, series: [glob] });
    for (const glob of mentions) meet(`mentions ${glob}`, { ...match, mentions: [glob] });
    for (const [tag, globs] of Object.entries(tags))
      for (const glob of globs) meet(`tag ${tag} ${glob}`, { ...match, tags: { ...tags, [tag]: [glob] } });
    for (const [path, condition] of Object.entries(args)) {
      const globs = Array.isArray(condition) ? (condition as readonly string[]) : [];
      for (const glob of globs) meet(`arg ${path} ${glob}`, { ...match, args: { ...args, [path]: [glob] } });
    }
  }
  return [...seen.values()]
    .sort((a, b) => a.count - b.count)
    .slice(0, MAX_APART)
    .map(({ match }) => match);
}

const PLAIN: TrialAction = { source: "agent", series: "tool" };

/** An action that a rule with this match applies to. */
function mainWitness(match: Match | undefined): Witness | undefined {
  const { except = [], ...clause } = match ?? {};
  const concern = new Concern(match);
  return findWitness([clause], except, START_AT, (witness) => concern.covers(witness));
}

/** Actions that the rule would apply to, were it not for the exception. */
function exceptional(match: Match, exception: NonNullable<Match["except"]>[number]): readonly Witness[] {
  const { except: _except, ...clause } = match;
  const [general, alone] = [new Concern(clause), new Concern(exception)];
  const witness = findWitness(
    [shared(clause, exception), clause, exception],
    [],
    START_AT,
    (each) => general.covers(each) && alone.covers(each),
  );
  return witness === undefined ? [] : [witness];
}

/** Where both name something by globs: one text that suits both, which no glob by itself would give away. */
function shared(one: Match, other: Match): Match {
  const literally = (a?: readonly string[], b?: readonly string[]): string[] | undefined => {
    const text = a === undefined || b === undefined ? undefined : commonText(a, b);
    return text === undefined ? undefined : [globOf(text)];
  };
  const [source, series] = [literally(one.source, other.source), literally(one.series, other.series)];
  const tags = Object.entries(one.tags ?? {}).flatMap(([tag, globs]) => {
    const both = literally(globs, new Map(Object.entries(other.tags ?? {})).get(tag));
    return both === undefined ? [] : [[tag, both] as const];
  });
  return {
    ...(source !== undefined && { source }),
    ...(series !== undefined && { series }),
    ...(tags.length > 0 && { tags: Object.fromEntries(tags) }),
  };
}

/** The glob that takes this text alone. */
function globOf(text: string): string {
  return text.replace(/[*?\\]/g, "\\$&").replace(/^~/, "\\~");
}

/** Names that the rules' globs take, and names that none takes. */
function namesOf(rules: readonly Rule[], field: "source" | "series"): readonly string[] {
  const lists = rules.flatMap(({ match }) =>
    [match, ...(match?.except ?? [])].flatMap((clause) =>
      clause?.[field] === undefined ? [] : [clause[field]],
    ),
  );
  const all = lists.flat();
  return [
    ...new Set([
      ...all.slice(0, 20).flatMap((glob) => namesIn([glob], field).slice(0, 2)),
      ...namesOutside(all, field).slice(0, 2),
      ...(all.length === 0 ? namesIn(undefined, field).slice(0, 3) : []),
    ]),
  ];
}

function regimesOf(rules: readonly Rule[]): readonly Moment["regime"][] {
  return [
    ...new Set(
      rules.flatMap(({ match }) =>
        [match, ...(match?.except ?? [])].flatMap((clause) => clause?.regime ?? []),
      ),
    ),
  ];
}

/** A budget refuses what does not name its measure: everything names all, and costs nothing where it matters not. */
function withCosts({ action, moment }: Witness, measures: readonly string[]): Witness {
  if (measures.length === 0) return { action, moment };
  const zeros = Object.fromEntries(measures.map((measure) => [measure, 0]));
  return { action: { ...action, cost: { ...zeros, ...action.cost } }, moment };
}

function measuresOf(rules: readonly Rule[]): readonly string[] {
  const names = rules.flatMap((rule) => {
    if (rule.kind === "budget" || rule.kind === "size") return [rule.measure];
    return rule.kind === "loop" && rule.measure !== undefined ? [rule.measure] : [];
  });
  return [...new Set(names)].filter((name) => name !== "calls");
}

function spansOf(focus: readonly Rule[], at: number): readonly number[] {
  const named = focus.flatMap((rule) => {
    const { window, limit, maxAge, for: lasting } = rule as Readonly<Record<string, unknown>>;
    const texts = [window, limit, maxAge, lasting].filter((value) => typeof value === "string");
    const boundaries =
      typeof window === "object" && window !== null
        ? [answerAt({ calendar: window as Calendar }, at).until - at]
        : [];
    return [...texts.flatMap((text) => parseDuration(text) ?? []), ...boundaries];
  });
  const usual = focus.some(({ kind }) => WAITING.has(kind)) ? [30_000, 60_000] : [];
  const all = [...named, ...usual].flatMap((ms) => [ms, ms - 1, ms + 1, Math.ceil(ms / 2)]);
  return [...new Set(all)].filter((ms) => ms > 0 && Number.isFinite(ms)).slice(0, MAX_SPANS);
}

/** Kinds with a time that nobody wrote. */
const WAITING = new Set(["errors", "denials", "newcomers", "runaway", "loop"]);

function countsOf(focus: readonly Rule[]): readonly number[] {
  const found = new Set<number>();
  for (const rule of focus) {
    for (const count of countsIn(rule)) if (count <= MAX_COUNT) found.add(count);
    if (CALIBRATED.has(rule.kind)) found.add(40);
  }
  return [...found].sort((a, b) => a - b).slice(0, MAX_COUNTS);
}

/** Kinds that act without a number, some time. */
const CALIBRATED = new Set(["errors", "denials", "newcomers", "runaway", "loop", "score"]);

function amountsOf(focus: readonly Rule[], all: readonly Rule[]): ReadonlyMap<string, readonly number[]> {
  const amounts = new Map<string, number[]>();
  const add = (measure: string, units: number): void => {
    const micro = limitToMicro(units);
    if (measure === "calls" || !(micro >= 0)) return;
    const known = amounts.get(measure) ?? [];
    for (const near of [micro, micro + 1, Math.floor(micro / 2)]) if (!known.includes(near)) known.push(near);
    amounts.set(measure, known);
  };
  const wanted = new Set(measuresOf(focus));
  for (const rule of [...focus, ...all]) {
    const isFocus = focus.includes(rule);
    if (rule.kind === "budget" || rule.kind === "size") {
      if (isFocus || wanted.has(rule.measure)) add(rule.measure, rule.limit);
      if (isFocus && rule.kind === "budget" && rule.assume !== undefined) add(rule.measure, rule.assume);
    }
    if (rule.kind === "loop" && isFocus && rule.measure !== undefined && rule.limit !== undefined)
      add(rule.measure, rule.limit);
    for (const clause of isFocus ? [rule.match, ...(rule.match?.except ?? [])] : [])
      for (const costs of [clause?.costOver, clause?.costUnder])
        for (const [measure, units] of Object.entries(costs ?? {})) add(measure, units);
  }
  if (wanted.size > 0)
    for (const measure of wanted) amounts.set(measure, [...(amounts.get(measure) ?? []), 1, MICRO]);
  return amounts;
}

function accountsOf(focus: readonly Rule[]): readonly string[] {
  const about = focus.filter((rule) => rule.kind === "loss" || rule.kind === "floor");
  if (about.length === 0) return [];
  return [...new Set([...about.flatMap(({ account }) => account ?? []), "default", "another"])];
}

function tagsOf(focus: readonly Rule[]): readonly string[] {
  const names = focus.flatMap((rule) => {
    const per = [...(rule.per ?? []), ...(rule.kind === "newcomers" ? [rule.of] : [])];
    return per.filter((key) => key.startsWith("tag:")).map((key) => key.slice("tag:".length));
  });
  return [...new Set(names)];
}
