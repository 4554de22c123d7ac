/** Triggers on behaviour: new recipients, more than usual, the same call again and again. */

import { adjuncts } from "../../adjuncts/adjuncts.js";
import { type Facets, frame } from "../../facets.js";
import type { Span } from "../../lexer.js";
import { actor, countedPlural, who } from "../../names/agents.js";
import { value, wordsGlob } from "../../names/names.js";
import { multiple, number } from "../../numbers.js";
import { first, map, maybe, type Parser, phrase, seq, word } from "../../parser.js";
import { ACTION_NOUNS, ACTION_PLURALS } from "../../vocabulary.js";
import { capVerb, toWord } from "../limits.js";
import { MAY } from "../modals.js";
import { MOST } from "../quantities.js";
import { anySubject, inARow, nTimes } from "./errors.js";

export const newKey: Parser<string> = first(
  seq(
    [
      word("new", "unseen", "unfamiliar"),
      first(
        countedPlural,
        seq(
          [word("values"), phrase("of", "for"), maybe(word("the")), maybe(word("tag")), value],
          ([, , , , name]) => `tag:${name}`,
        ),
      ),
    ],
    ([, key]) => key,
  ),
  seq(
    [
      phrase(`
        previously unseen, never seen, never before seen, hitherto unseen, brand new, never seen before
      `),
      countedPlural,
    ],
    ([, key]) => key,
  ),
  seq(
    [
      countedPlural,
      phrase(`
        never seen before, that were never seen before, that are new, not seen before,
        it has never seen, that it has never seen before, never contacted before,
        it never contacted before, that were never seen
      `),
    ],
    ([key]) => key,
  ),
  map(
    phrase("new types of action", "new types of actions", "new kinds of action", "new kinds of actions"),
    () => "series",
  ),
);

const APPEAR = phrase(`
  appear, appears, show up, are seen, are contacted, are added, turn up, come up, occur, arrive,
  are tried, pop up, are used, are met, are addressed, are emailed, get contacted, are created, come in,
  are mailed
`);

/** "contacts", or by what: "emails". */
export const contact: Parser<Facets> = first<Facets>(
  map(
    phrase(`
      contacts, contact, brings, bring, uses, use, sees, meets, tries, adds, addresses, reaches out to,
      reaches, contacted, calls, call, touches
    `),
    () => [],
  ),
  map(word("emails", "mails", "messages", "texts", "email", "mail"), (verb, span) => [
    { is: "condition", condition: { is: "series", globs: [wordsGlob([verb])], ...span }, ...span },
  ]),
);

export const newcomersTrigger: Parser<Facets> = first<Facets>(
  seq([nTimes, newKey, maybe(APPEAR)], ([times, key], span) => [
    frame("newcomers", span),
    ...times,
    { is: "of", key, ...span },
  ]),
  seq([anySubject, contact, nTimes, newKey], ([subject, series, times, key], span) => [
    frame("newcomers", span),
    ...subject,
    ...series,
    ...times,
    { is: "of", key, ...span },
  ]),
  seq([phrase("there are"), nTimes, newKey], ([, times, key], span) => [
    frame("newcomers", span),
    ...times,
    { is: "of", key, ...span },
  ]),
);

export const newcomersLimit: Parser<Facets> = first<Facets>(
  seq(
    [
      maybe(phrase("allow", "permit", "contact", "limit contact to")),
      MOST,
      number,
      newKey,
      maybe(phrase("may appear", "may be contacted", "can be contacted")),
    ],
    ([, , n, key], span) => [
      frame("newcomers", span),
      { is: "times", times: n, side: "most", ...span },
      { is: "of", key, ...span },
    ],
  ),
  seq([actor, MAY, contact, MOST, number, newKey], ([subject, , series, , n, key], span) => [
    frame("newcomers", span),
    ...subject,
    ...series,
    { is: "times", times: n, side: "most", ...span },
    { is: "of", key, ...span },
  ]),
  seq([capVerb, newKey, adjuncts, toWord, number], ([, key, more, , n], span) => [
    frame("newcomers", span),
    ...more,
    { is: "times", times: n, side: "most", ...span },
    { is: "of", key, ...span },
  ]),
);

export const USUAL = phrase(`
  usual rate, normal rate, usual pace, normal pace, average rate, baseline rate, average,
  its usual rate, the usual rate, their usual rate, its normal rate, the normal rate, its baseline,
  the baseline, their baseline, baseline, its own baseline, its average rate, its usual pace, normal,
  its usual speed, usual, its average, the usual, its own usual rate, its normal pace,
  its historical rate, their normal rate, its typical rate, its baseline rate, the baseline rate,
  its own rate, of baseline, of its baseline, the normal pace, the usual pace, its normal speed,
  above baseline, its own average, over baseline, their usual pace, the lane's baseline
`);

export const multipleFacet: Parser<Facets> = seq(
  [
    maybe(phrase("more than, over, above, at, at more than, at over, by more than, greater than, beyond")),
    multiple,
    maybe(word("the")),
    USUAL,
  ],
  ([, times], span) => [{ is: "times", times, side: "most", ...span }],
);

export const runawayTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      anySubject,
      phrase(`
        runs, run, calls, acts, goes, is running, is called, exceeds, exceed, is, are, works, operates,
        makes calls, speeds up to, speeds up, accelerates to, fires, moves, acts at, is acting,
        jumps to, reaches, spikes to
      `),
      multipleFacet,
    ],
    ([subject, , times], span) => [frame("runaway", span), ...subject, ...times],
  ),
  seq(
    [
      anySubject,
      word("'s"),
      phrase("call rate, rate, activity, request rate, rate of calls, traffic, action rate"),
      phrase("exceeds, is, rises, goes, jumps to, reaches, rises to, climbs to, goes to, is running, hits"),
      multipleFacet,
    ],
    ([subject, , , , times], span) => [frame("runaway", span), ...subject, ...times],
  ),
  seq(
    [
      phrase(`
        the call rate, the rate, the request rate, activity, the rate of calls, call rate, request rate,
        traffic
      `),
      maybe(seq([word("of"), who], ([, facets]) => facets)),
      phrase("exceeds, is, rises, goes, jumps to, reaches, hits, rises to, climbs to"),
      multipleFacet,
    ],
    ([, subject, , times], span) => [frame("runaway", span), ...(subject ?? []), ...times],
  ),
);

export const SAME = phrase(`
  the same call, the same request, the same action, the same tool call, an identical call,
  the exact same call, the very same call, identical calls, the same calls, the same thing,
  the identical call, the same step, itself, one call, the same operation, the same api call,
  one and the same call, the same exact call, the same call with the same arguments, a call
`);

export const cycle: Parser<Facets> = seq(
  [
    maybe(word(",")),
    phrase(
      "or a cycle of up to",
      "or a cycle of at most",
      "or cycles of up to",
      "with cycles of up to",
      "or a loop of up to",
    ),
    number,
    maybe(word(...ACTION_PLURALS, ...ACTION_NOUNS)),
    maybe(word(",")),
  ],
  ([, , n], span) => [{ is: "maxPeriod", maxPeriod: n, ...span }],
);

export const MAKES = phrase(`
  makes, make, repeats, repeat, sends, issues, is making, repeating, makes exactly, retries,
  keeps making, performs, does, tries, issues exactly, has made, submits, executes, runs, do,
  keeps repeating, re-runs
`);

export const loopTrigger: Parser<Facets> = first<Facets>(
  seq(
    [anySubject, MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), maybe(inARow)],
    ([subject, , , period, times, , row], span) => [
      frame("loop", span),
      ...subject,
      ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
      ...times,
      ...rowOf(row, span),
    ],
  ),
  seq(
    [
      phrase(`
        the same call, the same request, the same action, the same tool call, an identical call,
        the exact same call
      `),
      maybe(cycle),
      phrase("is made, is repeated, repeats, happens, occurs, is sent, comes, is seen, appears, gets made"),
      nTimes,
      maybe(word("times")),
      maybe(inARow),
    ],
    ([, period, , times, , row], span) => [
      frame("loop", span),
      ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
      ...times,
      ...rowOf(row, span),
    ],
  ),
  seq(
    [
      nTimes,
      word("identical", "equal", "repeated"),
      word(...ACTION_PLURALS),
      inARow,
      maybe(phrase("are made", "occur", "happen")),
    ],
    ([times], span) => [frame("loop", span), { is: "maxPeriod", maxPeriod: 1, ...span }, ...times],
  ),
  seq(
    [
      anySubject,
      phrase("makes, make, sends, issues, repeats, submits"),
      nTimes,
      word("identical", "equal"),
      word(...ACTION_PLURALS),
      inARow,
    ],
    ([subject, , times], span) => [
      frame("loop", span),
      ...subject,
      { is: "maxPeriod", maxPeriod: 1, ...span },
      ...times,
    ],
  ),
  seq(
    [
      anySubject,
      phrase(`
        loops, loop, goes round in circles, goes in circles, cycles, gets stuck in a loop,
        is stuck in a loop, repeats itself, goes around in circles, runs in circles, is looping
      `),
      nTimes,
      maybe(word("times")),
    ],
    ([subject, , times], span) => [frame("loop", span), ...subject, ...times],
  ),
  seq(
    [nTimes, phrase("rounds of a loop", "repeats of a loop", "repeats of a cycle", "loops", "repeats")],
    ([times], span) => [frame("loop", span), ...times],
  ),
);

export function rowOf(row: unknown, span: Span): Facets {
  return row === undefined
    ? [
        {
          is: "refuse",
          reason: "it does not say that the calls come one after the other",
          help: "add `in a row`",
          ...span,
        },
      ]
    : [];
}
