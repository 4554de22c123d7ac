import { formatAmount, limitToMicro } from "../core/measure.js";
import { speakDuration } from "../core/duration.js";
import type { BudgetLine } from "../rein/index.js";
import { harmless } from "./io.js";
import type { Io, Mark, Paint } from "./io.js";
import { quietTable } from "./layout.js";
import { bar, charactersFor } from "./live-table.js";
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

/** Budgets with usage bars. */
export function budgetTable(lines: readonly BudgetLine[], width: number, io: Io, paint: Paint): string {
  const characters = charactersFor(io);
  return quietTable(
    {
      head: ["Rule", "Of", "", "Used", "Spent", "Reserved", "Left", "Limit"],
      rows: lines.map((line) => [
        harmless(line.rule, 40),
        keyText(line.key),
        bar(usedShare(line), BAR, characters),
        percent(usedShare(line)),
        amount(line, line.spent),
        amount(line, line.reserved),
        amount(line, line.remaining),
        `${amount(line, line.limit)}${windowText(line.window)}`,
      ]),
      right: [3, 4, 5, 6],
      elastic: [0, 1, 7],
      mark: (row, column) => (column === 2 || column === 3 ? fullness(lines[row]!, paint) : undefined),
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
