import { stripVTControlCharacters, styleText } from "node:util";
import type { Logger } from "rein";

export type Format = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Colours, where the terminal has them and NO_COLOR is not set. */
export function paint(text: string, ...formats: readonly Format[]): string {
  // Asked with a single format: Node 20 does not look at the stream when it is given several.
  const isPlain = styleText("bold", "x", { stream: process.stdout }) === "x";
  return isPlain ? text : styleText([...formats], text, { validateStream: false });
}

/** Of a terminal of the usual size, the right margin left free. */
const WIDTH = 79;
export const INDENT = "  ";
export const TEXT_WIDTH = WIDTH - INDENT.length;

/** Breaks text into lines of at most `width` columns, at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Pads to a number of columns, whatever the text's colours. */
export function pad(text: string, width: number, side: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - stripVTControlCharacters(text).length));
  return side === "left" ? text + space : space + text;
}

/** Where the demo writes: lines, all with the same margin, and one at a time that is still changing. */
export class Screen {
  readonly #out: NodeJS.WriteStream | undefined;
  #live = false;
  #asides: string[] = [];

  /** @param out nothing is shown without it */
  constructor(out?: NodeJS.WriteStream) {
    this.#out = out;
  }

  print(...lines: readonly string[]): void {
    for (const line of lines) this.#out?.write(line === "" ? "\n" : `${INDENT}${line}\n`);
  }

  /** Shows a line that is not final; only a terminal can take it back, and no shorter line may follow. */
  live(line: string): void {
    if (this.#out?.isTTY !== true || this.#out.columns < WIDTH) return;
    this.#live = true;
    this.#out.write(`\r${INDENT}${line}`);
  }

  /** Puts the final line in its place. */
  settle(line: string): void {
    if (this.#live) this.live(line);
    else this.#out?.write(INDENT + line);
    this.#live = false;
    this.#out?.write("\n");
  }

  /** For a library's log: keeps the lines until there is room for them. */
  logger(): Logger {
    const keep = (message: string): void => {
      this.#asides.push(message);
    };
    return { info: keep, warn: keep, error: keep };
  }

  takeAsides(): readonly string[] {
    const asides = this.#asides;
    this.#asides = [];
    return asides;
  }
}
