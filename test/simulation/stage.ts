import { AsyncLocalStorage } from "node:async_hooks";
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import type { SeededRandom } from "../../src/testing/seeded-random.js";
import type { SimTime, TimerOwner } from "./time.js";

/** A process of the simulated machine, as far as what it asks the system for goes. */
export interface Player extends TimerOwner {
  readonly pid: number;
  /** When it started: its `performance.now()` begins there. */
  readonly startedAt: number;
}

/** What stands in for the machine while a simulation runs: nothing in it may come from elsewhere. */
export interface Stage {
  readonly time: SimTime;
  /** For what programs draw at random. */
  readonly dice: SeededRandom;
  /** Hears of promises that were rejected and that nobody looks at. */
  readonly onUnhandled: (reason: unknown) => void;
}

const players = new AsyncLocalStorage<Player>();
let stage: Stage | null = null;

/** Runs something as a process does it, and all that follows from it. */
export function playAs<T>(player: Player, action: () => T): T {
  return players.run(player, action);
}

/** The process whose code is running. */
export function playing(): Player | undefined {
  return players.getStore();
}

/** Runs with the stage in place of the machine's clocks, timers, random bytes and names. */
export async function onStage<T>(set: Stage, play: () => Promise<T>): Promise<T> {
  if (stage !== null) throw new Error("there is one stage only");
  const listeners = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
  const restore = [
    replace(Date, "now", () => set.time.wall),
    replace(performance, "now", () => set.time.mono - (playing()?.startedAt ?? 0)),
    replace(Math, "random", () => {
      throw new Error("Math.random in a simulation");
    }),
    replace(globalThis, "setTimeout", ((callback: () => void, ms = 0) =>
      timerOf(set.time, callback, ms)) as never),
    replace(globalThis, "clearTimeout", ((timer?: SimTimer) => timer?.cancel()) as never),
    replace(crypto, "randomBytes", (size: number) => Buffer.from(set.dice.bytes(size))),
    replace(os, "hostname", () => "simulated"),
    replace(process, "pid", 4242),
    replace(process, "getuid", () => UID),
    replace(process, "geteuid", () => UID),
  ];
  syncBuiltinESMExports();
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", set.onUnhandled);
  stage = set;
  try {
    return await play();
  } finally {
    stage = null;
    for (const undo of restore) undo();
    syncBuiltinESMExports();
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
  }
}

/** The user of the simulated machine. */
export const UID = 1000;

interface SimTimer {
  readonly cancel: () => void;
  readonly ref: () => SimTimer;
  readonly unref: () => SimTimer;
}

function timerOf(time: SimTime, callback: () => void, ms: number): SimTimer {
  const timer: SimTimer = {
    cancel: time.after(ms, callback, playing()),
    ref: () => timer,
    unref: () => timer,
  };
  return timer;
}

function replace<T extends object, K extends keyof T>(where: T, name: K, by: T[K]): () => void {
  const before = Object.getOwnPropertyDescriptor(where, name);
  Object.defineProperty(where, name, { value: by, writable: true, configurable: true, enumerable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(where, name);
    else Object.defineProperty(where, name, before);
  };
}
