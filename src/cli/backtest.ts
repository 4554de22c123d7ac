import { closeSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { Backtest } from "../analysis/backtest/index.js";
import type { BacktestReport, Flip, NamedPolicy } from "../analysis/backtest/index.js";
import { parseDuration } from "../core/duration.js";
import { InvalidInputError, messageOf } from "../core/errors.js";
import { loadPolicy } from "../rein/index.js";
import { historyOf } from "./backtest-history.js";
import type { HistoryFacts } from "./backtest-history.js";
import { backtestText } from "./backtest-view.js";
import { counted, harmless } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";
import { DEFAULT_START_AT } from "./session-replay.js";

interface BacktestFlags {
  readonly policy: readonly string[];
  readonly against?: string;
  readonly force?: true;
  readonly resumeAfter?: number;
  readonly flips?: string;
  readonly failOnLost?: number;
  readonly pace: number;
  readonly start: number;
  readonly continuous?: true;
  readonly json?: true;
}

/** Options that mean something for recorded sessions only. */
const OF_SESSIONS = ["pace", "start", "continuous"];

const HELP = `
LOG is a governor's state directory, the directory of a log, or a file of recorded
sessions (one JSON object a line; docs/sessions.md).

The recorded actions happen to each policy in an engine of its own that enforces it.
What it refuses did not happen: it costs nothing and its outcome is not seen. What it
allows ends as it is recorded. What never happened in the record is taken to end at
once, well, for what it asked for, and is counted as unknown. A log keeps no values
of tags and arguments: where a policy tests one that no recorded rule asked about,
the decisions that hinge on it are counted as unsure.

A log is verified first, and refused when it does not hold, unless with --force.

Examples:
  rein backtest ./rein_state --policy new.yaml
  rein backtest ./rein_state -p strict.yaml -p mild.yaml --against old.yaml
  rein backtest sessions.jsonl -p new.yaml --flips flips.jsonl --json

Exit codes: 0 done · 1 could not run, or the log does not hold · 2 more recorded work
that had worked is lost than --fail-on-lost allows`;

/** `rein backtest`: what other policies would have made of a recorded history. */
export function addBacktest(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("backtest")
    .summary("run recorded history under another policy")
    .description(
      "Run recorded history under other policies: every decision that comes out otherwise, what is saved, and what honest work is lost.",
    )
    .argument("<log>", "a state directory, a log, or a file of recorded sessions")
    .requiredOption("-p, --policy <file>", "a policy to try; may come several times", several)
    .option("--against <file>", "compare with this policy, and not with what was recorded")
    .option("--force", "go on with a log that does not hold")
    .addOption(
      new Option(
        "--resume-after <duration>",
        "how long after a rule's halt somebody resumes it (default: nobody does)",
      ).argParser(parseTime),
    )
    .option("--flips <file>", "write every decision that comes out otherwise, one JSON object a line")
    .addOption(
      new Option(
        "--fail-on-lost <n>",
        "exit with 2 when more actions than this that had worked are lost",
      ).argParser(parseCount),
    )
    .addOption(
      new Option("--pace <duration>", "sessions: between events without a time")
        .default(1000, "1s")
        .argParser(parseTime),
    )
    .addOption(
      new Option("--start <time>", "sessions: when those without times start")
        .default(DEFAULT_START_AT, new Date(DEFAULT_START_AT).toISOString().replace(".000", ""))
        .argParser(parseStart),
    )
    .option("--continuous", "sessions: one governor for all of them")
    .option("--json", "print the report as one JSON document")
    .addHelpText("after", HELP)
    .action(async (log: string, flags: BacktestFlags, command: Command) => {
      const given = OF_SESSIONS.filter((name) => command.getOptionValueSource(name) === "cli");
      exit(await backtest(log, flags, given, io));
    });
}

async function backtest(
  log: string,
  flags: BacktestFlags,
  given: readonly string[],
  io: Io,
): Promise<number> {
  const policies: NamedPolicy[] = [];
  for (const file of new Set(flags.policy)) policies.push(await named(file));
  const against = flags.against === undefined ? undefined : await named(flags.against);
  const progress = new Progress(io);
  const flips = flags.flips === undefined ? null : new LineFile(flags.flips);
  let result: { readonly report: BacktestReport; readonly history: HistoryFacts };
  try {
    const run = new Backtest({
      ...{ policies, against, resumeAfterMs: flags.resumeAfter },
      onFlip: flips === null ? undefined : (flip) => flips.write(flip),
    });
    const { force = false, continuous } = flags;
    const options = { force, continuous, paceMs: flags.pace, startAt: flags.start, given };
    const history = historyOf(resolve(log), options, (share, what) => {
      progress.update(share, () => what ?? counted(run.decisions, "decision"));
    });
    for await (const batch of history.batches()) for (const record of batch) run.take(record);
    result = { report: run.report(), history: history.facts };
  } finally {
    progress.clear();
    flips?.close();
  }
  const { report, history } = result;
  const code = exitCodeOf(report, flags.failOnLost);
  io.stdout(
    flags.json === true
      ? `${JSON.stringify({ log, ...history, ...report, exitCode: code }, null, 2)}\n`
      : backtestText({ name: harmless(log, 200), history, report }, io),
  );
  return code;
}

function exitCodeOf({ policies }: BacktestReport, most = Infinity): number {
  return policies.some(({ refusedNow, stoppedNow }) => refusedNow.worked + stoppedNow.worked > most) ? 2 : 0;
}

async function named(file: string): Promise<NamedPolicy> {
  return { name: file, policy: await loadPolicy(file) };
}

/** A file that is written a line at a time, a piece at once. */
class LineFile {
  readonly #path: string;
  readonly #file: number;
  #text = "";

  constructor(path: string) {
    this.#path = path;
    this.#file = this.#try(() => openSync(path, "w", 0o600));
  }

  write(flip: Flip): void {
    this.#text += `${JSON.stringify(flip)}\n`;
    if (this.#text.length >= PIECE) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#try(() => writeSync(this.#file, text));
  }

  #try<T>(step: () => T): T {
    try {
      return step();
    } catch (cause) {
      throw new InvalidInputError(
        "flips",
        `\`${harmless(this.#path, 200)}\` cannot be written: ${messageOf(cause)}`,
        { help: "name a file that this user may write, on a disk that has room", cause },
      );
    }
  }
}

const PIECE = 1 << 16;

function several(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function parseTime(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("Write a duration such as 500ms, 30s or 1h.");
  return ms;
}

function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("Write a whole number from 0.");
  return Number(text);
}

function parseStart(text: string): number {
  const time = /^\d{4}-\d\d-\d\d/.test(text)
    ? Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text)
    : NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError("Write a time such as 2026-01-05T12:00:00Z.");
  return time;
}
