/** Triggers on more than so many actions, more than so much, and longer than so long. */

import { adjuncts } from "../../adjuncts/adjuncts.js";
import { type Facets, frame } from "../../facets.js";
import { actor, who } from "../../names/agents.js";
import { deed, isVerb } from "../../names/deeds.js";
import { suffered, type Thing, thingFacets } from "../../names/things.js";
import { amount } from "../../numbers.js";
import { any, first, map, maybe, type Parser, phrase, seq } from "../../parser.js";
import { LIGHT_VERBS } from "../../vocabulary.js";
import { participle } from "../modals.js";
import { doReach, exceed, excessOnly, mostOf, reachOf, withVerb } from "../quantities.js";
import { callNoun, tooLong } from "../single-actions.js";
import { limited, oneAction } from "../subjects.js";
import { anySubject } from "./errors.js";

const inFlightNow = map(
  phrase(`
    are in flight, is in flight, are running, run at once, are active, are running at once,
    are in progress, run in parallel, run at the same time
  `),
  () => "flying",
);

/** More than was to be: "an agent sends more than 5 emails per hour", "spending exceeds $50 a day". */
export const excessTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      anySubject,
      adjuncts,
      maybe(phrase("tries to", "attempts to", "wants to", "would", "is about to")),
      first<Facets>(doReach, exceed),
    ],
    ([subject, more, , limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq(
    [
      limited,
      adjuncts,
      first<Facets>(
        exceed,
        seq(
          [
            phrase(`
              goes over, go over, is over, are over, goes above, go above, is above, is more than,
              passes, rises above, are more than, gets over, goes beyond, is higher than, tops,
              climbs above
            `),
            mostOf,
          ],
          ([, facets]) => facets,
        ),
        seq([phrase("reaches", "hits", "gets to", "reach", "hit"), reachOf], ([, facets]) => facets),
      ),
    ],
    ([subject, more, limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq(
    [
      maybe(phrase("there are", "there have been", "we see", "we get")),
      excessOnly,
      adjuncts,
      maybe(
        first(
          inFlightNow,
          phrase(`
            are made, are sent, are placed, happen, occur, come in, are run, are executed, are spent,
            is spent, are used, go out, arrive, have been made, have been sent, are issued, were sent,
            were made, are performed, are started, are submitted
          `),
        ),
      ),
    ],
    ([, limit, more, flying], span) => [
      frame("limit", span),
      ...limit,
      ...more,
      ...(flying === "flying" ? [{ is: "inFlight" as const, ...span }] : []),
    ],
  ),
  seq(
    [
      oneAction,
      phrase(`
        exceeds, is over, is above, costs more than, is more than, costs over, is larger than,
        is worth more than, is bigger than, is for more than, goes over
      `),
      amount,
    ],
    ([subject, , sum], span) => [
      frame("size", span),
      ...subject,
      {
        is: "limit",
        side: "most",
        amount: sum.amount,
        unit: { of: "measure", measure: sum.measure },
        ...span,
      },
    ],
  ),
);

/** "more than 10 files are deleted within a minute". */
export const sufferedTrigger: Parser<Facets> = seq(
  [excessOnly, adjuncts, phrase("is, are, get, were, have been, gets"), participle()],
  ([limit, more, , verb], span) => {
    const facets = withVerb(verb, limit);
    return facets === undefined || LIGHT_VERBS.has(verb) || verb === "sent"
      ? undefined
      : [frame("limit", span), ...facets, ...more];
  },
);

export const longTrigger: Parser<Facets> = seq(
  [callNoun, adjuncts, tooLong],
  ([subject, more, length], span) => [frame("timeout", span), ...subject, ...more, ...length],
);

/** Somebody does something that is named: "an agent tries to delete files". */
export const attemptTrigger: Parser<Facets> = any<Facets>(
  seq(
    [actor, phrase("tries to", "attempts to", "wants to", "is about to"), deed],
    ([subject, , thing], span) => [frame("deny", span), ...subject, ...thingFacets(thing)],
  ),
  seq([who, inflected()], ([subject, thing], span) => [
    frame("deny", span),
    ...subject,
    ...thingFacets(thing),
  ]),
  map(suffered, (thing, span) => [frame("deny", span), ...thingFacets(thing)]),
);

/** "deletes a file". */
export function inflected(): Parser<Thing> {
  return {
    first: null,
    empty: false,
    at: (state, i) =>
      /s$/.test(state.tokens[i]?.text ?? "") && isVerb(state.tokens[i]) ? deed.at(state, i) : [],
  };
}
