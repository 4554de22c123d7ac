import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { DateTime } from "luxon";
import { parseDuration } from "../core/duration.js";
import { InvalidInputError } from "../core/errors.js";
import type { CompiledPolicy } from "../policy/index.js";
import { loadPolicy } from "../rein/index.js";
import { counted, grouped, harmless, paintFor, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";
import type { SessionReplayReport } from "./replay-tally.js";
import { replayText } from "./replay-view.js";
import { SessionFile } from "./session-file.js";
import { DEFAULT_START_AT, replaySessions } from "./session-replay.js";

interface ReplayFlags {
  readonly policy: string;
  readonly pace: number;
  readonly start: number;
  readonly continuous?: true;
  readonly limit?: number;
  readonly failOnRefusal?: true;
  readonly json?: true;
}

/** Refusals that are listed when nobody says how many: few for people, practically all for programs. */
const LISTED = 20;
const LISTED_JSON = 100_000;

const HELP = `
A line of the file is a session, or an event and then the file is one session:
  {"id":"a1","events":[{"source":"agent","series":"send_email","ok":true}]}
Optional in an event: args, tags, cost, at (ms or ISO 8601), latencyMs, ok.

Each session meets a fresh governor that enforces the policy in virtual time;
nothing is run and nothing is written. Events without a time come --pace apart.

Exit codes: 0 replayed · 1 could not run · 2 something would have been refused
or stopped (only with --fail-on-refusal)`;

/** `rein replay`: recorded sessions through the real gate, to see what a policy would have refused. */
export function addReplay(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("replay")
    .summary("show what a policy would have refused in recorded sessions")
    .description("Run recorded agent sessions through the gate, and show what would have been refused.")
    .argument("<session.jsonl>", "recorded sessions, one JSON object a line")
    .requiredOption("-p, --policy <file>", "the policy: .yaml, .json or .txt")
    .addOption(
      new Option("--pace <duration>", "between events without a time")
        .default(1000, "1s")
        .argParser(parsePace),
    )
    .addOption(
      new Option("--start <time>", "when sessions without times start")
        .default(DEFAULT_START_AT, new Date(DEFAULT_START_AT).toISOString().replace(".000", ""))
        .argParser(parseStart),
    )
    .option("--continuous", "one governor for all sessions: budgets, rates and halts carry over")
    .addOption(
      new Option("--limit <n>", `refusals to list (default: ${LISTED}; all with --json)`).argParser(
        parseLimit,
      ),
    )
    .option("--fail-on-refusal", "exit with 2 when anything would have been refused")
    .option("--json", "print the report as one JSON document")
    .addHelpText("after", HELP)
    .action(async (path: string, flags: ReplayFlags) => {
      exit(await replay(path, flags, io));
    });
}

async function replay(path: string, flags: ReplayFlags, io: Io): Promise<number> {
  const policy = await loadPolicy(flags.policy);
  const file = new SessionFile(path);
  const size = await sizeOf(path);
  const progress = new Progress(io);
  let report: SessionReplayReport;
  try {
    report = await replaySessions(file.sessions(), {
      policy,
      paceMs: flags.pace,
      startAt: flags.start,
      continuous: flags.continuous,
      maxListed: flags.limit ?? (flags.json === true ? LISTED_JSON : LISTED),
      onEvent: ({ sessions, events }) => {
        const done = size === undefined ? undefined : file.bytesRead / size;
        progress.update(done, () => `${counted(sessions, "session")}, ${counted(events, "event")}`);
      },
    });
  } catch (error) {
    throw InvalidInputError.isInstance(error) && error.field === "at" ? inFile(path, error) : error;
  } finally {
    progress.clear();
  }
  report = { ...report, notes: [...report.notes, ...ignoredNotes(file)] };
  io.stdout(
    flags.json === true ? jsonOf(path, policy, flags, report) : textOf(path, policy, flags, report, io),
  );
  const no = report.refused + report.stopped + report.halts > 0;
  return no && flags.failOnRefusal === true ? 2 : 0;
}

function textOf(
  path: string,
  policy: CompiledPolicy,
  flags: ReplayFlags,
  report: SessionReplayReport,
  io: Io,
): string {
  return replayText({
    file: basename(path),
    policy: basename(flags.policy),
    rules: policy.rules.length,
    continuous: flags.continuous === true,
    report,
    paint: paintFor(io),
    width: widthOf(io),
  });
}

function jsonOf(
  path: string,
  policy: CompiledPolicy,
  flags: ReplayFlags,
  report: SessionReplayReport,
): string {
  const head = {
    file: path,
    policy: { file: flags.policy, digest: policy.digest, rules: policy.rules.length },
    continuous: flags.continuous === true,
  };
  return `${JSON.stringify({ ...head, ...report }, null, 2)}\n`;
}

/** Undefined for a pipe: nobody knows how long it is. */
async function sizeOf(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() === true && stats.size > 0 ? stats.size : undefined;
}

function inFile(path: string, error: InvalidInputError): InvalidInputError {
  return new InvalidInputError("file", `\`${path}\`, ${error.message}`, { help: error.help, cause: error });
}

function ignoredNotes({ ignoredFields }: SessionFile): string[] {
  if (ignoredFields.size === 0) return [];
  const names = [...ignoredFields].map(([name, count]) => `${harmless(name, 60)} (${grouped(count)})`);
  return [`fields of events that mean nothing here were ignored: ${names.join(", ")}`];
}

function parsePace(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("Write a duration such as 500ms, 1s or 2m.");
  return ms;
}

function parseStart(text: string): number {
  const time = DateTime.fromISO(text, { zone: "utc" });
  if (!/^\d{4}-\d\d-\d\d/.test(text) || !time.isValid)
    throw new InvalidArgumentError("Write a time such as 2026-01-05T12:00:00Z.");
  return time.toMillis();
}

function parseLimit(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError("Write a whole number from 0.");
  return Number(text);
}
