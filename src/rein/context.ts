import { AsyncLocalStorage } from "node:async_hooks";
import type { Permit } from "./permit.js";

/** A governed call that is running, and the one it runs inside of. */
export interface Frame {
  readonly permit: Permit;
  readonly outer: Frame | undefined;
}

// One for all Reins of the process: a fence must see the permits of every governor it runs under.
const frames = new AsyncLocalStorage<Frame>();

/** Runs `fn` as the body of the permit's action. */
export function runUnder<T>(permit: Permit, fn: () => T): T {
  return frames.run({ permit, outer: frames.getStore() }, fn);
}

/** The permits that the running code acts under, innermost first. */
export function currentPermits(): Permit[] {
  const permits: Permit[] = [];
  for (let frame = frames.getStore(); frame !== undefined; frame = frame.outer) permits.push(frame.permit);
  return permits;
}
