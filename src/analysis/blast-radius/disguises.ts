import type { Match, Rule } from "../../policy/index.js";
import { argumentValues, isTests, withArgument } from "../boundary/arguments.js";
import { namesIn } from "../boundary/names.js";

type Clause = Omit<Match, "except">;

/** What an action says of itself besides who does what: what conditions look at. */
export interface Disguise {
  readonly tags: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, unknown>>;
  /** Micro-units by measure. */
  readonly cost: Readonly<Record<string, number>>;
}

const PLAIN: Disguise = { tags: {}, args: {}, cost: {} };
/** Disguises that are worth a try. */
const MAX_DISGUISES = 120;

/** Ways in which an action may slip into exceptions and onto lists, and out of conditions; the plainest first. */
export function disguises(rules: readonly Rule[], costs: readonly Disguise["cost"][]): readonly Disguise[] {
  const single: Disguise[] = [];
  for (const { kind, match, ...rule } of rules) {
    const wanted: Clause[] = [...(match?.except ?? [])];
    if (kind === "access" && "effect" in rule && rule.effect === "allow" && match !== undefined)
      wanted.push(match);
    single.push(...wanted.flatMap(meeting));
    single.push(...(match === undefined ? [] : absent(match)));
  }
  for (const cost of costs) single.push({ ...PLAIN, cost });
  const all = new Map<string, Disguise>();
  const add = (disguise: Disguise): void => {
    if (all.size < MAX_DISGUISES) all.set(JSON.stringify(disguise), disguise);
  };
  for (const one of [PLAIN, ...single]) add(one);
  const singles = [...all.values()];
  add(singles.reduce(together));
  for (const one of singles) {
    if (all.size === MAX_DISGUISES) break;
    for (const other of singles) add(together(one, other));
  }
  return [...all.values()];
}

/** Disguises that meet a clause's conditions on tags and arguments. */
function meeting({ tags = {}, args = {}, mentions }: Clause): readonly Disguise[] {
  // The first of each step are made of the first of the step before: what is cut is what would not be tried.
  let found: readonly Disguise[] = [PLAIN];
  const each = (step: (so: Disguise) => readonly Disguise[]): void => {
    found = found.flatMap(step).slice(0, MAX_DISGUISES);
  };
  for (const [tag, globs] of Object.entries(tags)) {
    const values = namesIn(globs, "value").slice(0, 2);
    each((so) => values.map((value) => ({ ...so, tags: { ...so.tags, [tag]: value } })));
  }
  for (const [path, condition] of Object.entries(args)) {
    const values = argumentValues([condition]).slice(0, 4);
    each((so) => values.map((value) => ({ ...so, args: withArgument(so.args, path, value) })));
  }
  if (mentions !== undefined) {
    const [text = ""] = namesIn(mentions, "value");
    each((so) => [{ ...so, args: withArgument(so.args, "text", text) }]);
  }
  return found.filter((disguise) => disguise !== PLAIN);
}

/** Disguises that do not meet conditions which ask that something is not there. */
function absent({ args = {} }: Clause): readonly Disguise[] {
  return Object.entries(args).flatMap(([path, condition]) =>
    isTests(condition) && condition.exists === false ? [{ ...PLAIN, args: withArgument({}, path, "a") }] : [],
  );
}

function together(one: Disguise, other: Disguise): Disguise {
  return {
    tags: { ...one.tags, ...other.tags },
    args: { ...one.args, ...other.args },
    cost: { ...one.cost, ...other.cost },
  };
}
