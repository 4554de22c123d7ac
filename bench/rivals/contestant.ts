import type { Act, Domain, Reply } from "../../src/redteam/attack.js";
import type { Report } from "../../src/redteam/moves.js";
import type { Stop } from "../../src/redteam/performed.js";

/** Somebody who says of each act of an agent whether it may be done. Every contestant meets the same driver. */
export interface Contestant {
  /** In kebab-case, and unique. */
  readonly id: string;
  readonly name: string;
  /** What runs: package and version, or why there is none. */
  readonly version: string;
  /** Guards one program, from its beginning to its end; nothing is left over for the next one. */
  open(scene: Guarded): Promise<Gate>;
  /** Ends what it started, such as a process. */
  close?(): Promise<void>;
}

/** What a host knows when it sets a guard up. */
export interface Guarded {
  readonly domain: Domain;
  /** Names of all tools that the program may call. */
  readonly tools: readonly string[];
  /** The program lets the guard's process die: its state must outlive that, if it can. */
  readonly crashes: boolean;
}

/** One guard. Virtual time stands still while it thinks. */
export interface Gate {
  /** Asks for all of them before any of them ends; one answer each. */
  ask(acts: readonly Act[]): Promise<readonly Answer[]>;
  /** It is now so many virtual ms since the beginning; never less than before. */
  moveTo(atMs: number): void;
  /** Lets what is due be done, after time has passed without an act. */
  tick?(): Promise<void>;
  /** Lets what is due be done, after a move. */
  rest?(): Promise<void>;
  report?(report: Report): Promise<void>;
  /** A person agrees. @returns false when the question is no longer there */
  approve?(id: string): Promise<boolean>;
  /** Its process dies, and another one goes on with what was kept. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/** What became of the question. */
export type Answer = Allowed | Refused;

export interface Allowed {
  readonly allowed: true;
  readonly sizeMultiplier?: number;
  /** The act is over: tells the guard how it went. Resolves with why it must not count after all; null: it counts. */
  end(): Promise<Stop | null>;
}

export interface Refused {
  readonly allowed: false;
  readonly stop: Stop;
}

export type { Act, Domain, Reply, Report, Stop };
