import { DenialStorm } from "../../../src/detect/anomaly/index.js";
import { randomSource } from "../../random.js";

/** Makes a detector of denials; each call is an event, and says whether there is an alarm. */
export type Alarm = () => (denied: boolean, n: number) => boolean;

/** Denials before the change, and events of them. */
const BEFORE = 0.05;
const WARM_UP = 500;
const MOST = 5000;

export function storm(threshold: number): Alarm {
  return () => {
    const evidence = new DenialStorm();
    return (denied, n) => evidence.add(denied, 1000 * n) >= threshold;
  };
}

export function inARow(limit: number): Alarm {
  return () => {
    let errors = 0;
    return (denied) => (errors = denied ? errors + 1 : 0) >= limit;
  };
}

export const never: Alarm = () => () => false;

/** The median number of events until the alarm, after the share of denials rose from 5 % to `after`. */
export function medianDelay(alarm: Alarm, after: number, runs: number, seed: number): number {
  const random = randomSource(seed);
  const delays = Array.from({ length: runs }, () => {
    const judge = quiet(alarm, random);
    let n = 1;
    while (n < MOST && !judge(random() < after, WARM_UP + n)) n += 1;
    return n === MOST ? Infinity : n;
  });
  return delays.sort((a, b) => a - b)[runs >> 1]!;
}

/** A detector after its warm-up; one that alarmed in it starts over. */
function quiet(alarm: Alarm, random: () => number): (denied: boolean, n: number) => boolean {
  let judge = alarm();
  for (let n = 0; n < WARM_UP; n++) if (judge(random() < BEFORE, n)) judge = alarm();
  return judge;
}
