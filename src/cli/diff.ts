import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { diffPolicies } from "../analysis/diff/index.js";
import { parseDuration } from "../core/duration.js";
import { loadPolicy } from "../rein/index.js";
import { diffText } from "./diff-view.js";
import { harmless } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";

interface DiffFlags {
  readonly allowWider?: true;
  readonly budget: number;
  readonly seed: number;
  readonly json?: true;
}

const HELP = `
Each rule that was changed, added or removed is judged beside the other rules of the
old policy, and then all changes together: histories are played to both in the real
engine, and where they first answer differently the new policy is wider (it lets
happen what the old one does not) or narrower. Such a history is shown, as short as
one was found. Where none was found, that proves nothing: the number of histories
that were tried is told, and the rule is judged by itself. What is wider, and proven
to be held by other rules of the new policy, is told and does not count.

Numbers beyond 20,000 actions are not counted up to, and the time may be over before
all that was thought out was tried. Where the rules themselves then prove nothing,
the effect is not known: no pass.

Alerts stop nothing, and are not compared.

Examples:
  rein diff old.yaml new.yaml
  rein diff old.yaml new.yaml --budget 20s --json
  git show main:policy.yaml > old.yaml && rein diff old.yaml policy.yaml

Exit codes: 0 nothing became wider, as far as was found · 1 could not run
· 2 something became wider, or it is not known (0 with --allow-wider)`;

/** `rein diff`: what a new policy lets happen that the old one does not, and the other way round. */
export function addDiff(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("diff")
    .summary("say what a changed policy lets happen, with a history that shows it")
    .description(
      "Compare two policies: for each change whether it is narrower, wider or mixed, with a history to which they answer differently.",
    )
    .argument("<old>", "the policy as it was: .yaml, .json or .txt")
    .argument("<new>", "the policy as it is to be")
    .option("--allow-wider", "exit with 0 even if something became wider, or may have")
    .addOption(
      new Option("--budget <duration>", "the longest to search for each change, and for all together")
        .default(2000, "2s")
        .argParser(parseBudget),
    )
    .addOption(
      new Option("--seed <n>", "what the random histories follow from").default(1).argParser(parseSeed),
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (old: string, now: string, flags: DiffFlags) => {
      exit(await diff(old, now, flags, io));
    });
}

async function diff(oldFile: string, newFile: string, flags: DiffFlags, io: Io): Promise<number> {
  const [old, now] = [await loadPolicy(oldFile), await loadPolicy(newFile)];
  const progress = new Progress(io);
  const result = (() => {
    try {
      return diffPolicies(old, now, {
        ...{ budgetMs: flags.budget, seed: flags.seed },
        onChange: (share, id) => {
          progress.update(share, () => `comparing: ${harmless(id, 60)}`);
        },
      });
    } finally {
      progress.clear();
    }
  })();
  const code = (result.isWider || !result.isKnown) && flags.allowWider !== true ? 2 : 0;
  const files = { oldFile, newFile };
  io.stdout(
    flags.json === true
      ? `${JSON.stringify({ ...files, ...result, exitCode: code }, null, 2)}\n`
      : diffText({ ...files, result }, io),
  );
  return code;
}

function parseBudget(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("Write a duration such as 500ms, 2s or 1m.");
  return ms;
}

function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Write a whole number from 0.");
  return Number(text);
}
