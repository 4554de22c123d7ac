import { MICRO } from "../../core/measure.js";
import { amountsOf, Engine } from "../../engine/index.js";
import type {
  AskDetails,
  EngineEvent,
  EngineImage,
  EngineLimits,
  Halt,
  Lane,
  Ticket,
} from "../../engine/index.js";
import { calendarAnswer } from "../../policy/calendar.js";
import type { Rule } from "../../policy/index.js";
import type { Answers, RecordedGate, RecordedSettle } from "./history.js";
import type { Mildest } from "./mildest.js";
import { RecordedHalts } from "./recorded-halts.js";

/** What a run begins with: nothing, or a state that was saved. */
export interface RunStart {
  readonly limits: EngineLimits;
  readonly image: EngineImage | null;
  /** All actions come with their values. */
  readonly valuesKnown?: boolean | undefined;
}

export interface RunOptions {
  readonly rules: readonly Rule[];
  readonly start: RunStart;
  /** What the rules' tests are and how to answer where nobody recorded it; else that goes against the action. */
  readonly mildest?: Mildest["uses"] | undefined;
  /** How long after a rule's halt somebody resumes it, in ms; undefined: nobody does. */
  readonly resumeAfterMs?: number | undefined;
  readonly onHalt?: ((halt: Halt) => void) | undefined;
}

/** Everything that is neither an action nor its end, nor belongs to the recorded policy. */
type WorldEvent = Exclude<
  EngineEvent,
  { type: "gate" | "settle" | "cancel" | "open" | "policy" | "calendar" | "image" | "approve" | "reject" }
>;

/** Why an action was stopped in flight. */
export interface Stop {
  readonly code: "halted" | "timed_out";
  readonly rule: string | undefined;
}

const CALLS_ONLY: readonly number[] = [MICRO];

/** Remembered tickets that nobody ends are given up after so many lives of a permit. */
const LIVES = 2;

/** One policy in a real engine, to which a recorded history happens. */
export class PolicyRun {
  readonly engine: Engine;
  /** Tests were asked that nobody had recorded the answer to. */
  sawUnknown = false;
  readonly #options: RunOptions;
  /** Allowed actions by the number of the recorded decision. */
  readonly #tickets = new Map<number, Ticket>();
  readonly #halts: RecordedHalts;
  /** Halts that somebody resumes, the first to come first. */
  readonly #resumes: { readonly halt: string; readonly mono: number }[] = [];
  readonly #stops = new WeakMap<Ticket, Stop>();
  #calendarFrom = Infinity;
  #calendarUntil = -Infinity;

  /** @throws ReinError `unsupported_rule` */
  constructor(options: RunOptions) {
    this.#options = options;
    const { rules, start } = options;
    const { limits, image } = start;
    if (image === null) {
      this.engine = new Engine({ rules, mode: "enforce", limits });
      this.#halts = new RecordedHalts(this.engine);
      return;
    }
    this.engine = Engine.restore(image);
    this.engine.setRules(rules, "enforce");
    for (const ticket of this.engine.inFlight.awaited()) this.#tickets.set(ticket.seq, ticket);
    this.#halts = new RecordedHalts(this.engine);
  }

  gate(record: RecordedGate, answers: Answers): Ticket {
    const { at, mono, source, series } = record;
    const { engine } = this;
    this.#pass(at, mono);
    engine.advance(at, mono);
    const lane = engine.lane(source, series, mono);
    const amounts = amountsOf(engine.world, record.cost) ?? CALLS_ONLY;
    const ticket = engine.gate(lane, at, mono, { amounts, details: this.#detailsOf(record, lane, answers) });
    if (ticket.verdict === "allow") this.#tickets.set(record.seq, ticket);
    this.#carryOut();
    return ticket;
  }

  /**
   * Ends an action as it is recorded; one that was not allowed here has no end. Returns why it was stopped in flight;
   * undefined: it was not.
   */
  settle(record: RecordedSettle): Stop | undefined {
    const { seq, at, mono, ok, progress, slippageCents, result, like } = record;
    this.#pass(at, mono);
    const ticket = this.#take(seq);
    if (ticket === undefined) this.engine.advance(at, mono);
    else {
      const details =
        slippageCents === undefined && result === undefined
          ? null
          : { slippageCents: slippageCents ?? NaN, result: result ?? null, like: like ?? null };
      const amounts = amountsOf(this.engine.world, record.cost);
      this.engine.settle(ticket, at, mono, ok, amounts, progress, details);
    }
    this.#carryOut();
    return ticket === undefined || ticket.voidedBy === null ? undefined : this.#stops.get(ticket);
  }

  /** Ends an action of which nobody knows how it would have ended: at once, well, for what was reserved. */
  assume({ seq, at, mono }: RecordedGate): void {
    const ticket = this.#take(seq);
    if (ticket !== undefined) this.engine.settle(ticket, at, mono, true, null);
    this.#carryOut();
  }

  cancel(seq: number, at: number, mono: number): void {
    this.#pass(at, mono);
    const ticket = this.#take(seq);
    if (ticket === undefined) this.engine.advance(at, mono);
    else this.engine.cancel(ticket, at, mono);
    this.#carryOut();
  }

  /** Answers the question about the same action, when there is one here. */
  answer(bind: string | undefined, event: Extract<EngineEvent, { type: "approve" | "reject" }>): void {
    const { at, mono, by, reason } = event;
    this.#pass(at, mono);
    const approval = this.engine.approvals.forAction(bind ?? null);
    if (approval?.state === "pending") {
      const state = event.type === "approve" ? "approved" : "rejected";
      this.engine.answer(approval.id, state, by, reason, at, mono);
    } else this.engine.advance(at, mono);
    this.#carryOut();
  }

  /**
   * Lets something happen that is no action.
   *
   * @param halt the halt that it makes or ends, as the record has it
   */
  happen(event: WorldEvent, halt?: Halt): void {
    const { at, mono } = event;
    const { engine } = this;
    this.#pass(at, mono);
    switch (event.type) {
      case "advance":
      case "invalid":
        engine.advance(at, mono);
        break;
      case "tick":
        engine.tick(at, mono);
        break;
      case "restart":
        // All is known here: the history goes on where it was.
        engine.restart({ ...event, clean: true, nothingIsKnown: false, losses: [], halts: [] }, at, mono);
        this.#tickets.clear();
        break;
      case "signal":
        engine.signal(event.name, event.value, at, mono);
        break;
      case "realize":
        engine.realize(event, event.pnl, event.predictedEdge ?? NaN, event.capitalPct ?? NaN, at, mono);
        break;
      case "balance": {
        const balance = event.balance === null ? null : { realizedToday: undefined, ...event.balance };
        engine.balance(event.account, balance, at, mono);
        break;
      }
      case "halt": {
        const seqs = event.seqs?.flatMap((seq) => this.#tickets.get(seq)?.seq ?? []);
        this.#halts.made(engine.halt(event, at, mono, seqs), halt);
        break;
      }
      case "resume": {
        engine.advance(at, mono);
        for (const id of this.#halts.idsOf(event.halt, halt))
          engine.resume(id, event.by, event.reason, at, mono);
        break;
      }
      case "revive":
        engine.revive(event, event.by, event.reason, at, mono);
        break;
      case "override":
        engine.override(event, event.status, event.forMs, event.by, event.reason, at, mono);
        break;
    }
    this.#carryOut();
  }

  /** Goes on behind missing records, from a saved state: what people have stopped there is stopped here. */
  goOnAt({ at, mono, halts }: EngineImage): void {
    this.#pass(at, mono);
    this.#halts.agree(halts.halts, at, mono);
    this.#carryOut();
  }

  /** Gives up tickets that nobody will end. */
  prune(mono: number): void {
    for (const [seq, ticket] of this.#tickets) {
      if (mono - ticket.mono < LIVES * this.engine.limits.permitTtlMs) return;
      this.#tickets.delete(seq);
    }
  }

  #take(seq: number): Ticket | undefined {
    const ticket = this.#tickets.get(seq);
    this.#tickets.delete(seq);
    return ticket;
  }

  #detailsOf(record: RecordedGate, lane: Lane, answers: Answers): AskDetails | null {
    const { engine } = this;
    const plan = engine.planOf(lane, record.mono);
    const { tags } = record;
    const args = plan.needsArgs ? (record.args ?? null) : null;
    const hasTests = plan.tests.length > 0 || engine.halts.size > 0;
    if (tags === undefined && !hasTests && !plan.needsBind && args === null) return null;
    const facts = hasTests ? this.#factsOf(lane, answers) : null;
    // Where nobody had to be asked, nothing was bound; no answer can be meant for it either.
    const bind = plan.needsBind ? (record.bind ?? `unasked ${record.seq}`) : null;
    return { tags: tags ?? null, facts, bind, args };
  }

  #factsOf(lane: Lane, answers: Answers): readonly number[] {
    const { world, halts } = this.engine;
    const facts: number[] = [];
    const ask = (id: number): void => {
      const test = world.tests[id]!;
      const use = this.#options.mildest?.get(test.key);
      let answer = answers(use?.test ?? test);
      if (answer === null) {
        this.sawUnknown = true;
        answer = use?.answer;
      }
      if (answer !== false) facts.push(answer === undefined ? ~id : id);
    };
    lane.plan.tests.forEach(ask);
    for (const halt of halts.covering(lane)) halt.tests.forEach(ask);
    return facts;
  }

  /** What time brings besides what the engine knows of: the calendar's boundaries, and people who resume. */
  #pass(at: number, mono: number): void {
    if (at >= this.#calendarUntil || at < this.#calendarFrom) this.#followCalendar(at);
    while (this.#resumes.length > 0 && this.#resumes[0]!.mono <= mono) {
      const { halt } = this.#resumes.shift()!;
      if (this.engine.halts.get(halt) !== undefined)
        this.engine.resume(halt, "backtest", "somebody resumes", at, mono);
    }
  }

  #followCalendar(at: number): void {
    let until = Infinity;
    for (const fact of this.engine.world.calendars.values()) {
      if (at >= fact.until || at < this.#calendarFrom) {
        const { period, open, until: next } = calendarAnswer(fact.spec, at);
        this.engine.calendar(fact.spec.key, period, open, next);
      }
      until = Math.min(until, fact.until);
    }
    this.#calendarFrom = at;
    this.#calendarUntil = until;
  }

  #carryOut(): void {
    const { engine } = this;
    if (engine.effects.length === 0) return;
    const { resumeAfterMs, onHalt } = this.#options;
    for (const effect of engine.takeEffects()) {
      if (effect.type === "void" && effect.cause !== "expiry") {
        const code = effect.cause === "halt" ? "halted" : "timed_out";
        this.#stops.set(effect.ticket, { code, rule: effect.rule ?? effect.halt?.info.rule });
      }
      if (effect.type !== "halt" || effect.halt.info.rule === undefined) continue;
      onHalt?.(effect.halt);
      if (resumeAfterMs !== undefined && effect.halt.until === Infinity)
        this.#resumes.push({ halt: effect.halt.info.id, mono: engine.now.mono + resumeAfterMs });
    }
  }
}
