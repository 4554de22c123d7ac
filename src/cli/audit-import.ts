import { readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { examineOriginal, FORMAT_LIMITS, importRecords, writeNewLog } from "../audit/import/index.js";
import type { ImportFinding, Original, WrittenLog } from "../audit/import/index.js";
import { isLog } from "../audit/log/layout.js";
import { InvalidInputError, messageOf } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { counted, harmless, paintFor, widthOf } from "./io.js";
import type { Io, Mark, Paint } from "./io.js";
import { hanging } from "./layout.js";
import { Progress } from "./progress.js";
import { softwareVersion } from "./software-version.js";

interface ImportFlags {
  readonly keyFile?: string;
  readonly keyEnv?: string;
  readonly origin?: string;
  readonly json?: true;
}

/** What was imported, and what became of it. */
export interface ImportReport {
  readonly file: string;
  readonly dir: string;
  readonly original: Original;
  readonly limits: readonly string[];
  readonly log: WrittenLog;
}

const HELP = `
Each line of the original becomes a record of the new log, unchanged and with its
hash; the first record says what the original is and what it proves. From then on
nobody can change it unseen. What happened to it before, no import can mend: it is
checked as strictly as can be, and what is wrong is said here and in the new log.

The key is the one that rein-ai had in META_AUDIT_KEY. Without it the signatures
are counted and not checked. One line end at the end of the file is not part of it.

Examples:
  rein audit import audit.jsonl ./imported-log
  rein audit import audit.jsonl ./imported-log --key-env META_AUDIT_KEY --json

Exit codes: 0 imported, and the original is whole · 1 could not run · 2 imported, but
the original does not verify, or is not as its writer left it`;

/** \`rein audit import\`: the log of the Python package rein-ai in a log of ours. */
export function addAuditImport(audit: Command, io: Io, exit: (code: number) => void): void {
  audit
    .command("import")
    .summary("bring the audit log of rein-ai (Python) into a new log")
    .description(
      "Bring an audit log that the Python package rein-ai wrote into a new log, and say what it proves.",
    )
    .argument("<file>", "the log of rein-ai, JSON lines")
    .argument("<out-dir>", "directory of the new log; there must be none in it")
    .option("--key-file <file>", "a file with the key that the original was signed with")
    .option("--key-env <name>", "the environment variable that holds the key")
    .option("--origin <name>", "names the new log (default: rein-ai-import/ and the file's hash)")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action((file: string, dir: string, flags: ImportFlags) => {
      exit(importLog(file, dir, flags, io));
    });
}

function importLog(given: string, outDir: string, flags: ImportFlags, io: Io): number {
  const [path, dir] = [resolve(given), resolve(outDir)];
  if (isLog(nodeDisk, dir)) {
    throw new InvalidInputError("out-dir", `there is a log in \`${harmless(outDir, 200)}\` already`, {
      help: "an import makes a new log: give a directory that does not exist yet",
    });
  }
  const key = keyOf(flags, io);
  const progress = new Progress(io);
  const total = 2 * (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  let read = 0;
  const options = {
    ...{ disk: nodeDisk, path, key },
    onBytes: (bytes: number) => {
      read += bytes;
      progress.update(Math.min(1, read / total), () => (read * 2 <= total ? "checking" : "importing"));
    },
  };
  try {
    const original = examineOriginal(options);
    const origin = flags.origin ?? `rein-ai-import/${original.sha256.slice(0, 16)}`;
    const system = { now: Date.now, mono: () => Math.floor(performance.now()) };
    const software = `rein ${softwareVersion()}`;
    const records = importRecords(options, original, harmless(basename(path), 200), Date.now);
    const log = writeNewLog({ disk: nodeDisk, dir, origin, software, ...system }, records);
    const report: ImportReport = { file: path, dir, original, limits: FORMAT_LIMITS, log };
    const code = original.verdict === "broken" || original.verdict === "doubtful" ? 2 : 0;
    progress.clear();
    io.stdout(
      flags.json === true
        ? `${JSON.stringify({ ...report, exitCode: code }, null, 2)}\n`
        : reportText(report, paintFor(io), widthOf(io)),
    );
    return code;
  } finally {
    progress.clear();
  }
}

function keyOf({ keyFile, keyEnv }: ImportFlags, io: Io): Uint8Array | string | undefined {
  if (keyFile !== undefined && keyEnv !== undefined) {
    throw new InvalidInputError("key-env", "--key-file and --key-env are two places for one key", {
      help: "give one of them",
    });
  }
  if (keyEnv !== undefined) {
    const key = io.env[keyEnv];
    if (key !== undefined && key !== "") return key;
    throw new InvalidInputError("key-env", `the environment has no \`${harmless(keyEnv, 100)}\``, {
      help: "set it, or give --key-file",
    });
  }
  if (keyFile === undefined) return undefined;
  let key: Buffer;
  try {
    key = readFileSync(keyFile);
  } catch (error) {
    throw new InvalidInputError("key-file", `the key cannot be read: ${messageOf(error)}`, {
      help: "check the path and its permissions",
      cause: error,
    });
  }
  const end = key.at(-1) === 0x0a ? (key.at(-2) === 0x0d ? 2 : 1) : 0;
  if (key.length > end) return key.subarray(0, key.length - end);
  throw new InvalidInputError("key-file", `there is no key in \`${harmless(keyFile, 200)}\``, {
    help: "the file holds the key and nothing else",
  });
}

const VERDICTS: Readonly<Record<Original["verdict"], string>> = {
  signatures_verified: "The original is whole, and all signatures fit the key.",
  chain_verified: "The chain of the original is whole.",
  doubtful: "The original is NOT as its writer left it.",
  broken: "The original does NOT verify.",
};

function reportText({ file, dir, original, limits, log }: ImportReport, paint: Paint, width: number): string {
  const { verdict, findings, entries, signed, signaturesVerified } = original;
  const isBad = verdict === "broken" || verdict === "doubtful";
  const checked =
    signed === 0
      ? "none"
      : signaturesVerified === null
        ? `${signed}, not checked`
        : `${signaturesVerified} of ${signed} fit`;
  const lines = [
    paint.bold(harmless(file)),
    `  entries     ${counted(entries, "entry", "entries")} in ${counted(original.lines, "line")}`,
    `  sha256      ${original.sha256}`,
    `  signatures  ${checked}`,
    ...findings.map((finding) => findingText(finding, paint, width)),
    (isBad ? paint.bad : paint.good)(VERDICTS[verdict]),
    "",
    "What no log of this format shows:",
    ...limits.map((limit) => hanging("  · ", limit, width)),
    "",
    `Imported into ${harmless(dir)}: ${counted(log.size, "record")}.`,
    `  log   ${log.origin}`,
    `  root  ${log.root}`,
    `  key   ${log.vkey}`,
  ];
  return `${lines.join("\n")}\n`;
}

function findingText(
  { code, severity, count, lines, message }: ImportFinding,
  paint: Paint,
  width: number,
): string {
  const mark: Mark = severity === "broken" ? paint.bad : severity === "doubtful" ? paint.warn : paint.dim;
  const where = lines.length === 0 ? "" : ` (line ${lines.join(", ")}${count > lines.length ? ", …" : ""})`;
  return hanging(`  ${severity.padEnd(10)}`, `${code}, ${count}: ${message}${where}`, width, 0, mark);
}
