import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const home = `${root}build/under-test`;

/** Where the package is compiled to for tests that need processes of their own: scripts/compile-under-test.mjs did it. */
export function build(): { readonly cli: string } {
  return { cli: `${home}/dist/cli/main.js` };
}

/** A process of the tests: one of the programs in `victims/`. */
export class Victim {
  readonly child: ChildProcess;
  /** What it has said, one JSON value a line. */
  readonly said: unknown[] = [];
  readonly ended: Promise<void>;
  stderr = "";
  #isOver = false;
  #waiting: (() => void)[] = [];

  constructor(program: string, args: readonly string[]) {
    const path = fileURLToPath(new URL(`victims/${program}`, import.meta.url));
    this.child = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    this.child.stderr!.on("data", (text: Buffer) => (this.stderr += text.toString()));
    createInterface({ input: this.child.stdout! }).on("line", (line) => {
      this.said.push(JSON.parse(line));
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      this.child.on("close", () => {
        this.#isOver = true;
        resolve();
        this.#wake();
      });
    });
  }

  /** The first thing it says of this kind. @throws Error when it ends without */
  async heard<T>(kind: string): Promise<T> {
    for (;;) {
      const found = this.said.find((one) => (one as { kind?: string }).kind === kind);
      if (found !== undefined) return found as T;
      if (this.#isOver) throw new Error(`it ended without saying \`${kind}\`: ${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  tell(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  }
}
