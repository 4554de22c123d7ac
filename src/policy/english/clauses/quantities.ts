/** How much: limits, what is above them, and verbs with a number. */

import { rootOf } from "../../../core/words.js";
import type { Facets, Side } from "../facets.js";
import { actGlobs, wordsGlob } from "../names/names.js";
import { isCounted, thingFacets, things } from "../names/things.js";
import { amount, duration, number } from "../numbers.js";
import { any, first, keep, map, maybe, type Parser, phrase, phrases, seq, token, word } from "../parser.js";
import { LIGHT_VERBS, TOOL_VERBS } from "../vocabulary.js";
import { words } from "../words.js";

export const MOST = phrase(`
  at most, no more than, not more than, up to, a maximum of, a max of, maximum, max, maximum of, max of,
  at the most, no greater than, at the very most, only up to, not over, not above, a limit of,
  a total of at most, an upper limit of, any more than, a ceiling of, a cap of,
  the equivalent of at most
`);
const BELOW = phrase("fewer than, less than, under, below, strictly less than, strictly fewer than");

const side: Parser<Side> = first<Side>(
  map(MOST, () => "most"),
  map(BELOW, () => "under"),
);

const sideOrNone: Parser<Side> = first<Side>(
  side,
  seq([maybe(word("only"))], () => "most"),
);

/** A number of actions, or a sum, with what it is of. */
function quantity(of: Side): Parser<Facets> {
  return keep(
    any<Facets>(
      seq(
        [amount, maybe(seq([phrase("worth of", "in"), things], ([, thing]) => thing))],
        ([sum, thing], span) => [
          {
            is: "limit",
            side: of,
            amount: sum.amount,
            unit: { of: "measure", measure: sum.measure },
            ...span,
          },
          ...(thing === undefined ? [] : thingFacets(thing)),
        ],
      ),
      seq(
        [number, maybe(word("concurrent", "simultaneous", "parallel")), things],
        ([n, isParallel, thing], span) => [
          ...(thing.isTools === true
            ? [
                {
                  is: "refuse" as const,
                  reason: "a limit counts actions, and this counts different tools",
                  help: "write for instance: at most 3 calls at once",
                  ...span,
                },
              ]
            : []),
          ...(isCounted(thing)
            ? [
                {
                  is: "refuse" as const,
                  reason: "a limit counts actions, and this counts whom they are for",
                  help: "write `per recipient`, or: at most 5 new recipients per hour",
                  ...span,
                },
              ]
            : []),
          { is: "limit", side: of, amount: n, unit: { of: "actions" }, ...span },
          ...(isParallel === undefined ? [] : [{ is: "inFlight" as const, ...span }]),
          ...thingFacets(thing),
        ],
      ),
      seq(
        [number, phrases({ "rps, qps, tps": "1s", "rpm, qpm, tpm": "1m", rph: "1h" })],
        ([n, length], span) => [
          { is: "limit", side: of, amount: n, unit: { of: "actions" }, ...span },
          { is: "window", window: length, ...span },
        ],
      ),
      seq([number, maybe(word("times"))], ([n], span) => [
        { is: "limit", side: of, amount: n, unit: { of: "actions" }, ...span },
      ]),
      map(phrases({ once: 1, twice: 2, "three times": 3 }), (n, span) => [
        { is: "limit", side: of, amount: n, unit: { of: "actions" }, ...span },
      ]),
    ),
  );
}
export const mostOf = quantity("most");
export const underOf = quantity("under");
export const reachOf = quantity("reach");

/** "at most 5 emails", "fewer than $50", "5 calls". */
export const bounded: Parser<Facets> = first<Facets>(
  seq([MOST, mostOf], ([, facets]) => facets),
  seq([BELOW, underOf], ([, facets]) => facets),
);

export const boundedOrBare: Parser<Facets> = first<Facets>(
  bounded,
  seq([maybe(word("only")), mostOf], ([, facets]) => facets),
);

/** "more than 5 emails", "over $50": what exceeds a limit. */
export const MORE = phrase(`
  more than, over, above, in excess of, greater than, beyond, upwards of, any more than,
  as much as more than
`);
export const LEAST = phrase("at least", "no fewer than", "no less than", "not less than");

/** "five or more files": more than four. */
const orMoreOf: Parser<Facets> = first<Facets>(
  seq([number, phrase("or more", "and more"), things], ([n, , thing], span) => [
    { is: "limit", side: "under", amount: n, unit: { of: "actions" }, ...span },
    ...thingFacets(thing),
  ]),
  seq([amount, phrase("or more")], ([sum], span) => [
    {
      is: "limit",
      side: "under",
      amount: sum.amount,
      unit: { of: "measure", measure: sum.measure },
      ...span,
    },
  ]),
);

const excess: Parser<Facets> = first<Facets>(
  orMoreOf,
  seq([MORE, mostOf], ([, facets]) => facets),
  seq([maybe(LEAST), reachOf], ([, facets]) => facets),
);
export const excessOnly: Parser<Facets> = seq([MORE, mostOf], ([, facets]) => facets);

/** "twice", "5 times": how often something is done. */
export const often: Parser<Facets> = first<Facets>(
  seq([number, word("times", "time")], ([n], span) => [
    { is: "limit", side: "most", amount: n, unit: { of: "actions" }, ...span },
  ]),
  map(phrases({ once: 1, twice: 2, thrice: 3 }), (n, span) => [
    { is: "limit", side: "most", amount: n, unit: { of: "actions" }, ...span },
  ]),
);

const measureVerbs = words(`
  spend spends spending use uses using consume consumes consuming burn burns burning bill bills waste
  wastes blow spent
`);

export const doVerb: Parser<string> = token("a verb", (t) =>
  t.kind === "word" &&
  !UNSURE.has(rootOf(t.text)) &&
  (LIGHT_VERBS.has(t.text) ||
    TOOL_VERBS.has(rootOf(t.text)) ||
    TOOL_VERBS.has(t.text) ||
    measureVerbs.includes(t.text))
    ? t.text
    : undefined,
);

/** Whoever gets something does nothing: what is done, the noun behind says. */
const UNSURE = new Set(["get"]);
export const receive = word("get", "gets", "receive", "receives", "have", "has");

/** A limit with its verb: "send at most 5 emails" is about what sends emails. */
export function withVerb(verb: string, facets: Facets): Facets | undefined {
  const limit = facets.find((facet) => facet.is === "limit");
  if (limit?.is !== "limit") return undefined;
  const base = rootOf(verb);
  if (measureVerbs.includes(verb)) {
    const isNamed = facets.some(
      (facet) =>
        facet.is === "condition" &&
        facet.condition.is === "series" &&
        facet.condition.globs.some((glob) => !glob.startsWith("~")),
    );
    return limit.unit.of === "measure" || (verb.startsWith("use") && !isNamed) ? facets : undefined;
  }
  if (LIGHT_VERBS.has(verb)) return facets;
  const glob = { start: limit.start, end: limit.end };
  if (!facets.some((facet) => facet.is === "condition")) {
    const condition = { is: "series" as const, globs: [wordsGlob([base])], ...glob };
    return [...facets, { is: "condition", condition, ...glob }];
  }
  return facets.map((facet) =>
    facet.is === "condition" && facet.condition.is === "series"
      ? { ...facet, condition: { ...facet.condition, globs: actGlobs(base, facet.condition.globs) } }
      : facet,
  );
}
export const doAtMost: Parser<Facets> = seq([doVerb, bounded], ([verb, facets]) => withVerb(verb, facets));
export const doSome: Parser<Facets> = seq([doVerb, boundedOrBare], ([verb, facets]) =>
  withVerb(verb, facets),
);

/** "make a call every 5 minutes". */
export const doOne: Parser<Facets> = seq([doVerb, word("a", "an"), things], ([verb, , thing], span) =>
  thing.isPlural
    ? undefined
    : withVerb(verb, [
        { is: "limit", side: "most", amount: 1, unit: { of: "actions" }, ...span },
        ...thingFacets(thing),
      ]),
);
export const doMoreThan: Parser<Facets> = seq([doVerb, excessOnly], ([verb, facets]) =>
  withVerb(verb, facets),
);

export const doReach: Parser<Facets> = seq([maybe(word("has", "have")), doVerb, excess], ([, verb, facets]) =>
  withVerb(verb, facets),
);

export const exceed: Parser<Facets> = seq(
  [word("exceed", "exceeds", "exceeding", "exceeded", "surpass", "surpasses"), mostOf],
  ([, facets]) => facets,
);

export const longest: Parser<Facets> = seq([sideOrNone, duration], ([of, length], span) => [
  { is: "duration", duration: length, side: of, ...span },
]);
