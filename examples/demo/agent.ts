import { setTimeout as sleep } from "node:timers/promises";
import type { Context, Tools } from "./tools.js";

/** A tool call, as a model asks for it. */
export type ToolCall = {
  readonly [K in keyof Tools]: { readonly tool: K; readonly args: Parameters<Tools[K]>[0] };
}[keyof Tools];

/** What the model sees when it decides: how far it is, and what became of its last calls. */
export interface Seen {
  readonly step: number;
  readonly results: readonly { readonly ok: boolean; readonly text: string }[];
}

/** Decides the next calls, which run side by side; none ends the run. Scripted here: see `models.ts`. */
export type Model = (seen: Seen) => readonly ToolCall[];

export interface Run {
  readonly model: Model;
  readonly tools: Tools;
  readonly signal: AbortSignal;
  /** The brake that agent frameworks have: so many steps and no more. */
  readonly maxSteps?: number;
  /** How long the model thinks between steps. */
  readonly thinkMs?: number;
  readonly onStep?: (journal: Journal) => void;
}

/** What the agent did, as it saw it. */
export interface Journal {
  attempted: number;
  readonly errors: Error[];
}

/** The agent: a plain loop, which knows nothing of Rein. A call that is refused is a call that failed. */
export async function runAgent({ model, tools, signal, maxSteps = 400, thinkMs = 0, onStep }: Run): Promise<Journal> {
  const journal: Journal = { attempted: 0, errors: [] };
  let seen: Seen = { step: 0, results: [] };
  while (seen.step < maxSteps && !signal.aborted) {
    const calls = model(seen);
    if (calls.length === 0) break;
    journal.attempted += calls.length;
    const results = await Promise.all(calls.map((call) => use(tools, call, { signal }, journal)));
    seen = { step: seen.step + 1, results };
    onStep?.(journal);
    if (thinkMs > 0) await sleep(thinkMs);
  }
  return journal;
}

async function use(tools: Tools, { tool, args }: ToolCall, context: Context, journal: Journal): Promise<Seen["results"][number]> {
  // The model chose the tool and its arguments together; nothing here could tell which is which.
  const call = tools[tool] as (args: unknown, context: Context) => Promise<unknown>;
  try {
    return { ok: true, text: String(await call(args, context)) };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    journal.errors.push(error);
    return { ok: false, text: error.message };
  }
}
