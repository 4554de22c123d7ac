import type { Command } from "commander";
import { addControlOptions, CONTROL_HELP, machine, send } from "./control.js";
import type { ControlFlags, ControlSystem } from "./control.js";
import { sentJson, unansweredText } from "./control-view.js";
import { harmless } from "./io.js";
import type { Io } from "./io.js";

type Verb = "approve" | "reject";

const DONE: Readonly<Record<Verb, string>> = { approve: "Approved", reject: "Rejected" };

const MEANING: Readonly<Record<Verb, string>> = {
  approve: "An approval is good for one action: exactly the one that was asked about.",
  reject: "A rejected action is refused when it is tried again.",
};

/** \`rein approve\` and \`rein reject\`: a human's answer to an action that waits for one. */
export function addAnswers(
  program: Command,
  io: Io,
  exit: (code: number) => void,
  system: ControlSystem = machine,
): void {
  for (const verb of ["approve", "reject"] as const) {
    const command = program
      .command(verb)
      .summary(`${verb} an action that waits for a human`)
      .description(`${verb === "approve" ? "Approve" : "Reject"} an action that waits for a human.`)
      .argument("<approval>", "the approval's id: `approvalId` of the refusal");
    addControlOptions(command, "optional")
      .addHelpText("after", helpOf(verb))
      .action(async (approval: string, flags: ControlFlags) => {
        exit(await answer(verb, approval, flags, io, system));
      });
  }
}

function helpOf(verb: Verb): string {
  return `${CONTROL_HELP}
An answer that no process takes within a day is not carried out any more.

${MEANING[verb]}

Examples:
  rein ${verb} a7
  rein ${verb} a7 -r "checked with finance" --by alice --dir /srv/bot/rein_state

Exit codes: 0 done (or kept for the next start) · 2 the governor refused, or did
not confirm it in time · 1 could not run`;
}

async function answer(
  verb: Verb,
  approval: string,
  flags: ControlFlags,
  io: Io,
  system: ControlSystem,
): Promise<number> {
  const sent = await send({ command: verb, approval }, flags, io, system);
  const what = verb === "approve" ? "the approval" : "the rejection";
  const verdict = unansweredText(sent, what, "the next start carries it out, within a day") ?? {
    code: 0,
    out: `${DONE[verb]} \`${harmless(approval, 200)}\`.\n`,
  };
  if (flags.json === true) io.stdout(sentJson(verb, sent, verdict.code));
  else io.stdout(verdict.out ?? "");
  if (verdict.err !== undefined) io.stderr(verdict.err);
  return verdict.code;
}
