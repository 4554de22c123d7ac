import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import type { Scope } from "../core/scope.js";
import { WORD_GLOB_HELP, wordGlobProblem } from "../core/words.js";
import { addControlOptions, CONTROL_HELP, durationOption, machine, send } from "./control.js";
import type { ControlFlags, ControlSystem, Sent } from "./control.js";
import { readReceipt, receiptText, sentJson, unansweredText } from "./control-view.js";
import type { Verdict } from "./control-view.js";
import type { Io } from "./io.js";

interface HaltFlags extends ControlFlags {
  readonly source?: readonly string[];
  readonly series?: readonly string[];
  readonly tag?: Readonly<Record<string, readonly string[]>>;
  readonly deadline?: number;
}

/** What a governor waits for by itself: the setting HALT_DEADLINE_SECONDS, which may have been raised. */
const USUAL_DEADLINE_MS = 5_000;

const HELP = `${CONTROL_HELP}

Examples:
  rein halt                                   stop everything
  rein halt -r "wrong prices" --by alice      the same, with who and why
  rein halt --source planner                  an agent with all its sub-agents
  rein halt --series 'send_*' --tag tenant=acme
  rein halt --series '~email'                 every type of action with that word in its name
  rein halt --dir /srv/bot/rein_state --json

Exit codes: 0 halted, and nothing in flight is left (or kept for the next start)
· 2 something in flight may still act, or it was not confirmed in time
· 1 could not run: nothing was halted`;

/** \`rein halt\`: the red button. */
export function addHalt(
  program: Command,
  io: Io,
  exit: (code: number) => void,
  system: ControlSystem = machine,
): void {
  const command = program
    .command("halt")
    .summary("stop a governor's agents now")
    .description("Stop everything that a governor lets through, or a part, and what is in flight.")
    .option("--source <glob>", "only these agents; may be repeated", collect)
    .option("--series <glob>", "only these types of action; may be repeated", collect)
    .option("--tag <name=glob>", "only actions with this tag; may be repeated", collectTag)
    .option(
      "--deadline <duration>",
      "how long what is in flight may take to end (default: the governor's setting)",
      durationOption,
    );
  addControlOptions(command, "optional")
    .addHelpText("after", HELP)
    .action(async (flags: HaltFlags) => {
      exit(await halt(flags, io, system));
    });
}

async function halt(flags: HaltFlags, io: Io, system: ControlSystem): Promise<number> {
  const { deadline: deadlineMs } = flags;
  const sent = await send(
    { command: "halt", scope: scopeOf(flags), ...(deadlineMs !== undefined && { deadlineMs }) },
    flags,
    io,
    system,
    deadlineMs ?? USUAL_DEADLINE_MS,
  );
  const verdict = verdictOf(sent, io);
  if (flags.json === true) io.stdout(sentJson("halt", sent, verdict.code));
  else io.stdout(verdict.out ?? "");
  if (verdict.err !== undefined) io.stderr(verdict.err);
  return verdict.code;
}

function verdictOf(sent: Sent, io: Io): Verdict {
  const unanswered = unansweredText(sent, "the halt", "it holds from the first instant of the next start");
  if (unanswered !== null) return unanswered;
  const receipt = sent.answer?.ok === true ? readReceipt(sent.answer.receipt) : null;
  if (receipt === null) {
    return {
      code: 2,
      err:
        "rein: the halt holds, but what became of the actions in flight is not known\n" +
        "      the process that carried it out ended before it could tell; see its log\n",
    };
  }
  return { code: receipt.complete ? 0 : 2, out: receiptText(receipt, sent.at, io) };
}

function scopeOf({ source, series, tag }: HaltFlags): Scope {
  if (source === undefined && series === undefined && tag === undefined) return "all";
  return {
    ...(source !== undefined && { source }),
    ...(series !== undefined && { series }),
    ...(tag !== undefined && { tags: tag }),
  };
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  if (value === "") throw new InvalidArgumentError("Write a name or a glob, such as planner or 'send_*'.");
  return [...earlier, checkedGlob(value)];
}

function collectTag(
  value: string,
  earlier: Readonly<Record<string, readonly string[]>> = {},
): Readonly<Record<string, readonly string[]>> {
  const [, name, glob] = /^([^=]+)=(.+)$/s.exec(value) ?? [];
  if (name === undefined || glob === undefined)
    throw new InvalidArgumentError("Write NAME=GLOB, such as tenant=acme.");
  // A prototype without members: a tag may be called `constructor`.
  const tags = Object.assign(Object.create(null) as Record<string, readonly string[]>, earlier);
  tags[name] = [...(tags[name] ?? []), checkedGlob(glob)];
  return tags;
}

function checkedGlob(glob: string): string {
  const problem = wordGlobProblem(glob);
  if (problem !== null) throw new InvalidArgumentError(`It ${problem}: ${WORD_GLOB_HELP}.`);
  return glob;
}
