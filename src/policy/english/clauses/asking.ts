/** What a human is asked about before it is done. */

import { adjuncts } from "../adjuncts/adjuncts.js";
import { type Facets, frame } from "../facets.js";
import { actor, nobody } from "../names/agents.js";
import { deed } from "../names/deeds.js";
import { suffered, type Thing, thingFacets, things } from "../names/things.js";
import { any, first, map, maybe, type Parser, phrase, seq, word } from "../parser.js";
import { MAY, MAY_NOT, NEVER } from "./modals.js";

const HUMAN = phrase(`
  a human, me, a person, an operator, the operator, someone, somebody, us, for approval, for permission,
  a human operator, for human approval, for confirmation, a human for approval, me for approval,
  for my approval, first, a manager, an admin, the owner, a human first, me first,
  an operator for approval, the user
`);

const BEFORE = phrase(`
  before, prior to, ahead of, before allowing, before doing, for, about, before any agent,
  before letting anyone, before it can, before running, before making
`);

/** "deleting anything". */
export function gerund(): Parser<Thing> {
  return {
    first: null,
    empty: false,
    at: (state, i) => (/^\p{L}{2,}ing$/u.test(state.tokens[i]?.text ?? "") ? deed.at(state, i) : []),
  };
}

const asked: Parser<Facets> = first<Facets>(
  map(suffered, thingFacets),
  map(deed, thingFacets),
  seq([maybe(phrase("any, every, each, all, a, an")), things], ([, thing]) => thingFacets(thing)),
);

const WITHOUT = phrase(`
  without approval, without asking, without permission, without human approval,
  without a human's approval, without my approval, without asking a human, without asking first,
  without asking me, without a human, without prior approval, without an operator's approval,
  without confirmation, without asking me first, without operator approval, unless approved,
  unless a human approves, unless a human has approved it, unless i approve, without sign off,
  without approval from a human
`);

/** "Ask a human before any refund over $200". */
export const askSentence: Parser<Facets> = any<Facets>(
  // "Never trade without approval", "Payments over $5 are not allowed without approval"
  seq([NEVER, deed, adjuncts, WITHOUT], ([, thing, more], span) => [
    frame("ask", span),
    ...thingFacets(thing),
    ...more,
  ]),
  seq(
    [
      phrase("no", "never allow", "do not allow", "never allow any", "do not allow any"),
      things,
      adjuncts,
      WITHOUT,
    ],
    ([, thing, more], span) => [frame("ask", span), ...thingFacets(thing), ...more],
  ),
  seq([actor, MAY_NOT, deed, adjuncts, WITHOUT], ([subject, , thing, more], span) => [
    frame("ask", span),
    ...subject,
    ...thingFacets(thing),
    ...more,
  ]),
  seq([nobody, MAY, deed, adjuncts, WITHOUT], ([subject, , thing, more], span) => [
    frame("ask", span),
    ...subject,
    ...thingFacets(thing),
    ...more,
  ]),
  seq(
    [
      things,
      adjuncts,
      phrase(`
        is|are not allowed, is|are forbidden, may not happen, must not happen, may not be made,
        is|are never allowed, is|are not permitted, must not be made
      `),
      WITHOUT,
    ],
    ([thing, more], span) => [frame("ask", span), ...thingFacets(thing), ...more],
  ),
  seq(
    [
      things,
      adjuncts,
      phrase("is|are only allowed with", "is|are allowed only with", "only with", "only after"),
      phrase("approval", "human approval", "a human's approval", "permission"),
    ],
    ([thing, more], span) => [frame("ask", span), ...thingFacets(thing), ...more],
  ),
  seq(
    [
      phrase(`
        ask, ask first, ask permission, check, check first, confirm, ask for confirmation,
        pause and ask, always ask, stop and ask
      `),
      BEFORE,
      asked,
    ],
    ([, , thing], span) => [frame("ask", span), ...thing],
  ),
  seq(
    [
      maybe(phrase("always", "agents must", "the agent must")),
      phrase(`
        ask, check with, get permission from, get approval from, consult, wait for, seek approval from
      `),
      HUMAN,
      BEFORE,
      asked,
    ],
    ([, , , , thing], span) => [frame("ask", span), ...thing],
  ),
  seq(
    [
      phrase("require, demand, need, get, obtain, we need, wait for, seek, ask for, insist on"),
      maybe(word("a", "an", "my", "prior", "manual")),
      phrase(`
        approval, human approval, operator approval, human confirmation, confirmation, permission,
        manual approval, sign off, a human, human review, approval from a human, approval by a human,
        a human's approval, approval from an operator
      `),
      BEFORE,
      asked,
    ],
    ([, , , , thing], span) => [frame("ask", span), ...thing],
  ),
  seq(
    [
      phrase(`
        a human must approve, an operator must approve, a human has to approve, someone must approve,
        i must approve, i want to approve, i have to approve, a person must approve,
        require a human to approve, have a human approve, let a human approve, a human should approve,
        have someone approve, we must approve, i need to approve, a human needs to approve,
        require an operator to approve
      `),
      maybe(phrase("any, every, each, all, a, an")),
      things,
    ],
    ([, , thing], span) => [frame("ask", span), ...thingFacets(thing)],
  ),
  seq(
    [
      maybe(phrase("any, every, each, all, a, an")),
      first<Thing>(gerund(), things),
      adjuncts,
      phrase(`
        require|requires approval, need|needs approval, require|requires human approval,
        need|needs human approval, must be approved, must be approved by a human,
        has|have to be approved, has|have to be approved by a human, need|needs a human,
        require|requires a human, need|needs to be approved, need|needs to be approved by a human,
        must be confirmed by a human, need|needs confirmation, require|requires confirmation,
        require|requires manual approval, need|needs permission, need|needs my approval,
        require|requires my approval, must be approved by an operator, need|needs sign off,
        need|needs an operator's approval, require|requires operator approval,
        need|needs approval by a human, need|needs approval from a human,
        require|requires approval from a human, should be approved by a human,
        need|needs a human's approval, require|requires permission, only with approval,
        only after approval, only with human approval
      `),
    ],
    ([, thing, more], span) => [frame("ask", span), ...thingFacets(thing), ...more],
  ),
  seq(
    [
      actor,
      phrase(`
        must ask, must ask a human, has to ask, has to ask a human, should ask, should ask a human,
        needs approval, need approval, needs permission, requires approval, must get approval,
        needs human approval, must request approval, must ask for approval, must ask for permission,
        have to ask, have to ask a human, need human approval, must have approval, must ask first,
        require approval, needs a human
      `),
      phrase("before", "to", "for", "prior to"),
      deed,
    ],
    ([subject, , , thing], span) => [frame("ask", span), ...subject, ...thingFacets(thing)],
  ),
);
