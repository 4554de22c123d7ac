import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { HAS_GROUPS, ProcessGroup } from "../adapters/process-group.js";
import type { Suggest } from "../policy/index.js";
import { atEnd } from "./at-end.js";

/** More than any sentence has; what a command prints beyond it is not read. */
const MAX_OUTPUT_BYTES = 16 * 1024;
/** What a command said last on standard error is part of the reason. */
const MAX_COMPLAINT_BYTES = 16 * 1024;
const MAX_COMPLAINT_SHOWN = 300;
/** A command that fails this often in a row fails with every line. */
const MAX_FAILURES = 3;

/**
 * A `suggest` for `suggestPolicy` that runs a shell command: it reads the prompt on standard input and prints one
 * sentence. It leads a process group that is gone when the answer is there, when nobody waits for it any more, and when
 * this process ends. Only what a command prints that ends with 0, is UTF-8 and not endless is an answer.
 */
export function suggestWithCommand(command: string): Suggest {
  let failures = 0;
  return async (prompt, { signal }) => {
    if (failures >= MAX_FAILURES)
      throw new Error(`the command failed ${MAX_FAILURES} times in a row and is not run again`);
    failures += 1;
    const answer = await answerOf(command, prompt, signal);
    failures = 0;
    return answer;
  };
}

async function answerOf(command: string, prompt: string, signal: AbortSignal): Promise<string> {
  // The prompt is on standard input alone: nothing that stands in a policy gets near a shell.
  const child = spawn(command, { shell: true, detached: HAS_GROUPS, windowsHide: true });
  const { pid } = child;
  const group = pid === undefined ? undefined : new ProcessGroup(child, pid, () => undefined);
  const stop = (): void => group?.stop(0);
  // Ctrl-C does not reach another group.
  const callOff = atEnd(stop);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await outputOf(child, prompt, signal);
  } finally {
    // Whatever it left behind in the background ends, too.
    stop();
    callOff();
    signal.removeEventListener("abort", stop);
  }
}

async function outputOf(
  child: ChildProcessWithoutNullStreams,
  prompt: string,
  signal: AbortSignal,
): Promise<string> {
  // A command need not read the whole prompt, or any of it.
  child.stdin.on("error", () => undefined);
  child.stdin.end(prompt);
  const complaint = tailOf(child);
  const [closed, output] = await Promise.all([once(child, "close", { signal }), headOf(child)]);
  const [code, killedBy] = closed as [number | null, NodeJS.Signals | null];
  if (code === 0) return decoded(output);
  const how = code === null ? `was ended by ${killedBy ?? "a signal"}` : `ended with exit code ${code}`;
  const why = complaint();
  throw new Error(`the command ${how}${why === "" ? "" : `: ${why}`}`);
}

async function headOf({ stdout }: ChildProcessWithoutNullStreams): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdout) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_OUTPUT_BYTES)
      throw new Error(`the command printed more than ${MAX_OUTPUT_BYTES} bytes, which is no sentence`);
  }
  return Buffer.concat(chunks);
}

/** The last line on standard error, once it is asked for. */
function tailOf({ stderr }: ChildProcessWithoutNullStreams): () => string {
  let tail = Buffer.alloc(0);
  stderr.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-MAX_COMPLAINT_BYTES);
  });
  return () => {
    const lines = tail.toString("utf8").split(/[\r\n]+/);
    return (lines.filter((line) => line.trim() !== "").at(-1) ?? "").trim().slice(0, MAX_COMPLAINT_SHOWN);
  };
}

function decoded(output: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(output);
  } catch {
    throw new Error("what the command printed is not UTF-8");
  }
}
