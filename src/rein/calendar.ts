import type { CalendarFact } from "../engine/index.js";
import { calendarAnswer } from "../policy/calendar.js";
import type { CalendarAnswer } from "../policy/calendar.js";

/** What the engine is told of a calendar. */
export type CalendarNews = CalendarAnswer & { readonly key: string };

/** Keeps the engine's calendar facts true: asks again when a boundary has passed, or the clock was set back. */
export class CalendarKeeper {
  readonly #facts: ReadonlyMap<string, CalendarFact>;
  #from = Infinity;
  #until = -Infinity;

  constructor(facts: ReadonlyMap<string, CalendarFact>) {
    this.#facts = facts;
  }

  isOld(at: number): boolean {
    return at >= this.#until || at < this.#from;
  }

  /** What has changed by `at`. */
  news(at: number): CalendarNews[] {
    if (!this.isOld(at)) return [];
    const old = [...this.#facts.values()].filter((fact) => at >= fact.until || at < this.#from);
    const news = old.map((fact) => ({ key: fact.spec.key, ...calendarAnswer(fact.spec, at) }));
    const untils = [...this.#facts.values()].map((fact) => (old.includes(fact) ? Infinity : fact.until));
    this.#from = at;
    this.#until = Math.min(...untils, ...news.map(({ until }) => until));
    return news;
  }

  /** The rules have changed, and with them what is asked. */
  forget(): void {
    this.#until = -Infinity;
  }
}
