import type { Act, Move } from "../attack.js";
import type { Hunt, Trace } from "../hunt/index.js";
import type { TraceReport } from "./data.js";
import { amountText, counted, cut, timeText } from "./words.js";

/** Steps that are told; the rest is counted. */
const MAX_STEPS = 60;
/** Acts that are told of one move. */
const MAX_ACTS = 4;
const MAX_STEP = 240;
const MAX_VALUE = 60;

/** A trace in words. */
export function traceReport(trace: Trace & Partial<Hunt>): TraceReport {
  const { attack, seed, damage, without, moves, strategy, isCapped } = trace;
  return {
    ...{ attack: attack.id, seed, damage, without, unit: attack.unit },
    contained: damage <= attack.tolerable,
    ...(strategy !== undefined && { strategy }),
    ...(isCapped === true && { isCapped }),
    moves: moves.length,
    steps: stepsOf(moves),
  };
}

/** "14 moves, seed 1". */
export function movesText({ moves, seed, isCapped }: TraceReport): string {
  const more = isCapped === true ? "; it had no acts left, and the policy lets more through" : "";
  return `${counted(moves, "move")}, seed ${seed}${more}`;
}

/** Blocks of moves that are looked for: an act and a wait, a round of some workers. */
const MAX_PERIOD = 4;

/** What comes again and again is told once. */
function stepsOf(moves: readonly Move[]): string[] {
  const texts = moves.map(moveText);
  const steps: string[] = [];
  let at = 0;
  while (at < texts.length && steps.length < MAX_STEPS) {
    const { period, times } = repeatsAt(texts, at);
    const block = texts.slice(at, at + period).join(", then ");
    steps.push(times === 1 ? block : `${times} × ${period === 1 ? block : `(${block})`}`);
    at += period * times;
  }
  if (at < texts.length) steps.push(`and ${counted(texts.length - at, "move")} more`);
  return steps;
}

/** The block that covers most from there on; the shortest of equals. */
function repeatsAt(
  texts: readonly string[],
  at: number,
): { readonly period: number; readonly times: number } {
  let best = { period: 1, times: 1 };
  for (let period = 1; period <= MAX_PERIOD; period++) {
    let end = at + period;
    while (end < texts.length && texts[end] === texts[end - period]) end += 1;
    const times = Math.floor((end - at) / period);
    if (times > 1 && period * times > best.period * best.times) best = { period, times };
  }
  return best;
}

function moveText(move: Move): string {
  return cut(textOf(move), MAX_STEP);
}

function textOf(move: Move): string {
  switch (move.do) {
    case "act":
      return actText(move);
    case "together":
      return `at once: ${togetherText(move.acts)}`;
    case "wait":
      return `wait ${timeText(move.ms)}`;
    case "signal":
      return `signal ${move.name} = ${amountText(move.value)}`;
    case "balance":
      return `balance ${amountText(move.current)} of ${amountText(move.start)}`;
    case "realize":
      return `realize ${amountText(move.pnl)} for ${move.series} by ${move.source}`;
    case "crash":
      return "the governor crashes, and another one goes on";
    case "call":
      return `forge ${move.what} ${move.id}`;
  }
}

function togetherText(acts: readonly Act[]): string {
  const counts = new Map<string, number>();
  for (const act of acts) {
    const text = actText(act);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const texts = [...counts].map(([text, times]) => (times === 1 ? text : `${times} × ${text}`));
  const more = texts.length > MAX_ACTS ? [`and ${texts.length - MAX_ACTS} more`] : [];
  return [...texts.slice(0, MAX_ACTS), ...more].join("; ");
}

/** "send_email by support_agent, recipient x, 0.5 usd". */
function actText({ action }: Act): string {
  const { source, series, tags = {}, cost = {} } = action;
  return [
    `${series} by ${source}`,
    ...Object.entries(tags).map(([name, value]) => `${name} ${cut(String(value), MAX_VALUE)}`),
    ...Object.entries(cost).map(([measure, amount]) => `${amountText(amount)} ${measure}`),
  ].join(", ");
}
