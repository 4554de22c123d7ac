import { styleText } from "node:util";

/** What a command may touch of the terminal; tests give their own. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Standard output is a terminal: colours fit. */
  readonly isTTY: boolean;
  /** Standard error is a terminal: progress fits; the same as `isTTY` when absent. */
  readonly stderrIsTTY?: boolean | undefined;
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Marks text for people; without colours every function returns its text unchanged. */
export interface Paint {
  readonly bold: Mark;
  readonly dim: Mark;
  readonly good: Mark;
  readonly bad: Mark;
  readonly warn: Mark;
}

export type Mark = (text: string) => string;

/** Widths that output is laid out for, whatever the terminal says. */
const MIN_COLUMNS = 60;
const MAX_COLUMNS = 120;
/** More than any table has. */
const PIPE_COLUMNS = 10_000;

/** The paint for standard output: none without a terminal, with `NO_COLOR` (no-color.org) or a dumb terminal. */
export function paintFor(io: Io): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = io.env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  const refused = (NO_COLOR !== undefined && NO_COLOR !== "") || FORCE_COLOR === "0" || TERM === "dumb";
  const colour = forced || (io.isTTY && !refused);
  const paint =
    (format: Parameters<typeof styleText>[0]): Mark =>
    (text) =>
      colour && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    good: paint("green"),
    bad: paint("red"),
    warn: paint("yellow"),
  };
}

/** The width to lay text out for. */
export function widthOf(io: Io): number {
  return Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, io.columns));
}

/** The width for tables: whatever reads a pipe needs whole cells, and no line of it ends at an edge. */
export function tableWidthOf(io: Io): number {
  return io.isTTY ? widthOf(io) : Math.max(widthOf(io), PIPE_COLUMNS);
}

/**
 * Text from a file as one harmless line: control characters could move the cursor or hide what was printed, and so
 * could marks that turn the direction of writing.
 */
export function harmless(text: string, maxLength = Infinity): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 1)}…` : clean;
}

/** "1 session", "2,000 sessions". */
export function counted(n: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped(n)} ${n === 1 ? noun : nouns}`;
}

/** "2,000". */
export function grouped(n: number): string {
  return n.toLocaleString("en-US");
}

/** "3.2 %" of a whole; a share that is not zero is never shown as zero, nor a part as the whole. */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  if (part === whole) return "100 %";
  const percent = (100 * part) / whole;
  if (percent < 0.1) return "< 0.1 %";
  return percent > 99.9 ? "> 99.9 %" : `${percent.toFixed(1)} %`;
}
