import { speakWait } from "../../core/duration.js";
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
