import { printable } from "../../core/names.js";

const MAX_TEXT = 200;

/** Text from a record inside a sentence: one line, not long. */
export function harmlessText(text: string): string {
  return printable(text, MAX_TEXT);
}

/** What a halt applies to, in words. */
export function scopeText(scope: unknown): string {
  if (scope === "all") return "everything";
  if (typeof scope !== "object" || scope === null) return "an unknown scope";
  const parts = Object.entries(scope).map(([name, globs]) => `${name} ${harmlessText(globsText(globs))}`);
  return parts.length === 0 ? "an unknown scope" : parts.join(", ");
}

function globsText(globs: unknown): string {
  return typeof globs === "string" ? globs : (JSON.stringify(globs) ?? "unknown");
}
