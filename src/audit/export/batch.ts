/** How many events go into one line, and how many characters. */
const MAX_EVENTS = 100;
const MAX_CHARACTERS = 1 << 20;

/** Gathers events that go out several at a time. */
export class Batch {
  readonly #wrap: (events: string) => string;
  #events: string[] = [];
  #characters = 0;

  /** @param wrap makes a line of events that are separated by commas */
  constructor(wrap: (events: string) => string) {
    this.#wrap = wrap;
  }

  /** Takes an event, as JSON. Returns a line when it is full. */
  add(event: string): string[] {
    this.#events.push(event);
    this.#characters += event.length;
    return this.#events.length >= MAX_EVENTS || this.#characters >= MAX_CHARACTERS ? this.end() : [];
  }

  /** What was gathered. */
  end(): string[] {
    if (this.#events.length === 0) return [];
    const line = this.#wrap(this.#events.join(","));
    this.#events = [];
    this.#characters = 0;
    return [line];
  }
}
