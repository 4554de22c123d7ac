import { ENGINE_EVENTS } from "../engine/index.js";
import { bootOf } from "./replay-chain.js";
import type { RunRecord } from "./replay-chain.js";

/** Runs of which each goes on from the one before it. */
export interface RunChain {
  /** Records are missing here. */
  lose(): void;
}

export interface RunChainsOptions<C extends RunChain> {
  readonly begin: () => C;
  /** Hears of a chain of which nothing more will be heard. */
  readonly end?: (chain: C) => void;
  /** Chains whose newest run has ended and that a later one may go on from, at most. */
  readonly maxEnded: number;
  /** Chains at most: a process that was killed does not say that its run has ended. */
  readonly max: number;
}

/** What belongs to a run although it is no event of its engine. */
const OF_RUNS = new Set(["open", "state", "close"]);
/** Stands for the run of records that do not say whose they are, where none was heard of before. */
const NOBODY = "";

/** The runs of a record, each process for itself over its restarts, in a log that several may have written. */
export class RunChains<C extends RunChain> {
  readonly #options: RunChainsOptions<C>;
  /** By the newest run of each; the one that was heard of longest ago first. */
  readonly #byBoot = new Map<string, C>();
  /** The newest runs of those that have ended; the one that ended longest ago first. */
  readonly #ended = new Set<string>();
  /** Whose record was read last: one that does not say belongs to the same. */
  #latest = NOBODY;
  /** Some were given up to make room. */
  hasForgotten = false;

  constructor(options: RunChainsOptions<C>) {
    this.#options = options;
  }

  /** The chain that a record belongs to; undefined: it is one of the log's own. */
  of(record: RunRecord): C | undefined {
    const { type, follows } = record;
    const boot = bootOf(record);
    if (boot === null && !OF_RUNS.has(type) && !ENGINE_EVENTS.has(type)) return undefined;
    if (type === "open" && boot !== null && typeof follows === "string") this.#goOn(follows, boot);
    const chain = this.named(boot);
    if (type === "open") this.#ended.delete(this.#latest);
    else if (type === "close") {
      this.#ended.delete(this.#latest);
      this.#ended.add(this.#latest);
      if (this.#ended.size > this.#options.maxEnded) this.#forget();
    }
    return chain;
  }

  /** @param boot null: that of the record before */
  named(boot: string | null): C {
    const name = boot ?? this.#latest;
    let chain = this.#byBoot.get(name);
    if (chain !== undefined && name === this.#latest) return chain;
    if (chain === undefined) chain = this.#options.begin();
    else this.#byBoot.delete(name);
    this.#byBoot.set(name, chain);
    this.#latest = name;
    if (this.#byBoot.size > this.#options.max) this.#forget();
    return chain;
  }

  /** Tells those of which records are missing: all, where nobody knows whose they are. */
  lose(gap: RunRecord): void {
    const boot = bootOf(gap);
    if (boot !== null) this.#byBoot.get(boot)?.lose();
    else for (const chain of this.#byBoot.values()) chain.lose();
  }

  /** Nothing more will come. */
  endAll(): void {
    for (const boot of [...this.#byBoot.keys()]) this.#end(boot);
  }

  #goOn(follows: string, boot: string): void {
    const before = this.#byBoot.get(follows);
    if (before === undefined || follows === boot) return;
    this.#byBoot.delete(follows);
    this.#ended.delete(follows);
    this.#end(boot);
    this.#byBoot.set(boot, before);
    this.#latest = boot;
  }

  /** Gives up the one that ended longest ago; where none has, that of which nothing was heard for longest. */
  #forget(): void {
    const [oldest = this.#byBoot.keys().next().value!] = this.#ended;
    this.hasForgotten = true;
    this.#end(oldest);
  }

  #end(boot: string): void {
    const chain = this.#byBoot.get(boot);
    this.#byBoot.delete(boot);
    this.#ended.delete(boot);
    if (chain !== undefined) this.#options.end?.(chain);
  }
}
