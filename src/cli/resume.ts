import type { Command } from "commander";
import { addControlOptions, CONTROL_HELP, machine, send } from "./control.js";
import type { ControlFlags, ControlSystem } from "./control.js";
import { sentJson, unansweredText } from "./control-view.js";
import { harmless } from "./io.js";
import type { Io } from "./io.js";

const HELP = `${CONTROL_HELP}
A resume that no process takes within a day is not carried out any more.

Halts are counted: what two halts stop runs again when both have been resumed.
The id is in the halt's receipt; an unknown one is answered with those in force.

Examples:
  rein resume h3 -r "prices are right again"
  rein resume h3 -r "false alarm" --by alice --dir /srv/bot/rein_state

Exit codes: 0 resumed (or kept for the next start) · 2 the governor refused, or
did not confirm it in time · 1 could not run`;

/** \`rein resume\`: ends a halt. */
export function addResume(
  program: Command,
  io: Io,
  exit: (code: number) => void,
  system: ControlSystem = machine,
): void {
  const command = program
    .command("resume")
    .summary("end a halt")
    .description("End one of a governor's halts.")
    .argument("<halt>", "the halt's id");
  addControlOptions(command, "required")
    .addHelpText("after", HELP)
    .action(async (halt: string, flags: ControlFlags) => {
      exit(await resume(halt, flags, io, system));
    });
}

async function resume(halt: string, flags: ControlFlags, io: Io, system: ControlSystem): Promise<number> {
  const sent = await send({ command: "resume", halt }, flags, io, system);
  const verdict = unansweredText(sent, "the resume", "the next start carries it out, within a day") ?? {
    code: 0,
    out: `Resumed: halt \`${harmless(halt, 200)}\` has ended.\n`,
  };
  if (flags.json === true) io.stdout(sentJson("resume", sent, verdict.code));
  else io.stdout(verdict.out ?? "");
  if (verdict.err !== undefined) io.stderr(verdict.err);
  return verdict.code;
}
