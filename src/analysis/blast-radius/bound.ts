import { MICRO } from "../../core/measure.js";
import type { Rule } from "../../policy/index.js";
import type { Column, Meter } from "./columns.js";
import { solve } from "./linear.js";
import type { Allowance, Allowances, Hours } from "./most.js";
import { worstTogether } from "./together.js";

/** One step of the proof: what a rule lets pass. */
export interface Step {
  readonly rule: Rule;
  /** In units of what the rule counts; undefined for a rule that refuses or limits one action's size. */
  readonly amount?: number;
  readonly text: string;
}

/** What was proven of some classes of actions together. */
export type Bound =
  | {
      readonly most: number;
      readonly steps: readonly Step[];
      /** How much of each column the best plan takes, in units of the measure; columns with none are left out. */
      readonly plan: readonly { readonly column: Column; readonly amount: number }[];
      /** Actions that the plan takes, about. */
      readonly calls: number;
      /** Moments at which it may pay to begin; those that give the most come first. */
      readonly begins: readonly number[];
    }
  | { readonly most: null; readonly free: Column };

interface Row {
  readonly meter: Meter;
  /** For all of its counters together. */
  readonly lets: Allowance;
  readonly of: number[];
}

/** A row that the proof needs, with what it lets pass in the worst case. */
type PaidRow = Row & { readonly amount: number };

/** The most of a measure that actions of these columns can take, and which rules say so. */
export function boundOf(columns: readonly Column[], measure: string, allowances: Allowances): Bound {
  // Of columns that are alike the plainest stands for all.
  const open = columns.filter(({ refusedBy }) => refusedBy === null).sort((a, b) => names(a) - names(b));
  if (open.length === 0) return nothing(columns);
  const told = alike(open, measure);
  const rows = rowsOf(told, measure, allowances);
  const gain = told.map(({ largest }) => (largest === 0 && measure !== "calls" ? 0 : 1));
  const within = (limits: readonly number[]): ReturnType<typeof solve> =>
    solve({ gain, rows: rows.map(({ of }, i) => ({ of, limit: limits[i]! })) });
  const lets = rows.map((row) => row.lets);
  const apart = within(lets.map(({ amount }) => amount));
  const worst =
    apart === null || lets.every((each) => each.within === undefined)
      ? { limits: lets.map(({ amount }) => amount), begins: [] }
      : worstTogether(lets, (limits) => within(limits)!.value, allowances);
  const answer = worst.begins.length === 0 ? apart : within(worst.limits);
  if (answer === null) {
    const free = told.filter((_, k) => rows.every(({ of }) => of[k]! <= 0));
    return { most: null, free: free.reduce((a, b) => (names(b) < names(a) ? b : a)) };
  }
  const plan = told
    .map((column, k) => ({ column, amount: answer.x[k]! }))
    .filter(({ amount }) => amount > 1e-9)
    .sort((a, b) => b.amount - a.amount);
  const paid = rows.flatMap((row, i) =>
    answer.prices[i]! > 1e-9 ? [{ ...row, amount: worst.limits[i]! }] : [],
  );
  const opened = told.flatMap(({ restrictions }) =>
    restrictions.length === 0 ? [] : (allowances.openings(restrictions)[0]?.from ?? []),
  );
  return {
    most: whole(answer.value, measure),
    steps: [...paid.map(stepOf), ...ceilings(plan, columns, paid)],
    plan,
    calls: plan.reduce(
      (sum, { column, amount }) => sum + amount * Math.max(1e-9, callsPer(column, measure)),
      0,
    ),
    begins: [...new Set([...worst.begins, ...opened])],
  };
}

/** The less an agent needs a certain name for it, the better it shows the hole. */
function names({ kind: { series, source } }: Column): number {
  return Number(series.glob !== null) + Number(source.glob !== null);
}

/** Columns with the same rows are one for the proof. */
function alike(columns: readonly Column[], measure: string): readonly Column[] {
  const told = new Map<string, Column>();
  for (const column of columns) {
    const key = signatureOf(column, measure);
    if (!told.has(key)) told.set(key, column);
  }
  return [...told.values()];
}

/** The same for columns that the rules treat alike. */
export function signatureOf({ refusedBy, meters, restrictions, largest }: Column, measure: string): string {
  const calls = measure === "calls" ? 0 : largest;
  const counted = meters.map(({ rule, keys, series }) => [rule.id, keys, series]);
  return JSON.stringify([refusedBy?.id ?? null, counted, restrictions, String(calls)]);
}

/**
 * For each counter a row of all that it counts, and rows of those that pass at the same hours: what is open together
 * has less time than what is open by turns.
 */
function rowsOf(columns: readonly Column[], measure: string, allowances: Allowances): readonly Row[] {
  const counted = columns.flatMap((column, k) =>
    column.meters.flatMap((meter) => {
      const weight = weightOf(column, meter, measure);
      const counter = JSON.stringify([meter.rule.id, meter.series]);
      return weight === 0 ? [] : [{ k, meter, weight, counter, hours: column.restrictions }];
    }),
  );
  const all = new Map<string, Map<string, Hours>>();
  for (const { counter, hours } of counted) {
    const known = all.get(counter) ?? new Map<string, Hours>();
    all.set(counter, known.set(JSON.stringify(hours), hours));
  }
  const rows = new Map<string, Row>();
  for (const { k, meter, counter, hours, weight } of counted) {
    const together = [...all.get(counter)!.values()];
    const apart = [hours, ...hours.map((each) => [each])];
    for (const whenever of [together, ...apart.map((each) => [each])]) {
      const key = JSON.stringify([counter, whenever]);
      let row = rows.get(key);
      if (row === undefined) {
        const lets = timesOver(allowances.of(meter.rule, whenever), meter.keys);
        row = { meter, lets, of: new Array<number>(columns.length).fill(0) };
        rows.set(key, row);
      }
      row.of[k] = weight;
    }
  }
  return [...rows.values()];
}

function timesOver({ amount, text, begins, within, isFluid }: Allowance, keys: number): Allowance {
  return {
    ...(isFluid && { isFluid }),
    amount: amount * keys,
    text: keys === 1 ? text : `${text}, ${keys} times over`,
    ...(begins !== undefined && { begins }),
    ...(within !== undefined && { within: (begin, ms) => within(begin, ms) * keys }),
  };
}

/** What one unit of the measure takes of a counter. */
function weightOf(column: Column, { rule }: Meter, measure: string): number {
  const isCalls = rule.kind === "rate" || rule.measure === "calls";
  return isCalls ? callsPer(column, measure) : 1;
}

/** Actions that one unit of the measure needs at least. */
function callsPer({ largest }: Column, measure: string): number {
  if (measure === "calls") return 1;
  return largest === Infinity ? 0 : MICRO / Math.max(1, largest);
}

function stepOf({ meter: { rule }, lets: { text }, amount }: PaidRow): Step {
  return { rule, amount, text };
}

/** Where the number of actions bounds an amount: what keeps one action from being larger. */
function ceilings(
  plan: readonly { readonly column: Column }[],
  columns: readonly Column[],
  paid: readonly PaidRow[],
): readonly Step[] {
  const byCalls = paid.some(({ meter: { rule } }) => rule.kind === "rate" || rule.measure === "calls");
  if (!byCalls) return [];
  const found = new Map<string, Step>();
  for (const { column } of plan) {
    const by = column.largestBy ?? refusingAbove(column, columns);
    if (column.kind.measure === "calls" || by === null) continue;
    const amount = column.largest / MICRO;
    found.set(by.id, { rule: by, amount, text: `at most ${amount.toLocaleString("en-US")} in one action` });
  }
  return [...found.values()];
}

/** The rule that refuses what is larger than the actions of a column. */
function refusingAbove({ kind }: Column, columns: readonly Column[]): Rule | null {
  const { series, source, most } = kind;
  const next = columns.find(
    (other) => other.kind.series === series && other.kind.source === source && other.kind.above === most,
  );
  return next?.refusedBy ?? null;
}

function nothing(columns: readonly Column[]): Bound {
  const rules = new Map(
    columns.flatMap(({ refusedBy }) => (refusedBy === null ? [] : [[refusedBy.id, refusedBy]])),
  );
  const steps = [...rules.values()].map((rule): Step => ({ rule, text: "none of it is allowed" }));
  return { most: 0, steps, plan: [], calls: 0, begins: [] };
}

/** Amounts are whole micro-units and calls whole numbers: what lies between is out of reach. */
function whole(value: number, measure: string): number {
  const unit = measure === "calls" ? 1 : MICRO;
  const nearest = Math.round(value * unit);
  return (
    (Math.abs(value * unit - nearest) <= NOISE * Math.max(1, nearest) ? nearest : Math.floor(value * unit)) /
    unit
  );
}

/** What two roundings or three may make of a number. */
const NOISE = 1e-12;
