import type { Attempts } from "./scenarios.js";
import { pad, paint, TEXT_WIDTH } from "./terminal.js";

/** A column: its head, and how it shows what was counted. */
export interface Column<Counts> {
  readonly head: string;
  readonly cell: (counts: Counts) => string;
  /** What it is all about: bad without Rein, good with it. */
  readonly stake?: true;
}

const LABEL = 14;
const ATTEMPTS = 10;

/** A table whose rows come one by one: what the agent tried, what was allowed, and what arrived. */
export class Table<Counts> {
  readonly #countedBy: string;
  readonly #columns: readonly Column<Counts>[];
  readonly #width: number;
  /** What the columns cannot share goes to the left. */
  readonly #label: number;

  /** @param countedBy whose counters the columns show */
  constructor(countedBy: string, columns: readonly Column<Counts>[]) {
    this.#countedBy = countedBy;
    this.#columns = columns;
    const room = TEXT_WIDTH - LABEL - 2 * ATTEMPTS;
    this.#width = Math.floor(room / columns.length);
    this.#label = LABEL + (room % columns.length);
  }

  head(): string[] {
    const group = `── counted by ${this.#countedBy} `;
    const cells = this.#columns.map(({ head }) => pad(head, this.#width, "right"));
    return [
      pad("", this.#label + 2 * ATTEMPTS + 3) +
        group +
        "─".repeat(this.#width * cells.length - 3 - group.length),
      pad("", this.#label) +
        pad("attempted", ATTEMPTS, "right") +
        pad("allowed", ATTEMPTS, "right") +
        cells.join(""),
      "─".repeat(TEXT_WIDTH),
    ].map((line) => paint(line, "dim"));
  }

  row(label: string, tally: Attempts & Counts, good: boolean): string {
    const attempts = [tally.attempted, tally.allowed].map((count) => pad(String(count), ATTEMPTS, "right"));
    const cells = this.#columns.map(({ cell, stake }) => {
      const text = pad(cell(tally), this.#width, "right");
      return stake ? paint(text, good ? "green" : "red", "bold") : text;
    });
    return paint(pad(label, this.#label), "bold") + [...attempts, ...cells].join("");
  }
}
