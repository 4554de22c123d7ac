import type { Act, Move, Reply, Scene, Told } from "../attack.js";
import type { Action } from "../../rein/index.js";
import { START_AT } from "../stage.js";
import { WORDS } from "./words.js";

/** A part of a program: it makes moves, and says what came of them. */
export type Steps<T = void> = Generator<Move, T, Told>;

/** How an action ends. */
export interface Ending {
  /** How long it runs; 0 when absent. */
  readonly ms?: number;
  /** Whether it works; true when absent. What fails is of no use. */
  readonly ok?: boolean;
  /** What comes back; a few random words when absent. */
  readonly result?: string;
  /** What it did cost; as much as it may cost when absent. */
  readonly cost?: Readonly<Record<string, number>>;
  readonly progress?: boolean;
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The first of January 1970 was a Thursday. */
const FIRST_WEEKDAY = 3;
/** UTC, which in winter is the time in London, too. */
const LUNCH = { from: 12.5, to: 13.25 };

/** Where an honest agent works: its chance, its clock, and the moves that it is made of. */
export class Desk {
  readonly #scene: Scene;
  #atMs = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** The hour of the day, UTC, as a decimal. */
  get hour(): number {
    return ((START_AT + this.#atMs) % DAY) / HOUR;
  }

  /** Monday is 0. */
  get weekday(): number {
    return (FIRST_WEEKDAY + Math.floor((START_AT + this.#atMs) / DAY)) % 7;
  }

  /** Virtual ms since it began. */
  get atMs(): number {
    return this.#atMs;
  }

  chance(share: number): boolean {
    return this.#scene.random() < share;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.#scene.below(high - low + 1);
  }

  /** 0, 1, 2 … as many as `between` says. */
  times(low: number, high: number): readonly number[] {
    return Array.from({ length: this.between(low, high) }, (_, i) => i);
  }

  /** An amount from `low` to `high`, of so many decimals. */
  amount(low: number, high: number, decimals = 2): number {
    return Number((low + (high - low) * this.#scene.random()).toFixed(decimals));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#scene.below(list.length)]!;
  }

  /** How long something takes that usually takes about `ms`: seldom less than half of it, now and then three times. */
  about(ms: number): number {
    const u = this.#scene.random();
    const cube = u * u * u;
    return Math.round(ms * (0.4 + 0.8 * u + 2 * cube * cube));
  }

  /** A few words, as a result or a text has them. */
  text(words = 4): string {
    return Array.from({ length: words }, () => this.pick(WORDS)).join(" ");
  }

  /** An act for `together`. */
  plan(action: Action, { ms, ok = true, result, cost, progress }: Ending = {}): Act {
    const outcome = {
      ok,
      result: result ?? this.text(),
      ...(cost && { cost }),
      ...(progress && { progress }),
    };
    return { action, outcome, ...(ok && { deeds: { done: 1 } }), ...(ms !== undefined && { ms }) };
  }

  *act(action: Action, ending?: Ending): Steps<Reply> {
    const told = yield { do: "act", ...this.plan(action, ending) };
    this.#atMs = told.atMs;
    return told.replies[0]!;
  }

  /** Tries up to three times when it fails, a little later each time. @returns whether it worked */
  *attempt(action: Action, failing: number, ending: Ending = {}): Steps<boolean> {
    for (let i = 0; i < 3; i++) {
      if (!this.chance(failing)) return (yield* this.act(action, ending)).allowed;
      yield* this.act(action, { ...ending, ok: false, progress: false, result: `error: ${this.text(2)}` });
      yield* this.wait(this.about((2 + 8 * i) * SECOND));
    }
    return false;
  }

  *together(acts: readonly Act[]): Steps<readonly Reply[]> {
    const told = yield { do: "together", acts };
    this.#atMs = told.atMs;
    return told.replies;
  }

  /** A report to the governor, or any other move without an answer. */
  *tell(move: Move): Steps {
    this.#atMs = (yield move).atMs;
  }

  *wait(ms: number): Steps {
    yield* this.tell({ do: "wait", ms });
  }

  /** Until it is between these hours of a working day, UTC. */
  *hours(from: number, to: number): Steps {
    if (this.hour >= to) yield* this.wait(Math.ceil((24 - this.hour) * HOUR));
    while (this.weekday >= 5) yield* this.wait(DAY);
    if (this.hour < from) yield* this.wait(Math.ceil((from - this.hour) * HOUR));
  }

  /** Waits while nobody works: at lunch, from half past five in the evening until about nine, at the weekend. */
  *officeHours(): Steps {
    if (this.hour >= LUNCH.from && this.hour < LUNCH.to) yield* this.hours(LUNCH.to, 24);
    if (this.hour >= 9 && this.hour < 17.5 && this.weekday < 5) return;
    yield* this.hours(9, 17.5);
    yield* this.wait(this.about(5 * MINUTE));
  }
}
