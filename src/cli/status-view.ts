import { scopeText } from "../rein/news.js";
import { budgetTable, keyText } from "./budget-view.js";
import { counted, grouped, harmless, paintFor, tableWidthOf, widthOf } from "./io.js";
import type { Io, Paint } from "./io.js";
import { ago, bytesText, hanging, lasting, quietTable, timeText } from "./layout.js";
import { usedShare } from "./summary.js";
import type { LaneSummary, Summary } from "./summary.js";
import { regimeText } from "./weather-view.js";

/** Lines that a list shows; programs get all with --json. */
const LISTED = 10;
const BUDGETS = 5;
const LABEL = 12;
/** Characters of a policy's digest that tell it from others; all of them are in --json. */
const DIGEST = 19;

/** The status for people: what is stopped comes before what is not. */
export function statusText(summary: Summary, io: Io): string {
  const paint = paintFor(io);
  const width = widthOf(io);
  const blocks = [
    [headline(summary, paint), ...loudLines(summary, paint, width)].join("\n"),
    haltsText(summary, paint, width),
    stoppedText(summary, paint, width),
    watchedText(summary, paint, width),
    approvalsText(summary, io, paint),
    inboxText(summary, paint),
    budgetsText(summary, io, paint),
    factsText(summary, paint, width),
    nextStartText(summary, paint, width),
    notesText(summary.notes, paint, width),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** Who runs, for the first line. */
export function headline({ running, owner, dir, records, at }: Summary, paint: Paint): string {
  const where = paint.dim(harmless(dir));
  if (running) {
    const who = owner === null ? "" : `: process ${owner.pid} on ${harmless(owner.host, 60)}`;
    const since = owner === null ? "" : `, since ${timeText(owner.since)}`;
    return `${paint.good("Running")}${who}${since}\n${where}`;
  }
  const how =
    owner === null ? "the last one ended by itself" : `process ${owner.pid} is gone without saying so`;
  return `${paint.warn("Not running")}: ${how}, last heard of ${ago(records.newestAt, at)}\n${where}`;
}

/** What must not be overlooked. */
export function loudLines(
  { mode, policy, commandsOnly, trouble }: Summary,
  paint: Paint,
  width: number,
): string[] {
  const loud = (text: string): string => hanging("! ", text, width, 0, paint.bad);
  return [
    ...(trouble === null
      ? []
      : [
          loud(
            `RECORDS CANNOT BE WRITTEN: ${harmless(trouble, 300)}; actions are refused when the queue is full`,
          ),
        ]),
    ...(mode === "off" ? [loud("REIN IS OFF: no rule is asked, only halts stop (setting ENABLED)")] : []),
    ...(mode === "shadow"
      ? [loud("SHADOW MODE: nothing is blocked but by an operator's halt; decisions are only recorded")]
      : []),
    ...(policy.rules === 0 ? [loud("NO RULES: everything is allowed until somebody halts it")] : []),
    ...(commandsOnly === null
      ? []
      : [
          loud(
            `counters are those of the last snapshot: the records after it cannot be used, as ${commandsOnly}`,
          ),
        ]),
  ];
}

/** Halts in force; empty where there are none. */
export function haltsText({ halts, at }: Summary, paint: Paint, width: number): string {
  if (halts.length === 0) return "";
  const lines = halts.slice(0, LISTED).map(({ id, scope, by, reason, at: since, count, endsInMs }) => {
    const why = reason === "" ? "" : `: ${harmless(reason, 300)}`;
    const times = count > 1 ? `, must be resumed ${count} times` : "";
    const end = endsInMs === null ? "" : `, ends by itself in ${lasting(endsInMs)}`;
    const text = `${harmless(scopeText(scope), 200)}, by ${harmless(by, 60)} ${ago(since, at)}${end}${times}${why}`;
    return hanging(`${harmless(id, 20).padEnd(5)} `, text, width, 2, paint.bad);
  });
  const [first] = halts;
  const resume = paint.dim(`  to go on: rein resume ${harmless(first!.id, 20)} --reason "…"`);
  return [
    paint.bad(`HALTED (${counted(halts.length, "halt")})`),
    ...lines,
    ...more(halts.length, LISTED),
    resume,
  ].join("\n");
}

/** What is stopped without a halt, by whom and since when; empty where nothing is. */
export function stoppedText(summary: Summary, paint: Paint, width: number, listed = LISTED): string {
  const { lanes, breakers, alarms, at } = summary;
  const laneLines = lanes.slice(0, listed).map((lane) => {
    const what = lane.status === "black" ? "killed " : "blocked";
    return hanging(
      `${what}  `,
      laneText(lane, at),
      width,
      2,
      lane.status === "black" ? paint.bad : paint.warn,
    );
  });
  const breakerLines = breakers.slice(0, listed).map(({ rule, key, state, evidence, openForMs }) => {
    const text = `breaker \`${harmless(rule, 40)}\` of ${keyText(key)} for ${lasting(openForMs)}: ${harmless(evidence, 200)}`;
    return hanging(state === "open" ? "paused   " : "trial    ", text, width, 2, paint.warn);
  });
  const alarmLines = alarms.slice(0, listed).map(({ rule, key, evidence, forMs, endsInMs }) => {
    const end = endsInMs === null ? "" : `, ends in ${lasting(endsInMs)}`;
    const text = `rule \`${harmless(rule, 40)}\` of ${keyText(key)}, for ${lasting(forMs)}${end}: ${harmless(evidence, 300)}`;
    return hanging("alarm    ", text, width, 2, paint.warn);
  });
  if (laneLines.length + breakerLines.length + alarmLines.length === 0) return "";
  return [
    paint.bold("Stopped by itself, or by hand"),
    ...laneLines,
    ...more(lanes.length, listed),
    ...breakerLines,
    ...more(breakers.length, listed),
    ...alarmLines,
    ...more(alarms.length, listed),
  ].join("\n");
}

/** What is watched more closely than usual: lanes on probation, and signals that stopped; empty where nothing is. */
export function watchedText(summary: Summary, paint: Paint, width: number, listed = LISTED): string {
  const { probation, staleSignals, at } = summary;
  if (probation.length + staleSignals.length === 0) return "";
  return [
    paint.bold("On probation, or not heard of"),
    ...probation
      .slice(0, listed)
      .map((lane) => hanging("yellow   ", laneText(lane, at), width, 2, paint.warn)),
    ...more(probation.length, listed),
    ...staleSignals.slice(0, listed).map(({ rule, evidence }) => {
      const needed = rule === null ? "" : `; rule \`${harmless(rule, 40)}\` needs it`;
      return hanging("stale    ", `${harmless(evidence, 300)}${needed}`, width, 2, paint.warn);
    }),
    ...more(staleSignals.length, listed),
  ].join("\n");
}

/** The regime as one line that needs no label; empty where no signal was ever given. */
export function regimeLine({ regime, at }: Summary, paint: Paint, width: number): string {
  if (regime.signals === 0 && regime.since === null) return "";
  const mark = regime.state === "normal" ? paint.dim : paint.warn;
  return hanging(
    "regime".padEnd(LABEL),
    regimeText(regime, (since) => ago(since, at)),
    width,
    2,
    mark,
  );
}

function laneText({ source, series, reason, since }: LaneSummary, at: number): string {
  const from = since === null ? "" : ` since ${timeText(since)} (${ago(since, at)})`;
  const why = reason === "" ? "" : `: ${harmless(reason, 500)}`;
  return `\`${harmless(series, 60)}\` by \`${harmless(source, 60)}\`${from}${why}`;
}

function approvalsText({ approvals, at }: Summary, io: Io, paint: Paint): string {
  if (approvals.length === 0) return "";
  const shown = approvals.slice(0, LISTED);
  const table = quietTable(
    {
      head: ["Id", "Action", "Asked", "Lapses", "Rule"],
      rows: shown.map(({ id, source, series, rule, at: asked, lapsesInMs }) => [
        harmless(id, 20),
        `${harmless(series, 60)} by ${harmless(source, 60)}`,
        ago(asked, at),
        `in ${lasting(lapsesInMs)}`,
        harmless(rule, 40),
      ]),
      elastic: [1, 4],
    },
    tableWidthOf(io),
    paint,
  );
  const { id } = shown[0]!;
  return [
    paint.warn(`WAITING FOR AN ANSWER (${counted(approvals.length, "approval")})`),
    table,
    ...more(approvals.length, LISTED),
    paint.dim(`  to answer: rein approve ${harmless(id, 20)}, or rein reject ${harmless(id, 20)}`),
  ].join("\n");
}

function inboxText({ inbox, at, running }: Summary, paint: Paint): string {
  const { waiting, rejected } = inbox;
  const lines = waiting.slice(0, LISTED).map(({ at: sent, what, by, isSound, file }) => {
    const when = sent === null ? "" : paint.dim(` (${ago(sent, at)})`);
    return isSound
      ? `  ${harmless(what, 200)}${by === null ? "" : `, by ${harmless(by, 60)}`}${when}`
      : `  ${paint.warn("not a command:")} ${harmless(file, 60)} ${harmless(what, 200)}${when}`;
  });
  const title = running
    ? "Commands that the process has not taken yet"
    : "Commands that the next start carries out";
  const refused =
    rejected === 0
      ? []
      : [
          `${paint.warn(counted(rejected, "file"))} in control/rejected ${rejected === 1 ? "was" : "were"} not admitted as commands`,
        ];
  return [
    ...(lines.length === 0 ? [] : [paint.bold(title), ...lines, ...more(waiting.length, LISTED)]),
    ...refused,
  ].join("\n");
}

function budgetsText({ budgets }: Summary, io: Io, paint: Paint): string {
  const shown = budgets.filter((line) => usedShare(line) > 0).slice(0, BUDGETS);
  if (shown.length === 0) return "";
  const rest =
    budgets.length > shown.length
      ? [paint.dim(`  ${grouped(budgets.length - shown.length)} more: rein budgets`)]
      : [];
  return [paint.bold("Budgets nearest to their limits"), budgetTable(shown, io, paint), ...rest].join("\n");
}

function factsText(summary: Summary, paint: Paint, width: number): string {
  const { mode, policy, regime, decisions, inFlight, running, records, snapshotAt, at, quarantined } =
    summary;
  const row = (label: string, text: string): string =>
    hanging(label.padEnd(LABEL), text, width, 2, paint.dim);
  const kept = quarantined === 0 ? "" : `, ${counted(quarantined, "file")} in quarantine`;
  return [
    row("mode", mode),
    row("policy", `${counted(policy.rules, "rule")}, ${policy.digest.slice(0, DIGEST)}…`),
    row(
      "regime",
      regimeText(regime, (since) => ago(since, at)),
    ),
    row("decisions", grouped(decisions)),
    row(
      "in flight",
      running || inFlight === 0 ? grouped(inFlight) : `${grouped(inFlight)} at its end: they count as spent`,
    ),
    row(
      "records",
      `${bytesText(records.bytes)} in ${counted(records.segments, "file")}, newest ${ago(records.newestAt, at)}${kept}`,
    ),
    row("snapshot", ago(snapshotAt, at)),
  ].join("\n");
}

function nextStartText({ nextStart }: Summary, paint: Paint, width: number): string {
  if (nextStart === null) return "";
  const { infos, warnings } = nextStart;
  return [
    paint.bold("The next start will say"),
    ...warnings.slice(0, LISTED).map((text) => hanging("! ", harmless(text, 500), width, 2, paint.warn)),
    ...more(warnings.length, LISTED),
    ...infos.map((text) => hanging("- ", harmless(text, 500), width, 2, paint.dim)),
  ].join("\n");
}

function notesText(notes: readonly string[], paint: Paint, width: number): string {
  return notes.map((note) => hanging("note: ", harmless(note, 500), width, 0, paint.warn)).join("\n");
}

function more(all: number, listed: number): string[] {
  return all > listed ? [`  and ${grouped(all - listed)} more; --json lists all`] : [];
}
