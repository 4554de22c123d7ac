import type { HaltedError } from "../core/errors.js";
import type { CompiledPolicy, Rule } from "../policy/index.js";
import type { Decision, ReinEvents } from "../rein/index.js";
import type { RecordedAction } from "./recorded.js";

/**
 * What a rule did: `refused` at the gate, `stopped` in flight, `halted` a scope, only `alerted`, or `shadow`: would
 * have refused if its mode were not shadow.
 */
export type ReplayEffect = "refused" | "stopped" | "halted" | "alerted" | "shadow";

/** One rule's answers of one kind. */
interface ReplayRow {
  readonly effect: ReplayEffect;
  /** Absent: no rule, but the gate itself. */
  readonly rule?: string;
  readonly code: string;
  readonly count: number;
  readonly sessions: number;
  /** What it said the first time. */
  readonly example: string;
}

/** One event that would not have happened, or not to its end. */
interface ReplayedRefusal {
  readonly session: string;
  /** Where it stands in the file. */
  readonly place: string;
  /** The event's number in its session, from 1. */
  readonly event: number;
  /** Virtual wall time in ms. */
  readonly at: number;
  readonly source: string;
  readonly series: string;
  readonly effect: "refused" | "stopped";
  readonly rule?: string;
  readonly code: string;
  readonly message: string;
  /** Something of this session was refused before, so this event might never have come. */
  readonly uncertain: boolean;
}

export interface SessionReplayReport {
  readonly sessions: number;
  /** Sessions of which something was refused or stopped, or that were halted. */
  readonly sessionsTouched: number;
  /** Actions; `allowed + refused`. */
  readonly events: number;
  readonly allowed: number;
  readonly refused: number;
  /** Of the allowed: stopped before they ended. */
  readonly stopped: number;
  /** Events that came after something of their session was refused or stopped: they might never have come. */
  readonly uncertain: number;
  readonly halts: number;
  /** What the rules did: what stops before what only tells, then the most frequent first. */
  readonly rows: readonly ReplayRow[];
  readonly refusals: readonly ReplayedRefusal[];
  /** Refusals beyond those listed. */
  readonly refusalsNotListed: number;
  /** What the sessions could not tell, one sentence each. */
  readonly notes: readonly string[];
}

/** One session while it is replayed. */
export interface SessionTally {
  readonly id: string;
  touched: boolean;
  /** Something of it was refused. */
  diverged: boolean;
}

/** One action at the gate. */
export interface Attempt {
  readonly action: RecordedAction;
  /** Its number in the session, from 1. */
  readonly index: number;
  readonly at: number;
  /** Something of its session had been refused when it came. */
  readonly uncertain: boolean;
}

interface News {
  readonly rule?: string;
  readonly code: string;
  readonly message: string;
}

type Row = { -readonly [K in keyof ReplayRow]: ReplayRow[K] } & { last: SessionTally | undefined };

/** Different faults that are told. */
const MAX_FAULTS = 10;

/** Counts what a replay does. Its size depends on the policy and on how much is listed, not on the sessions. */
export class ReplayTally {
  readonly #policy: CompiledPolicy;
  readonly #maxListed: number;
  readonly #rows = new Map<string, Row>();
  readonly #refusals: ReplayedRefusal[] = [];
  readonly #faults = new Set<string>();
  readonly #signals = new Set<string>();
  #balances = false;
  #anySignal = false;
  #realized = false;
  /** Some action says what came of it: a result, or whether it was anything new. */
  #results = false;
  #untimed = false;
  #touched = 0;
  #allowed = 0;
  #refused = 0;
  #stopped = 0;
  #uncertain = 0;
  #halts = 0;
  sessions = 0;
  events = 0;

  constructor(policy: CompiledPolicy, maxListed: number) {
    this.#policy = policy;
    this.#maxListed = maxListed;
  }

  begin(id: string): SessionTally {
    this.sessions += 1;
    return { id, touched: false, diverged: false };
  }

  noteDecision(session: SessionTally, attempt: Attempt, decision: Decision): void {
    this.events += 1;
    if (attempt.uncertain) this.#uncertain += 1;
    const { at, progress, result } = attempt.action;
    if (at === undefined) this.#untimed = true;
    if (progress !== undefined || (result !== undefined && result !== null)) this.#results = true;
    if (decision.wouldBlock !== undefined) this.#count("shadow", session, decision.wouldBlock);
    if (decision.allowed) {
      this.#allowed += 1;
      return;
    }
    this.#refused += 1;
    this.#count("refused", session, decision.refusal);
    this.#list("refused", session, attempt, decision.refusal);
  }

  /** @param attempt with the time of the stop */
  noteStopped(session: SessionTally, attempt: Attempt, error: HaltedError): void {
    const { code, rule, message } = error;
    const news = { code, message, ...(rule !== undefined && { rule }) };
    this.#stopped += 1;
    this.#count("stopped", session, news);
    this.#list("stopped", session, attempt, news);
  }

  noteHalt(session: SessionTally, { rule, reason }: ReinEvents["halt"]): void {
    this.#halts += 1;
    this.#count("halted", session, { code: "halt", message: reason, ...(rule !== undefined && { rule }) });
    this.#touch(session);
  }

  noteAlert(session: SessionTally, alert: ReinEvents["alert"]): void {
    this.#count("alerted", session, alert);
  }

  /** Something that the governor logged as an error. */
  noteFault(message: string): void {
    if (this.#faults.size < MAX_FAULTS) this.#faults.add(message.split("\n", 1)[0]!);
  }

  noteSignal(name: string): void {
    this.#anySignal = true;
    // Only what a rule asks for is of interest, and so this is bounded.
    if (this.#policy.rules.some((rule) => rule.kind === "stale" && rule.signal === name))
      this.#signals.add(name);
  }

  noteBalance(): void {
    this.#balances = true;
  }

  noteRealized(): void {
    this.#realized = true;
  }

  report(): SessionReplayReport {
    const rows = [...this.#rows.values()].map(({ last: _last, ...row }) => row);
    return {
      sessions: this.sessions,
      sessionsTouched: this.#touched,
      events: this.events,
      allowed: this.#allowed,
      refused: this.#refused,
      stopped: this.#stopped,
      uncertain: this.#uncertain,
      halts: this.#halts,
      rows: rows.sort((a, b) => Number(onlyTells(a)) - Number(onlyTells(b)) || b.count - a.count),
      refusals: this.#refusals,
      refusalsNotListed: this.#refused + this.#stopped - this.#refusals.length,
      notes: this.#notes(),
    };
  }

  #count(
    effect: ReplayEffect,
    session: SessionTally,
    news: { rule?: string; code: string; message: string },
  ): void {
    const key = JSON.stringify([effect, news.rule, news.code]);
    let row = this.#rows.get(key);
    if (row === undefined) {
      const { rule, code, message } = news;
      row = {
        effect,
        ...(rule !== undefined && { rule }),
        code,
        count: 0,
        sessions: 0,
        example: message,
        last: undefined,
      };
      this.#rows.set(key, row);
    }
    row.count += 1;
    if (row.last !== session) row.sessions += 1;
    row.last = session;
  }

  #list(
    effect: "refused" | "stopped",
    session: SessionTally,
    attempt: Attempt,
    { rule, code, message }: News,
  ): void {
    session.diverged = true;
    this.#touch(session);
    if (this.#refusals.length >= this.#maxListed) return;
    const { action, index, at, uncertain } = attempt;
    const { place, source, series } = action;
    const named = rule !== undefined && { rule };
    this.#refusals.push({
      session: session.id,
      place,
      event: index,
      at,
      source,
      series,
      effect,
      ...named,
      code,
      message,
      uncertain,
    });
  }

  #touch(session: SessionTally): void {
    if (session.touched) return;
    session.touched = true;
    this.#touched += 1;
  }

  #notes(): string[] {
    if (this.events === 0) return ["the sessions have no actions"];
    const faults = [...this.#faults].map((fault) => `a fault inside: ${fault}`);
    return [...faults, ...this.#policy.rules.flatMap((rule) => this.#noteOn(rule) ?? [])];
  }

  /** A rule that asks for something the sessions do not tell. */
  #noteOn(rule: Rule): string | undefined {
    const { id, kind, match } = rule;
    if (kind === "stale" && !this.#signals.has(rule.signal)) {
      return `rule \`${id}\` needs the signal \`${rule.signal}\`, which is never reported here: it refuses all it applies to`;
    }
    if ((kind === "loss" || kind === "floor") && !this.#balances) {
      return `rule \`${id}\` watches balances, and none is reported here: it had nothing to judge`;
    }
    if (kind === "loop" && rule.measure !== undefined && !this.#results) {
      return `rule \`${id}\` looks for anything new, and no event has a \`result\` or says \`progress\`: all spending counts as without`;
    }
    if (
      kind === "score" &&
      !this.#realized &&
      Object.keys(rule.settings).some((name) => /^(edge|capital)/.test(name))
    ) {
      return `rule \`${id}\` judges what actions were worth, and no \`realize\` is reported here: it had nothing to judge`;
    }
    const isOfRegime =
      match?.regime !== undefined || match?.except?.some(({ regime }) => regime !== undefined);
    if (isOfRegime === true && !this.#anySignal) {
      return `rule \`${id}\` depends on the regime, and no signal is reported here: it is normal throughout`;
    }
    const calendar = kind === "budget" && typeof rule.window === "object";
    const excepted = match?.except?.some(({ schedule }) => schedule !== undefined) ?? false;
    if (this.#untimed && (calendar || match?.schedule !== undefined || excepted)) {
      return `rule \`${id}\` depends on the date or the time of day, and events have no \`at\`: theirs are made up (--start, --pace)`;
    }
    return undefined;
  }
}

function onlyTells({ effect }: ReplayRow): boolean {
  return effect === "alerted" || effect === "shadow";
}
