import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import { runAttack } from "../run-attack.js";
import { ATTACKS } from "./index.js";

/** Rules that stand in an attack's way here and there, and contain few of them. */
const WEAK = [
  "Cap each agent at 600 actions per minute",
  "Let no single action cost more than $10,000",
  "Let each agent spend at most $50,000 an hour, taking $0 where no cost is named",
].map((text) => [text, compilePolicy(text)] as const);

describe("no policy makes an attack worse: there is only so much to lose", () => {
  test.each(WEAK)(
    "%s",
    async (_, policy) => {
      const worse: string[] = [];
      for (const attack of ATTACKS) {
        const { damage, without } = await runAttack(policy, attack, { seed: 1 });
        if (damage > without) worse.push(`${attack.id}: ${damage} of ${without}`);
      }
      expect(worse).toEqual([]);
    },
    120_000,
  );
});
