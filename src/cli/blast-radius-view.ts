import type { BlastLine, BlastRadius } from "../analysis/blast-radius/index.js";
import { speakDuration, formatDuration } from "../core/duration.js";
import { formatAmount, MICRO } from "../core/measure.js";
import type { Excess } from "./blast-radius.js";
import { counted, harmless } from "./io.js";
import type { Paint } from "./io.js";
import { hanging, quietTable } from "./layout.js";

interface BlastView {
  readonly name: string;
  readonly radius: BlastRadius;
  readonly excesses: readonly Excess[];
  readonly paint: Paint;
  readonly width: number;
}

/** Words before a text have this width. */
const LABEL = 11;
/** Tools that are named in one line; the rest is counted. */
const MAX_NAMED = 4;

/** The worst for people: a table for each measure, the rules behind it, and what has no bound. */
export function blastRadiusText(view: BlastView): string {
  const { radius, paint, name } = view;
  const measures = [...new Set(radius.lines.map(({ measure }) => measure))];
  const who = counted(radius.sources, "hostile source");
  const head = `${paint.bold(harmless(name))}: the worst of ${who} within ${within(radius.horizonMs)}${radius.approvals === "all" ? ", with every approval granted" : ""}`;
  return `${[head, ...measures.flatMap((measure) => measureText(measure, view)), ...tail(view)].join("\n\n")}\n`;
}

function measureText(measure: string, { radius, paint, width }: BlastView): readonly string[] {
  const lines = radius.lines.filter((line) => line.measure === measure);
  const table = quietTable(
    {
      head: [measure, "at most", "reached", "", "by"],
      right: [1, 2, 3],
      elastic: [0, 4],
      rows: lines.map((line) => [
        seriesText(line),
        boundText(line),
        reachedText(line),
        shareText(line, radius.horizonMs),
        chainText(line),
      ]),
      mark: (row, column) => {
        if (column === 1 && lines[row]!.bound === null) return paint.bad;
        return column === 3 && lines[row]!.reached?.isTight === false ? paint.warn : undefined;
      },
    },
    width,
    paint,
  );
  const rules = new Map(lines.flatMap(({ chain }) => chain.map(({ rule, sentence }) => [rule, sentence])));
  const proofs = [...rules].map(([rule, sentence]) =>
    hanging(`${rule}  `, harmless(sentence), width, 2, paint.dim),
  );
  const holes = lines.flatMap((line) => {
    if (line.bound !== null) return [];
    const because = hanging(
      "unbounded".padEnd(LABEL),
      `${seriesText(line)}, because ${line.because ?? ""}`,
      width,
      2,
      paint.bad,
    );
    return [`${because}\n${hanging("add".padEnd(LABEL), harmless(line.remedy ?? ""), width, 2, paint.good)}`];
  });
  return [[table, ...(proofs.length > 0 ? [proofs.join("\n")] : []), ...holes].join("\n\n")];
}

function tail({ radius, excesses, paint, width }: BlastView): readonly string[] {
  const parts: string[] = [];
  const loose = radius.lines.filter(({ reached }) => reached?.isTight === false).length;
  if (loose > 0) {
    const text = `${counted(loose, "bound")} proven, but not shown to be tight: the search reached less than 95 % of it.`;
    parts.push(hanging("", text, width, 2, paint.warn));
  }
  const scaled = radius.lines.filter(
    ({ reached }) => reached !== undefined && reached.horizonMs < radius.horizonMs,
  );
  if (scaled.length > 0) {
    const text =
      "* run over a shorter time, because the whole would have been too many actions, and scaled up";
    parts.push(hanging("", text, width, 2));
  }
  if (radius.ignored.length > 0) {
    const rows = radius.ignored.map(({ rule, why }) => `${harmless(rule)}: ${why}`);
    parts.push(
      `  ${paint.dim("what bounds nothing here")}\n${rows.map((row) => hanging("", row, width, 2)).join("\n")}`,
    );
  }
  for (const { measure, series, max, bound } of excesses) {
    const what = seriesText({ series });
    const have = bound === null ? "there is no bound" : `${amountText(measure, bound)} are possible`;
    parts.push(
      `  ${paint.bad("too much")}  ${what}: ${have}, at most ${amountText(measure, max)} were asked for`,
    );
  }
  return parts;
}

function within(ms: number): string {
  const text = speakDuration(formatDuration(ms));
  return /^[0-9]/.test(text) ? text : `1 ${text}`;
}

function seriesText({ series }: Pick<BlastLine, "series">): string {
  if (series === "all") return "everything together";
  if (series === "other") return "any other tool";
  const named = series.slice(0, MAX_NAMED).map((glob) => harmless(glob.replace(/^~/, "word ")));
  return series.length > MAX_NAMED
    ? `${named.join(", ")} and ${series.length - MAX_NAMED} more`
    : named.join(", ");
}

function boundText({ measure, bound }: BlastLine): string {
  return bound === null ? "unbounded" : amountText(measure, bound);
}

function reachedText({ measure, reached, bound }: BlastLine): string {
  return reached === undefined || bound === 0 ? "" : amountText(measure, reached.amount);
}

/** A star: over a shorter time. */
function shareText({ reached, bound }: BlastLine, horizonMs: number): string {
  if (reached === undefined || bound === 0) return "";
  return `${Math.floor(reached.share * 1000 + 1e-9) / 10} %${reached.horizonMs < horizonMs ? "*" : ""}`;
}

function chainText({ chain }: BlastLine): string {
  return chain.map(({ rule, says }) => `${rule}: ${says}`).join("; ");
}

function amountText(measure: string, amount: number): string {
  const text = formatAmount(measure, Math.round(amount * MICRO));
  return measure === "usd" ? text : text.replace(/ [^ ]*$/, "");
}
