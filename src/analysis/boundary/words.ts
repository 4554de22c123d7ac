import { formatAmount } from "../../core/measure.js";
import type { Scope } from "../../core/scope.js";
import type { TrialAction } from "../asked.js";

/** "1st", "22nd", "10,000th". */
export function ordinal(n: number): string {
  const tens = n % 100;
  const ending = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${grouped(n)}${ending}`;
}

/** "10,000". */
export function grouped(n: number): string {
  return formatAmount("", n * 1_000_000).trim();
}

/** A stretch of time, exactly: "0.125 s", "1 minute 59.999 s", "24 hours". */
export function spoken(ms: number): string {
  if (ms === DAY_MS) return "24 hours";
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${grouped(count)} ${unit}${count === 1 ? "" : "s"}`);
    rest -= count * size;
  }
  if (rest > 0 || parts.length === 0) parts.push(`${rest / 1000} s`);
  return parts.join(" ");
}

const DAY_MS = 86_400_000;
const UNITS = [
  ["day", DAY_MS],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** "`send_email` by `agent`". */
export function named({ source, series }: TrialAction): string {
  return `${code(series)} by ${code(source)}`;
}

/** Text from outside between backticks. */
export function code(text: string): string {
  return `\`${text.replace(/[\\`]/g, "\\$&")}\``;
}

/** What a halt stops: "everything", "all of `agent`", "`send_email` by `agent`". */
export function scoped(scope: Scope): string {
  if (scope === "all") return "everything";
  const { source, series, tags } = scope;
  const parts: string[] = [];
  if (series !== undefined) parts.push(listed(series));
  if (source !== undefined) parts.push(`${series === undefined ? "all of" : "by"} ${listed(source)}`);
  if (tags !== undefined) {
    const named = Object.entries(tags).map(([name, globs]) => `${code(name)} ${listed(globs)}`);
    parts.push(`${parts.length === 0 ? "everything with" : "with"} ${named.join(" and ")}`);
  }
  return parts.join(" ");
}

function listed(globs: string | readonly string[]): string {
  const names = [globs].flat().map((glob) => code(glob));
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} …` : names.join(" or ");
}
