import { messageOf, ReinError } from "../core/errors.js";
import type { CompiledPolicy } from "../policy/index.js";
import type { ReinConfigInput } from "../rein/index.js";
import type { Act, Move, Reply, Told } from "./attack.js";
import { mostFrequent, nameOf, report } from "./carry-out.js";
import { Feeds } from "./feeds.js";
import { APPROVAL_MS, Patience } from "./patience.js";
import { sceneOf } from "./scene.js";
import { Stage } from "./stage.js";
import type { Performed, Stop } from "./stage.js";
import { WORK_HORIZON_MS } from "./work.js";
import type { Work } from "./work.js";
import { checkMove, Foul, World } from "./world.js";

/** What became of honest work under a policy. */
export interface WorkResult {
  readonly work: Work;
  readonly seed: number;
  /** Useful acts that were to be done, and that were done. */
  readonly wanted: number;
  readonly done: number;
  /** Every refusal in order, also of acts that passed later. */
  readonly refused: readonly WorkRefusal[];
  /** An act was given up. */
  readonly stopped: boolean;
  /** Approvals that a person had to give. */
  readonly approvals: number;
  /** The rule that most acts were given up for, or the code where no rule did it; null: none was given up. */
  readonly stoppedBy: string | null;
  /** Why the result proves nothing: the work threw, never ended, or said what cannot be. */
  readonly problem?: string;
}

export interface WorkRefusal {
  readonly code: string;
  readonly rule?: string;
  readonly message: string;
  readonly retryable: boolean;
}

export interface RunWorkOptions {
  readonly seed: number;
  readonly config?: ReinConfigInput | undefined;
}

const MAX_MOVES = 20_000;

/** Runs honest work under a policy: in a governor of its own, in memory and in virtual time. */
export async function runWork(
  policy: CompiledPolicy,
  work: Work,
  options: RunWorkOptions,
): Promise<WorkResult> {
  const { seed, config } = options;
  const stage = await Stage.open({ policy, config, isKept: false });
  const shift = new Shift(stage, work);
  let problem: string | undefined;
  try {
    await shift.play(seed);
  } catch (error) {
    problem = error instanceof Foul ? error.message : `the governor failed: ${messageOf(error)}`;
  } finally {
    await stage.close();
  }
  return {
    work,
    seed,
    wanted: work.wants,
    done: shift.done,
    refused: shift.refused,
    stopped: shift.givenUp.size > 0,
    approvals: shift.approvals,
    stoppedBy: mostFrequent(shift.givenUp),
    ...(problem !== undefined && { problem }),
  };
}

/** One agent at its work. */
class Shift {
  readonly refused: WorkRefusal[] = [];
  /** Acts that were given up, by what stopped them. */
  readonly givenUp = new Map<string, number>();
  approvals = 0;
  readonly #stage: Stage;
  readonly #work: Work;
  readonly #horizonMs: number;
  /** Here the ledger counts what is useful. */
  readonly #world = new World({ done: 1 });
  readonly #feeds = new Feeds();
  #isHalted = false;

  constructor(stage: Stage, work: Work) {
    this.#stage = stage;
    this.#work = work;
    this.#horizonMs = work.horizonMs ?? WORK_HORIZON_MS;
  }

  get done(): number {
    return this.#world.damage;
  }

  async play(seed: number): Promise<void> {
    const program = this.#work.run(sceneOf(seed, this.#horizonMs));
    let told: Told = { atMs: 0, replies: [] };
    for (let moves = 0; !this.#isHalted && this.#stage.atMs < this.#horizonMs; moves++) {
      const step = this.#next(program, told);
      if (step.done === true) return;
      if (moves >= MAX_MOVES) throw new Foul(`it did not end within ${MAX_MOVES} moves`);
      checkMove(step.value);
      const replies = await this.#make(step.value);
      told = { atMs: this.#stage.atMs, replies };
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
        return [await this.#insist(this.#try([move])[0]!)];
      case "together": {
        const replies: Reply[] = [];
        // What was refused is tried again one by one.
        for (const first of this.#try(move.acts)) replies.push(await this.#insist(first));
        return replies;
      }
      case "wait":
        await this.#wait(move.ms);
        return [];
      case "signal":
        this.#tell(move);
        return [];
      case "balance":
      case "realize":
        report(this.#stage.rein, move);
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
      if (stop.code === "out_of_time") return latest.reply;
      this.#note(stop);
      this.#isHalted ||= stop.code === "halted";
      const next = patience.next(stop, this.#isHalted);
      if (next === null) {
        this.givenUp.set(nameOf(stop), (this.givenUp.get(nameOf(stop)) ?? 0) + 1);
        return latest.reply;
      }
      if ("approvalId" in next) patience.isApproved = await this.#approve(next.approvalId);
      else await this.#holdOn(next.waitMs);
      latest = this.#try([act])[0]!;
    }
    return latest.reply;
  }

  /** A person answers. @returns false when the question was no longer there */
  async #approve(id: string): Promise<boolean> {
    await this.#holdOn(APPROVAL_MS);
    try {
      this.#stage.rein.approve(id, { by: "a person", reason: "honest work" });
      this.approvals += 1;
      return true;
    } catch (error) {
      if (!ReinError.isInstance(error)) throw error;
      return false;
    }
  }

  #try(acts: readonly Act[]): readonly Performed[] {
    const useful = acts.map(({ deeds }) => this.#world.weigh(deeds));
    const performed = this.#stage.perform(acts, this.#horizonMs);
    performed.forEach(({ stop, atMs }, i) => {
      if (stop === null) this.#world.book(useful[i]!, atMs);
    });
    return performed;
  }

  /** Waits for an answer, or until it may try again: its program stands still, and the world does not. */
  async #holdOn(ms: number): Promise<void> {
    const untilMs = Math.min(this.#stage.atMs + ms, this.#horizonMs);
    for (let next = this.#feeds.next(untilMs); next !== undefined; next = this.#feeds.next(untilMs)) {
      await this.#stage.waitUntil(next.dueMs);
      this.#tell(next.move);
    }
    await this.#stage.waitUntil(untilMs);
  }

  #tell(move: Extract<Move, { do: "signal" }>): void {
    this.#feeds.told(move, this.#stage.atMs);
    report(this.#stage.rein, move);
  }

  async #wait(ms: number): Promise<void> {
    await this.#stage.waitUntil(Math.min(this.#stage.atMs + ms, this.#horizonMs));
  }

  #note({ code, rule, message, retryable }: Stop): void {
    this.refused.push({ code, message, retryable, ...(rule !== undefined && { rule }) });
  }
}
