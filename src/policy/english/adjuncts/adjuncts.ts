/**
 * What a sentence of any sort may add: windows, bursts, conditions, exceptions, how long a stop lasts.
 */

import { clause, cost, regime } from "../conditions.js";
import type { Facet } from "../facets.js";
import { singular } from "../names/things.js";
import { amount, duration, number } from "../numbers.js";
import { any, every, first, keep, map, maybe, type Parser, phrase, seq, word } from "../parser.js";
import { bareSchedule, schedule, vagueTime, window } from "../times.js";
import { ACTION_NOUNS } from "../vocabulary.js";
import { globally, per, together } from "./counters.js";
import { exception } from "./exceptions.js";
import { about, given, mentioned, mentions, namedTool, tagged, tagIs } from "./matching.js";

const burst: Parser<readonly Facet[]> = seq(
  [
    phrase(`
      with bursts of, with bursts up to, with bursts of up to, with a burst of, with a burst of up to,
      with a burst size of, and bursts of, and bursts up to, and a burst of, and a burst of up to,
      bursting to, bursting up to, with burst, burst, bursts of, bursts up to, burst of,
      allowing bursts of, allowing bursts up to, allowing bursts of up to, allowing a burst of,
      with short bursts of, with short bursts of up to, and short bursts of, with bursts to,
      in bursts of up to, in bursts of at most, with bursts of at most, burst up to,
      with a maximum burst of, with a burst capacity of, with a burst limit of, with a bucket of,
      with a bucket size of, plus bursts of, plus a burst of, and allow bursts of,
      and allow bursts up to, and allow bursts of up to, but allow bursts of, but allow bursts up to,
      but allow bursts of up to, with bursts allowed up to, with peaks of, and up to
    `),
    number,
    maybe(first(word("calls", "requests", "actions", "at"), phrase("at once"))),
  ],
  ([, amountOf], span) => [{ is: "burst", amount: amountOf, ...span }],
);

export const MODE: Parser<readonly Facet[]> = first<readonly Facet[]>(
  map(
    phrase(`
      in shadow mode only, in shadow mode, in shadow only, in shadow, as a shadow rule, shadow only,
      ( shadow ), ( in shadow ), ( shadow mode ), in dry run, in dry run mode, as a dry run
    `),
    (_, span) => [{ is: "mode", mode: "shadow", ...span }],
  ),
  map(phrase("in enforce mode", "enforced", "( enforced )"), (_, span) => [
    { is: "mode", mode: "enforce", ...span },
  ]),
);

export const lasting: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq(
    [phrase("for", "for the next", "for a period of", "for another"), maybe(word("about")), duration],
    ([how, vague, length], span) =>
      how && vague === undefined ? [{ is: "for", duration: length, ...span }] : undefined,
  ),
  map(
    phrase(`
      until resumed, until it is resumed, until they are resumed, until i resume it, until i resume,
      until someone resumes it, until somebody resumes it, until a human resumes it,
      until an operator resumes it, until the operator resumes it, until manually resumed,
      until resumed by hand, until a human resumes, until an operator resumes, until further notice,
      until someone resumes, until it is resumed by a human, until i say so, until an operator says so,
      until a human says so, permanently, for good, indefinitely, until somebody resumes them,
      until someone steps in
    `),
    (_, span) => [{ is: "untilResumed", ...span }],
  ),
);

/** Where nothing is known, the cost that an action is taken to have. */
const assume: Parser<readonly Facet[]> = seq(
  [
    maybe(word(",")),
    phrase("taking", "assuming", "counting"),
    amount,
    phrase(`
      where no cost is named, where none is named, when no cost is named, for actions without a cost,
      where the cost is missing, if no cost is given
    `),
  ],
  ([, , sum], span) => [{ is: "assume", amount: sum.amount, measure: sum.measure, ...span }],
);

/** What is spent or repeated counts from the last time that something came of it. */
const noProgress: Parser<readonly Facet[]> = map(
  phrase(`
    without progress, without any progress, without making progress, without making any progress,
    and nothing new comes of it, and nothing comes of it, without anything new coming of it,
    without anything coming of it, with nothing to show for it, without anything to show for it,
    since something new came of it, since the last progress, since its last progress,
    since it last made progress, without getting anywhere, while making no progress, and makes no progress
  `),
  (_, span) => [{ is: "noProgress", ...span }],
);

const WHEN = phrase(`
  when, if, while, whenever, as long as, where, provided, provided that, so long as, in case
`);

export const condition: Parser<readonly Facet[]> = first<readonly Facet[]>(
  vagueFacets(),
  map(schedule, (when, span) => [given(when, span)]),
  seq([dayAhead(), bareSchedule], ([, when], span) => [given(when, span)]),
  map(cost, (sum, span) => [given(sum, span)]),
  map(tagIs, (one, span) => [given(one, span)]),
  map(mentions, (one, span) => [given(one, span)]),
  map(mentioned, (one, span) => [given(one, span)]),
  map(regime, (one, span) => [given(one, span)]),
  seq([WHEN, clause], ([, conditions], span) => conditions.map((one) => given(one, span))),
  map(tagged, (one, span) => [given(one, span)]),
);

/** A day's name stands here. */
function dayAhead(): Parser<true> {
  return {
    first: null,
    empty: false,
    at: (state, i) =>
      /^(?:mon|tues|wednes|thurs|fri|satur|sun)days?$|^week(?:day|end)s$/.test(state.tokens[i]?.text ?? "")
        ? [{ value: true, end: i }]
        : [],
  };
}

function vagueFacets(): Parser<readonly Facet[]> {
  return map(vagueTime, (facet) => [facet]);
}

/** "at once": what is limited is how many run at the same time. */
const inFlight: Parser<readonly Facet[]> = map(
  phrase(`
    at once, at a time, at the same time, at any one time, at any time, at any given time,
    at any moment, at any given moment, at one time, in flight, in flight at once, in flight at a time,
    concurrently, in parallel, simultaneously, running at once, running at a time,
    running at the same time, running in parallel, running concurrently, running simultaneously,
    in flight at any time, in flight at the same time, in progress at once, in progress,
    in flight at most, at once at most, open at the same time, open at once, open at a time,
    outstanding at once, outstanding, outstanding at any time, pending at once,
    at one and the same time, running
  `),
  (_, span) => [{ is: "inFlight", ...span }],
);

/** "per call", "per order": a limit for one action. */
const single: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq(
    [
      phrase(`
        per, for each, for every, for any one, for any single, on each, on any one, on any single,
        in any one, in any single, in one, in a single, a, per single, per individual, in each, each,
        for a single, any one, for one
      `),
      maybe(word("tool", "api", "model", "llm")),
      word(...ACTION_NOUNS),
    ],
    (_, span) => [{ is: "single", ...span }],
  ),
  seq(
    [
      phrase(`
        per, for each, for every, for any one, for any single, on each, on any one, on any single,
        on a single, on a, on one, per single, per individual, in any single, in a single
      `),
      singular,
    ],
    ([, facets], span) => [{ is: "single", ...span }, ...facets],
  ),
  map(phrase("at a go", "in one go", "at one go", "in a single go", "individually per action"), (_, span) => [
    { is: "single", ...span },
  ]),
);

/** Every phrase that may stand beside what a sentence says, in any order. */
export const adjunct: Parser<readonly Facet[]> = keep(
  any<readonly Facet[]>(
    first<readonly Facet[]>(
      burst,
      MODE,
      exception,
      inFlight,
      globally,
      together,
      lasting,
      window,
      per,
      single,
      condition,
      namedTool,
      about,
      assume,
      noProgress,
    ),
    map(phrase("max, maximum, at most, at the most, tops, at maximum, or less, or fewer"), () => []),
    map(word(",", "please", "automatically", "immediately", "strictly"), () => []),
  ),
);

/** Those phrases, as many as there are. */
export const adjuncts: Parser<readonly Facet[]> = keep(
  map(every(adjunct), (lists) => {
    const facets = lists.flat();
    const at = facets.findIndex(({ is }) => is === "except");
    // Whether it narrows the rule or the exception, nobody can tell.
    const behind =
      at === -1
        ? undefined
        : facets
            .slice(at)
            .find((facet) => facet.is === "condition" || (facet.is === "per" && facet.isForced !== true));
    if (behind === undefined) return facets;
    const { start, end } = behind;
    return [
      ...facets,
      {
        is: "refuse",
        start,
        end,
        reason: "this could belong to the rule or to its exception",
        help: "put it in front of the exception",
      },
    ];
  }),
);
