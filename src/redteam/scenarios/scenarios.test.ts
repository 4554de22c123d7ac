import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import { DOMAINS } from "../attack.js";
import type { Act, Attack, Move, Reply, Scene, Told } from "../attack.js";
import { actsOf } from "../moves.js";
import { runAttack } from "../run-attack.js";
import { ATTACKS } from "./index.js";

describe("the attacks", () => {
  test("have ids of their own", () => {
    const ids = ATTACKS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("are about every entry of the OWASP Top 10, and every domain", () => {
    const owasp = new Set(ATTACKS.flatMap((attack) => attack.owasp));
    const entries = Array.from({ length: 10 }, (_, i) => `ASI${String(i + 1).padStart(2, "0")}`);
    expect([...owasp].sort()).toEqual(entries);
    const domains = new Set(ATTACKS.flatMap((attack) => attack.domains));
    expect(DOMAINS.filter((domain) => !domains.has(domain))).toEqual([]);
  });
});

describe.each(ATTACKS.map((attack) => [attack.id, attack] as const))("%s", (_, attack) => {
  const remedy = compilePolicy(attack.remedy);

  test.each([1, 2, 3])("is contained by its remedy alone, and does harm without (seed %i)", async (seed) => {
    const trial = await runAttack(remedy, attack, { seed });
    expect(trial.problem).toBeUndefined();
    expect(trial.without).toBeGreaterThan(attack.tolerable);
    expect(trial.damage).toBeLessThanOrEqual(attack.tolerable);
    expect(trial.stoppedBy).not.toBeNull();
    expect(trial.contained).toBe(true);
  });

  test("begins with honest work, and its remedy lets that through", async () => {
    const { watched, replies } = watch(attack);
    await runAttack(remedy, watched, { seed: 1 });
    expect(replies.length).toBeGreaterThanOrEqual(3);
    expect(replies.filter(({ allowed }) => !allowed)).toEqual([]);
  });

  test("is the same for the same seed", async () => {
    const trial = () => runAttack(remedy, attack, { seed: 4 });
    expect(await trial()).toEqual(await trial());
  });
});

/** The same attack, and what it was told in its first run about what it did before it did any harm. */
function watch(attack: Attack): { readonly watched: Attack; readonly replies: readonly Reply[] } {
  const replies: Reply[] = [];
  let isFirst = true;
  function* run(scene: Scene): Generator<Move, void, Told> {
    const steps = attack.run(scene);
    let isHonest = isFirst;
    isFirst = false;
    for (let step = steps.next(); step.done !== true;) {
      isHonest &&= !actsOf(step.value).some(isHarmful);
      const told = yield step.value;
      if (isHonest && step.value.do === "act") replies.push(...told.replies);
      step = steps.next(told);
    }
  }
  return { watched: { ...attack, run }, replies };
}

function isHarmful({ deeds = {} }: Act): boolean {
  return Object.values(deeds).some((amount) => amount > 0);
}
