/** Limits on what somebody may do: "may make at most 5 calls", "never more than", "let it". */

import { rootOf } from "../../../core/words.js";
import { adjuncts } from "../adjuncts/adjuncts.js";
import { type Facets, frame } from "../facets.js";
import { actor, nobody, who } from "../names/agents.js";
import { deed } from "../names/deeds.js";
import { actGlobs, exactName, wordsGlob } from "../names/names.js";
import { type Thing, thingFacets } from "../names/things.js";
import { any, first, map, maybe, type Parser, phrase, seq, token, word } from "../parser.js";
import { window } from "../times.js";
import { LIGHT_VERBS, TOOL_VERBS } from "../vocabulary.js";
import { limitNoun } from "./limits.js";
import {
  bounded,
  doAtMost,
  doMoreThan,
  doOne,
  doSome,
  exceed,
  excessOnly,
  MORE,
  MOST,
  mostOf,
  often,
  receive,
  underOf,
} from "./quantities.js";
import { limited, oneAction, windowAdjectives } from "./subjects.js";

const MAY_WORDS = phrase(`
  may, can, could, is allowed to, are allowed to, is permitted to, are permitted to, should, must,
  shall, gets to, get to, is free to, will, is able to, are able to
`);

/** "may", "may each": the second tells that each is counted by itself. */
export const MAY: Parser<Facets> = seq([MAY_WORDS, maybe(word("each"))], ([, each], span) =>
  each === undefined ? [] : [{ is: "apiece", ...span }],
);

export const MAY_NOT = phrase(`
  may not, may never, can not, can never, must not, must never, should not, should never, shall not,
  shall never, is not allowed to, are not allowed to, is never allowed to, are never allowed to,
  is not permitted to, are not permitted to, could not, will not, will never, is forbidden to,
  are forbidden to, is prohibited from, are prohibited from, is banned from, are banned from,
  is forbidden from, are forbidden from, is blocked from, does not get to, is not to, are not to,
  has no permission to, do not get to, is barred from, are barred from, may under no circumstances,
  must under no circumstances, is never to
`);

export const MAY_ONLY = phrase(`
  may only, can only, must only, should only, is only allowed to, are only allowed to,
  may do nothing but, shall only, may at most, can at most
`);

export const CONFINED = phrase(`
  is limited to, are limited to, is restricted to, are restricted to, is confined to, are confined to
`);

const DONE = phrase(`
  called, used, invoked, run, made, sent, placed, executed, performed, issued, started, triggered
`);

export const LIMITED_TO = phrase(`
  shall be limited to, should be limited to, must be limited to, shall be capped at,
  should be capped at, must be capped at, costs at most, cost at most, costs no more than,
  cost no more than, costs up to, cost up to, is allowed, are allowed, is permitted, are permitted,
  is limited to, are limited to, is capped at, are capped at, is restricted to, are restricted to,
  is held to, is throttled to, are throttled to, limited to, capped at, must not exceed, may not exceed,
  can not exceed, should not exceed, must never exceed, should never exceed, may never exceed,
  shall not exceed, must not go over, may not go over, must not be more than, may not be more than,
  must be at most, should be at most, may be at most, must not go above, gets at most, gets up to,
  gets no more than, get at most, has at most, have at most, may have at most, may have up to,
  may have no more than, can have at most, can have up to, can have no more than, must stay within,
  must stay at or below, should not go over, may cost at most, must cost at most, can cost at most,
  may cost up to, must not cost more than, may not cost more than, should not cost more than,
  can not cost more than, is at most, are at most, is bounded by, can be at most, may be up to,
  may not be over, must not be over, may not be above, gets, must be no more than,
  should be no more than
`);

const STRICT = phrase(`
  must stay under, must stay below, should stay under, should stay below, must remain under,
  must remain below, must be under, must be below, should be under, must be less than
`);

/** "Each agent may spend at most $50 a day", "No agent may make more than 5 calls a minute". */
export const modalLimit: Parser<Facets> = any<Facets>(
  seq(
    [
      actor,
      adjuncts,
      MAY,
      adjuncts,
      first<Facets>(
        doAtMost,
        seq([maybe(word("only")), doSome], ([, facets]) => facets),
      ),
    ],
    ([subject, a, may, b, limit], span) => [frame("limit", span), ...subject, ...a, ...may, ...b, ...limit],
  ),
  seq([actor, MAY, doOne, window], ([subject, may, limit, length], span) => [
    frame("limit", span),
    ...subject,
    ...may,
    ...limit,
    ...length,
  ]),
  seq([actor, MAY_ONLY, first<Facets>(doSome, bounded, mostOf)], ([subject, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...limit,
  ]),
  seq(
    [actor, adjuncts, MAY_NOT, maybe(word("ever")), first<Facets>(doMoreThan, exceed)],
    ([subject, more, , , limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq(
    [nobody, adjuncts, MAY, maybe(word("ever")), first<Facets>(doMoreThan, exceed)],
    ([subject, more, , , limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq([limited, adjuncts, STRICT, underOf], ([subject, more, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...more,
    ...limit,
  ]),
  seq([limited, adjuncts, LIMITED_TO, first<Facets>(bounded, mostOf)], ([subject, more, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...more,
    ...limit,
  ]),
  seq([nobody, adjuncts, doMoreThan], ([subject, more, limit], span) => [
    frame("limit", span),
    ...subject,
    ...more,
    ...limit,
  ]),
  seq([actor, MAY_WORDS, receive, bounded], ([subject, , , limit], span) =>
    isTagged(subject) ? [frame("limit", span), ...subject, ...limit] : undefined,
  ),
  seq([nobody, adjuncts, receive, excessOnly], ([subject, more, , limit], span) =>
    isTagged(subject) || !limit.some(({ is }) => is === "condition")
      ? [frame("limit", span), ...subject, ...more, ...limit]
      : undefined,
  ),
  seq([nobody, adjuncts, MAY, receive, excessOnly], ([subject, more, , , limit], span) =>
    isTagged(subject) ? [frame("limit", span), ...subject, ...more, ...limit] : undefined,
  ),
  seq(
    [actor, MAY_WORDS, word("call", "use", "invoke", "run"), who, bounded],
    ([subject, , , object, limit], span) => [frame("limit", span), ...subject, ...object, ...limit],
  ),
  seq(
    [
      limited,
      adjuncts,
      phrase("may be, can be, should be, must be, is to be, are to be"),
      DONE,
      adjuncts,
      bounded,
    ],
    ([subject, a, , , b, limit], span) => [frame("limit", span), ...subject, ...a, ...b, ...limit],
  ),
  seq(
    [who, phrase("may be", "can be", "should be", "must be"), participle(), bounded],
    ([subject, , verb, limit], span) =>
      LIGHT_VERBS.has(verb)
        ? undefined
        : [
            frame("limit", span),
            ...subject,
            ...done({ globs: [], isPlural: false, ...span }, verb),
            ...limit,
          ],
  ),
  seq([limited, word(":"), first<Facets>(bounded, mostOf)], ([subject, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...limit,
  ]),
  seq(
    [
      limited,
      adjuncts,
      phrase("may not be, must not be, can not be, should not be, must never be, may never be"),
      DONE,
      excessOnly,
    ],
    ([subject, a, , , limit], span) => [frame("limit", span), ...subject, ...a, ...limit],
  ),
  seq(
    [nobody, adjuncts, phrase("may be", "can be", "should be", "must be"), DONE, excessOnly],
    ([subject, more, , , limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq(
    [oneAction, phrase("may", "can", "must", "should"), word("use", "cost", "spend", "consume"), bounded],
    ([subject, , , limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
  seq(
    [oneAction, MAY_NOT, word("use", "cost", "spend", "consume"), excessOnly],
    ([subject, , , limit], span) => [...[frame("limit", span), ...subject, ...limit]],
  ),
  // "The trader's daily budget is $100"
  seq(
    [
      who,
      word("'s"),
      windowAdjectives(),
      limitNoun,
      first(word("is", ":", "="), phrase("is set to")),
      first<Facets>(bounded, mostOf),
    ],
    ([subject, , adjectives, , , limit], span) => [frame("limit", span), ...subject, ...adjectives, ...limit],
  ),
);

function isTagged(subject: Facets): boolean {
  return subject.some((facet) => facet.is === "per" && !facet.keys.includes("source"));
}

export const NEVER = phrase(`
  never, do not, do not ever, never ever, under no circumstances, at no time, no one may, we never,
  we do not, you must not, you may not, you must never, must not, must never, may not, may never
`);
const LET = phrase("let", "allow", "permit");

/** "Never spend more than $50 a day", "Do not let any agent send more than 5 emails an hour". */
export const neverMore: Parser<Facets> = any<Facets>(
  seq(
    [
      NEVER,
      first<Facets>(
        doMoreThan,
        exceed,
        seq([phrase("go over, go above, allow, permit, have, accept"), excessOnly], ([, facets]) => facets),
      ),
    ],
    ([, limit], span) => [frame("limit", span), ...limit],
  ),
  seq(
    [phrase("let", "allow"), nobody, maybe(word("to")), first<Facets>(doMoreThan, exceed)],
    ([, subject, , limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
  seq([phrase("never", "not ever"), excessOnly], ([, limit], span) => [frame("limit", span), ...limit]),
  seq([NEVER, deed, MORE, often], ([, thing, , limit], span) => [
    frame("limit", span),
    ...thingFacets(thing),
    ...limit,
  ]),
  seq([first(nobody), adjuncts, MAY, deed, MORE, often], ([subject, more, , thing, , limit], span) =>
    thing.globs.length === 0
      ? undefined
      : [frame("limit", span), ...subject, ...more, ...thingFacets(thing), ...limit],
  ),
  seq([actor, MAY_NOT, deed, MORE, often], ([subject, , thing, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...thingFacets(thing),
    ...limit,
  ]),
  seq([actor, MAY, deed, maybe(first(MOST, word("only"))), often], ([subject, may, thing, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...may,
    ...thingFacets(thing),
    ...limit,
  ]),
  seq(
    [limited, MAY_WORDS, word("be"), DONE, maybe(word("only")), often],
    ([subject, , , , , limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
  seq([deed, MOST, often], ([thing, , limit], span) => [
    frame("limit", span),
    ...thingFacets(thing),
    ...limit,
  ]),
  seq(
    [NEVER, LET, who, maybe(word("to")), first<Facets>(doMoreThan, exceed, doReachNever())],
    ([, , subject, , limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
  seq(
    [
      phrase("prevent", "stop", "keep", "block", "forbid"),
      who,
      word("from"),
      first<Facets>(doMoreThan, exceed),
    ],
    ([, subject, , limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
  seq([phrase("never let", "do not let"), limited, exceed], ([, subject, limit], span) => [
    frame("limit", span),
    ...subject,
    ...limit,
  ]),
);

function doReachNever(): Parser<Facets> {
  return seq([phrase("have", "make"), excessOnly], ([, facets]) => facets);
}

/** "Spend at most $50 a day", "use no more than 100k tokens per run", "send at most 5 emails an hour". */
export const doSentence: Parser<Facets> = seq(
  [maybe(phrase("only", "we may", "you may")), doAtMost],
  ([, limit], span) => [frame("limit", span), ...limit],
);

/** "Let all agents together spend at most $50 per day": the printer's own form. */
export const letSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      word("let"),
      first<Facets>(
        who,
        map(exactName, (name, span): Facets => [
          { is: "condition", condition: { is: "source", globs: [name], ...span }, ...span },
        ]),
      ),
      first<Facets>(
        doSome,
        seq([word("have"), bounded], ([, facets]) => facets),
      ),
    ],
    ([, subject, limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
);

export function participle(): Parser<string> {
  return token("a participle", (t) =>
    t.kind === "word" && (TOOL_VERBS.has(rootOf(t.text)) || LIGHT_VERBS.has(t.text)) ? t.text : undefined,
  );
}

/** "orders may be placed", "emails may be sent". */
export function done(thing: Thing, verb: string): Facets {
  if (LIGHT_VERBS.has(verb)) return thingFacets(thing);
  const globs = thing.globs.length === 0 ? [wordsGlob([verb])] : actGlobs(verb, thing.globs);
  return thingFacets({ ...thing, globs });
}
