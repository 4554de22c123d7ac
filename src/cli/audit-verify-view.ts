import { many, seconds } from "../audit/verify/coverage.js";
import type { Finding, Incident, Listed, Place, Verdict } from "../audit/verify/verdict.js";
import { grouped, harmless, paintFor, widthOf } from "./io.js";
import type { Io, Paint } from "./io.js";
import { hanging, timeText } from "./layout.js";

/** How many incidents of a kind are shown; `--json` has more. */
const SHOWN = 3;

/** A verdict in words: what it is, what was checked, what was found, what it does not cover. */
export function verdictText(verdict: Verdict, io: Io): string {
  const paint = paintFor(io);
  const width = widthOf(io);
  const headline = {
    valid: "VALID",
    invalid: "INVALID",
    contradicted: "CONTRADICTED",
    untrusted: "NOT TRUSTED ENOUGH",
  }[verdict.outcome];
  const sentence = {
    valid: verdict.summary,
    invalid: "the log does not hold",
    contradicted: "the log contradicts what was kept of it",
    untrusted: "the log holds, with less trust than was asked for",
  }[verdict.outcome];
  const mark = verdict.exitCode === 0 ? paint.good : verdict.exitCode === 4 ? paint.warn : paint.bad;
  const lines: string[] = [
    hanging(`${headline}  `, harmless(sentence), width, 0, (text) => paint.bold(mark(text))),
  ];
  const add = (label: string, text: string): void => {
    lines.push(hanging(label.padEnd(14), harmless(text), width, 2, paint.dim));
  };
  const list = (title: string, findings: Listed<Finding>, bullet: (text: string) => string): void => {
    if (findings.count === 0) return;
    lines.push("", paint.bold(title));
    for (const { message, place } of findings.first)
      lines.push(hanging("- ", harmless(message + placeText(place)), width, 2, bullet));
    if (findings.count > findings.first.length)
      lines.push(`  and ${grouped(findings.count - findings.first.length)} more`);
  };
  list("What is wrong", verdict.problems, mark);
  list("To look at", verdict.warnings, paint.warn);
  lines.push("");
  facts(verdict, add);
  story(verdict, lines, add, paint);
  lines.push("", paint.bold("Not covered"));
  for (const sentence of verdict.notCovered)
    lines.push(hanging("- ", harmless(sentence), width, 2, paint.warn));
  return `${lines.join("\n")}\n`;
}

function facts(
  { log, signed, size, tail, checked, trust, dir, ending }: Verdict,
  add: (label: string, text: string) => void,
): void {
  add("log", log === null ? dir : `${log.origin} in ${dir}`);
  if (log !== null) {
    add(
      "key",
      `${log.vkey} (${{ log: "as the log itself says", given: "as you gave it", policy: "of your policy" }[log.keyFrom]})`,
    );
    if (log.previous !== null)
      add(
        "goes on from",
        `${log.previous.origin}, ${many(log.previous.size, "record")}: ${log.previous.reason}`,
      );
  }
  add(
    "signed",
    signed === null ? "nothing" : `${grouped(signed.size)} of ${many(size, "record")}, root ${signed.root}`,
  );
  if (tail.records > 0)
    add("not signed", `${many(tail.records, "record")}, for ${seconds(tail.exposureSeconds)}`);
  const kept = [
    `${many(checked.records, "record")} (${(checked.bytes / 1e6).toFixed(1)} MB) in ${many(checked.segments, "segment")}`,
    many(checked.checkpoints, "checkpoint"),
    many(checked.seals, "seal"),
    ...(checked.heads > 0 ? [many(checked.heads, "kept head")] : []),
    ...(checked.blobs > 0 ? [many(checked.blobs, "large value")] : []),
    ...(checked.removed > 0 ? [`${grouped(checked.removed)} removed records by their hashes`] : []),
  ];
  const rate =
    checked.elapsedMs > 0
      ? `, ${grouped(Math.round((1000 * checked.records) / checked.elapsedMs))} records/s`
      : "";
  add("checked", `${kept.join(", ")}, in ${(checked.elapsedMs / 1000).toFixed(1)} s${rate}`);
  for (const { name, at, size: of } of trust.witnesses)
    add("witness", `${name} at ${timeText(at)}, ${many(of, "record")}`);
  for (const { kind, at, size: of } of trust.anchors.slice(-SHOWN))
    add(
      "anchor",
      `${kind}, ${many(of, "record")}${at === null ? "" : `, ${timeText(at)}`} (as a receipt in the log says)`,
    );
  if (trust.level === "witnessed")
    add("witnessed", `up to record ${trust.witnessedSize - 1}, ${seconds(trust.exposureSeconds ?? 0)} open`);
  const how = { empty: "nothing was written yet", closed: "closed by its writer", open: "not closed" }[
    ending.state
  ];
  add("ends", ending.at === null ? how : `${how}, last record ${timeText(ending.at)}`);
}

function story(
  { decisions, history }: Verdict,
  lines: string[],
  add: (label: string, text: string) => void,
  paint: Paint,
): void {
  lines.push("", paint.bold("What it tells"));
  const parts = [
    `${grouped(decisions.allowed)} allowed`,
    `${grouped(decisions.answered)} with an outcome`,
    ...(decisions.inFlight > 0 ? [`${grouped(decisions.inFlight)} in flight`] : []),
    ...(decisions.interrupted > 0
      ? [`${grouped(decisions.interrupted)} interrupted by the end of their run`]
      : []),
    ...(decisions.unanswered.count > 0 ? [`UNANSWERED in ${many(decisions.unanswered.count, "run")}`] : []),
  ];
  add(
    "decisions",
    `${grouped(decisions.total)}: ${parts.join(", ")}${decisions.isIncomplete ? " (too many were open to follow all)" : ""}`,
  );
  add("runs", `${many(history.starts, "start")}, ${many(history.closes, "end")}`);
  incidents("unanswered", decisions.unanswered, add);
  incidents("recoveries", history.recoveries, add);
  incidents("gaps", history.gaps, add);
  incidents("clock", history.unrecordedSteps, add);
  if (history.clockSteps > 0) add("clock", `set ${many(history.clockSteps, "time")}, as the records say`);
  incidents("silence", history.silences, add);
  incidents("retention", history.retention, add);
  if (history.redactions > 0) add("erased", `${many(history.redactions, "record")} of erasures`);
}

function incidents(
  label: string,
  { count, first }: Listed<Incident>,
  add: (label: string, text: string) => void,
): void {
  for (const { index, at, message } of first.slice(0, SHOWN))
    add(label, `record ${index}${at === null ? "" : `, ${timeText(at)}`}: ${message}`);
  if (count > SHOWN) add("", `and ${grouped(count - SHOWN)} more`);
}

function placeText(place: Place | null): string {
  if (place === null) return "";
  const { file, line, byte } = place;
  if (line !== null) return ` [${file}, line ${line}${byte === null ? "" : `, byte ${byte}`}]`;
  return ` [${file}${byte === null ? "" : `, byte ${byte}`}]`;
}
