import { Regime } from "../../../src/detect/regime/index.js";
import { randomSource } from "../../random.js";
import type { Bar, Table } from "../../section.js";

const RUNS = 8;
const WARM_UP = 100;
const CALM = 2000;
const WILD = 100;
const WIDER = 3;
/** What the simple rule calls unusual. */
const SIGMAS = 3;

interface Outcome {
  readonly name: string;
  /** The shares of the calm ticks that were not normal, that were a shock, and that the simple rule flagged. */
  readonly unusual: number;
  readonly shock: number;
  readonly bySigmas: number;
  /** Ticks from the one that swings wider first to the one that is not normal: the median and the largest. */
  readonly delay: number;
  readonly longest: number;
}

/** Raw signals of known kind: how often nothing happens and the regime is not normal, and how soon it is when they swing wider. */
export function simulated(): { readonly table: Table; readonly bars: readonly Bar[] } {
  const outcomes = KINDS.map(outcomeOf);
  const share = (part: number): string => `${(100 * part).toFixed(2)} %`;
  const ticks = (delay: number): string | number => (delay === Infinity ? "never" : delay);
  return {
    table: {
      title: `Simulated raw signals: false alarms in ${CALM - WARM_UP} calm ticks, and the delay when the spread triples (${RUNS} runs each)`,
      columns: [
        "signal",
        "not normal",
        "shock",
        "null: not normal",
        `mean ± ${SIGMAS} deviations so far: outside`,
        "delay, median",
        "delay, longest",
        "null: delay",
      ],
      rows: outcomes.map(({ name, unusual, shock, bySigmas, delay, longest }) => [
        name,
        share(unusual),
        share(shock),
        share(0),
        share(bySigmas),
        ticks(delay),
        ticks(longest),
        "never",
      ]),
    },
    bars: [
      {
        name: "share of calm ticks that are not normal, worst simulated signal",
        value: Math.max(...outcomes.map(({ unusual }) => unusual)),
        want: "<=",
        target: 0.01,
      },
      {
        name: "ticks until a tripled spread is not normal (median), worst simulated signal",
        value: Math.max(...outcomes.map(({ delay }) => Math.min(delay, WILD))),
        want: "<=",
        target: 30,
      },
    ],
  };
}

type Draw = () => number;
/** The next value, `scale` times as wide as usual. */
type Source = (scale: number) => number;

interface Kind {
  readonly name: string;
  readonly make: (normal: Draw, uniform: Draw) => Source;
}

/** The sum of what `step` gives, from `x` on. */
function sum(x: number, step: Source): Source {
  return (scale) => (x += step(scale));
}

const tailed = (normal: Draw): number =>
  normal() / Math.sqrt((normal() ** 2 + normal() ** 2 + normal() ** 2 + normal() ** 2) / 4);

const KINDS: readonly Kind[] = [
  { name: "level, normal", make: (normal) => (scale) => 100 + 5 * scale * normal() },
  { name: "level, t4", make: (normal) => (scale) => 100 + scale * tailed(normal) },
  { name: "level, lognormal", make: (normal) => (scale) => Math.exp(0.5 * scale * normal()) },
  { name: "walk, normal", make: (normal) => sum(100, (scale) => scale * normal()) },
  { name: "walk with drift", make: (normal) => sum(100, (scale) => 0.3 + scale * normal()) },
  { name: "walk, t4", make: (normal) => sum(100, (scale) => scale * tailed(normal)) },
  {
    name: "geometric walk, 2 % a tick",
    make: (normal) => {
      const logarithm = sum(0, (scale) => 0.02 * scale * normal());
      return (scale) => 100 * Math.exp(logarithm(scale));
    },
  },
  {
    name: "price in cents, four of five ticks still",
    make: (normal) => {
      const price = sum(100, (scale) => 0.004 * scale * normal());
      return (scale) => Math.round(price(scale) * 100) / 100;
    },
  },
  { name: "cumulative sum", make: (_, uniform) => sum(0, (scale) => -scale * Math.log(1 - uniform())) },
];

function outcomeOf({ name, make }: Kind): Outcome {
  const delays: number[] = [];
  let unusual = 0;
  let shock = 0;
  let outside = 0;
  for (let run = 1; run <= RUNS; run++) {
    const uniform = randomSource(run);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const source = make(normal, uniform);
    const regime = new Regime();
    const isOutside = sigmaRule();
    for (let tick = 0; tick < CALM; tick++) {
      const value = source(1);
      step(regime, tick, value);
      const isFlagged = isOutside(value);
      if (tick < WARM_UP) continue;
      if (regime.state !== "normal") unusual++;
      if (regime.state === "shock") shock++;
      if (isFlagged) outside++;
    }
    // What is unusual already cannot be late.
    if (regime.state === "normal") delays.push(delayOf(regime, source));
  }
  const calm = RUNS * (CALM - WARM_UP);
  delays.sort((a, b) => a - b);
  return {
    name,
    unusual: unusual / calm,
    shock: shock / calm,
    bySigmas: outside / calm,
    delay: delays[delays.length >> 1] ?? Infinity,
    longest: delays.at(-1) ?? Infinity,
  };
}

function delayOf(regime: Regime, source: Source): number {
  for (let wild = 1; wild <= WILD; wild++) {
    step(regime, CALM + wild - 1, source(WIDER));
    if (regime.state !== "normal") return wild;
  }
  return Infinity;
}

function step(regime: Regime, tick: number, value: number): void {
  regime.push("signal", value, tick * 1000);
  regime.tick(tick * 1000 + 500);
}

/** Whether a value is far from the mean of all before, in their standard deviations. */
function sigmaRule(): (value: number) => boolean {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return (value) => {
    const off = value - mean;
    const isOutside = count > 1 && off * off > (SIGMAS * SIGMAS * squares) / count;
    count++;
    mean += off / count;
    squares += off * (value - mean);
    return isOutside;
  };
}
