import {
  alarmThreshold,
  BurnRate,
  Cycles,
  DenialStorm,
  Known,
  LaneScore,
  LoopEvidence,
  Newcomers,
  ResultMemory,
  Runaway,
  SCORE_DEFAULTS,
} from "../src/detect/index.js";

/** Everything that is judged of one lane: one of each detector, as rules of all kinds `per` source and series ask for. */
export class Watch {
  readonly denials = new DenialStorm();
  readonly newcomers = new Newcomers();
  readonly runaway = new Runaway(5);
  readonly errors = new DenialStorm();
  readonly burn = new BurnRate(0.01);
  readonly loop = new LoopEvidence();
  readonly score = new LaneScore();
}

/** A detector with one event of the ordinary day fed to it; `i` picks the event. */
export interface Fed<D> {
  readonly make: () => D;
  /** Answers as a rule asks, so that no compiler may leave the work out. */
  readonly add: (detector: D, i: number, mono: number) => boolean;
}

/** What a rule compares the evidence with, unless it says otherwise. */
const ALARM = alarmThreshold(10);

/** How many events there are before they begin anew; a power of two. */
export const EVENTS = 8192;

/** Milliseconds between two events of one lane, on average. */
export const GAP_MS = 2000;

const KNOWN_NAMES = 2000;

const denied = draw(0.02);
const failed = draw(0.05);
const isNew = draw(0.03);
const calls = Int32Array.from({ length: EVENTS }, (_, i) => 1 + (mixed(i) % 30));
// Some answers are always the same, most are not.
const results = Int32Array.from({ length: EVENTS }, (_, i) =>
  mixed(i + 1) % 4 === 0 ? 7 : mixed(i + 2) | 1,
);
const names = Float64Array.from({ length: EVENTS }, (_, i) => 1 + (mixed(i + 3) % KNOWN_NAMES) * 0x1000_0001);

export const DENIALS: Fed<DenialStorm> = {
  make: () => new DenialStorm(),
  add: (detector, i, mono) => detector.add(denied[i] === 1, mono) >= ALARM,
};

export const NEWCOMERS: Fed<Newcomers> = {
  make: () => new Newcomers(),
  add: (detector, i, mono) => detector.add(isNew[i] === 1, denied[i] === 1, mono) >= ALARM,
};

export const RUNAWAY: Fed<Runaway> = {
  make: () => new Runaway(5),
  add: (detector, _, mono) => detector.add(mono) >= ALARM,
};

export const BURN: Fed<BurnRate> = {
  make: () => new BurnRate(0.01),
  add: (detector, i, mono) => detector.add(failed[i] === 0, mono),
};

export const LOOP: Fed<LoopEvidence> = {
  make: () => new LoopEvidence(),
  add: (detector, i, mono) =>
    detector.add(calls[i]!, results[i]!, results[i]!, failed[i] === 1, mono) >= ALARM,
};

/** What a settled action costs: the outcome is learned, and the size of the next one follows from it. */
export const SCORE: Fed<LaneScore> = {
  make: () => new LaneScore(),
  add: (score, i, mono) => {
    score.settle(failed[i] === 0, NaN, 0, mono, SCORE_DEFAULTS);
    return score.sizeMultiplier(0, mono, SCORE_DEFAULTS) > 0.5;
  },
};

/** The same with slippage, which is another bank of numbers. */
export const SLIPPAGE: Fed<LaneScore> = {
  make: () => new LaneScore(),
  add: (score, i, mono) => {
    score.settle(failed[i] === 0, (calls[i]! - 15) / 10, 0, mono, SCORE_DEFAULTS);
    return score.sizeMultiplier(0, mono, SCORE_DEFAULTS) > 0.5;
  },
};

export const REALIZE: Fed<LaneScore> = {
  make: () => new LaneScore(),
  add: (score, i, mono) => score.realize(calls[i]! - 12, 3, 0.001 * calls[i]!, 0, mono, SCORE_DEFAULTS),
};

export const CYCLES: Fed<Cycles> = {
  make: () => new Cycles(6),
  add: (cycles, i) => {
    const times = cycles.ask(calls[i]!);
    cycles.push(calls[i]!);
    return times >= 6;
  },
};

export const RESULTS: Fed<ResultMemory> = {
  make: () => new ResultMemory(),
  add: (memory, i) => memory.add(calls[i]!, results[i]!),
};

/** One table of names that all lanes share. */
export const KNOWN: Fed<Known> = {
  make: () => SHARED_NAMES,
  add: (known, i) => known.add(names[i]!),
};

const SHARED_NAMES = new Known(65_536);

/** The whole way of one action: at the gate what was asked and decided, then what came of it. */
export const TOGETHER: Fed<Watch> = {
  make: () => new Watch(),
  add: (watch, i, mono) => {
    const isDenied = denied[i] === 1;
    const ok = failed[i] === 0;
    let alarms = 0;
    if (watch.runaway.add(mono) >= ALARM) alarms++;
    if (watch.denials.add(isDenied, mono) >= ALARM) alarms++;
    if (watch.newcomers.add(SHARED_NAMES.add(names[i]!), isDenied, mono) >= ALARM) alarms++;
    if (watch.errors.add(!ok, mono) >= ALARM) alarms++;
    if (watch.burn.add(ok, mono)) alarms++;
    if (watch.loop.add(calls[i]!, results[i]!, results[i]!, !ok, mono) >= ALARM) alarms++;
    watch.score.settle(ok, NaN, 0, mono, SCORE_DEFAULTS);
    return watch.score.sizeMultiplier(0, mono, SCORE_DEFAULTS) > 0.5 || alarms > 0;
  },
};

function draw(share: number): Uint8Array {
  const salt = Math.round(share * 1e6);
  return Uint8Array.from({ length: EVENTS }, (_, i) => (mixed(i + salt) < share * 2 ** 31 ? 1 : 0));
}

/** A number below 2^31 that looks random, the same for the same `i`. */
function mixed(i: number): number {
  let x = Math.imul(i + 1, 0x9e37_79b1);
  x = Math.imul(x ^ (x >>> 15), 0x85eb_ca77);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae3d);
  return (x ^ (x >>> 16)) >>> 1;
}
