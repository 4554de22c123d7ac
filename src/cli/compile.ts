import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { boundaryCases } from "../analysis/boundary.js";
import { parseDuration } from "../core/duration.js";
import { InvalidInputError } from "../core/errors.js";
import type { PolicyFormat } from "../policy/index.js";
import { readSource, readStandardInput, ruleSource } from "./compile-input.js";
import type { PolicySource } from "./compile-input.js";
import { issuesText } from "./compile-issues.js";
import { compileSources } from "./compile-policy.js";
import type { CompileOutcome, ReadRule } from "./compile-policy.js";
import { suggestionsFor, withSuggestions } from "./compile-suggest.js";
import type { LineSuggestion } from "./compile-suggest.js";
import { compiledText } from "./compile-view.js";
import type { ShownRule } from "./compile-view.js";
import { counted, paintFor, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";
import { suggestWithCommand } from "./suggest-command.js";
import { suggestionsText } from "./suggest-view.js";

interface CompileFlags {
  readonly rule?: readonly string[];
  readonly format?: PolicyFormat;
  readonly partial?: true;
  readonly cases: boolean;
  readonly digest?: true;
  readonly suggest?: string;
  readonly suggestTimeout?: number;
  readonly accept?: true;
  readonly json?: true;
}

/** Actions that are counted up for the boundary cases of a whole policy, and of one rule, at least. */
const MAX_COUNTED_IN_ALL = 2_000_000;
const MIN_COUNTED = 100;
const MAX_COUNTED = 10_000;

const TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 3_600_000;

const HELP = `
Several files and rules make one policy. A rule is a sentence, or data in braces.

Each rule is shown as it was written, as a canonical sentence, as data, and with its
boundary cases: what it just allows and what it just refuses. Those are found by
running the rule, alone, in the real engine in virtual time; nothing else is run.

--suggest names a shell command, a model for one. It is run for each sentence that
cannot be read: with a prompt on standard input, which quotes the sentence and says why
it was refused, to print one sentence that can be read. What it prints goes through the
same compiler. It is shown with what it means, and nothing of it is taken: read it,
and write it into the policy. --accept takes it unseen; asked again, a model may say
something else. A command that fails, is slow or prints anything else suggests nothing.

Examples:
  rein compile policy.txt
  rein compile -e 'Cap each caller at 8 requests per second with bursts of 16'
  rein compile base.yaml team.txt --json
  rein compile --digest policy.txt
  rein compile policy.txt --suggest 'llm -m my-model'
  rein compile policy.txt --suggest ./ask-model.sh --accept

Exit codes: 0 the policy can be used · 1 it could not be read · 2 it is refused, or,
with --partial, a part of it is; also when all that is missing was suggested, without
--accept`;

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
    .option(
      "--suggest <command>",
      "a shell command that suggests a sentence for one that cannot be read",
      filled,
    )
    .option(
      "--suggest-timeout <duration>",
      "the longest that one suggestion may take; 30s when absent",
      parseTimeout,
    )
    .option("--accept", "compile what is suggested into the policy")
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
  if (flags.accept === true && flags.suggest === undefined) {
    throw new InvalidInputError("accept", "there is nothing to accept", {
      help: "name the command that suggests sentences with --suggest",
    });
  }
  const sources: PolicySource[] = [];
  for (const file of files) sources.push(await readSource(file, flags.format, stdin));
  texts.forEach((text, i) => sources.push(ruleSource(text, i + 1)));
  const { outcome, suggestions } = await compileAsking(sources, flags, io);
  const withCases = flags.cases && flags.digest !== true;
  const rules = withCases ? addCases(outcome.rules, io) : outcome.rules;
  const code = outcome.issues.length > 0 ? 2 : 0;
  if (flags.json === true) io.stdout(jsonOf(outcome, rules, sources, suggestions, code));
  else tell(outcome, rules, sources, suggestions, flags.digest === true, io);
  return code;
}

/** Compiles; asks about what cannot be read where a command is named for it, and takes what it says where told to. */
async function compileAsking(
  sources: readonly PolicySource[],
  { partial, suggest, suggestTimeout = TIMEOUT_MS, accept }: CompileFlags,
  io: Io,
): Promise<{ readonly outcome: CompileOutcome; readonly suggestions: readonly LineSuggestion[] }> {
  const own = compileSources(sources, partial === true);
  if (suggest === undefined) return { outcome: own, suggestions: [] };
  const asked = suggestWithCommand(suggest);
  const suggestions = await suggestionsFor(sources, own.issues, asked, suggestTimeout, io);
  if (accept !== true) return { outcome: own, suggestions };
  const outcome = compileSources(withSuggestions(sources, suggestions), partial === true);
  // Where the policy is refused nothing is taken.
  const accepted = outcome.policy !== null;
  const taken = suggestions.map((line) => (line.status === "suggested" ? { ...line, accepted } : line));
  return { outcome, suggestions: taken };
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
  suggestions: readonly LineSuggestion[],
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
  // What is taken stands among the rules, unless nothing does.
  const untold = suggestions.filter((line) => onlyDigest || line.status === "refused" || !line.accepted);
  const suggested = untold.length === 0 ? "" : `${suggestionsText(untold, paint, width)}\n`;
  if (issues.length === 0) {
    io.stderr(suggested.replace(/\n$/, ""));
    return;
  }
  const textOf = (file: string | undefined): string | undefined =>
    sources.find(({ name }) => name === file)?.text;
  const end =
    policy === null ? `the policy is refused: ${counted(issues.length, "problem")}` : "the rest is left out";
  io.stderr(`${issuesText(issues, textOf, paint, width)}\n${suggested}rein: ${end}\n`);
  if (untold.some((line) => line.status === "suggested" && !line.accepted)) {
    io.stderr(
      "      nothing that was suggested is taken: read what it means, and write it into the policy\n",
    );
  }
}

function jsonOf(
  { policy, issues }: CompileOutcome,
  rules: readonly ShownRule[],
  sources: readonly PolicySource[],
  suggestions: readonly LineSuggestion[],
  exitCode: number,
): string {
  const document = {
    sources: sources.map(({ name }) => name),
    digest: policy?.digest ?? null,
    rules,
    unparsed: policy?.unparsed ?? [],
    issues,
    suggestions,
    exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  if (value.trim() === "") throw new InvalidArgumentError("Write a rule, such as 'Never delete anything'.");
  return [...earlier, value];
}

function filled(command: string): string {
  if (command.trim() === "") throw new InvalidArgumentError("Write a command, such as ./ask-model.sh.");
  return command;
}

function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms > MAX_TIMEOUT_MS)
    throw new InvalidArgumentError("Write a duration of up to 1h, such as 30s or 2m.");
  return ms;
}
