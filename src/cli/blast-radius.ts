import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { blastRadius } from "../analysis/blast-radius/index.js";
import type { Approvals, BlastLine, BlastRadius } from "../analysis/blast-radius/index.js";
import { parseDuration } from "../core/duration.js";
import { InvalidInputError } from "../core/errors.js";
import { loadPolicy } from "../rein/index.js";
import { blastRadiusText } from "./blast-radius-view.js";
import { paintFor, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";

interface BlastFlags {
  readonly policy: string;
  readonly horizon: number;
  readonly sources: number;
  readonly tagValues?: ReadonlyMap<string, number>;
  readonly measure?: readonly string[];
  readonly series?: readonly string[];
  readonly max?: ReadonlyMap<string, number>;
  readonly approvals: Approvals;
  readonly attack: boolean;
  readonly json?: true;
}

/** A limit that was asked for and is not kept. */
export interface Excess {
  readonly measure: string;
  readonly series: BlastLine["series"];
  readonly max: number;
  /** Null: there is no bound. */
  readonly bound: number | null;
}

const HELP = `
The agent is fully hostile: it knows the policy, picks tools, tags, arguments, costs
and times as it likes, begins when it suits it best, names sub-agents, and never gets
an approval, unless --approvals all says that somebody approves whatever is asked. The
host sets whose agent it is: give it more sources with --sources, and take tags out of
its hands with --tag-values.

"At most" is proven from the rules. "Reached" is what a search really got past the
engine, in virtual time; 95 % and more show that the bound is no exaggeration.
Amounts are those that actions declare: one that costs more than it declared is
booked in full, which no gate can prevent. docs/blast-radius.md says it all.

Examples:
  rein blast-radius --policy policy.txt
  rein blast-radius --policy policy.txt --horizon 7d --max usd=100 --max calls=20000
  rein blast-radius --policy mail.txt --series 'send*' --tag-values recipient=500

Exit codes: 0 computed, and no --max is exceeded · 1 could not run · 2 a bound is
above its --max, or there is no bound`;

/** `rein blast-radius`: the worst that a hostile agent can do under a policy. */
export function addBlastRadius(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("blast-radius")
    .summary("compute the worst that a hostile agent can do under a policy")
    .description(
      "Compute the most that a fully hostile agent can do under a policy within a time, per measure and tool: a proven bound with the rules that give it, and what a search for the worst attack reached.",
    )
    .requiredOption("-p, --policy <file>", "the policy: .txt, .yaml or .json")
    .addOption(
      new Option("--horizon <duration>", "how long the attack goes on")
        .default(86_400_000, "24h")
        .argParser(parseHorizon),
    )
    .addOption(new Option("--sources <n>", "sources that are hostile").default(1).argParser(parseSources))
    .addOption(
      new Option(
        "--tag-values <tag=n>",
        "the host sets this tag, to one of so many values; repeatable",
      ).argParser(amounts),
    )
    .addOption(
      new Option("--approvals <how many>", "what humans approve who are asked")
        .choices(["none", "all"])
        .default("none"),
    )
    .addOption(new Option("--measure <name>", "only this measure; repeatable").argParser(collect))
    .addOption(
      new Option("--series <glob>", "only these tools, as the policy names them; repeatable").argParser(
        collect,
      ),
    )
    .addOption(
      new Option(
        "--max <measure=amount>",
        "exit with 2 when more than this is possible; repeatable",
      ).argParser(amounts),
    )
    .option("--no-attack", "compute the bounds only")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (flags: BlastFlags) => {
      exit(await run(flags, io));
    });
}

async function run(flags: BlastFlags, io: Io): Promise<number> {
  const { horizon, sources, tagValues, measure, series, max, approvals, attack } = flags;
  const policy = await loadPolicy(flags.policy);
  const measures = measure === undefined ? undefined : [...new Set([...measure, ...(max?.keys() ?? [])])];
  const progress = new Progress(io);
  let radius: BlastRadius;
  try {
    radius = blastRadius(policy, {
      ...{ horizonMs: horizon, sources, approvals, attack },
      ...(tagValues !== undefined && { tagValues: Object.fromEntries(tagValues) }),
      ...(measures !== undefined && { measures }),
      ...(series !== undefined && { series }),
      onProgress: (done, of) => {
        progress.update(done / of, () => `bound ${done + 1} of ${of}`);
      },
    });
  } finally {
    progress.clear();
  }
  const excesses = excessesOf(radius, max ?? new Map<string, number>());
  const code = excesses.length > 0 ? 2 : 0;
  if (flags.json === true) {
    const document = {
      ...{ policy: { file: flags.policy, digest: policy.digest, rules: policy.rules.length } },
      ...radius,
      ...{ excesses, exitCode: code },
    };
    io.stdout(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    io.stdout(
      blastRadiusText({ name: flags.policy, radius, excesses, paint: paintFor(io), width: widthOf(io) }),
    );
  }
  return code;
}

/** Limits are about everything together; where tools were chosen, about each line. */
function excessesOf({ lines }: BlastRadius, max: ReadonlyMap<string, number>): readonly Excess[] {
  const hasTotal = lines.some(({ series }) => series === "all");
  for (const measure of max.keys()) {
    if (lines.some((line) => line.measure === measure)) continue;
    throw new InvalidInputError("max", `no rule of the policy counts \`${measure}\``, {
      help: `name one of: ${[...new Set(lines.map((line) => line.measure))].join(", ")}; or add --measure ${measure}`,
    });
  }
  return lines.flatMap(({ measure, series, bound }) => {
    const limit = max.get(measure);
    if (limit === undefined || (hasTotal && series !== "all")) return [];
    return bound === null || bound > limit ? [{ measure, series, max: limit, bound }] : [];
  });
}

function parseHorizon(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("Write a duration such as 24h or 7d.");
  return ms;
}

function parseSources(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("Write a whole number from 1.");
  return number;
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function amounts(text: string, before: ReadonlyMap<string, number> = new Map()): ReadonlyMap<string, number> {
  const at = text.lastIndexOf("=");
  const amount = Number(text.slice(at + 1));
  if (at < 1 || text.slice(at + 1).trim() === "" || !(amount >= 0) || amount === Infinity)
    throw new InvalidArgumentError("Write a name and a number, such as usd=100.");
  return new Map([...before, [text.slice(0, at), amount]]);
}
