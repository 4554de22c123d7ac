import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { StoreMachine } from "../../test/support/store-machine.js";
import { storeConformance, type StoreHarness } from "../testing/store-conformance.js";
import { dirStore, memoryStore, nodeDisk, systemIdentity } from "./index.js";

function memoryHarness(): StoreHarness {
  const store = memoryStore();
  return {
    open: () => store.open(),
    crash: () => store.crash(),
    fail: (isFailing) => {
      store.failure = isFailing ? new Error("out of order") : undefined;
    },
    takeOver: () => {
      store.pushAside();
      return store.open();
    },
  };
}

function fakeHarness(seed: number, dies: "crash" | "kill"): StoreHarness {
  const machine = new StoreMachine({ seed });
  const open = () => dirStore(machine.dir, machine.process()).open();
  return {
    open,
    crash: () => machine[dies](),
    fail: (isFailing) => {
      machine.disk.fault = isFailing
        ? (operation) => (operation === "write" ? "ENOSPC" : undefined)
        : undefined;
    },
    takeOver: () => {
      machine.hide();
      return open();
    },
  };
}

/** A real directory; processes are made up, so that one can die while the tests go on. */
function realHarness(): StoreHarness {
  const dir = mkdtempSync(join(tmpdir(), "rein-store-"));
  let pid = 1_000_000;
  let alive = new Set<number>();
  const open = () => {
    const mine = ++pid;
    alive.add(mine);
    const identity = {
      ...systemIdentity(),
      pid: mine,
      isAlive: (owner: { pid: number }) => alive.has(owner.pid),
    };
    return dirStore(join(dir, "state"), { disk: nodeDisk, identity }).open();
  };
  const crash = (): void => {
    alive = new Set();
  };
  return {
    open,
    crash,
    takeOver: () => {
      crash();
      return open();
    },
    dispose: () => rmSync(dir, { recursive: true }),
  };
}

const CASES = [
  ...storeConformance("memory", memoryHarness),
  ...storeConformance("directory", realHarness),
  ...[1, 2, 3].flatMap((seed) =>
    storeConformance(`power failures, seed ${seed}`, () => fakeHarness(seed, "crash")),
  ),
  ...storeConformance("killed processes", () => fakeHarness(4, "kill")),
];

for (const { name, run } of CASES) test(name, run);
