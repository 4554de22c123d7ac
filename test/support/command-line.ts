import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileHeads, logDirIn, logPlaces } from "../../src/audit/index.js";
import { Keyring } from "../../src/audit/log/keyring.js";
import { piecesOf } from "../../src/audit/log/leaf.js";
import { hashesPath, segmentPath } from "../../src/audit/log/layout.js";
import { formatCheckpoint, signNote } from "../../src/audit/note/index.js";
import { CompactRange, leafHash } from "../../src/audit/tree/index.js";
import type { Io } from "../../src/cli/io.js";
import { run } from "../../src/cli/main.js";
import type { PolicyInput, ReinOptions } from "../../src/index.js";
import { Rein } from "../../src/index.js";
import { nodeDisk } from "../../src/store/index.js";
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

/** A segment of the log of a state directory, by its first index. */
export function segmentFile(dir: string, first = 0): string {
  return segmentPath(logDirIn(dir), first);
}

/** A record as it was read, to be forged. */
export type Forgeable = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * Changes records of a log of one segment as somebody would who has its keys and its heads: everything agrees
 * afterwards. In the place of a record that is taken away stands one that says nothing.
 */
export function forge(dir: string, edit: (record: Forgeable) => object | null): void {
  const log = logDirIn(dir);
  const places = logPlaces(log);
  const { origin } = fileHeads(nodeDisk, places.heads).read()!;
  const range = new CompactRange();
  let text = "";
  for (const [n, line] of readFileSync(segmentFile(dir), "utf8").split("\n").slice(0, -1).entries()) {
    const record = JSON.parse(line) as Forgeable;
    const edited = edit(record) ?? { type: "log.heartbeat", at: record["at"], mono: 0 };
    const { head, tail } = piecesOf(edited);
    const forged = edited === record ? line : head + n + tail;
    range.append(leafHash(forged));
    text += `${forged}\n`;
  }
  writeFileSync(segmentFile(dir), text);
  rmSync(hashesPath(log, 0), { force: true });
  const head = { origin, size: range.size, root: range.root() };
  const note = signNote(formatCheckpoint(head), [Keyring.open(nodeDisk, log, origin).log]);
  for (const path of [places.checkpoint, places.checkpoints]) writeFileSync(path, note);
  rmSync(places.heads, { recursive: true });
  fileHeads(nodeDisk, places.heads).swap(null, head);
}
