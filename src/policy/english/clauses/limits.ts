/** Limits that are set on something: "cap … at 5", "at most 5 …", "the limit of … is 5". */

import { adjuncts } from "../adjuncts/adjuncts.js";
import { type Facets, frame } from "../facets.js";
import { who } from "../names/agents.js";
import { deed } from "../names/deeds.js";
import { type Thing, thingFacets, things } from "../names/things.js";
import { number } from "../numbers.js";
import { any, first, maybe, type Parser, phrase, seq, token, word } from "../parser.js";
import { TOOL_VERBS } from "../vocabulary.js";
import { bounded, boundedOrBare, doSome, longest, mostOf, underOf, withVerb } from "./quantities.js";
import { limited, oneAction, timeNoun, windowAdjectives } from "./subjects.js";

export const capVerb = phrase(`
  cap, limit, restrict, throttle, hold, keep, bound, constrain, rate limit, ratelimit, ration, confine,
  clamp, hold back, slow, slow down
`);

export const toWord = phrase(`
  at, to, below, under, within, at no more than, to no more than, at a maximum of, to a maximum of,
  to at most, at at most, to a max of, at a max of, to not more than, to a total of, at a total of,
  to a limit of, to just, to only, to up to
`);

const toUnder = phrase(`
  below, under, to under, to below, to less than, to fewer than, at less than, at fewer than
`);

/** "Cap each caller at 8 requests per second". */
export const capSentence: Parser<Facets> = seq(
  [
    capVerb,
    limited,
    adjuncts,
    first<Facets>(
      seq([toUnder, underOf], ([, facets]) => facets),
      seq([toWord, first<Facets>(bounded, mostOf)], ([, facets]) => facets),
    ),
  ],
  ([, subject, facets, limit], span) => [frame("limit", span), ...subject, ...facets, ...limit],
);

/** "Max concurrency 16". */
export const concurrencySentence: Parser<Facets> = seq(
  [
    maybe(phrase("max, maximum, the maximum, set, set the, the")),
    maybe(word("max", "maximum")),
    phrase("concurrency", "parallelism"),
    adjuncts,
    maybe(first(word(":", "is", "of", "=", "to"))),
    number,
  ],
  ([, , , more, , n], span) => [
    ...[frame("limit", span), ...more],
    { is: "inFlight", ...span },
    { is: "limit", side: "most", amount: n, unit: { of: "actions" }, ...span },
  ],
);

/** "Deploy one at a time", "No parallel deployments". */
export const oneAtATime: Parser<Facets> = any<Facets>(
  seq(
    [
      first<Thing>(deed, things),
      maybe(phrase("run, happen, only, must run, may run, only run")),
      maybe(word("only")),
      phrase("one at a time", "one by one", "one after the other", "one after another"),
    ],
    ([thing], span) => [
      ...[frame("limit", span), ...thingFacets(thing)],
      { is: "inFlight", ...span },
      { is: "limit", side: "most", amount: 1, unit: { of: "actions" }, ...span },
    ],
  ),
  seq(
    [phrase("no", "never run"), word("parallel", "concurrent", "simultaneous"), things],
    ([, , thing], span) => [
      ...[frame("limit", span), ...thingFacets(thing)],
      { is: "inFlight", ...span },
      { is: "limit", side: "most", amount: 1, unit: { of: "actions" }, ...span },
    ],
  ),
);

/** "Limit every call to 30 seconds". */
export const capTime: Parser<Facets> = seq(
  [
    capVerb,
    first<Facets>(
      seq(
        [
          timeNoun,
          maybe(
            seq(
              [phrase("of", "for"), maybe(word("each", "any", "every", "all", "a")), things],
              ([, , thing]) => thing,
            ),
          ),
        ],
        ([, thing]) => (thing === undefined ? [] : thingFacets(thing)),
      ),
      oneAction,
      seq([maybe(word("all")), things], ([, thing]) => thingFacets(thing)),
    ),
    adjuncts,
    toWord,
    longest,
  ],
  ([, subject, facets, , length], span) => [
    frame("timeout", span),
    ...subject.filter(({ is }) => is !== "single"),
    ...facets,
    ...length,
  ],
);

/** "At most 5 emails per hour", "100 requests per minute per caller". */
export const bareLimit: Parser<Facets> = seq(
  [
    maybe(
      phrase(`
        allow, permit, make, accept, let through, there may be, there must be, there can be,
        there should be, there must never be, we allow, i allow
      `),
    ),
    boundedOrBare,
    adjuncts,
    maybe(
      phrase(`
        may be made|sent|placed|run|executed|performed|issued|started|used|spent,
        can be made|sent|placed|run|executed|performed|issued|started|used|spent,
        may|can|should|must run,
        should be made|sent|placed|run|executed|performed|issued|started|used|spent, may happen,
        can happen, are allowed, is allowed, allowed, are permitted, may be in flight, may be active,
        may go out, can be in flight
      `),
    ),
  ],
  ([, limit, more], span) => [frame("limit", span), ...limit, ...more],
);

export const limitNoun = phrase(`
  limit, cap, budget, quota, ceiling, maximum, rate limit, spending limit, spend limit, spending cap,
  budget limit, allowance, max, call limit, request limit, token limit, token budget, cost limit,
  cost cap, spend cap, upper limit, upper bound, hard limit, hard cap, rate cap
`);

/** "Allow each agent at most 5 emails per hour", "give every caller a budget of $5 a day". */
export const grantSentence: Parser<Facets> = seq(
  [
    phrase("allow", "give", "permit", "grant", "let"),
    who,
    maybe(first(phrase("to make, to have, have, make, only, to only make, to do"))),
    adjuncts,
    first<Facets>(
      bounded,
      seq(
        [phrase("a budget of, an allowance of, a quota of, a limit of, only, a rate limit of"), mostOf],
        ([, facets]) => facets,
      ),
    ),
  ],
  ([, subject, , facets, limit], span) => [frame("limit", span), ...subject, ...facets, ...limit],
);

export const grantDo: Parser<Facets> = any<Facets>(
  seq(
    [phrase("allow", "permit", "let"), who, maybe(word("to")), maybe(word("only")), doSome],
    ([, subject, , , limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
  seq([phrase("allow", "give", "permit", "grant"), who, mostOf], ([, subject, limit], span) => [
    frame("limit", span),
    ...subject,
    ...limit,
  ]),
  seq(
    [
      phrase("give", "grant", "allow"),
      who,
      word("a", "an"),
      windowAdjectives(),
      limitNoun,
      word("of"),
      first<Facets>(bounded, mostOf),
    ],
    ([, subject, , adjectives, , , limit], span) => [
      frame("limit", span),
      ...subject,
      ...adjectives,
      ...limit,
    ],
  ),
  seq(
    [
      token("a verb", (t) =>
        t.kind === "word" && TOOL_VERBS.has(t.text) && t.text !== "get" ? t.text : undefined,
      ),
      who,
      bounded,
    ],
    ([verb, subject, limit], span) => {
      const facets = withVerb(verb, limit);
      return facets === undefined ? undefined : [frame("limit", span), ...subject, ...facets];
    },
  ),
);

/** "Set a global limit of 100 requests per second", "The daily budget is $50". */
export const setSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      phrase(`
        set, use, apply, enforce, impose, put, place, have, introduce, add, establish, maintain, define
      `),
      word("a", "an", "the"),
      windowAdjectives(),
      limitNoun,
      adjuncts,
      phrase("of", "at", "to", ":"),
      first<Facets>(bounded, mostOf),
    ],
    ([, , adjectives, , facets, , limit], span) => [frame("limit", span), ...adjectives, ...facets, ...limit],
  ),
  seq(
    [
      maybe(word("the", "a", "our")),
      windowAdjectives(),
      limitNoun,
      adjuncts,
      first(word("is", ":", "="), phrase("of", "is set to", "should be", "must be", "shall be")),
      first<Facets>(bounded, mostOf),
    ],
    ([, adjectives, , facets, , limit], span) => [frame("limit", span), ...adjectives, ...facets, ...limit],
  ),
  seq(
    [
      who,
      phrase("has, have, gets, get, is given, are given, is granted"),
      maybe(phrase("a", "an")),
      windowAdjectives(),
      limitNoun,
      phrase("of"),
      first<Facets>(bounded, mostOf),
    ],
    ([subject, , , adjectives, , , limit], span) => [
      ...[frame("limit", span), ...subject],
      ...[...adjectives, ...limit],
    ],
  ),
);
