import { shown, shownMeasured } from "./numbers.js";
import { barsOf } from "./report.js";
import type { Finding, MeasuredBar, Report } from "./report.js";
import type { Curve, Section, Table } from "./section.js";
import { pictureOf } from "./svg.js";

/** The report for people; pictures are expected in the same folder. */
export function markdownOf(report: Report): string {
  const { command, folder, day, node, findings } = report;
  const parts = [
    "# Evaluation",
    `\`${command}\` on ${day} with Node ${node}; data: \`${folder}\`.`,
    "## Bars",
    ...barsText(barsOf(report)),
    ...told(findings),
    ...findings.flatMap((finding) => (finding.is === "evaluated" ? sectionText(finding.section) : [])),
    "## Time",
    markdownTable(
      ["set", "seconds"],
      findings.map((finding) => [finding.id, finding.is === "absent" ? "" : finding.seconds.toFixed(1)]),
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}

function barsText(bars: readonly MeasuredBar[]): string[] {
  if (bars.length === 0) return ["Nothing was measured against a bar."];
  const missed = bars.filter((bar) => !bar.holds).length;
  const rows = bars.map((bar) => [
    bar.set,
    bar.name,
    shownMeasured(bar),
    `${bar.want === ">=" ? "≥" : "≤"} ${shown(bar.target)}`,
    bar.holds ? "holds" : "MISSED",
  ]);
  return [
    markdownTable(["set", "what is measured", "measured", "must be", ""], rows),
    missed === 0 ? `All ${bars.length} bars hold.` : `${missed} of ${bars.length} bars are MISSED.`,
  ];
}

/** Sets that are not in the report, and why. */
function told(findings: readonly Finding[]): string[] {
  const lines = findings.flatMap((finding) => {
    if (finding.is === "evaluated") return [];
    const why = finding.is === "absent" ? "not in this folder" : `FAILED: ${oneLine(finding.error)}`;
    return [`- ${finding.id} (${finding.title}): ${why}`];
  });
  return lines.length === 0 ? [] : [lines.join("\n")];
}

function sectionText({ title, intro, tables, curves, notes }: Section): string[] {
  return [
    `## ${title}`,
    intro,
    ...tables.flatMap(tableText),
    ...curves.map(curveText),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
  ];
}

function tableText({ title, columns, rows }: Table): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? shown(cell) : cell)));
  return [`**${title}**`, markdownTable(columns, cells)];
}

function curveText(curve: Curve): string {
  return `![${curve.title}](${pictureOf(curve)})`;
}

/** Columns in which every cell is a number, or nothing, are set to the right. */
function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, ...rows].map((row) =>
    columns.map((_, i) => oneLine(row[i] ?? "").replaceAll("|", "\\|")),
  );
  const widths = columns.map((_, i) => Math.max(3, ...lines.map((cells) => cells[i]!.length)));
  const right = columns.map(
    (_, i) => rows.length > 0 && rows.every((row) => /^(?:-?[\d,.e+-]+|-?∞|NaN|)$/.test(row[i] ?? "")),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, i) => (right[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join(" | ")} |`;
  const rule = widths.map((width, i) => (right[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(lines[0]!), line(rule), ...lines.slice(1).map(line)].join("\n");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
