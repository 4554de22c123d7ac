import { lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { InvalidInputError, messageOf } from "../core/errors.js";
import { parsePolicyText } from "../policy/index.js";
import { packPage, packPolicy, PACKS, STARTER_POLICY } from "./init-policy.js";
import { starterSettings } from "./init-settings.js";
import { counted, paintFor, widthOf } from "./io.js";
import type { Io, Paint } from "./io.js";

interface InitFlags {
  readonly pack?: string;
  readonly force?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

interface StarterFile {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  /** Something is at the path. */
  readonly exists: boolean;
}

const POLICY_FILE = "rein.policy.txt";
const SETTINGS_FILE = "rein.env";
const STATE_DIR = "rein_state/";

const HELP = `
It writes ${POLICY_FILE}, rules in English that are safe for an agent nobody knows
yet, and ${SETTINGS_FILE}, the settings that people change. Both explain themselves and
are meant to be edited. A file that is there already is only replaced with --force.

Packs are policies for one kind of agent, to write instead:
${[...PACKS].map(([name, what]) => `  ${name.padEnd(16)}${what}`).join("\n")}

Examples:
  rein init                 in this directory
  rein init agents/support  in another one, which is made if need be
  rein init --pack trading  with the rules of a pack
  rein init --dry-run       print both files, and write nothing

Exit codes: 0 written (or printed) · 1 could not run, or a file is there already`;

/** \`rein init\`: a policy and settings to begin with. */
export function addInit(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("init")
    .summary("write a commented policy and settings to begin with")
    .description("Write a commented starter policy and settings file, and show what to do next.")
    .argument("[dir]", "where to write them", ".")
    .option("--pack <name>", "write the policy of a pack")
    .option("--force", "replace files that are there already")
    .option("--dry-run", "print the files instead of writing them")
    .option("--json", "print what was written as one JSON document")
    .addHelpText("after", HELP)
    .action((dir: string, flags: InitFlags) => {
      init(dir, flags, io);
      exit(0);
    });
}

function init(given: string, flags: InitFlags, io: Io): void {
  const dir = resolve(given);
  const files = starterFiles(dir, flags.pack === undefined ? STARTER_POLICY : packPolicy(flags.pack));
  const dryRun = flags.dryRun === true;
  if (!dryRun) write(dir, files, flags.force === true);
  const notes = [
    ...(flags.pack === undefined ? [] : [`${packPage(flags.pack)} says what your program must tell Rein`]),
    ...(isIgnored(dir) ? [] : [GITIGNORE_ADVICE]),
  ];
  if (flags.json === true) io.stdout(jsonOf(dir, files, dryRun, notes));
  else io.stdout(dryRun ? dryText(files, io) : writtenText(given, files, notes, io));
}

function starterFiles(dir: string, policy: string): readonly StarterFile[] {
  const file = (name: string, text: string): StarterFile => {
    const path = join(dir, name);
    return { name, path, text, exists: lstatSync(path, { throwIfNoEntry: false }) !== undefined };
  };
  try {
    return [file(POLICY_FILE, policy), file(SETTINGS_FILE, starterSettings())];
  } catch (cause) {
    throw unwritable(dir, cause);
  }
}

function write(dir: string, files: readonly StarterFile[], force: boolean): void {
  const there = files.filter(({ exists }) => exists);
  if (there.length > 0 && !force) throw alreadyThere(there);
  try {
    mkdirSync(dir, { recursive: true });
  } catch (cause) {
    throw unwritable(dir, cause);
  }
  for (const file of files) {
    try {
      // Made by somebody else since it was looked for: that is not to be replaced either.
      writeFileSync(file.path, file.text, { flag: force ? "w" : "wx" });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") throw alreadyThere([file]);
      throw unwritable(file.path, cause);
    }
  }
}

function alreadyThere(files: readonly StarterFile[]): InvalidInputError {
  const names = files.map(({ path }) => `\`${path}\``).join(" and ");
  return new InvalidInputError("dir", `${names} ${files.length === 1 ? "is" : "are"} there already`, {
    help: "--force replaces what is there, --dry-run prints what would be written",
  });
}

function unwritable(path: string, cause: unknown): InvalidInputError {
  const known = new Map([
    ["EACCES", "may not be written by this user"],
    ["EISDIR", "is a directory"],
    ["ENOTDIR", "is no directory, or lies in something that is none"],
    ["EEXIST", "is no directory"],
    ["EROFS", "is on a file system that may only be read"],
    ["ENOSPC", "does not fit: the disk is full"],
  ]);
  const why =
    known.get((cause as NodeJS.ErrnoException).code ?? "") ?? `cannot be written: ${messageOf(cause)}`;
  return new InvalidInputError("dir", `\`${path}\` ${why}`, {
    help: "name a directory that this user may write to",
    cause,
  });
}

/** Whether the directory's own .gitignore has the state directory. */
function isIgnored(dir: string): boolean {
  try {
    return /^\/?rein_state\/?\s*$/m.test(readFileSync(join(dir, ".gitignore"), "utf8"));
  } catch {
    return false;
  }
}

/** What to write into the agent's program. */
const SNIPPET = `import { loadPolicy, Rein, ReinConfig } from "rein";

const rein = await Rein.open({
  policy: await loadPolicy("${POLICY_FILE}"),
  config: ReinConfig.fromEnv(), // node --env-file=${SETTINGS_FILE} agent.js
  dir: "./${STATE_DIR.slice(0, -1)}",
  mode: "shadow", // then "enforce"; without it REIN_SHADOW decides
});
const send = rein.governed({ source: "agent", series: "send_email" }, sendEmail);`;

const STEPS: readonly { readonly what: string; readonly command?: string; readonly code?: string }[] = [
  { what: "Govern your agent. In shadow nothing is blocked, only recorded:", code: SNIPPET },
  { what: "Look at what it would have blocked:", command: "rein status" },
  { what: "Know the red button, which works in shadow too:", command: 'rein halt -r "why"' },
];

const GITIGNORE_ADVICE = `add \`${STATE_DIR}\` to .gitignore: state and records are no source`;

function writtenText(given: string, files: readonly StarterFile[], notes: readonly string[], io: Io): string {
  const paint = paintFor(io);
  const parts = files.map(
    ({ name, exists }) =>
      `${exists ? "Replaced" : "Wrote"} ${paint.bold(given === "." ? name : join(given, name))}`,
  );
  const { rules } = parsePolicyText(files[0]!.text, "text");
  parts[0] += ` (${counted(rules.length, "rule")})\n\n${rulesText(files[0]!.text, paint, widthOf(io))}\n`;
  const steps = STEPS.map(({ what, command, code }, i) => {
    const below = code === undefined ? paint.bold(command ?? "") : code;
    return `  ${i + 1}. ${what}\n\n${below.replace(/^(?=.)/gm, "       ")}`;
  });
  const below = notes.map((note) => `\n${paint.warn("note: ")}${note}\n`).join("");
  return `${parts.join("\n")}\n\n${paint.bold("Next")}\n\n${steps.join("\n\n")}\n${below}`;
}

/** The rules in English, as the compiled policy says them. */
function rulesText(policy: string, paint: Paint, width: number): string {
  const lines = parsePolicyText(policy, "text")
    .explain()
    .split("\n")
    .map((line) => {
      const [id = "", ...sentence] = line.split(": ");
      return { id, sentence: sentence.join(": ") };
    });
  const column = Math.max(...lines.map(({ id }) => id.length)) + 2;
  return lines
    .map(({ id, sentence }) => {
      const [first, ...rest] = wrapped(sentence, width - column - 2);
      const below = rest.map((line) => `\n  ${" ".repeat(column)}${line}`).join("");
      return `  ${paint.dim(id.padEnd(column))}${first}${below}`;
    })
    .join("\n");
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function dryText(files: readonly StarterFile[], io: Io): string {
  const paint = paintFor(io);
  return files
    .map(({ path, text, exists }) => {
      const already = exists ? paint.warn(" (is there already: only --force replaces it)") : "";
      return `${paint.bold(`==> ${path}`)}${already}\n${text}`;
    })
    .join("\n");
}

function jsonOf(
  dir: string,
  files: readonly StarterFile[],
  dryRun: boolean,
  notes: readonly string[],
): string {
  const document = {
    dir,
    dryRun,
    files: files.map(({ path, text, exists }) => ({ path, existed: exists, written: !dryRun, text })),
    next: STEPS.map(({ what, command, code }) => ({
      what,
      ...(code === undefined ? { command } : { code }),
    })),
    notes,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
