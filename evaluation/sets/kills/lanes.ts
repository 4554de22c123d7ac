import type { LaneScore, RegimeSlice, ScoreSettings } from "../../../src/detect/score/index.js";

/** Between two events of a simulated lane. */
const STEP_MS = 1000;

/** Event number at which a lane was killed; Infinity: never. */
export type Killed = number;

/**
 * Settles outcomes until the lane is killed, with a look after every one.
 *
 * Time stands still, so that nothing is forgotten: the worst case for a test that is looked at for ever.
 *
 * @param oks what happens at event i
 */
export function killedAt(
  lane: LaneScore,
  oks: (i: number) => boolean,
  events: number,
  settings: ScoreSettings,
  slice: (i: number) => RegimeSlice = normal,
): Killed {
  for (let i = 0; i < events; i++) {
    const at = slice(i);
    if (lane.settle(oks(i), NaN, at, 0, settings) && lane.health(at) === "black") return i + 1;
  }
  return Infinity;
}

/** The same for a lane under enforcement: while it is red only probes happen, each after its wait. */
export function killedAtEnforced(
  lane: LaneScore,
  oks: (i: number) => boolean,
  events: number,
  settings: ScoreSettings,
): Killed {
  let mono = 0;
  for (let i = 0; i < events; i++) {
    mono += STEP_MS + lane.msUntilProbe(0, mono, settings);
    if (lane.settle(oks(i), NaN, 0, mono, settings) && lane.health(0) === "black") return i + 1;
  }
  return Infinity;
}

/** Realizes results until the lane is killed, with a look after every one. */
export function killedByEdgeAt(
  lane: LaneScore,
  cents: (i: number) => number,
  events: number,
  settings: ScoreSettings,
): Killed {
  for (let i = 0; i < events; i++) {
    if (lane.realize(cents(i), NaN, NaN, 0, 0, settings) && lane.health(0) === "black") return i + 1;
  }
  return Infinity;
}

/** First event from now on at which a lane is red (0: it was), and at which it is black, when all of its events pass. */
export function fallOf(
  lane: LaneScore,
  oks: () => boolean,
  events: number,
  settings: ScoreSettings,
): { readonly red: number; readonly black: number } {
  let red = lane.health(0) === "red" ? 0 : Infinity;
  for (let i = 1; i <= events; i++) {
    if (!lane.settle(oks(), NaN, 0, 0, settings)) continue;
    if (lane.health(0) === "red" && red === Infinity) red = i;
    if (lane.health(0) === "black") return { red: Math.min(red, i), black: i };
  }
  return { red, black: Infinity };
}

/**
 * What a rule without a plan for repeated looks does: it kills when a fixed posterior (uniform prior) says "below the
 * floor" with 95 %, by the normal approximation, from ten samples on.
 */
export function killedByPeekingAt(oks: () => boolean, events: number, floor: number): Killed {
  let worked = 0;
  for (let i = 1; i <= events; i++) {
    if (oks()) worked++;
    if (i < 10) continue;
    const mean = (worked + 1) / (i + 2);
    const deviation = Math.sqrt((mean * (1 - mean)) / (i + 3));
    if (mean + 1.645 * deviation < floor) return i;
  }
  return Infinity;
}

function normal(): RegimeSlice {
  return 0;
}
