import type { Io } from "./io.js";

/** A line on standard error that tells how far a long run is; nothing for short ones or without a terminal. */
export class Progress {
  readonly #io: Io;
  readonly #shown: boolean;
  readonly #startedAt = performance.now();
  #nextAt = this.#startedAt + QUIET_MS;
  #visible = false;

  constructor(io: Io) {
    this.#io = io;
    this.#shown = (io.stderrIsTTY ?? io.isTTY) && io.env["TERM"] !== "dumb";
  }

  /**
   * @param done share from 0 to 1; undefined when the end is not known
   * @param detail what to say, made only when it is shown
   */
  update(done: number | undefined, detail: () => string): void {
    if (!this.#shown) return;
    const now = performance.now();
    if (now < this.#nextAt) return;
    this.#nextAt = now + REDRAW_MS;
    this.#visible = true;
    const bar = done === undefined ? "" : `${barOf(done)} ${Math.floor(done * 100)} %  `;
    const left =
      done === undefined || done < 0.02 ? "" : `  ${leftText(((now - this.#startedAt) * (1 - done)) / done)}`;
    this.#io.stderr(`\r${`${bar}${detail()}${left}`.slice(0, this.#io.columns - 1)}\u001b[K`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#visible) this.#io.stderr("\r\u001b[K");
    this.#visible = false;
  }
}

/** Runs shorter than this show no progress. */
const QUIET_MS = 500;
const REDRAW_MS = 100;
const BAR_WIDTH = 20;

function barOf(done: number): string {
  const full = Math.round(Math.min(1, done) * BAR_WIDTH);
  return "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
}

function leftText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 100 ? `${seconds} s left` : `${Math.ceil(seconds / 60)} min left`;
}
