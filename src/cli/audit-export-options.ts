import { InvalidArgumentError } from "commander";
import { DateTime } from "luxon";
import { parseDuration } from "../core/duration.js";

/** What the options of an export are read with. */

export function parseIndex(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("Write a whole number from 0.");
  return Number(text);
}

export function parseTime(text: string): number {
  const ago = parseDuration(text);
  if (ago !== null) return Date.now() - ago;
  const at = DateTime.fromISO(text, { zone: "utc" });
  if (!/^\d{4}-\d\d-\d\d/.test(text) || !at.isValid)
    throw new InvalidArgumentError("Write a time such as 2026-01-05T12:00:00Z, or a duration such as 2h.");
  return at.toMillis();
}

export function parseTypes(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").filter((each) => each !== "")];
}

export function parseSignal(text: string): string {
  if (text !== "traces" && text !== "logs") throw new InvalidArgumentError("Write traces or logs.");
  return text;
}

export function parseTypePrefix(text: string): string {
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(text) || text.length > 200)
    throw new InvalidArgumentError("Write a reversed domain name such as com.example.rein.");
  return text;
}
