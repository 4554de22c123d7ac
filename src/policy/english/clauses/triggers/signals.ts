/** Triggers on signals that are late. */

import { type Facets, frame } from "../../facets.js";
import { exactName, value } from "../../names/names.js";
import { duration } from "../../numbers.js";
import { first, many, maybe, type Parser, phrase, seq, token, word } from "../../parser.js";
import { SIGNAL_NOUNS } from "../../vocabulary.js";

const signalName: Parser<string> = first(
  seq([maybe(word("the")), exactName, maybe(word("signal", "feed"))], ([, name]) => name),
  seq([maybe(word("the")), word("signal"), value], ([, , name]) => name),
  exactName,
  seq(
    [
      maybe(word("the", "our", "its", "any")),
      many(
        token("a signal", (t) => (t.kind === "word" && !SIGNAL_STOPS.has(t.text) ? t.text : undefined)),
        1,
      ),
    ],
    ([, words]) => (words.length <= 4 && SIGNAL_NOUNS.has(words.at(-1) ?? "") ? words.join("_") : undefined),
  ),
);

const SIGNAL_STOPS = new Set(
  "is are has have had was were stops stop goes go gets get becomes become does do not no arrives arrive arrived updates update updated for in within than older when if and or but with from any every each fails fail signal data's in on by to a an exceeds exceed falls drops makes runs takes spends more less over under below at most least since after before until unless except of that which who , dies die keeps misses miss loses lose breaks break comes come dries dry ; balance losses drawdown".split(
    " ",
  ),
);
const lastAge = first(phrase("older than", "more than", "staler than", "over"));

export const staleTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      signalName,
      phrase("is, are, gets, becomes, goes, has become, grows, turns"),
      lastAge,
      duration,
      maybe(phrase("old", "stale", "out of date", "behind", "late")),
      never(),
    ],
    ([signal, , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      signalName,
      phrase("is, are, has been, goes, is stale, has gone, stays, remains, have been, becomes, falls, was"),
      phrase(`
        stale for, silent for, quiet for, missing for, dead for, down for, gone for, offline for,
        late by, for, stale by, absent for, unavailable for, out of date for, not updated for
      `),
      maybe(phrase("more than", "over", "longer than", "at least")),
      duration,
    ],
    ([signal, , , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      signalName,
      phrase(`
        has not been updated, has not updated, has not arrived, has not been seen, does not update,
        does not arrive, is not updated, has not been refreshed, has not ticked, have not arrived,
        has not reported, has not been received, has not been heard, stops arriving, stops updating,
        stops, has stopped, has stopped updating, has stopped arriving, does not tick, is not received,
        is not seen, has sent nothing, has not come in, has not come, fails to update, fails to arrive,
        has not produced a value, dies
      `),
      first(
        phrase(`
          for, in, within, in the last, for more than, in more than, for over, for longer than,
          for at least, in over, in the past
        `),
      ),
      duration,
    ],
    ([signal, , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase("there is no", "there has been no", "there was no", "we see no", "we get no"),
      maybe(word("new")),
      signalName,
      first(phrase("for", "in", "within", "for more than")),
      duration,
    ],
    ([, , signal, , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      word("no"),
      maybe(word("new")),
      signalName,
      maybe(
        phrase(`
          arrives, is received, has arrived, update arrives, arrived, comes in, has been received,
          has been seen, is seen, comes, updates arrive, is heard, came in, was seen
        `),
      ),
      first(phrase("for, in, within, in the last, for more than, for over, for at least")),
      duration,
    ],
    ([, , signal, , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase(`
        we have not heard from, we hear nothing from, nothing is heard from, nothing comes from,
        nothing arrives from, nothing has come from, there is no news from
      `),
      signalName,
      first(phrase("for", "in", "within", "in the last")),
      duration,
    ],
    ([, signal, , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase("the last", "the latest", "the newest"),
      maybe(phrase("value of", "update of", "update from")),
      signalName,
      phrase("is"),
      first(phrase("older than", "more than", "over")),
      duration,
      maybe(phrase("old", "ago")),
    ],
    ([, , signal, , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  // No age: it is learned from when the signal has come so far.
  seq(
    [
      signalName,
      phrase(`
        misses|miss its|their usual|normal|own rhythm, misses|miss its|their rhythm, loses|lose its|their rhythm,
        breaks|break its|their usual rhythm, goes|go quiet, goes|go silent, falls|fall silent, becomes silent,
        has|have gone quiet, has|have gone silent, is|are later than usual, comes|come later than usual,
        arrives|arrive later than usual, is|are overdue, stops|stop arriving, stops|stop updating,
        stops|stop coming, has|have stopped arriving, has|have stopped updating, drops|drop out, dries|dry up
      `),
    ],
    ([signal], span) => [frame("stale", span), { is: "signal", signal, ...span }],
  ),
  seq([signalName, phrase("is|are|goes|go|gets|get|becomes|become stale|old|late|outdated")], (_, span) => [
    {
      is: "refuse",
      reason: "it does not say how old is too old",
      help: "name the age: `older than 30 seconds`; or write `misses its usual rhythm`, and the age is learned",
      ...span,
    },
  ]),
);

function never(): Parser<unknown> {
  return maybe(phrase("or was never seen", "or has never been seen", "or never arrived"));
}
