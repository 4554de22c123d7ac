import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Act, Answer, Contestant, Domain, Gate, Guarded, Report } from "./contestant.js";
import { ALL_TOOLS, limitsFor, namedLimit } from "./fit.js";
import { START_AT } from "./internals.js";
import { LineProcess } from "./line-process.js";
import { WINDOWS } from "./limits.js";
import type { Bucket } from "./limits.js";
import { ROOT } from "./packs.js";

/**
 * rein-ai, in Python, one process for all; its own clocks show virtual time.
 *
 * - Token buckets for each agent and for all of them. A governor has one rate: so each tool has a governor of its own,
 *   and one more counts all tools together.
 * - The score of its strategies and its portfolio breaker, out of shadow mode, with the thresholds of the trading pack
 *   where it has them and its own where not.
 * - Its anomaly detector, with its own thresholds. Its alarms only tell; here an operator who never sleeps acts on each:
 *   who sets one off is stopped, and when too many new callers come all are.
 * - Names, arguments, money, tokens, questions to a person: its gate takes a source and a series, and nothing else.
 */
export async function reinAi(): Promise<Contestant | undefined> {
  if (!existsSync(fileURLToPath(new URL("rein_ai", PYTHON)))) return undefined;
  const process = new Process();
  const { version } = await process.ask<{ version: string }>({ do: "version" });
  return {
    id: "rein-ai",
    name: "rein-ai, alarms acted on",
    version: `rein-ai ${version}`,
    open: (scene) => ReinAiGate.open(process, scene),
    close: () => process.close(),
  };
}

const PYTHON = new URL("build/peers/python/", ROOT);
const SCRIPT = fileURLToPath(new URL("bench/peers/rein_ai_rival.py", ROOT));

/** The process, and the virtual time that its clocks show. */
class Process {
  atMs = 0;
  readonly #lines = new LineProcess("python3", [SCRIPT], {
    ...process.env,
    ...{ PYTHONPATH: fileURLToPath(PYTHON), PYTHONDONTWRITEBYTECODE: "1" },
  });

  ask<T>(question: object): Promise<T> {
    return this.#lines.ask({ at: START_AT + this.atMs, ...question });
  }

  close(): Promise<void> {
    return this.#lines.close();
  }
}

/** What the pack says of the portfolio and of scores: $1,000 at least, 5 percent at most, 15 samples before a kill. */
const CONFIG: Readonly<Partial<Record<Domain, object>>> = {
  trading: { balance_floor_usd: 1_000, portfolio_floor_pct: -0.05, min_samples_for_kill: 15 },
};

class ReinAiGate implements Gate {
  readonly #process: Process;

  private constructor(process: Process) {
    this.#process = process;
  }

  static async open(process: Process, { domain, tools }: Guarded): Promise<ReinAiGate> {
    process.atMs = 0;
    const brains = Object.fromEntries([...tools, ALL_TOOLS].map((tool) => [tool, ratesOf(domain, tool)]));
    await process.ask({ do: "open", brains, config: CONFIG[domain] ?? {} });
    return new ReinAiGate(process);
  }

  async ask(acts: readonly Act[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const { action, outcome } of acts) {
      const { source, series } = action;
      const said = await this.#process.ask<Said>({ do: "ask", source, series });
      if (said.allowed) {
        const end = async (): Promise<null> => {
          await this.#process.ask({ do: "settle", source, series, ok: outcome?.ok !== false });
          return null;
        };
        answers.push({ allowed: true, end });
      } else answers.push({ allowed: false, stop: stopOf(said) });
    }
    return answers;
  }

  moveTo(atMs: number): void {
    this.#process.atMs = atMs;
  }

  async report(report: Report): Promise<void> {
    if (report.do === "balance") {
      const { start, current } = report;
      await this.#process.ask({ do: "balance", start, current });
    } else if (report.do === "realize") {
      const { source, series, pnl, predictedEdge = 0, capitalPct = 0 } = report;
      await this.#process.ask({
        do: "realize",
        source,
        series,
        pnl,
        edge: predictedEdge,
        capital: capitalPct,
      });
    }
    // Signals go to its regime detector, which judges and refuses nothing.
  }

  async crash(): Promise<void> {
    await this.#process.ask({ do: "crash" });
  }

  async close(): Promise<void> {
    // The next program gets governors of its own.
  }
}

interface Said {
  readonly allowed: boolean;
  readonly status: string;
  readonly reason: string;
}

/** A rate passes with time. What is black or halted waits for an operator. */
function stopOf({ status, reason }: Said): { code: string; message: string; retryable: boolean } {
  const isRate = reason.startsWith("rate limit");
  const code = isRate ? "rate_limited" : reason.startsWith("portfolio halted") ? "halted" : status;
  return { code, message: reason, retryable: isRate };
}

/** Names as its limiter takes them; undefined: none. */
function ratesOf(domain: Domain, tool: string): object | null {
  const limits = limitsFor(domain);
  const each = limits.agentBuckets.get(tool) ?? namedBucket(domain, tool);
  const all = limits.everybodyBuckets.get(tool);
  if (each === undefined && all === undefined) return null;
  return {
    ...(each !== undefined && { rate_per_key: each.rate, burst_per_key: each.burst }),
    ...(all !== undefined && { global_rate: all.rate, global_burst: all.burst }),
  };
}

function namedBucket(domain: Domain, tool: string): Bucket | undefined {
  const limit = namedLimit(domain, tool);
  if (limit === undefined) return undefined;
  return { rate: (1000 * limit.calls) / WINDOWS[limit.window], burst: limit.calls };
}
