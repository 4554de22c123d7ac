import { Cycles, LoopEvidence, ResultMemory } from "../../../src/detect/loop/index.js";
import type { Call } from "./read.js";

/** Sessions have no times; this is usual for an agent. */
export const MS_PER_CALL = 10_000;

/** Looks at one session; `add` says how sure it is of a loop after a call: above 1 it stops the agent. */
export interface Watcher {
  add(call: Call): number;
}

export interface Kind {
  readonly name: string;
  readonly make: (msPerCall: number) => Watcher;
}

/** The detector of rules without numbers, at one threshold. */
export function evidenceAt(threshold: number, msPerCall: number): Watcher {
  const loop = new LoopEvidence();
  let mono = 0;
  return {
    add: ({ call, result, like, failed }) =>
      loop.add(call, result, like, failed, (mono += msPerCall)) / threshold,
  };
}

/** The rule with a number, as the engine applies it: calls are counted, until one gives a result that it never gave. */
const SIX_TIMES: Kind = {
  name: "rule: the same 1 to 6 calls 6 times in a row",
  make: () => {
    const cycles = new Cycles(6);
    const results = new ResultMemory();
    return {
      add: ({ call, like }) => {
        const times = cycles.ask(call);
        cycles.push(call);
        if (like !== 0 && results.add(call, like)) cycles.progress();
        return times / 6;
      },
    };
  },
};

/** Rules of other products, as their sources have them. */
export const RULES: readonly Kind[] = [
  SIX_TIMES,
  { name: "opencode: 3 equal calls", make: () => equalCalls(3) },
  { name: "Gemini CLI: 5 equal calls", make: () => equalCalls(5) },
  { name: "OpenHands: 4 equal calls and results, 3 errors, ABABAB", make: openHands },
  { name: "OpenClaw: 10 equal calls and results of 30", make: openClaw },
  { name: "LangGraph: 25 steps, two a call", make: langGraph },
  { name: "none (null detector)", make: () => ({ add: () => 0 }) },
];

function equalCalls(count: number): Watcher {
  let last = 0;
  let run = 0;
  return {
    add: ({ call }) => {
      run = call === last ? run + 1 : 1;
      last = call;
      return run / count;
    },
  };
}

/** `stuck.py`: results are compared as they are. */
function openHands(): Watcher {
  const past: Call[] = [];
  return {
    add: (call) => {
      past.unshift(call);
      const isStuck =
        (past.length >= 4 && past.slice(1, 4).every((other) => isSame(other, call))) ||
        (past.length >= 3 && past.slice(0, 3).every((other) => other.call === call.call && other.failed)) ||
        (past.length >= 6 && past.slice(0, 4).every((other, i) => isSame(other, past[i + 2]!)));
      return isStuck ? 1 : 0;
    },
  };
}

function isSame(one: Call, other: Call): boolean {
  return one.call === other.call && one.result === other.result;
}

/** `tool-loop-detection.ts`, at the level that warns: results are compared without their volatile parts. */
function openClaw(): Watcher {
  const past: Call[] = [];
  return {
    add: (call) => {
      past.push(call);
      const equal = past.slice(-30).filter((other) => other.call === call.call && other.like === call.like);
      return equal.length / 10;
    },
  };
}

/** A step of the model and one of the tools for each call; the 26th step is not made. */
function langGraph(): Watcher {
  let calls = 0;
  return { add: () => (2 * ++calls) / 26 };
}
