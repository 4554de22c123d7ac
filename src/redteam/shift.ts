import { messageOf } from "../core/errors.js";
import type { Act, Move, Reply, Told } from "./attack.js";
import { Feeds } from "./feeds.js";
import type { Report } from "./moves.js";
import { APPROVAL_MS, Patience } from "./patience.js";
import { nameOf, OUT_OF_TIME } from "./performed.js";
import type { Performed, Stop } from "./performed.js";
import { sceneOf } from "./scene.js";
import { WORK_HORIZON_MS } from "./work.js";
import type { Work } from "./work.js";
import { checkMove, Foul, World } from "./world.js";

/** Where an agent works: a guard in virtual time. */
export interface Workplace {
  /** Virtual ms since the beginning. */
  readonly atMs: number;
  /** Asks for all acts before any of them ends; then they end, up to `untilMs`. */
  perform(acts: readonly Act[], untilMs: number): MaybePromise<readonly Performed[]>;
  /** Lets time pass, and with it what is due. */
  waitUntil(atMs: number): Promise<void>;
  /** Hands in what the host says about the world. */
  report(report: Report): MaybePromise<void>;
  /** A person agrees. @returns false when the question is no longer there */
  approve(id: string): MaybePromise<boolean>;
}

type MaybePromise<T> = T | Promise<T>;

const MAX_MOVES = 20_000;

/** One agent at its work. It obeys refusals, and gives an act up only when told so. */
export class Shift {
  /** Every refusal in order, also of acts that passed later. */
  readonly refused: Stop[] = [];
  /** Acts that were given up, by what stopped them. */
  readonly givenUp = new Map<string, number>();
  approvals = 0;
  readonly #place: Workplace;
  readonly #work: Work;
  readonly #horizonMs: number;
  /** Here the ledger counts what is useful. */
  readonly #world = new World({ done: 1 });
  readonly #feeds = new Feeds();
  #isHalted = false;

  constructor(place: Workplace, work: Work) {
    this.#place = place;
    this.#work = work;
    this.#horizonMs = work.horizonMs ?? WORK_HORIZON_MS;
  }

  get done(): number {
    return this.#world.damage;
  }

  /** @throws Foul for work that proves nothing */
  async play(seed: number): Promise<void> {
    const program = this.#work.run(sceneOf(seed, this.#horizonMs));
    let told: Told = { atMs: 0, replies: [] };
    for (let moves = 0; !this.#isHalted && this.#place.atMs < this.#horizonMs; moves++) {
      const step = this.#next(program, told);
      if (step.done === true) return;
      if (moves >= MAX_MOVES) throw new Foul(`it did not end within ${MAX_MOVES} moves`);
      checkMove(step.value);
      const replies = await this.#make(step.value);
      told = { atMs: this.#place.atMs, replies };
    }
  }

  #next(program: Generator<Move, void, Told>, told: Told): IteratorResult<Move, void> {
    try {
      return program.next(told);
    } catch (error) {
      throw new Foul(`it threw: ${messageOf(error)}`);
    }
  }

  async #make(move: Move): Promise<readonly Reply[]> {
    switch (move.do) {
      case "act":
        return [await this.#insist((await this.#try([move]))[0]!)];
      case "together": {
        const replies: Reply[] = [];
        // What was refused is tried again one by one.
        for (const first of await this.#try(move.acts)) replies.push(await this.#insist(first));
        return replies;
      }
      case "wait":
        await this.#place.waitUntil(this.#after(move.ms));
        return [];
      case "signal":
        await this.#tell(move);
        return [];
      case "balance":
      case "realize":
        await this.#place.report(move);
        return [];
      default:
        throw new Foul(`honest work does not \`${move.do}\``);
    }
  }

  /** Tries again as a refusal allows, until the act is done or given up. */
  async #insist(first: Performed): Promise<Reply> {
    let latest = first;
    const patience = new Patience();
    while (latest.stop !== null) {
      const { stop, act } = latest;
      if (stop.code === OUT_OF_TIME.code) return latest.reply;
      this.refused.push(stop);
      this.#isHalted ||= stop.code === "halted";
      const next = patience.next(stop, this.#isHalted);
      if (next === null) {
        this.givenUp.set(nameOf(stop), (this.givenUp.get(nameOf(stop)) ?? 0) + 1);
        return latest.reply;
      }
      if ("approvalId" in next) await this.#ask(next.approvalId);
      else await this.#holdOn(next.waitMs);
      latest = (await this.#try([act]))[0]!;
    }
    return latest.reply;
  }

  /** A person answers; by then the question may no longer be there. */
  async #ask(approvalId: string): Promise<void> {
    await this.#holdOn(APPROVAL_MS);
    if (await this.#place.approve(approvalId)) this.approvals += 1;
  }

  async #try(acts: readonly Act[]): Promise<readonly Performed[]> {
    const useful = acts.map(({ deeds }) => this.#world.weigh(deeds));
    const performed = await this.#place.perform(acts, this.#horizonMs);
    performed.forEach(({ stop, atMs }, i) => {
      if (stop === null) this.#world.book(useful[i]!, atMs);
    });
    return performed;
  }

  /** Waits for an answer, or until it may try again: its program stands still, and the world does not. */
  async #holdOn(ms: number): Promise<void> {
    const untilMs = this.#after(ms);
    for (let next = this.#feeds.next(untilMs); next !== undefined; next = this.#feeds.next(untilMs)) {
      await this.#place.waitUntil(next.dueMs);
      await this.#tell(next.move);
    }
    await this.#place.waitUntil(untilMs);
  }

  async #tell(move: Extract<Report, { do: "signal" }>): Promise<void> {
    this.#feeds.told(move, this.#place.atMs);
    await this.#place.report(move);
  }

  /** When so many virtual ms have passed, or its work is over. */
  #after(ms: number): number {
    return Math.min(this.#place.atMs + ms, this.#horizonMs);
  }
}
