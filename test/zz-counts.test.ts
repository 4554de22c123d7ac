import { test } from "vitest";
import { simulate } from "./simulation/simulation.js";
test("counts", async () => {
  const counts = new Map<string, number>();
  let bad = 0;
  for (let seed = 1; seed <= Number(process.env.N ?? 300); seed++) {
    const { counts: f, broken } = await simulate(seed, seed % 20 === 0 ? 60 : seed % 4 === 0 ? 25 : 12);
    if (broken !== null && bad++ < 5) console.log(seed, broken.slice(0, 300));
    for (const [k, n] of f) counts.set(k, (counts.get(k) ?? 0) + n);
  }
  console.log(bad, [...counts].filter(([k]) => /ghost|aside|lives|crash|kill/.test(k)));
}, 1e6);
