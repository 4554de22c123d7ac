import { setImmediate as breathe } from "node:timers/promises";
import { Rein } from "rein";
import type { Action, CompiledPolicy, Permit } from "rein";
import { FakeClock, MemoryLogger } from "rein/testing";

/** An action in short: by `a`, doing `search`, free of cost where nothing else is said. */
export interface Deed {
  readonly by?: string;
  readonly does?: string;
  readonly usd?: number;
  readonly tokens?: number;
  /** Replaces every cost, the free ones included. */
  readonly cost?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly args?: unknown;
}

/** What must come of an attempt. `shadow`: allowed, and it says that enforcement would not have. */
type Answer = "ok" | "no" | "ask" | "shadow";

type Step =
  | { readonly do: Answer; readonly times: number; readonly deed: Deed }
  | { readonly do: "fail"; readonly times: number; readonly deed: Deed }
  | { readonly do: "hold"; readonly name: string; readonly deed: Deed }
  | { readonly do: "end" | "running" | "cut"; readonly name: string }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "until"; readonly at: number }
  | {
      readonly do: "balance";
      readonly account: string | undefined;
      readonly start: number;
      readonly current: number;
    }
  | { readonly do: "signal"; readonly names: readonly string[] }
  | { readonly do: "alert" | "calm" | "resume" };

/** What happens to a Rein under one rule, step by step, and what it must answer. */
export class Script {
  readonly start: number;
  readonly steps: readonly Step[];

  constructor(start: number, steps: readonly Step[]) {
    this.start = start;
    this.steps = steps;
  }

  /** Allowed and done well. */
  ok(...attempt: Attempt): Script {
    return this.#attempt("ok", attempt);
  }

  /** Refused. */
  no(...attempt: Attempt): Script {
    return this.#attempt("no", attempt);
  }

  /** Left to a human. */
  ask(...attempt: Attempt): Script {
    return this.#attempt("ask", attempt);
  }

  /** Allowed, and it says that enforcement would have refused. */
  shadow(...attempt: Attempt): Script {
    return this.#attempt("shadow", attempt);
  }

  /** Allowed, and then the action fails. */
  fail(...attempt: Attempt): Script {
    return this.#attempt("fail", attempt);
  }

  /** Allowed, and still running. */
  hold(name: string, deed: Deed = {}): Script {
    return this.#then({ do: "hold", name, deed });
  }

  /** What was held ends well. */
  end(name: string): Script {
    return this.#then({ do: "end", name });
  }

  /** What was held has not been stopped. */
  running(name: string): Script {
    return this.#then({ do: "running", name });
  }

  /** What was held has been stopped. */
  cut(name: string): Script {
    return this.#then({ do: "cut", name });
  }

  /** Time passes: `125ms`, `30s`, `5m`, `1h`, `2d`, or several of them. */
  wait(duration: string): Script {
    return this.#then({ do: "wait", ms: msOf(duration) });
  }

  /** Time passes up to a moment. */
  until(iso: string): Script {
    return this.#then({ do: "until", at: Date.parse(iso) });
  }

  balance(start: number, current: number, account?: string): Script {
    return this.#then({ do: "balance", account, start, current });
  }

  /** A signal arrives. Whoever says "the price feed" may have named it in several ways: all of them arrive. */
  signal(...names: readonly string[]): Script {
    return this.#then({ do: "signal", names });
  }

  /** There was an alert since the last look. */
  alert(): Script {
    return this.#then({ do: "alert" });
  }

  /** There was none. */
  calm(): Script {
    return this.#then({ do: "calm" });
  }

  /** An operator ends every halt; there must be one. */
  resume(): Script {
    return this.#then({ do: "resume" });
  }

  #attempt(what: Answer | "fail", attempt: Attempt): Script {
    const [times, deed] = typeof attempt[0] === "number" ? [attempt[0], attempt[1]] : [1, attempt[0]];
    return this.#then({ do: what, times, deed: deed ?? {} });
  }

  #then(step: Step): Script {
    return new Script(this.start, [...this.steps, step]);
  }
}

/** A deed, or how many of it. */
type Attempt = readonly [deed?: Deed] | readonly [times: number, deed?: Deed];

/** Begins a script: at noon UTC of a Monday, unless another moment is named. */
export function run(start = "2026-01-05T12:00:00Z"): Script {
  return new Script(Date.parse(start), []);
}

/** Runs a script under a policy; what went otherwise than it says, or undefined. */
export async function differenceFrom(policy: CompiledPolicy, script: Script): Promise<string | undefined> {
  const clock = new FakeClock(script.start);
  const rein = await Rein.open({ policy, mode: "enforce", clock, logger: new MemoryLogger() });
  const stage: Stage = { rein, clock, held: new Map(), alerts: 0 };
  rein.on("alert", () => void stage.alerts++);
  try {
    for (const [i, step] of script.steps.entries()) {
      const difference = await perform(stage, step);
      if (difference !== undefined) return `step ${i + 1}, ${told(step)}: ${difference}`;
    }
    return undefined;
  } finally {
    await rein.close();
  }
}

interface Stage {
  readonly rein: Rein;
  readonly clock: FakeClock;
  readonly held: Map<string, Permit>;
  alerts: number;
}

async function perform(stage: Stage, step: Step): Promise<string | undefined> {
  const { rein, clock, held } = stage;
  switch (step.do) {
    case "ok":
    case "no":
    case "ask":
    case "shadow":
    case "fail":
      for (let i = 0; i < step.times; i++) {
        const difference = attempt(rein, step.do, step.deed);
        if (difference !== undefined) return `attempt ${i + 1} was ${difference}`;
      }
      return undefined;
    case "hold": {
      const decision = rein.gate(actionOf(step.deed));
      if (!decision.allowed) return `was refused (${decision.refusal.code})`;
      held.set(step.name, decision.permit);
      return undefined;
    }
    case "end":
      held.get(step.name)!.settle({ ok: true });
      return undefined;
    case "running":
    case "cut": {
      rein.tick();
      const { aborted } = held.get(step.name)!.signal;
      return aborted === (step.do === "cut") ? undefined : aborted ? "was stopped" : "was not stopped";
    }
    case "wait":
      clock.advance(step.ms);
      rein.tick();
      return undefined;
    case "until":
      clock.advance(step.at - clock.now());
      rein.tick();
      return undefined;
    case "balance": {
      const { account, start, current } = step;
      rein.balance({ start, current, ...(account !== undefined && { account }) });
      return undefined;
    }
    case "signal":
      for (const name of step.names) for (const spelling of spellings(name)) rein.signal(spelling, 100);
      return undefined;
    case "alert":
    case "calm": {
      await breathe();
      const { alerts } = stage;
      stage.alerts = 0;
      return alerts > 0 === (step.do === "alert") ? undefined : `there were ${alerts} alerts`;
    }
    case "resume": {
      const { halts } = rein.snapshot();
      for (const { id } of halts) await rein.resume({ halt: id, by: "operator" });
      return halts.length > 0 ? undefined : "nothing is halted";
    }
  }
}

function attempt(rein: Rein, expected: Answer | "fail", deed: Deed): string | undefined {
  const decision = rein.gate(actionOf(deed));
  if (decision.allowed) decision.permit.settle({ ok: expected !== "fail" });
  const answer = decision.allowed
    ? decision.wouldBlock === undefined
      ? "ok"
      : "shadow"
    : decision.verdict === "approve"
      ? "ask"
      : "no";
  if (answer === (expected === "fail" ? "ok" : expected)) return undefined;
  return decision.allowed
    ? answer === "ok"
      ? "allowed"
      : "allowed in shadow"
    : `refused (${decision.refusal.code})`;
}

function actionOf({ by = "a", does = "search", usd, tokens, cost, tags, args }: Deed): Action {
  return {
    source: by,
    series: does,
    cost: cost ?? { usd: usd ?? 0, tokens: tokens ?? 0 },
    ...(tags !== undefined && { tags }),
    ...(args !== undefined && { args }),
  };
}

function spellings(name: string): string[] {
  return [...new Set([name, name.replaceAll("_", " "), name.replaceAll("_", "-")])];
}

function told(step: Step): string {
  const { do: what, ...rest } = step;
  return `${what} ${JSON.stringify(rest)}`;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function msOf(duration: string): number {
  let ms = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+)(ms|[smhd])/g))
    ms += Number(amount) * UNIT_MS[unit!]!;
  return ms;
}
