import type { Act, Allowed, Answer, Gate, Stop } from "./contestant.js";
import { runOf } from "./limits.js";

/** One tool call that the model of a loop makes. */
export interface ToolCall {
  readonly id: string;
  readonly act: Act;
}

/** What a framework did next: it asked its model again, or its loop is over. */
export type Turn =
  | "asked"
  | { readonly over: "stopped" | Error }
  /** Over until a person has answered; the loop goes on with the answer. */
  | { readonly over: "approval"; readonly resume: (isApproved: boolean) => void };

/** What a loop of a framework is given, and what it tells. */
export interface Host {
  /** The model is asked: resolves with the calls that it makes. */
  readonly next: () => Promise<readonly ToolCall[]>;
  /** A tool is carried out: resolves with its result, when it is over. */
  readonly execute: (id: string) => Promise<string>;
  /** The loop is over. */
  readonly over: (turn: Exclude<Turn, "asked">) => void;
}

/**
 * The loop of one agent in a framework, driven from outside. The framework runs as it always does: it asks its model,
 * decides which of the calls it carries out, carries them out, and asks again or stops. Its model makes the calls that
 * the driver hands in, and its tools end when the driver says so.
 */
export class AgentLoop {
  readonly #start: (host: Host) => void;
  readonly #name: string;
  readonly #calls = new Map<string, Act>();
  /** Calls under way, by id. */
  readonly #running = new Map<string, (result: string) => void>();
  #isStarted = false;
  #turn: Turn | undefined;
  #wakeTurn: () => void = () => undefined;
  #hand: (calls: readonly ToolCall[]) => void = () => undefined;
  #wakeExecution: () => void = () => undefined;
  #question:
    { readonly id: string; readonly call: ToolCall; readonly resume: (ok: boolean) => void } | undefined;
  #isApproved = false;
  #lastId = 0;

  /**
   * @param start begins the loop; it tells everything through its host
   * @param name unique, for the questions that it asks
   */
  constructor(start: (host: Host) => void, name: string) {
    this.#start = start;
    this.#name = name;
  }

  /** The act that a call stands for. */
  actOf(id: string): Act {
    return this.#calls.get(id)!;
  }

  /** The model makes these calls in one turn; resolves when the framework has decided about each. */
  async step(acts: readonly Act[]): Promise<readonly Answer[]> {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#start(this.#host());
      await this.#nextTurn();
    }
    if (this.#question !== undefined) {
      const { call, resume } = this.#question;
      this.#question = undefined;
      this.#turn = undefined;
      if (this.#isApproved && acts.length === 1 && isSame(call.act, acts[0]!)) {
        resume(true);
        return this.#decided([call]);
      }
      // Nobody agreed, and the agent goes on: then the answer was no.
      resume(false);
      await this.#nextTurn();
    }
    if (this.#turn !== "asked") return acts.map(() => ({ allowed: false, stop: stopOf(this.#turn) }));
    const calls = acts.map((act) => ({ id: `call-${++this.#lastId}`, act }));
    for (const { id, act } of calls) this.#calls.set(id, act);
    this.#turn = undefined;
    this.#hand(calls);
    return this.#decided(calls);
  }

  /** A person agrees to what waits; the same act passes when it is tried again. */
  approve(id: string): boolean {
    if (this.#question?.id !== id) return false;
    this.#isApproved = true;
    return true;
  }

  #host(): Host {
    return {
      next: () =>
        new Promise((resolve) => {
          this.#hand = resolve;
          this.#tell("asked");
        }),
      execute: (id) =>
        new Promise((resolve) => {
          this.#running.set(id, resolve);
          this.#wakeExecution();
        }),
      over: (turn) => this.#tell(turn),
    };
  }

  #tell(turn: Turn): void {
    this.#turn = turn;
    this.#wakeTurn();
  }

  async #nextTurn(): Promise<void> {
    if (this.#turn !== undefined) return;
    let watch: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wakeTurn = resolve;
      watch = setTimeout(resolve, PATIENCE_MS);
    });
    clearTimeout(watch);
    this.#giveUp();
  }

  /** Calls that have begun are allowed; when the loop has taken its next turn, the others never will. */
  async #decided(calls: readonly ToolCall[]): Promise<readonly Answer[]> {
    let watch: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.#turn !== undefined || calls.every(({ id }) => this.#running.has(id))) resolve();
      };
      this.#wakeTurn = check;
      this.#wakeExecution = check;
      watch = setTimeout(resolve, PATIENCE_MS);
      if (calls.length > 1) void this.#settles(calls).then(resolve);
      check();
    });
    clearTimeout(watch);
    if (this.#running.size === 0) this.#giveUp();
    if (typeof this.#turn === "object" && this.#turn.over === "approval") {
      const [call] = calls as readonly [ToolCall];
      if (calls.length > 1)
        throw new Error("a question about one of several calls at once is not driven here");
      this.#question = { id: JSON.stringify([this.#name, call.id]), call, resume: this.#turn.resume };
      this.#isApproved = false;
    }
    const refused = stopOf(this.#turn);
    return calls.map(({ id }) =>
      this.#running.has(id) ? this.#allowed(id) : { allowed: false, stop: this.#refusal(refused) },
    );
  }

  #refusal(stop: Stop): Stop {
    if (this.#question === undefined) return stop;
    return {
      code: "approval_required",
      message: "a person has to agree",
      retryable: false,
      approvalId: this.#question.id,
    };
  }

  /** Of several calls some may be refused while others run: waits until no other one begins any more. */
  async #settles(calls: readonly ToolCall[]): Promise<void> {
    const begun = (): number => calls.filter(({ id }) => this.#running.has(id)).length;
    for (let quiet = 0, before = -1; quiet < QUIET_TURNS || begun() === 0;) {
      if (this.#turn !== undefined) return;
      await new Promise(setImmediate);
      quiet = begun() === before ? quiet + 1 : 0;
      before = begun();
    }
  }

  /** A loop that did not come back does nothing any more. */
  #giveUp(): void {
    if (this.#turn !== undefined) return;
    console.error(
      `the run of ${this.#name} did not come back within ${PATIENCE_MS} ms: it counts as stopped`,
    );
    this.#turn = { over: "stopped" };
  }

  #allowed(id: string): Allowed {
    const act = this.actOf(id);
    return {
      allowed: true,
      end: async () => {
        const finish = this.#running.get(id)!;
        this.#running.delete(id);
        this.#calls.delete(id);
        finish(resultOf(act));
        if (this.#running.size === 0) await this.#nextTurn();
        return null;
      },
    };
  }
}

/** Real time in which a framework has to take its next turn; it needs milliseconds. */
const PATIENCE_MS = 10_000;
/** Turns of the event loop after which a framework has begun what it begins. */
const QUIET_TURNS = 50;

function stopOf(turn: Turn | undefined): Stop {
  if (turn === undefined || turn === "asked")
    return { code: "refused", message: "the call was not carried out", retryable: false };
  if (turn.over instanceof Error) throw turn.over;
  return { code: "run_over", message: "the run is over", retryable: false };
}

function resultOf({ outcome }: Act): string {
  const text = typeof outcome?.result === "string" ? outcome.result : "done";
  return outcome?.ok === false ? `error: ${text}` : text;
}

function isSame(one: Act, other: Act): boolean {
  const key = ({ action: { source, series, args } }: Act): string => JSON.stringify([source, series, args]);
  return key(one) === key(other);
}

/** The runs of all agents of a program: each act goes to the loop of its run. */
export class LoopGate implements Gate {
  readonly #start: (key: string, loop: () => AgentLoop) => (host: Host) => void;
  readonly #survivesCrash: boolean;
  readonly #loops = new Map<string, AgentLoop>();

  /** @param survivesCrash what the loops count is kept outside the process */
  constructor(
    start: (key: string, loop: () => AgentLoop) => (host: Host) => void,
    { survivesCrash }: { readonly survivesCrash: boolean },
  ) {
    this.#start = start;
    this.#survivesCrash = survivesCrash;
  }

  async ask(acts: readonly Act[]): Promise<readonly Answer[]> {
    const byRun = new Map<string, number[]>();
    acts.forEach((act, place) => {
      const key = runOf(act);
      byRun.set(key, [...(byRun.get(key) ?? []), place]);
    });
    const answers: Answer[] = [];
    for (const [key, places] of byRun) {
      const answered = await this.#loopOf(key).step(places.map((place) => acts[place]!));
      places.forEach((place, i) => (answers[place] = answered[i]!));
    }
    return answers;
  }

  moveTo(): void {
    // Nothing in these frameworks asks what time it is.
  }

  async approve(id: string): Promise<boolean> {
    const [key] = JSON.parse(id) as [string, string];
    return this.#loops.get(key)?.approve(id) ?? false;
  }

  async crash(): Promise<void> {
    if (!this.#survivesCrash) this.#loops.clear();
  }

  async close(): Promise<void> {
    this.#loops.clear();
  }

  #loopOf(key: string): AgentLoop {
    let loop = this.#loops.get(key);
    if (loop === undefined) {
      const made: AgentLoop = new AgentLoop(
        this.#start(key, () => made),
        key,
      );
      loop = made;
      this.#loops.set(key, loop);
    }
    return loop;
  }
}
