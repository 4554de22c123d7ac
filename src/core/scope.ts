import { InvalidInputError } from "./errors.js";
import { WORD_GLOB_HELP, wordGlobProblem } from "./words.js";

/** One glob or several; several mean any of them. */
export type Globs = string | readonly string[];

/**
 * What a halt applies to: everything, or what all of the named globs match. A source named without wildcards stands
 * for its sub-agents, too. An action without the tag is not in a scope that names the tag.
 */
export type Scope =
  | "all"
  | {
      readonly source?: Globs | undefined;
      readonly series?: Globs | undefined;
      readonly tags?: Readonly<Record<string, Globs>> | undefined;
    };

/**
 * Checks a scope that came from outside.
 *
 * @throws InvalidInputError when it names nothing, something unknown, or a glob that is not text.
 */
export function checkScope(scope: unknown): Scope {
  if (scope === "all") return scope;
  const help = 'give "all", or globs: { source, series, tags }';
  if (typeof scope !== "object" || scope === null || Array.isArray(scope)) {
    throw new InvalidInputError("scope", 'a scope must be an object or "all"', { help });
  }
  const parts = Object.entries(scope).filter(([, value]) => value !== undefined);
  if (parts.length === 0)
    throw new InvalidInputError("scope", "a scope that names nothing is ambiguous", { help });
  for (const [name, value] of parts) {
    if (name === "source" || name === "series") {
      checkGlobs(value, name);
    } else if (name === "tags") {
      if (typeof value !== "object" || value === null || Array.isArray(value))
        throw new InvalidInputError("scope.tags", "the scope's `tags` must be an object", { help });
      const tags = Object.entries(value as Readonly<Record<string, unknown>>);
      if (tags.length === 0)
        throw new InvalidInputError("scope.tags", "a scope whose `tags` name nothing is ambiguous", { help });
      for (const [tag, globs] of tags) checkGlobs(globs, `tags.${tag}`);
    } else throw new InvalidInputError(`scope.${name}`, `a scope has no field \`${name}\``, { help });
  }
  return scope;
}

function checkGlobs(globs: unknown, field: string): void {
  const list: readonly unknown[] = Array.isArray(globs) ? globs : [globs];
  if (list.length === 0 || !list.every((glob) => typeof glob === "string" && glob !== "")) {
    throw new InvalidInputError(
      `scope.${field}`,
      `the scope's \`${field}\` must be a glob or a list of globs`,
      {
        help: 'for example "planner", "planner/**" or ["search", "fetch_*"]',
      },
    );
  }
  for (const glob of list as readonly string[]) {
    const problem = wordGlobProblem(glob);
    if (problem === null) continue;
    throw new InvalidInputError(`scope.${field}`, `a glob of the scope's \`${field}\` ${problem}`, {
      help: WORD_GLOB_HELP,
    });
  }
}
