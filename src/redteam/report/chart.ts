import type { Curve } from "../world.js";
import type { ChartData } from "./data.js";
import { element } from "./markup.js";
import type { Markup } from "./markup.js";
import { amountText, timeText } from "./words.js";

export interface ChartOptions {
  readonly chart: ChartData;
  /** Says what the picture shows, to those who do not see it. */
  readonly title: string;
  readonly unit: string;
  readonly tolerable: number;
  /** Unique in the document. */
  readonly id: string;
}

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 70;
const RIGHT = 20;
const TOP = 12;
const BOTTOM = 28;
const MAX_TICKS = 6;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What stands between two marks of time: what people count in. */
const TIME_STEPS = [
  ...[1, 5, 10, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND],
  ...[MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE],
  ...[HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY],
];

/** Beside an axis there is room for "15M", not for "15,000,000". */
const MARK = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 3 });

/** Damage over time with and without Rein, as SVG. */
export function chartSvg({ chart, title, unit, tolerable, id }: ChartOptions): Markup {
  const { withRein, without } = chart;
  const endMs = Math.max(1, lastOf(withRein)[0], lastOf(without)[0]);
  const yStep = amountStep(Math.max(lastOf(withRein)[1], lastOf(without)[1]));
  const top = Math.max(1, Math.ceil(Math.max(lastOf(withRein)[1], lastOf(without)[1]) / yStep)) * yStep;
  const x = (ms: number): number => rounded(LEFT + (ms / endMs) * (WIDTH - LEFT - RIGHT));
  const y = (damage: number): number => rounded(HEIGHT - BOTTOM - (damage / top) * (HEIGHT - TOP - BOTTOM));
  const line = (curve: Curve): string => {
    const steps = curve.map(([ms, damage]) => `H${x(ms)}V${y(damage)}`).join("");
    return `M${x(0)},${y(0)}${steps}H${x(endMs)}`;
  };
  const saved = `${line(withRein)}V${y(0)}H${x(0)}Z`;
  return element(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": `${id}-t ${id}-d` },
    element("title", { id: `${id}-t` }, title),
    element("desc", { id: `${id}-d` }, describe(chart, unit)),
    ticksUpTo(top, yStep).map((damage) => [
      element("path", { class: "grid", d: `M${x(0)},${y(damage)}H${x(endMs)}` }),
      element("text", { x: LEFT - 8, y: y(damage) + 4, "text-anchor": "end" }, MARK.format(damage)),
    ]),
    ticksUpTo(endMs, timeStep(endMs)).map((ms) =>
      element("text", { x: x(ms), y: HEIGHT - 8, "text-anchor": "middle" }, timeText(ms)),
    ),
    tolerable > 0 && tolerable < top
      ? element("path", { class: "tolerable", d: `M${x(0)},${y(tolerable)}H${x(endMs)}` })
      : [],
    element("path", { class: "area", d: saved }),
    element("path", { class: "without", d: line(without) }),
    element("path", { class: "with", d: line(withRein) }),
  );
}

function describe({ withRein, without }: ChartData, unit: string): string {
  const end = (curve: Curve): string => {
    const [ms, damage] = lastOf(curve);
    return damage === 0 ? "no damage" : `${amountText(damage)} ${unit} after ${timeText(ms)}`;
  };
  return `With Rein: ${end(withRein)}. Without: ${end(without)}.`;
}

function lastOf(curve: Curve): readonly [ms: number, damage: number] {
  return curve.at(-1) ?? [0, 0];
}

function ticksUpTo(end: number, step: number): number[] {
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => i * step);
}

function timeStep(endMs: number): number {
  return TIME_STEPS.find((step) => endMs / step < MAX_TICKS) ?? Math.ceil(endMs / DAY / MAX_TICKS) * DAY;
}

/** 1, 2 or 5 times a power of ten, so that there are at most five steps up to `max`. */
function amountStep(max: number): number {
  if (max <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(max / 5));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => max / step <= 5) ?? 10 * power;
}

function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
