import { Document } from "yaml";
import type { BoundaryCase, BoundaryVerdict } from "../analysis/boundary.js";
import type { Rule } from "../policy/index.js";
import type { ReadRule } from "./compile-policy.js";
import type { UnnamedRule } from "./compile-suggest.js";
import { counted, grouped, harmless } from "./io.js";
import type { Mark, Paint } from "./io.js";
import { hanging } from "./layout.js";

/** A rule with what it just allows and refuses; without, where nobody wants to see it. */
export type ShownRule = ReadRule & { readonly boundaryCases?: readonly BoundaryCase[] };

export interface CompiledView {
  readonly names: readonly string[];
  readonly digest: string;
  readonly rules: readonly ShownRule[];
  readonly unread: number;
  readonly paint: Paint;
  readonly width: number;
}

/** Files that are named in the headline. */
const MAX_NAMES = 3;

/** The words before what belongs to a rule have this width, so that it stands in a column. */
export const WORD = 10;

/** The policy for people. */
export function compiledText(view: CompiledView): string {
  return [headline(view), ...view.rules.map((rule) => ruleText(rule, view))].join("\n\n") + "\n";
}

function headline({ names, digest, rules, unread, paint }: CompiledView): string {
  const what = counted(rules.length, "rule");
  const suggested = rules.filter(({ suggestion }) => suggestion !== undefined).length;
  const unseen = suggested === 0 ? "" : paint.warn(`, ${grouped(suggested)} of them suggested`);
  const lost = unread === 0 ? "" : paint.bad(`, ${counted(unread, "rule")} could not be read`);
  const files = names.map((name) => harmless(name));
  const from = files.length > MAX_NAMES ? [...files.slice(0, MAX_NAMES), "…"] : files;
  return `${paint.bold(from.join(", "))}: ${what}${unseen}${lost}\n${paint.dim(digest)}`;
}

function ruleText(compiled: ShownRule, { paint, width }: CompiledView): string {
  const { rule, canonical, sentence, suggestion, boundaryCases = [] } = compiled;
  const lines = [`${paint.bold(harmless(rule.id))}  ${paint.dim(placeOf(compiled))}`];
  const add = (label: string, text: string, mark: Mark): void => {
    lines.push(hanging(label.padEnd(WORD), harmless(text), width, 2, mark));
  };
  if (sentence !== undefined) add("written", sentence, paint.dim);
  if (suggestion !== undefined) add("suggested", suggestion, paint.warn);
  add("means", canonical, paint.dim);
  add("data", flow(rule), paint.dim);
  for (const { verdict, text } of boundaryCases) add(verdict, text, markOf(verdict, paint));
  return lines.join("\n");
}

function placeOf({ file, line }: ShownRule): string {
  return harmless(line === undefined ? file : `${file}:${line}`);
}

/** The rule as data on one line; it is YAML, also where it is wrapped. */
export function flow(rule: UnnamedRule | Rule): string {
  const { id, kind, ...rest } = { id: undefined, ...rule };
  return new Document({ ...(id !== undefined && { id }), kind, ...rest })
    .toString({ collectionStyle: "flow", lineWidth: 0 })
    .trimEnd();
}

function markOf(verdict: BoundaryVerdict, paint: Paint): Mark {
  if (verdict === "allowed") return paint.good;
  return verdict === "asked" || verdict === "alerted" || verdict === "unknown" ? paint.warn : paint.bad;
}
