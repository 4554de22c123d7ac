import { formatDuration, speakWait } from "../../core/duration.js";
import type { CounterKey } from "./guard.js";

/** " for `planner` on `search`"; empty where one counter serves all. Tag values are pseudonyms and stay out. */
export function keyText(key: CounterKey): string {
  if (key.overflow) return " for names beyond the cap, together";
  const source = key.source === undefined ? "" : ` for \`${key.source}\``;
  const series = key.series === undefined ? "" : ` on \`${key.series}\``;
  const tags = key.tags === undefined ? "" : ` for this ${Object.keys(key.tags).join(" and ")}`;
  return source + series + tags;
}

/** What a model should do about a refusal that passes by itself. */
export function waitText(ms: number): string {
  return `wait ${speakWait(ms)} before trying again, or do something else`;
}

/** What a model should do about a refusal that does not pass by itself. */
export const GIVE_UP = "do not retry; finish without it or ask the operator";

/** A length of time in evidence: whole seconds from one second on. */
export function spanText(ms: number): string {
  return formatDuration(ms < 1000 ? Math.max(0, Math.round(ms)) : 1000 * Math.round(ms / 1000));
}

/** How strong evidence is, for people: chance alone would show as much less than once in so many actions. */
export function oddsText(evidence: number): string {
  return `chance alone shows as much less than once in ${Math.floor(evidence)} actions`;
}
