import { compileGlobs } from "../../core/glob.js";
import type { Schedule } from "../../policy/calendar.js";
import type { Rule } from "../../policy/index.js";
import { answerAt } from "../boundary/calendar.js";
import { MICRO } from "../../core/measure.js";
import type { Column } from "./columns.js";
import { isAllowing, limitingRules } from "./columns.js";
import { thresholds } from "./coverage.js";
import { Crew } from "./crew.js";
import type { Names } from "./crew.js";
import { disguises } from "./disguises.js";
import type { Disguise } from "./disguises.js";
import { Field } from "./field.js";
import type { Adversary } from "./keys.js";
import { namesOf } from "./name-classes.js";
import type { NameClass } from "./name-classes.js";
import { passesAt, schedulesOf } from "./openings.js";
import { raid } from "./raid.js";
import type { Hand, RaidOptions, Shot } from "./raid.js";

/** What the attacker uses for one class of actions. */
interface Means {
  readonly names: Names;
  readonly above: number;
  readonly most: number;
}

/** Names that pass, and how many counters they are charged to. */
interface Found extends Names {
  readonly counted: number;
}

/** What an attack is planned from. */
export interface Plan {
  readonly measure: string;
  /** The likeliest to pay first. */
  readonly columns: readonly Column[];
  readonly target: number;
  readonly horizonMs: number;
  /** Moments at which it may begin. */
  readonly begins: readonly number[];
  readonly maxShots: number;
  /** Actions that it takes, about; next to none where one may be as large as it likes. */
  readonly calls: number;
  /** The class of the one source in whose name everything is done; null: there are several, of any class. */
  readonly root: NameClass | null;
}

/** The hostile agent: it knows the policy, and searches for the most that it lets pass. */
export class Attacker {
  readonly #rules: readonly Rule[];
  /** The rules without those that a well-behaved action never meets, and without halts: nobody reaches for one. */
  readonly #softened: readonly Rule[];
  readonly #adversary: Adversary;
  readonly #sources: readonly NameClass[];
  readonly #series: readonly NameClass[];
  readonly #schedules: readonly Schedule[];
  /** Those of them that count. */
  readonly #counting: ReadonlySet<string>;
  readonly #names = new Map<string, Found | null>();

  constructor(
    rules: readonly Rule[],
    adversary: Adversary,
    classes: { readonly sources: readonly NameClass[]; readonly series: readonly NameClass[] },
  ) {
    this.#rules = rules;
    this.#softened = limitingRules(rules).map(softened);
    this.#schedules = schedulesOf(this.#softened);
    const counting = this.#softened.filter(({ kind }) => kind === "rate" || kind === "budget");
    this.#counting = new Set(counting.map(({ id }) => id));
    this.#adversary = adversary;
    this.#sources = classes.sources;
    this.#series = classes.series;
  }

  /**
   * The most that was reached: searched for under the rules that limit, then carried out, with what passed and nothing
   * else, under all rules of the policy in force.
   */
  reach(plan: Plan): number {
    let best = 0;
    for (const begin of plan.begins) {
      const means = this.#meansOf(plan, begin);
      if (means.length === 0) continue;
      for (const evenly of [false, true]) {
        const options: RaidOptions = { ...plan, evenly };
        const hands = means.map(({ names, above, most }): Hand => ({
          crew: new Crew(names, this.#softened, this.#adversary),
          above,
          most,
        }));
        const shots = raid(new Field(this.#softened, begin), hands, this.#softened, options);
        best = Math.max(best, this.#carryOut(shots, begin, plan.measure));
        if (best >= plan.target * ALL) return best;
      }
    }
    return best;
  }

  #carryOut(shots: readonly Shot[], begin: number, measure: string): number {
    const field = new Field(this.#rules, begin);
    const prepared = new Map<Shot["variant"], ReturnType<Field["prepare"]>>();
    let total = 0;
    for (const { atMs, variant, amount } of shots) {
      field.moveTo(atMs);
      let action = prepared.get(variant);
      if (action === undefined) prepared.set(variant, (action = field.prepare(variant.action)));
      const isCalls = measure === "calls";
      const tried = isCalls ? action : field.priced(action, measure, Math.round(amount * MICRO));
      if (field.run(tried).allowed) total += amount;
    }
    return total;
  }

  #meansOf({ columns, measure, root, horizonMs }: Plan, begin: number): readonly Means[] {
    const hours = this.#hoursOf(begin, horizonMs);
    const found = new Map<string, Means>();
    for (const column of columns) {
      const { largest: most, restrictions } = column;
      const { above, series, source } = column.kind;
      const own = [measure, above, series.glob, source.glob, source.isBelow, root?.glob, root?.isBelow];
      let before: Found | null = null;
      const open = hours.filter(({ at }) => restrictions.every((when) => passesAt(when, at)));
      for (const { at, state } of open.slice(0, MAX_HOURS)) {
        const key = JSON.stringify([...own, state]);
        let names = this.#names.get(key);
        if (names === undefined) {
          names = this.#stillGood(column, before, at) ?? this.#find(column, root, at);
          this.#names.set(key, names);
        }
        if (names === null) continue;
        before = names;
        const { series: called, sources, disguise } = names;
        found.set(JSON.stringify([...own, called[0], sources[0], disguise]), { names, above, most });
      }
    }
    return [...found.values()];
  }

  /** Moments of the attack at which the rules' schedules stand differently, the first of each kind: what passes depends on it. */
  #hoursOf(begin: number, horizonMs: number): readonly { readonly at: number; readonly state: string }[] {
    const found = new Map<string, number>();
    for (let at = Math.floor(begin), i = 0; at < begin + horizonMs && i < MAX_CHANGES; i++) {
      const answers = this.#schedules.map((schedule) => answerAt({ schedule }, at));
      const state = answers.map(({ open }) => (open ? "1" : "0")).join("");
      if (!found.has(state)) found.set(state, at);
      at = Math.min(Infinity, ...answers.map(({ until }) => until));
    }
    return [...found].map(([state, at]) => ({ at, state }));
  }

  /** Names and a disguise under which actions of the class pass, with as few rules counting them as there may be. */
  #find(column: Column, root: NameClass | null, at: number): Found | null {
    const { series, source, measure } = column.kind;
    const sources = this.#sourcesOf(source, root);
    if (sources.length === 0) return null;
    const names = this.#seriesOf(series);
    let best: Found | null = null;
    for (const disguise of this.#disguises(measure)) {
      for (const name of names.slice(0, MAX_TRIED_NAMES)) {
        const others = names.filter((other) => other !== name);
        const tried: Names = { sources, series: [name, ...others], disguise };
        const counted = this.#countersOf(column, tried, at);
        if (counted === null || counted >= (best?.counted ?? Infinity)) continue;
        best = { ...tried, counted };
        if (counted <= column.meters.length) return best;
      }
    }
    return best;
  }

  /** What was found for another time, where it is as good now: to search takes longer. */
  #stillGood(column: Column, before: Found | null, at: number): Found | null {
    const counted = before === null ? null : this.#countersOf(column, before, at);
    return counted !== null && counted <= before!.counted ? before : null;
  }

  /** How many counters an action of the class is charged to; null: it is refused. */
  #countersOf({ kind, largest }: Column, names: Names, at: number): number | null {
    const { measure, above } = kind;
    const { action } = new Crew(names, this.#softened, this.#adversary).variants[0]!;
    const field = new Field(this.#softened, at);
    const plain = field.prepare(action);
    const amount = largest === Infinity ? above + 1 : largest;
    return field.countersOf(
      measure === "calls" ? plain : field.priced(plain, measure, amount),
      this.#counting,
    );
  }

  #disguises(measure: string): readonly Disguise[] {
    const measures = new Set(
      this.#softened.flatMap((rule) => [
        ...(rule.kind === "budget" || rule.kind === "size" ? [rule.measure] : []),
        ...Object.keys({ ...rule.match?.costOver, ...rule.match?.costUnder }),
      ]),
    );
    const others = [...measures].filter((each) => each !== measure && each !== "calls");
    const free = Object.fromEntries(others.map((each) => [each, 0]));
    const priced = others.flatMap((each) =>
      thresholds(this.#softened, each).map((cut) => ({ [each]: cut + 1 })),
    );
    const found = disguises(this.#softened, priced);
    return found.map((disguise) => ({ ...disguise, cost: { ...free, ...disguise.cost } }));
  }

  #sourcesOf(source: NameClass, root: NameClass | null): readonly string[] {
    const own = namesOf(source, "source", this.#sources);
    if (root !== null && root !== source) {
      const roots = namesOf(root, "source", this.#sources).filter((name) => !name.includes("/"));
      const below = roots.flatMap((name) => [...own, ...own.map((child) => `${name}/${child}`)]);
      const isOurs = (name: string): boolean => roots.some((each) => name.startsWith(`${each}/`));
      return below.filter((name) => isOurs(name) && source.language.matches(name)).slice(0, 1);
    }
    const [first] = own;
    if (first === undefined) return [];
    const wanted = this.#adversary.sources;
    const found = [first, ...own.slice(1).filter((name) => !name.includes("/"))];
    for (let i = 2; found.length < wanted && i < TRIES * wanted; i++) {
      const name = `${first}${i}`;
      if (source.glob === null || source.language.matches(name)) found.push(name);
    }
    return found.slice(0, wanted);
  }

  #seriesOf(series: NameClass): readonly string[] {
    const names = [...namesOf(series, "series", this.#series)];
    if (series.literal !== null) return names;
    const [first] = names;
    if (first === undefined) return [];
    // Overlaps with what is allowed elsewhere may be the only way in.
    const overlapping = this.#series.flatMap((other) =>
      other === series || other.glob === null
        ? []
        : namesOf(other, "series", [])
            .slice(0, 2)
            .flatMap((name) => [name, `${name}_${first}`, `${first}_${name}`]),
    );
    const taken = series.glob === null ? [] : overlapping.filter((name) => series.language.matches(name));
    const made = Array.from({ length: MAX_MADE_NAMES }, (_, i) => `${first}_${i}`);
    const isMember = (name: string): boolean =>
      series.glob === null
        ? this.#series.every(({ glob, language }) => glob === null || !language.matches(name))
        : series.language.matches(name);
    const list = this.#softened.filter(isAllowing);
    const listed = compileGlobs(list.flatMap(({ match }) => match?.series ?? []));
    const found = [...new Set([...names, ...taken, ...made.filter(isMember)])];
    return [...found.filter(listed), ...found.filter((name) => !listed(name))];
  }
}

/** From here on a bound counts as reached. */
export const ENOUGH = 0.95;
/** From here on no other attack is tried: a longer one had better not reach less than a shorter one did. */
const ALL = 0.999;
/** Names that are tried for each one that is wanted. */
const TRIES = 50;
const MAX_TRIED_NAMES = 12;
const MAX_MADE_NAMES = 200;
/** Changes of schedules within an attack that are looked at, and ways in which they stand for which names are sought. */
const MAX_CHANGES = 1_000;
const MAX_HOURS = 6;

/**
 * The rule without its halt, under an id by which the refusal is told first that says most about what to try next: a
 * smaller amount, another name, or to wait.
 */
function softened(rule: Rule): Rule {
  const { halts: _, ...rest } = rule;
  return { ...rest, id: `${rankOf(rule)}:${rule.id}`, then: rule.then === "alert" ? "alert" : "block" };
}

function rankOf({ kind, per }: Rule): number {
  if (kind === "access") return 0;
  if (kind === "size") return 1;
  const kindRank = kind === "rate" ? 0 : 1;
  if (per === undefined) return 6 + kindRank;
  return (per.every((each) => each === "source") ? 4 : 2) + kindRank;
}
