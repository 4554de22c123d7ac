import type { TrialAction } from "../asked.js";
import { act, times } from "./history.js";
import type { History, Step } from "./history.js";
import { leaders, tail } from "./leaders.js";
import { MAX_AGAIN, MAX_NEW } from "./reach.js";
import type { Stock } from "./stock.js";

/** A baseline, and a rate far above it. */
const SLOW = 40;
const FAST = 300;

/** One after the other that was never seen. */
export function* newcomers(stock: Stock): Generator<History, void, void> {
  const most = Math.min(MAX_NEW, (stock.counts.at(-1) ?? 60) + 2);
  for (const witness of leaders(stock)) {
    const { action, moment } = witness;
    const kinds: ((i: number) => TrialAction)[] = [
      (i) => ({ ...action, source: `${action.source}/new-${i}` }),
      (i) => ({ ...action, series: `${action.series}-new-${i}` }),
      ...stock.tags.map((tag) => (i: number) => ({ ...action, tags: { ...action.tags, [tag]: `new-${i}` } })),
    ];
    for (const make of kinds)
      for (const afterMs of [0, 125, 1000]) {
        const seen = Array.from({ length: most }, (_, i) => act(make(i), { afterMs }));
        yield { moment, steps: [...seen, ...tail(stock, witness)] };
      }
  }
}

/** The same calls over and over. */
export function* cycles(stock: Stock): Generator<History, void, void> {
  const most = Math.min(MAX_AGAIN, (stock.counts.at(-1) ?? 40) + 2);
  for (const witness of leaders(stock)) {
    const { action, moment } = witness;
    for (let period = 1; period <= 6; period++) {
      const round = Array.from({ length: period }, (_, i) =>
        act({ ...action, args: { ...action.args, step: i } }, { progress: false }),
      );
      yield { moment, steps: [...Array.from({ length: most }, () => round).flat(), ...tail(stock, witness)] };
    }
    yield { moment, steps: times(act(action, { progress: true }), most) };
  }
}

/** What some rule refuses, many times. */
export function* denied(stock: Stock): Generator<History, void, void> {
  const most = Math.min(MAX_AGAIN, 2 * (stock.counts.at(-1) ?? 40) + 2);
  for (const { action, moment } of stock.witnesses.slice(0, 16))
    for (const other of leaders(stock).slice(0, 2))
      yield {
        moment,
        steps: [...times(act(action), most), act(other.action), ...tail(stock, other)],
      };
}

export function* bursts(stock: Stock): Generator<History, void, void> {
  for (const { action, moment } of leaders(stock))
    for (const gapMs of [1000, 10_000, 60_000])
      for (const fastMs of [gapMs / 3, gapMs / 8, gapMs / 40, 0])
        yield {
          moment,
          steps: [
            ...times(act(action), SLOW, gapMs),
            { do: "wait", ms: gapMs },
            ...times(act(action), FAST, fastMs),
          ],
        };
}

export function* worth(stock: Stock): Generator<History, void, void> {
  for (const witness of leaders(stock)) {
    const { action, moment } = witness;
    const { source, series } = action;
    for (const pnl of [-5, -0.05, -0.01])
      yield {
        moment,
        steps: [
          ...Array.from({ length: 120 }, (_, i): Step[] => [
            act(action, { ok: i % 4 > 0 }),
            { do: "realize", source, series, pnl },
            { do: "wait", ms: 10_000 },
          ]).flat(),
          ...tail(stock, witness),
        ],
      };
  }
}
