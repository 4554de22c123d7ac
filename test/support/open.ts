import type { Action, Decision, Outcome, Permit, PolicyInput, ReinOptions } from "../../src/index.js";
import { Rein } from "../../src/index.js";
import { FakeClock, MemoryLogger, MemorySink } from "../../src/testing/index.js";

export interface Opened {
  readonly rein: Rein;
  readonly clock: FakeClock;
  readonly logger: MemoryLogger;
  readonly sink: MemorySink;
}

/** A Rein that enforces, on a clock that stands still, with everything it says kept. */
export async function open(
  policy: PolicyInput,
  options: Partial<ReinOptions> & { readonly start?: number } = {},
): Promise<Opened> {
  const { start, ...rest } = options;
  const [clock, logger, sink] = [new FakeClock(start), new MemoryLogger(), new MemorySink()];
  const rein = await Rein.open({ policy, mode: "enforce", clock, logger, audit: { sink }, ...rest });
  return { rein, clock, logger, sink };
}

/** Anything at all, handed over as an action. */
export function gateAny(rein: Rein, action: unknown): Decision {
  return rein.gate(action as Action);
}

/** `ok`, or the code of the refusal. */
export function answer(rein: Rein, action: Action): string {
  return codeOf(rein.gate(action));
}

export function codeOf(decision: Decision): string {
  return decision.allowed ? "ok" : decision.refusal.code;
}

/** Gates an action that must be allowed. */
export function permitFor(rein: Rein, action: Action): Permit {
  const decision = rein.gate(action);
  if (!decision.allowed) throw new Error(`refused: ${decision.refusal.message}`);
  return decision.permit;
}

/** Gates and settles an action; the answer. */
export function act(rein: Rein, action: Action, outcome: Outcome = { ok: true }): string {
  const decision = rein.gate(action);
  if (decision.allowed) decision.permit.settle(outcome);
  return codeOf(decision);
}

/** Lets promises that are due be settled; no time passes. */
export async function breathe(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Hears of everything of one name. */
export function hear<N extends Parameters<Rein["on"]>[0]>(
  rein: Rein,
  name: N,
): Parameters<Parameters<typeof rein.on<N>>[1]>[0][] {
  const heard: Parameters<Parameters<typeof rein.on<N>>[1]>[0][] = [];
  rein.on(name, (event) => heard.push(event));
  return heard;
}
