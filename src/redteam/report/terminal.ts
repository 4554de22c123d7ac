import type { Bars, Letter } from "../grade.js";
import { sumOfCounts, worstOf } from "./attacks.js";
import { columnsText, hanging } from "./columns.js";
import type { Mark } from "./columns.js";
import type { AttackReport, RedTeamData, TraceReport, TrialReport } from "./data.js";
import { folded } from "./honest.js";
import { containsText, SENTENCES_NOTE, unremediedText } from "./missing.js";
import { shortfallsOf } from "./shortfalls.js";
import { movesText } from "./traces.js";
import { amountText, counted, shareText, timeText } from "./words.js";

/** Marks text for people. */
export interface ReportPaint {
  readonly bold: Mark;
  readonly dim: Mark;
  readonly good: Mark;
  readonly bad: Mark;
  readonly warn: Mark;
}

interface View {
  readonly paint: ReportPaint;
  readonly width: number;
  readonly tableWidth: number;
  readonly bars: Bars;
}

const plain: Mark = (text) => text;
const NO_PAINT: ReportPaint = { bold: plain, dim: plain, good: plain, bad: plain, warn: plain };

/** Lines of one kind that are told; the rest is counted. */
const MAX_LISTED = 20;
const MAX_STEPS = 12;
/** Words before what is said have this width, with the margin. */
const LABEL = 14;

/** The report for people: what it comes to first, then what it is made of, and last why it does not pass. */
export function terminalText(
  data: RedTeamData,
  view: Omit<View, "paint"> & { readonly paint: ReportPaint | undefined },
): string {
  const full: View = { ...view, paint: view.paint ?? NO_PAINT };
  const sections = [
    headSection(data, full),
    attacksSection(data, full),
    groupsSection(data, full),
    missedSection(data, full),
    missingSection(data, full),
    mutationsSection(data, full),
    tracesSection("The worst that a search found", data.hunts, full),
    tracesSection("The shortest ways to what was missed", data.shortest, full),
    honestSection(data, full),
    problemsSection(data, full),
    verdictSection(data, full),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function headSection(data: RedTeamData, { paint }: View): string {
  const { grade, policy, software, engine, seed, seeds, attacks, honest } = data;
  const { contained, missed } = sumOfCounts(attacks);
  const letter =
    grade.letter === null ? paint.warn("no grade") : gradeMark(grade.letter, paint)(grade.letter);
  const seedText = seeds === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + seeds - 1}`;
  const row = (label: string, text: string): string => `  ${paint.dim(label.padEnd(LABEL))}${text}`;
  const stops =
    grade.falseStopsPerThousand === null
      ? "no session was tried"
      : `${amountText(honest.stopped)} of ${counted(honest.sessions, "session")}, ${amountText(grade.falseStopsPerThousand)} in a thousand`;
  return [
    `${paint.bold("Red team")}  ${paint.dim(`${software}, engine ${engine}, ${seedText}, policy ${policy.digest.slice(0, 19)}…, ${counted(policy.rules.length, "rule")}`)}`,
    "",
    row("grade", `${letter}  ${shareText(grade.score)}`),
    row(
      "caught",
      `${shareText(grade.catchRate)}, ${amountText(contained)} of ${counted(contained + missed, seeds === 1 ? "attack" : "run")}`,
    ),
    row(
      "honest work",
      `${shareText(grade.honestShare)} done, ${counted(honest.approvals, "approval")} by people`,
    ),
    row("false stops", stops),
  ].join("\n");
}

function attacksSection({ attacks }: RedTeamData, view: View): string {
  if (attacks.length === 0) return "";
  const { paint } = view;
  const worst = attacks.map(({ trials }) => worstOf(trials));
  return `${paint.bold("Attacks")}\n${columnsText(
    {
      head: ["attack", "verdict", "damage", "without Rein", "unit", "no damage after", "stopped by"],
      rows: attacks.map((attack, i) => [
        attack.id,
        verdictText(attack, worst[i]!),
        ...trialCells(worst[i]!, attack.unit),
      ]),
      right: [2, 3],
      mark: (row, column) => (column === 1 ? verdictMark(attacks[row]!, paint) : undefined),
    },
    view.tableWidth,
    paint.dim,
  )}`;
}

function trialCells(trial: TrialReport | null, unit: string): string[] {
  if (trial === null) return ["", "", unit, "", ""];
  const { damage, without, stoppedBy } = trial;
  return [amountText(damage), amountText(without), unit, afterText(trial), stoppedBy ?? "nothing"];
}

/** "2m3s, 14 acts". */
function afterText({ containedAfterMs, containedAfterActs }: TrialReport): string {
  if (containedAfterMs === null || containedAfterActs === null) return "never";
  return `${timeText(containedAfterMs)}, ${counted(containedAfterActs, "act")}`;
}

function groupsSection({ byOwasp, byDomain }: RedTeamData, view: View): string {
  const { paint, tableWidth } = view;
  const parts: string[] = [];
  if (byOwasp.length > 0) {
    const rows = byOwasp.map(({ id, title, attacks, contained, missed, catchRate }) => [
      ...[`${id} ${title}`, amountText(attacks)],
      ...[`${amountText(contained)} of ${amountText(contained + missed)}`, shareText(catchRate)],
    ]);
    const head = ["OWASP", "attacks", "contained", "share"];
    const text = columnsText({ head, rows, right: [1, 2, 3] }, tableWidth, paint.dim);
    parts.push(`${paint.bold("By OWASP entry")}\n${text}`);
  }
  if (byDomain.length > 0) {
    const rows = byDomain.map(({ id, attacks, contained, missed, sessions, stopped, honestShare }) => [
      ...[id, amountText(attacks), `${amountText(contained)} of ${amountText(contained + missed)}`],
      ...[amountText(sessions), amountText(stopped), shareText(honestShare)],
    ]);
    const head = ["domain", "attacks", "contained", "honest sessions", "stopped", "work done"];
    const text = columnsText({ head, rows, right: [1, 2, 3, 4, 5] }, tableWidth, paint.dim);
    parts.push(`${paint.bold("By domain")}\n${text}`);
  }
  return parts.join("\n\n");
}

function missedSection({ attacks }: RedTeamData, { paint, width }: View): string {
  const missed = attacks.filter((attack) => attack.missed > 0);
  if (missed.length === 0) return "";
  const lines = missed.slice(0, MAX_LISTED).flatMap(({ id, title, story }) => {
    return [
      hanging(`  ${id}  `, title, width, undefined, paint.bad),
      hanging("    ", story, width, paint.dim),
    ];
  });
  return `${paint.bold("Missed")}\n${[...lines, ...moreLine(missed.length)].join("\n")}`;
}

function missingSection(data: RedTeamData, { paint, width }: View): string {
  const { missing } = data;
  const unremedied = unremediedText(data);
  const lines = missing
    .slice(0, MAX_LISTED)
    .flatMap((entry) => [
      ...entry.sentences.map((sentence) => hanging("  ", sentence, width, paint.good)),
      hanging("    ", containsText(entry), width, paint.dim),
    ]);
  lines.push(...moreLine(missing.length));
  if (missing.length > 0) lines.push(hanging("  ", SENTENCES_NOTE, width));
  if (unremedied !== null) lines.push(hanging("  ", unremedied, width, paint.warn));
  return lines.length === 0 ? "" : `${paint.bold("Sentences to add")}\n${lines.join("\n")}`;
}

function mutationsSection({ mutations }: RedTeamData, view: View): string {
  if (mutations.length === 0) return "";
  const { paint, tableWidth } = view;
  const rows = mutations.map(({ id, title, contained, missed, harmless: none, gotPast }) => [
    ...[id, `${amountText(contained)} of ${amountText(contained + missed)}`, amountText(none)],
    ...[gotPast.length === 0 ? "none" : gotPast.join(", "), title],
  ]);
  const head = ["mutation", "contained", "harmless", "got past only like this", "what it does"];
  const mark = (row: number, column: number): Mark | undefined =>
    column === 3 && mutations[row]!.gotPast.length > 0 ? paint.bad : undefined;
  return `${paint.bold("Mutations")}\n${columnsText({ head, rows, right: [1, 2], mark }, tableWidth, paint.dim)}`;
}

function tracesSection(title: string, traces: readonly TraceReport[], { paint, width }: View): string {
  if (traces.length === 0) return "";
  const worst = [...traces].sort((a, b) => Number(a.contained) - Number(b.contained));
  const lines = worst.slice(0, MAX_LISTED).flatMap((trace) => {
    const { attack, damage, without, unit, steps, strategy, contained } = trace;
    const amounts = `${amountText(damage)} ${unit} of ${amountText(without)} without Rein, ${movesText(trace)}`;
    return [
      hanging(`  ${attack}  `, amounts, width, undefined, contained ? paint.good : paint.bad),
      ...(strategy === undefined ? [] : [hanging("    ", strategy, width)]),
      ...(contained ? [] : steps.slice(0, MAX_STEPS)).map((step) => hanging("    ", step, width, paint.dim)),
      ...(contained ? [] : moreSteps(steps.length)),
    ];
  });
  return `${paint.bold(title)}\n${[...lines, ...moreLine(traces.length)].join("\n")}`;
}

function honestSection({ honest }: RedTeamData, view: View): string {
  if (honest.kinds.length === 0) return "";
  const { paint, tableWidth } = view;
  const all = folded(honest.kinds);
  const rows = all.map(({ id, domain, sessions, stopped, wanted, done, approvals }) => [
    ...[id, domain, amountText(sessions), amountText(stopped)],
    ...[`${amountText(done)} of ${amountText(wanted)}`, amountText(approvals)],
  ]);
  const head = ["honest work", "domain", "sessions", "stopped", "acts done", "approvals"];
  const mark = (row: number, column: number): Mark | undefined =>
    column === 3 && all[row]!.stopped > 0 ? paint.bad : undefined;
  const kinds = columnsText({ head, rows, right: [2, 3, 4, 5], mark }, tableWidth, paint.dim);
  const parts = [`${paint.bold("Honest work")}\n${kinds}`];
  if (honest.rules.length > 0) {
    const inTheWay = honest.rules
      .slice(0, MAX_LISTED)
      .map(({ rule, sessions, refusals, example }) => [
        ...[rule, amountText(sessions), amountText(refusals), example],
      ]);
    const text = columnsText(
      { head: ["in its way", "sessions stopped", "refusals", "said"], rows: inTheWay, right: [1, 2] },
      tableWidth,
      paint.dim,
    );
    parts.push([text, ...moreLine(honest.rules.length)].join("\n"));
  }
  return parts.join("\n\n");
}

function problemsSection({ problems }: RedTeamData, { paint, width }: View): string {
  if (problems.length === 0) return "";
  const lines = problems.slice(0, MAX_LISTED).map(({ id, mutation, seed, problem }) => {
    const name = mutation === undefined ? id : `${id} with ${mutation}`;
    return hanging("  ", `${name}, seed ${seed}: ${problem}`, width, paint.warn);
  });
  return `${paint.bold("These proved nothing")}\n${[...lines, ...moreLine(problems.length)].join("\n")}`;
}

function verdictSection(data: RedTeamData, { paint, width, bars }: View): string {
  const shortfalls = shortfallsOf(data, bars);
  if (shortfalls.length === 0) return paint.good("The policy passes.");
  return [
    paint.bad("The policy does not pass:"),
    ...shortfalls.map((sentence) => hanging("  ", sentence, width)),
  ].join("\n");
}

/** "missed", or "missed 2 of 5" where there are several seeds. */
function verdictText({ trials, contained, missed }: AttackReport, worst: TrialReport | null): string {
  if (worst === null) return "not tried";
  if (trials.length === 1 || worst.verdict === "problem") return worst.verdict;
  return missed === 0 ? `contained ${contained} of ${trials.length}` : `missed ${missed} of ${trials.length}`;
}

function verdictMark({ missed, problems }: AttackReport, paint: ReportPaint): Mark {
  if (missed > 0) return paint.bad;
  return problems > 0 ? paint.warn : paint.good;
}

function gradeMark(letter: Letter, paint: ReportPaint): Mark {
  if (letter === "A" || letter === "B") return paint.good;
  return letter === "F" ? paint.bad : paint.warn;
}

function moreLine(all: number): string[] {
  return all > MAX_LISTED
    ? [`  and ${amountText(all - MAX_LISTED)} more, which are in the report as JSON and as HTML`]
    : [];
}

function moreSteps(all: number): string[] {
  return all > MAX_STEPS ? [`    and ${amountText(all - MAX_STEPS)} steps more`] : [];
}
