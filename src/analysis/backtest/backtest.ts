import { Chain } from "./chain.js";
import type { HistoryRecord } from "./history.js";
import { RecordedTally } from "./recorded-tally.js";
import type { BacktestReport, Flip } from "./report.js";
import { PolicyTally } from "./tally.js";
import type { NamedPolicy } from "./tally.js";
import { bootOf } from "../replay-chain.js";

export interface BacktestOptions {
  readonly policies: readonly NamedPolicy[];
  /** What they are compared with; what was recorded when absent. */
  readonly against?: NamedPolicy | undefined;
  /** How long after a rule's halt somebody resumes it, in ms; when absent nobody does. */
  readonly resumeAfterMs?: number | undefined;
  /** Hears of every decision that comes out otherwise, when its action has ended or is given up. */
  readonly onFlip?: ((flip: Flip) => void) | undefined;
}

/** Ended runs that a later one may go on from, at most. */
const MAX_ENDED = 64;

/** What belongs to a run although it is no event of its engine. */
const OF_RUNS = new Set(["open", "state", "close"]);

/**
 * Runs a recorded history under other policies, a record at a time: memory does not grow with it.
 *
 * Each policy has an engine of its own that enforces it and to which the recorded actions happen. What it refuses did
 * not happen to it: nothing is spent, and the outcome is not seen. What it allows ends as it is recorded; what never
 * happened in the record ends at once, well, for what it asked for. A question to a human is answered where the record
 * has an answer to it, and counts as refused where it has not.
 */
export class Backtest {
  readonly #options: BacktestOptions;
  readonly #tallies: readonly PolicyTally[];
  readonly #recorded = new RecordedTally();
  /** By the newest run of each; the one that ended longest ago first. */
  readonly #chains = new Map<string, Chain>();
  readonly #sawUnknown: boolean[];
  #latest: Chain | undefined;

  constructor(options: BacktestOptions) {
    this.#options = options;
    this.#tallies = options.policies.map((named) => new PolicyTally(named, options.onFlip));
    this.#sawUnknown = options.policies.map(() => false);
  }

  get decisions(): number {
    return this.#recorded.decisions;
  }

  /** Takes the next record. @throws ReinError `unsupported_rule` when this version cannot run a policy */
  take(record: HistoryRecord): void {
    const recorded = this.#recorded;
    recorded.records += 1;
    recorded.noteWorld(record);
    if (record.type === "gap") {
      recorded.gaps += 1;
      return;
    }
    const chain = this.#chainOf(record);
    chain?.take(record);
    if (record.type === "close" && this.#chains.size > MAX_ENDED) this.#forgetEnded();
  }

  report(): BacktestReport {
    for (const chain of this.#chains.values()) this.#end(chain);
    this.#chains.clear();
    const { against } = this.#options;
    const recorded = this.#recorded;
    return {
      against: against?.name ?? null,
      recorded: recorded.facts,
      policies: this.#tallies.map((tally, i) =>
        tally.report(recorded.notesFor(tally.named.policy.rules, this.#sawUnknown[i]!)),
      ),
      notes: recorded.notes(),
    };
  }

  #chainOf(record: HistoryRecord): Chain | undefined {
    const boot = bootOf(record);
    if (boot === null)
      return OF_RUNS.has(record.type) || this.#latest !== undefined ? this.#named("") : undefined;
    const follows = record["follows"];
    if (record.type !== "open" || typeof follows !== "string") return this.#named(boot);
    const before = this.#chains.get(follows);
    if (before === undefined) return this.#named(boot);
    this.#chains.delete(follows);
    this.#chains.set(boot, before);
    return (this.#latest = before);
  }

  #named(boot: string): Chain {
    let chain = boot === "" ? this.#latest : this.#chains.get(boot);
    if (chain === undefined) {
      const { against, resumeAfterMs } = this.#options;
      chain = new Chain({ tallies: this.#tallies, against, resumeAfterMs, recorded: this.#recorded });
      this.#chains.set(boot, chain);
    }
    return (this.#latest = chain);
  }

  #forgetEnded(): void {
    for (const [boot, chain] of this.#chains) {
      if (this.#chains.size <= MAX_ENDED) return;
      if (!chain.isClosed) continue;
      this.#end(chain);
      this.#chains.delete(boot);
    }
  }

  #end(chain: Chain): void {
    chain.end();
    chain.sawUnknown.forEach((saw, i) => (this.#sawUnknown[i] ||= saw));
  }
}
