import { parseDuration } from "../core/duration.js";
import { formatAmount } from "../core/measure.js";
import { lineage } from "../core/source-path.js";
import type { Engine } from "../engine/index.js";
import type { Counter, CounterKey, Guard } from "../engine/guards/guard.js";
import { Meter } from "../engine/guards/meter.js";
import { counted, grouped } from "./io.js";

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
export interface Charged {
  readonly source: string;
  readonly series: string;
  readonly mono: number;
  /** Flat `[name, pseudonym, …]`. */
  readonly tags?: readonly string[];
}

/** What the rules that look at such an action have counted, at its time. */
export function countersFor(engine: Engine, action: Charged): CounterLine[] {
  // A score is kept by the lane, and not by its rules.
  const guards = engine.guards.filter(({ rule }) => rule.kind !== "score");
  return guards.flatMap((guard) =>
    [...guard.table.all()]
      .filter(({ key }) => isCharged(guard, key, action))
      .map((counter) => lineOf(guard, counter, action.mono)),
  );
}

/** Whether an action is charged to the counter of a key. */
export function isCharged(guard: Guard, key: CounterKey, action: Charged): boolean {
  const { source, series, tags } = key;
  if (source !== undefined && !(lineage(action.source) ?? [action.source]).includes(source)) return false;
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

function stateText({ rule, host }: Guard, state: unknown): string {
  if (state === null) return rule.kind === "errors" ? "closed" : "nothing";
  const { alarm } = state as { readonly alarm?: string };
  if (alarm !== undefined) return `alarm: ${alarm}`;
  if (rule.kind === "rate") {
    // One token is as many units as its window has milliseconds.
    const { missing } = state as { readonly missing: number };
    const used = Math.ceil(missing / (parseDuration(rule.window) ?? 1));
    return `${used} of a burst of ${rule.burst ?? 0} used`;
  }
  if (rule.kind === "errors") return breakerText(state, host.alarmAt);
  if (WATCHES.has(rule.kind)) return watchText(state as Watched, host.alarmAt);
  return JSON.stringify(state);
}

/** Kinds whose counters watch what happens, with the evidence that a calibrated one has. */
const WATCHES: ReadonlySet<string> = new Set(["denials", "newcomers", "runaway", "loop"]);

interface Watched {
  readonly evidence?: number;
  readonly calls?: number;
  readonly denied?: number;
  readonly known?: number;
  readonly newInWindow?: number;
  readonly usualPerSecond?: number;
  readonly recentPerSecond?: number;
}

function watchText(state: Watched, alarmAt: number): string {
  const { evidence, calls, denied, known, newInWindow, usualPerSecond, recentPerSecond } = state;
  const parts = [
    ...(calls === undefined || denied === undefined
      ? []
      : [`${grouped(denied)} of ${counted(calls, "action")} denied`]),
    ...(newInWindow === undefined ? [] : [`${grouped(newInWindow)} new in the window`]),
    ...(known === undefined ? [] : [`${grouped(known)} known`]),
    ...(usualPerSecond === undefined || recentPerSecond === undefined
      ? []
      : [`${perMinute(recentPerSecond)} a minute lately, ${perMinute(usualPerSecond)} are usual`]),
    ...(evidence === undefined ? [] : [evidenceText(evidence, alarmAt)]),
  ];
  return parts.length === 0 ? JSON.stringify(state) : parts.join(", ");
}

function breakerText(state: unknown, alarmAt: number): string {
  const breaker = state as {
    readonly state?: string;
    readonly evidence?: string | number;
    readonly inARow?: number;
    readonly failing?: number;
  };
  const { evidence, inARow, failing } = breaker;
  if (breaker.state !== undefined) return `${breaker.state}: ${evidence ?? ""}`;
  if (inARow !== undefined) return `closed, ${counted(inARow, "failure")} in a row`;
  if (failing !== undefined) return `closed, ${Math.round(100 * failing)} % fail`;
  if (typeof evidence === "number") return `closed, ${evidenceText(evidence, alarmAt)}`;
  return "closed, failures counted";
}

/** What a calibrated detector has against the calls so far, and what it takes. */
function evidenceText(evidence: number, alarmAt: number): string {
  return `evidence ${grouped(Math.floor(evidence))} of ${grouped(Math.ceil(alarmAt))}`;
}

function perMinute(perSecond: number): string {
  return String(Number((60 * perSecond).toPrecision(2)));
}
