import assert from "node:assert/strict";
import { ReinError, type ReinErrorCode } from "../core/errors.js";
import type { AllowanceAsk, OpenStore } from "../store/index.js";

/** One storage, as successive processes see it. */
export interface StoreHarness {
  /** A new process opens the storage. */
  open(): Promise<OpenStore>;
  /** The process that has it open dies, abruptly, in the way that loses most. */
  crash(): void | Promise<void>;
  /** From now on everything that is written fails, or no longer does; without it such cases are left out. */
  fail?(isFailing: boolean): void;
  /**
   * Another process takes the storage over although its owner runs, as after a long pause of the owner; returns what
   * the other one has. Without it such cases are left out.
   */
  takeOver?(): Promise<OpenStore>;
  /** Called when the case is over. */
  dispose?(): void | Promise<void>;
}

export interface ConformanceCase {
  /** A promise that the store makes. */
  readonly name: string;
  /** Rejects when the store does not keep it. */
  run(): Promise<void>;
}

type Check = (harness: StoreHarness) => Promise<void>;

/**
 * What every store that one process owns must do, as cases for any test runner.
 *
 * @param name of the store, in front of each case
 * @param makeHarness gives a storage that nobody has used
 *
 * @example
 * ```js
 * for (const { name, run } of storeConformance("my store", () => new MyHarness())) test(name, run);
 * ```
 */
export function storeConformance(
  name: string,
  makeHarness: () => StoreHarness | Promise<StoreHarness>,
): readonly ConformanceCase[] {
  return Object.entries(CHECKS).map(([promise, check]) => ({
    name: `${name}: ${promise}`,
    async run() {
      const harness = await makeHarness();
      try {
        await check(harness);
      } finally {
        await harness.dispose?.();
      }
    },
  }));
}

const CHECKS: Readonly<Record<string, Check>> = {
  "a new store is empty": async (harness) => {
    const store = await harness.open();
    assert.equal(store.snapshot, null);
    assert.equal(store.allowances.size, 0);
    assert.equal(store.halts.size, 0);
    assert.equal(store.mustExhaust, false);
    assert.equal(store.isLost, false);
    assert.equal(store.secret.length, 32);
  },

  "the secret stays the same": async (harness) => {
    const first = await harness.open();
    const secret = [...first.secret];
    await first.close();
    const second = await harness.open();
    assert.deepEqual([...second.secret], secret);
    await harness.crash();
    assert.deepEqual([...(await harness.open()).secret], secret);
  },

  "what was granted is there after a crash": async (harness) => {
    const store = await harness.open();
    assert.deepEqual(await store.grant([ask("a", 0, 10), ask("b", 0, 3)]), [10, 3]);
    assert.deepEqual(await store.grant([ask("a", 10, 25)]), [25]);
    assert.deepEqual(await grantsAfterCrash(harness), { a: 25, b: 3 });
  },

  "what was granted while waiting is there after a crash": async (harness) => {
    const store = await harness.open();
    if (store.grantNow === undefined) return;
    assert.deepEqual(store.grantNow([ask("a", 0, 10), ask("b", 0, 3)]), [10, 3]);
    assert.deepEqual(await grantsAfterCrash(harness), { a: 10, b: 3 });
  },

  "many grants at once are all kept": async (harness) => {
    const store = await harness.open();
    const accounts = Array.from({ length: 50 }, (_, i) => `account ${i}`);
    const totals = await Promise.all(accounts.map((account, i) => store.grant([ask(account, 0, i + 1)])));
    assert.deepEqual(
      totals.flat(),
      accounts.map((_, i) => i + 1),
    );
    const kept = await grantsAfterCrash(harness);
    accounts.forEach((account, i) => assert.equal(kept[account], i + 1));
  },

  "a grant that nobody waited for is there as a whole or not at all": async (harness) => {
    const store = await harness.open();
    await store.grant([ask("a", 0, 5)]);
    store.grant([ask("a", 5, 9), ask("b", 0, 9)]).catch(() => undefined);
    const kept = await grantsAfterCrash(harness);
    assert.ok(kept.a === 5 ? kept.b === undefined : kept.a === 9 && kept.b === 9, JSON.stringify(kept));
  },

  "accounts may have any name": async (harness) => {
    const store = await harness.open();
    const names = ["__proto__", "constructor", "", "a\nb", "\u0000", "ü 🚦 \ud800", "x".repeat(5_000)];
    await store.grant(names.map((name, i) => ask(name, 0, i + 1)));
    await harness.crash();
    const again = await harness.open();
    names.forEach((name, i) => assert.equal(again.allowances.get(name), i + 1));
    await again.save({ format: 1, at: 1, state: null }, again.allowances);
    await harness.crash();
    const last = await harness.open();
    names.forEach((name, i) => assert.equal(last.allowances.get(name), i + 1));
  },

  "the largest amount is kept exactly": async (harness) => {
    const store = await harness.open();
    await store.grant([ask("a", 0, Number.MAX_SAFE_INTEGER)]);
    assert.deepEqual(await grantsAfterCrash(harness), { a: Number.MAX_SAFE_INTEGER });
  },

  "an amount that is not whole is refused, and nothing of its call is granted": async (harness) => {
    const store = await harness.open();
    for (const to of [0.5, NaN, -1, Infinity, 2 ** 53]) {
      await assert.rejects(store.grant([ask("a", 0, 5), ask("b", 0, to)]));
    }
    assert.deepEqual(await grantsAfterCrash(harness), {});
  },

  "a snapshot comes back as it was saved": async (harness) => {
    const store = await harness.open();
    const state = { deep: [1, null, "ü", { x: true }], "__proto__ like": 1 };
    await store.save({ format: 7, at: 123, state }, new Map([["a", 4]]));
    state.deep.push(2);
    await harness.crash();
    const again = await harness.open();
    const saved = { deep: [1, null, "ü", { x: true }], "__proto__ like": 1 };
    assert.deepEqual(again.snapshot, { format: 7, at: 123, state: saved });
    assert.deepEqual(Object.fromEntries(again.allowances), { a: 4 });
  },

  "the last snapshot that was saved counts": async (harness) => {
    const store = await harness.open();
    for (let i = 1; i <= 5; i++) await store.save({ format: 1, at: i, state: i }, new Map());
    await harness.crash();
    const again = await harness.open();
    assert.equal(again.snapshot?.state, 5);
    again.save({ format: 1, at: 6, state: 6 }, new Map()).catch(() => undefined);
    await harness.crash();
    assert.ok([5, 6].includes((await harness.open()).snapshot?.state as number));
  },

  "snapshots that are saved at once end with the last": async (harness) => {
    const store = await harness.open();
    const saves = [1, 2, 3].map((i) => store.save({ format: 1, at: i, state: i }, new Map([["a", i]])));
    await Promise.all(saves);
    await harness.crash();
    const again = await harness.open();
    assert.equal(again.snapshot?.state, 3);
    assert.deepEqual(Object.fromEntries(again.allowances), { a: 3 });
  },

  "a snapshot gives back, and forgets accounts": async (harness) => {
    const store = await harness.open();
    await store.grant([ask("a", 0, 100), ask("b", 0, 100), ask("c", 0, 100)]);
    await store.save(
      SNAPSHOT,
      new Map([
        ["a", 60],
        ["b", 100],
      ]),
    );
    assert.deepEqual(await store.grant([ask("a", 60, 70)]), [70]);
    assert.deepEqual(await grantsAfterCrash(harness), { a: 70, b: 100 });
  },

  "what is granted while a snapshot is saved is kept on top": async (harness) => {
    const store = await harness.open();
    await store.grant([ask("a", 0, 100)]);
    const saved = store.save(SNAPSHOT, new Map([["a", 60]]));
    const granted = store.grant([ask("a", 60, 65), ask("b", 0, 7)]);
    assert.deepEqual(await granted, [65, 7]);
    if (store.grantNow !== undefined) assert.deepEqual(store.grantNow([ask("c", 0, 2)]), [2]);
    else await store.grant([ask("c", 0, 2)]);
    await saved;
    assert.deepEqual(await grantsAfterCrash(harness), { a: 65, b: 7, c: 2 });
  },

  "what was asked for when a snapshot is saved is kept on top": async (harness) => {
    const store = await harness.open();
    const granted = store.grant([ask("a", 0, 8)]);
    const saved = store.save(SNAPSHOT, new Map());
    await Promise.all([granted, saved]);
    assert.deepEqual(await grantsAfterCrash(harness), { a: 8 });
  },

  "grants count again after a crash during a snapshot": async (harness) => {
    const store = await harness.open();
    await store.grant([ask("a", 0, 100)]);
    store.save(SNAPSHOT, new Map([["a", 60]])).catch(() => undefined);
    const kept = await grantsAfterCrash(harness);
    assert.ok(kept.a === 100 || kept.a === 60, JSON.stringify(kept));
  },

  "halts hold after a crash, and ended ones do not": async (harness) => {
    const store = await harness.open();
    await store.addHalt({ id: "h1", reason: "drill", scope: { source: "a" } });
    await store.addHalt({ id: "h2" });
    if (store.addHaltNow !== undefined) store.addHaltNow({ id: "h3", at: 5 });
    else await store.addHalt({ id: "h3", at: 5 });
    await store.endHalt("h2");
    await store.endHalt("never there");
    await harness.crash();
    const again = await harness.open();
    assert.deepEqual([...again.halts.keys()].sort(), ["h1", "h3"]);
    assert.deepEqual(again.halts.get("h1"), { id: "h1", reason: "drill", scope: { source: "a" } });
  },

  "halts survive a snapshot": async (harness) => {
    const store = await harness.open();
    await store.addHalt({ id: "before" });
    await store.addHalt({ id: "ended" });
    const saved = store.save(SNAPSHOT, new Map());
    const added = store.addHalt({ id: "during" });
    const ended = store.endHalt("ended");
    await Promise.all([saved, added, ended]);
    await store.addHalt({ id: "after" });
    await harness.crash();
    assert.deepEqual([...(await harness.open()).halts.keys()].sort(), ["after", "before", "during"]);
  },

  "all is kept over a close, and may be opened then": async (harness) => {
    const store = await harness.open();
    await store.grant([ask("a", 0, 10)]);
    await store.addHalt({ id: "h1" });
    await store.save(SNAPSHOT, new Map([["a", 4]]));
    await store.close();
    const again = await harness.open();
    assert.deepEqual(again.snapshot, SNAPSHOT);
    assert.deepEqual(Object.fromEntries(again.allowances), { a: 4 });
    assert.deepEqual([...again.halts.keys()], ["h1"]);
  },

  "a closed store does nothing more": async (harness) => {
    const store = await harness.open();
    await store.close();
    await rejects(store.grant([ask("a", 0, 1)]), "closed");
    await rejects(store.addHalt({ id: "h" }), "closed");
    await rejects(store.save(SNAPSHOT, new Map()), "closed");
    assert.deepEqual(Object.fromEntries((await harness.open()).allowances), {});
  },

  "a second owner is refused, and the first one is named": async (harness) => {
    const store = await harness.open();
    const error = await rejects(harness.open(), "store_in_use");
    assert.match(error.message, /in use by/);
    assert.ok((error.help ?? "").length > 0, "the refusal says what to do");
    assert.deepEqual(await store.grant([ask("a", 0, 1)]), [1]);
    assert.equal(store.isLost, false);
  },

  "a store that was taken over grants nothing more": async (harness) => {
    if (harness.takeOver === undefined) return;
    const store = await harness.open();
    await store.grant([ask("a", 0, 1)]);
    const other = await harness.takeOver();
    assert.equal(other.allowances.get("a"), 1);
    await rejects(store.grant([ask("a", 1, 2)]), "store_in_use");
    if (store.grantNow !== undefined) assert.throws(() => store.grantNow!([ask("a", 1, 2)]));
    await rejects(store.save(SNAPSHOT, new Map()), "store_in_use");
    assert.equal(store.isLost, true);
    assert.deepEqual(await other.grant([ask("a", 1, 3)]), [3]);
    await store.close();
    assert.equal(other.isLost, false);
    assert.deepEqual(await other.grant([ask("a", 3, 4)]), [4]);
  },

  "a store that was taken over grants nothing more while waiting": async (harness) => {
    if (harness.takeOver === undefined) return;
    const store = await harness.open();
    if (store.grantNow === undefined || store.addHaltNow === undefined) return;
    store.grantNow([ask("a", 0, 1)]);
    const other = await harness.takeOver();
    assert.throws(() => store.grantNow!([ask("a", 1, 2)]));
    assert.throws(() => store.addHaltNow!({ id: "late" }));
    assert.equal(store.isLost, true);
    assert.deepEqual(await other.grant([ask("a", 1, 3)]), [3]);
  },

  "a write that fails grants nothing, and the next one works": async (harness) => {
    if (harness.fail === undefined) return;
    const store = await harness.open();
    await store.grant([ask("a", 0, 1)]);
    await store.addHalt({ id: "kept" });
    harness.fail(true);
    await rejects(store.grant([ask("a", 1, 2)]), "store_failed");
    if (store.grantNow !== undefined) assert.throws(() => store.grantNow!([ask("a", 1, 2)]));
    await rejects(store.addHalt({ id: "lost" }), "store_failed");
    await rejects(store.save(SNAPSHOT, new Map()), "store_failed");
    harness.fail(false);
    assert.deepEqual(await store.grant([ask("b", 0, 5)]), [5]);
    await harness.crash();
    const again = await harness.open();
    assert.equal(again.allowances.get("b"), 5);
    assert.ok(again.allowances.get("a")! >= 1);
    assert.ok(again.halts.has("kept"));
    assert.equal(again.snapshot, null);
  },
};

const SNAPSHOT = { format: 1, at: 1_000, state: { n: 1 } };

function ask(account: string, from: number, to: number): AllowanceAsk {
  return { account, from, to, limit: Number.MAX_SAFE_INTEGER, window: "forever" };
}

async function grantsAfterCrash(harness: StoreHarness): Promise<Record<string, number>> {
  await harness.crash();
  return Object.fromEntries((await harness.open()).allowances);
}

async function rejects(promise: Promise<unknown>, code: ReinErrorCode): Promise<ReinError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(ReinError.isInstance(error), `an error of Rein, not ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return error;
  }
  throw new assert.AssertionError({ message: `expected \`${code}\`` });
}
