import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { formatDuration, speakWait } from "../core/duration.js";
import type { Mark, Paint } from "./io.js";

/** Spaces before what belongs to a headline. */
export const MARGIN = 2;
/** Spaces between columns. */
export const GAP = 2;
/** Columns get no narrower than this while others can give. */
const MIN_COLUMN = 11;

/** Lines between words only: quiet in a terminal, and readable when it is piped into a file. */
export const QUIET = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", right: "", "right-mid": "", middle: "", mid: "─", "mid-mid": "" },
};

export const QUIET_STYLE = { head: [], border: [], compact: true, "padding-left": 0, "padding-right": GAP };

/** Words in columns. */
export interface QuietTable {
  readonly head: readonly string[];
  /** Plain text: marks come last, so that widths are those of what is seen. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers. */
  readonly right?: readonly number[];
  /** Columns that are cut when the line is too short; all when absent. */
  readonly elastic?: readonly number[];
  readonly mark?: (row: number, column: number) => Mark | undefined;
}

/** A table that fits into the line, indented. */
export function quietTable(
  { head, rows, right = [], elastic, mark }: QuietTable,
  width: number,
  paint: Paint,
): string {
  const isElastic = (column: number): boolean => elastic === undefined || elastic.includes(column);
  const table = new Table({
    head: head.map(paint.dim),
    chars: QUIET,
    style: QUIET_STYLE,
    colWidths: fitted([head, ...rows], width - MARGIN, isElastic),
    colAligns: head.map((_, column) => (right.includes(column) ? "right" : "left")),
  });
  table.push(...rows.map((row, r) => row.map((cell, c) => (mark?.(r, c) ?? plain)(cell))));
  return indented(table.toString());
}

const plain: Mark = (text) => text;

/** Widths of columns that hold the cells; what does not fit into the line is taken from the widest elastic column. */
export function fitted(
  rows: readonly (readonly string[])[],
  width: number,
  isElastic: (column: number) => boolean,
): number[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)) + GAP);
  for (let excess = sum(widths) - width; excess > 0; excess--) {
    const elastic = widths.map((each, column) => (isElastic(column) && each > MIN_COLUMN ? each : 0));
    const from = Math.max(...elastic) > 0 ? elastic : widths;
    widths[from.indexOf(Math.max(...from))]! -= 1;
  }
  return widths;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Lines of at most `width`: whole words, and longer words in pieces. Colours count nothing. */
export function wrapped(text: string, width: number): string[] {
  const pieces = text
    .split(" ")
    .flatMap((word) =>
      seen(word) <= width || word.includes("\u001b")
        ? [word]
        : (word.match(new RegExp(`.{1,${width}}`, "gu")) ?? [""]),
    );
  const lines: string[] = [];
  for (const piece of pieces) {
    const line = lines.at(-1);
    if (line !== undefined && seen(line) + 1 + seen(piece) <= width)
      lines[lines.length - 1] = `${line} ${piece}`;
    else lines.push(piece);
  }
  return lines;
}

/** Characters that a terminal shows. */
function seen(text: string): number {
  return text.includes("\u001b") ? stripVTControlCharacters(text).length : text.length;
}

/** Text behind a label; its further lines begin below its first. */
export function hanging(label: string, text: string, width: number, indent = 0, mark: Mark = plain): string {
  const start = " ".repeat(indent);
  const [first = "", ...rest] = wrapped(text, Math.max(20, width - indent - label.length));
  return [
    `${start}${mark(label)}${first}`,
    ...rest.map((line) => start + " ".repeat(label.length) + line),
  ].join("\n");
}

export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, " ".repeat(MARGIN)).replace(/ +$/gm, "");
}

/** "2m3s ago"; a clock that was set may put it into the future. */
export function ago(at: number, now: number): string {
  const ms = now - at;
  if (!Number.isFinite(ms)) return "at an unknown time";
  if (Math.abs(ms) < 1000) return "just now";
  return ms < 0 ? `in ${speakWait(-ms)}, by this machine's clock` : `${speakWait(ms)} ago`;
}

/** "1d4h", for a stretch of time. */
export function lasting(ms: number): string {
  return Number.isFinite(ms) && ms >= 0 ? speakWait(ms) : formatDuration(0);
}

/** "2026-01-05 12:00:00 UTC". */
export function timeText(at: number): string {
  if (!(Math.abs(at) <= 8.64e15)) return "at an unknown time";
  return `${new Date(at).toISOString().slice(0, -5).replace("T", " ")} UTC`;
}

/** "12.5 MiB". */
export function bytesText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return unit === 0 ? `${bytes} bytes` : `${size.toFixed(size < 10 ? 1 : 0)} ${units[unit]!}`;
}
