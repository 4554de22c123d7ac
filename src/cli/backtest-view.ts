import type {
  Amounts,
  BacktestReport,
  FlipCount,
  FlipKind,
  FlipRow,
  PolicyBacktest,
} from "../analysis/backtest/index.js";
import { formatAmount, MICRO } from "../core/measure.js";
import type { HistoryFacts } from "./backtest-history.js";
import { counted, grouped, harmless, paintFor, share, tableWidthOf, widthOf } from "./io.js";
import type { Io, Mark, Paint } from "./io.js";
import { hanging, quietTable, timeText } from "./layout.js";

interface BacktestView {
  readonly name: string;
  readonly history: HistoryFacts;
  readonly report: BacktestReport;
  /** Why --fail-on-lost is not met, in sentences. */
  readonly failures: readonly string[];
}

interface Page {
  readonly report: BacktestReport;
  readonly paint: Paint;
  readonly width: number;
  readonly tableWidth: number;
}

const LABEL = 24;
/** Examples below the table of a policy. */
const MAX_EXAMPLES = 6;

/** Behind the rule that had refused what is allowed now: the new policy may have another one of that id. */
const BEFORE = ", before";

const KINDS: Readonly<Record<FlipKind, string>> = {
  refused: "refuses",
  asked: "asks a human",
  allowed: "allows",
  stopped: "stops in flight",
};

/** The report for people. */
export function backtestText({ name, history, report, failures }: BacktestView, io: Io): string {
  const page: Page = { report, paint: paintFor(io), width: widthOf(io), tableWidth: tableWidthOf(io) };
  const blocks = [
    `${page.paint.bold(name)}\n${recordedText(history, page)}`,
    ...report.policies.map((policy) => policyText(policy, page)),
    notesText(report.notes, page),
    failures
      .map((why) => hanging("--fail-on-lost: ", harmless(why, 500), page.width, 0, page.paint.bad))
      .join("\n"),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function recordedText(history: HistoryFacts, page: Page): string {
  const { kind, verified, forced, cutShort, ignoredFields, emptySessions } = history;
  const { paint } = page;
  const { decisions, allowed, wouldRefuse, cost, from, to, runs, unreadable } = page.report.recorded;
  const ignored = Object.entries(ignoredFields).map(([field, n]) => `${harmless(field, 60)} (${grouped(n)})`);
  const span = from === null || to === null ? "" : `, ${timeText(from)} to ${timeText(to)}`;
  return [
    ...(verified === null
      ? []
      : [row("verified", forced ? paint.bad(`NO (--force): ${verified.summary}`) : verified.summary, page)]),
    ...(cutShort === null ? [] : [row("read in part", paint.bad(cutShort), page)]),
    row(
      "recorded",
      `${counted(decisions, "decision")} in ${counted(runs, kind === "log" ? "run" : "session")}${span}`,
      page,
    ),
    ...(emptySessions === 0
      ? []
      : [row("left out", `${counted(emptySessions, "session")} without events`, page)]),
    row("allowed then", `${grouped(allowed)} (${share(allowed, decisions)})`, page),
    ...(wouldRefuse === 0 ? [] : [row("in shadow, against it", grouped(wouldRefuse), page)]),
    row("spent then", amountsText(cost), page),
    ...(unreadable === 0 ? [] : [row("could not be read", grouped(unreadable), page)]),
    ...(ignored.length === 0 ? [] : [row("ignored fields", ignored.join(", "), page)]),
  ].join("\n");
}

function policyText(policy: PolicyBacktest, page: Page): string {
  const { paint, report, tableWidth } = page;
  const {
    name,
    rules,
    allowed,
    allowedAtMost,
    refused,
    asked,
    same,
    unsure,
    refusedNow,
    allowedNow,
    stoppedNow,
    rows,
  } = policy;
  const { decisions } = report.recorded;
  const upTo =
    allowedAtMost > allowed ? `, ${grouped(allowedAtMost)} if all unrecorded answers speak for it` : "";
  const before = report.against === null ? "the record" : harmless(report.against, 60);
  const lines = [
    `${paint.bold(harmless(name))} (${counted(rules, "rule")}) against ${before}`,
    row("allows", `${grouped(allowed)} (${share(allowed, decisions)})${upTo}`, page),
    row(
      "refuses",
      `${grouped(refused)}${asked === 0 ? "" : `, and asks a human about ${grouped(asked)}`}`,
      page,
    ),
    row("comes out the same", `${grouped(same)} (${share(same, decisions)})`, page),
    ...flipLines("refused now", refusedNow, "saved", paint.warn, page),
    ...flipLines("stopped now", stoppedNow, "spent all the same", paint.warn, page),
    ...flipLines("allowed now", allowedNow, "spent besides", paint.warn, page),
    ...(unsure === 0
      ? []
      : [row("unsure", paint.warn(`${grouped(unsure)} hinge on answers that nobody recorded`), page)]),
  ];
  if (rows.length > 0) lines.push("", rowsTable(rows, tableWidth, paint), "", ...exampleLines(rows, page));
  if (policy.halts.length > 0) lines.push("", ...policy.halts.map((halt) => haltLine(halt, page)));
  const notes = notesText(policy.notes, page);
  return notes === "" ? lines.join("\n") : `${lines.join("\n")}\n\n${notes}`;
}

/** What the decisions of one kind were worth. */
function flipLines(label: string, flips: FlipCount, money: string, mark: Mark, page: Page): string[] {
  const { count, worked, progress, failed, unknown, neverBegan, later, cost, unknownCost } = flips;
  if (count === 0) return [];
  const parts = [
    worked > 0 &&
      `${grouped(worked)} had worked${progress > 0 ? ` (something new came of ${grouped(progress)})` : ""}`,
    failed > 0 && `${grouped(failed)} had failed`,
    unknown > 0 && `of ${grouped(unknown)} nobody knows`,
    neverBegan > 0 && `${grouped(neverBegan)} never began`,
  ].filter((part) => part !== false);
  const asked =
    Object.keys(unknownCost).length > 0 ? `${amountsText(unknownCost)} asked for where nobody knows` : "";
  const spent = Object.keys(cost).length > 0 ? `${amountsText(cost)} ${money}` : "";
  const sums = [spent, asked].filter((text) => text !== "").join("; ");
  return [
    row(label, `${mark(grouped(count))}: ${parts.join(", ")}`, page),
    ...(sums === "" ? [] : [row("", sums, page)]),
    ...(later === 0
      ? []
      : [
          row(
            "",
            `${grouped(later)} came after another one of the same agent: they might not have come`,
            page,
          ),
        ]),
  ];
}

function rowsTable(rows: readonly FlipRow[], width: number, paint: Paint): string {
  return quietTable(
    {
      head: ["Rule", "Now", "Code", "Times", "Worked", "Failed", "Unknown", "Cost"],
      rows: rows.map(({ rule, flip, code, count, worked, failed, unknown, cost }) => [
        rule === undefined ? "(the gate)" : `${harmless(rule, 60)}${flip === "allowed" ? BEFORE : ""}`,
        KINDS[flip],
        code,
        ...[count, worked, failed, unknown].map(grouped),
        amountsText(cost),
      ]),
      right: [3, 4, 5, 6],
      elastic: [0, 7],
    },
    width,
    paint,
  );
}

function exampleLines(rows: readonly FlipRow[], page: Page): string[] {
  return rows.slice(0, MAX_EXAMPLES).flatMap(({ flip, rule, examples }) => {
    const [example] = examples;
    if (example === undefined) return [];
    const { id, at, source, series, outcome, message } = example;
    const who = `\`${harmless(series, 60)}\` by \`${harmless(source, 60)}\``;
    const told = message === undefined ? "" : `: ${harmless(message, 300)}`;
    const by = rule === undefined ? "" : ` (${harmless(rule, 60)}${flip === "allowed" ? BEFORE : ""})`;
    return [
      hanging(
        "- ",
        `${KINDS[flip]} ${who} at ${timeText(at)}, ${harmless(id, 80)}${by}; outcome ${outcome}${told}`,
        page.width,
        2,
      ),
    ];
  });
}

function haltLine({ rule, count, firstAt, reason }: PolicyBacktest["halts"][number], page: Page): string {
  const text = `rule \`${harmless(rule, 60)}\` halts ${counted(count, "time")}, first at ${timeText(firstAt)}: ${harmless(reason, 300)}`;
  return hanging("halt: ", text, page.width, 2, page.paint.bad);
}

function notesText(notes: readonly string[], { paint, width }: Page): string {
  return notes.map((note) => hanging("note: ", harmless(note, 500), width, 0, paint.warn)).join("\n");
}

function row(label: string, text: string, { width, paint }: Page): string {
  return hanging(label.padEnd(LABEL), text, width, 2, paint.dim);
}

/** "$12.50, 3,000 tokens". */
function amountsText(amounts: Amounts): string {
  const texts = Object.entries(amounts).map(([measure, units]) => formatAmount(measure, units * MICRO));
  return texts.length === 0 ? "nothing that was told" : texts.map((text) => harmless(text, 60)).join(", ");
}
