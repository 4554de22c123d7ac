import { parseDuration } from "../core/duration.js";
import { formatAmount } from "../core/measure.js";
import { lineage } from "../core/source-path.js";
import type { Engine } from "../engine/index.js";
import type { Counter, CounterKey, Guard } from "../engine/guards/guard.js";
import { Meter } from "../engine/guards/meter.js";
import { counted } from "./io.js";

/** What one rule had counted for one key. */
export interface CounterLine {
  readonly rule: string;
  readonly key: CounterKey;
  /** "3 of 5 actions", for people. */
  readonly text: string;
  /** The same for programs; null: nothing. */
  readonly state: unknown;
}

/** What tells which counters an action is charged to. */
interface Charged {
  readonly source: string;
  readonly series: string;
  readonly mono: number;
  /** Flat `[name, pseudonym, …]`. */
  readonly tags?: readonly string[];
}

/** What the rules that look at such an action have counted, at its time. */
export function countersFor(engine: Engine, action: Charged): CounterLine[] {
  const sources = lineage(action.source) ?? [action.source];
  return engine.guards.flatMap((guard) =>
    [...guard.table.all()]
      .filter(({ key }) => isCharged(guard, key, action, sources))
      .map((counter) => lineOf(guard, counter, action.mono)),
  );
}

function isCharged(guard: Guard, key: CounterKey, action: Charged, sources: readonly string[]): boolean {
  const { source, series, tags } = key;
  if (source !== undefined && !sources.includes(source)) return false;
  if (series !== undefined && series !== action.series) return false;
  if (!guard.conditions.covers(source ?? action.source, action.series)) return false;
  return Object.entries(tags ?? {}).every(([name, value]) => tagOf(action, name) === value);
}

function tagOf({ tags = [] }: Charged, name: string): string {
  for (let i = 0; i < tags.length; i += 2) if (tags[i] === name) return tags[i + 1] ?? "";
  return "";
}

function lineOf(guard: Guard, counter: Counter, mono: number): CounterLine {
  const state = counter.snapshot(mono) ?? null;
  const text = counter instanceof Meter ? meterText(guard, counter, mono) : stateText(guard, state);
  return { rule: guard.id, key: counter.key, text, state };
}

function meterText({ rule }: Guard, meter: Meter, mono: number): string {
  const { limit } = meter.shape;
  const taken = meter.takenAt(mono) + 0;
  const held = meter.held + 0;
  if (rule.kind !== "budget") return `${taken + held} of ${counted(limit, "action")}`;
  const amount = (micro: number): string => formatAmount(rule.measure, micro);
  return `${amount(taken)} spent, ${amount(held)} reserved of ${amount(limit)}`;
}

function stateText({ rule }: Guard, state: unknown): string {
  if (state === null) return rule.kind === "errors" ? "closed" : "nothing";
  if (rule.kind === "rate") {
    // One token is as many units as its window has milliseconds.
    const { missing } = state as { readonly missing: number };
    const used = Math.ceil(missing / (parseDuration(rule.window) ?? 1));
    return `${used} of a burst of ${rule.burst ?? 0} used`;
  }
  if (rule.kind !== "errors") return JSON.stringify(state);
  const breaker = state as {
    readonly state?: string;
    readonly evidence?: string;
    readonly inARow?: number;
  };
  if (breaker.state !== undefined) return `${breaker.state}: ${breaker.evidence ?? ""}`;
  if (breaker.inARow !== undefined) return `closed, ${counted(breaker.inARow, "failure")} in a row`;
  return "closed, failures counted";
}
