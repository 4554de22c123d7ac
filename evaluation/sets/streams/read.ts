import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Outcomes in time order: true where it worked. */
export interface Stream {
  readonly name: string;
  readonly outcomes: readonly boolean[];
}

/** A mixture of eight may lose ln 8 / n to the best of them: with fewer outcomes that alone is near the bar. */
const FEWEST = 500;

/** Reads every stream that a folder of data has: bits, calls by tool, answers of web servers. */
export function readStreams(folder: string): Stream[] {
  return [...bits(folder), ...calls(folder), ...answers(folder)].filter(
    (stream) => stream.outcomes.length >= FEWEST,
  );
}

function bits(folder: string): Stream[] {
  return texts(folder, "streams", ".txt").map(({ name, text }) => {
    const line = text.trim();
    if (!/^[01]+$/.test(line)) throw new Error(`streams/${name}.txt is not one line of 0 and 1`);
    return { name, outcomes: Array.from(line, (bit) => bit === "1") };
  });
}

/** Calls of agents that did not end in an error, of each tool that is frequent, and of all. */
function calls(folder: string): Stream[] {
  const streams = new Map<string, boolean[]>([["all calls", []]]);
  for (const { text } of texts(folder, "sessions", ".jsonl")) {
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const { ev } = JSON.parse(line) as { ev: readonly (readonly unknown[])[] };
      for (const call of ev) {
        const name = `calls of ${String(call[0])}`;
        const stream = streams.get(name) ?? [];
        if (stream.length === 0) streams.set(name, stream);
        stream.push(!call[6]);
        streams.get("all calls")!.push(!call[6]);
      }
    }
  }
  return Array.from(streams, ([name, outcomes]) => ({ name, outcomes }));
}

/** Requests that were answered with a status below 400. */
function answers(folder: string): Stream[] {
  return texts(folder, "web", ".csv").flatMap(({ name, text }) => {
    const [header = "", ...rows] = text.trimEnd().split("\n");
    const column = header.trim().split(",").indexOf("status");
    if (column < 0) return [];
    return [{ name: `web ${name}`, outcomes: rows.map((row) => Number(row.split(",")[column]) < 400) }];
  });
}

function texts(folder: string, set: string, ending: string): { name: string; text: string }[] {
  const path = join(folder, set);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => ({ name: file.slice(0, -ending.length), text: readFileSync(join(path, file), "utf8") }));
}
