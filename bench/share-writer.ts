// Governs on a log that others share, and says how it went: node share-writer.js DIR ACTIONS_AT_A_TIME SECONDS CALLERS
import { setTimeout as sleep } from "node:timers/promises";
import { gateAndSettle, inTurn, openRein, THOUSAND_LANES } from "./workload.js";

const [dir, burst, seconds, callers] = process.argv.slice(2) as [string, string, string, string];
const rein = await openRein([{ kind: "rate", limit: 1e9, window: "1s" }], {
  audit: { dir, durability: "durable" },
});
const call = gateAndSettle(rein, inTurn(THOUSAND_LANES));
// Others start, and each lane is met for the first time.
const warmUntil = performance.now() + 1500;
while (performance.now() < warmUntil) {
  for (let i = 0; i < Number(burst); i++) call();
  await rein.flush();
}
const waits: number[] = [];
let inFlight = 0;
let records = 0;
let settled = (): void => undefined;

/** As in a program where several things go on at once. */
async function act(): Promise<void> {
  const began = performance.now();
  for (let i = 0; i < Number(burst); i++) call();
  inFlight += 1;
  await rein.flush();
  inFlight -= 1;
  records += 2 * Number(burst);
  waits.push(performance.now() - began);
  settled();
}

const startedAt = performance.now();
const until = startedAt + Number(seconds) * 1000;
while (performance.now() < until) {
  void act();
  await Promise.resolve();
  if (inFlight >= Number(callers)) await new Promise<void>((resolve) => (settled = resolve));
}
while (inFlight > 0) await new Promise<void>((resolve) => (settled = resolve));
const took = (performance.now() - startedAt) / 1000;
process.stdout.write(`${JSON.stringify({ records, seconds: took, waits })}\n`);
// Nobody ends before the others have measured.
await sleep(1000);
await rein.close();
process.exit(0);
