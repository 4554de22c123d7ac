/** What is limited: spending, tokens, calls, one action, somebody's or all. */

import type { Facets } from "../facets.js";
import { namedWho, who } from "../names/agents.js";
import { kindOfName } from "../names/names.js";
import { edgedThing, isCounted, type Thing, thingFacets, things } from "../names/things.js";
import { any, first, keep, lazy, many, map, maybe, type Parser, phrase, seq, word } from "../parser.js";
import { windowAdjective } from "../times.js";
import { ACTION_NOUNS } from "../vocabulary.js";
import { doVerb } from "./quantities.js";

const spendNoun = first(
  phrase(`
    spending, spend, costs, cost, the cost, the spend, the spending, usage, total spending, total spend,
    total cost, total costs, expenses, expenditure, expenditures, the budget, budget, total usage,
    the total cost, the total spend, its spending, their spending, overall spend, overall spending,
    spending on everything, total expenditure
  `),
);

const tokenNoun = phrase(`
  token use, token usage, tokens, token consumption, token spend, the number of tokens, total tokens,
  the tokens used, its tokens, its token use, its token usage
`);

const callsNoun = phrase(`
  the rate, the call rate, rate, call rate, the request rate, the number of calls|requests|actions,
  request rate, throughput, the rate of calls|requests|actions, traffic, calls, requests, actions,
  the number of tool|api calls, the call volume, the speed
`);

const numberOf = phrase(`
  the number of, the rate of, the count of, the total number of, the volume of, the frequency of,
  how many
`);

const concurrencyNoun = phrase(`
  concurrency, parallelism, the concurrency, the number of concurrent calls|actions|requests,
  the number of calls|actions|requests in flight, calls|actions|requests in flight,
  concurrent calls|actions|requests, simultaneous calls|actions|requests,
  parallel calls|actions|requests, in flight calls|actions|requests
`);

export const timeNoun = phrase(`
  runtime, run time, running time, the runtime, the run time, the running time, the duration, duration,
  execution time, the execution time, the timeout, timeout
`);

/** "each order", "any single transfer", "a refund": one action. */
export const oneAction: Parser<Facets> = first<Facets>(
  seq(
    [
      first(
        phrase(`
          each single, any single, every single, a single, any one, each individual, any individual,
          an individual, each and every, the size of any, the size of each, the size of a single, one
        `),
      ),
      singularThing(),
    ],
    ([, facets], span) => [{ is: "single", ...span }, ...facets],
  ),
  seq(
    [
      first(phrase("the size of", "the value of", "the amount of", "the cost of")),
      maybe(word("each", "any", "a", "an", "all", "every")),
      things,
    ],
    ([, , thing], span) => [{ is: "single", ...span }, ...thingFacets(thing)],
  ),
  seq([word("each any every a an individual single"), singularThing()], ([, facets], span) => [
    { is: "single", ...span },
    ...facets,
  ]),
  seq([word("individual", "single"), things], ([, thing], span) =>
    isCounted(thing) ? undefined : [{ is: "single", ...span }, ...thingFacets(thing)],
  ),
);

export function singularThing(): Parser<Facets> {
  return lazy(() =>
    first<Facets>(
      map(word(...ACTION_NOUNS), () => []),
      seq([maybe(word("tool", "api", "model", "llm")), word(...ACTION_NOUNS)], () => []),
      map(things, (thing: Thing) =>
        thing.isPlural || thing.globs.length === 0 || isCounted(thing) ? undefined : thingFacets(thing),
      ),
    ),
  );
}

export const limited: Parser<Facets> = keep(
  any<Facets>(
    seq(
      [
        maybe(word("the")),
        windowAdjectives(),
        spendNoun,
        maybe(seq([word("of", "by", "for"), who], ([, facets]) => facets)),
      ],
      ([, facets, , more], span) => [...facets, ...(more ?? []), { is: "sum", ...span }],
    ),
    seq(
      [
        maybe(word("the")),
        windowAdjectives(),
        tokenNoun,
        maybe(seq([word("of", "by", "for"), who], ([, facets]) => facets)),
      ],
      ([, facets, , more], span) => [...facets, ...(more ?? []), { is: "sum", measure: "tokens", ...span }],
    ),
    seq([who, word("'s"), windowAdjectives(), tokenNoun], ([facets, , more], span) => [
      ...facets,
      ...more,
      { is: "sum", measure: "tokens", ...span },
    ]),
    seq([who, word("'s"), windowAdjectives(), spendNoun], ([facets, , more], span) => [
      ...facets,
      ...more,
      { is: "sum", ...span },
    ]),
    seq([who, word("'s"), windowAdjectives(), callsNoun], ([facets, , more]) => [...facets, ...more]),
    seq([who, word("'s"), things], ([facets, , thing]) => [...facets, ...thingFacets(thing)]),
    seq([spendNoun, maybe(phrase("of", "by", "for", "from")), who], ([, , facets], span) => [
      ...facets,
      { is: "sum", ...span },
    ]),
    seq([callsNoun, maybe(phrase("of", "by", "for", "from")), who], ([, , facets]) => facets),
    map(callsNoun, () => []),
    seq(
      [
        numberOf,
        maybe(word("concurrent", "simultaneous", "parallel")),
        things,
        maybe(seq([who, maybe(phrase("may", "can", "is allowed to")), maybe(doVerb)], ([facets]) => facets)),
      ],
      ([, isParallel, thing, facets], span) => [
        ...(isParallel === undefined ? [] : [{ is: "inFlight" as const, ...span }]),
        ...thingFacets(thing),
        ...(facets ?? []),
      ],
    ),
    map(concurrencyNoun, (_, span) => [{ is: "inFlight", ...span }]),
    seq([concurrencyNoun, phrase("of", "for", "by"), who], ([, , facets], span) => [
      { is: "inFlight", ...span },
      ...facets,
    ]),
    seq([word("concurrent", "simultaneous", "parallel"), things], ([, thing], span) => [
      { is: "inFlight", ...span },
      ...thingFacets(thing),
    ]),
    oneAction,
    first<Facets>(
      map(edgedThing, thingFacets),
      who,
      nameOf(),
      seq([maybe(word("all")), things], ([, thing]) => thingFacets(thing)),
    ),
  ),
);

/** A name alone: an agent's if it sounds like one, a tool's if it is code, and else both. */
export function nameOf(): Parser<Facets> {
  const tool: Parser<Facets> = map(things, (thing) =>
    thing.globs.every((glob) => !glob.startsWith("~") && kindOfName(glob) !== "who") && thing.globs.length > 0
      ? thingFacets(thing)
      : undefined,
  );
  return {
    first: new Set(["#name"]),
    empty: false,
    at: (state, i) => any<Facets>(namedWho, tool).at(state, i),
  };
}

export function windowAdjectives(): Parser<Facets> {
  return map(many(windowAdjective), (lists) => lists.flat());
}
