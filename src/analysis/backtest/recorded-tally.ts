import type { Rule } from "../../policy/index.js";
import type { Ticket } from "../../engine/index.js";
import { Sums } from "./flip-count.js";
import type { HistoryRecord, RecordedGate, RecordedSettle } from "./history.js";
import type { RecordedFacts } from "./report.js";

/** Faults and versions that are told. */
const MAX_TOLD = 5;

const SAW_UNKNOWN =
  "it tests values of tags or arguments that no recorded rule asked about: the decisions that hinge on the answers count as unsure";

/** Counts what was recorded, and what the records do not say. */
export class RecordedTally {
  records = 0;
  runs = 0;
  #unreadable = 0;
  skipped = 0;
  gaps = 0;
  decisions = 0;
  /** The records begin in the middle of a run. */
  startedLate = false;
  /** What the policies are compared with asked for answers that nobody recorded. */
  againstSawUnknown = false;
  #firstUnreadable: HistoryRecord | null = null;
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

  /** @param ticket the same decision, made again under its own policy; null: nobody can say that it must be the same */
  noteDecision(record: RecordedGate, ticket: Ticket | null): void {
    const { at, verdict, wouldCode, code, rule } = record;
    this.decisions += 1;
    if (verdict === "allow") this.#allowed += 1;
    if (wouldCode !== undefined) this.#wouldRefuse += 1;
    // Sessions each have a time of their own: they need not come one after the other.
    this.#from = Math.min(at, this.#from ?? Infinity);
    this.#to = Math.max(at, this.#to ?? -Infinity);
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

  noteUnreadable(record: HistoryRecord): void {
    this.#unreadable += 1;
    this.#firstUnreadable ??= record;
  }

  noteFault(message: string): void {
    if (this.#faults.size < MAX_TOLD) this.#faults.add(message);
  }

  noteEngine(version: unknown): void {
    if (this.#engines.size < MAX_TOLD) this.#engines.add(String(version));
  }

  get facts(): RecordedFacts {
    const { records, runs, skipped, gaps } = this;
    return {
      ...{ records, decisions: this.decisions, allowed: this.#allowed },
      refused: this.decisions - this.#allowed,
      wouldRefuse: this.#wouldRefuse,
      cost: this.#cost.amounts,
      ...{ from: this.#from, to: this.#to, runs, unreadable: this.#unreadable, skipped, gaps },
      notReproduced: this.#notReproduced,
    };
  }

  /**
   * What was missing, or assumed, whatever the policy.
   *
   * @param against what the policies are compared with, when it is not what was recorded
   */
  notes(against: string | undefined): string[] {
    const { skipped, gaps, startedLate } = this;
    return [
      ...when(this.decisions === 0, "there are no decisions in it"),
      ...this.#unreadableNote(),
      ...when(
        this.#wouldRefuse > 0,
        "the governor was in shadow: what its own policy would have refused was allowed, and counts as such; --against compares with a policy that enforces",
      ),
      ...when(
        startedLate,
        "the records begin in the middle of a run: a counter goes on from the state that was saved where a rule counts what a recorded one counted, and begins with nothing where not",
      ),
      ...when(
        skipped > 0,
        `${skipped === 1 ? "1 record comes" : `${String(skipped)} records come`} before the first state and ${skipped === 1 ? "was" : "were"} left out`,
      ),
      ...when(
        gaps > 0,
        "records are missing in places: what happened there happened to no policy, and up to the next saved state an answer that is not recorded is unknown",
      ),
      ...when(
        this.#engines.size > 0,
        `the records, or some of them, were made by version ${[...this.#engines].join(", ")} of the engine, and not by this one`,
      ),
      ...when(
        this.#notReproduced > 0,
        this.#notReproduced === 1
          ? "1 decision does not come out again under its own policy: `rein replay` says which"
          : `${String(this.#notReproduced)} decisions do not come out again under their own policy: \`rein replay\` says which is the first`,
      ),
      ...when(this.againstSawUnknown, `\`${against ?? ""}\`: ${SAW_UNKNOWN}`),
      ...[...this.#faults].map((fault) => `the recorded policy could not be followed everywhere: ${fault}`),
    ];
  }

  /** What a policy asks for and nobody recorded. */
  notesFor(rules: readonly Rule[], sawUnknown: boolean): string[] {
    return [...when(sawUnknown, SAW_UNKNOWN), ...rules.flatMap((rule) => this.#noteOn(rule) ?? [])];
  }

  #unreadableNote(): string[] {
    if (this.#firstUnreadable === null) return [];
    const { place, message } = this.#firstUnreadable;
    const where = place === undefined ? "" : ` (${place})`;
    const why = typeof message === "string" ? `: ${message}` : "";
    return this.#unreadable === 1
      ? [`1 action could not be read, and no policy saw it${where}${why}`]
      : [
          `${String(this.#unreadable)} actions could not be read, and no policy saw them; the first${where}${why}`,
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
