import { expect, test } from "vitest";
import { Rein } from "../src/index.js";
import type { RuleInput, Store } from "../src/index.js";
import { FakeClock, memoryStore, MemoryLogger } from "../src/testing/index.js";
import type { MemoryStore } from "../src/testing/index.js";
import { act, answer, breathe } from "./support/open.js";

const RULES: RuleInput[] = [{ id: "daily", kind: "budget", measure: "usd", limit: 50, window: "1d" }];
const spend = (usd: number) => ({ source: "agent", series: "buy", cost: { usd } });

function open(store: MemoryStore, clock: FakeClock) {
  return Rein.open({ policy: RULES, mode: "enforce", store, clock, logger: new MemoryLogger() });
}

test("a store without records keeps halts, kills and budgets over a crash", async () => {
  const [store, clock] = [memoryStore(), new FakeClock()];
  const rein = await open(store, clock);
  expect(act(rein, spend(20))).toBe("ok");
  const { id } = await rein.halt({ scope: { series: "sell" }, by: "alice" });
  rein.override({ source: "agent", series: "mail" }, { status: "black", by: "alice" });
  await breathe();
  store.crash();
  const again = await open(store, clock);
  expect(again.snapshot().halts).toMatchObject([{ id }]);
  expect(answer(again, { source: "agent", series: "mail" })).toBe("lane_killed");
  expect(again.budgets()[0]!.spent).toBeGreaterThanOrEqual(20);
  expect(answer(again, spend(31))).toBe("budget_exhausted");
});

test("a store that fails refuses what needs quota, takes nothing, and goes on when it works again", async () => {
  const [store, clock] = [memoryStore(), new FakeClock()];
  const rein = await open(store, clock);
  act(rein, spend(1));
  store.failure = new Error("no route to the store");
  const before = rein.budgets();
  expect(answer(rein, spend(40))).toBe("store_failed");
  expect(rein.budgets()).toEqual(before);
  store.failure = undefined;
  expect(act(rein, spend(40))).toBe("ok");
  await rein.close();
});

test("a store that cannot be waited for is asked ahead of need, and `admit` waits for it", async () => {
  const inner = memoryStore();
  const remote: Store = {
    name: "remote",
    open: async () => {
      const opened = await inner.open();
      // As over a network: nothing can be had at once.
      return new Proxy(opened, {
        get: (target, name) => {
          if (name === "grantNow" || name === "addHaltNow") return undefined;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
  const rein = await Rein.open({ policy: RULES, mode: "enforce", store: remote, logger: new MemoryLogger() });
  const first = rein.gate(spend(1));
  expect(first.refusal).toMatchObject({ code: "store_failed", retryable: true });
  expect(rein.budgets()).toMatchObject([{ spent: 0, reserved: 0 }]);
  const admitted = await rein.admit(spend(1), { waitMs: 5_000 });
  expect(admitted.allowed).toBe(true);
  let allowed = 0;
  for (let i = 0; i < 49; i++) if ((await rein.admit(spend(1), { waitMs: 5_000 })).allowed) allowed += 1;
  expect(allowed).toBe(49);
  expect((await rein.admit(spend(1))).refusal).toMatchObject({ code: "budget_exhausted" });
  await rein.close();
});
