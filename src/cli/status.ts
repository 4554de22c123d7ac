import type { Command } from "commander";
import type { Io } from "./io.js";
import { addStateOptions, inStateDir, openState, STATE_HELP, stateDirOf } from "./state-dir.js";
import type { StateFlags } from "./state-dir.js";
import { statusText } from "./status-view.js";
import { summarizeNextStart, whatIsAmiss } from "./summary.js";

interface StatusFlags extends StateFlags {
  readonly check?: true;
}

const HELP = `${STATE_HELP}

When no process runs, it shows what the next start will find.

Examples:
  rein status
  rein status --dir /srv/bot/rein_state
  rein status --check || page-somebody    for monitoring
  rein status --json | jq .halts

Exit codes: 0 shown · 1 could not run · 2 with --check: no process runs, something
is halted, a lane is killed, or records cannot be written`;

/** \`rein status\`: what a governor does, and what stands in the way of its agents. */
export function addStatus(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("status")
    .summary("show what a governor does, and what is stopped")
    .description(
      "Show whether a governor runs, what is halted or waits for an answer, and what is nearly spent.",
    );
  addStateOptions(command)
    .option("--check", "exit with 2 unless it runs, records can be written and nothing is halted or killed")
    .addHelpText("after", HELP)
    .action(async (flags: StatusFlags) => {
      exit(await status(flags, io));
    });
}

async function status(flags: StatusFlags, io: Io): Promise<number> {
  const dir = stateDirOf(flags, io);
  return inStateDir(dir, "status", async () => {
    const summary = summarizeNextStart(openState(dir, io), Date.now());
    const amiss = whatIsAmiss(summary);
    const code = flags.check === true && amiss.length > 0 ? 2 : 0;
    if (flags.json === true) io.stdout(`${JSON.stringify({ ...summary, amiss, exitCode: code }, null, 2)}\n`);
    else io.stdout(statusText(summary, io));
    return code;
  });
}
