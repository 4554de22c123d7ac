/** Triggers without a bound of their own: what is too much, a calibrated detector decides. */

import { type Facets, frame } from "../../facets.js";
import { countedPlural, who } from "../../names/agents.js";
import { value } from "../../names/names.js";
import { thingFacets, things } from "../../names/things.js";
import { percent } from "../../numbers.js";
import { any, first, map, maybe, type Parser, phrase, seq, token, word } from "../../parser.js";
import { ACTION_PLURALS } from "../../vocabulary.js";
import { anySubject, errorAdjuncts, nTimes } from "./errors.js";

/** "its calls", "the actions of any agent", "an agent's requests", and whoever makes them. */
const callsOf: Parser<Facets> = any<Facets>(
  anySubject,
  seq(
    [
      maybe(phrase("the, all, its, their, all the, all of the, all its")),
      word(...ACTION_PLURALS),
      maybe(seq([phrase("of, by, from, to, made by, made to"), who], ([, facets]) => facets)),
    ],
    ([, , subject]) => subject ?? [],
  ),
  seq([who, word("'s"), word(...ACTION_PLURALS)], ([facets]) => facets),
);

const KEEP_DENIED = phrase(`
  keep|keeps being denied|refused|rejected|blocked, keep|keeps getting denied|refused|rejected|blocked,
  is|are denied|refused|rejected|blocked again and again, is|are denied|refused|rejected|blocked over and over,
  is|are being denied|refused|rejected|blocked again and again, is|are repeatedly denied|refused|rejected|blocked,
  is|are denied|refused|rejected|blocked repeatedly, is|are denied|refused|rejected|blocked time and again,
  is|are being denied|refused|rejected|blocked over and over,
  get|gets denied|refused|rejected|blocked again and again, get|gets denied|refused|rejected|blocked over and over
`);

/** "A deny storm". */
export const denyStorm: Parser<Facets> = map(
  phrase(`
    deny storm, deny storms, denial storm, denial storms, storm of denials, storms of denials,
    storm of refusals, storms of refusals
  `),
  (_, span) => [frame("denials", span)],
);

const STORMS = phrase(`
  causes, cause, is in, are in, produces, produce, triggers, trigger, runs into, run into, sets off, set off,
  hits, hit, starts, start
`);

const ARTICLE = word("a", "an", "any", "the");

/** What is enumerated: "recipients", "new callers", "values of tag `tenant`". */
const enumerated: Parser<string> = seq(
  [
    maybe(phrase("new, unknown, unseen, all the, the, our, all")),
    first(
      seq(
        [word("values"), phrase("of", "for"), maybe(word("the")), maybe(word("tag")), value],
        ([, , , , name]) => `tag:${name}`,
      ),
      countedPlural,
    ),
  ],
  ([, key]) => key,
);

const ENUMERATES = phrase(`
  enumerates, enumerate, is enumerating, are enumerating, starts enumerating, start enumerating,
  begins to enumerate, starts to enumerate, tries to enumerate, tries enumerating, keeps enumerating,
  enumerating
`);

/** "Enumeration of recipients". */
export const enumeration: Parser<Facets> = first<Facets>(
  seq([phrase("enumeration", "the enumeration"), word("of"), enumerated], ([, , key], span) => [
    frame("newcomers", span),
    { is: "of", key, ...span },
  ]),
  seq([phrase("enumerating"), enumerated], ([, key], span) => [
    frame("newcomers", span),
    { is: "of", key, ...span },
  ]),
);

export const LOOPS = phrase(`
  loops, loop, is looping, are looping, keeps looping, keep looping, is in a loop, are in a loop,
  goes|go round|around in circles, goes|go in circles, runs|run in circles, is|are going round|around in circles,
  is|are going in circles, is|are running in circles, is|are stuck in a loop, gets|get stuck in a loop,
  gets|get caught in a loop, is|are caught in a loop, runs|run into a loop, gets|get into a loop,
  keeps repeating itself, keep repeating themselves, repeats itself over and over, repeats itself again and again,
  does|do the same thing over and over, does|do the same thing again and again,
  keeps|keep doing the same thing, keeps|keep making the same call, keeps|keep making the same calls,
  makes|make the same call over and over, makes|make the same call again and again,
  makes|make the same calls over and over, makes|make the same calls again and again,
  repeats|repeat the same call over and over, repeats|repeat the same call again and again,
  repeats|repeat the same calls over and over, repeats|repeat the same calls again and again,
  keeps|keep repeating the same call, keeps|keep repeating the same calls, keeps going round in circles,
  stuck in a loop, looping
`);

const KEEPS_FAILING = phrase(`
  keeps|keep failing, keeps|keep erroring, keeps|keep returning errors, keeps|keep throwing errors,
  keeps|keep crashing, keeps|keep breaking, fails|fail again and again, fails|fail over and over,
  fails|fail time and again, fails|fail repeatedly, is|are failing again and again, is|are failing over and over,
  keeps|keep erroring out, repeatedly fails|fail
`);

const BURNS = phrase(`
  burns, burn, burns through, burn through, burns down, is burning, is burning through, are burning,
  are burning through, uses up, consumes, spends, exhausts, is using up
`);

const BURNT = phrase(`
  burns, is burning, is burnt, is burned, is being burned, is being burnt, is used up, is being used up,
  burns down, is consumed, is spent, is being spent, is exhausted
`);

// Elsewhere these words are vague, so they are no words of the grammar.
const TOO_FAST = seq(
  [
    word("too"),
    token("fast", (t) => (t.text === "fast" || t.text === "quickly" || t.text === "soon" ? true : undefined)),
  ],
  () => true,
);

/** "Its 1 percent error budget". */
const errorBudget: Parser<Facets> = first<Facets>(
  seq([maybe(word("a", "an", "the", "its", "their")), percent, budgetNoun()], ([, n], span) => [
    { is: "percent", percent: n, side: "most", ...span },
  ]),
  seq(
    [maybe(word("a", "an", "the", "its", "their")), budgetNoun(), word("of"), percent],
    ([, , , n], span) => [{ is: "percent", percent: n, side: "most", ...span }],
  ),
  seq([maybe(word("an", "the", "its", "their")), budgetNoun()], (_, span) => [
    {
      is: "refuse",
      reason: "it does not say how large the error budget is",
      help: "name the share of failures that is accepted: `its 1 percent error budget`",
      ...span,
    },
  ]),
);

/** What is spent meanwhile must be said: time alone is no work. */
const idle: Parser<Facets> = map(
  phrase(`
    makes no progress, make no progress, is making no progress, gets nowhere, is getting nowhere,
    makes no headway, does not make progress, does not make any progress
  `),
  (_, span) => [
    {
      is: "refuse",
      reason: "it does not say how much may be done before something new comes of it",
      help: "name it: `spends more than $5 without progress`; or write `goes round in circles`",
      ...span,
    },
  ],
);

/** Everything behind "when" that names no bound. */
export const calibratedTrigger: Parser<Facets> = any<Facets>(
  seq([callsOf, KEEP_DENIED], ([subject], span) => [frame("denials", span), ...subject]),
  seq([anySubject, STORMS, maybe(ARTICLE), denyStorm], ([subject, , , facets]) => [...facets, ...subject]),
  seq([maybe(phrase("there is, there are, we see")), maybe(ARTICLE), denyStorm], ([, , facets]) => facets),
  seq([anySubject, ENUMERATES, enumerated], ([subject, , key], span) => [
    frame("newcomers", span),
    ...subject,
    { is: "of", key, ...span },
  ]),
  seq([anySubject, ENUMERATES, nTimes, enumerated], ([subject, , times, key], span) => [
    frame("newcomers", span),
    ...subject,
    ...times,
    { is: "of", key, ...span },
  ]),
  seq([anySubject, idle], ([, facets]) => facets),
  seq([enumerated, phrase("is|are being enumerated, are enumerated, get enumerated")], ([key], span) => [
    frame("newcomers", span),
    { is: "of", key, ...span },
  ]),
  seq([anySubject, runsAway()], ([subject], span) => [frame("runaway", span), ...subject]),
  seq([anySubject, LOOPS], ([subject], span) => [frame("loop", span), ...subject]),
  seq([callsOf, KEEPS_FAILING, errorAdjuncts], ([subject, , more], span) => [
    frame("failing", span),
    ...subject,
    ...more,
  ]),
  seq([callsOf, BURNS, errorBudget, TOO_FAST, errorAdjuncts], ([subject, , budget, , more], span) => [
    frame("errorBudget", span),
    ...subject,
    ...budget,
    ...more,
  ]),
  seq(
    [
      maybe(seq([who, word("'s")], ([facets]) => facets)),
      errorBudget,
      maybe(seq([word("of", "for"), first<Facets>(who, map(things, thingFacets))], ([, facets]) => facets)),
      BURNT,
      TOO_FAST,
      errorAdjuncts,
    ],
    ([owner, budget, subject, , , more], span) => [
      frame("errorBudget", span),
      ...(owner ?? []),
      ...budget,
      ...(subject ?? []),
      ...more,
    ],
  ),
);

/** The same behind "that": "an agent that goes round in circles". */
export const calibratedRelative: Parser<Facets> = any<Facets>(
  map(KEEP_DENIED, (_, span) => [frame("denials", span)]),
  seq([STORMS, maybe(ARTICLE), denyStorm], ([, , facets]) => facets),
  seq([phrase("whose"), word(...ACTION_PLURALS), KEEP_DENIED], (_, span) => [frame("denials", span)]),
  seq([phrase("whose"), word(...ACTION_PLURALS), KEEPS_FAILING, errorAdjuncts], ([, , , more], span) => [
    frame("failing", span),
    ...more,
  ]),
  seq([ENUMERATES, nTimes, enumerated], ([, times, key], span) => [
    frame("newcomers", span),
    ...times,
    { is: "of", key, ...span },
  ]),
  idle,
  seq([ENUMERATES, enumerated], ([, key], span) => [frame("newcomers", span), { is: "of", key, ...span }]),
  map(runsAway(), (_, span) => [frame("runaway", span)]),
  map(LOOPS, (_, span) => [frame("loop", span)]),
  seq([KEEPS_FAILING, errorAdjuncts], ([, more], span) => [frame("failing", span), ...more]),
  seq([BURNS, errorBudget, TOO_FAST, errorAdjuncts], ([, budget, , more], span) => [
    frame("errorBudget", span),
    ...budget,
    ...more,
  ]),
);

function budgetNoun(): Parser<unknown> {
  return phrase("error budget", "failure budget", "budget of errors", "budget of failures");
}

function runsAway(): Parser<unknown> {
  return phrase(`
    runs away, run away, is running away, are running away, is a runaway, are runaways, becomes a runaway
  `);
}
