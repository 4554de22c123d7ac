import { Chain } from "./chain.js";
import type { HistoryRecord } from "./history.js";
import { RecordedTally } from "./recorded-tally.js";
import type { BacktestReport, Flip } from "./report.js";
import { PolicyTally } from "./tally.js";
import type { NamedPolicy } from "./tally.js";
import { RunChains } from "../run-chains.js";

export interface BacktestOptions {
  readonly policies: readonly NamedPolicy[];
  /** What they are compared with; what was recorded when absent. */
  readonly against?: NamedPolicy | undefined;
  /** How long after a rule's halt somebody resumes it, in ms; when absent nobody does. */
  readonly resumeAfterMs?: number | undefined;
  /** Hears of every decision that comes out otherwise, when its action has ended or is given up. */
  readonly onFlip?: ((flip: Flip) => void) | undefined;
}

/** Runs that have ended and that a later one may go on from, at most; and all that are followed at once. */
const MAX_ENDED = 64;
const MAX_CHAINS = 1000;

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
  readonly #chains: RunChains<Chain>;

  constructor(options: BacktestOptions) {
    this.#options = options;
    this.#tallies = options.policies.map((named) => new PolicyTally(named, options.onFlip));
    const { against, resumeAfterMs } = options;
    this.#chains = new RunChains({
      ...{ maxEnded: MAX_ENDED, max: MAX_CHAINS },
      begin: () => new Chain({ tallies: this.#tallies, against, resumeAfterMs, recorded: this.#recorded }),
      end: (chain) => {
        chain.end();
      },
    });
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
      this.#chains.lose(record);
    } else this.#chains.of(record)?.take(record);
  }

  report(): BacktestReport {
    this.#chains.endAll();
    const { against } = this.#options;
    const recorded = this.#recorded;
    return {
      against: against?.name ?? null,
      recorded: recorded.facts,
      policies: this.#tallies.map((tally) =>
        tally.report(recorded.notesFor(tally.named.policy.rules, tally.sawUnknown)),
      ),
      notes: recorded.notes(against?.name),
    };
  }
}
