import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { isLog, logDirOf } from "../audit/log/layout.js";
import { disclose } from "../audit/privacy/index.js";
import type { Disclosure } from "../audit/privacy/index.js";
import { InvalidInputError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { asUserOf } from "./control-dir.js";
import { harmless, paintFor, widthOf } from "./io.js";
import type { Io, Paint } from "./io.js";
import { hanging, timeText } from "./layout.js";

interface DiscloseFlags {
  readonly path?: string;
  readonly json?: true;
}

/** The longest value that is shown to people; --json has all of it. */
const MAX_SHOWN = 2_000;

const HELP = `
A record commits to values that are kept beside the log (see docs/privacy.md). This
finds them, checks each against its commitment, and says one of

  disclosed   here is the value, and it is the one that the record commits to
  withheld    nobody shows it here: the vault, or the key it is sealed under, is not
              given
  erased      the log says that it was erased, by whom and why
  MISMATCH    what the vault shows is not what the record commits to

DIR is a log's directory, or the state directory of a governor. That the record is
in the log is for \`rein audit prove INDEX DIR\` to show. With --json, value and salt
are there: whoever has them can check the commitment without Rein.

Examples:
  rein audit disclose 1234 ./rein_state
  rein audit disclose 1234 ./rein_state --path args --json

Exit codes: 0 all of it is disclosed · 4 some is withheld or erased · 2 MISMATCH
· 1 could not run`;

/** \`rein audit disclose\`: the values that a record commits to. */
export function addAuditDisclose(audit: Command, io: Io, exit: (code: number) => void): void {
  audit
    .command("disclose")
    .summary("show the values that a record commits to, and check them")
    .description("Show the values that a record commits to, and check them against it.")
    .argument("<index>", "the record's index", indexArgument)
    .argument("<dir>", "the log's directory, or a governor's state directory")
    .option("-p, --path <path>", "one field: args, tags/NAME (default: all that are kept)")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (index: number, given: string, flags: DiscloseFlags) => {
      const dir = logDirFor(given);
      exit(await asUserOf(dir, "disclose", async () => show(index, dir, flags, io)));
    });
}

function show(n: number, dir: string, { path, json }: DiscloseFlags, io: Io): number {
  const { leaf, fields } = disclose({
    disk: nodeDisk,
    dir,
    n,
    path: path === undefined ? undefined : pathOf(path),
  });
  const exitCode = codeFor(fields);
  if (json === true) {
    const { type, at } = leaf;
    io.stdout(`${JSON.stringify({ dir, n, type, at: at ?? null, fields, exitCode }, null, 2)}\n`);
  } else {
    const paint = paintFor(io);
    io.stdout(`${paint.bold(`record ${n}`)}  ${harmless(leaf.type, 100)}\n`);
    for (const field of fields) io.stdout(`${fieldText(field, paint, widthOf(io))}\n`);
  }
  return exitCode;
}

function codeFor(fields: readonly Disclosure[]): number {
  if (fields.some(({ verdict }) => verdict === "MISMATCH")) return 2;
  return fields.every(({ verdict }) => verdict === "disclosed") ? 0 : 4;
}

function fieldText(
  { path, verdict, value, subject, erased, why }: Disclosure,
  paint: Paint,
  width: number,
): string {
  const mark = verdict === "MISMATCH" ? paint.bad : verdict === "disclosed" ? paint.good : paint.warn;
  const lines = [`  ${mark(verdict)}  ${harmless(path, 200)}`];
  const add = (label: string, text: string): void => {
    lines.push(hanging(`${label}  `, harmless(text, MAX_SHOWN), width, 4, paint.dim));
  };
  if (verdict === "disclosed") add("value", JSON.stringify(value));
  if (subject !== undefined) add("subject", subject);
  if (erased !== undefined) {
    add("erased", `${timeText(erased.at)} by ${erased.by}: ${erased.reason} (record ${erased.n})`);
  }
  if (why !== undefined) add("why", why);
  return lines.join("\n");
}

/** The log in a directory that somebody named. @throws InvalidInputError */
export function logDirFor(given: string): string {
  const dir = logDirOf(nodeDisk, given);
  if (isLog(nodeDisk, dir)) return dir;
  throw new InvalidInputError("dir", `there is no log in \`${given}\``, {
    help: "give the log's directory, or the `dir` that the governor was opened with",
  });
}

/** A record's index. */
export function indexArgument(text: string): number {
  const index = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(index)) return index;
  throw new InvalidArgumentError("Write the record's index: a whole number from 0.");
}

/** A JSON pointer may begin with a slash; ours do not. */
export function pathOf(text: string): string {
  return text.startsWith("/") ? text.slice(1) : text;
}
