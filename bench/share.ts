import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Bench, Result, RunOptions } from "./bench.js";
import { withDirectory } from "./workload.js";

const PROCESSES = 4;

/** What a writer says of itself; see share-writer.ts. */
export interface Written {
  readonly records: number;
  readonly seconds: number;
  /** How long it took until what was recorded was durable, ms. */
  readonly waits: readonly number[];
}

/** A log that several processes share. */
export const SHARE: readonly Bench[] = [
  {
    name: "audit/shared",
    about:
      "four governors in four processes on one log, each with 8 callers that wait for fdatasync after 256 records",
    run: (options) => together(PROCESSES, { burst: 128, callers: 8 }, options, 100_000),
  },
  {
    name: "audit/shared-one",
    about: "the same with one process: what it costs that others could share the log",
    run: (options) => together(1, { burst: 128, callers: 8 }, options),
  },
  {
    name: "audit/shared-ack",
    about:
      "four processes, one caller in each, two records at a time: how long it takes until they are durable",
    run: (options) => together(PROCESSES, { burst: 1, callers: 1 }, options),
  },
];

interface Load {
  /** Actions that a caller takes before it waits. */
  readonly burst: number;
  readonly callers: number;
}

function together(processes: number, load: Load, { quick }: RunOptions, bar?: number): Promise<Result> {
  return withDirectory(async (dir) => {
    const seconds = quick ? 2 : 8;
    const said = await Promise.all(
      Array.from({ length: processes }, () => written(join(dir, "log"), load, seconds)),
    );
    const perSecond = said.reduce((sum, { records, seconds: took }) => sum + records / took, 0);
    const waits = said.flatMap(({ waits: each }) => each).sort((a, b) => a - b);
    const at = (share: number): number => waits[Math.floor(share * (waits.length - 1))]!;
    return {
      metrics: [
        // More is better: the bar is met by the time that a record takes.
        { name: "durable records a second", unit: "count", value: perSecond },
        {
          name: "time per record",
          unit: "us",
          value: 1e6 / perSecond,
          ...(bar !== undefined && { bar: 1e6 / bar }),
        },
        { name: "p50 until durable", unit: "ms", value: at(0.5) },
        { name: "p99 until durable", unit: "ms", value: at(0.99) },
      ],
    };
  });
}

async function written(dir: string, { burst, callers }: Load, seconds: number): Promise<Written> {
  const program = fileURLToPath(new URL("share-writer.js", import.meta.url));
  const child = spawn(process.execPath, [program, dir, String(burst), String(seconds), String(callers)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said: Written | undefined;
  for await (const line of createInterface({ input: child.stdout })) said = JSON.parse(line) as Written;
  // The log must not be taken away from those who still write it.
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  if (said !== undefined) return said;
  throw new Error("a writer ended without a word");
}
