import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { DateTime } from "luxon";
import { START_AT } from "../analysis/start-at.js";
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
import { replaySessions } from "./session-replay.js";
import { replayStateDir } from "./state-replay.js";

interface ReplayFlags {
  readonly policy?: string;
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

/** What only means something for recorded sessions. */
const SESSION_OPTIONS = ["pace", "start", "continuous", "limit", "failOnRefusal"];

const HELP = `
With a directory and no policy it proves the records in it: they are run through a
fresh engine, over restarts, and every decision and every saved state must come out
again. It works beside a running process. It begins with the first state in the
records, because the oldest records may have been removed. Where records are missing
nothing is proven up to the next saved state, and the exit code is 2: what was not
checked must not look checked.

To try another policy on the records of a directory, see rein backtest.

With a file and a policy it shows what the policy would have refused.
A line of the file is a session, or an event and then the file is one session:
  {"id":"a1","events":[{"source":"agent","series":"send_email","ok":true}]}
Optional in an event: args, tags, cost, at (ms or ISO 8601), latencyMs, ok,
progress, slippageCents, result. Signals, balances and realized values may stand
between the actions.

Each session meets a fresh governor that enforces the policy in virtual time;
nothing is run and nothing is written. Events without a time come --pace apart.

Examples:
  rein replay ./rein_state
  rein replay sessions.jsonl --policy policy.yaml

Exit codes: 0 replayed · 1 could not run · 2 a decision or a state did not come out
again, or records are missing (directory); something would have been refused or
stopped (file, only with --fail-on-refusal)`;

/**
 * `rein replay`: the records of a state directory through a fresh engine, to prove them; or recorded sessions through
 * the real gate, to see what a policy would have refused.
 */
export function addReplay(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("replay")
    .summary("prove the records of a state directory, or try a policy on recorded sessions")
    .description(
      "Run the records of a state directory through a fresh engine, to prove that every decision comes out again; or run recorded agent sessions through the gate, to see what a policy would have refused.",
    )
    .argument("<path>", "a state directory, or a file of recorded sessions, one JSON object a line")
    .option("-p, --policy <file>", "for recorded sessions, the policy: .yaml, .json or .txt")
    .addOption(
      new Option("--pace <duration>", "between events without a time")
        .default(1000, "1s")
        .argParser(parsePace),
    )
    .addOption(
      new Option("--start <time>", "when sessions without times start")
        .default(START_AT, new Date(START_AT).toISOString().replace(".000", ""))
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
    .action(async (path: string, flags: ReplayFlags, command: Command) => {
      const given = SESSION_OPTIONS.filter((name) => command.getOptionValueSource(name) === "cli");
      exit(await replay(path, flags, given, io));
    });
}

async function replay(path: string, flags: ReplayFlags, given: readonly string[], io: Io): Promise<number> {
  const { policy } = flags;
  if (await isDirectory(path)) {
    if (policy !== undefined || given.length > 0) throw onlyForSessions(path, policy, given);
    return replayStateDir(resolve(path), flags.json === true, io);
  }
  if (policy === undefined) {
    if (!(await isThere(path))) {
      throw new InvalidInputError("path", `there is no file or directory \`${harmless(path, 200)}\``, {
        help: "give a state directory, or a file of recorded sessions",
      });
    }
    throw new InvalidInputError("policy", "required option '-p, --policy <file>' not specified", {
      help: "recorded sessions are replayed under a policy; a state directory is proven without one",
    });
  }
  return replayFile(path, { ...flags, policy }, io);
}

type SessionFlags = ReplayFlags & { readonly policy: string };

async function replayFile(path: string, flags: SessionFlags, io: Io): Promise<number> {
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
    const isPlaced = InvalidInputError.isInstance(error) && (error.field === "at" || error.field === "event");
    throw isPlaced ? inFile(path, error) : error;
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
  flags: SessionFlags,
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
  flags: SessionFlags,
  report: SessionReplayReport,
): string {
  const head = {
    file: path,
    policy: { file: flags.policy, digest: policy.digest, rules: policy.rules.length },
    continuous: flags.continuous === true,
  };
  return `${JSON.stringify({ ...head, ...report }, null, 2)}\n`;
}

/** What cannot be looked at is told of by whoever reads it. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );
}

async function isDirectory(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() === true;
}

function onlyForSessions(
  path: string,
  policy: string | undefined,
  given: readonly string[],
): InvalidInputError {
  const option =
    policy !== undefined ? "policy" : given[0]!.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const backtest =
    policy === undefined
      ? ""
      : `; to try another policy on these records: rein backtest ${quoted(path)} --policy ${quoted(policy)}`;
  return new InvalidInputError(
    option,
    `--${option} is for recorded sessions, and \`${harmless(path, 200)}\` is a directory`,
    {
      help: `leave it out to prove the records in the directory, or give a file of recorded sessions${backtest}`,
    },
  );
}

/** A path as it can be typed into a shell. */
function quoted(path: string): string {
  const text = harmless(path, 200);
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
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
