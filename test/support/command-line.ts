import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSum, sumLine } from "../../src/audit/segment-lines.js";
import type { Io } from "../../src/cli/io.js";
import { run } from "../../src/cli/main.js";
import type { PolicyInput, ReinOptions } from "../../src/index.js";
import { Rein } from "../../src/index.js";
import { MemoryLogger } from "../../src/testing/index.js";

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command as the program does, in this process. */
export async function rein(argv: readonly string[], io: Partial<Io> = {}): Promise<Result> {
  let [out, err] = ["", ""];
  const code = await run(argv, {
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    ...{ isTTY: false, columns: 100, env: { USER: "alice" } },
    ...io,
  });
  return { code, out, err };
}

/** The same with `--json`: what it printed, read. */
export async function reinJson<T>(argv: readonly string[]): Promise<T> {
  const { out, err } = await rein([...argv, "--json"]);
  if (out === "") throw new Error(err);
  return JSON.parse(out) as T;
}

/** A place for a state directory, which is not there yet. */
export function freshDir(): string {
  return join(mkdtempSync(join(tmpdir(), "rein-state-")), "state");
}

/** A real governor with a state directory on the real disk. */
export function openIn(dir: string, policy?: PolicyInput, options: Partial<ReinOptions> = {}): Promise<Rein> {
  return Rein.open({
    ...(policy !== undefined && { policy }),
    ...{ dir, mode: "enforce", logger: new MemoryLogger() },
    ...options,
  });
}

/** Copies a directory with its modes, which `cpSync` of Node 24 does not keep for directories. */
export function copyDir(from: string, to: string): void {
  mkdirSync(to, { mode: statSync(from).mode });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyDir(source, target);
    else copyFileSync(source, target);
  }
}

export function segmentFile(dir: string, segment = 1): string {
  return join(dir, `records-${String(segment).padStart(8, "0")}.jsonl`);
}

/** Changes lines of a segment as somebody would who knows how its sums are made. */
export function forge(dir: string, edit: (line: string) => string | null, segment = 1): void {
  const path = segmentFile(dir, segment);
  let forged = "";
  let chunk = "";
  for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
    const sum = parseSum(line);
    if (sum === undefined) {
      const edited = edit(line);
      if (edited !== null) chunk += `${edited}\n`;
      continue;
    }
    const start = Buffer.byteLength(forged);
    forged += chunk + sumLine(segment, start, Buffer.from(chunk), Math.min(sum.synced, start));
    chunk = "";
  }
  writeFileSync(path, forged);
}
