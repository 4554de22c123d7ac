import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { Attack, Domain } from "../redteam/attack.js";
import { chosen } from "../redteam/choose.js";
import { DEFAULT_BARS } from "../redteam/grade.js";
import type { RedTeamOptions, RedTeamReport } from "../redteam/index.js";
import { loadPolicy } from "../rein/index.js";
import { domainOption, isOf, notOfDomains } from "./attacks.js";
import { collected } from "./audit-witness.js";
import { errorText } from "./error-text.js";
import { paintFor, tableWidthOf, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { outputFiles } from "./output-file.js";
import type { OutputFile } from "./output-file.js";
import type { Input } from "./output-place.js";
import { Progress } from "./progress.js";
import { withTemporaryFiles } from "./temporary-files.js";

interface RedTeamFlags {
  readonly policy: string;
  readonly attack?: readonly string[];
  readonly attacksFile?: readonly string[];
  readonly domain?: readonly Domain[];
  readonly benign?: string;
  readonly sessions?: number;
  readonly seed: number;
  readonly seeds: number;
  readonly mutations?: true;
  readonly hunt?: true;
  readonly minCatchRate: number;
  readonly maxFalseStops: number;
  readonly json?: true;
  readonly junit?: string;
  readonly html?: string;
}

const HELP = `
Each attack meets a fresh governor that enforces the policy in virtual time, and does
its damage once more with nothing in its way. Honest agents work under the same policy:
stopping them costs as much as missing an attack. A policy that blocks everything and
one that blocks nothing both fail. Nothing real is run, and no rule is changed.

Without --domain it is attacked from all sides; a policy for mail agents is judged
fairly with --domain mail. The same policy, options and --seed give the same report.

Examples:
  rein redteam --policy policy.txt --domain mail
  rein redteam --policy policy.txt --attack 'cost-*' --attack 'refund-*' --attacks-file our-attacks.mjs
  rein redteam --policy policy.txt --mutations --hunt --html report.html
  rein redteam --policy policy.txt --min-catch-rate 0.95 --junit redteam.xml

A report takes the place of a file of that name, but never of one that is read.

Exit codes: 0 it holds · 1 the policy, an attack file or an option could not be used,
or a report could not be written · 2 it catches too little, stops too much honest work,
or an attack proved nothing`;

/** `rein redteam`: attacks against a policy, and honest work beside them. */
export function addRedTeam(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("redteam")
    .summary("attack a policy, with honest work beside it, before you ship it")
    .description(
      "Attack a policy with the incidents that happened to others, let honest agents work under it, and grade it.",
    )
    .requiredOption("-p, --policy <file>", "the policy: .txt, .md, .yaml or .json")
    .option(
      "--attack <glob>",
      "only attacks with such an id, built-in or your own; may be repeated",
      collected,
    )
    .option("--attacks-file <file>", "a module with attacks of your own; may be repeated", collected)
    .addOption(domainOption())
    .option("--benign <folder>", "recorded sessions that are let through beside generated ones")
    .addOption(
      new Option("--sessions <n>", "generated honest sessions in each domain (default: 20)").argParser(
        wholeFrom(0),
      ),
    )
    .addOption(new Option("--seed <n>", "all chance comes from it").default(1).argParser(wholeFrom(0)))
    .addOption(new Option("--seeds <n>", "runs of each attack").default(1).argParser(wholeFrom(1)))
    .option("--mutations", "carry out each attack in other ways, too")
    .option("--hunt", "search for the most damage that the policy lets through")
    .addOption(
      new Option("--min-catch-rate <share>", "attacks that must be contained")
        .default(DEFAULT_BARS.minCatchRate)
        .argParser(numberUpTo(1)),
    )
    .addOption(
      new Option("--max-false-stops <n>", "honest sessions in a thousand that may be stopped")
        .default(DEFAULT_BARS.maxFalseStopsPerThousand)
        .argParser(numberUpTo(1000)),
    )
    .option("--json", "print the report as one JSON document")
    .option("--junit <file>", "write it for test runners, too")
    .option("--html <file>", "write it as a page with charts, too")
    .addHelpText("after", HELP)
    .action(async (flags: RedTeamFlags) => {
      exit(await redTeam(flags, io));
    });
}

async function redTeam(flags: RedTeamFlags, io: Io): Promise<number> {
  const files = outputFiles({ junit: flags.junit, html: flags.html }, inputsOf(flags));
  const policy = await loadPolicy(flags.policy);
  // Loaded by those who need it: reading its sentences takes longer than most commands.
  const { ATTACKS, runRedTeam } = await import("../redteam/index.js");
  mustBeOfDomains(flags, ATTACKS);
  const progress = new Progress(io);
  const options: RedTeamOptions = {
    ids: flags.attack,
    attackFiles: flags.attacksFile,
    domains: flags.domain,
    recordings: flags.benign,
    sessions: flags.sessions,
    seed: flags.seed,
    seeds: flags.seeds,
    mutations: flags.mutations,
    adaptive: flags.hunt,
    onProgress: ({ done, of, next }) => {
      progress.update(done / of, () => next);
    },
  };
  const run = async (): Promise<RedTeamReport> => runRedTeam(policy, options);
  let report: RedTeamReport;
  try {
    // Some mutations need a governor that keeps its state in files.
    report = await (flags.mutations === true ? withTemporaryFiles(run) : run());
  } finally {
    progress.clear();
  }
  return tell(report, flags, files, io);
}

/** What is read: the sessions of a folder one by one, because a report may stand beside them. */
function inputsOf({ policy, attacksFile = [], benign }: RedTeamFlags): readonly Input[] {
  return [
    { what: "the policy", path: policy },
    ...attacksFile.map((path) => ({ what: "a file of attacks", path })),
    ...(benign === undefined ? [] : sessionsIn(benign)).map((path) => ({ what: "recorded sessions", path })),
  ];
}

function sessionsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".jsonl"))
      .map((name) => join(folder, name));
  } catch {
    // Who reads them says what is wrong.
    return [];
  }
}

/** An attack that was asked for and is left out would look as if the policy held. */
function mustBeOfDomains(
  { attack: globs = [], attacksFile, domain }: RedTeamFlags,
  all: readonly Attack[],
): void {
  if (domain === undefined) return;
  for (const glob of globs) {
    // It may mean attacks of one's own, which are of all domains, unless it is the id of another one.
    if (attacksFile !== undefined && !all.some(({ id }) => id === glob)) continue;
    const meant = chosen([glob], all);
    if (!meant.some((attack) => isOf(attack, domain))) throw notOfDomains(glob, meant, domain);
  }
}

function tell(
  report: RedTeamReport,
  flags: RedTeamFlags,
  files: ReadonlyMap<"junit" | "html", OutputFile>,
  io: Io,
): number {
  const bars = { minCatchRate: flags.minCatchRate, maxFalseStopsPerThousand: flags.maxFalseStops };
  const looks = { paint: paintFor(io), width: widthOf(io), tableWidth: tableWidthOf(io), bars };
  io.stdout(flags.json === true ? report.render("json", { bars }) : report.render("terminal", looks));
  let code = report.passes(bars.minCatchRate, bars.maxFalseStopsPerThousand) ? 0 : 2;
  for (const [format, file] of files) {
    try {
      file.write(report.render(format, { bars }));
      file.finish();
    } catch (error) {
      // What took so long is printed all the same, and the other file written.
      io.stderr(errorText(error));
      code = 1;
    }
  }
  return code;
}

function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`Write a whole number from ${least}.`);
  };
}

function numberUpTo(most: number): (text: string) => number {
  return (text) => {
    if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`Write a number from 0 to ${most}.`);
  };
}
