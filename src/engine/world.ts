import { MICRO } from "../core/measure.js";
import type { Rule } from "../policy/index.js";
import type { ValueTest } from "../policy/value-tests.js";
import type { Rhythm } from "../detect/index.js";

type Calendar = Extract<Extract<Rule, { kind: "budget" }>["window"], object>;
type Schedule = NonNullable<NonNullable<Rule["match"]>["schedule"]>;

/** Measures that are told apart; see {@link World.measure}. */
export const MAX_MEASURES = 64;

export type Regime = "normal" | "stressed" | "shock" | "unknown";

/** A calendar window or a schedule whose boundaries the shell computes. */
export type CalendarSpec =
  | { readonly key: string; readonly calendar: Calendar }
  | { readonly key: string; readonly schedule: Schedule };

/** What the engine was last told about one calendar window or schedule. */
export interface CalendarFact {
  readonly spec: CalendarSpec;
  /** Wall time at which the running period began; 0 before the shell told. */
  period: number;
  /** Whether the schedule is open; undefined before the shell told. */
  open: boolean | undefined;
  /** Wall time of the next boundary. */
  until: number;
}

export interface Signal {
  value: number;
  /** Monotonic time of arrival; -Infinity: never. */
  mono: number;
  /** How it usually arrives; null before the first time. */
  rhythm: Rhythm | null;
}

/** Everything the engine knows that is not counted per key: measures, signals, calendars, regime, value tests. */
export class World {
  /** Index 0 is `calls`, always 1. */
  readonly measures: string[] = ["calls"];
  readonly signals = new Map<string, Signal>();
  readonly calendars = new Map<string, CalendarFact>();
  readonly tests: ValueTest[] = [];
  regime: Regime = "normal";

  readonly #measureIndex = new Map<string, number>([["calls", 0]]);
  readonly #testIndex = new Map<string, number>();

  /**
   * Index of a measure, registered on first use. Names come from outside, so beyond the cap an action's measure that
   * no rule counts gets -1; a rule's own (`required`) always has room.
   */
  measure(name: string, required = false): number {
    const known = this.#measureIndex.get(name);
    if (known !== undefined) return known;
    if (!required && this.measures.length >= MAX_MEASURES) return -1;
    this.measures.push(name);
    this.#measureIndex.set(name, this.measures.length - 1);
    return this.measures.length - 1;
  }

  /** Index of a measure that is known already. */
  measureIndex(name: string): number | undefined {
    return this.#measureIndex.get(name);
  }

  signal(name: string): Signal {
    let signal = this.signals.get(name);
    if (signal === undefined)
      this.signals.set(name, (signal = { value: NaN, mono: -Infinity, rhythm: null }));
    return signal;
  }

  calendar(spec: CalendarSpec): CalendarFact {
    let fact = this.calendars.get(spec.key);
    if (fact === undefined)
      this.calendars.set(spec.key, (fact = { spec, period: 0, open: undefined, until: -Infinity }));
    return fact;
  }

  /** Id of a value test by its key alone, for answers that were recorded; whoever asks the test registers it in full. */
  testId(key: string): number {
    return this.#testIndex.get(key) ?? this.#register({ key, holds: () => undefined });
  }

  /** Id of a value test; tests that ask the same share one. */
  test(test: ValueTest): number {
    const known = this.#testIndex.get(test.key);
    if (known === undefined) return this.#register(test);
    this.tests[known] = test;
    return known;
  }

  #register(test: ValueTest): number {
    this.tests.push(test);
    this.#testIndex.set(test.key, this.tests.length - 1);
    return this.tests.length - 1;
  }
}

/** Micro-units by index from micro-units by name; null without any. */
export function amountsOf(
  world: World,
  cost: Readonly<Record<string, number>> | undefined,
): readonly number[] | null {
  if (cost === undefined) return null;
  const amounts = [MICRO];
  for (const [name, micro] of Object.entries(cost)) {
    const index = world.measure(name);
    if (index <= 0) continue;
    while (amounts.length <= index) amounts.push(-1);
    amounts[index] = micro;
  }
  return amounts;
}

/** Ids of answers by the keys of the tests; `~id` for those that could not be told. */
export function factIds(
  world: World,
  facts: { readonly true: readonly string[]; readonly unknown: readonly string[] },
): readonly number[] {
  return [...facts.true.map((key) => world.testId(key)), ...facts.unknown.map((key) => ~world.testId(key))];
}
