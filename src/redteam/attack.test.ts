import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../core/errors.js";
import { defineAttack } from "./attack.js";
import type { Attack } from "./attack.js";

const GOOD: Attack = {
  id: "refund-loop",
  title: "Refunds",
  story: "It refunds the same order again.",
  domains: ["llm"],
  owasp: ["ASI08"],
  source: "an example",
  damage: { usd: 1 },
  unit: "USD",
  tolerable: 100,
  remedy: "Stop an agent that makes the same call 3 times in a row",
  *run() {
    yield { do: "wait", ms: 1 };
  },
};

describe("defineAttack", () => {
  test("returns the attack, frozen through and through", () => {
    const attack = defineAttack(GOOD);
    expect(attack).toEqual(GOOD);
    for (const part of [attack, attack.domains, attack.owasp, attack.damage])
      expect(Object.isFrozen(part)).toBe(true);
  });

  test.each<[string, object]>([
    ["id", { id: "Refund Loop" }],
    ["id", { id: 5 }],
    ["title", { title: " " }],
    ["story", { story: undefined }],
    ["domains", { domains: [] }],
    ["domains", { domains: ["email"] }],
    ["owasp", { owasp: ["LLM01"] }],
    ["source", { source: "" }],
    ["damage", { damage: {} }],
    ["damage", { damage: { usd: -1 } }],
    ["damage", { damage: { usd: NaN } }],
    ["damage", { damage: { usd: 0 } }],
    ["unit", { unit: "" }],
    ["tolerable", { tolerable: Infinity }],
    ["tolerable", { tolerable: -1 }],
    ["horizonMs", { horizonMs: 0 }],
    ["horizonMs", { horizonMs: 8 * 86_400_000 }],
    ["remedy", { remedy: "Be good" }],
    ["remedy", { remedy: "" }],
    ["run", { run: undefined }],
    ["tolarable", { tolarable: 1 }],
  ])("refuses a bad %s by its name: %j", (field, change) => {
    expect(fieldOf(() => defineAttack({ ...GOOD, ...change }))).toBe(field);
  });

  test("refuses what is no object", () => {
    expect(fieldOf(() => defineAttack(null as never))).toBe("attack");
  });
});

function fieldOf(step: () => unknown): string | undefined {
  try {
    step();
  } catch (error) {
    return InvalidInputError.isInstance(error) ? error.field : String(error);
  }
  return undefined;
}
