import { isLiteral, literalText } from "../../core/glob.js";
import { isWordGlob } from "../../core/words.js";
import type { Rule } from "../../policy/index.js";
import { namesIn } from "../boundary/names.js";
import type { Language, Languages } from "../lint/globs.js";

/** Names that the rules name by one glob; `null`: all names that no glob of the policy takes. */
export interface NameClass {
  readonly glob: string | null;
  /** Sub-agents of what the glob takes, where the glob itself does not take them. */
  readonly isBelow: boolean;
  readonly language: Language;
  /** The only name there is. */
  readonly literal: string | null;
}

/** The series that a policy's rules tell apart. Every series is in one of them. */
export function seriesClasses(rules: readonly Rule[], languages: Languages): readonly NameClass[] {
  const globs = globsOf(rules, "series");
  return [
    ...globs.map((glob): NameClass => ({
      ...{ glob, isBelow: false, language: languages.of([glob], "no"), literal: literalText(glob) },
    })),
    { glob: null, isBelow: false, language: languages.of(undefined, "all"), literal: null },
  ];
}

/** The sources that a policy's rules tell apart. Every source is in one of them. */
export function sourceClasses(rules: readonly Rule[], languages: Languages): readonly NameClass[] {
  const globs = globsOf(rules, "source");
  const classes = globs.flatMap((glob): NameClass[] => {
    const own: NameClass = {
      ...{ glob, isBelow: false, language: languages.of([glob], "literal"), literal: null },
    };
    if (isLiteral(glob) || glob.endsWith("**")) return [own];
    return [own, { ...own, isBelow: true, language: languages.of([glob], "all") }];
  });
  return [
    ...classes,
    { glob: null, isBelow: false, language: languages.of(undefined, "all"), literal: null },
  ];
}

/** A glob that takes names without a slash only: nobody's sub-agent is one. */
export function isOneSegment(glob: string): boolean {
  return !isWordGlob(glob) && !glob.includes("/") && !glob.includes("**");
}

/**
 * Some names of a class that no other class's glob is about, where there are such, the plainest first.
 *
 * @param avoided globs that the names had better not be taken by
 */
export function namesOf(
  { glob, isBelow }: NameClass,
  kind: "source" | "series",
  classes: readonly NameClass[],
): readonly string[] {
  const others = classes.filter((other) => other.glob !== null && other.glob !== glob);
  const taken = (name: string): number => others.filter(({ language }) => language.matches(name)).length;
  const found = glob === null ? namesIn(undefined, kind) : namesIn([glob], kind);
  const names = isBelow ? found.map((name) => `${name}/helper`) : found;
  const nobodys = kind === "series" ? [...NOBODYS, BELOW_NOBODY] : NOBODYS;
  const free = glob === null ? [...names, ...nobodys].filter((name) => taken(name) === 0) : names;
  return [...free].sort((a, b) => taken(a) - taken(b));
}

/** Names that hardly a glob takes. */
const NOBODYS = ["zzz", "q-0", "xyzzy.1", "k9k9"] as const;
/** A series that `*` does not take. */
const BELOW_NOBODY = "zzz/k9";

/** Every glob over names that stands in a rule, its exceptions included. */
function globsOf(rules: readonly Rule[], field: "source" | "series"): readonly string[] {
  const found = rules.flatMap(({ match }) =>
    [match, ...(match?.except ?? [])].flatMap((c) => c?.[field] ?? []),
  );
  return [...new Set(found)].filter((glob) => glob !== "**" && !(field === "series" && glob === "*")).sort();
}
