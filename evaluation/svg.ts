import { shown } from "./numbers.js";
import { linearScale, logScale } from "./scale.js";
import type { Scale } from "./scale.js";
import type { Curve, CurveSeries } from "./section.js";

/** The name of a curve's file: ids may hold names of other files, and with them anything. */
export function pictureOf({ id }: Curve): string {
  return `${id.replaceAll(/[^\w.-]+/g, "-")}.svg`;
}

/**
 * Draws a curve as a picture that stands alone: axes, legend, a title and a description for those who cannot see it,
 * and colours for light and dark screens. Points without a place (not finite, or zero on a logarithmic axis) are left
 * out.
 */
export function svgOf(curve: Curve): string {
  const legend = legendRows(curve.series);
  const height = TOP + PLOT_HEIGHT + BELOW + legend.length * LEGEND_LINE;
  const points = curve.series.flatMap((series) => series.points);
  const scaleX = curve.logX === true ? logScale : linearScale;
  const x = scaleX(
    points.map(([value]) => value),
    LEFT,
    WIDTH - RIGHT,
  );
  const y = linearScale(
    points.map(([, value]) => value),
    TOP + PLOT_HEIGHT,
    TOP,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(curve.title)}</title>`,
    `<desc id="description">${escaped(description(curve))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    text(WIDTH / 2, 22, curve.title, curve.title.length > LONG_TITLE ? "middle" : "heading middle"),
    ...axes(curve, x, y),
    // The first one, which is ours, on top.
    ...curve.series.map((series, i) => drawn(series, i, x, y)).reverse(),
    ...legend.flatMap((row, line) => row.map((entry) => legendEntry(entry, curve.series, line))),
    `</svg>\n`,
  ].join("\n");
}

const WIDTH = 720;
const LEFT = 76;
const RIGHT = 28;
const TOP = 38;
const PLOT_HEIGHT = 300;
/** Room for the labels of the x axis. */
const BELOW = 54;
/** Letters that fit above the plot in the large size. */
const LONG_TITLE = 85;
const LEGEND_LINE = 20;
const SWATCH = 26;
/** The mean width of a letter at the size of the legend. */
const LETTER = 6.4;

// Okabe and Ito's colours, which the colour-blind tell apart, darker on white and lighter on black where they must be.
const LIGHT = ["#0072b2", "#d55e00", "#00795c", "#a8478a", "#8a6d00", "#1f7fae", "#555555", "#b3261e"];
const DARK = ["#56b4e9", "#ff8c3b", "#2fc79b", "#e29bc9", "#f0e442", "#9ad3f5", "#c4c4c4", "#ff7b72"];

const STYLE = [
  `text{font:12px system-ui,sans-serif;fill:#24292f}.heading{font-size:15px;font-weight:600}`,
  `.middle{text-anchor:middle}.end{text-anchor:end}`,
  `.ground{fill:#fff}.axis{stroke:#57606a;fill:none}.grid{stroke:#d8dee4;fill:none}`,
  `.line{fill:none;stroke-width:2;stroke-linejoin:round}.mark{stroke:#fff}`,
  ...LIGHT.map((colour, i) => `.c${i}{stroke:${colour}}.mark.c${i}{stroke:#fff;fill:${colour}}`),
  `@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.axis{stroke:#8b949e}.grid{stroke:#30363d}`,
  ...DARK.map((colour, i) => `.c${i}{stroke:${colour}}.mark.c${i}{stroke:#0d1117;fill:${colour}}`),
  `}`,
].join("");

function axes({ x: nameX, y: nameY }: Curve, x: Scale, y: Scale): string[] {
  const bottom = TOP + PLOT_HEIGHT;
  const right = WIDTH - RIGHT;
  const middle = TOP + PLOT_HEIGHT / 2;
  return [
    ...y.ticks.flatMap((tick) => {
      const at = rounded(y.place(tick));
      return [
        `<path class="grid" d="M${LEFT} ${at}H${right}"/>`,
        text(LEFT - 8, at + 4, tickText(tick), "end"),
      ];
    }),
    ...x.ticks.flatMap((tick) => {
      const at = rounded(x.place(tick));
      return [`<path class="axis" d="M${at} ${bottom}v5"/>`, text(at, bottom + 19, tickText(tick), "middle")];
    }),
    `<path class="axis" d="M${LEFT} ${TOP}V${bottom}H${right}"/>`,
    text((LEFT + right) / 2, bottom + 40, nameX, "middle"),
    `<text class="middle" transform="translate(16 ${middle}) rotate(-90)">${escaped(nameY)}</text>`,
  ];
}

/** Short, so that neighbours do not touch: 1e6; and years are not 2,008. */
function tickText(tick: number): string {
  const size = Math.abs(tick);
  if (size >= 1e6) return tick.toExponential().replace("e+", "e");
  return size < 10_000 ? shown(tick).replaceAll(",", "") : shown(tick);
}

type Place = readonly [x: number, y: number];

function drawn(series: CurveSeries, index: number, x: Scale, y: Scale): string {
  const places = series.points.map(([atX, atY]) => [x.place(atX), y.place(atY)] as const);
  if (series.kind === "points")
    return places
      .filter(isPlace)
      .map(([atX, atY]) => `<path class="mark ${colour(index)}" d="${markAt(atX, atY, index)}"/>`)
      .join("\n");
  return `<path class="line ${colour(index)}"${dashes(index)} d="${lineThrough(thinned(places), series.kind === "step")}"/>`;
}

/**
 * Of the points that share one place along the axis, the first, the lowest, the highest and the last: with the rest the
 * line would look the same.
 */
function thinned(places: readonly Place[]): readonly Place[] {
  if (places.length < 2 * WIDTH) return places;
  const kept: Place[] = [];
  for (let from = 0, to = 0; from < places.length; from = to) {
    while (to < places.length && isSamePlace(places[from]![0], places[to]![0])) to++;
    let [low, high] = [from, from];
    for (let i = from; i < to; i++) {
      if (places[i]![1] < places[low]![1]) low = i;
      if (places[i]![1] > places[high]![1]) high = i;
    }
    const which = [...new Set([from, Math.min(low, high), Math.max(low, high), to - 1])];
    kept.push(...which.map((i) => places[i]!));
  }
  return kept;
}

function isSamePlace(a: number, b: number): boolean {
  return Object.is(a, b) || Math.round(a) === Math.round(b);
}

/** A path that is broken where a point has no place. */
function lineThrough(places: readonly Place[], steps: boolean): string {
  let path = "";
  let isOpen = false;
  for (const place of places) {
    if (!isPlace(place)) {
      isOpen = false;
      continue;
    }
    const [atX, atY] = [rounded(place[0]), rounded(place[1])];
    path += !isOpen ? `M${atX} ${atY}` : steps ? `H${atX}V${atY}` : `L${atX} ${atY}`;
    isOpen = true;
  }
  return path;
}

function isPlace([atX, atY]: Place): boolean {
  return Number.isFinite(atX) && Number.isFinite(atY);
}

/** A shape of its own for each series in turn: circle, square, diamond, triangle. */
function markAt(atX: number, atY: number, index: number): string {
  const start = (dx: number, dy: number): string => `M${rounded(atX + dx)} ${rounded(atY + dy)}`;
  const shapes = [
    `${start(-5, 0)}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z`,
    `${start(-5, -5)}h10v10h-10z`,
    `${start(0, -6)}l6 6l-6 6l-6 -6z`,
    `${start(0, -6)}l6 10h-12z`,
  ];
  return shapes[index % shapes.length]!;
}

/** Where in the legend a series is. */
interface LegendEntry {
  readonly index: number;
  readonly at: number;
}

/** Entries side by side, in as many lines as it takes. */
function legendRows(series: readonly CurveSeries[]): LegendEntry[][] {
  const rows: LegendEntry[][] = [];
  let next = Infinity;
  for (const [index, { name }] of series.entries()) {
    const width = SWATCH + 8 + name.length * LETTER + 18;
    if (next + width > WIDTH - RIGHT) {
      rows.push([]);
      next = LEFT;
    }
    rows.at(-1)!.push({ index, at: next });
    next += width;
  }
  return rows;
}

function legendEntry({ index, at }: LegendEntry, series: readonly CurveSeries[], line: number): string {
  const { name, kind } = series[index]!;
  const middle = TOP + PLOT_HEIGHT + BELOW + line * LEGEND_LINE + 4;
  const swatch =
    kind === "points"
      ? `<path class="mark ${colour(index)}" d="${markAt(at + SWATCH / 2, middle, index)}"/>`
      : `<path class="line ${colour(index)}"${dashes(index)} d="M${rounded(at)} ${middle}h${SWATCH}"/>`;
  return `${swatch}\n${text(at + SWATCH + 8, middle + 4, name)}`;
}

function colour(index: number): string {
  return `c${index % LIGHT.length}`;
}

/** Lines beyond the last colour are told apart by their dashes. */
function dashes(index: number): string {
  return index < LIGHT.length ? "" : ` stroke-dasharray="${index < 2 * LIGHT.length ? "7 4" : "2 4"}"`;
}

function description({ x, y, logX, series }: Curve): string {
  const told = series.map(({ name, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) return `${name}: no points`;
    const at = ([atX, atY]: readonly [number, number]): string => `(${shown(atX)}, ${shown(atY)})`;
    return points.length === 1 ? `${name}: ${at(first)}` : `${name}: from ${at(first)} to ${at(last)}`;
  });
  return `${y} over ${x}${logX === true ? " (logarithmic)" : ""}. ${told.join("; ")}.`;
}

function text(x: number, y: number, words: string, classes = ""): string {
  const styled = classes === "" ? "" : ` class="${classes}"`;
  return `<text${styled} x="${rounded(x)}" y="${rounded(y)}">${escaped(words)}</text>`;
}

function rounded(place: number): number {
  return Math.round(place * 10) / 10;
}

function escaped(words: string): string {
  return words
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
