import { hash32, withoutVolatile } from "../../../src/detect/loop/index.js";
import type { Call, Session } from "./read.js";

/** Calls that are made up, from seeds. */
export interface MadeUp {
  readonly name: string;
  /** How long after the other the calls come. */
  readonly msPerCall: number;
  readonly make: (random: () => number) => readonly Call[];
}

/** A solved session, cut somewhere, whose last calls then go round and round. */
export interface Splice {
  readonly before: readonly Call[];
  readonly loop: readonly Call[];
}

export type Mode = "exact" | "volatile";

const ROUNDS = 15;
const SHORTEST_CUT = 3;

/** Cuts a session at random and repeats its last `period` calls; null where it is too short for that. */
export function splice({ calls }: Session, period: number, mode: Mode, random: () => number): Splice | null {
  const shortest = Math.max(SHORTEST_CUT, period);
  if (calls.length < shortest) return null;
  const before = calls.slice(0, shortest + Math.floor(random() * (calls.length - shortest + 1)));
  const round = before.slice(-period);
  const again = (call: Call): Call =>
    // What has no text has no digits in it that could differ.
    mode === "exact" || call.result === 0 ? call : { ...call, result: 1 + Math.floor(random() * 2 ** 31) };
  return { before, loop: Array.from({ length: ROUNDS * period }, (_, i) => again(round[i % period]!)) };
}

/** What an honest agent does again and again, and must not be stopped for. */
export const HONEST: readonly MadeUp[] = [
  {
    name: "polling, each answer says how far it has come",
    msPerCall: 10_000,
    make: (random) =>
      range(100, (i) =>
        ended("status of job 17", `{"state":"running","progress":${i},"took":"${digits(random)} ms"}`),
      ),
  },
  {
    name: "polling, the answer changes after 1 to 4 polls",
    msPerCall: 10_000,
    make: (random) => {
      const states = range(60, () => word(random));
      return states.flatMap((state) =>
        range(below(random, 4) + 1, () => ended("status of job 17", `it is ${state}`)),
      );
    },
  },
  {
    name: "waiting and polling in turns, the answer changes after 1 or 2 polls",
    msPerCall: 10_000,
    make: (random) => {
      const states = range(60, () => word(random));
      return states.flatMap((state) =>
        range(below(random, 2) + 1, () => [ended("sleep 30", ""), ended("tail log", state)]).flat(),
      );
    },
  },
  {
    name: "looking each half hour, the answer never changes",
    msPerCall: 1_800_000,
    make: () => range(500, () => ended("is there mail?", "no mail")),
  },
  {
    name: "a batch of edits, all with the same result",
    msPerCall: 2_000,
    make: (random) =>
      range(300, (i) => ended(`edit file ${i} ${digits(random)}`, "the file has been edited")),
  },
  {
    name: "editing and testing in turns, the tests say the same",
    msPerCall: 10_000,
    make: (random) =>
      range(150, (i) => [
        ended(`edit ${i} ${digits(random)}`, "the file has been edited"),
        ended("npm test", `12 passed in ${digits(random)} ms`),
      ]).flat(),
  },
  {
    name: "reading the pages of a list, one after the other",
    msPerCall: 2_000,
    make: (random) =>
      range(300, (i) => ended(`page ${i} of the list`, i % 3 === 0 ? "nothing here" : word(random))),
  },
];

function ended(call: string, text: string): Call {
  return { call: hash32(call), result: hash32(text), like: hash32(withoutVolatile(text)), failed: false };
}

function range<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, i) => make(i));
}

function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

function digits(random: () => number): number {
  return below(random, 100_000);
}

function word(random: () => number): string {
  return String.fromCharCode(...range(8, () => 97 + below(random, 26)));
}
