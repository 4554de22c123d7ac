import { ReinError } from "../../core/errors.js";
import { asksHuman, SEVERITY, severityOf } from "../../policy/index.js";
import type { CompiledPolicy, Rule } from "../../policy/index.js";
import { describeRule } from "../../policy/english/print.js";
import { Languages } from "../lint/globs.js";
import { Attacker, ENOUGH } from "./attacker.js";
import { boundOf, signatureOf } from "./bound.js";
import type { Bound } from "./bound.js";
import { actingFor, columnsOf, isAllowing, limitingRules } from "./columns.js";
import type { Column } from "./columns.js";
import type { Adversary } from "./keys.js";
import { boundingSentence, whyUnbounded } from "./mend.js";
import { Allowances } from "./most.js";
import { seriesClasses, sourceClasses } from "./name-classes.js";
import type { NameClass } from "./name-classes.js";
import { checked } from "./options.js";
import type { Approvals, BlastRadiusOptions } from "./options.js";

export type { Approvals, BlastRadiusOptions } from "./options.js";

/** One link of the chain that proves a bound. */
export interface BlastLink {
  readonly rule: string;
  /** The rule as a sentence. */
  readonly sentence: string;
  /** "20 per hour in 24 windows". */
  readonly says: string;
  /** What it lets pass within the horizon, in units of what it counts; absent where it refuses, or limits one action. */
  readonly lets?: number;
}

/** The most that the search reached. */
export interface BlastReach {
  /** In units of the measure; scaled up by `share` where the horizon of the search was shorter. */
  readonly amount: number;
  /** Of the bound, from 0 to 1. */
  readonly share: number;
  /** How long the attack was that was run, where the whole would have had too many actions. */
  readonly horizonMs: number;
  /** The share is high enough to call the bound tight: 95 %. */
  readonly isTight: boolean;
}

/** The worst for one measure and some series. */
export interface BlastLine {
  readonly measure: string;
  /** Globs of the series, each by itself at most this; `other`: all that no rule names; `all`: everything together. */
  readonly series: readonly string[] | "other" | "all";
  /** Proven: no agent exceeds it. In units of the measure; null: there is no bound. */
  readonly bound: number | null;
  readonly chain: readonly BlastLink[];
  readonly reached?: BlastReach;
  /** Why there is no bound, and a sentence that makes one. */
  readonly because?: string;
  readonly remedy?: string;
}

/** The worst that a hostile agent can do under a policy. */
export interface BlastRadius {
  readonly horizonMs: number;
  readonly sources: number;
  readonly approvals: Approvals;
  readonly lines: readonly BlastLine[];
  /** Rules that bound nothing here, and why. */
  readonly ignored: readonly { readonly rule: string; readonly why: string }[];
}

/** Actions that one search carries out; where a bound allows more, a shorter attack stands for the whole. */
const MAX_ACTIONS = 20_000;
/** Where a shorter attack would have as many, the whole is run after all, up to here. */
const MOST_ACTIONS = 60_000;
const SHORTEST_MS = 1_000;
/** Columns beyond those of the proof that the attacker tries, too. */
const MAX_COLUMNS = 24;

/**
 * Computes what a fully hostile agent can do under a policy at most, per measure and series, and how much of that a
 * search for the worst attack reaches on the real engine.
 *
 * The bound is proven: it is the value of a linear programme over classes of actions, in which every rule that surely
 * applies is a row, and its dual names the rules that prove it. It holds for a governor that enforces the policy from a
 * fresh state, keeps its state, and whose humans approve nothing unless `approvals` says so; amounts are those that actions declare.
 *
 * @throws InvalidInputError for an option that makes no sense
 */
export function blastRadius(
  policy: Pick<CompiledPolicy, "rules">,
  given: BlastRadiusOptions = {},
): BlastRadius {
  return new Study(policy.rules, given).report();
}

/** A bound with what it was computed from. */
interface Finding {
  readonly measure: string;
  readonly series: readonly NameClass[] | null;
  readonly bound: Bound;
  readonly columns: readonly Column[];
  readonly root: NameClass | null;
}

class Study {
  readonly #rules: readonly Rule[];
  readonly #limiting: readonly Rule[];
  /** Of these, those that stand in the way whatever humans answer. */
  readonly #binding: readonly Rule[];
  readonly #options: ReturnType<typeof checked>;
  readonly #adversary: Adversary;
  readonly #languages = new Languages();
  readonly #series: readonly NameClass[];
  readonly #sources: readonly NameClass[];
  readonly #allowances: Allowances;
  readonly #columns = new Map<string, readonly Column[]>();
  readonly #attacker: Attacker;

  constructor(rules: readonly Rule[], given: BlastRadiusOptions) {
    this.#rules = rules;
    this.#limiting = limitingRules(rules);
    this.#options = checked(given, this.#limiting);
    const { sources, tagValues, horizonMs, startAt, approvals } = this.#options;
    const inForce = approvals === "all" ? approved(rules) : rules;
    this.#binding = limitingRules(inForce);
    this.#adversary = { sources, tagValues };
    this.#series = seriesClasses(this.#limiting, this.#languages);
    this.#sources = sourceClasses(this.#limiting, this.#languages);
    this.#allowances = new Allowances(horizonMs, startAt);
    this.#attacker = new Attacker(inForce, this.#adversary, { sources: this.#sources, series: this.#series });
  }

  report(): BlastRadius {
    const { horizonMs, sources, approvals, measures, onProgress } = this.#options;
    const findings = measures.flatMap((measure) => this.#findingsOf(measure));
    const lines = findings.map((finding, i): BlastLine => {
      onProgress?.(i, findings.length);
      return this.#lineOf(finding);
    });
    return { horizonMs, sources, approvals, lines, ignored: this.#ignored() };
  }

  /** Everything together, then each class of series; classes that the rules treat alike as one. */
  #findingsOf(measure: string): readonly Finding[] {
    const { series: wanted } = this.#options;
    const merged = new Map<string, Finding>();
    for (const series of this.#series) {
      if (wanted !== undefined && (series.glob === null || !wanted.includes(series.glob))) continue;
      const finding = this.#worst(measure, [series]);
      const told = [series.glob === null, finding.columns.map((column) => signatureOf(column, measure))];
      const key = JSON.stringify(told);
      const known = merged.get(key);
      merged.set(key, known === undefined ? finding : { ...known, series: [...known.series!, series] });
    }
    const all = wanted === undefined ? [{ ...this.#worst(measure, this.#series), series: null }] : [];
    return [...all, ...merged.values()];
  }

  /** The worst over all sources that may be the hostile ones. */
  #worst(measure: string, series: readonly NameClass[]): Finding {
    const roots = this.#adversary.sources === 1 ? rootsOf(this.#sources) : [null];
    let worst: Finding | undefined;
    for (const root of roots) {
      const sources = root === null ? this.#sources : actingFor(root, this.#sources);
      const columns = series.flatMap((each) => sources.flatMap((source) => this.#of(measure, each, source)));
      const bound = boundOf(columns, measure, this.#allowances);
      if (worst === undefined || (bound.most ?? Infinity) > (worst.bound.most ?? Infinity))
        worst = { measure, series, bound, columns, root };
    }
    return worst!;
  }

  #of(measure: string, series: NameClass, source: NameClass): readonly Column[] {
    const key = JSON.stringify([measure, series.glob, source.glob, source.isBelow]);
    let columns = this.#columns.get(key);
    if (columns === undefined) {
      columns = columnsOf(this.#binding, series, source, measure, this.#adversary, this.#languages);
      this.#columns.set(key, columns);
    }
    return columns;
  }

  #lineOf(finding: Finding): BlastLine {
    const { measure, series, bound } = finding;
    const named: Pick<BlastLine, "measure" | "series"> = { measure, series: namesOfSeries(series) };
    if (bound.most === null) {
      const remedy = boundingSentence(measure, series?.[0] ?? null);
      return { ...named, bound: null, chain: [], because: whyUnbounded(bound.free), remedy };
    }
    const chain = bound.steps.map(({ rule, text, amount }): BlastLink => ({
      rule: rule.id,
      sentence: describeRule(rule),
      says: text,
      ...(amount !== undefined && { lets: amount }),
    }));
    const reached = this.#options.attack ? this.#reach(finding) : undefined;
    return { ...named, bound: bound.most, chain, ...(reached !== undefined && { reached }) };
  }

  #reach({ measure, columns, bound, root }: Finding): BlastReach {
    const { horizonMs, startAt } = this.#options;
    let scaled = bound;
    let shorterMs = horizonMs;
    while (scaled.most !== null && scaled.calls > MAX_ACTIONS && shorterMs / 2 >= SHORTEST_MS) {
      const half = Math.floor(shorterMs / 2);
      const next = boundOf(columns, measure, new Allowances(half, startAt, this.#allowances));
      if (next.most === null || (next.calls > scaled.calls * 0.9 && scaled.calls <= MOST_ACTIONS)) break;
      [scaled, shorterMs] = [next, half];
    }
    const whole = bound.most!;
    if (scaled.most === null || whole === 0) return { amount: 0, share: 1, horizonMs, isTight: true };
    const target = scaled.most;
    const amount = this.#attacker.reach({
      ...{ measure, target, root, horizonMs: shorterMs, maxShots: MOST_ACTIONS, calls: scaled.calls },
      columns: inOrder(scaled, columns),
      begins: [...new Set([...scaled.begins, startAt])].slice(0, 6),
    });
    if (amount > target * (1 + 1e-9)) {
      throw new ReinError(
        "engine_fault",
        `the search reached ${amount} ${measure}, beyond the bound of ${target}`,
        {
          help: "this is a fault of rein: the bound must not be trusted; report the policy that shows it",
        },
      );
    }
    const share = target === 0 ? 1 : amount / target;
    return { amount: share * whole, share, horizonMs: shorterMs, isTight: share >= ENOUGH };
  }

  #ignored(): BlastRadius["ignored"] {
    const limiting = new Set(this.#limiting);
    const binding = new Set(
      this.#binding.filter((rule) => severityOf(rule) > SEVERITY.alert).map(({ id }) => id),
    );
    return this.#rules.flatMap((rule) => {
      if (binding.has(rule.id)) return [];
      const isGranted = limiting.has(rule) && asksHuman(rule);
      const why = isGranted ? "it asks a human, who approves everything" : whyIgnored(rule);
      return [{ rule: rule.id, why }];
    });
  }
}

/** Whom the host may have named its agent; nobody in particular comes first. */
function rootsOf(sources: readonly NameClass[]): readonly NameClass[] {
  return [...sources.filter(({ isBelow }) => !isBelow)].sort(
    (a, b) => Number(b.glob === null) - Number(a.glob === null),
  );
}

function namesOfSeries(series: readonly NameClass[] | null): BlastLine["series"] {
  if (series === null) return "all";
  const globs = series.flatMap(({ glob }) => glob ?? []);
  return globs.length === 0 ? "other" : globs;
}

/** First what the proof found to pay, then others of which some may do as well. */
function inOrder(bound: Bound, columns: readonly Column[]): readonly Column[] {
  const first = bound.most === null ? [] : bound.plan.map(({ column }) => column);
  const open = columns.filter(({ refusedBy }) => refusedBy === null);
  const dearest = [...open].sort((a, b) =>
    a.largest === b.largest ? a.meters.length - b.meters.length : b.largest - a.largest,
  );
  return [...new Set([...first, ...dearest])].slice(0, first.length + MAX_COLUMNS);
}

/** The rules where every question is answered with yes: allow rules are still members of their list, and refuse nothing. */
function approved(rules: readonly Rule[]): readonly Rule[] {
  return rules.flatMap((rule): readonly Rule[] => {
    if (!asksHuman(rule)) return [rule];
    return isAllowing(rule) ? [{ ...rule, then: "alert" }] : [];
  });
}

function whyIgnored({ kind, mode, then }: Rule): string {
  if (mode === "shadow") return "it is in shadow and blocks nothing";
  if (then === "alert") return "it tells and blocks nothing";
  return WHY.get(kind) ?? "the agent can avoid it";
}

const WHY: ReadonlyMap<string, string> = new Map([
  ["concurrency", "it bounds how many run at once, and actions may be short"],
  ["timeout", "it bounds how long one action runs, and actions may be short"],
  [
    "loss",
    "the balances are reported by somebody else: nothing says how much can be lost before the next report",
  ],
  [
    "floor",
    "the balances are reported by somebody else: nothing says how much can be lost before the next report",
  ],
  ["stale", "the signal may be fresh all the time"],
  ["errors", "the agent can avoid it: its actions need not fail"],
  ["score", "the agent can avoid it: its outcomes need not be bad"],
  ["loop", "the agent can avoid it: its calls need not repeat"],
  ["denials", "the agent can avoid it: it need not ask for what is refused"],
  ["newcomers", "the agent can avoid it: it need not use new names faster than that"],
  ["runaway", "the agent can avoid it: it may speed up slowly"],
]);
