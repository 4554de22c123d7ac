import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** A program that answers each line of JSON with one: what it is asked first it answers first. */
export class LineProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: ((line: string | Error) => void)[] = [];
  /** It may end long before anybody closes it. */
  readonly #gone: Promise<void>;
  #failure: Error | undefined;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#waiting.shift()?.(line));
    this.#gone = new Promise((resolve) => {
      const ended = (error: Error): void => {
        this.#fail(error);
        resolve();
      };
      this.#child.once("error", ended);
      this.#child.once("close", (code) => ended(new Error(`${command} ended with ${code}`)));
    });
    // That nobody reads any more is told by the end.
    this.#child.stdin.on("error", () => undefined);
  }

  /** @throws Error when it has ended */
  async ask<T>(question: object): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    const answered = new Promise<string | Error>((resolve) => this.#waiting.push(resolve));
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const answer = await answered;
    if (answer instanceof Error) throw answer;
    return JSON.parse(answer) as T;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#gone;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const wake of this.#waiting.splice(0)) wake(this.#failure);
  }
}
