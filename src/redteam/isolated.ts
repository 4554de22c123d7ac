import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { InvalidInputError } from "../core/errors.js";
import type { CompiledPolicy } from "../policy/index.js";
import type { Attack } from "./attack.js";
import type { Hunt, HuntOptions, Trace } from "./hunt/index.js";
import type { Answer, AttackFacts, RunTask, Task } from "./isolated-task.js";
import type { RunAttackOptions, Trial } from "./run-attack.js";

/** Real time that loading a file, and each run of an attack in it, may take. */
const LIMIT_MS = 10_000;
/** Real time that starting a thread may take on a busy machine. */
const START_LIMIT_MS = 60_000;
/** Memory that somebody's attacks may fill. */
const MAX_MEMORY_MB = 512;

/** A search runs an attack many times: it may take so many times as long. */
const SEARCH_RUNS = 6;

type SearchOptions = Pick<HuntOptions, "seed" | "config">;

/** A file of attacks, each of which runs in a thread that is ended when it takes too long. */
export class AttackFile {
  readonly attacks: readonly Attack[];
  readonly #path: string;
  readonly #limitMs: number;
  #worker: Worker | undefined;

  private constructor(
    path: string,
    limitMs: number,
    { worker, facts }: { readonly worker: Worker; readonly facts: readonly AttackFacts[] },
  ) {
    this.#path = path;
    this.#limitMs = limitMs;
    this.#adopt(worker);
    this.attacks = facts.map((each) => Object.freeze({ ...each, run: runsElsewhere }));
  }

  /** @throws InvalidInputError for a file that cannot be loaded in time, or has no attack, or one that is none */
  static async open(path: string, limitMs = LIMIT_MS): Promise<AttackFile> {
    if (!existsSync(path)) {
      throw new InvalidInputError("attacks-file", `there is no file \`${path}\``, {
        help: "name a JavaScript module that exports attacks; see docs/redteam.md",
      });
    }
    return new AttackFile(path, limitMs, await load(path, limitMs));
  }

  /** Runs one of its attacks. One that takes too long, or ends its thread, is a problem and not a miss. */
  async trial(policy: CompiledPolicy, attack: Attack, options: RunAttackOptions): Promise<Trial> {
    const { mutation, ...rest } = options;
    const task = { ...taskOf("trial", policy, attack, rest), mutation: mutation?.id };
    const answer = await this.#ask(task, this.#limitMs);
    if (answer.type === "trial") return { ...answer.trial, attack };
    const why = answer.type === "failed" ? answer.message : "it answered out of turn";
    const failed = problemTrial(attack, options.seed, why);
    return mutation === undefined ? failed : { ...failed, mutation: mutation.id };
  }

  /** Searches for the most damage; null when that takes too long, or ends the thread. */
  async hunt(policy: CompiledPolicy, attack: Attack, options: SearchOptions): Promise<Hunt | null> {
    const answer = await this.#ask(taskOf("hunt", policy, attack, options), SEARCH_RUNS * this.#limitMs);
    return answer.type === "hunt" ? answer.hunt : null;
  }

  /** Looks for few moves that do too much; null also when that takes too long, or ends the thread. */
  async shrink(policy: CompiledPolicy, attack: Attack, options: SearchOptions): Promise<Trace | null> {
    const answer = await this.#ask(taskOf("shrink", policy, attack, options), SEARCH_RUNS * this.#limitMs);
    return answer.type === "shrink" ? answer.trace : null;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #ask(task: RunTask, limitMs: number): Promise<Answer> {
    const worker = this.#worker ?? this.#adopt((await load(this.#path, this.#limitMs)).worker);
    const answer = await ask(worker, task, limitMs);
    if (answer.type === "failed") await this.close();
    return answer;
  }

  /** A thread may end after its answer, too: the next run then has another one. */
  #adopt(worker: Worker): Worker {
    this.#worker = worker;
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

function taskOf(
  type: RunTask["type"],
  { rules }: CompiledPolicy,
  { id }: Attack,
  options: Omit<RunTask, "type" | "attack" | "rules" | "mutation">,
): RunTask {
  return { ...options, type, attack: id, rules };
}

function problemTrial(attack: Attack, seed: number, problem: string): Trial {
  return {
    ...{ attack, seed, damage: 0, without: 0, contained: false, actsTried: 0, actsDone: 0 },
    ...{ containedAfterMs: null, containedAfterActs: null, stoppedBy: null, curve: [], curveWithout: [] },
    problem,
  };
}

async function load(
  path: string,
  limitMs: number,
): Promise<{ readonly worker: Worker; readonly facts: readonly AttackFacts[] }> {
  const worker = new Worker(new URL("./isolated-thread.js", import.meta.url), {
    workerData: { file: resolve(path) },
    // What it prints is not part of any report.
    ...{ stdout: true, stderr: true },
    resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
  });
  // Told by its exit; without a listener it would end this process.
  worker.on("error", () => undefined);
  worker.stdout.resume();
  worker.stderr.resume();
  const start = await answerOf(worker, START_LIMIT_MS);
  const answer = start.type === "ready" ? await ask(worker, { type: "load" }, limitMs) : start;
  if (answer.type === "loaded" && answer.attacks.length > 0) return { worker, facts: answer.attacks };
  await worker.terminate();
  const why = answer.type === "failed" ? answer.message : "it exports no attack";
  throw new InvalidInputError("attacks-file", `the attacks of \`${path}\` cannot be used: ${why}`, {
    help: "it is a JavaScript module that exports what `defineAttack` returns; see docs/redteam.md",
  });
}

function ask(worker: Worker, task: Task, limitMs: number): Promise<Answer> {
  const answer = answerOf(worker, limitMs);
  worker.postMessage(task);
  return answer;
}

/** The thread's next answer; that it failed when there is none in time, or when the thread ends. */
function answerOf(worker: Worker, limitMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const done = (answer: Answer): void => {
      clearTimeout(timer);
      worker.off("message", done).off("error", failed).off("exit", ended);
      resolve(answer);
    };
    const failed = (error: Error): void => {
      done({ type: "failed", message: `it ended its thread: ${error.message}` });
    };
    const ended = (): void => {
      done({ type: "failed", message: "it ended its thread" });
    };
    const timer = setTimeout(() => {
      done({ type: "failed", message: `it did not end within ${limitMs / 1000} s of real time` });
    }, limitMs);
    worker.on("message", done).on("error", failed).on("exit", ended);
  });
}

/** Its program is elsewhere. */
function runsElsewhere(): never {
  throw new Error("this attack runs in a thread of its own");
}
