import type { Reply } from "../attack.js";
import type { Kind, Material, Variant } from "./material.js";
import { callerOf, disguise } from "./disguise.js";
import type { Disguised } from "./disguise.js";
import type { Plan } from "./plan.js";

/** An act that a hunter may do next. */
export interface Choice extends Disguised {
  readonly kind: number;
  readonly variant: number;
  readonly caller: string;
  /** What is reported when it was done. */
  readonly realized: Variant["realized"];
}

/** Where nothing is left to choose: when there is again, or never. */
export type NoChoice = { readonly untilMs: number } | "none";

const STOPPED = new Set(["halted", "lane_killed"]);

/** Which act comes next: what was not refused for good, by somebody who was not stopped. */
export class Choices {
  readonly #plan: Plan;
  readonly #kinds: readonly Kind[];
  readonly #callers: number;
  /** Callers who were stopped, and acts that are refused whoever asks. */
  readonly #stopped = new Set<string>();
  readonly #refused = new Set<string>();
  /** What was done and cannot be done again. */
  readonly #done = new Set<string>();
  /** When each caller was let through. */
  readonly #times = new Map<string, number[]>();
  /** The times of the first who was stopped. */
  #lesson: readonly number[] | null = null;
  #count = 0;
  #turn = 0;
  readonly #cursors: number[];

  constructor(plan: Plan, material: Material) {
    this.#plan = plan;
    const ordered = material.kinds.map((kind) => (plan.order === "given" ? kind : worstOf(kind)));
    this.#kinds = plan.kind === "all" ? ordered : ordered.slice(plan.kind, plan.kind + 1);
    this.#callers = plan.callers.are === "own" ? 1 : plan.callers.count;
    this.#cursors = this.#kinds.map(() => 0);
  }

  /** When the first caller who was stopped for good had been let through, in ms; null: nobody was. */
  get lesson(): readonly number[] | null {
    return this.#lesson;
  }

  next(atMs: number, size: number): Choice | NoChoice {
    let untilMs = Infinity;
    const tries = Math.min(MAX_TRIES, this.#kinds.length * this.#callers * 4 + 8);
    for (let i = 0; i < tries; i++) {
      const choice = this.#try(size);
      if (choice === null) continue;
      const freeMs = this.#freeMs(choice.caller, atMs);
      if (freeMs <= atMs) {
        if (this.#plan.quota !== null) this.#timesOf(choice.caller).push(atMs);
        if (this.#kinds[choice.kind]!.isOnce) this.#done.add(keyOf(choice));
        return choice;
      }
      untilMs = Math.min(untilMs, freeMs);
    }
    return untilMs === Infinity ? "none" : { untilMs };
  }

  /** Another kind of act comes next. */
  turn(): void {
    this.#turn += 1;
  }

  /** Remembers what became of it. */
  hear(choice: Choice, { allowed, retryable, code = "" }: Reply, atMs: number): void {
    const { caller } = choice;
    const times = this.#timesOf(caller);
    if (allowed) {
      if (this.#plan.quota === null) times.push(atMs);
      return;
    }
    this.#done.delete(keyOf(choice));
    if (this.#plan.quota !== null) times.pop();
    if (retryable) return;
    if (times.length > 0) this.#lesson ??= [...times];
    if (STOPPED.has(code)) this.#stopped.add(caller);
    else this.#refused.add(keyOf(choice));
  }

  /** Tries everything and everybody again. */
  forgive(): void {
    this.#stopped.clear();
    this.#refused.clear();
  }

  #try(size: number): Choice | null {
    const kind = this.#turn % this.#kinds.length;
    const { variants } = this.#kinds[kind]!;
    const variant = this.#cursors[kind]! % variants.length;
    const n = this.#count;
    this.#cursors[kind]! += 1;
    this.#count += 1;
    const chosen = variants[variant]!;
    const caller = callerOf(this.#plan, chosen.act.action.source, n);
    const key = keyOf({ kind, variant });
    if (this.#stopped.has(caller) || this.#refused.has(key) || this.#done.has(key)) {
      this.#turn += 1;
      return null;
    }
    const { realized } = chosen;
    return { kind, variant, caller, realized, ...disguise(this.#plan, this.#kinds[kind]!, chosen, n, size) };
  }

  #freeMs(caller: string, atMs: number): number {
    const { quota } = this.#plan;
    const times = this.#times.get(caller);
    if (quota === null || times === undefined || times.length < quota.limit) return atMs;
    return times.at(-quota.limit)! + quota.windowMs;
  }

  #timesOf(caller: string): number[] {
    const times = this.#times.get(caller) ?? [];
    this.#times.set(caller, times);
    return times;
  }
}

const MAX_TRIES = 2_000;

function keyOf({ kind, variant }: Pick<Choice, "kind" | "variant">): string {
  return `${kind} ${variant}`;
}

function worstOf(kind: Kind): Kind {
  const most = Math.max(...kind.variants.map(({ harm }) => harm));
  return { ...kind, variants: kind.variants.filter(({ harm }) => harm >= most * 0.9) };
}
