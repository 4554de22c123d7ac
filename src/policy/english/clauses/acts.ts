/** Who or what is stopped, told of or asked about when something sets it off. */

import { adjuncts } from "../adjuncts/adjuncts.js";
import { type Facet, type Facets, frame, type Then, thenFacet } from "../facets.js";
import type { Span } from "../lexer.js";
import { who } from "../names/agents.js";
import { deed } from "../names/deeds.js";
import { kindOfName } from "../names/names.js";
import { thingFacets, things } from "../names/things.js";
import { any, first, map, maybe, type Parser, phrase, seq, word } from "../parser.js";
import { haltVerb } from "./access.js";
import { NEVER } from "./modals.js";
import { nameOf } from "./subjects.js";
import { relative, trigger } from "./triggers/triggers.js";

const stopVerb = phrase(`
  stop, pause, block, suspend, disable, cut off, refuse, deny, hold, reject, lock out, switch off,
  turn off, bench, open the breaker for, open the circuit for, trip the breaker for,
  break the circuit for, throttle, quarantine, stop calling, stop using, disallow, forbid, ban,
  back off from, take
`);

export const alertVerb = phrase(`
  alert, alert me, alert us, warn, warn me, warn us, notify, notify me, notify us, tell me, tell us,
  raise an alert, send an alert, raise an alarm, page me, flag, report, alert the operator,
  alert an operator, alert the team, warn the operator, notify the operator, tell the operator,
  notify the team, alert someone, detect, send me an alert, sound the alarm, raise a warning,
  let me know, page the operator, ping me, alert only, only alert, log an alert, just alert me,
  trigger an alert, issue an alert, issue a warning, warn the team, give a warning, inform me,
  only warn, alert on call
`);

export const askVerb = phrase(`
  ask a human, ask me, ask for approval, require approval, ask an operator, ask the operator,
  require human approval, ask for permission, get approval, ask, ask a person, ask us, ask someone,
  require a human, need approval, ask for a human, request approval
`);

export interface Act {
  readonly then: Then;
}

export const actVerb: Parser<Act> = first<Act>(
  map(haltVerb, () => ({ then: "halt" })),
  map(stopVerb, () => ({ then: "block" })),
);

type Target = Extract<Facet, { readonly is: "object" }>;

export const target = (object: Target["object"], facets: Facets, span: Span): Target => ({
  is: "object",
  object,
  facets,
  ...span,
});

/** A name alone that may be an agent's: every reading of it. */
function namedOne(): Parser<Facets> {
  return {
    first: new Set(["#name"]),
    empty: false,
    at: (state, i) => {
      const name = state.tokens[i]?.text ?? "";
      return kindOfName(name) === "what" ? [] : nameOf().at(state, i);
    },
  };
}

/** What is stopped. */
export const objectOf: Parser<Target> = first<Target>(
  map(
    phrase(`
      it, them, him, her, the run, that agent, that tool, that caller, this agent, the culprit,
      the caller in question
    `),
    (_, span) => target("it", [], span),
  ),
  map(phrase("the offender", "the offender for actions"), (_, span) => target("offender", [], span)),
  map(phrase("everything for actions"), (_, span) => target("everything", [], span)),
  map(
    phrase(`
      everything, all actions, the whole thing, all activity, things, all of it, all activities,
      all calls, the whole system, the system, the portfolio, the whole portfolio, the entire portfolio,
      the entire system, the platform, all agents, every agent and tool, the fleet, the whole fleet,
      all work, all operations
    `),
    (_, span) => target("everything", [], span),
  ),
  map(phrase("actions", "the action", "every action"), (_, span) => ({
    ...target("none", [], span),
    isNamed: true,
  })),
  map(who, (facets, span) => target("who", facets, span)),
  map(namedOne(), (facets, span) =>
    target(
      facets.some((facet) => facet.is === "condition" && facet.condition.is === "source") ? "who" : "things",
      facets,
      span,
    ),
  ),
  map(things, (thing, span) =>
    target(thing.globs.length === 0 ? "none" : "things", thingFacets(thing), span),
  ),
);

const WHEN = phrase(`
  when, if, whenever, once, as soon as, while, after, the moment, in case, should, as long as,
  in the event that, every time, any time, anytime, upon, on, where, at the moment, because, until
`);
const whenTrigger: Parser<Facets> = seq([WHEN, trigger], ([, facets]) => facets);

/** The verb with its object: "pause the agent", "shut everything down". */
const act: Parser<Facets> = any<Facets>(
  seq([actVerb, maybe(objectOf)], ([verb, object], span) => [
    thenFacet(verb.then, span),
    object ?? target("none", [], span),
  ]),
  map(
    phrase(`
      trip the breaker, open the breaker, open the circuit, break the circuit, trip the circuit breaker,
      open the circuit breaker
    `),
    (_, span): Facets => [thenFacet("block", span), target("none", [], span)],
  ),
  seq([first(word("shut", "switch", "turn")), objectOf, first(word("down", "off"))], ([, object], span) => [
    thenFacet("halt", span),
    object,
  ]),
);

const passiveAct: Parser<Then> = first<Then>(
  map(phrase("halted", "killed", "shut down", "frozen", "terminated"), () => "halt"),
  map(phrase("stopped", "paused", "blocked", "suspended", "throttled"), () => "block"),
);

/** "Halt the portfolio when losses exceed 5 percent". */
export const actSentence: Parser<Facets> = any<Facets>(
  seq([act, adjuncts, maybe(word(",")), whenTrigger], ([acting, more, , facets]) => [
    ...acting,
    ...more,
    ...facets,
  ]),
  seq([act, adjuncts, maybe(phrase("that", "which", "who")), relative], ([acting, more, , facets]) => [
    ...related(acting),
    ...more,
    ...facets,
  ]),
  // "Any agent making over 100 calls in a minute gets blocked"
  seq(
    [
      map(who, (facets, span) => target("who", facets, span)),
      maybe(phrase("that", "which", "who")),
      relative,
      adjuncts,
      maybe(word(",")),
      phrase("is, gets, must be, will be, should be, shall be, are, get, has to be"),
      passiveAct,
    ],
    ([object, , facets, more, , , verb], span) => [
      thenFacet(verb, span),
      ...related([object]),
      ...facets,
      ...more,
    ],
  ),
  // "Trading is halted when losses exceed 5 percent"
  seq(
    [
      map(
        first<Facets>(
          map(phrase("everything"), () => []),
          map(things, thingFacets),
        ),
        (facets, span) => target(facets.length === 0 ? "everything" : "things", facets, span),
      ),
      first<Then>(
        map(phrase("is|are halted", "is|are shut down", "is|are frozen", "must be halted"), () => "halt"),
        map(
          phrase(`
            is|are stopped, is|are paused, is|are blocked, is|are suspended, stop, stops, must stop,
            must be stopped, must pause
          `),
          () => "block",
        ),
      ),
      adjuncts,
      whenTrigger,
    ],
    ([object, verb, more, facets], span) => [thenFacet(verb, span), object, ...more, ...facets],
  ),
  // "No trading while …", "Never trade when …"
  seq([phrase("no", "no more"), things, adjuncts, whenTrigger], ([, thing, more, facets], span) => [
    thenFacet("block", span),
    target("things", thingFacets(thing), span),
    ...more,
    ...facets,
  ]),
  seq([NEVER, deed, adjuncts, whenTrigger], ([, thing, more, facets], span) => [
    thenFacet("block", span),
    target("things", thingFacets(thing), span),
    ...more,
    ...facets,
  ]),
);

export const alertSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      alertVerb,
      maybe(seq([phrase("on", "about", "of", "for"), objectOf], ([, object]) => object)),
      adjuncts,
      maybe(word(",")),
      first<Facets>(
        whenTrigger,
        seq([phrase("when", "if", "about", "that", "on"), trigger], ([, facets]) => facets),
      ),
    ],
    ([, object, more, , facets], span) => [
      thenFacet("alert", span),
      ...(object?.facets ?? []),
      ...more,
      ...facets,
    ],
  ),
  seq(
    [
      alertVerb,
      maybe(phrase("on", "about", "of")),
      objectOf,
      adjuncts,
      maybe(phrase("that", "which", "who")),
      relative,
    ],
    ([, , object, more, , facets], span) => [
      thenFacet("alert", span),
      ...clearly(object.facets),
      ...more,
      ...facets,
    ],
  ),
  // "Alert on any deletion": only told, never stopped.
  seq(
    [
      alertVerb,
      maybe(phrase("on, about, of, before, at, for, when there is, whenever there is, if there is")),
      maybe(phrase("any, every, each, all, a, an")),
      things,
    ],
    ([, , , thing], span) => [frame("deny", span), thenFacet("alert", span), ...thingFacets(thing)],
  ),
);

export const askWhen: Parser<Facets> = any<Facets>(
  seq(
    [
      askVerb,
      maybe(seq([phrase("before", "for", "about"), objectOf], ([, object]) => object)),
      adjuncts,
      maybe(word(",")),
      whenTrigger,
    ],
    ([, object, more, , facets], span) => [
      thenFacet("approve", span),
      ...(object?.facets ?? []),
      ...more,
      ...facets,
    ],
  ),
  seq([askVerb, word("before"), trigger], ([, , facets], span) => [thenFacet("approve", span), ...facets]),
);

/** "If losses exceed 5 percent, halt the portfolio". */
export const ifSentence: Parser<Facets> = seq(
  [
    phrase(`
      when, if, whenever, once, as soon as, after, the moment, in case, should, every time, any time,
      in the event that
    `),
    trigger,
    adjuncts,
    maybe(word(",")),
    maybe(word("then", "please")),
    any<Facets>(
      act,
      seq(
        [
          things,
          first<Then>(
            map(phrase("is|are halted"), () => "halt"),
            map(
              phrase(`
                stop, stops, must stop, is|are stopped, is|are paused, is|are blocked, is|are suspended
              `),
              () => "block",
            ),
          ),
        ],
        ([thing, verb], span) => [thenFacet(verb, span), target("things", thingFacets(thing), span)],
      ),
      seq([alertVerb], (_, span) => [thenFacet("alert", span)]),
      seq([askVerb], (_, span) => [thenFacet("approve", span)]),
      seq(
        [
          first(
            map(phrase("it is, it should be, they are, it must be, it gets, they get"), () => "it" as const),
            map(phrase("everything is", "the system is", "everything must be"), () => "everything" as const),
          ),
          first<Facets>(
            map(phrase("halted", "killed", "shut down", "frozen"), (_, span) => [thenFacet("halt", span)]),
            map(phrase("stopped", "paused", "blocked", "suspended"), (_, span) => [thenFacet("block", span)]),
          ),
        ],
        ([object, facets], span) => [...facets, target(object, [], span)],
      ),
    ),
  ],
  ([, facets, more, , , acting]) => [...facets, ...more, ...acting],
);

/** "agents that …": each of them; a call that runs too long is itself what ends. */
function related(acting: Facets): Facets {
  return acting.map((facet) =>
    facet.is === "object" ? { ...facet, facets: clearly(facet.facets), isRelative: true } : facet,
  );
}

function clearly(facets: Facets): Facets {
  return facets.map((facet) =>
    facet.is === "unclear" ? { is: "per", keys: [facet.each], start: facet.start, end: facet.end } : facet,
  );
}
