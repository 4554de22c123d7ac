import { messageOf } from "../../core/errors.js";
import { Engine, ENGINE_EVENTS, ENGINE_VERSION, migrateImage, Player } from "../../engine/index.js";
import type { EngineEvent, EngineImage, Halt, Ticket } from "../../engine/index.js";
import { Contest, DoubleRun } from "./contest.js";
import type { Begun, BothSaid, Said } from "./contest.js";
import { answersOf } from "./history.js";
import type { HistoryRecord, RecordedGate, RecordedSettle } from "./history.js";
import type { PolicyRun, RunStart } from "./policy-run.js";
import type { RecordedTally } from "./recorded-tally.js";
import type { NamedPolicy, PolicyTally } from "./tally.js";

export interface ChainOptions {
  readonly tallies: readonly PolicyTally[];
  readonly against: NamedPolicy | undefined;
  readonly resumeAfterMs: number | undefined;
  readonly recorded: RecordedTally;
}

type Plan = Ticket["lane"]["plan"];

/** A recorded action that was allowed and has not ended. */
interface InFlight extends Begun {
  /** As the recorded policy's own engine has it; null: it could not be made again. */
  readonly ticket: Ticket | null;
}

/** Recorded actions without an end are given up by and by. */
const PRUNE_EVERY = 4096;
/** Actions in flight that are remembered. */
const MAX_IN_FLIGHT = 100_000;

/** Runs of a governor of which each goes on from the one before it, under every policy at once. */
export class Chain {
  readonly #options: ChainOptions;
  /** The recorded policy itself: it tells what ids mean, and which tests were asked. Null: nobody knows its state. */
  #player: Player | null = null;
  /** All that the player knows was recorded by this version of the engine: it must decide as that did. */
  #isOwn = false;
  #isBegun = false;
  #permitTtlMs = 0;
  #contests: readonly Contest[] = [];
  #against: DoubleRun | undefined;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #askedBy = new WeakMap<Plan, ReadonlySet<string>>();
  #gates = 0;

  constructor(options: ChainOptions) {
    this.#options = options;
  }

  take(record: HistoryRecord): void {
    if (record.type === "open") this.#open(record);
    else if (record.type === "state" && !this.#isOwn) this.#meetState(record["image"]);
    if (record.type === "open" || !ENGINE_EVENTS.has(record.type)) return;
    const { recorded } = this.#options;
    if (!this.#isBegun) {
      recorded.skipped += 1;
      return;
    }
    if (record.type === "invalid") recorded.noteUnreadable(record);
    this.#apply(record as unknown as EngineEvent);
  }

  /** Records are missing here: what the recorded policy knows is not known again before the next state. */
  lose(): void {
    this.#player = null;
    this.#isOwn = false;
  }

  /** Nothing more will come. */
  end(): void {
    for (const contest of this.#contests) contest.prune();
    this.#inFlight.clear();
  }

  #open(record: HistoryRecord): void {
    const { recorded } = this.#options;
    recorded.runs += 1;
    if (record["engine"] !== ENGINE_VERSION) {
      recorded.noteEngine(record["engine"]);
      this.#isOwn = false;
    }
    const event = record as unknown as Extract<EngineEvent, { type: "open" }>;
    if (!this.#isBegun) {
      if (event.restored === true) recorded.startedLate = true;
      this.#beginAnew(record, event);
      this.#play({ ...event, restored: false });
    } else if (event.restored !== true) {
      // The run before ended without leaving anything behind.
      this.end();
      this.#beginAnew(record, event);
      this.#play(event);
    } else this.#play(event);
  }

  #beginAnew(record: HistoryRecord, { limits, restored }: Extract<EngineEvent, { type: "open" }>): void {
    this.#begin({ limits, image: null, valuesKnown: record.valuesKnown });
    this.#player = new Player(null);
    this.#isOwn = record["engine"] === ENGINE_VERSION && restored !== true;
  }

  #meetState(saved: unknown): void {
    try {
      this.#goOnFrom(migrateImage(saved));
    } catch (error) {
      if (!this.#isBegun) throw error;
      this.#giveUp(error);
    }
  }

  /** Begins with a saved state, or finds the way again behind a place where records are missing. */
  #goOnFrom(image: EngineImage): void {
    const { recorded } = this.#options;
    const isOwn = image.engine === ENGINE_VERSION;
    if (!isOwn) recorded.noteEngine(image.engine);
    if (!isOwn && this.#player !== null) return;
    if (!this.#isBegun) {
      recorded.startedLate = true;
      this.#begin({ limits: image.limits, image: isOwn ? image : null });
    } else {
      this.#each((run) => {
        run.goOnAt(image);
      });
    }
    this.#isOwn = isOwn;
    if (!isOwn) {
      const { at, mono, rules, mode, limits } = image;
      this.#player = new Player(null);
      this.#play({ type: "open", at, mono, rules, mode, limits });
      return;
    }
    const engine = Engine.restore(image);
    this.#player = new Player(engine);
    const tickets = new Map([...engine.inFlight.awaited()].map((ticket) => [ticket.seq, ticket]));
    for (const [seq, known] of this.#inFlight)
      this.#inFlight.set(seq, { ...known, ticket: tickets.get(seq) ?? null });
  }

  #begin(start: RunStart): void {
    const { tallies, against, resumeAfterMs } = this.#options;
    this.#permitTtlMs = start.limits.permitTtlMs;
    this.#inFlight.clear();
    this.#contests = tallies.map((tally) => new Contest(tally, start, resumeAfterMs));
    this.#against = against && new DoubleRun(against, start, resumeAfterMs);
    this.#isBegun = true;
  }

  #apply(event: EngineEvent): void {
    switch (event.type) {
      case "gate":
        this.#gate(event as RecordedGate);
        return;
      case "settle":
        this.#settle(event);
        return;
      case "cancel":
        this.#play(event);
        this.#inFlight.delete(event.seq);
        this.#each((run) => {
          run.cancel(event.seq, event.at, event.mono);
        });
        for (const contest of this.#contests) contest.cancel(event.seq);
        return;
      case "approve":
      case "reject": {
        const bind = this.#player?.engine.approvals.get(event.approval)?.bind;
        this.#play(event);
        this.#each((run) => {
          run.answer(bind, event);
        });
        return;
      }
      // What belongs to the recorded policy alone.
      case "open":
      case "policy":
      case "calendar":
      case "image":
        this.#play(event);
        return;
      default: {
        const halt = this.#haltBy(event);
        this.#each((run) => {
          run.happen(event, halt);
        });
      }
    }
  }

  /** Plays an event that may make or end a halt, and returns it as the recorded policy's engine has it. */
  #haltBy(event: EngineEvent): Halt | undefined {
    const book = this.#player?.engine.halts;
    const ended = event.type === "resume" ? book?.get(event.halt) : undefined;
    this.#play(event);
    return event.type === "halt" ? [...(book?.all() ?? [])].at(-1) : ended;
  }

  #gate(record: RecordedGate): void {
    const { recorded } = this.#options;
    const ticket = this.#play(record) ?? null;
    const happened = record.verdict === "allow";
    recorded.noteDecision(record, this.#isOwn ? ticket : null);
    const answers = answersOf(record, (key) => this.#wasAsked(key, ticket));
    const before = this.#against?.gate(record, answers) ?? recordedAnswer(record);
    if (this.#against?.strict.sawUnknown === true) recorded.againstSawUnknown = true;
    if (!happened)
      this.#against?.each((run) => {
        run.assume(record);
      });
    const id = record.place ?? `${String(record.boot)}.${record.seq.toString(36)}`;
    for (const contest of this.#contests) contest.gate(record, answers, before, id, happened);
    if (happened) this.#inFlight.set(record.seq, { record, id, ticket });
    if (++this.#gates % PRUNE_EVERY === 0) this.#prune(record.mono);
  }

  #settle(record: RecordedSettle): void {
    this.#options.recorded.noteOutcome(record);
    const known = this.#inFlight.get(record.seq);
    this.#inFlight.delete(record.seq);
    this.#play(record);
    const wasStopped =
      this.#against === undefined
        ? (known?.ticket?.voidedBy ?? null) !== null
        : this.#against.settle(record) !== undefined;
    for (const contest of this.#contests) contest.settle({ record, wasStopped }, known);
  }

  /** Every policy's engine, and what they are compared with. */
  #each(step: (run: PolicyRun) => void): void {
    for (const contest of this.#contests) contest.each(step);
    this.#against?.each(step);
  }

  /** Lets the recorded policy's own engine follow; up to the next state it is given up where the record does not fit. */
  #play(event: EngineEvent): Ticket | undefined {
    if (this.#player === null) return undefined;
    try {
      const ticket = this.#player.apply(event);
      this.#player.engine.takeEffects();
      return ticket;
    } catch (error) {
      this.#giveUp(error);
      return undefined;
    }
  }

  #giveUp(error: unknown): void {
    this.lose();
    this.#options.recorded.noteFault(messageOf(error));
  }

  /** Whether the recorded governor asked a test about an action: for its rules, or for a halt that was in force. */
  #wasAsked(key: string, ticket: Ticket | null): boolean {
    if (ticket === null || this.#player === null) return false;
    const { world, halts } = this.#player.engine;
    const { plan } = ticket.lane;
    let asked = this.#askedBy.get(plan);
    if (asked === undefined)
      this.#askedBy.set(plan, (asked = new Set(plan.tests.map((id) => world.tests[id]!.key))));
    if (asked.has(key)) return true;
    return halts
      .covering(ticket.lane)
      .some(
        ({ info, tests }) => info.epoch <= ticket.epoch && tests.some((id) => world.tests[id]!.key === key),
      );
  }

  #prune(mono: number): void {
    // A new player waits only for what may still come.
    if (this.#player !== null) this.#player = new Player(this.#player.engine);
    for (const contest of this.#contests) contest.prune(mono);
    this.#against?.each((run) => {
      run.prune(mono);
    });
    for (const [seq, { record }] of this.#inFlight) {
      const isOld = mono - record.mono >= 2 * this.#permitTtlMs;
      if (!isOld && this.#inFlight.size <= MAX_IN_FLIGHT) return;
      this.#inFlight.delete(seq);
    }
  }
}

/** What happened: the record holds one answer, whatever could be known. */
function recordedAnswer({ verdict, code, rule }: RecordedGate): Omit<BothSaid, "ticket"> {
  const said: Said = { allowed: verdict === "allow", code, rule, message: undefined };
  return { strict: said, mild: said };
}
