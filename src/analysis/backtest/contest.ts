import type { Halt, Ticket } from "../../engine/index.js";
import type { Answers, RecordedGate, RecordedSettle } from "./history.js";
import { mildestOf } from "./mildest.js";
import { PolicyRun } from "./policy-run.js";
import type { RunStart, Stop } from "./policy-run.js";
import type { NamedPolicy, PolicyTally, Turned } from "./tally.js";

/** What a decision is compared with. */
export interface Said {
  readonly allowed: boolean;
  readonly code: string | undefined;
  readonly rule: string | undefined;
  readonly message: string | undefined;
}

/** What a policy says where a test that nobody recorded counts against the action, and where it counts for it. */
export interface BothSaid {
  readonly strict: Said;
  readonly mild: Said;
  readonly ticket: Ticket;
}

/** The decision of an action that ends. */
export interface Begun {
  readonly record: RecordedGate;
  readonly id: string;
}

/** How a compared action was going when it ended. */
export interface Ended {
  readonly record: RecordedSettle;
  /** It was stopped in flight in what is compared with. */
  readonly wasStopped: boolean;
}

/** Decisions whose action's end is waited for, at most, in one run. */
const MAX_WAITING = 100_000;
const MAX_FLIPPED_AGENTS = 10_000;

/**
 * One policy over one run of the history, twice where it asks what nobody recorded: what is not known counts against
 * the action, and for it. What both agree on does not hinge on it.
 */
export class DoubleRun {
  readonly strict: PolicyRun;
  readonly #mild: PolicyRun;

  constructor(
    { policy }: NamedPolicy,
    start: RunStart,
    resumeAfterMs: number | undefined,
    onHalt?: (halt: Halt) => void,
  ) {
    const { rules, uses } = mildestOf(policy.rules);
    const options = { start, resumeAfterMs };
    this.strict = new PolicyRun({ ...options, rules: policy.rules, onHalt });
    const mayBeUnknown = uses.size > 0 && start.valuesKnown !== true;
    this.#mild = mayBeUnknown ? new PolicyRun({ ...options, rules, mildest: uses }) : this.strict;
  }

  gate(record: RecordedGate, answers: Answers): BothSaid {
    const ticket = this.strict.gate(record, answers);
    const strict = saidBy(ticket);
    const mild = this.#mild === this.strict ? strict : saidBy(this.#mild.gate(record, answers));
    return { strict, mild, ticket };
  }

  /** Ends an action; returns why it had been stopped in flight. */
  settle(record: RecordedSettle): Stop | undefined {
    if (this.#mild !== this.strict) this.#mild.settle(record);
    return this.strict.settle(record);
  }

  each(step: (run: PolicyRun) => void): void {
    step(this.strict);
    if (this.#mild !== this.strict) step(this.#mild);
  }
}

/** One policy over one run of the history, compared with what was recorded or with another policy. */
export class Contest {
  readonly #tally: PolicyTally;
  readonly #run: DoubleRun;
  /** Decisions that came out otherwise, by number, until their action ends. */
  readonly #waiting = new Map<number, Turned>();
  readonly #flippedAgents = new Set<string>();

  constructor(tally: PolicyTally, start: RunStart, resumeAfterMs: number | undefined) {
    this.#tally = tally;
    this.#run = new DoubleRun(tally.named, start, resumeAfterMs, (halt) => {
      tally.noteHalt(halt);
    });
  }

  /**
   * @param before what it is compared with
   * @param id of the decision
   * @param happened the action happened in the record: its end may come
   */
  gate(
    record: RecordedGate,
    answers: Answers,
    before: Omit<BothSaid, "ticket">,
    id: string,
    happened: boolean,
  ): void {
    const tally = this.#tally;
    const { strict, mild, ticket } = this.#run.gate(record, answers);
    if (this.#run.strict.sawUnknown) tally.sawUnknown = true;
    if (strict.allowed) tally.allowed += 1;
    else if (ticket.verdict === "approve") tally.asked += 1;
    else tally.refused += 1;
    if (mild.allowed) tally.allowedAtMost += 1;
    if (!happened) this.#assume(record, strict.allowed);

    const base = before.strict;
    if (strict.allowed !== mild.allowed || base.allowed !== before.mild.allowed) {
      tally.unsure += 1;
      return;
    }
    if (strict.allowed === base.allowed) {
      tally.same += 1;
      return;
    }
    const flip = strict.allowed ? "allowed" : ticket.verdict === "approve" ? "asked" : "refused";
    const { code = "", rule, message } = strict.allowed ? base : strict;
    const turned = this.#turned(record, id, flip, code, rule, message);
    if (happened) this.#await(record.seq, turned);
    else tally.noteFlip(turned, "unknown", undefined);
  }

  /** @param begun the action's decision; undefined: it was made too long ago */
  settle({ record, wasStopped }: Ended, begun: Begun | undefined): void {
    const { seq, ok, cost, progress } = record;
    const turned = this.#waiting.get(seq);
    const stop = this.#run.settle(record);
    if (turned !== undefined) {
      this.#waiting.delete(seq);
      this.#tally.noteFlip(turned, ok ? "worked" : "failed", cost, progress === true);
    } else if (stop?.rule !== undefined && !wasStopped && begun !== undefined) {
      // What an operator stopped was stopped in the record, too.
      const stopped = this.#turned(begun.record, begun.id, "stopped", stop.code, stop.rule, undefined);
      this.#tally.noteFlip(stopped, ok ? "worked" : "failed", cost, progress === true);
    }
  }

  /** Hears that an action was taken back. */
  cancel(seq: number): void {
    const turned = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    if (turned !== undefined) this.#tally.noteFlip(turned, "never-began", {});
  }

  each(step: (run: PolicyRun) => void): void {
    this.#run.each(step);
  }

  /** Gives up what nobody will hear of any more; everything when no time is given. */
  prune(mono = Infinity): void {
    const lifeMs = 2 * this.#run.strict.engine.limits.permitTtlMs;
    for (const [seq, turned] of this.#waiting) {
      if (mono - turned.mono < lifeMs && this.#waiting.size <= MAX_WAITING) break;
      this.#waiting.delete(seq);
      this.#tally.noteFlip(turned, "unknown", undefined);
    }
    this.#run.each((run) => {
      run.prune(mono);
    });
  }

  #assume(record: RecordedGate, isAllowed: boolean): void {
    if (isAllowed) this.#tally.assumed += 1;
    this.#run.each((run) => {
      run.assume(record);
    });
  }

  #await(seq: number, turned: Turned): void {
    this.#waiting.set(seq, turned);
    if (this.#waiting.size > MAX_WAITING) this.prune(turned.mono);
  }

  #turned(
    { at, mono, source, series, cost }: RecordedGate,
    id: string,
    flip: Turned["flip"],
    code: string,
    rule: string | undefined,
    message: string | undefined,
  ): Turned {
    const slash = source.indexOf("/");
    const agent = slash < 0 ? source : source.slice(0, slash);
    const later = this.#flippedAgents.has(agent);
    if (!later && this.#flippedAgents.size < MAX_FLIPPED_AGENTS) this.#flippedAgents.add(agent);
    return { id, at, mono, source, series, flip, rule, code, message, cost, later };
  }
}

function saidBy({ verdict, refusal }: Ticket): Said {
  return {
    allowed: verdict === "allow",
    code: refusal?.code,
    rule: refusal?.rule,
    message: refusal?.message,
  };
}
