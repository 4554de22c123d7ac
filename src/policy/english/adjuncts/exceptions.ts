/** Phrases that leave something out: "except", "unless", "other than". */

import { clause, cost, regime } from "../conditions.js";
import type { Condition, Facet } from "../facets.js";
import { who } from "../names/agents.js";
import { exactName, kindOfName } from "../names/names.js";
import { things } from "../names/things.js";
import { any, first, many, map, maybe, type Parser, phrase, seq, word } from "../parser.js";
import { bareSchedule, schedule } from "../times.js";
import { address, listGap, mentioned, mentions, tagged, tagIs } from "./matching.js";

/** Who is left out: only names, for "each agent" leaves out everybody. */
function named(facets: readonly Facet[]): readonly Condition[] | undefined {
  const conditions = facets.flatMap((facet) => (facet.is === "condition" ? [facet.condition] : []));
  return conditions.length > 0 && facets.every(({ is }) => is === "condition" || is === "unclear")
    ? conditions
    : undefined;
}

const exceptWord = phrase(`
  except for, except, excepting, excluding, other than, apart from, aside from, besides, not counting,
  not including, save for, with the exception of, leaving out, with the exclusion of, barring, but
`);

const exceptItem: Parser<readonly Condition[]> = first<readonly Condition[]>(
  seq([maybe(word("where", "when", "if")), clause], ([, conditions]) => conditions),
  seq([maybe(word("by", "from", "for")), who], ([, facets]) => named(facets)),
  map(schedule, (when) => [when]),
  map(bareSchedule, (when) => [when]),
  seq(
    [
      maybe(word("those", "ones", "calls", "actions", "anything")),
      first(cost, mentions, mentioned, tagIs, tagged, regime),
    ],
    ([, condition]) => [condition],
  ),
  seq([maybe(phrase("when", "if", "where")), regime], ([, condition]) => [condition]),
  seq(
    [maybe(phrase("for, on, of, to, via, by, with, using, the tool, the tools, calls to")), things],
    ([, thing]) =>
      thing.globs.length === 0 || thing.problem !== undefined
        ? undefined
        : [{ is: "series", globs: thing.globs, start: thing.start, end: thing.end }],
  ),
);

/** In an exception, "to bob@example.com" must be said by the tag: an address beside others would let all of them pass. */
function strictly(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.map((one) =>
    one.is === "mentions" && one.globs.every((glob) => glob.includes("@"))
      ? { is: "tag", name: "recipient", globs: one.globs, start: one.start, end: one.end }
      : one,
  );
}

/** What is left out, with an agent's name taken for an agent. */
const exceptWhole: Parser<readonly Condition[]> = any<readonly Condition[]>(
  seq([maybe(phrase("by", "for")), exactName], ([, name], span) =>
    kindOfName(name) === "what" ? undefined : [{ is: "source", globs: [name], ...span }],
  ),
  map(exceptItem, (conditions) => {
    const isAgent = conditions.some(
      (one) =>
        one.is === "series" && one.globs.some((glob) => !glob.startsWith("~") && kindOfName(glob) === "who"),
    );
    return isAgent ? undefined : strictly(conditions);
  }),
);

export const exception: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq([exceptWord, word("where"), many(clause, 1, phrase(", or where", "or where"))], ([, , clauses], span) =>
    clauses.map((one): Facet => ({ is: "except", clause: one, ...span })),
  ),
  seq(
    [exceptWord, maybe(phrase("those", "ones", "calls", "actions")), exceptWhole],
    ([, , conditions], span) => [{ is: "except", clause: conditions, ...span }],
  ),
  // "emails to anyone but bob@example.com"
  seq(
    [
      phrase("to anyone", "to anybody", "to everyone", "to everybody", "to anything"),
      exceptWord,
      many(address, 1, listGap),
    ],
    ([, , globs], span) => [
      { is: "except", clause: [{ is: "tag", name: "recipient", globs, ...span }], ...span },
    ],
  ),
  seq([phrase("but", "but for"), who], ([, facets], span) => {
    const conditions = named(facets);
    return conditions === undefined ? undefined : [{ is: "except", clause: conditions, ...span }];
  }),
  seq(
    [
      word("unless"),
      first(
        clause,
        map(schedule, (when): readonly Condition[] => [when]),
        map(mentions, (one): readonly Condition[] => strictly([one])),
        map(cost, (one): readonly Condition[] => [one]),
      ),
    ],
    ([, conditions], span) => [{ is: "except", clause: conditions, ...span }],
  ),
  seq(
    [phrase("unless it is", "unless they are", "unless it costs", "unless they cost"), cost],
    ([, sum], span) => [{ is: "except", clause: [sum], ...span }],
  ),
  seq(
    [
      phrase(`
        unless it is, unless they are, unless it is for, unless by, unless it is by, unless done by,
        unless it comes from, unless made by, unless they come from, unless it is from
      `),
      who,
    ],
    ([, facets], span) => {
      const conditions = named(facets);
      return conditions === undefined ? undefined : [{ is: "except", clause: conditions, ...span }];
    },
  ),
  seq([phrase("outside", "outside of"), first(bareSchedule, schedule)], ([, when], span) => [
    { is: "except", clause: [when], ...span },
  ]),
);
