import { setTimeout as delay } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { LogTail } from "../audit/log/tail.js";
import { oldestOf } from "../audit/verify/newest.js";
import { nodeDisk } from "../store/index.js";
import { existingLog } from "./audit-dir.js";
import { recordLine } from "./audit-tail-view.js";
import { paintFor } from "./io.js";
import type { Io } from "./io.js";

interface TailFlags {
  readonly lines: number;
  readonly follow?: true;
  readonly json?: true;
}

/** What following needs of the program around it; tests give their own. */
export interface TailSystem {
  /** Waits; resolves to false when it is over. */
  wait(ms: number): Promise<boolean>;
}

const POLL_MS = 250;
const LINES_MAX = 100_000;

const HELP = `
One line a record: when, its index, who, what, what became of it and by which rule.
Commands of operators stand out. Nothing is verified, and nobody is disturbed:
\`rein audit verify\` tells whether what is shown is what was written.

Examples:
  rein audit tail
  rein audit tail ./rein_state -n 100
  rein audit tail ./rein_state --follow --json | grep '"type":"halt"'

--follow ends with Ctrl-C. Exit codes: 0 shown · 1 could not run`;

/** `rein audit tail`: the newest records, for people. */
export function addAuditTail(
  audit: Command,
  io: Io,
  exit: (code: number) => void,
  system: TailSystem = processSystem,
): void {
  audit
    .command("tail")
    .summary("show the newest records, and follow")
    .description("Show the newest records of a log, one line each.")
    .argument("[dir]", "the log, or the governor's state directory (default: REIN_DIR, or ./rein_state)")
    .option("-n, --lines <count>", "how many", count, 20)
    .option("-f, --follow", "go on with what comes")
    .option("--json", "print records as they are, one JSON document a line")
    .addHelpText("after", HELP)
    .action(async (dir: string | undefined, flags: TailFlags) => {
      exit(await tail(dir, flags, io, system));
    });
}

async function tail(
  given: string | undefined,
  { lines, follow, json }: TailFlags,
  io: Io,
  system: TailSystem,
): Promise<number> {
  const dir = existingLog(given, io);
  const paint = paintFor(io);
  const from = oldestOf(nodeDisk, dir, lines);
  const reader = new LogTail({ disk: nodeDisk, dir, from });
  for (;;) {
    for (let records = reader.poll(); records.length > 0; records = reader.poll()) {
      for (const record of records) {
        io.stdout(json === true ? `${JSON.stringify(record)}\n` : `${recordLine(record, paint)}\n`);
      }
    }
    if (follow !== true || !(await system.wait(POLL_MS))) return 0;
  }
}

const processSystem: TailSystem = {
  async wait(ms) {
    await delay(ms);
    return true;
  },
};

function count(value: string): number {
  const n = Number(value);
  if (!/^\d+$/.test(value) || n > LINES_MAX)
    throw new InvalidArgumentError(`It is a number from 0 to ${LINES_MAX}.`);
  return n;
}
