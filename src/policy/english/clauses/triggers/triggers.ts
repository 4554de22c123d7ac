/** All that sets a stop off, behind "when" and behind "that". */

import { type Facets, frame } from "../../facets.js";
import { deed } from "../../names/deeds.js";
import { thingFacets } from "../../names/things.js";
import { duration, multiple, percent } from "../../numbers.js";
import { any, first, keep, map, maybe, type Parser, phrase, seq, word } from "../../parser.js";
import { ACTION_PLURALS } from "../../vocabulary.js";
import { doReach, exceed } from "../quantities.js";
import { LONGER, RUN } from "../single-actions.js";
import {
  contact,
  cycle,
  loopTrigger,
  MAKES,
  multipleFacet,
  newcomersTrigger,
  newKey,
  rowOf,
  runawayTrigger,
  SAME,
  USUAL,
} from "./anomalies.js";
import { calibratedRelative, calibratedTrigger } from "./calibrated.js";
import {
  denialsTrigger,
  errorAdjuncts,
  errorRateTrigger,
  errorsTrigger,
  FAIL,
  failuresInARow,
  inARow,
  nTimes,
  rateAdjuncts,
  share,
} from "./errors.js";
import { attemptTrigger, excessTrigger, inflected, longTrigger, sufferedTrigger } from "./excess.js";
import { floorTrigger, lossTrigger } from "./losses.js";
import { staleTrigger } from "./signals.js";

/** Everything that can set a stop or an alarm off. */
export const trigger: Parser<Facets> = keep(
  any<Facets>(
    lossTrigger,
    floorTrigger,
    errorsTrigger,
    errorRateTrigger,
    denialsTrigger,
    newcomersTrigger,
    runawayTrigger,
    loopTrigger,
    staleTrigger,
    longTrigger,
    excessTrigger,
    sufferedTrigger,
    attemptTrigger,
    calibratedTrigger,
  ),
);

/** The same behind "that": "any agent that makes …". */
export const relative: Parser<Facets> = keep(
  any<Facets>(
    calibratedRelative,
    map(inflected(), (thing, span) => [frame("deny", span), ...thingFacets(thing)]),
    seq([phrase("tries to", "try to", "attempts to", "attempt to", "wants to"), deed], ([, thing], span) => [
      frame("deny", span),
      ...thingFacets(thing),
    ]),
    seq([first<Facets>(doReach, exceed)], ([limit], span) => [frame("limit", span), ...limit]),
    seq([FAIL, nTimes, maybe(word("times")), inARow, errorAdjuncts], ([, times, , , more], span) => [
      frame("errors", span),
      ...times,
      ...more,
    ]),
    seq(
      [phrase("has", "have", "produces", "returns"), failuresInARow, errorAdjuncts],
      ([, times, more], span) => [frame("errors", span), ...times, ...more],
    ),
    seq(
      [FAIL, phrase("more than"), percent, maybe(phrase("of the time", "of its calls")), rateAdjuncts],
      ([, , n, , more], span) => [
        frame("errorRate", span),
        { is: "percent", percent: n, side: "most", ...span },
        ...more,
      ],
    ),
    seq(
      [
        phrase("has an error rate", "has a failure rate", "with an error rate", "with a failure rate"),
        maybe(word("of")),
        share,
        rateAdjuncts,
      ],
      ([, , limit, more], span) => [frame("errorRate", span), ...limit, ...more],
    ),
    seq(
      [MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), maybe(inARow)],
      ([, , period, times, , row], span) => [
        frame("loop", span),
        ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
        ...times,
        ...rowOf(row, span),
      ],
    ),
    seq([MAKES, nTimes, word("identical"), word(...ACTION_PLURALS), inARow], ([, times], span) => [
      frame("loop", span),
      { is: "maxPeriod", maxPeriod: 1, ...span },
      ...times,
    ]),
    seq(
      [
        phrase("loops", "loop", "repeats itself", "repeat themselves", "goes in circles"),
        nTimes,
        maybe(word("times")),
      ],
      ([, times], span) => [frame("loop", span), ...times],
    ),
    seq(
      [
        phrase(`
          runs, run, running, goes, going, go, acts, acting, exceeds, exceed, exceeding, is running,
          calls, calling, is, works, working
        `),
        multipleFacet,
      ],
      ([, times], span) => [frame("runaway", span), ...times],
    ),
    seq([contact, nTimes, newKey], ([series, times, key], span) => [
      frame("newcomers", span),
      ...series,
      ...times,
      { is: "of", key, ...span },
    ]),
    seq([phrase("above", "over", "beyond"), multiple, maybe(word("the")), USUAL], ([, times], span) => [
      frame("runaway", span),
      { is: "times", times, side: "most", ...span },
    ]),
    seq(
      [
        phrase(
          "whose deny rate",
          "whose denial rate",
          "whose refusal rate",
          "with a deny rate",
          "with a deny rate of",
        ),
        share,
        rateAdjuncts,
      ],
      ([, limit, more], span) => [frame("denials", span), ...limit, ...more],
    ),
    seq([phrase("whose error rate", "whose failure rate"), share, rateAdjuncts], ([, limit, more], span) => [
      frame("errorRate", span),
      ...limit,
      ...more,
    ]),
    seq(
      [
        phrase("whose call rate", "whose rate", "whose request rate", "whose activity"),
        phrase("exceeds", "is", "reaches", "goes"),
        multipleFacet,
      ],
      ([, , times], span) => [frame("runaway", span), ...times],
    ),
    seq(
      [
        phrase("whose calls fail", "whose requests fail", "whose actions fail"),
        nTimes,
        maybe(word("times")),
        inARow,
        errorAdjuncts,
      ],
      ([, times, , , more], span) => [frame("errors", span), ...times, ...more],
    ),
    seq([RUN, maybe(LONGER), duration], ([, , length], span) => [
      frame("timeout", span),
      { is: "duration", duration: length, side: "most", ...span },
    ]),
  ),
);
