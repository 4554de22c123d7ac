import { formatAmount } from "../core/measure.js";
import { scopeText } from "../rein/news.js";
import { keyText } from "./budget-view.js";
import type { Circumstances, LaterLife } from "./decision-replay.js";
import { eventLine, standingText, wayText } from "./decision-way-view.js";
import type { Explanation } from "./explain.js";
import { harmless, paintFor, tableWidthOf, widthOf } from "./io.js";
import type { Io, Paint } from "./io.js";
import { ago, hanging, lasting, quietTable, timeText } from "./layout.js";

/** Lines that a list shows; programs get all with --json. */
const LISTED = 20;
const LABEL = 12;
const MAX_SHOWN = 1000;

interface View {
  readonly explanation: Explanation;
  readonly now: number;
  readonly paint: Paint;
  readonly width: number;
  readonly tableWidth: number;
}

/** What is known of a decision, for people: the answer, its reason, the circumstances, and what came of it. */
export function explanationText(explanation: Explanation, now: number, io: Io): string {
  const [width, tableWidth] = [widthOf(io), tableWidthOf(io)];
  const view: View = { explanation, now, paint: paintFor(io), width, tableWidth };
  const blocks = [
    [headline(view), ...askedLines(view)].join("\n"),
    reasonLines(view).join("\n"),
    ...wayTexts(view),
    countersText(view),
    haltsText(view),
    laterText(view),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function headline({ explanation: { record, id }, paint }: View): string {
  const verdict = String(record["verdict"]);
  const said =
    verdict === "allow"
      ? paint.good("ALLOWED")
      : verdict === "approve"
        ? paint.warn("REFUSED until a human approves")
        : paint.bad(`REFUSED: ${shown(record["code"])}`);
  return `${said}  ${paint.dim(harmless(id, 60))}`;
}

function askedLines(view: View): string[] {
  const { explanation, now } = view;
  const { record, run, then, n, file, dir } = explanation;
  const { at, seq } = record;
  const when = typeof at === "number" ? `${timeText(at)} (${ago(at, now)})` : "at an unknown time";
  const runText =
    run === null
      ? "its opening is no longer in the records, so the id's first part could not be compared"
      : `${shown(run.boot)}, begun ${timeText(Number(run.at))}, decision ${shown(seq)}`;
  return [
    row(view, "action", `\`${shown(record["series"])}\` by \`${shown(record["source"])}\``),
    row(view, "when", when),
    row(view, "cost", costText(record["cost"])),
    ...(Array.isArray(record["tags"]) ? [row(view, "tags", tagsText(record["tags"]))] : []),
    row(view, "run", runText),
    ...(then === null ? [] : [row(view, "mode", then.mode)]),
    row(
      view,
      "record",
      `${n} in ${file}; \`rein audit prove ${n} ${harmless(dir, 200)}\` proves that it is in the log`,
    ),
  ];
}

function reasonLines(view: View): string[] {
  const { explanation, paint } = view;
  const { record, then, sentences } = explanation;
  const lines: string[] = [];
  const rule = record["rule"];
  if (typeof rule === "string") lines.push(row(view, "rule", ruleText(rule, sentences)));
  if (then?.refusal && then.agrees) {
    lines.push(row(view, "told", harmless(then.refusal.message, MAX_SHOWN)));
    lines.push(row(view, "retry", retryText(then)));
  } else if (record["verdict"] === "allow") {
    lines.push(row(view, "why", "no rule that is enforced refused it, and nothing was halted over it"));
  }
  const would = record["wouldCode"];
  if (typeof would === "string") {
    const by =
      typeof record["wouldRule"] === "string" ? ` by rule ${ruleText(record["wouldRule"], sentences)}` : "";
    lines.push(row(view, "in shadow", paint.warn(`enforcement would have refused it: ${shown(would)}`) + by));
    if (then?.wouldBlock) lines.push(row(view, "words", harmless(then.wouldBlock.message, MAX_SHOWN)));
  }
  if (then === null) {
    lines.push(
      row(
        view,
        "note",
        "it could not be made again, as records before it are gone or another version of the engine made them: what the agent was told and what the rules had counted is not known",
      ),
    );
  } else if (!then.agrees) {
    lines.push(
      row(
        view,
        "note",
        paint.bad(
          `made again it comes out otherwise (${then.verdict}${then.refusal ? `, ${then.refusal.code}` : ""}): the record is not what happened; run rein replay`,
        ),
      ),
    );
  }
  return lines;
}

function wayTexts({ explanation: { then, record }, width, paint }: View): string[] {
  if (then === null) return [];
  return [standingText(then, Number(record["at"]), width, paint), wayText(then.way, width, paint)];
}

function countersText({ explanation, paint, tableWidth }: View): string {
  const { then, sentences } = explanation;
  if (then === null) return "";
  const shownCounters = then.counters.slice(0, LISTED);
  const table = quietTable(
    {
      head: ["Rule", "Of", "Held before", "Says"],
      rows: shownCounters.map(({ rule, key, text }) => [
        harmless(rule, 40),
        keyText(key),
        harmless(text, 200),
        harmless(sentences[rule] ?? "", 300),
      ]),
      elastic: [0, 1, 3],
      mark: (line) => (shownCounters[line]!.rule === explanation.record["rule"] ? paint.bold : undefined),
    },
    tableWidth,
    paint,
  );
  const more =
    then.counters.length > LISTED ? `\n  and ${then.counters.length - LISTED} more; --json lists all` : "";
  const title = paint.bold("What the rules held before it");
  return shownCounters.length === 0 ? `${title}\n  nothing` : `${title}\n${table}${more}`;
}

function haltsText({ explanation, paint, width }: View): string {
  const halts = explanation.then?.halts ?? [];
  if (halts.length === 0) return "";
  const lines = halts.slice(0, LISTED).map((halt) => {
    const why = halt.reason === "" ? "" : `: ${harmless(halt.reason, 200)}`;
    const stops = halt.stops ? "stopped it" : "did not concern it";
    const text = `${stops}, over ${harmless(scopeText(halt.scope), 200)}, by ${harmless(halt.by, 60)}${why}`;
    return hanging(`${harmless(halt.id, 20).padEnd(5)} `, text, width, 2, halt.stops ? paint.bad : paint.dim);
  });
  return [paint.bold("Halts in force then"), ...lines].join("\n");
}

function laterText(view: View): string {
  const { record, then, outcome } = view.explanation;
  const own = record["verdict"] === "allow" ? outcomeLines(outcome, then, record, view.paint) : [];
  const lines = [...own, ...answerLines(view)];
  const caused = then?.caused ?? [];
  if (lines.length + caused.length === 0) return "";
  return [
    view.paint.bold("What came of it"),
    ...lines.map((line) => hanging("", line, view.width, 2)),
    ...caused.map((event) => eventLine(event, view.width, view.paint)),
  ].join("\n");
}

function outcomeLines(
  outcome: Explanation["outcome"],
  then: Circumstances | null,
  record: Explanation["record"],
  paint: Paint,
): string[] {
  const lines: string[] = [];
  const after = (at: unknown): string =>
    typeof at === "number" && typeof record["at"] === "number" ? ` after ${lasting(at - record["at"])}` : "";
  const { voidedBy, voidedAt } = then?.later ?? { voidedBy: null, voidedAt: null };
  if (voidedBy === "timeout") lines.push(paint.bad(`ran out of its time${after(voidedAt)}, and was stopped`));
  else if (voidedBy !== null)
    lines.push(paint.bad(`halt ${harmless(voidedBy, 20)} stopped it while it ran${after(voidedAt)}`));
  if (outcome?.["type"] === "cancel") {
    const code = outcome["code"];
    const why = typeof code === "string" ? ` (${shown(code)}): the agent was refused` : "";
    lines.push(paint.warn(`was taken back before it began${why}, so it took nothing`));
  } else if (outcome !== null) {
    const how = outcome["ok"] === true ? paint.good("ended well") : paint.bad("failed");
    const cost =
      outcome["cost"] === undefined ? ", at the cost that was reserved" : `, at ${costText(outcome["cost"])}`;
    const progress = outcome["progress"] === false ? ", without anything new coming of it" : "";
    const ms = outcome["latencyMs"];
    const latency = typeof ms === "number" ? ` (it reports ${Math.round(ms * 1000) / 1000} ms)` : "";
    const late =
      then?.later.ended === "expired" ? ", too late: its permit had expired and counted as spent" : "";
    lines.push(`${how}${after(outcome["at"])}${latency}${cost}${progress}${late}`);
  } else {
    lines.push(paint.warn(unheardText(then?.later.ended)));
  }
  return lines;
}

function unheardText(ended: LaterLife["ended"] | undefined): string {
  switch (ended) {
    case "expired":
      return "never settled: its permit expired, and what was reserved counts as spent";
    case "died":
      return "never settled: the process ended first, and what was reserved counts as spent";
    case undefined:
    case "open":
    case "refused":
    case "settled":
    case "cancelled":
      return "not settled as far as the records go: it may still run";
  }
}

function answerLines({ explanation: { answer, then } }: View): string[] {
  const approval = then?.refusal?.approvalId;
  if (approval === undefined) return [];
  const id = harmless(approval, 20);
  if (answer === null)
    return [`approval ${id} was not answered as far as the records go: rein approve ${id}`];
  const how = answer["type"] === "approve" ? "approved" : "rejected";
  const reason = answer["reason"];
  const why = typeof reason === "string" && reason !== "" ? `: ${harmless(reason, 200)}` : "";
  return [`approval ${id} was ${how} by ${shown(answer["by"])} at ${timeText(Number(answer["at"]))}${why}`];
}

function retryText({ refusal }: Circumstances): string {
  if (refusal?.retryable !== true) return "no: it does not pass by itself";
  return refusal.retryAfterMs === undefined ? "yes, later" : `yes, after ${lasting(refusal.retryAfterMs)}`;
}

function ruleText(rule: string, sentences: Readonly<Record<string, string>>): string {
  const sentence = Object.hasOwn(sentences, rule) ? `: ${harmless(sentences[rule]!, MAX_SHOWN)}` : "";
  return `\`${harmless(rule, 60)}\`${sentence}`;
}

/** Micro-units by measure. */
function costText(cost: unknown): string {
  const named = Object.entries((cost ?? {}) as Readonly<Record<string, unknown>>).map(([measure, micro]) =>
    harmless(formatAmount(measure, Number(micro)), 60),
  );
  return ["1 call", ...named].join(", ");
}

/** Flat `[name, pseudonym, …]`. */
function tagsText(tags: readonly unknown[]): string {
  const parts: string[] = [];
  for (let i = 0; i < tags.length; i += 2) parts.push(`${shown(tags[i])} #${shown(tags[i + 1]).slice(0, 6)}`);
  return `${parts.join(", ")} (values are pseudonyms)`;
}

function row({ paint, width }: View, label: string, text: string): string {
  return hanging(label.padEnd(LABEL), text, width, 2, paint.dim);
}

function shown(value: unknown): string {
  return harmless(typeof value === "string" ? value : JSON.stringify(value ?? null), 200);
}
