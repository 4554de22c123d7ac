import { test } from "vitest";
import { simulate } from "./simulation.js";
import { createHook } from "node:async_hooks";
import { writeFileSync } from "node:fs";
test("dbg", async () => {
  let n = 0; 
  let stacks = "";
  createHook({ init() { n++; if (n > 3_000_000) { Error.stackTraceLimit = 30; stacks += new Error().stack + "\n"; if (n > 3_000_012) { writeFileSync("/tmp/stack", stacks); process.kill(process.pid, 9); } } } }).enable();
  await simulate(Number(process.env.SEED), Number(process.env.STEPS));
});
