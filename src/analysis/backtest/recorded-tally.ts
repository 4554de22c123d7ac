import type { Rule } from "../../policy/index.js";
import type { Ticket } from "../../engine/index.js";
import { Sums } from "./flip-count.js";
import type { HistoryRecord, RecordedGate, RecordedSettle } from "./history.js";
import type { RecordedFacts } from "./report.js";

/** Faults and versions that are told. */
const MAX_TOLD = 5;

/** Counts what was recorded, and what the records do not say. */
export class RecordedTally {
  records = 0;
  runs = 0;
  unreadable = 0;
  skipped = 0;
  gaps = 0;
  decisions = 0;
  /** The records begin in the middle of a run. */
  startedLate = false;
  readonly #cost = new Sums();
  readonly #faults = new Set<string>();
  readonly #engines = new Set<string>();
  readonly #signals = new Set<string>();
  #allowed = 0;
  #wouldRefuse = 0;
  #notReproduced = 0;
  #from: number | null = null;
  #to: number | null = null;
  #balances = false;
  #realized = false;
  #progress = false;
  #results = false;

  /** @param ticket the same decision, made again under its own policy; null: that was not possible */
  noteDecision(record: RecordedGate, ticket: Ticket | null): void {
    const { at, verdict, wouldCode, code, rule } = record;
    this.decisions += 1;
    if (verdict === "allow") this.#allowed += 1;
    if (wouldCode !== undefined) this.#wouldRefuse += 1;
    this.#from ??= at;
    this.#to = at;
    if (ticket === null) return;
    const { refusal } = ticket;
    if (ticket.verdict !== verdict || refusal?.code !== code || refusal?.rule !== rule)
      this.#notReproduced += 1;
  }

  noteOutcome({ cost, progress, result }: RecordedSettle): void {
    this.#cost.add(cost);
    if (progress !== undefined) this.#progress = true;
    if (result !== undefined) this.#results = true;
  }

  /** What rules may ask for. */
  noteWorld(record: HistoryRecord): void {
    switch (record.type) {
      case "signal":
        if (this.#signals.size < 1000) this.#signals.add(String(record["name"]));
        return;
      case "balance":
        this.#balances = true;
        return;
      case "realize":
        this.#realized = true;
    }
  }

  noteFault(message: string): void {
    if (this.#faults.size < MAX_TOLD) this.#faults.add(message);
  }

  noteEngine(version: unknown): void {
    if (this.#engines.size < MAX_TOLD) this.#engines.add(String(version));
  }

  get facts(): RecordedFacts {
    const { records, runs, unreadable, skipped, gaps } = this;
    return {
      ...{ records, decisions: this.decisions, allowed: this.#allowed },
      refused: this.decisions - this.#allowed,
      wouldRefuse: this.#wouldRefuse,
      cost: this.#cost.amounts,
      ...{ from: this.#from, to: this.#to, runs, unreadable, skipped, gaps },
      notReproduced: this.#notReproduced,
    };
  }

  /** What was missing, or assumed, whatever the policy. */
  notes(): string[] {
    const { skipped, gaps, startedLate } = this;
    return [
      ...when(this.decisions === 0, "there are no decisions in it"),
      ...when(
        this.#wouldRefuse > 0,
        "the governor was in shadow: what its own policy would have refused was allowed, and counts as such; --against compares with a policy that enforces",
      ),
      ...when(
        startedLate,
        "the records begin in the middle of a run: a counter goes on from the state that was saved where a rule counts what a recorded one counted, and begins with nothing where not",
      ),
      ...when(skipped > 0, `${String(skipped)} records come before the first state and were left out`),
      ...when(gaps > 0, "records are missing in places: what happened there happened to no policy"),
      ...when(
        this.#engines.size > 0,
        `the records, or some of them, were made by version ${[...this.#engines].join(", ")} of the engine, and not by this one`,
      ),
      ...when(
        this.#notReproduced > 0,
        `${String(this.#notReproduced)} decisions do not come out again under their own policy: \`rein replay\` says which is the first`,
      ),
      ...[...this.#faults].map((fault) => `the recorded policy could not be followed to the end: ${fault}`),
    ];
  }

  /** What a policy asks for and nobody recorded. */
  notesFor(rules: readonly Rule[], sawUnknown: boolean): string[] {
    return [
      ...when(
        sawUnknown,
        "it tests values of tags or arguments that no recorded rule asked about: the decisions that hinge on the answers count as unsure",
      ),
      ...rules.flatMap((rule) => this.#noteOn(rule) ?? []),
    ];
  }

  #noteOn(rule: Rule): string | undefined {
    const { id, kind } = rule;
    if (kind === "stale" && !this.#signals.has(rule.signal))
      return `rule \`${id}\` needs the signal \`${rule.signal}\`, which is never reported: it refuses all it applies to`;
    if ((kind === "loss" || kind === "floor") && !this.#balances)
      return `rule \`${id}\` watches balances, and none is reported: it had nothing to judge`;
    if (kind === "loop" && !this.#progress && !this.#results)
      return `rule \`${id}\` looks for anything new, and no outcome was recorded with a result or \`progress\``;
    if (kind === "score" && !this.#realized)
      return `rule \`${id}\` may judge what actions were worth, and no \`realize\` is reported`;
    const { except = [], ...clause } = rule.match ?? {};
    if (this.#signals.size === 0 && [clause, ...except].some(({ regime }) => regime !== undefined))
      return `rule \`${id}\` depends on the regime, and no signal is reported: it is normal throughout`;
    return undefined;
  }
}

function when(condition: boolean, note: string): string[] {
  return condition ? [note] : [];
}
