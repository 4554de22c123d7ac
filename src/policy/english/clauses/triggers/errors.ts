/** Triggers on calls that fail or are denied, in a row or as a share. */

import { adjuncts } from "../../adjuncts/adjuncts.js";
import { type Facets, frame } from "../../facets.js";
import { who } from "../../names/agents.js";
import { thingFacets, things } from "../../names/things.js";
import { number, percent } from "../../numbers.js";
import { first, many, map, maybe, type Parser, phrase, phrases, seq, word } from "../../parser.js";
import { window } from "../../times.js";
import { ACTION_NOUNS, ACTION_PLURALS } from "../../vocabulary.js";
import { LEAST, MORE } from "../quantities.js";

const failures = word("failure", "failures", "error", "errors");

export const inARow = phrase(`
  in a row, consecutively, in succession, back to back, straight, running, one after another,
  one after the other, consecutive times, times in a row, in sequence
`);

export const nTimes: Parser<Facets> = first<Facets>(
  seq([MORE, number], ([, n], span) => [{ is: "times", times: n, side: "most", ...span }]),
  seq([maybe(LEAST), number], ([, n], span) => [{ is: "times", times: n, side: "reach", ...span }]),
  map(phrases({ twice: 2 }), (n, span) => [{ is: "times", times: n, side: "reach", ...span }]),
);
const ALL_OF_THEM = new Set(["every", "all", "both"]);

const oneOfThem: Parser<Facets> = {
  first: null,
  empty: false,
  at: (state, i) =>
    ALL_OF_THEM.has(state.tokens[i]?.text ?? "") && state.tokens[i + 1]?.text !== "agents"
      ? []
      : who.at(state, i),
};

export const anySubject: Parser<Facets> = first<Facets>(
  map(phrase("it, they, he, she, the same one, we, i, you"), () => []),
  oneOfThem,
  map(things, thingFacets),
);

export const FAIL = phrase(`
  fails, fail, failed, has failed, have failed, errors, errors out, error out, returns an error,
  return an error, is failing, keeps failing, breaks, fails with an error, throws, raises an error,
  crashes, error
`);

/** "5 failures in a row", "3 consecutive errors". */
export const failuresInARow: Parser<Facets> = first<Facets>(
  seq([nTimes, failures, inARow], ([times]) => times),
  seq(
    [nTimes, word("consecutive", "straight", "successive"), maybe(word("call", "tool")), failures],
    ([times]) => times,
  ),
  seq([nTimes, word("failed"), word(...ACTION_PLURALS), inARow], ([times]) => times),
  seq(
    [nTimes, word("consecutive", "successive", "straight"), word("failed"), word(...ACTION_PLURALS)],
    ([times]) => times,
  ),
);

const probesFacet: Parser<Facets> = seq(
  [maybe(word(",")), phrase("until"), number, word("probe", "probes"), phrase("succeed", "succeeds")],
  ([, , n], span) => [{ is: "probes", probes: n, ...span }],
);

const minCallsFacet: Parser<Facets> = first<Facets>(
  seq(
    [maybe(word(",")), phrase("counting from"), number, maybe(word(...ACTION_PLURALS, ...ACTION_NOUNS))],
    ([, , n], span) => [{ is: "minCalls", minCalls: n, ...span }],
  ),
  seq(
    [
      maybe(first(word(",", "("))),
      phrase(`
        with at least, after at least, over at least, given at least, once there are at least,
        with a minimum of, from at least, out of at least, and at least, provided there are at least,
        if there are at least, minimum, at minimum, after a minimum of, but only after
      `),
      number,
      word(...ACTION_PLURALS, "samples"),
      maybe(word(")")),
    ],
    ([, , n], span) => [{ is: "minCalls", minCalls: n, ...span }],
  ),
);
export const errorAdjuncts: Parser<Facets> = map(many(first(probesFacet, minCallsFacet)), (lists) =>
  lists.flat(),
);

export const errorsTrigger: Parser<Facets> = first<Facets>(
  seq(
    [anySubject, adjuncts, FAIL, nTimes, maybe(word("times", "time")), inARow, errorAdjuncts],
    ([subject, more, , times, , , b], span) => [frame("errors", span), ...subject, ...more, ...times, ...b],
  ),
  seq(
    [
      anySubject,
      phrase(`
        has, have, gets, get, produces, hits, sees, returns, reports, throws, had, encounters, shows,
        experiences
      `),
      failuresInARow,
      errorAdjuncts,
    ],
    ([subject, , times, b], span) => [frame("errors", span), ...subject, ...times, ...b],
  ),
  seq(
    [
      maybe(phrase("there are, there were, there have been, we see, we get, seeing")),
      failuresInARow,
      maybe(phrase("occur", "happen", "are seen", "come in")),
      maybe(seq([word("of", "from", "by", "on", "for", "in"), who], ([, facets]) => facets)),
      errorAdjuncts,
    ],
    ([, times, , subject, b], span) => [frame("errors", span), ...times, ...(subject ?? []), ...b],
  ),
  seq(
    [
      nTimes,
      word(...ACTION_PLURALS),
      maybe(seq([word("of", "from", "by", "to"), who], ([, facets]) => facets)),
      inARow,
      phrase("fail", "failed", "have failed", "error out"),
      errorAdjuncts,
    ],
    ([times, , subject, , , b], span) => [frame("errors", span), ...times, ...(subject ?? []), ...b],
  ),
  seq(
    [
      nTimes,
      word("consecutive", "successive"),
      word(...ACTION_PLURALS),
      maybe(seq([word("of", "from", "by", "to"), who], ([, facets]) => facets)),
      phrase("fail", "failed", "have failed"),
      errorAdjuncts,
    ],
    ([times, , , subject, , b], span) => [frame("errors", span), ...times, ...(subject ?? []), ...b],
  ),
);

export const share: Parser<Facets> = first<Facets>(
  seq(
    [
      phrase(`
        more than, over, above, exceeds, exceed, is over, is above, is more than, goes over, goes above,
        rises above, is higher than, climbs above, is greater than, passes, tops, greater than,
        goes beyond, has exceeded, gets above, surpasses, rises over, climbs over, exceeding
      `),
      percent,
    ],
    ([, n], span) => [{ is: "percent", percent: n, side: "most", ...span }],
  ),
  seq(
    [maybe(phrase("at least, reaches, hits, is at least, is, of, gets to, of at least")), percent],
    ([, n], span) => [{ is: "percent", percent: n, side: "reach", ...span }],
  ),
);

const ofCalls: Parser<Facets> = first<Facets>(
  seq(
    [
      maybe(phrase("of, of all, of the, of its, of their, of all the, of all its")),
      word(...ACTION_PLURALS),
      maybe(seq([phrase("of, by, from, to, made by, made to"), who], ([, facets]) => facets)),
    ],
    ([, , subject]) => subject ?? [],
  ),
  seq([phrase("of"), who, word("'s"), word(...ACTION_PLURALS)], ([, facets]) => facets),
  seq([phrase("of all", "of the", "of"), things], ([, thing]) => thingFacets(thing)),
);

export const rateAdjuncts: Parser<Facets> = map(
  many(
    first<Facets>(
      minCallsFacet,
      probesFacet,
      window,
      seq([phrase("for", "by", "of"), who], ([, facets]) => facets),
    ),
  ),
  (lists) => lists.flat(),
);

export const errorRateTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      share,
      ofCalls,
      phrase(`
        fail, failed, have failed, are failing, error, error out, return errors, result in errors,
        end in an error, end in errors, are errors, come back with errors
      `),
      rateAdjuncts,
    ],
    ([limit, subject, , more], span) => [frame("errorRate", span), ...limit, ...subject, ...more],
  ),
  seq(
    [
      maybe(word("the", "its", "their")),
      phrase(`
        error rate, failure rate, rate of errors, rate of failures, share of failures,
        share of failed calls, rate of failed calls, percentage of failures, percentage of errors,
        percentage of failed calls, share of errors, error ratio, failure ratio
      `),
      maybe(seq([phrase("of", "for"), first<Facets>(who, map(things, thingFacets))], ([, facets]) => facets)),
      share,
      rateAdjuncts,
    ],
    ([, , subject, limit, more], span) => [frame("errorRate", span), ...(subject ?? []), ...limit, ...more],
  ),
  seq(
    [who, word("'s"), phrase("error rate", "failure rate"), share, rateAdjuncts],
    ([subject, , , limit, more], span) => [frame("errorRate", span), ...subject, ...limit, ...more],
  ),
  seq(
    [
      anySubject,
      FAIL,
      first<Facets>(
        seq([phrase("more than"), percent, maybe(phrase("of the time"))], ([, n], span) => [
          { is: "percent", percent: n, side: "most", ...span },
        ]),
      ),
      rateAdjuncts,
    ],
    ([subject, , limit, more], span) => [frame("errorRate", span), ...subject, ...limit, ...more],
  ),
  seq(
    [
      anySubject,
      phrase(
        "has an error rate",
        "has a failure rate",
        "have an error rate",
        "has an error rate of",
        "has a failure rate of",
      ),
      maybe(word("of")),
      share,
      rateAdjuncts,
    ],
    ([subject, , , limit, more], span) => [frame("errorRate", span), ...subject, ...limit, ...more],
  ),
);

const DENIED = phrase(`
  are denied, are refused, are blocked, are rejected, is denied, is refused, get denied, get refused,
  get blocked, were denied, were refused, have been denied, get rejected
`);

export const denialsTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      maybe(word("the", "its", "their")),
      phrase(`
        deny rate, denial rate, refusal rate, rejection rate, block rate, rate of denials,
        rate of refusals, share of denials, denied rate, share of denied calls, percentage of denials,
        percentage of denied calls, share of refused calls
      `),
      maybe(seq([phrase("of", "for"), first<Facets>(who, map(things, thingFacets))], ([, facets]) => facets)),
      share,
      rateAdjuncts,
    ],
    ([, , subject, limit, more], span) => [frame("denials", span), ...(subject ?? []), ...limit, ...more],
  ),
  seq(
    [
      who,
      word("'s"),
      phrase("deny rate", "denial rate", "refusal rate", "rejection rate", "block rate"),
      share,
      rateAdjuncts,
    ],
    ([subject, , , limit, more], span) => [frame("denials", span), ...subject, ...limit, ...more],
  ),
  seq([share, ofCalls, DENIED, rateAdjuncts], ([limit, subject, , more], span) => [
    frame("denials", span),
    ...limit,
    ...subject,
    ...more,
  ]),
  seq(
    [
      share,
      phrase("of"),
      phrase("the actions of all agents together", "all actions", "the actions"),
      DENIED,
      rateAdjuncts,
    ],
    ([limit, , , , more], span) => [frame("denials", span), ...limit, ...more],
  ),
  seq(
    [
      share,
      phrase("of the actions of", "of the calls of", "of the requests of", "of all actions of"),
      who,
      DENIED,
      rateAdjuncts,
    ],
    ([limit, , subject, , more], span) => [frame("denials", span), ...limit, ...subject, ...more],
  ),
);
