/** What may never be done. */

import { adjuncts } from "../adjuncts/adjuncts.js";
import { type Facets, frame, thenFacet } from "../facets.js";
import { actor, namedWho, nobody, who } from "../names/agents.js";
import { deed } from "../names/deeds.js";
import { wordsGlob } from "../names/names.js";
import { thingFacets, things } from "../names/things.js";
import { any, first, map, maybe, type Parser, phrase, seq, token, word } from "../parser.js";
import { gerund } from "./asking.js";
import { MAY, MAY_NOT, NEVER } from "./modals.js";
import { conditional } from "./only.js";
import { excessOnly } from "./quantities.js";

export const haltVerb = phrase(`
  halt, kill, shut down, freeze, terminate, shut off, pull the plug on, hit the kill switch on,
  stop and halt, emergency stop, stop everything by, halt and freeze
`);

const denyVerb = phrase(`
  block, forbid, deny, prohibit, ban, disallow, reject, refuse, never allow, do not allow, never permit,
  do not permit, stop, prevent, no, never let anyone do, outlaw, bar, never accept, do not accept,
  pause, disable, suspend
`);

/** "Never let the intern bot delete anything", "Block all trades on weekends". */
export const denySentence: Parser<Facets> = any<Facets>(
  seq(
    [
      phrase(`
        never allow actions, nothing may run, nothing runs, nothing may happen, nothing happens,
        nothing may be done, nothing must run, nothing is allowed to run, no actions, no action may run,
        nothing should run, no activity, no actions at all, nothing must happen, nothing should happen,
        no actions are allowed, no calls, do nothing
      `),
    ],
    (_, span) => [frame("deny", span), { is: "all", ...span }],
  ),
  seq(
    [
      denyVerb,
      maybe(phrase("all, any, every, each, all of the, the")),
      first<Facets>(map(things, thingFacets)),
      maybe(
        phrase(`
          at all, whatsoever, are allowed, is allowed, allowed, may happen, ever, may be made, please
        `),
      ),
    ],
    ([, , thing], span) => [frame("deny", span), ...thing],
  ),
  seq([NEVER, maybe(word("ever")), deed, maybe(phrase("at all", "ever"))], ([, , thing], span) => [
    frame("deny", span),
    ...thingFacets(thing),
  ]),
  seq(
    [
      phrase("never let, do not let, never allow, do not allow, never permit, do not permit"),
      who,
      adjuncts,
      maybe(word("to")),
      maybe(word("ever")),
      deed,
    ],
    ([, subject, more, , , thing], span) => [frame("deny", span), ...subject, ...more, ...thingFacets(thing)],
  ),
  seq(
    [
      phrase("never let", "do not let", "never allow", "do not allow"),
      actor,
      maybe(word("to")),
      maybe(word("ever")),
      deed,
    ],
    ([, subject, , , thing], span) => [frame("deny", span), ...subject, ...thingFacets(thing)],
  ),
  seq(
    [
      phrase("prevent, stop, block, forbid, prohibit, ban, keep, bar, disallow, deny"),
      actor,
      first(word("from", "to")),
      deed,
    ],
    ([, subject, , thing], span) => [frame("deny", span), ...subject, ...thingFacets(thing)],
  ),
  seq(
    [actor, adjuncts, MAY_NOT, maybe(word("ever")), deed, maybe(phrase("at all", "ever"))],
    ([subject, more, , , thing], span) => [frame("deny", span), ...subject, ...more, ...thingFacets(thing)],
  ),
  seq([nobody, adjuncts, MAY, maybe(word("ever")), deed], ([subject, more, , , thing], span) => [
    frame("deny", span),
    ...subject,
    ...more,
    ...thingFacets(thing),
  ]),
  seq(
    [
      phrase(`
        nothing may be, nothing must be, nothing can be, nothing should be, nothing must ever be,
        nothing may ever be
      `),
      token("a participle", (t) => (t.kind === "word" && t.text.endsWith("ed") ? t.text : undefined)),
    ],
    ([, verb], span) => [
      ...[frame("deny", span)],
      { is: "condition", condition: { is: "series", globs: [wordsGlob([verb])], ...span }, ...span },
    ],
  ),
  seq(
    [
      things,
      adjuncts,
      phrase(`
        is|are forbidden, is|are prohibited, is|are not allowed, is|are never allowed, is|are blocked,
        is|are banned, is|are not permitted, is|are off limits, is|are denied, is|are disallowed,
        must not happen, must never happen, may not happen, may not be used, must not be used,
        may never be used, must never be used, should never happen, may not be called,
        must not be called, must never be called, may never be called, is|are never permitted,
        may not run, must not run, is|are refused, should never be called, should never be used,
        can not be called, can not be used, may not be made, must not be made, must never be made,
        may not be sent, must not be sent, may never be sent, must never be sent, stop, stops
      `),
    ],
    ([thing, more], span) => [frame("deny", span), ...thingFacets(thing), ...more],
  ),
  seq([phrase("block, refuse, deny, reject, stop, forbid"), excessOnly], ([, limit], span) => [
    frame("limit", span),
    ...limit,
  ]),
  seq([phrase("block, deny, ban, forbid, disable, suspend"), namedWho], ([, subject], span) => [
    frame("deny", span),
    ...subject,
  ]),
  seq(
    [
      phrase("it is forbidden to", "it is not allowed to", "it is prohibited to", "it is never allowed to"),
      deed,
    ],
    ([, thing], span) => [frame("deny", span), ...thingFacets(thing)],
  ),
  seq(
    [
      gerund(),
      adjuncts,
      phrase(`
        is forbidden, is prohibited, is not allowed, is never allowed, is banned, is not permitted,
        is off limits
      `),
    ],
    ([thing, more], span) => [frame("deny", span), ...thingFacets(thing), ...more],
  ),
  seq(
    [gerund(), adjuncts, phrase("is only allowed", "is allowed only", "is only permitted")],
    ([thing, more], span) => [frame("allowOnly", span), ...thingFacets(thing), ...more, conditional(span)],
  ),
  seq(
    [
      haltVerb,
      first<Facets>(
        map(phrase("everything", "all actions", "the system"), (_, span): Facets => [{ is: "all", ...span }]),
        map(things, thingFacets),
      ),
    ],
    ([, thing], span) => [frame("deny", span), thenFacet("halt", span), ...thing, conditional(span)],
  ),
  seq(
    [phrase("forbid", "block", "deny"), who, phrase("all", "everything", "anything")],
    ([, subject], span) => [frame("deny", span), ...subject],
  ),
  seq([phrase("block, deny, ban, stop, pause, suspend, disable"), who], ([, subject], span) => [
    frame("deny", span),
    ...subject,
  ]),
  seq(
    [
      phrase(`
        nothing is allowed, deny everything, block everything, refuse everything, deny all, block all,
        forbid everything, prohibit everything
      `),
    ],
    (_, span) => [frame("deny", span), { is: "all", ...span }],
  ),
);
