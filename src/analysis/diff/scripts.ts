import { limitToMicro, MICRO } from "../../core/measure.js";
import type { Rule } from "../../policy/index.js";
import type { TrialAction } from "../asked.js";
import { act, times } from "./history.js";
import type { History, Step } from "./history.js";
import { leaders, tail } from "./leaders.js";
import { bursts, cycles, denied, newcomers, worth } from "./pattern-scripts.js";
import { MAX_FAILING, MAX_RUNNING } from "./reach.js";
import type { Stock } from "./stock.js";

/** Values that are gone through one after the other. */
const MAX_VALUES = 4;
/** An account's start, in micro-units: a round thousand reads best. */
const START = 1000 * MICRO;

/** Histories that lead to where rules of each kind begin to object, the shortest first. */
export function* scriptsFor(stock: Stock, focus: readonly Rule[]): Generator<History, void, void> {
  const { witnesses } = stock;
  const kinds = new Set(focus.map(({ kind }) => kind));
  for (const { action, moment } of witnesses) yield { moment, steps: [act(action)] };
  for (const { action, moment } of witnesses)
    for (const dear of variations(action, stock)) yield { moment, steps: [act(dear)] };
  if (stock.signals.length > 0) yield* signals(stock);
  if (stock.accounts.length > 0) yield* balances(stock, focus);
  if (kinds.has("newcomers")) yield* newcomers(stock);
  if (kinds.has("loop")) yield* cycles(stock);
  if (kinds.has("denials") || kinds.has("newcomers")) yield* denied(stock);
  if (kinds.has("runaway")) yield* bursts(stock);
  if (kinds.has("score")) yield* worth(stock);
  // What concerns the kinds that differ comes first: there may be no time for all.
  const isFailing = kinds.has("errors") || kinds.has("score");
  if (isFailing) yield* failing(stock);
  if (stock.amounts.size > 0) yield* spent(stock);
  yield* running(stock);
  yield* counted(stock);
  if (!isFailing) yield* failing(stock);
}

/** The action at the costs at which an answer may change, and without a cost. */
function* variations(action: TrialAction, { amounts }: Stock): Generator<TrialAction, void, void> {
  for (const [measure, micros] of amounts)
    for (const micro of micros) yield { ...action, cost: { ...action.cost, [measure]: micro } };
  const { cost: _cost, ...free } = action;
  if (amounts.size > 0) yield free;
}

/** Actions that run for a time, or side by side. */
function* running(stock: Stock): Generator<History, void, void> {
  for (const { action, moment } of leaders(stock)) {
    for (const runMs of stock.spans)
      yield { moment, steps: [act(action, { runMs }), ...tail(stock, { action, moment })] };
    for (const count of stock.counts.filter((n) => n <= MAX_RUNNING))
      yield {
        moment,
        steps: [...times(act(action, { runMs: Infinity }), count + 1), ...tail(stock, { action, moment })],
      };
  }
}

/** As many as a limit allows, and more; at once, spread, or in two halves a window apart. */
function* counted(stock: Stock): Generator<History, void, void> {
  const { spans, counts } = stock;
  const most = counts.at(-1) ?? 1;
  for (const witness of leaders(stock)) {
    const { action, moment } = witness;
    yield { moment, steps: [...times(act(action), most + 2), ...tail(stock, witness)] };
    for (const values of turns(action, stock))
      yield { moment, steps: values.flatMap((each) => times(act(each), most + 1)) };
    for (const gapMs of [125, 1000, 10_000, 60_000])
      if (most <= 2000) yield { moment, steps: times(act(action), most + 2, gapMs) };
    for (const count of counts.filter((n) => n <= 500))
      for (const ms of spans)
        yield {
          moment,
          steps: Array.from({ length: 12 }, (): Step[] => [
            ...times(act(action), count),
            { do: "wait", ms },
          ]).flat(),
        };
    for (const count of counts)
      for (const ms of spans) {
        yield {
          moment,
          steps: [...times(act(action), count), { do: "wait", ms }, ...times(act(action), most + 1)],
        };
        const half = Math.ceil(count / 2);
        yield {
          moment,
          steps: [
            ...times(act(action), half),
            { do: "wait", ms },
            ...times(act(action), half),
            { do: "wait", ms },
            ...times(act(action), half + 1),
          ],
        };
      }
  }
}

/** Amounts that just fill a limit, and a little more. */
function* spent(stock: Stock): Generator<History, void, void> {
  const { amounts, spans } = stock;
  for (const witness of leaders(stock)) {
    const { action, moment } = witness;
    for (const [measure, micros] of amounts) {
      const sorted = [...new Set(micros)].filter((micro) => micro > 0).sort((a, b) => a - b);
      const paying = (micro: number, from = action): TrialAction => ({
        ...from,
        cost: { ...from.cost, [measure]: micro },
      });
      const most = sorted.at(-1) ?? 0;
      for (const micro of sorted) {
        const count = Math.ceil(most / micro) + 1;
        if (count > 1000) continue;
        yield {
          moment,
          steps: [...times(act(paying(micro)), count), ...tail(stock, { moment, action: paying(micro) })],
        };
        yield { moment, steps: times(act(paying(micro)), count, 1000) };
        for (const values of turns(paying(micro), stock))
          yield { moment, steps: values.flatMap((each) => times(act(each), count)) };
        for (const ms of spans)
          yield {
            moment,
            steps: [act(paying(micro)), { do: "wait", ms }, ...times(act(paying(micro)), count)],
          };
      }
    }
  }
}

/** Failures in a row and among successes, and what comes after them. */
function* failing(stock: Stock): Generator<History, void, void> {
  const most = Math.min(MAX_FAILING, (stock.counts.at(-1) ?? 5) + 2);
  for (const witness of leaders(stock)) {
    const { action, moment } = witness;
    const fail = act(action, { ok: false });
    const atOnce: Step[] = [...times(act(action, { runMs: Infinity }), most), { do: "end", ok: false }];
    for (const ms of stock.spans) yield { moment, steps: [...atOnce, { do: "wait", ms }, act(action)] };
    for (const gapMs of [0, 125])
      yield { moment, steps: [...times(fail, most, gapMs), ...tail(stock, witness)] };
    for (const values of turns(action, stock))
      yield { moment, steps: values.flatMap((each) => times(act(each, { ok: false }), most)) };
    for (const good of [1, 2, 3, 9, 19]) {
      const round = [...times(act(action), good, 125), { ...fail, afterMs: 125 }];
      yield {
        moment,
        steps: [
          ...Array.from({ length: Math.ceil((2 * most) / round.length) + 1 }, () => round).flat(),
          ...tail(stock, witness),
        ],
      };
    }
    for (const ms of stock.spans)
      yield {
        moment,
        steps: [...times(fail, most), { do: "wait", ms }, act(action), act(action), ...times(fail, most)],
      };
  }
}

/** Signals that came, and have grown old. */
function* signals(stock: Stock): Generator<History, void, void> {
  for (const { action, moment } of leaders(stock))
    for (const name of stock.signals) {
      const signal: Step = { do: "signal", name, value: 1 };
      yield { moment, steps: [signal, act(action)] };
      for (const ms of stock.spans) yield { moment, steps: [signal, { do: "wait", ms }, act(action)] };
      yield {
        moment,
        steps: [
          ...Array.from({ length: 60 }, (): Step[] => [signal, { do: "wait", ms: 1000 }]).flat(),
          ...[1, 5, 30, 120].flatMap((s): Step[] => [{ do: "wait", ms: s * 1000 }, act(action)]),
        ],
      };
    }
}

/** Balances on both sides of every limit, as they fall from the start and from a peak. */
function* balances(stock: Stock, focus: readonly Rule[]): Generator<History, void, void> {
  const drops = new Set<number>();
  const levels = new Set<number>();
  for (const rule of focus) {
    if (rule.kind === "floor") levels.add(limitToMicro(rule.limit));
    if (rule.kind !== "loss") continue;
    if (rule.limitPct !== undefined) drops.add(Math.round((START * rule.limitPct) / 100));
    if (rule.limit !== undefined) drops.add(limitToMicro(rule.limit));
  }
  for (const drop of drops) levels.add(START - drop);
  for (const { action, moment } of leaders(stock).slice(0, 3))
    for (const account of stock.accounts)
      for (const level of levels)
        for (const current of [level, level - 1, level + 1, level - 5 * MICRO]) {
          const report = (start: number, now: number): Step => ({
            do: "balance",
            account,
            start,
            current: now,
          });
          const after = tail(stock, { action, moment });
          yield { moment, steps: [report(START, START), report(START, current), act(action), ...after] };
          const peak = [
            report(START / 2, START / 2),
            report(START / 2, START),
            report(START / 2, current),
            act(action),
          ];
          yield { moment, steps: peak };
          const nextDay: Step = { do: "wait", ms: 86_400_000 };
          yield {
            moment,
            steps: [
              report(START, START),
              report(START, current),
              nextDay,
              report(current, current),
              act(action),
            ],
          };
        }
}

/** The same action by several agents, of several types, or with several values of a tag. */
function* turns(action: TrialAction, { tags }: Stock): Generator<readonly TrialAction[], void, void> {
  const values = Array.from({ length: MAX_VALUES }, (_, i) => i);
  yield values.map((i) => ({ ...action, source: i === 0 ? action.source : `${action.source}/${i}` }));
  yield values.map((i) => ({ ...action, source: i === 0 ? action.source : `${action.source}_${i}` }));
  yield values.map((i) => ({ ...action, series: i === 0 ? action.series : `${action.series}_${i}` }));
  for (const tag of tags)
    yield values.map((i) => ({ ...action, tags: { ...action.tags, [tag]: `value-${i}` } }));
}
