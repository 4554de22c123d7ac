import { harmlessText, scopeText } from "./words.js";
import { numberIn, objectIn, textIn, typeOf } from "./entry.js";

type Fields = Readonly<Record<string, unknown>>;

/** How much a record wants to be looked at; the words of OCSF, which OpenTelemetry's numbers are derived from. */
export type Severity = "informational" | "low" | "medium" | "high" | "critical";

/** One plain sentence about a record, for people who search events. */
export function sentenceOf(record: Fields, decision: Fields = record): string {
  const type = typeOf(record);
  const [source, series] = [textIn(decision, "source"), textIn(decision, "series")];
  const action = `${quoted(series ?? "an action")} by ${quoted(source ?? "unknown")}`;
  const by = textIn(record, "by");
  const why = textIn(record, "reason");
  const told = `${by === undefined ? "" : ` by ${quoted(by)}`}${why === undefined ? "" : `: ${harmlessText(why)}`}`;
  switch (type) {
    case "gate":
      return `${action}: ${VERDICTS.get(textIn(record, "verdict") ?? "") ?? "unknown verdict"}${reasonOf(record)}`;
    case "settle":
      return `${action} ${record["ok"] === true ? "succeeded" : "failed"}`;
    case "cancel":
      return `${action} was taken back before it began`;
    case "invalid":
      return `an action could not be read${reasonOf(record)}`;
    case "halt":
      return `halt of ${scopeText(record["scope"])}${told}`;
    case "resume":
      return `halt ${quoted(textIn(record, "halt") ?? "unknown")} was resumed${told}`;
    case "receipt":
      return `halt ${quoted(textIn(record, "halt") ?? "unknown")} ${record["complete"] === true ? "is complete" : "is NOT complete"}`;
    case "approve":
    case "reject":
      return `approval ${quoted(textIn(record, "approval") ?? "unknown")} was ${type === "approve" ? "given" : "refused"}${told}`;
    case "revive":
      return `${action} was revived${told}`;
    case "override":
      return `${action} was set to ${quoted(textIn(record, "status") ?? "unknown")}${told}`;
    case "policy":
      return `a policy was put in force (${quoted(textIn(record, "mode") ?? "unknown")})`;
    case "open":
      return `a governor was opened in mode ${quoted(textIn(record, "mode") ?? "unknown")}`;
    case "close":
      return `the governor was closed, ${numberIn(record, "unsettled") ?? 0} actions unsettled`;
    case "clock":
      return `the wall clock was set by ${numberIn(record, "byMs") ?? "unknown"} ms`;
    case "gap":
      return `${numberIn(record, "lost") ?? "an unknown number of"} records are missing${told}`;
    case "log.recovered":
      return `the log was recovered after a crash: ${numberIn(record, "bytes") ?? 0} bytes were cut`;
    default:
      return `${quoted(type)}${told}`;
  }
}

const VERDICTS: ReadonlyMap<string, string> = new Map([
  ["allow", "allowed"],
  ["block", "blocked"],
  ["approve", "needs an approval"],
]);

function reasonOf(record: Fields): string {
  const [code, rule] = [textIn(record, "code"), textIn(record, "rule")];
  const [wouldCode, wouldRule] = [textIn(record, "wouldCode"), textIn(record, "wouldRule")];
  if (code !== undefined || rule !== undefined) return `, ${named(code, rule)}`;
  return wouldCode !== undefined || wouldRule !== undefined
    ? `, enforcement would have refused it: ${named(wouldCode, wouldRule)}`
    : "";
}

function named(code: string | undefined, rule: string | undefined): string {
  return [
    ...(code === undefined ? [] : [quoted(code)]),
    ...(rule === undefined ? [] : [`rule ${quoted(rule)}`]),
  ].join(" by ");
}

function quoted(text: string): string {
  return `\`${harmlessText(text)}\``;
}

const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ["halt", "high"],
  ["gap", "high"],
  ["order_rejected", "high"],
  ["log.recovered", "medium"],
  ["invalid", "medium"],
  ["policy", "low"],
  ["clock", "low"],
  ["resume", "low"],
  ["revive", "low"],
  ["override", "low"],
  ["approve", "low"],
  ["reject", "low"],
  ["restart", "low"],
  ["log.redacted", "low"],
  ["log.retention", "low"],
]);

export function severityOf(record: Fields): Severity {
  const type = typeOf(record);
  switch (type) {
    case "gate": {
      const verdict = textIn(record, "verdict");
      if (verdict === "block") return "medium";
      return verdict === "approve" || textIn(record, "wouldCode") !== undefined ? "low" : "informational";
    }
    case "settle":
      return record["ok"] === true ? "informational" : "low";
    case "receipt":
      return record["complete"] === true ? "low" : "critical";
    case "close":
      return (numberIn(record, "unsettled") ?? 0) > 0 ? "low" : "informational";
    default:
      return SEVERITIES.get(type) ?? "informational";
  }
}

/** Amounts of a record in whole units, by measure: the log has micro-units. */
export function costsOf(record: Fields): [string, number][] {
  return Object.entries(objectIn(record, "cost") ?? {}).flatMap(([measure, micro]) =>
    typeof micro === "number" && Number.isFinite(micro) ? [[measure, micro / MICRO] as [string, number]] : [],
  );
}

const MICRO = 1_000_000;

/** Tags of a decision: names and pseudonyms. */
export function tagsOf(record: Fields): [string, string][] {
  const flat = Array.isArray(record["tags"]) ? (record["tags"] as unknown[]) : [];
  const tags: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [name, value] = [flat[i], flat[i + 1]];
    if (typeof name === "string" && typeof value === "string") tags.push([name, value]);
  }
  return tags;
}
