import { setTimeout as sleep } from "node:timers/promises";
import type { Context, Tools } from "./tools.js";

/** A tool call, as a model asks for it. */
export type ToolCall = {
  readonly [K in keyof Tools]: { readonly tool: K; readonly args: Parameters<Tools[K]>[0] };
}[keyof Tools];

/** What became of a call, in words for the model. */
interface Result {
  readonly ok: boolean;
  readonly text: string;
}

/** What the model sees when it decides: how far it is, and what became of its last calls. */
export interface Seen {
  readonly step: number;
  readonly results: readonly Result[];
}

/** Decides the next calls, which run side by side; none ends the run. Scripted here: see `models.ts`. */
export type Model = (seen: Seen) => readonly ToolCall[];

/** What the agent did, as it saw it. */
export class Journal {
  attempted = 0;
  readonly errors: Error[] = [];
}

export interface Run {
  readonly model: Model;
  readonly tools: Tools;
  readonly signal: AbortSignal;
  readonly journal: Journal;
  /** The brake that agent frameworks have: so many steps and no more. */
  readonly maxSteps?: number;
  /** How long the model thinks between steps. */
  readonly thinkMs?: number;
}

/** The agent: a plain loop that knows nothing of Rein. A call that is refused is a call that failed. */
export async function runAgent(run: Run): Promise<void> {
  const { model, signal, journal, maxSteps = 400, thinkMs = 0 } = run;
  let seen: Seen = { step: 0, results: [] };
  while (seen.step < maxSteps && !signal.aborted) {
    const calls = model(seen);
    if (calls.length === 0) break;
    journal.attempted += calls.length;
    const results = await Promise.all(calls.map((call) => use(run, call)));
    seen = { step: seen.step + 1, results };
    if (thinkMs > 0) await sleep(thinkMs);
  }
}

async function use({ tools, signal, journal }: Run, { tool, args }: ToolCall): Promise<Result> {
  // The model chose the tool and its arguments together; no type can tell here that they belong together.
  const call = tools[tool] as (args: unknown, context: Context) => Promise<unknown>;
  try {
    return { ok: true, text: String(await call(args, { signal })) };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    journal.errors.push(error);
    return { ok: false, text: error.message };
  }
}
