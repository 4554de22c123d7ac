import { availableParallelism, cpus } from "node:os";
import type { PeerBench } from "./peers/peers.js";
import type { Report, Summary } from "./run.js";

/** The machine and what else it had to do meanwhile: load is the mean of the last minute. */
export interface Setting {
  readonly command: string;
  readonly at: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly rounds: number;
  readonly quick: boolean;
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export function settingNow(
  command: string,
  rounds: number,
  quick: boolean,
): Omit<Setting, "loadBefore" | "loadAfter"> {
  const cpu = cpus()[0]?.model ?? "unknown";
  const at = new Date().toISOString();
  return { command, at, node: process.version, cpu, cores: availableParallelism(), rounds, quick };
}

export function settingText(setting: Setting): string {
  const { command, at, node, cpu, cores, rounds, quick, loadBefore, loadAfter } = setting;
  const loads = `${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after`;
  const how = `median of ${rounds} ${rounds === 1 ? "round" : "rounds"}${quick ? ", QUICK" : ""}`;
  return `\`${command}\` on ${at.slice(0, 10)}: Node ${node}, ${cpu}, ${cores} cores, load ${loads}; ${how}.`;
}

/** Rein's own numbers: one table for each group of benchmarks that measure the same things, then the raw values. */
export function benchText(reports: readonly Report[]): string {
  const groups = groupByShape(reports);
  const parts = [...groups.values()].map(tableOf);
  const raw = reports.flatMap(({ name, metrics }) =>
    metrics.map(
      (metric) =>
        `${name}  ${metric.name}: ${metric.raw.map((value) => show(value)).join(" ")} ${metric.unit}`,
    ),
  );
  const notes = reports
    .filter((report) => report.notes.length > 0)
    .map(({ name, notes: lines }) => `${name}:\n${lines.map((line) => `    ${line}`).join("\n")}`);
  return [
    ...parts,
    ...notes,
    `Raw values, one a round:\n\n${raw.map((line) => `    ${line}`).join("\n")}`,
  ].join("\n\n");
}

/** The same work side by side; a ratio above 1 says how many times longer than Rein's the other one takes. */
export function peersText(benches: readonly PeerBench[], reports: readonly Report[]): string {
  const byName = new Map(reports.map((report) => [report.name, report]));
  const jobs = new Map<string, PeerBench[]>();
  for (const bench of benches) jobs.set(bench.job, [...(jobs.get(bench.job) ?? []), bench]);
  const parts = [...jobs].map(([title, rows]) => {
    const p50 = (name: string): Summary | undefined =>
      byName.get(name)?.metrics.find((metric) => metric.name === "p50");
    const cells = rows.map(({ name, who, about, against }) => {
      const [theirs, ours] = [p50(name), p50(against)];
      if (theirs === undefined) return [who, about, "SKIPPED", "", ""];
      const ratio =
        against === name || who.startsWith("rein,") || ours === undefined
          ? ""
          : (theirs.median / ours.median).toFixed(2);
      const than = rows.find((row) => row.name === against)!.who;
      return [
        who,
        about,
        show(theirs.median),
        ratio && `${ratio} × ${than}`,
        theirs.raw.map((value) => show(value)).join(" "),
      ];
    });
    return `**${title}**\n\n${markdownTable(["", "what is timed", "us a call", "ratio", "raw"], cells)}`;
  });
  return parts.join("\n\n");
}

/** The bars that were missed, one line each. */
export function missedBars(reports: readonly Report[]): string[] {
  return reports.flatMap(({ name, metrics }) =>
    metrics
      .filter(({ bar, median }) => bar !== undefined && median > bar)
      .map(
        (metric) =>
          `${name}: ${metric.name} is ${show(metric.median)} ${metric.unit}, the bar is ${metric.bar!}`,
      ),
  );
}

function groupByShape(reports: readonly Report[]): Map<string, Report[]> {
  const groups = new Map<string, Report[]>();
  for (const report of reports) {
    const shape = `${report.name.split("/")[0]!}: ${report.metrics.map(({ name }) => name).join()}`;
    groups.set(shape, [...(groups.get(shape) ?? []), report]);
  }
  return groups;
}

function tableOf(reports: readonly Report[]): string {
  const [{ metrics }] = reports as readonly [Report];
  const head = ["", ...metrics.map(({ name, unit }) => `${name} (${unit})`)];
  const rows = reports.map((report) => [report.name, ...report.metrics.map(cell)]);
  const about = reports.map(({ name, about: what }) => `- ${name}: ${what}`).join("\n");
  return `${markdownTable(head, rows)}\n\n${about}`;
}

function cell({ median, bar }: Summary): string {
  if (bar === undefined) return show(median);
  return median <= bar ? `${show(median)} (bar ${bar})` : `${show(median)} (MISSED ${bar})`;
}

/** Three figures, and whole numbers as they are. */
function show(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return String(Math.round(value));
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, i) => text.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
