import { canonicalJson } from "../core/canonical.js";
import { own } from "../core/own.js";

/** One place where the state that was saved and the replayed one differ. */
export interface StateDifference {
  /** Such as `guards.0.table.counters.3`. */
  readonly path: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** Differences that a report lists. */
const LISTED = 20;

/** Where two plain values differ, the first ones in the order of their paths. */
export function stateDifferences(recorded: unknown, replayed: unknown): StateDifference[] {
  const [a, b] = [plain(recorded), plain(replayed)];
  const found: StateDifference[] = [];
  if (canonicalJson(a) !== canonicalJson(b)) collect(a, b, "", found);
  return found;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function collect(a: unknown, b: unknown, path: string, found: StateDifference[]): void {
  if (found.length >= LISTED || canonicalJson(a ?? null) === canonicalJson(b ?? null)) return;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    found.push({ path, recorded: a, replayed: b });
    return;
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const name of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort())
    collect(own(left, name), own(right, name), path === "" ? name : `${path}.${name}`, found);
}
