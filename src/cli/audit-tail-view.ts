import type { LogRecord } from "../audit/log/leaf.js";
import { harmless } from "./io.js";
import type { Mark, Paint } from "./io.js";

/** Commands of operators, and what stops or frees agents. */
const COMMANDS: ReadonlySet<string> = new Set([
  ...["halt", "resume", "approve", "reject", "revive", "override", "policy", "restart", "order"],
]);
/** What an operator should look into. */
const TROUBLE: ReadonlySet<string> = new Set(["gap", "invalid", "log.recovered", "clock"]);
/** Fields that the columns have already, or that say nothing to people. */
const HIDDEN: ReadonlySet<string> = new Set([
  ...["at", "mono", "n", "type", "boot", "seq", "source", "series", "verdict", "rule", "code", "policy"],
  ...[
    "facts",
    "bind",
    "args",
    "tags",
    "kept",
    "rules",
    "config",
    "limits",
    "image",
    "state",
    "wouldCode",
    "wouldRule",
    "cost",
  ],
]);
const VALUE_MAX = 60;
const LINE_MAX = 300;

/** One record on one line, whatever is in it. */
export function recordLine(record: LogRecord, paint: Paint): string {
  const { type, n } = record;
  const mark = markOf(record, paint);
  const parts = [
    paint.dim(timeOf(record["at"])),
    paint.dim(String(n).padStart(7)),
    mark(safe(type).padEnd(10)),
    ...whatOf(record).filter((part) => part !== ""),
  ];
  return parts.join("  ").trimEnd();
}

function whatOf(record: LogRecord): string[] {
  const { type } = record;
  if (type === "gate") {
    const { verdict, code, rule, wouldCode, wouldRule } = record;
    const why = [code, rule].filter(isText).map(safe).join(" by ");
    const would = [wouldCode, wouldRule].filter(isText).map(safe).join(" by ");
    return [
      idOf(record),
      textOr(verdict).toUpperCase().padEnd(7),
      `${textOr(record["series"])} by ${textOr(record["source"])}`,
      why + (would === "" ? "" : ` (would be ${would})`),
      costOf(record["cost"]),
    ];
  }
  if (type === "settle") {
    return [
      idOf(record),
      record["ok"] === false ? "failed" : "done",
      costOf(record["cost"]),
      fieldsOf(record, ["ok"]),
    ];
  }
  return [typeof record["seq"] === "number" ? idOf(record) : "", fieldsOf(record, [])];
}

function markOf(record: LogRecord, paint: Paint): Mark {
  const { type, verdict } = record as LogRecord & { readonly verdict?: unknown };
  if (COMMANDS.has(type)) return (text) => paint.bold(paint.warn(text));
  if (TROUBLE.has(type)) return paint.bad;
  if (type === "gate") return verdict === "allow" ? paint.good : paint.bad;
  return type.startsWith("log.") || type === "tick" ? paint.dim : (text) => text;
}

/** The id that `rein explain` takes. */
function idOf({ boot, seq }: LogRecord): string {
  return typeof boot === "string" && typeof seq === "number" ? `${safe(boot)}.${seq.toString(36)}` : "";
}

function costOf(cost: unknown): string {
  if (typeof cost !== "object" || cost === null) return "";
  return Object.entries(cost)
    .flatMap(([measure, micros]) => (typeof micros === "number" ? [`${micros / 1e6} ${safe(measure)}`] : []))
    .join(", ");
}

function fieldsOf(record: LogRecord, known: readonly string[]): string {
  const parts = Object.entries(record)
    .filter(([key]) => !HIDDEN.has(key) && !known.includes(key))
    .map(([key, value]) => `${safe(key)}=${isText(value) ? safe(value) : safe(JSON.stringify(value))}`);
  return harmless(parts.join(" "), LINE_MAX);
}

function timeOf(at: unknown): string {
  if (typeof at !== "number" || !(Math.abs(at) <= 8.64e15)) return "at an unknown time".padEnd(23);
  return new Date(at).toISOString().replace("T", " ").slice(0, 23);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function textOr(value: unknown): string {
  return isText(value) ? safe(value) : "?";
}

function safe(text: string): string {
  return harmless(text, VALUE_MAX);
}
