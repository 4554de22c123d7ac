import { compileGlobs, literalText } from "../../core/glob.js";
import { cleanName } from "../../core/names.js";
import { lineage } from "../../core/source-path.js";

/** What a name is for: what stands in it is chosen so that it reads well. */
export type NameKind = "source" | "series" | "value";

/** Names for where a rule leaves it open; different enough that hardly a glob takes them all. */
const FREE: Readonly<Record<NameKind, readonly string[]>> = {
  source: ["agent", "another_agent", "someone", "bot-7", "q1"],
  series: ["tool", "another_tool", "something", "job-7", "q1"],
  value: ["a", "b", "another", "value-7", "q1"],
};

/** The longest name that a governor takes when nobody sets another limit. */
const MAX_NAME = 256;

/** Words that stand for a wildcard. */
const FILLERS = ["example", "other", "third"] as const;

/** Names that one of the globs takes, the plainest first; without globs, names that nobody named. */
export function namesIn(globs: readonly string[] | undefined, kind: NameKind): readonly string[] {
  if (globs === undefined) return FREE[kind];
  const matches = compileGlobs(globs);
  const found = new Set<string>();
  for (const filler of FILLERS) {
    // A long list needs not be gone through: its first names do as well as any.
    for (const glob of globs.slice(0, 20))
      for (const name of candidates(glob, filler, kind))
        if (isName(name, kind) && matches(name)) found.add(name);
  }
  for (const name of FREE[kind]) if (matches(name)) found.add(name);
  return [...found];
}

/** Names that none of the globs takes. */
export function namesOutside(globs: readonly string[], kind: NameKind): readonly string[] {
  const matches = compileGlobs(globs);
  return FREE[kind].filter((name) => !matches(name)).sort((a, b) => strangeness(a) - strangeness(b));
}

/** "Another tool" says best what it is. */
function strangeness(name: string): number {
  return name.startsWith("another") ? 0 : 1;
}

function candidates(glob: string, filler: string, kind: NameKind): readonly string[] {
  const words = wordsOf(glob);
  if (words !== null) {
    const name = words.join("_");
    const variants = [name, `${filler}_${name}`, words.join(" ")];
    return kind === "source" ? [`${name}_agent`, ...variants] : variants;
  }
  const literal = literalText(glob);
  if (literal !== null) return [literal];
  if (/^[*/]+$/.test(glob)) return FREE[kind];
  return [filled(glob, filler, ""), filled(glob, filler, filler), filled(glob, "", "")];
}

/** The words of a word glob such as `~delete file`; null for another glob. */
function wordsOf(glob: string): readonly string[] | null {
  return glob.startsWith("~") ? glob.slice(1).split(" ").filter(Boolean) : null;
}

/** The glob with a text for each wildcard: one where it stands alone between marks, another inside a word. */
function filled(glob: string, alone: string, inside: string): string {
  let name = "";
  for (let i = 0; i < glob.length; i++) {
    const character = glob[i]!;
    if (character === "\\" && i + 1 < glob.length) name += glob[++i]!;
    else if (character === "?") name += "1";
    else if (character === "*") {
      while (glob[i + 1] === "*") i += 1;
      const following = glob[i + 1];
      const stands =
        !/[\p{L}\p{N}]$/u.test(name) && (following === undefined || !/[\p{L}\p{N}]/u.test(following));
      name += stands ? alone : inside;
    } else name += character;
  }
  return name;
}

function isName(name: string, kind: NameKind): boolean {
  return cleanName(name, MAX_NAME) === name && (kind !== "source" || lineage(name) !== null);
}
