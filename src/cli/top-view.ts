import { budgetTable } from "./budget-view.js";
import { counted, grouped, harmless, paintFor, tableWidthOf, widthOf } from "./io.js";
import type { Io, Mark, Paint } from "./io.js";
import { ago, hanging, quietTable } from "./layout.js";
import { charactersFor, sparkline } from "./live-table.js";
import { haltsText, headline, loudLines, regimeLine, stoppedText, watchedText } from "./status-view.js";
import { usedShare } from "./summary.js";
import type { Summary } from "./summary.js";
import type { LaneTraffic, News, Traffic } from "./top-model.js";

/** What one refresh shows. */
export interface Frame {
  readonly summary: Summary;
  readonly traffic: Traffic;
  /** Records that have not been read yet. */
  readonly behind: number;
  /** Why the newest look failed; null: it did not. */
  readonly trouble: string | null;
}

const LANES = 10;
const BUDGETS = 5;
const STOPPED = 3;
const NEWS = 8;

/** A refresh as lines; what is stopped comes first. */
export function topLines(frame: Frame, io: Io): string[] {
  const paint = paintFor(io);
  const width = widthOf(io);
  const { summary, traffic, trouble } = frame;
  const blocks = [
    [
      headline(summary, paint),
      ...(trouble === null ? [] : [paint.bad(`! ${harmless(trouble, 300)}`)]),
      ...loudLines(summary, paint, width),
    ].join("\n"),
    haltsText(summary, paint, width),
    regimeLine(summary, paint, width),
    stoppedText(summary, paint, width, STOPPED),
    watchedText(summary, paint, width, STOPPED),
    rates(frame, io, paint, width),
    lanesText(traffic, io, paint),
    budgetsText(summary, io, paint),
    newsText(traffic, summary.at, paint, width),
  ];
  return blocks
    .filter((block) => block !== "")
    .join("\n\n")
    .split("\n");
}

/** A refresh as one line of JSON. */
export function topJson({ summary, traffic, behind, trouble }: Frame): string {
  const { at, dir, running, owner, mode, decisions, inFlight, halts, approvals, budgets } = summary;
  const { lanes, probation, breakers, alarms, regime, staleSignals } = summary;
  return `${JSON.stringify({
    ...{ at, dir, running, owner, mode, decisions, inFlight, halts },
    ...{ allowedPerS: traffic.allowedPerS, refusedPerS: traffic.refusedPerS },
    lanes: traffic.lanes.slice(0, LANES * 10),
    stopped: lanes,
    ...{ probation, breakers, alarms, regime, staleSignals, approvals },
    budgets: budgets.slice(0, BUDGETS * 10),
    news: traffic.news,
    ...{ behind, trouble },
  })}\n`;
}

function rates({ summary, traffic, behind }: Frame, io: Io, paint: Paint, width: number): string {
  const { allowedPerS, refusedPerS, allowed, refused } = traffic;
  const characters = charactersFor(io);
  // Two seconds a character, so that a minute fits beside the numbers; the one that is not over is left out.
  const spark = (values: readonly number[]): string => sparkline(pairs(values.slice(0, -1)), characters);
  const line = (label: string, perS: number, values: readonly number[], mark: Mark): string =>
    `  ${paint.dim(label.padEnd(10))}${perSecond(perS).padStart(9)}/s  ${mark(spark(values))}`;
  const { decisions, inFlight, approvals } = summary;
  const waits =
    approvals.length === 0 ? "" : paint.warn(`, ${counted(approvals.length, "approval")} waiting`);
  const late = behind > 0 ? paint.warn(`, ${counted(behind, "record")} behind`) : "";
  const inFlightText = `${grouped(inFlight)} in flight${waits}${late}`;
  return [
    line("allowed", allowedPerS, allowed, paint.good),
    line("refused", refusedPerS, refused, refusedPerS > 0 ? paint.bad : paint.dim),
    hanging(
      "in all".padEnd(10),
      `${grouped(decisions).padStart(9)} decisions, ${inFlightText}`,
      width,
      2,
      paint.dim,
    ),
  ].join("\n");
}

function lanesText({ lanes }: Traffic, io: Io, paint: Paint): string {
  const title = paint.bold("Busiest in the last minute");
  if (lanes.length === 0) return `${title}\n  ${paint.dim("no decisions")}`;
  const shown = lanes.slice(0, LANES);
  const table = quietTable(
    {
      head: ["Action", "By", "Allowed", "Refused", "Why"],
      rows: shown.map((lane) => [
        lane.name === null ? "(others)" : harmless(lane.name.series, 60),
        lane.name === null ? "" : harmless(lane.name.source, 60),
        grouped(lane.allowed),
        grouped(lane.refused),
        codesText(lane),
      ]),
      right: [2, 3],
      elastic: [0, 1, 4],
      mark: (row, column) => (column === 3 && shown[row]!.refused > 0 ? paint.bad : undefined),
    },
    tableWidthOf(io),
    paint,
  );
  const more =
    lanes.length > LANES ? `\n  ${paint.dim(`and ${grouped(lanes.length - LANES)} more lanes`)}` : "";
  return `${title}\n${table}${more}`;
}

function codesText({ codes }: LaneTraffic): string {
  return codes
    .slice(0, 3)
    .map(([code, count]) => `${harmless(code, 40)} ${grouped(count)}`)
    .join(", ");
}

function budgetsText({ budgets }: Summary, io: Io, paint: Paint): string {
  const shown = budgets.filter((line) => usedShare(line) > 0).slice(0, BUDGETS);
  if (shown.length === 0) return "";
  return `${paint.bold("Budgets nearest to their limits")}\n${budgetTable(shown, io, paint)}`;
}

function newsText({ news }: Traffic, now: number, paint: Paint, width: number): string {
  if (news.length === 0) return "";
  const lines = news.slice(0, NEWS).map((one) => newsLine(one, now, paint, width));
  return [paint.bold("Newest"), ...lines].join("\n");
}

/** On one line, whatever it takes: what is above must not jump. */
function newsLine(
  { at, kind, text, times, decision }: News,
  now: number,
  paint: Paint,
  width: number,
): string {
  const when = ago(at, now).padStart(9);
  const again = times > 1 ? ` × ${grouped(times)}` : "";
  const id = decision === undefined ? "" : `  ${harmless(decision, 24)}`;
  const room = width - `  ${when}  ${kind.padEnd(8)} ${again}${id}`.length;
  const mark = kind === "resume" || kind === "approval" || kind === "regime" ? paint.warn : paint.bad;
  const shown = harmless(text, Math.max(10, room));
  return `  ${paint.dim(when)}  ${mark(kind.padEnd(8))} ${shown}${paint.dim(again)}${paint.dim(id)}`;
}

function perSecond(rate: number): string {
  return rate === 0 ? "0" : rate < 10 ? rate.toFixed(1) : grouped(Math.round(rate));
}

function pairs(values: readonly number[]): number[] {
  const sums: number[] = [];
  for (let i = values.length - 1; i >= 0; i -= 2) sums.unshift(values[i]! + (values[i - 1] ?? 0));
  return sums;
}
