import * as fs from "node:fs";
import { InvalidInputError, messageOf } from "../core/errors.js";

/** A file that is there as a whole, or not at all. */
export class OutputFile {
  readonly #path: string;
  readonly #fd: number;

  /** @throws InvalidInputError when it is there already, or cannot be made */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = fs.openSync(path, "wx", 0o600);
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
      throw new InvalidInputError(
        "output",
        isThere ? `\`${path}\` is there already` : `\`${path}\` cannot be written: ${messageOf(error)}`,
        {
          help: isThere ? "give another name, or remove it first" : "check the path and its permissions",
          cause: error,
        },
      );
    }
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    for (let there = 0; there < bytes.length;) there += fs.writeSync(this.#fd, bytes, there);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  discard(): void {
    try {
      fs.closeSync(this.#fd);
    } catch {
      // It was closed before the rest failed.
    }
    fs.rmSync(this.#path, { force: true });
  }
}
