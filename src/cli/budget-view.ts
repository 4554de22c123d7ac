import { formatAmount, limitToMicro } from "../core/measure.js";
import { speakDuration } from "../core/duration.js";
import type { BudgetLine } from "../rein/index.js";
import { harmless, tableWidthOf } from "./io.js";
import type { Io, Mark, Paint } from "./io.js";
import { quietTable } from "./layout.js";
import { bar, charactersFor } from "./live-table.js";
import type { Characters } from "./live-table.js";
import { usedShare } from "./summary.js";

/** Characters of a usage bar. */
const BAR = 10;
/** From here on a budget is shown as nearly spent. */
const NEARLY = 0.8;

/** A counter's key: "`planner`", "each action together" for one that serves all. */
export interface KeyParts {
  readonly source?: string;
  readonly series?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly overflow?: true;
}

/** What a budget's line says, from the left; a narrow terminal shows those that matter most. */
const COLUMNS: readonly {
  readonly head: string;
  /** The narrowest line that it is shown on. */
  readonly from: number;
  readonly right?: true;
  readonly elastic?: true;
  readonly cell: (line: BudgetLine, characters: Characters) => string;
}[] = [
  { head: "Rule", from: 0, elastic: true, cell: ({ rule }) => harmless(rule, 40) },
  { head: "Of", from: 0, elastic: true, cell: ({ key }) => keyText(key) },
  { head: "", from: 90, cell: (line, characters) => bar(usedShare(line), BAR, characters) },
  { head: "Used", from: 0, right: true, cell: (line) => percent(usedShare(line)) },
  { head: "Spent", from: 70, right: true, cell: (line) => amount(line, line.spent) },
  { head: "Reserved", from: 80, right: true, cell: (line) => amount(line, line.reserved) },
  { head: "Left", from: 0, right: true, cell: (line) => amount(line, line.remaining) },
  { head: "Limit", from: 0, cell: (line) => `${amount(line, line.limit)}${windowText(line.window)}` },
];

/** Budgets with usage bars. */
export function budgetTable(lines: readonly BudgetLine[], io: Io, paint: Paint): string {
  const characters = charactersFor(io);
  const width = tableWidthOf(io);
  const columns = COLUMNS.filter(({ from }) => width >= from);
  const places = (wanted: "right" | "elastic"): number[] =>
    columns.flatMap((column, i) => (column[wanted] === true ? [i] : []));
  return quietTable(
    {
      head: columns.map(({ head }) => head),
      rows: lines.map((line) => columns.map(({ cell }) => cell(line, characters))),
      right: places("right"),
      elastic: places("elastic"),
      mark: (row, column) =>
        ["", "Used"].includes(columns[column]!.head) ? fullness(lines[row]!, paint) : undefined,
    },
    width,
    paint,
  );
}

function fullness(line: BudgetLine, paint: Paint): Mark {
  const share = usedShare(line);
  return share >= 1 ? paint.bad : share >= NEARLY ? paint.warn : paint.good;
}

/** "planner", "planner on search", "tenant #k3v0A1"; tag values are known by their pseudonyms only. */
export function keyText({ source, series, tags, overflow }: KeyParts): string {
  if (overflow === true) return "names beyond the cap";
  const parts = [
    ...(source === undefined ? [] : [harmless(source, 40)]),
    ...(series === undefined ? [] : [`on ${harmless(series, 40)}`]),
    ...Object.entries(tags ?? {}).map(([tag, value]) =>
      value === ""
        ? `no ${harmless(tag, 20)}`
        : `${harmless(tag, 20)} #${harmless(value, 6).replace("…", "")}`,
    ),
  ];
  return parts.length === 0 ? "everything" : parts.join(", ");
}

/** Rounded down: what is not used up is never shown as if it were. */
function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

function amount({ measure }: BudgetLine, value: number): string {
  return harmless(formatAmount(measure, limitToMicro(value)), 40);
}

function windowText(window: unknown): string {
  if (window === "forever") return "";
  if (typeof window === "string") return ` / ${speakDuration(window)}`;
  const { calendar } = window as { readonly calendar: string };
  return ` / calendar ${calendar}`;
}
