import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { Backtest } from "../analysis/backtest/index.js";
import type { BacktestReport, Flip, NamedPolicy } from "../analysis/backtest/index.js";
import { START_AT } from "../analysis/start-at.js";
import { parseDuration } from "../core/duration.js";
import { loadPolicy } from "../rein/index.js";
import { failuresOf } from "./backtest-failures.js";
import { historyOf, placesOf } from "./backtest-history.js";
import type { HistoryFacts } from "./backtest-history.js";
import { backtestText } from "./backtest-view.js";
import { errorText } from "./error-text.js";
import { counted, harmless } from "./io.js";
import type { Io } from "./io.js";
import { outputFiles } from "./output-file.js";
import type { OutputFile } from "./output-file.js";
import type { Input } from "./output-place.js";
import { Progress } from "./progress.js";

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

Exit codes: 0 done · 1 could not run, the log does not hold, or the file of --flips could
not be written · 2 more recorded work that had worked is lost than --fail-on-lost allows,
or nobody can tell: actions could not be read, or nothing could be judged`;

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
        "exit with 2 when more actions than this that had worked are lost, or nobody can tell",
      ).argParser(parseCount),
    )
    .addOption(
      new Option("--pace <duration>", "sessions: between events without a time")
        .default(1000, "1s")
        .argParser(parseTime),
    )
    .addOption(
      new Option("--start <time>", "sessions: when those without times start")
        .default(START_AT, new Date(START_AT).toISOString().replace(".000", ""))
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
  const flips = await flipsFile(log, flags);
  const policies: NamedPolicy[] = [];
  for (const file of new Set(flags.policy)) policies.push(await named(file));
  const against = flags.against === undefined ? undefined : await named(flags.against);
  const progress = new Progress(io);
  let result: { readonly report: BacktestReport; readonly history: HistoryFacts };
  try {
    const run = new Backtest({
      ...{ policies, against, resumeAfterMs: flags.resumeAfter },
      onFlip: flips && ((flip) => flips.write(flip)),
    });
    const { force = false, continuous } = flags;
    const options = { force, continuous, paceMs: flags.pace, startAt: flags.start, given };
    const history = historyOf(resolve(log), options, (share, what) => {
      progress.update(share, () => what ?? counted(run.decisions, "decision"));
    });
    for await (const batch of history.batches()) {
      for (const record of batch) run.take(record);
      // Lets a signal arrive.
      await setImmediate();
    }
    result = { report: run.report(), history: history.facts };
  } catch (error) {
    flips?.discard();
    throw error;
  } finally {
    progress.clear();
  }
  const { report, history } = result;
  const unwritten = flips?.finish();
  const failures = failuresOf(report, history, flags.failOnLost);
  const code = unwritten !== undefined ? 1 : failures.length > 0 ? 2 : 0;
  io.stdout(
    flags.json === true
      ? `${JSON.stringify({ log, ...history, ...report, failures, exitCode: code }, null, 2)}\n`
      : backtestText({ name: harmless(log, 200), history, report, failures }, io),
  );
  if (unwritten !== undefined) io.stderr(errorText(unwritten));
  return code;
}

async function named(file: string): Promise<NamedPolicy> {
  return { name: file, policy: await loadPolicy(file) };
}

/** Where flips go; tried before anything is read, which may take long. */
async function flipsFile(
  log: string,
  { flips, policy, against }: BacktestFlags,
): Promise<FlipsFile | undefined> {
  if (flips === undefined) return undefined;
  const policies = [...policy, ...(against === undefined ? [] : [against])];
  const inputs: readonly Input[] = [
    ...policies.map((path) => ({ what: "a policy", path })),
    ...(await placesOf(resolve(log))).map((path) => ({ what: "the history", path })),
  ];
  return new FlipsFile(outputFiles({ flips }, inputs, { mode: 0o600 }).get("flips")!);
}

/** A line for each flip, a piece at once. That it cannot be written ends no backtest: the report is worth more. */
class FlipsFile {
  readonly #file: OutputFile;
  #text = "";
  #failure: unknown;

  constructor(file: OutputFile) {
    this.#file = file;
  }

  write(flip: Flip): void {
    if (this.#failure !== undefined) return;
    this.#text += `${JSON.stringify(flip)}\n`;
    if (this.#text.length >= PIECE) this.#try(() => this.#flush());
  }

  /** @returns why there is no file */
  finish(): unknown {
    this.#try(() => {
      this.#flush();
      this.#file.finish();
    });
    return this.#failure;
  }

  discard(): void {
    this.#file.discard();
  }

  #flush(): void {
    const text = this.#text;
    this.#text = "";
    this.#file.write(text);
  }

  #try(step: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      step();
    } catch (error) {
      this.#failure = error;
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
