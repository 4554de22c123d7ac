/** Limits on one action: how much it costs and how long it runs. */

import { adjuncts } from "../adjuncts/adjuncts.js";
import { OVER } from "../conditions.js";
import { type Facets, frame } from "../facets.js";
import { thingFacets, things } from "../names/things.js";
import { amount, duration } from "../numbers.js";
import { any, first, map, maybe, type Parser, phrase, seq, word } from "../parser.js";
import { ACTION_NOUNS, ACTION_PLURALS } from "../vocabulary.js";
import { LIMITED_TO } from "./modals.js";
import { MORE } from "./quantities.js";
import { singularThing } from "./subjects.js";

export const noSingle: Parser<Facets> = any<Facets>(
  seq(
    [things, first(LIMITED_TO, phrase("may not exceed", "must be at most")), amount],
    ([thing, , sum], span) =>
      thing.globs.length === 0
        ? undefined
        : [
            ...[frame("size", span), ...thingFacets(thing)],
            {
              is: "limit",
              side: "most",
              amount: sum.amount,
              unit: { of: "measure", measure: sum.measure },
              ...span,
            },
          ],
  ),
  seq(
    [
      phrase("maximum, max, the maximum, the max, largest, the largest"),
      things,
      phrase("size", "value", "amount", "cost", "volume"),
      maybe(first(word(":", "is", "of", "="))),
      amount,
    ],
    ([, thing, , , sum], span) => [
      ...[frame("size", span), ...thingFacets(thing)],
      {
        is: "limit",
        side: "most",
        amount: sum.amount,
        unit: { of: "measure", measure: sum.measure },
        ...span,
      },
    ],
  ),
  seq(
    [phrase("no single", "no one", "no individual", "not a single"), singularThing(), adjuncts, OVER, amount],
    ([, thing, more, , sum], span) => [
      ...[frame("size", span), ...thing, ...more],
      {
        is: "limit",
        side: "most",
        amount: sum.amount,
        unit: { of: "measure", measure: sum.measure },
        ...span,
      },
    ],
  ),
  seq(
    [
      phrase("no single", "no one", "no individual", "no", "not a single"),
      first<Facets>(singularThing(), map(things, thingFacets)),
      first(
        phrase(`
          may be, may cost, can be, can cost, should be, should cost, may exceed, can exceed, must be,
          must exceed, must cost, may use, can use, may spend, may go
        `),
      ),
      maybe(MORE),
      amount,
    ],
    ([, thing, verb, over, sum], span) =>
      verb && (over !== undefined || true)
        ? [
            frame("size", span),
            ...thing,
            {
              is: "limit",
              side: "most",
              amount: sum.amount,
              unit: { of: "measure", measure: sum.measure },
              ...span,
            },
          ]
        : undefined,
  ),
  seq(
    [phrase("let no single", "let no"), singularThing(), phrase("cost", "use", "spend", "be"), OVER, amount],
    ([, thing, , , sum], span) => [
      frame("size", span),
      ...thing,
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

export const LONGER = phrase(`
  longer than, more than, over, for longer than, for more than, for over, beyond, above, past
`);

export const RUN = phrase(`
  runs, run, takes, take, lasts, last, is running, are running, has run, has been running,
  have been running, is taking, keeps running, goes on, exceeds, exceed, hangs, hang, executes,
  has been in flight, is in flight, stays open, running, taking, lasting, exceeding
`);

const killVerb = phrase(`
  kill, abort, cancel, stop, terminate, end, time out, timeout, cut off, interrupt, give up on, halt,
  shut down, drop
`);

export const callNoun: Parser<Facets> = first<Facets>(
  seq(
    [
      maybe(phrase("any, every, each, all, a, an, the, any single, any one")),
      maybe(word("tool api model llm single individual running")),
      word(...ACTION_NOUNS, ...ACTION_PLURALS, "tool", "tools", "anything", "everything"),
    ],
    () => [],
  ),
  seq([maybe(phrase("any, every, each, all, a, an, the")), things], ([, thing]) => thingFacets(thing)),
);

export const tooLong: Parser<Facets> = seq(
  [maybe(phrase("that", "which")), RUN, maybe(LONGER), duration],
  ([, verb, longer, length], span) =>
    verb && (longer !== undefined || true)
      ? [{ is: "duration", duration: length, side: "most", ...span }]
      : undefined,
);

export const timeoutSentence: Parser<Facets> = any<Facets>(
  seq([killVerb, callNoun, adjuncts, tooLong], ([, subject, more, length], span) => [
    frame("timeout", span),
    ...subject,
    ...more,
    ...length,
  ]),
  seq(
    [
      killVerb,
      callNoun,
      adjuncts,
      phrase(`
        after, at, once it has run for, after running for, if it has not finished within,
        if it has not finished after, if they have not finished within, unless it finishes within,
        when it has run for
      `),
      duration,
    ],
    ([, subject, more, , length], span) => [
      ...[frame("timeout", span), ...subject, ...more],
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      killVerb,
      callNoun,
      adjuncts,
      phrase("if", "when", "once", "as soon as", "whenever"),
      word("it", "they"),
      RUN,
      maybe(LONGER),
      duration,
    ],
    ([, subject, more, , , , , length], span) => [
      ...[frame("timeout", span), ...subject, ...more],
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase("give", "allow"),
      callNoun,
      maybe(phrase("at most", "up to", "no more than", "only")),
      duration,
      maybe(phrase("to finish", "to complete", "to run", "to return")),
    ],
    ([, subject, , length], span) => [
      frame("timeout", span),
      ...subject,
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      callNoun,
      phrase("has", "have", "gets", "get"),
      maybe(phrase("at most", "up to", "only")),
      duration,
      phrase("to finish", "to complete", "to run", "to return", "to end"),
    ],
    ([subject, , , length], span) => [
      frame("timeout", span),
      ...subject,
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase("no, let no, never let any, never let a, do not let any, do not let a, no single"),
      first<Facets>(singularThing(), callNoun),
      adjuncts,
      maybe(word("may", "can", "should", "must", "shall")),
      RUN,
      LONGER,
      duration,
    ],
    ([, subject, more, , , , length], span) => [
      ...[frame("timeout", span), ...subject, ...more],
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      callNoun,
      adjuncts,
      phrase("may run|take|last", "must run|take|last", "can run|take|last", "should run|take|last"),
      first(
        phrase(`
          at most, no longer than, no more than, up to, for at most, for no more than,
          for no longer than, for up to, less than, under
        `),
      ),
      duration,
    ],
    ([subject, more, , , length], span) => [
      ...[frame("timeout", span), ...subject, ...more],
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      callNoun,
      adjuncts,
      phrase(
        "must not run|take|last",
        "may not run|take|last",
        "should not run|take|last",
        "can not run|take|last",
        "must never run|take|last",
      ),
      LONGER,
      duration,
    ],
    ([subject, more, , , length], span) => [
      ...[frame("timeout", span), ...subject, ...more],
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      callNoun,
      adjuncts,
      phrase(`
        must finish, must complete, must end, have to finish, has to finish, should finish, must return,
        must be done, should complete, has to complete, must be finished, need to finish,
        needs to finish, has to end
      `),
      first(phrase("within, in, in under, in less than, in at most, within at most, after at most, before")),
      duration,
    ],
    ([subject, more, , , length], span) => [
      ...[frame("timeout", span), ...subject, ...more],
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      callNoun,
      phrase(`
        time out after, times out after, timeout after, get aborted after, is aborted after,
        are aborted after, is killed after, are killed after, is cancelled after, are cancelled after
      `),
      duration,
    ],
    ([subject, , length], span) => [
      ...[frame("timeout", span), ...subject],
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase("set", "use", "apply", "enforce", "impose"),
      maybe(word("a", "an", "the")),
      maybe(duration),
      phrase("timeout", "time limit", "time out", "deadline"),
      maybe(phrase("of", "at", "to")),
      maybe(duration),
    ],
    ([, , before, , , after], span) => {
      const length = before ?? after;
      return length === undefined || (before !== undefined && after !== undefined)
        ? undefined
        : [frame("timeout", span), { is: "duration", duration: length, side: "most", ...span }];
    },
  ),
  seq(
    [
      maybe(word("the")),
      phrase("timeout", "time limit"),
      adjuncts,
      first(word(":", "is", "of"), phrase("is set to")),
      duration,
    ],
    ([, , more, , length], span) => [
      frame("timeout", span),
      ...more,
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
);
