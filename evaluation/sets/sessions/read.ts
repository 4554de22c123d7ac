import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hash32 } from "../../../src/detect/loop/index.js";

/** A call that has ended; hashes as the engine makes them, 0 where there is no result. */
export interface Call {
  readonly call: number;
  readonly result: number;
  readonly like: number;
  readonly failed: boolean;
}

/** What an agent did from its task to its end. */
export interface Session {
  readonly isSolved: boolean;
  readonly calls: readonly Call[];
}

/** Reads the sessions of all files in `FOLDER/sessions`; null where there are none. */
export function readSessions(folder: string): readonly Session[] | null {
  const directory = join(folder, "sessions");
  if (!existsSync(directory)) return null;
  const files = readdirSync(directory)
    .filter((name) => name.endsWith(".jsonl"))
    .sort();
  if (files.length === 0) return null;
  return files.flatMap((name) => sessionsOf(name, readFileSync(join(directory, name), "utf8")));
}

type Row = readonly [
  tool: string,
  args: number,
  result: number,
  like: number,
  argChars: number,
  resultChars: number,
  isError: number,
];

function sessionsOf(name: string, text: string): readonly Session[] {
  return text
    .split("\n")
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, number }) => sessionOf(line, `line ${number} of sessions/${name}`));
}

function sessionOf(line: string, where: string): Session {
  let session: { ok: boolean; ev: readonly Row[] };
  try {
    session = JSON.parse(line) as typeof session;
  } catch (cause) {
    throw new Error(`${where} is not JSON`, { cause });
  }
  if (!Array.isArray(session.ev)) throw new Error(`${where} has no list \`ev\` of calls`);
  return { isSolved: session.ok, calls: session.ev.map(callOf) };
}

function callOf([tool, args, result, like, , , isError]: Row): Call {
  return { call: hash32(`${tool} ${args}`), result, like, failed: isError === 1 };
}
