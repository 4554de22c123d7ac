import type { Metric } from "../bench.js";

/** Does the job `times` times; awaits each one where the job is asynchronous. */
type Job = (times: number) => void | Promise<void>;

const BATCH = 1000;

/** A job that answers at once. */
export function atOnce(call: () => unknown): Job {
  return (times) => {
    for (let i = 0; i < times; i++) call();
  };
}

/** A job whose answer is awaited before the next one is asked. */
export function awaited(call: () => Promise<unknown>): Job {
  return async (times) => {
    for (let i = 0; i < times; i++) await call();
  };
}

/**
 * Times a job in batches of a thousand, the same way for everybody: single calls of what answers with a promise
 * cannot be told apart from the turn they wait in.
 */
export async function timeJob(job: Job, quick: boolean): Promise<Metric[]> {
  const until = performance.now() + (quick ? 100 : 500);
  while (performance.now() < until) await job(BATCH);

  const perCall: number[] = [];
  const end = performance.now() + (quick ? 300 : 2000);
  let total = 0;
  while (performance.now() < end) {
    const from = performance.now();
    await job(BATCH);
    const ms = performance.now() - from;
    total += ms;
    perCall.push((ms * 1000) / BATCH);
  }
  perCall.sort((a, b) => a - b);
  return [
    { name: "p50", unit: "us", value: perCall[perCall.length >> 1]! },
    { name: "mean", unit: "us", value: (total * 1000) / BATCH / perCall.length },
  ];
}
