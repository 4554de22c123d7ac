import type { Action, Decision } from "../../src/index.js";
import { SeenHalts } from "./halts.js";
import { Ledger, wasTakenBack } from "./ledger.js";
import type { Grant } from "./ledger.js";
import type { SimProcess } from "./machine.js";
import type { Deed, SimRule } from "./rules.js";
import type { SimTime } from "./time.js";

/** A promise was broken. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** What a human was asked: whether exactly one action may be done. */
export interface Question {
  readonly id: string;
  readonly bind: string;
  isAnswered: boolean;
}

/** What happened, newest last; a failing seed shows the end of it. */
const LINES_KEPT = Number(process.env.LINES ?? 60);

/** What really happens, and what was promised about it: the judge of the simulation. */
export class World {
  readonly time: SimTime;
  readonly halts = new SeenHalts();
  readonly ledger: Ledger;
  /** Lanes that an operator has killed: `maybe` when nobody was told whether it lasts. */
  readonly kills = new Map<string, "killed" | "free" | "maybe">();
  /** What people were asked, the newest last. */
  readonly questions: Question[] = [];
  /** How often an action may still be done because a human said yes. */
  readonly #yeses = new Map<string, number>();
  /** Actions that used one up. */
  readonly #users = new Set<Grant>();
  /** How often each thing happened, to see that a simulation is not idle. */
  readonly counts = new Map<string, number>();
  readonly lines: string[] = [];
  rules: readonly SimRule[] = [];
  isEnforcing = true;
  /** A disk has failed at something. */
  hadFaults = false;
  #digest = 0x811c9dc5;
  #broken: Broken | null = null;

  constructor(time: SimTime) {
    this.time = time;
    this.ledger = new Ledger(time);
  }

  /** The same for every run of a seed. */
  get digest(): string {
    return this.#digest.toString(16).padStart(8, "0");
  }

  note(what: string): void {
    if (process.env.LIVE) process.stderr.write(`${this.time.mono} ${what}\n`);
    const line = `${this.time.mono} ${what}`;
    for (let i = 0; i < line.length; i++)
      this.#digest = Math.imul(this.#digest ^ line.charCodeAt(i), 0x01000193) >>> 0;
    if (this.lines.push(line) > LINES_KEPT) this.lines.shift();
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  fail(what: string): void {
    this.#broken ??= new Broken(what);
  }

  /** @throws Broken the first promise that was broken */
  check(): void {
    if (this.#broken !== null) throw this.#broken;
  }

  setRules(rules: readonly SimRule[], isEnforcing: boolean): void {
    this.rules = rules;
    this.isEnforcing = isEnforcing;
    this.ledger.inForce(rules);
  }

  /** The gate has said something to a process that lives. */
  decided(process: SimProcess, deed: Deed, decision: Decision, ttlMs: number): Grant | null {
    if (!process.isAlive) return null;
    const answer = decision.allowed ? "ok" : decision.refusal.code;
    this.count(answer);
    this.note(`${deed.source} ${deed.series} ${deed.cents ?? "?"} ${deed.recipient ?? "-"}: ${answer}`);
    if (!decision.allowed) {
      const { approvalId } = decision.refusal;
      if (decision.verdict === "approve" && approvalId !== undefined) this.#asked(approvalId, bindOf(deed));
      return null;
    }
    const grant: Grant = {
      ...{ deed, process, permit: decision.permit, at: this.time.mono, ttlMs },
      ...{ isOver: false, isCancelled: false, effect: null },
    };
    const halt = this.halts.overAction(deed);
    if (halt !== undefined) this.fail(`promise 1: allowed under halt ${halt.id} (${halt.token})`);
    if (this.kills.get(laneOf(deed)) === "killed")
      this.fail(`an action of the killed lane ${laneOf(deed)} was allowed`);
    if (!this.isEnforcing) return grant;
    this.#useYes(grant);
    const broken = this.ledger.grant(grant);
    if (broken !== null) this.fail(`promise 2: ${broken}`);
    return grant;
  }

  /** An action that was allowed is refused after all: it took nothing. */
  cancelled(grant: Grant): void {
    if (grant.isCancelled) return;
    grant.isCancelled = true;
    if (!this.#users.delete(grant)) return;
    const bind = bindOf(grant.deed);
    this.#yeses.set(bind, (this.#yeses.get(bind) ?? 0) + 1);
  }

  /** An agent does something; false: it is dead, and nothing happens. */
  effect(grant: Grant, id: string, isFenced: boolean, cents: number, tokens: number): boolean {
    const { canRun, isAlive } = grant.process;
    if (!canRun || !isAlive || grant.isCancelled) return false;
    const halt = isFenced ? this.halts.overAction(grant.deed) : this.halts.overDeafEffect(grant, id);
    if (halt !== undefined)
      this.fail(
        `promise 1: an effect (${isFenced ? "fenced" : "deaf"}) of ${id} under halt ${halt.id} (${halt.token})`,
      );
    grant.effect = { at: this.time.mono, wall: this.time.wall, cents, tokens };
    this.count(isFenced ? "fenced effects" : "deaf effects");
    this.note(`effect ${cents}`);
    return true;
  }

  /** A human says yes. */
  approved(question: Question): void {
    question.isAnswered = true;
    this.#yeses.set(question.bind, (this.#yeses.get(question.bind) ?? 0) + 1);
  }

  /** What somebody is asked who looks now. */
  questionOf(id: string): Question | undefined {
    return this.questions.findLast((question) => question.id === id);
  }

  #asked(id: string, bind: string): void {
    const known = this.questionOf(id);
    if (known?.bind === bind) return;
    if (known !== undefined) this.count("questions with the name of an earlier one");
    this.questions.push({ id, bind, isAnswered: false });
  }

  #useYes(grant: Grant): void {
    if (!this.rules.some(({ asksHumanFor }) => asksHumanFor?.(grant.deed) === true)) return;
    const bind = bindOf(grant.deed);
    for (const other of this.#users) if (wasTakenBack(other)) this.cancelled(other);
    const left = this.#yeses.get(bind) ?? 0;
    if (left <= 0) this.fail(`nobody has approved ${bind}, or it was used already`);
    this.#yeses.set(bind, left - 1);
    this.#users.add(grant);
  }
}

export function laneOf({ source, series }: Pick<Deed, "source" | "series">): string {
  return `${source} ${series}`;
}

/** What an approval is bound to. */
export function bindOf(deed: Deed): string {
  const { source, series, cents, tokens, recipient, order } = deed;
  return JSON.stringify([source, series, cents, tokens, recipient, order]);
}

/** The deed as an agent asks for it. */
export function actionOf({ source, series, cents, tokens, recipient, order }: Deed): Action {
  return {
    source,
    series,
    ...((cents !== undefined || tokens !== undefined) && {
      cost: { ...(cents !== undefined && { usd: cents / 100 }), ...(tokens !== undefined && { tokens }) },
    }),
    ...(recipient !== undefined && { tags: { recipient } }),
    args: { order },
  };
}
