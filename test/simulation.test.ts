import { expect, test } from "vitest";
import { simulate } from "./simulation/simulation.js";

/** Which histories are run, and how many; see docs/simulation.md. */
const FIRST_SEED = Number(process.env["REIN_SIM_SEED"] ?? 1);
const RUNS = Number(process.env["REIN_SIM_RUNS"] ?? (process.env["REIN_SIM_SEED"] === undefined ? 350 : 1));
const STEPS = process.env["REIN_SIM_STEPS"];

/** Most are short, because most faults need little; some are long, because some need much. */
function stepsOf(seed: number): number {
  if (STEPS !== undefined) return Number(STEPS);
  return seed % 20 === 0 ? 60 : seed % 4 === 0 ? 25 : 12;
}

test(`${RUNS} histories on a machine whose disk, power, clock and operators fail keep every promise`, async () => {
  const counts = new Map<string, number>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const { broken, counts: found } = await simulate(seed, stepsOf(seed));
    for (const [what, n] of found) counts.set(what, (counts.get(what) ?? 0) + n);
    if (broken !== null) await report(seed, stepsOf(seed));
  }
  if (RUNS < 100) return;
  // A simulation in which nothing goes wrong proves nothing.
  for (const what of ["ok", "halts", "crash", "kill", "close", "disk faults", "deaths while opening"])
    expect(counts.get(what), what).toBeGreaterThan(0);
}, 1_200_000);

test("the same seed is the same history", async () => {
  for (const seed of [3, 20, 104]) {
    const [first, second] = [await simulate(seed, stepsOf(seed)), await simulate(seed, stepsOf(seed))];
    expect(second.digest).toBe(first.digest);
  }
}, 60_000);

/** The shortest beginning of the history that breaks something: the same seed with fewer steps. */
async function report(seed: number, steps: number): Promise<never> {
  for (let fewer = 1; fewer < steps; fewer++) {
    const { broken, lines } = await simulate(seed, fewer);
    if (broken !== null) throw failure(seed, fewer, broken, lines);
  }
  const { broken, lines } = await simulate(seed, steps);
  throw failure(
    seed,
    steps,
    broken ?? "it did not fail again: something in it does not follow from the seed",
    lines,
  );
}

function failure(seed: number, steps: number, broken: string, lines: readonly string[]): Error {
  const again = `REIN_SIM_SEED=${seed} REIN_SIM_STEPS=${steps} npx vitest run test/simulation.test.ts`;
  return new Error(`${broken}\n\n${lines.slice(-40).join("\n")}\n\nagain: ${again}`);
}
