import process from "node:process";
import type { Io } from "./io.js";

/** What bars are drawn with. */
export type Characters = "unicode" | "ascii";

/** What a live view needs of the process around it; tests give their own. */
export interface LiveSystem {
  on(event: LiveEvent, listener: () => void): void;
  off(event: LiveEvent, listener: () => void): void;
  /** Sends a signal to the process itself. */
  raise(signal: NodeJS.Signals): void;
  /** The terminal's size now. */
  size(): { readonly columns: number; readonly rows: number };
}

type LiveEvent = "exit" | (typeof ENDING)[number] | "SIGTSTP" | "SIGCONT";

/** Signals that end the program, and with it the view. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The other screen, no cursor, and lines that are too long end at the edge. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const PLAIN = "\u001b[0m";

/**
 * Lines that are painted over and over in the same place. A terminal shows them on its other screen and is put back as
 * it was by `close`, when the program ends, by a signal too, and while it is suspended; without a terminal each `draw`
 * prints a block of its own.
 *
 * Holds no timer: whoever has something new draws. With `using`, an error closes it as well.
 */
export class LiveTable implements Disposable {
  readonly #io: Io;
  readonly #system: LiveSystem;
  readonly #isLive: boolean;
  readonly #listeners: readonly (readonly [LiveEvent, () => void])[];
  #state: "new" | "shown" | "suspended" | "closed" = "new";
  #lines: readonly string[] = [];

  constructor(io: Io, system: LiveSystem = processSystem) {
    this.#io = io;
    this.#system = system;
    this.#isLive = io.isTTY && io.env["TERM"] !== "dumb";
    this.#listeners = [
      // An error that nobody catches ends here, too.
      ["exit", () => this.close()],
      ...ENDING.map((signal) => [signal, () => this.#end(signal)] as const),
      ["SIGTSTP", () => this.#suspend()],
      ["SIGCONT", () => this.#continue()],
    ];
  }

  /** Shows these lines instead of the last ones. */
  draw(lines: readonly string[]): void {
    if (this.#state === "closed") return;
    if (!this.#isLive) {
      this.#io.stdout(`${lines.join("\n")}\n\n`);
      return;
    }
    this.#lines = lines;
    if (this.#state === "suspended") return;
    if (this.#state === "new") {
      for (const [event, listener] of this.#listeners) this.#system.on(event, listener);
      this.#state = "shown";
      this.#io.stdout(ENTER);
    }
    this.#paint();
  }

  /** Puts the terminal back as it was; a second time does nothing. */
  close(): void {
    const before = this.#state;
    this.#state = "closed";
    if (before === "new" || before === "closed") return;
    for (const [event, listener] of this.#listeners) this.#system.off(event, listener);
    // Suspended, it has been put back already.
    if (before === "shown") this.#io.stdout(LEAVE);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #paint(): void {
    const { columns, rows } = this.#system.size();
    const shown = this.#lines.length === 0 ? [""] : fitted(this.#lines, rows);
    // Cleared before it is written: at the edge the cursor stands on the last character, which would go, too.
    const painted = shown.map((line) => CLEAR_LINE + cut(line, columns)).join("\r\n");
    // A line end on the last row would scroll, and nothing is below it.
    this.#io.stdout(HOME + painted + (shown.length < rows ? `\r\n${CLEAR_BELOW}` : ""));
  }

  /** Then the signal does what it would have done, with the exit status that callers know. */
  #end(signal: NodeJS.Signals): void {
    this.close();
    this.#system.raise(signal);
  }

  #suspend(): void {
    this.#io.stdout(LEAVE);
    this.#state = "suspended";
    // SIGTSTP itself would come back here; this one cannot be caught.
    this.#system.raise("SIGSTOP");
  }

  #continue(): void {
    if (this.#state !== "suspended") return;
    this.#state = "shown";
    this.#io.stdout(ENTER);
    this.#paint();
  }
}

function fitted(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(0, rows - 1);
  return [...lines.slice(0, shown), `… ${lines.length - shown} more`];
}

/** A line of at most so many characters; colours count nothing, and do not run on. */
function cut(line: string, columns: number): string {
  const pieces = [...line.matchAll(/\u001b\[[0-9;]*m|./gsu)].map(([piece]) => piece);
  const isColour = (piece: string): boolean => piece.length > 2 && piece.startsWith("\u001b[");
  if (pieces.filter((piece) => !isColour(piece)).length <= columns) return line;
  let room = columns - 1;
  const kept = pieces.filter((piece) => isColour(piece) || room-- > 0);
  return `${kept.join("")}…${PLAIN}`;
}

const processSystem: LiveSystem = {
  on: (event, listener) => void process.on(event, listener),
  off: (event, listener) => void process.off(event, listener),
  raise: (signal) => void process.kill(process.pid, signal),
  size: () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }),
};

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const LEVELS: Readonly<Record<Characters, string>> = { unicode: "▁▂▃▄▅▆▇█", ascii: "_.-:=+*#" };

/** What the terminal can show, as far as it says. */
export function charactersFor(io: Io): Characters {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = io.env;
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  return TERM === "dumb" || TERM === "linux" || (locale !== "" && !/utf-?8/i.test(locale))
    ? "ascii"
    : "unicode";
}

/**
 * Returns a bar of `width` characters that is filled by a share from 0 to 1. What is not zero is never drawn as
 * nothing, nor what is less than the whole as the whole; more than the whole ends with `!`, and what is no number is
 * all `?`.
 */
export function bar(share: number, width: number, characters: Characters = "unicode"): string {
  if (Number.isNaN(share)) return "?".repeat(width);
  const [full, empty, parts] = characters === "unicode" ? ["█", "░", 8] : (["#", ".", 1] as const);
  if (share > 1) return `${full.repeat(Math.max(0, width - 1))}${"!".slice(0, width)}`;
  const most = width * parts;
  let filled = Math.round(Math.max(0, share) * most);
  if (filled === 0 && share > 0) filled = Math.min(1, most);
  if (filled === most && share < 1) filled = Math.max(0, most - 1);
  const whole = Math.floor(filled / parts);
  const text = full.repeat(whole) + EIGHTHS[filled % parts]!;
  return text + empty.repeat(width - text.length);
}

/** Returns one character a value, as high as the value between zero and the largest; blank for what is no number. */
export function sparkline(values: readonly number[], characters: Characters = "unicode"): string {
  const levels = LEVELS[characters];
  const known = values.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  const heightOf = (value: number): number =>
    high === low ? 0 : Math.round(((value - low) / (high - low)) * (levels.length - 1));
  return values.map((value) => (Number.isFinite(value) ? levels[heightOf(value)]! : " ")).join("");
}
