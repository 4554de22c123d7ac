import { scopeText } from "../rein/news.js";
import type { Circumstances, LaneThen } from "./decision-replay.js";
import type { LaneOutcome, PastEvent, Way } from "./decision-way.js";
import { counted, grouped, harmless } from "./io.js";
import type { Paint } from "./io.js";
import { hanging, lasting, timeText } from "./layout.js";
import { regimeSummary } from "./summary-judgement.js";
import { regimeText } from "./weather-view.js";

const LABEL = 12;
const KIND = 8;
const MAX_SHOWN = 1000;

/** Where the lane and the world stood when a decision was made, and on what evidence. */
export function standingText(then: Circumstances, at: number, width: number, paint: Paint): string {
  const { lane, way, regime } = then;
  const row = (label: string, text: string): string =>
    hanging(label.padEnd(LABEL), text, width, 2, paint.dim);
  return [
    paint.bold("Lane and regime then"),
    row("lane", laneText(lane, at, paint)),
    ...(lane.sentence === "" || lane.sentence === lane.reason
      ? []
      : [row("evidence", harmless(lane.sentence, MAX_SHOWN))]),
    ...scoreLines(lane, regime.regime).map((text) => row("score", text)),
    ...outcomeLines(way, at).map((text) => row("outcomes", text)),
    row("size", sizeText(lane.sizeMultiplier)),
    row(
      "regime",
      regimeText(regimeSummary(regime), (since) => `${lasting(at - since)} before`),
    ),
  ].join("\n");
}

/** What led to a decision, the oldest first; empty when nothing did. */
export function wayText({ events, leftOut, from }: Way, width: number, paint: Paint): string {
  if (events.length === 0) return "";
  const since = from === null ? "" : ` ${paint.dim(`(since ${timeText(from)})`)}`;
  return [
    `${paint.bold("On the way to it")}${since}`,
    ...(leftOut === 0 ? [] : [paint.dim(`  ${grouped(leftOut)} older left out`)]),
    ...events.map((event) => eventLine(event, width, paint)),
  ].join("\n");
}

/** "2026-01-05 12:00:00 UTC  status  …". */
export function eventLine(event: PastEvent, width: number, paint: Paint): string {
  const label = `${timeText(event.at)}  ${event.kind.padEnd(KIND)}`;
  return hanging(label, eventText(event), width, 2, paint.dim);
}

function eventText(event: PastEvent): string {
  switch (event.kind) {
    case "status":
      return `the lane went from ${event.from} to ${event.to} by ${harmless(event.by, 60)}${why(event.reason)}`;
    case "regime":
      return `the regime went from ${event.from} to ${event.to}${why(event.reason)}`;
    case "alert":
      return `${harmless(event.code, 40)}: ${harmless(event.message, MAX_SHOWN)}`;
    case "halt":
      return `${harmless(event.id, 20)} over ${harmless(scopeText(event.scope), 200)} by ${harmless(event.by, 60)}${why(event.reason)}`;
    case "resume":
      return `${harmless(event.id, 20)} was resumed by ${harmless(event.by, 60)}${why(event.reason)}`;
  }
}

function why(reason: string): string {
  return reason === "" ? "" : `: ${harmless(reason, MAX_SHOWN)}`;
}

function laneText({ status, since, reason, byHand }: LaneThen, at: number, paint: Paint): string {
  const mark = status === "green" ? paint.good : status === "yellow" ? paint.warn : paint.bad;
  const from =
    since === null ? " since the beginning" : ` since ${timeText(since)} (${lasting(at - since)} before)`;
  return `${mark(status)}${byHand ? ", set by hand," : ""}${from}${why(reason)}`;
}

/** What has blocked a lane, in numbers. */
function scoreLines({ status, byHand, score }: LaneThen, regime: string): string[] {
  if (score === null || byHand || (status !== "red" && status !== "black")) return [];
  const slice = score.slices.find((each) => each.regime === (regime === "unknown" ? "stressed" : regime));
  if (slice === undefined) return [];
  const { success, interval, effectiveSamples, attempts, slippageCents, evidence, edge } = slice;
  const [low, high] = interval;
  const capital = score.capitalPct === null ? [] : [`capital at ${percent(score.capitalPct)}`];
  const worth =
    edge === null
      ? []
      : [
          `${counted(Math.round(edge.results), "result")} worth ${cents(edge.meanCents)} on average, negative with a probability of ${edge.negativeP.toFixed(2)} (e-value ${rounded(edge.evidence)})`,
        ];
  return [
    [
      `success ${percent(success)} in this regime (at odds of 9 in 10 between ${percent(low)} and ${percent(high)}), ${percent(score.success)} in all of them lately`,
      `${counted(Math.round(attempts), "attempt")}, ${rounded(effectiveSamples)} effective samples`,
      `e-value ${rounded(evidence)} against success at the floor`,
      ...(slippageCents === null ? [] : [`slippage ${cents(slippageCents)}`]),
      ...worth,
      ...capital,
    ].join("; "),
  ];
}

function outcomeLines({ outcomes, from }: Way, at: number): string[] {
  const { worked, failed, realized, newest } = outcomes;
  if (newest.length === 0) return [];
  const since = from === null ? "" : ` in the ${lasting(at - from)} before`;
  const results = realized === 0 ? "" : `, ${counted(realized, "result")} reported`;
  return [
    `${grouped(worked)} worked, ${grouped(failed)} failed${results}${since}; the newest: ${runsOf(newest).join(", ")}`,
  ];
}

/** Equal outcomes in a row are one piece: "failed × 8". */
function runsOf(outcomes: readonly LaneOutcome[]): string[] {
  const runs: { what: string; times: number }[] = [];
  for (const outcome of outcomes) {
    const what = "ok" in outcome ? (outcome.ok ? "worked" : "failed") : `worth ${outcome.pnl}`;
    const last = runs.at(-1);
    if (last?.what === what) last.times += 1;
    else runs.push({ what, times: 1 });
  }
  return runs.map(({ what, times }) => (times === 1 ? what : `${what} × ${times}`));
}

function sizeText(size: number): string {
  if (size === 0) return "0: nothing of it";
  return size === 1 ? "1: as it was asked" : `${Number(size.toPrecision(2))} of what was asked`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function cents(value: number): string {
  const shown = Number(value.toPrecision(3));
  return shown === 1 ? "1 cent" : `${shown} cents`;
}

function rounded(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : grouped(Math.round(value));
}
