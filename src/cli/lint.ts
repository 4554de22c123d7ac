import type { Command } from "commander";
import type { LintFinding, LintSeverity } from "../analysis/lint/index.js";
import { lintPolicy } from "../analysis/lint/index.js";
import type { CompiledPolicy } from "../policy/index.js";
import { readSource, readStandardInput } from "./compile-input.js";
import type { PolicySource } from "./compile-input.js";
import { issuesText } from "./compile-issues.js";
import { compileSources } from "./compile-policy.js";
import type { ReadRule } from "./compile-policy.js";
import { counted, paintFor, widthOf } from "./io.js";
import type { Io } from "./io.js";
import { lintText } from "./lint-view.js";

interface LintFlags {
  readonly strict?: true;
  readonly json?: true;
}

/** Where a rule that a finding is about was written. */
export interface RulePlace {
  readonly rule: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** A finding with the places of its rules, in their order. */
export type PlacedFinding = LintFinding & { readonly places: readonly RulePlace[] };

const HELP = `
Several files make one policy, as they do for \`rein compile\`; check policies that
have nothing to do with each other one by one.

An error is a rule that does not do what it says: it can never fire, or contradicts
another one. A warning is a hole, or a rule that changes nothing. An info is worth
knowing. Each comes with the sentence that mends it. What is said of behaviour is
proven; docs/lint.md explains every finding.

Examples:
  rein lint policy.yaml
  rein lint base.yaml team.txt --strict
  rein lint policy.txt --json | jq '.findings[].code'

Exit codes: 0 nothing was found, or infos only (and warnings, without --strict)
· 1 the policy could not be read · 2 there are errors, or, with --strict, warnings`;

/** `rein lint`: what is doubtful about a policy. */
export function addLint(
  program: Command,
  io: Io,
  exit: (code: number) => void,
  stdin: () => Promise<Uint8Array> = readStandardInput,
): void {
  program
    .command("lint")
    .summary("find contradictions, rules that never fire, and holes in a policy")
    .description("Find contradictions, rules that can never fire or change nothing, and holes in a policy.")
    .argument("<files...>", "policy files: .txt, .md, .yaml, .json; - for standard input")
    .option("--strict", "warnings fail, too")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (files: readonly string[], flags: LintFlags) => {
      exit(await lint(files, flags, io, stdin));
    });
}

async function lint(
  files: readonly string[],
  flags: LintFlags,
  io: Io,
  stdin: () => Promise<Uint8Array>,
): Promise<number> {
  const sources: PolicySource[] = [];
  for (const file of files) sources.push(await readSource(file, undefined, stdin));
  const { policy, rules, issues } = compileSources(sources, false);
  if (policy === null) {
    const textOf = (file: string | undefined): string | undefined =>
      sources.find(({ name }) => name === file)?.text;
    io.stderr(`${issuesText(issues, textOf, paintFor(io), widthOf(io))}\n`);
    io.stderr(`rein: the policy cannot be checked: it has ${counted(issues.length, "problem")}\n`);
    return 1;
  }
  const findings = lintPolicy(policy).map((finding) => placed(finding, rules));
  const code = exitCodeOf(findings, flags.strict === true);
  const names = sources.map(({ name }) => name);
  io.stdout(
    flags.json === true
      ? jsonOf(names, policy, findings, code)
      : lintText({ names, rules: rules.length, findings, paint: paintFor(io), width: widthOf(io) }),
  );
  return code;
}

function placed(finding: LintFinding, rules: readonly ReadRule[]): PlacedFinding {
  const places = finding.rules.flatMap((id): RulePlace[] => {
    const read = rules.find(({ rule }) => rule.id === id);
    if (read === undefined) return [];
    const { file, line, column } = read;
    return [{ rule: id, file, ...(line !== undefined && { line }), ...(column !== undefined && { column }) }];
  });
  return { ...finding, places };
}

function exitCodeOf(findings: readonly LintFinding[], isStrict: boolean): number {
  const failing: readonly LintSeverity[] = isStrict ? ["error", "warning"] : ["error"];
  return findings.some(({ severity }) => failing.includes(severity)) ? 2 : 0;
}

function jsonOf(
  names: readonly string[],
  policy: CompiledPolicy,
  findings: readonly PlacedFinding[],
  exitCode: number,
): string {
  const document = {
    sources: names,
    policy: { digest: policy.digest, rules: policy.rules.length },
    findings,
    exitCode,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
