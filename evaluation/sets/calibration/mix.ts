import { DenialStorm, Known, Newcomers, Runaway } from "../../../src/detect/anomaly/index.js";
import { log } from "../../../src/core/math.js";
import { randomSource } from "../../random.js";

/** How an ordinary lane behaves. */
interface Habit {
  readonly name: string;
  /** Calls in a second while at work; calls come in batches of `batch` on average. */
  readonly perSecond: number;
  readonly batch: number;
  /** The share of calls that go to somebody new, and of denials among those, and among the others. */
  readonly newShare: number;
  readonly newDenied: number;
  readonly denied: number;
}

/** The alarms of one kind of lane. */
export interface MixRow {
  readonly habit: string;
  readonly decisions: number;
  readonly denials: number;
  readonly newcomers: number;
  readonly runaway: number;
}

const HABITS: readonly Habit[] = [
  habit("coding agent", 0.2, 3, 0.1, 0.02, 0.05),
  habit("mail agent, somebody new each time", 0.05, 1, 1, 0.03, 0.02),
  habit("crawler, all pages new, one in ten missing", 2, 10, 1, 0.1, 0),
  habit("payments, few recipients", 0.01, 1, 0.01, 0.3, 0.01),
  habit("service that polls", 1, 1, 0.001, 0.1, 0.001),
  habit("batch job of 30 calls at a time", 3, 30, 0.2, 0.05, 0.02),
  habit("flaky tool: one call in seven fails", 0.5, 2, 0.05, 0.15, 0.15),
  habit("one call a day", 1 / 86_400, 1, 0.2, 0.05, 0.05),
];
/** A lane of each habit lives this long; then another begins. */
const LIFE = 5000;

function habit(
  name: string,
  perSecond: number,
  batch: number,
  newShare: number,
  newDenied: number,
  denied: number,
): Habit {
  return { name, perSecond, batch, newShare, newDenied, denied };
}

/** Runs lanes of each habit, each from its cold start, through the three detectors, and counts the alarms. */
export function alarmsOfMix(decisions: number, threshold: number, seed: number): readonly MixRow[] {
  const random = randomSource(seed);
  return HABITS.map((each) => {
    const row = { habit: each.name, decisions: 0, denials: 0, newcomers: 0, runaway: 0 };
    while (row.decisions < decisions) live(each, row, threshold, random);
    return row;
  });
}

function live(
  { perSecond, batch, newShare, newDenied, denied: oldDenied }: Habit,
  row: { decisions: number; denials: number; newcomers: number; runaway: number },
  threshold: number,
  random: () => number,
): void {
  const [storm, newcomers, runaway] = [new DenialStorm(), new Newcomers(), new Runaway(5)];
  const known = new Known(1000);
  let mono = 0;
  let names = 1;
  known.add(0);
  for (let n = 0; n < LIFE; n++) {
    // Within a batch 20 ms apart, batches at random times.
    mono += random() < 1 / batch ? (-log(1 - random()) * 1000 * batch) / perSecond : 20;
    const isNew = known.add(random() < newShare ? names++ : 0);
    const denied = random() < (isNew ? newDenied : oldDenied);
    if (storm.add(denied, mono) >= threshold) {
      row.denials += 1;
      storm.reset(mono);
    }
    if (newcomers.add(isNew, denied, mono) >= threshold) {
      row.newcomers += 1;
      newcomers.reset(mono);
    }
    if (runaway.add(mono) >= threshold) {
      row.runaway += 1;
      runaway.reset(mono);
    }
  }
  row.decisions += LIFE;
}
