import { userInfo } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { erase } from "../audit/privacy/index.js";
import type { AppendToLog, EraseResult, EraseTarget } from "../audit/privacy/index.js";
import { parseDuration } from "../core/duration.js";
import { InvalidInputError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { indexArgument, logDirFor, pathOf } from "./audit-disclose.js";
import { asUserOf } from "./control-dir.js";
import { counted } from "./io.js";
import type { Io } from "./io.js";

interface EraseFlags {
  readonly record?: number;
  readonly path?: string;
  readonly subject?: string;
  readonly olderThan?: number;
  readonly by?: string;
  readonly reason: string;
  readonly despiteHold?: true;
  readonly json?: true;
}

const HELP = `
It erases at once and asks nothing. What is erased is a value that the vault keeps
beside the log, with its salt: nobody can find it again, nor check a guess. The
records stay as they are, and so do all proofs and signatures. That it was erased,
by whom and why, becomes a record; what it was does not. --reason must not say it.

  --record N         what record N keeps, or with --path one field of it
  --subject NAME     everything about one person: their key is destroyed, which also
                     reaches copies of the vault made without vault/keys
  --older-than 90d   everything that records from before then keep

DIR is a log's directory, or the state directory of a governor, which must not be
running: erasing needs the log for itself. Under a legal hold (see \`rein audit retention --help\`) nothing is
erased without --despite-hold. What erasing cannot reach is said in docs/privacy.md.

Examples:
  rein audit erase ./rein_state --subject ann@example.com --by alice -r "request 7"
  rein audit erase ./rein_state --record 1234 --path args -r "sent by mistake"

Exit codes: 0 erased · 1 could not run, or there was nothing to erase`;

/** \`rein audit erase\`: erases values that records commit to. @param append how the erasure gets on the record */
export function addAuditErase(
  audit: Command,
  io: Io,
  exit: (code: number) => void,
  append: AppendToLog,
): void {
  audit
    .command("erase")
    .summary("erase kept values: of a record, of a person, or by age")
    .description("Erase values that are kept beside the log; the log stays as it is.")
    .argument("<dir>", "the log's directory, or a governor's state directory")
    .option("--record <index>", "a record whose values are erased", indexArgument)
    .option("-p, --path <path>", "only this field of the record: args, tags/NAME")
    .option("--subject <name>", "the person, as named when their values were kept")
    .option("--older-than <duration>", "values of records that are older", durationArgument)
    .option("--by <name>", "who erases, for the record (default: the user)")
    .addOption(new Option("-r, --reason <text>", "why, for the record").makeOptionMandatory())
    .option("--despite-hold", "erase although a legal hold is in force; the record says so")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (given: string, flags: EraseFlags) => {
      const target = targetOf(flags);
      const dir = logDirFor(given);
      const now = Date.now();
      const result = await asUserOf(dir, "erase", () =>
        erase({
          ...{ disk: nodeDisk, dir, target, now, append },
          by: flags.by ?? userName(io),
          reason: flags.reason,
          despiteHold: flags.despiteHold === true,
        }),
      );
      if (flags.json === true) io.stdout(`${JSON.stringify({ dir, ...result, exitCode: 0 }, null, 2)}\n`);
      else io.stdout(textOf(result));
      exit(0);
    });
}

function targetOf({ record, path, subject, olderThan }: EraseFlags): EraseTarget {
  const given = [record, subject, olderThan].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw new InvalidInputError(
      "record",
      "say what is to be erased: one of --record, --subject, --older-than",
      {
        help: "run `rein audit erase --help`",
      },
    );
  }
  if (path !== undefined && record === undefined) {
    throw new InvalidInputError("path", "`--path` names a field of one record", {
      help: "give --record, too",
    });
  }
  if (record !== undefined) return { record, path: path === undefined ? undefined : pathOf(path) };
  return subject === undefined ? { before: Date.now() - (olderThan ?? 0) } : { subject };
}

function textOf({ values, isKeyDestroyed, records }: EraseResult): string {
  const key = isKeyDestroyed ? ", and destroyed the key" : "";
  return `Erased ${counted(values, "value")}${key}. On the record: ${counted(records.length, "record")} of type log.redacted.\n`;
}

/** A duration in ms. */
function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("Write a duration such as 90d or 12h.");
  return ms;
}

/** Who runs the command, for the record. */
export function userName({ env }: Io): string {
  const name = env["SUDO_USER"] || env["USER"] || env["USERNAME"];
  if (name !== undefined && name !== "") return name;
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
