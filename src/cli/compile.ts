import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { boundaryCases } from "../analysis/boundary.js";
import { InvalidInputError } from "../core/errors.js";
import type { PolicyFormat } from "../policy/index.js";
import { readSource, readStandardInput, ruleSource } from "./compile-input.js";
import type { PolicySource } from "./compile-input.js";
import { issuesText } from "./compile-issues.js";
import { compileSources } from "./compile-policy.js";
import type { CompileOutcome, ReadRule } from "./compile-policy.js";
import { compiledText } from "./compile-view.js";
import type { ShownRule } from "./compile-view.js";
import { counted, paintFor, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";

interface CompileFlags {
  readonly rule?: readonly string[];
  readonly format?: PolicyFormat;
  readonly partial?: true;
  readonly cases: boolean;
  readonly digest?: true;
  readonly json?: true;
}

/** Actions that are counted up for the boundary cases of a whole policy, and of one rule, at least. */
const MAX_COUNTED_IN_ALL = 2_000_000;
const MIN_COUNTED = 100;
const MAX_COUNTED = 10_000;

const HELP = `
Several files and rules make one policy. A rule is a sentence, or data in braces.

Each rule is shown as it was written, as a canonical sentence, as data, and with its
boundary cases: what it just allows and what it just refuses. Those are found by
running the rule, alone, in the real engine in virtual time; nothing else is run.

Examples:
  rein compile policy.txt
  rein compile -e 'Cap each caller at 8 requests per second with bursts of 16'
  rein compile base.yaml team.txt --json
  rein compile --digest policy.txt

Exit codes: 0 the policy can be used · 1 it could not be read · 2 it is refused, or,
with --partial, a part of it is`;

/** `rein compile`: what a policy says, as it was understood. */
export function addCompile(
  program: Command,
  io: Io,
  exit: (code: number) => void,
  stdin: () => Promise<Uint8Array> = readStandardInput,
): void {
  program
    .command("compile")
    .summary("show what a policy was understood to say, and what each rule just allows and refuses")
    .description("Show what a policy was understood to say, and what each rule just allows and just refuses.")
    .argument("[files...]", "policy files: .txt, .md, .yaml, .json; - for standard input")
    .option("-e, --rule <rule>", "a rule, as a sentence or as data in braces (repeatable)", collect)
    .addOption(
      new Option("--format <format>", "how standard input is written; by its looks when absent").choices([
        ...(["text", "markdown", "yaml", "json"] satisfies PolicyFormat[]),
      ]),
    )
    .option("--partial", "show the rules that can be read although others cannot")
    .option("--no-cases", "leave the boundary cases out")
    .option("--digest", "print only the digest of the policy")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (files: readonly string[], flags: CompileFlags) => {
      exit(await compile(files, flags, io, stdin));
    });
}

async function compile(
  files: readonly string[],
  flags: CompileFlags,
  io: Io,
  stdin: () => Promise<Uint8Array>,
): Promise<number> {
  const { rule: texts = [] } = flags;
  if (files.length + texts.length === 0) {
    throw new InvalidInputError("file", "there is nothing to compile", {
      help: "name a policy file, `-` for standard input, or give a rule with -e",
    });
  }
  const sources: PolicySource[] = [];
  for (const file of files) sources.push(await readSource(file, flags.format, stdin));
  texts.forEach((text, i) => sources.push(ruleSource(text, i + 1)));
  const outcome = compileSources(sources, flags.partial === true);
  const withCases = flags.cases && flags.digest !== true;
  const rules = withCases ? addCases(outcome.rules, io) : outcome.rules;
  const code = outcome.issues.length > 0 ? 2 : 0;
  if (flags.json === true) io.stdout(jsonOf(outcome, rules, sources, code));
  else tell(outcome, rules, sources, flags.digest === true, io);
  return code;
}

function addCases(rules: readonly ReadRule[], io: Io): readonly ShownRule[] {
  const progress = new Progress(io);
  const share = Math.floor(MAX_COUNTED_IN_ALL / Math.max(1, rules.length));
  const maxCounted = Math.max(MIN_COUNTED, Math.min(MAX_COUNTED, share));
  try {
    return rules.map((read, i) => {
      progress.update(i / rules.length, () => `boundary cases of ${counted(rules.length, "rule")}`);
      return { ...read, boundaryCases: boundaryCases(read.rule, { maxCounted }) };
    });
  } finally {
    progress.clear();
  }
}

function tell(
  { policy, issues }: CompileOutcome,
  rules: readonly ShownRule[],
  sources: readonly PolicySource[],
  onlyDigest: boolean,
  io: Io,
): void {
  const [paint, width] = [paintFor(io), widthOf(io)];
  if (policy !== null) {
    const names = sources.map(({ name }) => name);
    const unread = policy.unparsed.length;
    const { digest } = policy;
    io.stdout(onlyDigest ? `${digest}\n` : compiledText({ names, digest, rules, unread, paint, width }));
  }
  if (issues.length === 0) return;
  const textOf = (file: string | undefined): string | undefined =>
    sources.find(({ name }) => name === file)?.text;
  const end =
    policy === null ? `the policy is refused: ${counted(issues.length, "problem")}` : "the rest is left out";
  io.stderr(`${issuesText(issues, textOf, paint, width)}\nrein: ${end}\n`);
}

function jsonOf(
  { policy, issues }: CompileOutcome,
  rules: readonly ShownRule[],
  sources: readonly PolicySource[],
  exitCode: number,
): string {
  const document = {
    sources: sources.map(({ name }) => name),
    digest: policy?.digest ?? null,
    rules,
    unparsed: policy?.unparsed ?? [],
    issues,
    exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  if (value.trim() === "") throw new InvalidArgumentError("Write a rule, such as 'Never delete anything'.");
  return [...earlier, value];
}
