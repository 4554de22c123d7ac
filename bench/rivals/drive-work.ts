import type { Move, Told } from "../../src/redteam/attack.js";
import { Feeds } from "../../src/redteam/feeds.js";
import { APPROVAL_MS, Patience } from "../../src/redteam/patience.js";
import { sceneOf } from "../../src/redteam/scene.js";
import { WORK_HORIZON_MS } from "../../src/redteam/work.js";
import type { Work } from "../../src/redteam/work.js";
import { checkMove, World } from "../../src/redteam/world.js";
import type { Gate, Reply } from "./contestant.js";
import { RivalStage } from "./stage.js";
import type { Performed } from "./stage.js";

/** What became of honest work. */
export interface WorkRun {
  /** Useful acts that were to be done, and that were done. */
  readonly wanted: number;
  readonly done: number;
  /** An act was given up. */
  readonly stopped: boolean;
  readonly approvals: number;
  /** Why acts were given up, with how many. */
  readonly reasons: Readonly<Record<string, number>>;
}

const MAX_MOVES = 20_000;
/** Runs honest work under one guard. Its agent obeys refusals, and gives an act up only when told so. */
export async function driveWork(gate: Gate, work: Work, seed: number): Promise<WorkRun> {
  const shift = new Shift(gate, work);
  await shift.play(seed);
  const { done, approvals, reasons } = shift;
  const stopped = Object.keys(reasons).length > 0;
  return { wanted: work.wants, done, stopped, approvals, reasons };
}

class Shift {
  readonly reasons: Record<string, number> = {};
  approvals = 0;
  readonly #gate: Gate;
  readonly #work: Work;
  readonly #stage: RivalStage;
  readonly #horizonMs: number;
  /** Here the ledger counts what is useful. */
  readonly #world = new World({ done: 1 });
  readonly #feeds = new Feeds();
  #isHalted = false;

  constructor(gate: Gate, work: Work) {
    this.#gate = gate;
    this.#work = work;
    this.#stage = new RivalStage(gate);
    this.#horizonMs = work.horizonMs ?? WORK_HORIZON_MS;
  }

  get done(): number {
    return this.#world.damage;
  }

  async play(seed: number): Promise<void> {
    const program = this.#work.run(sceneOf(seed, this.#horizonMs));
    let told: Told = { atMs: 0, replies: [] };
    for (let moves = 0; !this.#isHalted && this.#stage.atMs < this.#horizonMs; moves++) {
      const step = program.next(told);
      if (step.done === true) return;
      if (moves >= MAX_MOVES) throw new Error(`${this.#work.id} did not end within ${MAX_MOVES} moves`);
      checkMove(step.value);
      const replies = await this.#make(step.value);
      told = { atMs: this.#stage.atMs, replies };
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
        await this.#wait(move.ms);
        return [];
      case "signal":
        await this.#tell(move);
        return [];
      case "balance":
      case "realize":
        await this.#gate.report?.(move);
        return [];
      default:
        throw new Error(`honest work does not \`${move.do}\``);
    }
  }

  /** Tries again as a refusal allows, until the act is done or given up. */
  async #insist(first: Performed): Promise<Reply> {
    let latest = first;
    const patience = new Patience();
    while (latest.stop !== null) {
      const { stop, act } = latest;
      if (stop.code === "out_of_time") return latest.reply;
      this.#isHalted ||= stop.code === "halted";
      const next = patience.next(stop, this.#isHalted);
      if (next === null) {
        const reason = stop.rule ?? stop.code;
        this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
        return latest.reply;
      }
      if ("approvalId" in next) patience.isApproved = await this.#approve(next.approvalId);
      else await this.#holdOn(next.waitMs);
      latest = (await this.#try([act]))[0]!;
    }
    return latest.reply;
  }

  /** A person answers. @returns false when the question was no longer there */
  async #approve(id: string): Promise<boolean> {
    await this.#holdOn(APPROVAL_MS);
    const isApproved = (await this.#gate.approve?.(id)) ?? false;
    if (isApproved) this.approvals += 1;
    return isApproved;
  }

  async #try(acts: Parameters<RivalStage["perform"]>[0]): Promise<readonly Performed[]> {
    const performed = await this.#stage.perform(acts, this.#horizonMs);
    for (const { act, stop, atMs } of performed) {
      if (stop === null) this.#world.book(this.#world.weigh(act.deeds), atMs);
    }
    return performed;
  }

  /** Its program stands still, and the world does not. */
  async #holdOn(ms: number): Promise<void> {
    const untilMs = Math.min(this.#stage.atMs + ms, this.#horizonMs);
    for (let next = this.#feeds.next(untilMs); next !== undefined; next = this.#feeds.next(untilMs)) {
      await this.#stage.waitUntil(next.dueMs);
      await this.#tell(next.move);
    }
    await this.#stage.waitUntil(untilMs);
  }

  async #tell(move: Extract<Move, { do: "signal" }>): Promise<void> {
    this.#feeds.told(move, this.#stage.atMs);
    await this.#gate.report?.(move);
  }

  async #wait(ms: number): Promise<void> {
    await this.#stage.waitUntil(Math.min(this.#stage.atMs + ms, this.#horizonMs));
  }
}
