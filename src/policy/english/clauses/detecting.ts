/** Loops and the rest of what is to be noticed: "no loops", "detect runaway agents". */

import { adjuncts } from "../adjuncts/adjuncts.js";
import { type Facets, frame, thenFacet } from "../facets.js";
import { actor, countedNoun, countedPlural, nobody, who } from "../names/agents.js";
import { multiple, number } from "../numbers.js";
import { any, first, map, maybe, type Parser, phrase, seq, word } from "../parser.js";
import { ACTION_PLURALS } from "../vocabulary.js";
import { type Act, actVerb, alertVerb, askVerb, objectOf, target } from "./acts.js";
import { MAY, MAY_NOT, NEVER } from "./modals.js";
import { MORE } from "./quantities.js";
import { over } from "./triggers/amounts.js";
import { cycle, MAKES, newKey, SAME, USUAL } from "./triggers/anomalies.js";
import { denyStorm, enumeration, LOOPS } from "./triggers/calibrated.js";
import { errorAdjuncts, failuresInARow, inARow, nTimes, rateAdjuncts, share } from "./triggers/errors.js";
import { lossAdjuncts, lossNoun } from "./triggers/losses.js";

/** "At 5x baseline". */
function atMultiple(at: Parser<unknown>): Parser<Facets> {
  return seq([maybe(at), multiple, maybe(word("the")), maybe(USUAL)], ([, times], span) => [
    { is: "times", times, side: "most", ...span },
  ]);
}

export function atMost(facets: Facets): Facets {
  return facets.map((facet) =>
    facet.is === "percent" || facet.is === "money" ? { ...facet, side: "most" as const } : facet,
  );
}

/** "Never repeat the same call 4 times in a row". */
export const noLoop: Parser<Facets> = any<Facets>(
  seq(
    [nobody, MAY, MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), inARow],
    ([subject, , , , period, times], span) => [
      frame("loop", span),
      ...subject,
      ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
      ...times,
    ],
  ),
  seq(
    [NEVER, MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), inARow],
    ([, , , period, times], span) => [
      frame("loop", span),
      ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
      ...times,
    ],
  ),
  seq(
    [actor, MAY_NOT, MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), inARow],
    ([subject, , , , period, times], span) => [
      frame("loop", span),
      ...subject,
      ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
      ...times,
    ],
  ),
  seq(
    [
      first(
        seq([nobody, MAY], ([subject]) => subject),
        seq([actor, MAY_NOT], ([subject]) => subject),
      ),
      LOOPS,
    ],
    ([subject], span) => [frame("loop", span), ...subject],
  ),
  map(
    phrase("no loops, no looping, never loop, never go round in circles, never go in circles"),
    (_, span) => [frame("loop", span), { is: "per", keys: ["source"], isDefault: true, ...span }],
  ),
  seq([phrase("block", "refuse", "deny", "stop"), MORE, number, newKey], ([, , n, key], span) => [
    frame("newcomers", span),
    { is: "times", times: n, side: "most", ...span },
    { is: "of", key, ...span },
  ]),
);

/** "Detect runaway callers at 5x baseline", "Alert on 5 failures in a row". */
export const detectSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
        map(askVerb, () => ({ then: "approve" })),
      ),
      maybe(phrase("on", "of", "about", "for")),
      phrase("runaway"),
      countedPlural,
      adjuncts,
      maybe(
        atMultiple(
          phrase(`
            at, running at, above, at more than, over, beyond, that run at, that exceed, exceeding,
            that run at more than, at over
          `),
        ),
      ),
    ],
    ([acting, , , key, more, times], span) => [
      frame("runaway", span),
      thenFacet(acting.then, span),
      ...more,
      { is: "per", keys: [key], ...span },
      ...(times ?? []),
    ],
  ),
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
      ),
      maybe(phrase("on", "of", "about", "for")),
      maybe(word("any", "a", "an", "all")),
      phrase("runaway"),
      word("agent caller bot source activity loop behavior behaviour rate"),
      maybe(atMultiple(phrase("at, above, at more than, over, of, beyond"))),
    ],
    ([acting, , , , noun, times], span) =>
      // A loop that runs away: is it the loop that is meant, or its speed?
      noun === "loop" && times === undefined
        ? undefined
        : [
            frame("runaway", span),
            thenFacet(acting.then, span),
            { is: "per", keys: ["source"], isDefault: true, ...span },
            ...(times ?? []),
          ],
  ),
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
      ),
      maybe(phrase("on", "of", "about", "for", "any")),
      phrase("loops, a loop, any loop, loop, cycles, repetition"),
      phrase("of, with, after, of more than, that repeat, at"),
      number,
      maybe(phrase("repeats, repetitions, rounds, times, repeat, cycles, iterations")),
    ],
    ([acting, , , how, n], span) =>
      how
        ? [
            frame("loop", span),
            thenFacet(acting.then, span),
            { is: "per", keys: ["source"], isDefault: true, ...span },
            { is: "times", times: n, side: "reach", ...span },
          ]
        : undefined,
  ),
  // "Detect loops", "Alert on a deny storm", "Block looping agents".
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
        map(askVerb, () => ({ then: "approve" })),
      ),
      maybe(phrase("on", "about", "for")),
      maybe(word("a", "an", "any", "all", "the", "every")),
      first<Facets>(
        denyStorm,
        enumeration,
        seq([word("looping"), first(countedPlural, countedNoun)], ([, key], span) => [
          frame("loop", span),
          { is: "per", keys: [key], ...span },
        ]),
        map(phrase("loops, loop, looping, endless loops, endless loop"), (_, span) => [
          frame("loop", span),
          { is: "per", keys: ["source"], isDefault: true, ...span },
        ]),
      ),
    ],
    ([acting, , , facets], span) => [thenFacet(acting.then, span), ...facets],
  ),
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
        map(askVerb, () => ({ then: "approve" })),
      ),
      objectOf,
      adjuncts,
      phrase("on", "upon", "at", "after", "for"),
      maybe(word("a", "an", "any")),
      first<Facets>(denyStorm, enumeration),
    ],
    ([acting, object, more, , , facets], span) => [thenFacet(acting.then, span), object, ...more, ...facets],
  ),
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
        map(askVerb, () => ({ then: "approve" })),
      ),
      maybe(objectOf),
      adjuncts,
      phrase("on", "upon", "at", "after", "for"),
      maybe(word("a", "an", "any")),
      first<Facets>(
        seq(
          [
            failuresInARow,
            errorAdjuncts,
            maybe(seq([word("of", "by", "from", "in"), who], ([, facets]) => facets)),
          ],
          ([times, more, subject], span) => [frame("errors", span), ...times, ...more, ...(subject ?? [])],
        ),
        seq([lossNoun, over("any"), lossAdjuncts], ([from, limit, more], span) => [
          frame("loss", span),
          ...(from === null ? [] : [{ is: "from" as const, from, ...span }]),
          ...limit,
          ...more,
        ]),
        seq([first(phrase("loss", "drop")), over("any"), lossAdjuncts], ([, limit, more], span) => [
          frame("loss", span),
          ...limit,
          ...more,
        ]),
        seq(
          [phrase("deny rate", "denial rate", "refusal rate"), share, rateAdjuncts],
          ([, limit, more], span) => [frame("denials", span), ...limit, ...more],
        ),
        seq(
          [phrase("error rate", "failure rate", "error rates", "failure rates"), share, rateAdjuncts],
          ([, limit, more], span) => [frame("errorRate", span), ...limit, ...more],
        ),
        seq([nTimes, word("identical"), word(...ACTION_PLURALS), inARow], ([times], span) => [
          frame("loop", span),
          { is: "maxPeriod", maxPeriod: 1, ...span },
          ...times,
        ]),
      ),
    ],
    ([acting, object, more, , , facets], span) => [
      thenFacet(acting.then, span),
      object ?? target("none", [], span),
      ...more,
      ...facets,
    ],
  ),
);
