import Table from "cli-table3";
import { counted, grouped, harmless, share } from "./io.js";
import type { Mark, Paint } from "./io.js";
import { fitted, GAP, indented, MARGIN, QUIET, QUIET_STYLE, sum, wrapped } from "./layout.js";
import type { ReplayEffect, SessionReplayReport } from "./replay-tally.js";

interface ReplayView {
  readonly file: string;
  readonly policy: string;
  readonly rules: number;
  readonly continuous: boolean;
  readonly report: SessionReplayReport;
  readonly paint: Paint;
  readonly width: number;
}

/** The column that a refusal is looked up for. */
const LAST_WORD = "Refused by";
const NOTE = "note: ";

const EFFECTS: Readonly<Record<ReplayEffect, string>> = {
  refused: "refused",
  stopped: "stopped in flight",
  halted: "halted",
  alerted: "alerted",
  shadow: "would refuse (shadow)",
};

/** The report for people. */
export function replayText(view: ReplayView): string {
  const { report, paint } = view;
  const parts = [headline(view), summary(view)];
  if (report.rows.length > 0) parts.push(`${paint.bold("What the rules did")}\n${rulesTable(view)}`);
  const { refused, stopped, halts } = report;
  if (refused + stopped + halts === 0) parts.push(paint.good("Nothing would have been refused."));
  if (report.refusals.length > 0) parts.push(`${refusalsTitle(view)}\n${refusalsTable(view)}`);
  const notes = notesOf(view);
  if (notes.length > 0) parts.push(notes.map((note) => noteText(note, view)).join("\n"));
  return `${parts.join("\n\n")}\n`;
}

function headline({ file, policy, rules, continuous, paint }: ReplayView): string {
  const how = continuous ? ", one governor for all sessions" : "";
  return `${paint.bold(harmless(file))} under ${paint.bold(harmless(policy))} (${counted(rules, "rule")}${how})`;
}

function summary({ report, paint }: ReplayView): string {
  const { sessions, sessionsTouched, events, allowed, refused, stopped, uncertain, halts } = report;
  const line = (label: string, n: number, whole?: number, mark: Mark = (text) => text): string => {
    const number = grouped(n).padStart(11);
    const part = whole === undefined ? "" : `  ${share(n, whole).padStart(9)}`;
    return `  ${label.padEnd(22)}${n === 0 ? number : mark(number)}${paint.dim(part)}`;
  };
  return [
    line("sessions", sessions),
    line("  untouched", sessions - sessionsTouched, sessions, paint.good),
    line("  touched", sessionsTouched, sessions, paint.bad),
    line("events", events),
    line("  allowed", allowed, events, paint.good),
    line("  refused", refused, events, paint.bad),
    ...(stopped > 0 ? [line("  stopped in flight", stopped, events, paint.bad)] : []),
    ...(uncertain > 0 ? [line("  after a refusal", uncertain, events, paint.warn)] : []),
    ...(halts > 0 ? [line("halts", halts, undefined, paint.bad)] : []),
  ].join("\n");
}

function rulesTable({ report, paint, width }: ReplayView): string {
  const head = ["Rule", "Did", "Code", "Times", "Sessions"];
  const rows = report.rows.map((row) => [
    nameOf(row.rule),
    EFFECTS[row.effect],
    row.code,
    grouped(row.count),
    grouped(row.sessions),
  ]);
  const inner = width - MARGIN;
  const widths = fitted([head, ...rows], inner, (column) => column === 0);
  // The whole width, for the sentences that go across.
  widths[2]! += Math.max(0, inner - sum(widths));
  const table = new Table({
    head: head.map(paint.dim),
    chars: QUIET,
    style: QUIET_STYLE,
    colWidths: widths,
    colAligns: ["left", "left", "left", "right", "right"],
  });
  report.rows.forEach((row, i) => {
    const [rule, did, ...rest] = rows[i]!;
    table.push([paint.bold(rule!), markOf(row.effect, paint)(did!), ...rest]);
    const lines = wrapped(harmless(row.example), inner - MARGIN - GAP).map((line) => `  ${paint.dim(line)}`);
    table.push([{ content: lines.join("\n"), colSpan: head.length }]);
  });
  return indented(table.toString());
}

function refusalsTitle({ report, paint }: ReplayView): string {
  const { refusals, refusalsNotListed, stopped } = report;
  const what = stopped > 0 ? "refusals and stops" : "refusals";
  if (refusalsNotListed === 0) return paint.bold(`The ${what}`);
  const all = refusals.length + refusalsNotListed;
  return `${paint.bold(`The first ${grouped(refusals.length)} of ${grouped(all)} ${what}`)} (--limit lists more)`;
}

function refusalsTable({ report, paint, width }: ReplayView): string {
  const { refusals } = report;
  // One agent is the rule, and then its name on every line tells nothing.
  const sources = new Set(refusals.map(({ source }) => source));
  const withSource = (cells: readonly string[], source: string): string[] =>
    sources.size > 1 ? [...cells.slice(0, 2), source, ...cells.slice(2)] : [...cells];
  const head = withSource(["Session", "Event", "Action", LAST_WORD, ""], "Source");
  const rows = refusals.map(({ session, event, series, source, rule, code, uncertain }) =>
    withSource(
      [harmless(session), grouped(event), harmless(series), `${nameOf(rule)}: ${code}`, uncertain ? "?" : ""],
      harmless(source),
    ),
  );
  const table = new Table({
    head: head.map(paint.dim),
    chars: QUIET,
    style: QUIET_STYLE,
    colWidths: fitted([head, ...rows], width - MARGIN, (column) => head[column] !== LAST_WORD),
    colAligns: ["left", "right"],
  });
  table.push(...rows);
  return indented(table.toString());
}

function notesOf({ report }: ReplayView): string[] {
  const notes = [...report.notes];
  if (report.uncertain > 0) {
    notes.push(
      `a refused event did happen in the record, so what came after it in its session is unknown: ` +
        `${counted(report.uncertain, "event")} (marked ?) might have gone another way or not have come at all`,
    );
  }
  return notes;
}

function noteText(note: string, { paint, width }: ReplayView): string {
  const [first, ...rest] = wrapped(harmless(note), width - NOTE.length);
  return [`${paint.warn(NOTE)}${first}`, ...rest.map((line) => " ".repeat(NOTE.length) + line)].join("\n");
}

function nameOf(rule: string | undefined): string {
  return rule === undefined ? "(the gate)" : harmless(rule, 32);
}

function markOf(effect: ReplayEffect, paint: Paint): Mark {
  return effect === "alerted" || effect === "shadow" ? paint.warn : paint.bad;
}
