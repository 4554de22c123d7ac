/** What alone may be done, and who alone may do it. */

import { adjuncts } from "../adjuncts/adjuncts.js";
import { type Facet, type Facets, frame } from "../facets.js";
import type { Span } from "../lexer.js";
import { actor, who } from "../names/agents.js";
import { deed } from "../names/deeds.js";
import { type Thing, thingFacets, things } from "../names/things.js";
import { any, first, maybe, type Parser, phrase, seq, token, word } from "../parser.js";
import { ROLES } from "../vocabulary.js";
import { CONFINED, done, MAY_ONLY, participle } from "./modals.js";

/** "Only allow trades on weekdays", "The researcher may only search", "Only the trader may place orders". */
export const onlySentence: Parser<Facets> = any<Facets>(
  seq(
    [
      phrase(`
        only allow, allow only, permit only, only permit, only ever allow, allow nothing but,
        only let through, allow nothing except, allow nothing other than, only accept, accept only,
        allow nothing apart from
      `),
      maybe(word("the", "calls to")),
      things,
    ],
    ([, , thing], span) => [frame("allowOnly", span), ...thingFacets(thing)],
  ),
  seq(
    [phrase("only allow", "allow only", "only permit", "only let"), who, maybe(word("to")), deed],
    ([, subject, , thing], span): Facets => [...subject, ...thingFacets(thing), unclearFocus(span)],
  ),
  seq([actor, CONFINED, deed], ([subject, , thing], span) => [
    frame("allowOnly", span),
    ...subject,
    ...thingFacets(thing),
  ]),
  seq([actor, MAY_ONLY, deed], ([subject, , thing], span) => [
    frame("allowOnly", span),
    ...subject,
    ...thingFacets(thing),
  ]),
  seq(
    [actor, phrase("may", "can", "is allowed to", "must", "should"), deed, adjuncts, word("only")],
    ([subject, , thing, after], span) => [
      frame("allowOnly", span),
      ...subject,
      ...thingFacets(thing),
      ...after,
      conditional(span),
    ],
  ),
  seq([first<Thing>(deed, things), adjuncts, word("only")], ([thing, after], span) => [
    frame("allowOnly", span),
    ...thingFacets(thing),
    ...after,
    conditional(span),
  ]),
  seq(
    [actor, phrase("may", "can", "is allowed to", "must", "should"), deed, word("only"), adjuncts],
    ([subject, , thing, , after], span) => [
      frame("allowOnly", span),
      ...subject,
      ...thingFacets(thing),
      ...after,
      conditional(span),
    ],
  ),
  seq(
    [
      phrase("only allow", "only let", "limit", "restrict", "confine"),
      who,
      phrase("to"),
      maybe(word("only")),
      things,
    ],
    ([, subject, , , thing], span) => [frame("allowOnly", span), ...subject, ...thingFacets(thing)],
  ),
  seq(
    [
      phrase("only", "nothing but", "nothing except", "nothing other than"),
      things,
      phrase(`
        is|are allowed, is|are permitted, may be used, may be called, may run, can be used, is|are ok,
        is|are okay
      `),
    ],
    ([, thing], span) => [frame("allowOnly", span), ...thingFacets(thing)],
  ),
  seq([word("let"), who, word("only"), deed], ([, subject, , thing], span) => [
    frame("allowOnly", span),
    ...subject,
    ...thingFacets(thing),
  ]),
  seq(
    [
      phrase("let", "allow", "permit"),
      who,
      maybe(word("to")),
      word("use", "call", "run", "invoke"),
      phrase("only", "nothing but"),
      things,
    ],
    ([, subject, , , , thing], span) => [frame("allowOnly", span), ...subject, ...thingFacets(thing)],
  ),
  seq(
    [
      actor,
      phrase("may", "can", "is allowed to", "must", "should"),
      word("use", "call", "run", "invoke"),
      phrase("only", "nothing but"),
      things,
    ],
    ([subject, , , , thing], span) => [frame("allowOnly", span), ...subject, ...thingFacets(thing)],
  ),
  seq(
    [
      things,
      phrase("may only be", "can only be", "must only be", "should only be", "is|are only to be"),
      participle(),
      word("by"),
      first<Facets>(who, actor),
    ],
    ([thing, , verb, , subject], span) => [frame("onlyWho", span), ...subject, ...done(thing, verb)],
  ),
  seq(
    [things, phrase("may be", "can be", "must be", "should be"), participle(), word("only")],
    ([thing, , verb], span) => [frame("allowOnly", span), ...done(thing, verb), conditional(span)],
  ),
  seq(
    [
      things,
      phrase("may only be", "can only be", "must only be", "should only be", "is|are only to be"),
      participle(),
    ],
    ([thing, , verb], span) => [frame("allowOnly", span), ...done(thing, verb), conditional(span)],
  ),
  seq(
    [
      word("only"),
      first<Facets>(actor, plainRole()),
      phrase("may, can, is allowed to, are allowed to, should, is permitted to, must"),
      maybe(word("ever")),
      deed,
    ],
    ([, subject, , , thing], span) => [frame("onlyWho", span), ...subject, ...thingFacets(thing)],
  ),
  seq(
    [phrase("allow", "permit"), maybe(word("the", "any", "all")), things, adjuncts, word("only"), adjuncts],
    ([, , thing, before, , after], span) => [
      frame("allowOnly", span),
      ...thingFacets(thing),
      ...before,
      ...after,
      conditional(span),
    ],
  ),
  seq(
    [
      things,
      adjuncts,
      phrase(`
        is|are only allowed, is|are allowed only, is|are only permitted, is|are permitted only,
        may only happen, may happen only, can only happen, may only run, must only happen, only
      `),
    ],
    ([thing, before], span) => [
      frame("allowOnly", span),
      ...thingFacets(thing),
      ...before,
      conditional(span),
    ],
  ),
  seq([phrase("only"), deed], ([, thing], span) => [
    frame("allowOnly", span),
    ...thingFacets(thing),
    conditional(span),
    { is: "bareOnly", ...span },
  ]),
  seq([deed, word("only"), adjuncts], ([thing, , after], span) => [
    frame("allowOnly", span),
    ...thingFacets(thing),
    ...after,
    conditional(span),
  ]),
);

/** "Only ops may deploy". */
function plainRole(): Parser<Facets> {
  return token("who", (t) =>
    t.kind === "word" && ROLES.has(t.text)
      ? [
          {
            is: "condition",
            condition: { is: "source", globs: [`~${t.text}`], start: t.start, end: t.end },
            start: t.start,
            end: t.end,
          } satisfies Facet,
        ]
      : undefined,
  );
}

/** The sentence is about when, so there must be a when. */
export function conditional(span: Span): Facet {
  return { is: "conditional", ...span };
}

function unclearFocus(span: Span): Facet {
  return {
    ...{
      is: "refuse",
      reason: "two things can be meant: that nobody else may do it, or that nothing else may be done",
    },
    help: "write `Only the … may …`, or `The … may only …`",
    ...span,
  };
}

/** The printer's own form of an allow-list. */
export const allowList: Parser<Facets> = seq(
  [phrase("put actions"), adjuncts, phrase("on the allow list")],
  ([, facets], span) => [frame("allow", span), ...facets],
);
