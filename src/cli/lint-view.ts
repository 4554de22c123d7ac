import type { LintFix, LintSeverity } from "../analysis/lint/index.js";
import { counted, harmless } from "./io.js";
import type { Mark, Paint } from "./io.js";
import { hanging } from "./layout.js";
import type { PlacedFinding, RulePlace } from "./lint.js";

interface LintView {
  readonly names: readonly string[];
  readonly rules: number;
  readonly findings: readonly PlacedFinding[];
  readonly paint: Paint;
  readonly width: number;
}

/** Words before what a finding says have this width. */
const LABEL = 10;
/** Rules that are named beside a fix; the rest is counted. */
const MAX_NAMED = 6;

/** The findings for people, the worst first. */
export function lintText(view: LintView): string {
  const { findings } = view;
  return `${[headline(view), ...findings.map((finding) => findingText(finding, view))].join("\n\n")}\n`;
}

function headline({ names, rules, findings, paint }: LintView): string {
  const tally = (["error", "warning", "info"] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [markOf(severity, paint)(counted(count, severity))];
  });
  const found = tally.length === 0 ? paint.good("nothing to be said against it") : tally.join(", ");
  return `${paint.bold(names.map((name) => harmless(name)).join(", "))}: ${counted(rules, "rule")}, ${found}`;
}

function findingText(finding: PlacedFinding, { names, paint, width }: LintView): string {
  const { severity, code, message, evidence, fix, places } = finding;
  const where = places[0] === undefined ? harmless(names.join(", ")) : placeText(places[0]);
  const also = places.slice(1, MAX_NAMED).map(placeText).join(", ");
  const lines = [`${paint.bold(where)}  ${markOf(severity, paint)(severity)}  ${paint.dim(code)}`];
  const add = (label: string, text: string, mark: Mark = paint.dim): void => {
    lines.push(hanging(label.padEnd(LABEL), harmless(text), width, 2, mark));
  };
  add("", message);
  if (evidence !== undefined) add("because", evidence);
  if (also !== "" && places.some(({ line }) => line !== undefined)) add("see also", also);
  add(fix.replaces.length === 0 ? "add" : "write", fix.sentence, paint.good);
  if (fix.replaces.length > 0) add("", `in the place of ${placeOfFix(fix)}`);
  return lines.join("\n");
}

function placeOfFix({ replaces }: LintFix): string {
  const names = replaces.slice(0, MAX_NAMED).map((id) => `\`${id}\``);
  return names.join(" and ");
}

/** "policy.yaml:12 (daily-spend)". */
function placeText({ file, line, rule }: RulePlace): string {
  return harmless(line === undefined ? `${file} (${rule})` : `${file}:${line} (${rule})`);
}

function markOf(severity: LintSeverity, paint: Paint): Mark {
  if (severity === "error") return paint.bad;
  return severity === "warning" ? paint.warn : paint.dim;
}
