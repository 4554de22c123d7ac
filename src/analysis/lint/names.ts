import { literalText } from "../../core/glob.js";
import { readAsLatin } from "../../core/look-alikes.js";
import { own } from "../../core/own.js";
import { isWordGlob } from "../../core/words.js";
import type { Match, Rule } from "../../policy/index.js";
import { fixAs, fixWith, type LintFinding, named } from "./finding.js";
import { isImpossibleSource, mendSource } from "./single-rules.js";
import type { RuleView } from "./rule-view.js";

type Clause = Omit<Match, "except">;

/** Where a glob stands: `source`, `series`, or a tag. */
interface Place {
  readonly rule: Rule;
  /** -1 in the rule's own conditions, else the number of the exception. */
  readonly except: number;
  readonly field: "source" | "series" | "tag";
  readonly tag?: string;
  readonly glob: string;
}

/** Names and globs that likely do not mean what they say. */
export function lintNames(views: readonly RuleView[]): LintFinding[] {
  const places = views.flatMap(({ rule }) => placesOf(rule));
  const stars = views.flatMap((view) => starAtSlash(view) ?? []);
  const written = places.flatMap((place) => notAGlob(place) ?? neverMatches(place) ?? []);
  return [
    ...stars,
    ...oncePerRule(written),
    ...twins(places),
    ...oncePerRule(places.flatMap((place) => disguised(place) ?? [])),
  ];
}

function placesOf(rule: Rule): Place[] {
  const clauses: readonly Clause[] = [rule.match ?? {}, ...(rule.match?.except ?? [])];
  return clauses.flatMap((clause, i) => {
    const place = { rule, except: i - 1 };
    return [
      ...(clause.source ?? []).map((glob): Place => ({ ...place, field: "source", glob })),
      ...(clause.series ?? []).map((glob): Place => ({ ...place, field: "series", glob })),
      ...Object.entries(clause.tags ?? {}).flatMap(([tag, globs]) =>
        globs.map((glob): Place => ({ ...place, field: "tag", tag, glob })),
      ),
    ];
  });
}

/** A rule about sources by wildcard, whose sub-agents go free: `*` ends at a slash, and so do they. */
function starAtSlash({ rule, isPerSource, severity, isAllowing }: RuleView): LintFinding | undefined {
  const globs = rule.match?.source;
  // What is counted per source is charged to those above, too; and an allow rule sets nobody free.
  if (globs === undefined || isPerSource || isAllowing || severity === 0) return undefined;
  const short = globs.find(
    (glob) =>
      !isWordGlob(glob) &&
      literalText(glob) === null &&
      !glob.endsWith("**") &&
      !globs.includes(`${glob}/**`),
  );
  if (short === undefined) return undefined;
  const deep = short === "*" ? ["**"] : [...globs, `${short}/**`];
  return {
    code: "star-stops-at-slash",
    severity: short === "*" ? "warning" : "info",
    rules: [rule.id],
    message: `rule ${named(rule.id)} does not apply to the sub-agents of ${named(short)}: \`*\` does not cross a slash`,
    evidence: `${named(example(short))} is matched, ${named(`${example(short)}/helper`)} is not`,
    fix: fixWith(rule, { match: { ...rule.match, source: deep } }),
  };
}

function example(glob: string): string {
  return glob.replace(/\*\*?/g, "a").replace(/\?/g, "a");
}

/** What a glob of ours never has, and a pattern of another language does. */
interface Sign {
  readonly pattern: RegExp;
  readonly says: string;
  /** It says as much in the values of tags, which are free text; names of agents and tools are not. */
  readonly inValues: boolean;
}

const SIGNS: readonly Sign[] = [
  {
    pattern: /^\^|\$$/,
    says: "`^` and `$` are plain characters here: a glob always means the whole name",
    inValues: true,
  },
  {
    pattern: /\[[^\]]+\]/,
    says: "`[…]` is no choice of characters here: each is a plain character",
    inValues: true,
  },
  {
    pattern: /\{[^}]*,[^}]*\}/,
    says: "`{…,…}` is no choice of words here: write a list of globs",
    inValues: true,
  },
  {
    pattern: /\([^)]*\|[^)]*\)|^[^|]+\|[^|]+$/,
    says: "`|` is a plain character here: write a list of globs",
    inValues: true,
  },
  { pattern: /\\[dws]/, says: "`\\d` and the like are plain characters here", inValues: true },
  { pattern: /^!/, says: "`!` is a plain character here: write an exception", inValues: false },
  { pattern: /, /, says: "a comma is a plain character here: write a list of globs", inValues: false },
  { pattern: /^ | $/, says: "spaces at the ends are part of the name", inValues: false },
];

function notAGlob(place: Place): LintFinding | undefined {
  const { rule, glob, field } = place;
  if (isWordGlob(glob)) return undefined;
  const sign = SIGNS.find(({ pattern, inValues }) => (inValues || field !== "tag") && pattern.test(glob));
  if (sign === undefined) return undefined;
  return {
    ...{ code: "not-a-glob", severity: "warning", rules: [rule.id] },
    message: `${named(glob)} in rule ${named(rule.id)} likely matches nothing it was meant for`,
    evidence: sign.says,
    fix: fixPlace(place, mendGlob(glob)),
  };
}

/** The list of globs that a pattern of another language was meant to be, as far as one can guess. */
function mendGlob(glob: string): string[] {
  const plain = glob
    .trim()
    .replace(/^!|^\^|\$$/g, "")
    .replace(/\\[dws][+*]?/g, "*")
    .replace(/\[[^\]]+\][+*]?/g, "?")
    .replace(/\.\*/g, "*");
  const choice = /^(.*?)[{(]([^{}()]*[|,][^{}()]*)[})](.*)$/.exec(plain);
  const parts =
    choice === null
      ? plain.split(/\||, +/)
      : choice[2]!.split(/[|,]/).map((word) => `${choice[1]!}${word.trim()}${choice[3]!}`);
  const globs = [...new Set(parts.map((part) => part.trim()).filter((part) => part !== ""))];
  return globs.length === 0 ? ["*"] : globs;
}

function neverMatches(place: Place): LintFinding | undefined {
  const { rule, glob, field, except } = place;
  if (field !== "source" || !isImpossibleSource(glob)) return undefined;
  // Where none of them matches, the rule is told as one that never fires.
  if (except < 0 && rule.match!.source!.every(isImpossibleSource)) return undefined;
  return {
    ...{ code: "name-never-matches", severity: "warning", rules: [rule.id] },
    message: `no source matches ${named(glob)} in rule ${named(rule.id)}`,
    evidence: "the parts of a source, between slashes, are never empty",
    fix: fixPlace(place, [mendSource(glob)]),
  };
}

/** Two names of one kind that a reader takes for one. */
function twins(places: readonly Place[]): LintFinding[] {
  const findings: LintFinding[] = [];
  const seen = new Map<string, Place>();
  const told = new Set<string>();
  for (const place of places) {
    const { field, tag = "", glob } = place;
    const key = `${field} ${tag} ${readAsLatin(glob).toLowerCase()}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, place);
    if (first === undefined || first.glob === glob || told.has(`${key} ${glob}`)) continue;
    // Who writes both into one list knows that they are two.
    if (places.some((other) => other.glob === first.glob && isBeside(other, place))) continue;
    told.add(`${key} ${glob}`);
    const isCase = first.glob.toLowerCase() === glob.toLowerCase();
    findings.push({
      code: isCase ? "differs-in-case" : "look-alike-letters",
      severity: "warning",
      rules: place.rule === first.rule ? [place.rule.id] : [place.rule.id, first.rule.id],
      message: isCase
        ? `${named(glob)} and ${named(first.glob)} differ in upper and lower case only, and are two names`
        : `${named(glob)} and ${named(first.glob)} look alike, and are two names`,
      evidence: isCase
        ? "names are compared character by character"
        : `some letters of ${named(glob)} are of another alphabet`,
      fix: fixPlace(place, [first.glob]),
    });
  }
  return findings;
}

function isBeside(a: Place, b: Place): boolean {
  return a.rule === b.rule && a.except === b.except && a.field === b.field && a.tag === b.tag;
}

/** A name wholly of letters that are drawn like Latin ones, with no other name beside it to compare it with. */
function disguised(place: Place): LintFinding | undefined {
  const { rule, glob } = place;
  const plain = readAsLatin(glob);
  if (plain === glob || !/^[ -~]+$/.test(plain) || !/[^ -~]/.test(glob)) return undefined;
  return {
    ...{ code: "look-alike-letters", severity: "warning", rules: [rule.id] },
    message: `${named(glob)} in rule ${named(rule.id)} reads like ${named(plain)}, and is another name`,
    evidence: "all of its letters are of another alphabet, and drawn like Latin ones",
    fix: fixPlace(place, [plain]),
  };
}

/** The rule with other globs for one, wherever in it that stands: what is wrong in one exception is wrong in the next. */
function fixPlace({ rule, field, tag, glob }: Place, globs: readonly string[]): LintFinding["fix"] {
  const { except: excepts = [], ...conditions } = rule.match!;
  const replaced = (list: readonly string[]): string[] =>
    list.flatMap((each) => (each === glob ? globs : [each]));
  const mend = (clause: Clause): Clause => {
    if (field === "tag") {
      const list = own(clause.tags, tag!);
      return list === undefined ? clause : { ...clause, tags: { ...clause.tags, [tag!]: replaced(list) } };
    }
    const list = clause[field];
    return list === undefined ? clause : { ...clause, [field]: replaced(list) };
  };
  const match = { ...mend(conditions), ...(excepts.length > 0 && { except: excepts.map(mend) }) };
  return Object.keys(match).length === 0 ? fixAs(rule, [rule.id]) : fixWith(rule, { match });
}

/** The first of each kind for a rule, since a list of globs is often wrong all over. */
function oncePerRule(findings: readonly LintFinding[]): LintFinding[] {
  const told = new Set<string>();
  return findings.filter(({ code, rules }) => {
    const key = `${code} ${rules[0]!}`;
    return !told.has(key) && told.add(key) !== undefined;
  });
}
