import { adjuncts, fronted, OVER, rest } from "./conditions.js";
import { rootOf } from "../../core/words.js";
import type { Facet, Frame, Side, Then } from "./facets.js";
import {
  actGlobs,
  actor,
  countedPlural,
  deed,
  edgedThing,
  exactName,
  isCounted,
  isVerb,
  kindOfName,
  namedWho,
  nobody,
  suffered,
  type Thing,
  thingFacets,
  things,
  value,
  who,
  wordsGlob,
} from "./names.js";
import { amount, duration, money, multiple, number, percent } from "./numbers.js";
import {
  any,
  first,
  keep,
  lazy,
  many,
  map,
  maybe,
  type Parser,
  phrase,
  phrases,
  seq,
  token,
  word,
} from "./parser.js";
import { SCORE_SENTENCES } from "./score.js";
import { windowAdjective, window } from "./times.js";
import { ACTION_NOUNS, ACTION_PLURALS, LIGHT_VERBS, ROLES, SIGNAL_NOUNS, TOOL_VERBS } from "./vocabulary.js";

type Facets = readonly Facet[];
type Place = { readonly start: number; readonly end: number };

const frame = (name: Frame, span: Place): Facet => ({ is: "frame", frame: name, ...span });
const then = (name: Then, span: Place): Facet => ({ is: "then", then: name, ...span });

// How much.

const MOST = phrase(
  "at most",
  "no more than",
  "not more than",
  "up to",
  "a maximum of",
  "a max of",
  "maximum",
  "max",
  "maximum of",
  "max of",
  "at the most",
  "no greater than",
  "at the very most",
  "only up to",
  "not over",
  "not above",
  "a limit of",
  "a total of at most",
  "an upper limit of",
  "any more than",
  "a ceiling of",
  "a cap of",
  "the equivalent of at most",
);
const BELOW = phrase(
  "fewer than",
  "less than",
  "under",
  "below",
  "strictly less than",
  "strictly fewer than",
);

const side: Parser<Side> = first<Side>(
  map(MOST, () => "most"),
  map(BELOW, () => "under"),
);
const sideOrNone: Parser<Side> = first<Side>(
  side,
  seq([maybe(word("only"))], () => "most"),
);

/** A number of actions, or a sum, with what it is of. */
function quantity(of: Side): Parser<Facets> {
  return keep(
    any<Facets>(
      seq(
        [amount, maybe(seq([phrase("worth of", "in"), things], ([, thing]) => thing))],
        ([sum, thing], span) => [
          {
            is: "limit",
            side: of,
            amount: sum.amount,
            unit: { of: "measure", measure: sum.measure },
            ...span,
          },
          ...(thing === undefined ? [] : thingFacets(thing)),
        ],
      ),
      seq(
        [number, maybe(word("concurrent", "simultaneous", "parallel")), things],
        ([n, isParallel, thing], span) => [
          ...(thing.isTools === true
            ? [
                {
                  is: "refuse" as const,
                  reason: "a limit counts actions, and this counts different tools",
                  help: "write for instance: at most 3 calls at once",
                  ...span,
                },
              ]
            : []),
          ...(isCounted(thing)
            ? [
                {
                  is: "refuse" as const,
                  reason: "a limit counts actions, and this counts whom they are for",
                  help: "write `per recipient`, or: at most 5 new recipients per hour",
                  ...span,
                },
              ]
            : []),
          { is: "limit", side: of, amount: n, unit: { of: "actions" }, ...span },
          ...(isParallel === undefined ? [] : [{ is: "inFlight" as const, ...span }]),
          ...thingFacets(thing),
        ],
      ),
      seq(
        [number, phrases({ "rps, qps, tps": "1s", "rpm, qpm, tpm": "1m", rph: "1h" })],
        ([n, length], span) => [
          { is: "limit", side: of, amount: n, unit: { of: "actions" }, ...span },
          { is: "window", window: length, ...span },
        ],
      ),
      seq([number, maybe(word("times"))], ([n], span) => [
        { is: "limit", side: of, amount: n, unit: { of: "actions" }, ...span },
      ]),
      map(phrases({ once: 1, twice: 2, "three times": 3 }), (n, span) => [
        { is: "limit", side: of, amount: n, unit: { of: "actions" }, ...span },
      ]),
    ),
  );
}
const mostOf = quantity("most");
const underOf = quantity("under");
const reachOf = quantity("reach");

/** "at most 5 emails", "fewer than $50", "5 calls". */
const bounded: Parser<Facets> = first<Facets>(
  seq([MOST, mostOf], ([, facets]) => facets),
  seq([BELOW, underOf], ([, facets]) => facets),
);
const boundedOrBare: Parser<Facets> = first<Facets>(
  bounded,
  seq([maybe(word("only")), mostOf], ([, facets]) => facets),
);

/** "more than 5 emails", "over $50": what exceeds a limit. */
const MORE = phrase(
  "more than",
  "over",
  "above",
  "in excess of",
  "greater than",
  "beyond",
  "upwards of",
  "any more than",
  "as much as more than",
);
const LEAST = phrase("at least", "no fewer than", "no less than", "not less than");
/** "five or more files": more than four. */
const orMoreOf: Parser<Facets> = first<Facets>(
  seq([number, phrase("or more", "and more"), things], ([n, , thing], span) => [
    { is: "limit", side: "under", amount: n, unit: { of: "actions" }, ...span },
    ...thingFacets(thing),
  ]),
  seq([amount, phrase("or more")], ([sum], span) => [
    {
      is: "limit",
      side: "under",
      amount: sum.amount,
      unit: { of: "measure", measure: sum.measure },
      ...span,
    },
  ]),
);
const excess: Parser<Facets> = first<Facets>(
  orMoreOf,
  seq([MORE, mostOf], ([, facets]) => facets),
  seq([maybe(LEAST), reachOf], ([, facets]) => facets),
);
const excessOnly: Parser<Facets> = seq([MORE, mostOf], ([, facets]) => facets);

/** "twice", "5 times": how often something is done. */
const often: Parser<Facets> = first<Facets>(
  seq([number, word("times", "time")], ([n], span) => [
    { is: "limit", side: "most", amount: n, unit: { of: "actions" }, ...span },
  ]),
  map(phrases({ once: 1, twice: 2, thrice: 3 }), (n, span) => [
    { is: "limit", side: "most", amount: n, unit: { of: "actions" }, ...span },
  ]),
);

const measureVerbs = [
  "spend",
  "spends",
  "spending",
  "use",
  "uses",
  "using",
  "consume",
  "consumes",
  "consuming",
  "burn",
  "burns",
  "burning",
  "bill",
  "bills",
  "waste",
  "wastes",
  "blow",
  "spent",
];
const doVerb: Parser<string> = token("a verb", (t) =>
  t.kind === "word" &&
  !UNSURE.has(rootOf(t.text)) &&
  (LIGHT_VERBS.has(t.text) ||
    TOOL_VERBS.has(rootOf(t.text)) ||
    TOOL_VERBS.has(t.text) ||
    measureVerbs.includes(t.text))
    ? t.text
    : undefined,
);
/** Whoever gets something does nothing: what is done, the noun behind says. */
const UNSURE = new Set(["get"]);
const receive = word("get", "gets", "receive", "receives", "have", "has");

/** A limit with its verb: "send at most 5 emails" is about what sends emails. */
function withVerb(verb: string, facets: Facets): Facets | undefined {
  const limit = facets.find((facet) => facet.is === "limit");
  if (limit?.is !== "limit") return undefined;
  const base = rootOf(verb);
  if (measureVerbs.includes(verb)) {
    const isNamed = facets.some(
      (facet) =>
        facet.is === "condition" &&
        facet.condition.is === "series" &&
        facet.condition.globs.some((glob) => !glob.startsWith("~")),
    );
    return limit.unit.of === "measure" || (verb.startsWith("use") && !isNamed) ? facets : undefined;
  }
  if (LIGHT_VERBS.has(verb)) return facets;
  const glob = { start: limit.start, end: limit.end };
  if (!facets.some((facet) => facet.is === "condition")) {
    const condition = { is: "series" as const, globs: [wordsGlob([base])], ...glob };
    return [...facets, { is: "condition", condition, ...glob }];
  }
  return facets.map((facet) =>
    facet.is === "condition" && facet.condition.is === "series"
      ? { ...facet, condition: { ...facet.condition, globs: actGlobs(base, facet.condition.globs) } }
      : facet,
  );
}

const doAtMost: Parser<Facets> = seq([doVerb, bounded], ([verb, facets]) => withVerb(verb, facets));
const doSome: Parser<Facets> = seq([doVerb, boundedOrBare], ([verb, facets]) => withVerb(verb, facets));
/** "make a call every 5 minutes". */
const doOne: Parser<Facets> = seq([doVerb, word("a", "an"), things], ([verb, , thing], span) =>
  thing.isPlural
    ? undefined
    : withVerb(verb, [
        { is: "limit", side: "most", amount: 1, unit: { of: "actions" }, ...span },
        ...thingFacets(thing),
      ]),
);
const doMoreThan: Parser<Facets> = seq([doVerb, excessOnly], ([verb, facets]) => withVerb(verb, facets));
const doReach: Parser<Facets> = seq([maybe(word("has", "have")), doVerb, excess], ([, verb, facets]) =>
  withVerb(verb, facets),
);
const exceed: Parser<Facets> = seq(
  [word("exceed", "exceeds", "exceeding", "exceeded", "surpass", "surpasses"), mostOf],
  ([, facets]) => facets,
);

// What is limited.

const spendNoun = first(
  phrase(
    "spending",
    "spend",
    "costs",
    "cost",
    "the cost",
    "the spend",
    "the spending",
    "usage",
    "total spending",
    "total spend",
    "total cost",
    "total costs",
    "expenses",
    "expenditure",
    "expenditures",
    "the budget",
    "budget",
    "total usage",
    "the total cost",
    "the total spend",
    "its spending",
    "their spending",
    "overall spend",
    "overall spending",
    "spending on everything",
    "total expenditure",
  ),
);
const tokenNoun = phrase(
  "token use",
  "token usage",
  "tokens",
  "token consumption",
  "token spend",
  "the number of tokens",
  "total tokens",
  "the tokens used",
  "its tokens",
  "its token use",
  "its token usage",
);
const callsNoun = phrase(
  "the rate",
  "the call rate",
  "rate",
  "call rate",
  "the request rate",
  "the number of calls|requests|actions",
  "request rate",
  "throughput",
  "the rate of calls|requests|actions",
  "traffic",
  "calls",
  "requests",
  "actions",
  "the number of tool|api calls",
  "the call volume",
  "the speed",
);
const numberOf = phrase(
  "the number of",
  "the rate of",
  "the count of",
  "the total number of",
  "the volume of",
  "the frequency of",
  "how many",
);
const concurrencyNoun = phrase(
  "concurrency",
  "parallelism",
  "the concurrency",
  "the number of concurrent calls|actions|requests",
  "the number of calls|actions|requests in flight",
  "calls|actions|requests in flight",
  "concurrent calls|actions|requests",
  "simultaneous calls|actions|requests",
  "parallel calls|actions|requests",
  "in flight calls|actions|requests",
);
const timeNoun = phrase(
  "runtime",
  "run time",
  "running time",
  "the runtime",
  "the run time",
  "the running time",
  "the duration",
  "duration",
  "execution time",
  "the execution time",
  "the timeout",
  "timeout",
);

/** "each order", "any single transfer", "a refund": one action. */
const oneAction: Parser<Facets> = first<Facets>(
  seq(
    [
      first(
        phrase(
          "each single",
          "any single",
          "every single",
          "a single",
          "any one",
          "each individual",
          "any individual",
          "an individual",
          "each and every",
          "the size of any",
          "the size of each",
          "the size of a single",
          "one",
        ),
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
  seq(
    [word("each", "any", "every", "a", "an", "individual", "single"), singularThing()],
    ([, facets], span) => [{ is: "single", ...span }, ...facets],
  ),
  seq([word("individual", "single"), things], ([, thing], span) =>
    isCounted(thing) ? undefined : [{ is: "single", ...span }, ...thingFacets(thing)],
  ),
);

function singularThing(): Parser<Facets> {
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

const limited: Parser<Facets> = keep(
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
function nameOf(): Parser<Facets> {
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

function windowAdjectives(): Parser<Facets> {
  return map(many(windowAdjective), (lists) => lists.flat());
}

const longest: Parser<Facets> = seq([sideOrNone, duration], ([of, length], span) => [
  { is: "duration", duration: length, side: of, ...span },
]);

// The sentences. Each gives its phrases and leaves the rest of the sentence to `rest`.

const between: Parser<Facets> = adjuncts;

const capVerb = phrase(
  "cap",
  "limit",
  "restrict",
  "throttle",
  "hold",
  "keep",
  "bound",
  "constrain",
  "rate limit",
  "ratelimit",
  "ration",
  "confine",
  "clamp",
  "hold back",
  "slow",
  "slow down",
);
const toWord = phrase(
  "at",
  "to",
  "below",
  "under",
  "within",
  "at no more than",
  "to no more than",
  "at a maximum of",
  "to a maximum of",
  "to at most",
  "at at most",
  "to a max of",
  "at a max of",
  "to not more than",
  "to a total of",
  "at a total of",
  "to a limit of",
  "to just",
  "to only",
  "to up to",
);
const toUnder = phrase(
  "below",
  "under",
  "to under",
  "to below",
  "to less than",
  "to fewer than",
  "at less than",
  "at fewer than",
);

/** "Cap each caller at 8 requests per second". */
const capSentence: Parser<Facets> = seq(
  [
    capVerb,
    limited,
    between,
    first<Facets>(
      seq([toUnder, underOf], ([, facets]) => facets),
      seq([toWord, first<Facets>(bounded, mostOf)], ([, facets]) => facets),
    ),
  ],
  ([, subject, facets, limit], span) => [frame("limit", span), ...subject, ...facets, ...limit],
);

/** "Max concurrency 16". */
const concurrencySentence: Parser<Facets> = seq(
  [
    maybe(phrase("max", "maximum", "the maximum", "set", "set the", "the")),
    maybe(word("max", "maximum")),
    phrase("concurrency", "parallelism"),
    between,
    maybe(first(word(":", "is", "of", "=", "to"))),
    number,
  ],
  ([, , , more, , n], span) => [
    ...[frame("limit", span), ...more],
    { is: "inFlight", ...span },
    { is: "limit", side: "most", amount: n, unit: { of: "actions" }, ...span },
  ],
);

/** "Deploy one at a time", "No parallel deployments". */
const oneAtATime: Parser<Facets> = any<Facets>(
  seq(
    [
      first<Thing>(deed, things),
      maybe(phrase("run", "happen", "only", "must run", "may run", "only run")),
      maybe(word("only")),
      phrase("one at a time", "one by one", "one after the other", "one after another"),
    ],
    ([thing], span) => [
      ...[frame("limit", span), ...thingFacets(thing)],
      { is: "inFlight", ...span },
      { is: "limit", side: "most", amount: 1, unit: { of: "actions" }, ...span },
    ],
  ),
  seq(
    [phrase("no", "never run"), word("parallel", "concurrent", "simultaneous"), things],
    ([, , thing], span) => [
      ...[frame("limit", span), ...thingFacets(thing)],
      { is: "inFlight", ...span },
      { is: "limit", side: "most", amount: 1, unit: { of: "actions" }, ...span },
    ],
  ),
);

/** "Limit every call to 30 seconds". */
const capTime: Parser<Facets> = seq(
  [
    capVerb,
    first<Facets>(
      seq(
        [
          timeNoun,
          maybe(
            seq(
              [phrase("of", "for"), maybe(word("each", "any", "every", "all", "a")), things],
              ([, , thing]) => thing,
            ),
          ),
        ],
        ([, thing]) => (thing === undefined ? [] : thingFacets(thing)),
      ),
      oneAction,
      seq([maybe(word("all")), things], ([, thing]) => thingFacets(thing)),
    ),
    between,
    toWord,
    longest,
  ],
  ([, subject, facets, , length], span) => [
    frame("timeout", span),
    ...subject.filter(({ is }) => is !== "single"),
    ...facets,
    ...length,
  ],
);

/** "At most 5 emails per hour", "100 requests per minute per caller". */
const bareLimit: Parser<Facets> = seq(
  [
    maybe(
      phrase(
        "allow",
        "permit",
        "make",
        "accept",
        "let through",
        "there may be",
        "there must be",
        "there can be",
        "there should be",
        "there must never be",
        "we allow",
        "i allow",
      ),
    ),
    boundedOrBare,
    between,
    maybe(
      phrase(
        "may be made|sent|placed|run|executed|performed|issued|started|used|spent",
        "can be made|sent|placed|run|executed|performed|issued|started|used|spent",
        "may|can|should|must run",
        "should be made|sent|placed|run|executed|performed|issued|started|used|spent",
        "may happen",
        "can happen",
        "are allowed",
        "is allowed",
        "allowed",
        "are permitted",
        "may be in flight",
        "may be active",
        "may go out",
        "can be in flight",
      ),
    ),
  ],
  ([, limit, more], span) => [frame("limit", span), ...limit, ...more],
);

const limitNoun = phrase(
  "limit",
  "cap",
  "budget",
  "quota",
  "ceiling",
  "maximum",
  "rate limit",
  "spending limit",
  "spend limit",
  "spending cap",
  "budget limit",
  "allowance",
  "max",
  "call limit",
  "request limit",
  "token limit",
  "token budget",
  "cost limit",
  "cost cap",
  "spend cap",
  "upper limit",
  "upper bound",
  "hard limit",
  "hard cap",
  "rate cap",
);

/** "Allow each agent at most 5 emails per hour", "give every caller a budget of $5 a day". */
const grantSentence: Parser<Facets> = seq(
  [
    phrase("allow", "give", "permit", "grant", "let"),
    who,
    maybe(first(phrase("to make", "to have", "have", "make", "only", "to only make", "to do"))),
    between,
    first<Facets>(
      bounded,
      seq(
        [
          phrase("a budget of", "an allowance of", "a quota of", "a limit of", "only", "a rate limit of"),
          mostOf,
        ],
        ([, facets]) => facets,
      ),
    ),
  ],
  ([, subject, , facets, limit], span) => [frame("limit", span), ...subject, ...facets, ...limit],
);
const grantDo: Parser<Facets> = any<Facets>(
  seq(
    [phrase("allow", "permit", "let"), who, maybe(word("to")), maybe(word("only")), doSome],
    ([, subject, , , limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
  seq([phrase("allow", "give", "permit", "grant"), who, mostOf], ([, subject, limit], span) => [
    frame("limit", span),
    ...subject,
    ...limit,
  ]),
  seq(
    [
      phrase("give", "grant", "allow"),
      who,
      word("a", "an"),
      windowAdjectives(),
      limitNoun,
      word("of"),
      first<Facets>(bounded, mostOf),
    ],
    ([, subject, , adjectives, , , limit], span) => [
      frame("limit", span),
      ...subject,
      ...adjectives,
      ...limit,
    ],
  ),
  seq(
    [
      token("a verb", (t) =>
        t.kind === "word" && TOOL_VERBS.has(t.text) && t.text !== "get" ? t.text : undefined,
      ),
      who,
      bounded,
    ],
    ([verb, subject, limit], span) => {
      const facets = withVerb(verb, limit);
      return facets === undefined ? undefined : [frame("limit", span), ...subject, ...facets];
    },
  ),
);

/** "Set a global limit of 100 requests per second", "The daily budget is $50". */
const setSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      phrase(
        "set",
        "use",
        "apply",
        "enforce",
        "impose",
        "put",
        "place",
        "have",
        "introduce",
        "add",
        "establish",
        "maintain",
        "define",
      ),
      word("a", "an", "the"),
      windowAdjectives(),
      limitNoun,
      between,
      phrase("of", "at", "to", ":"),
      first<Facets>(bounded, mostOf),
    ],
    ([, , adjectives, , facets, , limit], span) => [frame("limit", span), ...adjectives, ...facets, ...limit],
  ),
  seq(
    [
      maybe(word("the", "a", "our")),
      windowAdjectives(),
      limitNoun,
      between,
      first(word("is", ":", "="), phrase("of", "is set to", "should be", "must be", "shall be")),
      first<Facets>(bounded, mostOf),
    ],
    ([, adjectives, , facets, , limit], span) => [frame("limit", span), ...adjectives, ...facets, ...limit],
  ),
  seq(
    [
      who,
      phrase("has", "have", "gets", "get", "is given", "are given", "is granted"),
      maybe(phrase("a", "an")),
      windowAdjectives(),
      limitNoun,
      phrase("of"),
      first<Facets>(bounded, mostOf),
    ],
    ([subject, , , adjectives, , , limit], span) => [
      ...[frame("limit", span), ...subject],
      ...[...adjectives, ...limit],
    ],
  ),
);

const MAY_WORDS = phrase(
  "may",
  "can",
  "could",
  "is allowed to",
  "are allowed to",
  "is permitted to",
  "are permitted to",
  "should",
  "must",
  "shall",
  "gets to",
  "get to",
  "is free to",
  "will",
  "is able to",
  "are able to",
);
/** "may", "may each": the second tells that each is counted by itself. */
const MAY: Parser<Facets> = seq([MAY_WORDS, maybe(word("each"))], ([, each], span) =>
  each === undefined ? [] : [{ is: "apiece", ...span }],
);
const MAY_NOT = phrase(
  "may not",
  "may never",
  "can not",
  "can never",
  "must not",
  "must never",
  "should not",
  "should never",
  "shall not",
  "shall never",
  "is not allowed to",
  "are not allowed to",
  "is never allowed to",
  "are never allowed to",
  "is not permitted to",
  "are not permitted to",
  "could not",
  "will not",
  "will never",
  "is forbidden to",
  "are forbidden to",
  "is prohibited from",
  "are prohibited from",
  "is banned from",
  "are banned from",
  "is forbidden from",
  "are forbidden from",
  "is blocked from",
  "does not get to",
  "is not to",
  "are not to",
  "has no permission to",
  "do not get to",
  "is barred from",
  "are barred from",
  "may under no circumstances",
  "must under no circumstances",
  "is never to",
);
const MAY_ONLY = phrase(
  "may only",
  "can only",
  "must only",
  "should only",
  "is only allowed to",
  "are only allowed to",
  "may do nothing but",
  "shall only",
  "may at most",
  "can at most",
);
const CONFINED = phrase(
  "is limited to",
  "are limited to",
  "is restricted to",
  "are restricted to",
  "is confined to",
  "are confined to",
);
const noOne = nobody;
const someone = actor;
const DONE = phrase(
  "called",
  "used",
  "invoked",
  "run",
  "made",
  "sent",
  "placed",
  "executed",
  "performed",
  "issued",
  "started",
  "triggered",
);

const LIMITED_TO = phrase(
  "shall be limited to",
  "should be limited to",
  "must be limited to",
  "shall be capped at",
  "should be capped at",
  "must be capped at",
  "costs at most",
  "cost at most",
  "costs no more than",
  "cost no more than",
  "costs up to",
  "cost up to",
  "is allowed",
  "are allowed",
  "is permitted",
  "are permitted",
  "is limited to",
  "are limited to",
  "is capped at",
  "are capped at",
  "is restricted to",
  "are restricted to",
  "is held to",
  "is throttled to",
  "are throttled to",
  "limited to",
  "capped at",
  "must not exceed",
  "may not exceed",
  "can not exceed",
  "should not exceed",
  "must never exceed",
  "should never exceed",
  "may never exceed",
  "shall not exceed",
  "must not go over",
  "may not go over",
  "must not be more than",
  "may not be more than",
  "must be at most",
  "should be at most",
  "may be at most",
  "must not go above",
  "gets at most",
  "gets up to",
  "gets no more than",
  "get at most",
  "has at most",
  "have at most",
  "may have at most",
  "may have up to",
  "may have no more than",
  "can have at most",
  "can have up to",
  "can have no more than",
  "must stay within",
  "must stay at or below",
  "should not go over",
  "may cost at most",
  "must cost at most",
  "can cost at most",
  "may cost up to",
  "must not cost more than",
  "may not cost more than",
  "should not cost more than",
  "can not cost more than",
  "is at most",
  "are at most",
  "is bounded by",
  "can be at most",
  "may be up to",
  "may not be over",
  "must not be over",
  "may not be above",
  "gets",
  "must be no more than",
  "should be no more than",
);
const STRICT = phrase(
  "must stay under",
  "must stay below",
  "should stay under",
  "should stay below",
  "must remain under",
  "must remain below",
  "must be under",
  "must be below",
  "should be under",
  "must be less than",
);

/** "Each agent may spend at most $50 a day", "No agent may make more than 5 calls a minute". */
const modalLimit: Parser<Facets> = any<Facets>(
  seq(
    [
      someone,
      between,
      MAY,
      between,
      first<Facets>(
        doAtMost,
        seq([maybe(word("only")), doSome], ([, facets]) => facets),
      ),
    ],
    ([subject, a, may, b, limit], span) => [frame("limit", span), ...subject, ...a, ...may, ...b, ...limit],
  ),
  seq([someone, MAY, doOne, window], ([subject, may, limit, length], span) => [
    frame("limit", span),
    ...subject,
    ...may,
    ...limit,
    ...length,
  ]),
  seq([someone, MAY_ONLY, first<Facets>(doSome, bounded, mostOf)], ([subject, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...limit,
  ]),
  seq(
    [someone, between, MAY_NOT, maybe(word("ever")), first<Facets>(doMoreThan, exceed)],
    ([subject, more, , , limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq(
    [noOne, between, MAY, maybe(word("ever")), first<Facets>(doMoreThan, exceed)],
    ([subject, more, , , limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq([limited, between, STRICT, underOf], ([subject, more, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...more,
    ...limit,
  ]),
  seq([limited, between, LIMITED_TO, first<Facets>(bounded, mostOf)], ([subject, more, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...more,
    ...limit,
  ]),
  seq([noOne, between, doMoreThan], ([subject, more, limit], span) => [
    frame("limit", span),
    ...subject,
    ...more,
    ...limit,
  ]),
  seq([someone, MAY_WORDS, receive, bounded], ([subject, , , limit], span) =>
    isTagged(subject) ? [frame("limit", span), ...subject, ...limit] : undefined,
  ),
  seq([noOne, between, receive, excessOnly], ([subject, more, , limit], span) =>
    isTagged(subject) || !limit.some(({ is }) => is === "condition")
      ? [frame("limit", span), ...subject, ...more, ...limit]
      : undefined,
  ),
  seq([noOne, between, MAY, receive, excessOnly], ([subject, more, , , limit], span) =>
    isTagged(subject) ? [frame("limit", span), ...subject, ...more, ...limit] : undefined,
  ),
  seq(
    [someone, MAY_WORDS, word("call", "use", "invoke", "run"), who, bounded],
    ([subject, , , object, limit], span) => [frame("limit", span), ...subject, ...object, ...limit],
  ),
  seq(
    [
      limited,
      between,
      phrase("may be", "can be", "should be", "must be", "is to be", "are to be"),
      DONE,
      between,
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
      between,
      phrase("may not be", "must not be", "can not be", "should not be", "must never be", "may never be"),
      DONE,
      excessOnly,
    ],
    ([subject, a, , , limit], span) => [frame("limit", span), ...subject, ...a, ...limit],
  ),
  seq(
    [noOne, between, phrase("may be", "can be", "should be", "must be"), DONE, excessOnly],
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

const NEVER = phrase(
  "never",
  "do not",
  "do not ever",
  "never ever",
  "under no circumstances",
  "at no time",
  "no one may",
  "we never",
  "we do not",
  "you must not",
  "you may not",
  "you must never",
  "must not",
  "must never",
  "may not",
  "may never",
);
const LET = phrase("let", "allow", "permit");

/** "Never spend more than $50 a day", "Do not let any agent send more than 5 emails an hour". */
const neverMore: Parser<Facets> = any<Facets>(
  seq(
    [
      NEVER,
      first<Facets>(
        doMoreThan,
        exceed,
        seq(
          [phrase("go over", "go above", "allow", "permit", "have", "accept"), excessOnly],
          ([, facets]) => facets,
        ),
      ),
    ],
    ([, limit], span) => [frame("limit", span), ...limit],
  ),
  seq(
    [phrase("let", "allow"), noOne, maybe(word("to")), first<Facets>(doMoreThan, exceed)],
    ([, subject, , limit], span) => [frame("limit", span), ...subject, ...limit],
  ),
  seq([phrase("never", "not ever"), excessOnly], ([, limit], span) => [frame("limit", span), ...limit]),
  seq([NEVER, deed, MORE, often], ([, thing, , limit], span) => [
    frame("limit", span),
    ...thingFacets(thing),
    ...limit,
  ]),
  seq([first(noOne), between, MAY, deed, MORE, often], ([subject, more, , thing, , limit], span) =>
    thing.globs.length === 0
      ? undefined
      : [frame("limit", span), ...subject, ...more, ...thingFacets(thing), ...limit],
  ),
  seq([someone, MAY_NOT, deed, MORE, often], ([subject, , thing, , limit], span) => [
    frame("limit", span),
    ...subject,
    ...thingFacets(thing),
    ...limit,
  ]),
  seq(
    [someone, MAY, deed, maybe(first(MOST, word("only"))), often],
    ([subject, may, thing, , limit], span) => [
      frame("limit", span),
      ...subject,
      ...may,
      ...thingFacets(thing),
      ...limit,
    ],
  ),
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
const doSentence: Parser<Facets> = seq(
  [maybe(phrase("only", "we may", "you may")), doAtMost],
  ([, limit], span) => [frame("limit", span), ...limit],
);

/** "Let all agents together spend at most $50 per day": the printer's own form. */
const letSentence: Parser<Facets> = any<Facets>(
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

// One action.

const noSingle: Parser<Facets> = any<Facets>(
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
      phrase("maximum", "max", "the maximum", "the max", "largest", "the largest"),
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
    [phrase("no single", "no one", "no individual", "not a single"), singularThing(), between, OVER, amount],
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
        phrase(
          "may be",
          "may cost",
          "can be",
          "can cost",
          "should be",
          "should cost",
          "may exceed",
          "can exceed",
          "must be",
          "must exceed",
          "must cost",
          "may use",
          "can use",
          "may spend",
          "may go",
        ),
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

// How long.

const LONGER = phrase(
  "longer than",
  "more than",
  "over",
  "for longer than",
  "for more than",
  "for over",
  "beyond",
  "above",
  "past",
);
const RUN = phrase(
  "runs",
  "run",
  "takes",
  "take",
  "lasts",
  "last",
  "is running",
  "are running",
  "has run",
  "has been running",
  "have been running",
  "is taking",
  "keeps running",
  "goes on",
  "exceeds",
  "exceed",
  "hangs",
  "hang",
  "executes",
  "has been in flight",
  "is in flight",
  "stays open",
  "running",
  "taking",
  "lasting",
  "exceeding",
);
const killVerb = phrase(
  "kill",
  "abort",
  "cancel",
  "stop",
  "terminate",
  "end",
  "time out",
  "timeout",
  "cut off",
  "interrupt",
  "give up on",
  "halt",
  "shut down",
  "drop",
);
const callNoun: Parser<Facets> = first<Facets>(
  seq(
    [
      maybe(phrase("any", "every", "each", "all", "a", "an", "the", "any single", "any one")),
      maybe(word("tool", "api", "model", "llm", "single", "individual", "running")),
      word(...ACTION_NOUNS, ...ACTION_PLURALS, "tool", "tools", "anything", "everything"),
    ],
    () => [],
  ),
  seq([maybe(phrase("any", "every", "each", "all", "a", "an", "the")), things], ([, thing]) =>
    thingFacets(thing),
  ),
);
const tooLong: Parser<Facets> = seq(
  [maybe(phrase("that", "which")), RUN, maybe(LONGER), duration],
  ([, verb, longer, length], span) =>
    verb && (longer !== undefined || true)
      ? [{ is: "duration", duration: length, side: "most", ...span }]
      : undefined,
);

const timeoutSentence: Parser<Facets> = any<Facets>(
  seq([killVerb, callNoun, between, tooLong], ([, subject, more, length], span) => [
    frame("timeout", span),
    ...subject,
    ...more,
    ...length,
  ]),
  seq(
    [
      killVerb,
      callNoun,
      between,
      phrase(
        "after",
        "at",
        "once it has run for",
        "after running for",
        "if it has not finished within",
        "if it has not finished after",
        "if they have not finished within",
        "unless it finishes within",
        "when it has run for",
      ),
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
      between,
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
      phrase("no", "let no", "never let any", "never let a", "do not let any", "do not let a", "no single"),
      first<Facets>(singularThing(), callNoun),
      between,
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
      between,
      phrase("may run|take|last", "must run|take|last", "can run|take|last", "should run|take|last"),
      first(
        phrase(
          "at most",
          "no longer than",
          "no more than",
          "up to",
          "for at most",
          "for no more than",
          "for no longer than",
          "for up to",
          "less than",
          "under",
        ),
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
      between,
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
      between,
      phrase(
        "must finish",
        "must complete",
        "must end",
        "have to finish",
        "has to finish",
        "should finish",
        "must return",
        "must be done",
        "should complete",
        "has to complete",
        "must be finished",
        "need to finish",
        "needs to finish",
        "has to end",
      ),
      first(
        phrase(
          "within",
          "in",
          "in under",
          "in less than",
          "in at most",
          "within at most",
          "after at most",
          "before",
        ),
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
      phrase(
        "time out after",
        "times out after",
        "timeout after",
        "get aborted after",
        "is aborted after",
        "are aborted after",
        "is killed after",
        "are killed after",
        "is cancelled after",
        "are cancelled after",
      ),
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
      between,
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

// What may be done, and by whom.

const haltVerb = phrase(
  "halt",
  "kill",
  "shut down",
  "freeze",
  "terminate",
  "shut off",
  "pull the plug on",
  "hit the kill switch on",
  "stop and halt",
  "emergency stop",
  "stop everything by",
  "halt and freeze",
);
const denyVerb = phrase(
  "block",
  "forbid",
  "deny",
  "prohibit",
  "ban",
  "disallow",
  "reject",
  "refuse",
  "never allow",
  "do not allow",
  "never permit",
  "do not permit",
  "stop",
  "prevent",
  "no",
  "never let anyone do",
  "outlaw",
  "bar",
  "never accept",
  "do not accept",
  "pause",
  "disable",
  "suspend",
);

/** "Never let the intern bot delete anything", "Block all trades on weekends". */
const denySentence: Parser<Facets> = any<Facets>(
  seq(
    [
      phrase(
        "never allow actions",
        "nothing may run",
        "nothing runs",
        "nothing may happen",
        "nothing happens",
        "nothing may be done",
        "nothing must run",
        "nothing is allowed to run",
        "no actions",
        "no action may run",
        "nothing should run",
        "no activity",
        "no actions at all",
        "nothing must happen",
        "nothing should happen",
        "no actions are allowed",
        "no calls",
        "do nothing",
      ),
    ],
    (_, span) => [frame("deny", span), { is: "all", ...span }],
  ),
  seq(
    [
      denyVerb,
      maybe(phrase("all", "any", "every", "each", "all of the", "the")),
      first<Facets>(map(things, thingFacets)),
      maybe(
        phrase(
          "at all",
          "whatsoever",
          "are allowed",
          "is allowed",
          "allowed",
          "may happen",
          "ever",
          "may be made",
          "please",
        ),
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
      phrase("never let", "do not let", "never allow", "do not allow", "never permit", "do not permit"),
      who,
      between,
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
      phrase("prevent", "stop", "block", "forbid", "prohibit", "ban", "keep", "bar", "disallow", "deny"),
      actor,
      first(word("from", "to")),
      deed,
    ],
    ([, subject, , thing], span) => [frame("deny", span), ...subject, ...thingFacets(thing)],
  ),
  seq(
    [someone, between, MAY_NOT, maybe(word("ever")), deed, maybe(phrase("at all", "ever"))],
    ([subject, more, , , thing], span) => [frame("deny", span), ...subject, ...more, ...thingFacets(thing)],
  ),
  seq([noOne, between, MAY, maybe(word("ever")), deed], ([subject, more, , , thing], span) => [
    frame("deny", span),
    ...subject,
    ...more,
    ...thingFacets(thing),
  ]),
  seq(
    [
      phrase(
        "nothing may be",
        "nothing must be",
        "nothing can be",
        "nothing should be",
        "nothing must ever be",
        "nothing may ever be",
      ),
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
      between,
      phrase(
        "is|are forbidden",
        "is|are prohibited",
        "is|are not allowed",
        "is|are never allowed",
        "is|are blocked",
        "is|are banned",
        "is|are not permitted",
        "is|are off limits",
        "is|are denied",
        "is|are disallowed",
        "must not happen",
        "must never happen",
        "may not happen",
        "may not be used",
        "must not be used",
        "may never be used",
        "must never be used",
        "should never happen",
        "may not be called",
        "must not be called",
        "must never be called",
        "may never be called",
        "is|are never permitted",
        "may not run",
        "must not run",
        "is|are refused",
        "should never be called",
        "should never be used",
        "can not be called",
        "can not be used",
        "may not be made",
        "must not be made",
        "must never be made",
        "may not be sent",
        "must not be sent",
        "may never be sent",
        "must never be sent",
        "stop",
        "stops",
      ),
    ],
    ([thing, more], span) => [frame("deny", span), ...thingFacets(thing), ...more],
  ),
  seq([phrase("block", "refuse", "deny", "reject", "stop", "forbid"), excessOnly], ([, limit], span) => [
    frame("limit", span),
    ...limit,
  ]),
  seq([phrase("block", "deny", "ban", "forbid", "disable", "suspend"), namedWho], ([, subject], span) => [
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
      between,
      phrase(
        "is forbidden",
        "is prohibited",
        "is not allowed",
        "is never allowed",
        "is banned",
        "is not permitted",
        "is off limits",
      ),
    ],
    ([thing, more], span) => [frame("deny", span), ...thingFacets(thing), ...more],
  ),
  seq(
    [gerund(), between, phrase("is only allowed", "is allowed only", "is only permitted")],
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
    ([, thing], span) => [frame("deny", span), then("halt", span), ...thing, conditional(span)],
  ),
  seq(
    [phrase("forbid", "block", "deny"), who, phrase("all", "everything", "anything")],
    ([, subject], span) => [frame("deny", span), ...subject],
  ),
  seq([phrase("block", "deny", "ban", "stop", "pause", "suspend", "disable"), who], ([, subject], span) => [
    frame("deny", span),
    ...subject,
  ]),
  seq(
    [
      phrase(
        "nothing is allowed",
        "deny everything",
        "block everything",
        "refuse everything",
        "deny all",
        "block all",
        "forbid everything",
        "prohibit everything",
      ),
    ],
    (_, span) => [frame("deny", span), { is: "all", ...span }],
  ),
);

/** "Only allow trades on weekdays", "The researcher may only search", "Only the trader may place orders". */
const onlySentence: Parser<Facets> = any<Facets>(
  seq(
    [
      phrase(
        "only allow",
        "allow only",
        "permit only",
        "only permit",
        "only ever allow",
        "allow nothing but",
        "only let through",
        "allow nothing except",
        "allow nothing other than",
        "only accept",
        "accept only",
        "allow nothing apart from",
      ),
      maybe(word("the", "calls to")),
      things,
    ],
    ([, , thing], span) => [frame("allowOnly", span), ...thingFacets(thing)],
  ),
  seq(
    [phrase("only allow", "allow only", "only permit", "only let"), who, maybe(word("to")), deed],
    ([, subject, , thing], span): Facets => [...subject, ...thingFacets(thing), unclearFocus(span)],
  ),
  seq([someone, CONFINED, deed], ([subject, , thing], span) => [
    frame("allowOnly", span),
    ...subject,
    ...thingFacets(thing),
  ]),
  seq([someone, MAY_ONLY, deed], ([subject, , thing], span) => [
    frame("allowOnly", span),
    ...subject,
    ...thingFacets(thing),
  ]),
  seq(
    [someone, phrase("may", "can", "is allowed to", "must", "should"), deed, adjuncts, word("only")],
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
    [someone, phrase("may", "can", "is allowed to", "must", "should"), deed, word("only"), adjuncts],
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
      phrase(
        "is|are allowed",
        "is|are permitted",
        "may be used",
        "may be called",
        "may run",
        "can be used",
        "is|are ok",
        "is|are okay",
      ),
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
      someone,
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
      phrase("may", "can", "is allowed to", "are allowed to", "should", "is permitted to", "must"),
      maybe(word("ever")),
      deed,
    ],
    ([, subject, , , thing], span) => [frame("onlyWho", span), ...subject, ...thingFacets(thing)],
  ),
  seq(
    [phrase("allow", "permit"), maybe(word("the", "any", "all")), things, between, word("only"), adjuncts],
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
      between,
      phrase(
        "is|are only allowed",
        "is|are allowed only",
        "is|are only permitted",
        "is|are permitted only",
        "may only happen",
        "may happen only",
        "can only happen",
        "may only run",
        "must only happen",
        "only",
      ),
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

function participle(): Parser<string> {
  return token("a participle", (t) =>
    t.kind === "word" && (TOOL_VERBS.has(rootOf(t.text)) || LIGHT_VERBS.has(t.text)) ? t.text : undefined,
  );
}

/** "orders may be placed", "emails may be sent". */
function done(thing: Thing, verb: string): Facets {
  if (LIGHT_VERBS.has(verb)) return thingFacets(thing);
  const globs = thing.globs.length === 0 ? [wordsGlob([verb])] : actGlobs(verb, thing.globs);
  return thingFacets({ ...thing, globs });
}

/** The sentence is about when, so there must be a when. */
function conditional(span: Place): Facet {
  return { is: "conditional", ...span };
}

function unclearFocus(span: Place): Facet {
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
const allowList: Parser<Facets> = seq(
  [phrase("put actions"), between, phrase("on the allow list")],
  ([, facets], span) => [frame("allow", span), ...facets],
);

const HUMAN = phrase(
  "a human",
  "me",
  "a person",
  "an operator",
  "the operator",
  "someone",
  "somebody",
  "us",
  "for approval",
  "for permission",
  "a human operator",
  "for human approval",
  "for confirmation",
  "a human for approval",
  "me for approval",
  "for my approval",
  "first",
  "a manager",
  "an admin",
  "the owner",
  "a human first",
  "me first",
  "an operator for approval",
  "the user",
);
const BEFORE = phrase(
  "before",
  "prior to",
  "ahead of",
  "before allowing",
  "before doing",
  "for",
  "about",
  "before any agent",
  "before letting anyone",
  "before it can",
  "before running",
  "before making",
);

/** "deleting anything". */
function gerund(): Parser<Thing> {
  return {
    first: null,
    empty: false,
    at: (state, i) => (/^\p{L}{2,}ing$/u.test(state.tokens[i]?.text ?? "") ? deed.at(state, i) : []),
  };
}

const asked: Parser<Facets> = first<Facets>(
  map(suffered, thingFacets),
  map(deed, thingFacets),
  seq([maybe(phrase("any", "every", "each", "all", "a", "an")), things], ([, thing]) => thingFacets(thing)),
);

const WITHOUT = phrase(
  "without approval",
  "without asking",
  "without permission",
  "without human approval",
  "without a human's approval",
  "without my approval",
  "without asking a human",
  "without asking first",
  "without asking me",
  "without a human",
  "without prior approval",
  "without an operator's approval",
  "without confirmation",
  "without asking me first",
  "without operator approval",
  "unless approved",
  "unless a human approves",
  "unless a human has approved it",
  "unless i approve",
  "without sign off",
  "without approval from a human",
);

/** "Ask a human before any refund over $200". */
const askSentence: Parser<Facets> = any<Facets>(
  // "Never trade without approval", "Payments over $5 are not allowed without approval"
  seq([NEVER, deed, between, WITHOUT], ([, thing, more], span) => [
    frame("ask", span),
    ...thingFacets(thing),
    ...more,
  ]),
  seq(
    [
      phrase("no", "never allow", "do not allow", "never allow any", "do not allow any"),
      things,
      between,
      WITHOUT,
    ],
    ([, thing, more], span) => [frame("ask", span), ...thingFacets(thing), ...more],
  ),
  seq([someone, MAY_NOT, deed, between, WITHOUT], ([subject, , thing, more], span) => [
    frame("ask", span),
    ...subject,
    ...thingFacets(thing),
    ...more,
  ]),
  seq([noOne, MAY, deed, between, WITHOUT], ([subject, , thing, more], span) => [
    frame("ask", span),
    ...subject,
    ...thingFacets(thing),
    ...more,
  ]),
  seq(
    [
      things,
      between,
      phrase(
        "is|are not allowed",
        "is|are forbidden",
        "may not happen",
        "must not happen",
        "may not be made",
        "is|are never allowed",
        "is|are not permitted",
        "must not be made",
      ),
      WITHOUT,
    ],
    ([thing, more], span) => [frame("ask", span), ...thingFacets(thing), ...more],
  ),
  seq(
    [
      things,
      between,
      phrase("is|are only allowed with", "is|are allowed only with", "only with", "only after"),
      phrase("approval", "human approval", "a human's approval", "permission"),
    ],
    ([thing, more], span) => [frame("ask", span), ...thingFacets(thing), ...more],
  ),
  seq(
    [
      phrase(
        "ask",
        "ask first",
        "ask permission",
        "check",
        "check first",
        "confirm",
        "ask for confirmation",
        "pause and ask",
        "always ask",
        "stop and ask",
      ),
      BEFORE,
      asked,
    ],
    ([, , thing], span) => [frame("ask", span), ...thing],
  ),
  seq(
    [
      maybe(phrase("always", "agents must", "the agent must")),
      phrase(
        "ask",
        "check with",
        "get permission from",
        "get approval from",
        "consult",
        "wait for",
        "seek approval from",
      ),
      HUMAN,
      BEFORE,
      asked,
    ],
    ([, , , , thing], span) => [frame("ask", span), ...thing],
  ),
  seq(
    [
      phrase(
        "require",
        "demand",
        "need",
        "get",
        "obtain",
        "we need",
        "wait for",
        "seek",
        "ask for",
        "insist on",
      ),
      maybe(word("a", "an", "my", "prior", "manual")),
      phrase(
        "approval",
        "human approval",
        "operator approval",
        "human confirmation",
        "confirmation",
        "permission",
        "manual approval",
        "sign off",
        "a human",
        "human review",
        "approval from a human",
        "approval by a human",
        "a human's approval",
        "approval from an operator",
      ),
      BEFORE,
      asked,
    ],
    ([, , , , thing], span) => [frame("ask", span), ...thing],
  ),
  seq(
    [
      phrase(
        "a human must approve",
        "an operator must approve",
        "a human has to approve",
        "someone must approve",
        "i must approve",
        "i want to approve",
        "i have to approve",
        "a person must approve",
        "require a human to approve",
        "have a human approve",
        "let a human approve",
        "a human should approve",
        "have someone approve",
        "we must approve",
        "i need to approve",
        "a human needs to approve",
        "require an operator to approve",
      ),
      maybe(phrase("any", "every", "each", "all", "a", "an")),
      things,
    ],
    ([, , thing], span) => [frame("ask", span), ...thingFacets(thing)],
  ),
  seq(
    [
      maybe(phrase("any", "every", "each", "all", "a", "an")),
      first<Thing>(gerund(), things),
      between,
      phrase(
        "require|requires approval",
        "need|needs approval",
        "require|requires human approval",
        "need|needs human approval",
        "must be approved",
        "must be approved by a human",
        "has|have to be approved",
        "has|have to be approved by a human",
        "need|needs a human",
        "require|requires a human",
        "need|needs to be approved",
        "need|needs to be approved by a human",
        "must be confirmed by a human",
        "need|needs confirmation",
        "require|requires confirmation",
        "require|requires manual approval",
        "need|needs permission",
        "need|needs my approval",
        "require|requires my approval",
        "must be approved by an operator",
        "need|needs sign off",
        "need|needs an operator's approval",
        "require|requires operator approval",
        "need|needs approval by a human",
        "need|needs approval from a human",
        "require|requires approval from a human",
        "should be approved by a human",
        "need|needs a human's approval",
        "require|requires permission",
        "only with approval",
        "only after approval",
        "only with human approval",
      ),
    ],
    ([, thing, more], span) => [frame("ask", span), ...thingFacets(thing), ...more],
  ),
  seq(
    [
      actor,
      phrase(
        "must ask",
        "must ask a human",
        "has to ask",
        "has to ask a human",
        "should ask",
        "should ask a human",
        "needs approval",
        "need approval",
        "needs permission",
        "requires approval",
        "must get approval",
        "needs human approval",
        "must request approval",
        "must ask for approval",
        "must ask for permission",
        "have to ask",
        "have to ask a human",
        "need human approval",
        "must have approval",
        "must ask first",
        "require approval",
        "needs a human",
      ),
      phrase("before", "to", "for", "prior to"),
      deed,
    ],
    ([subject, , , thing], span) => [frame("ask", span), ...subject, ...thingFacets(thing)],
  ),
);

// What sets a stop off.

function over(of: "percent" | "money" | "any"): Parser<Facets> {
  const moreOf = (sideOf: Side): Parser<Facets> =>
    first<Facets>(
      ...(of === "money"
        ? []
        : [map(percent, (n, span): Facets => [{ is: "percent", percent: n, side: sideOf, ...span }])]),
      ...(of === "percent"
        ? []
        : [map(money, (sum, span): Facets => [{ is: "money", amount: sum, side: sideOf, ...span }])]),
    );
  return first<Facets>(
    seq(
      [
        first(
          phrase(
            "exceed",
            "exceeds",
            "are over",
            "is over",
            "are above",
            "is above",
            "are more than",
            "is more than",
            "go over",
            "goes over",
            "go above",
            "goes above",
            "rise above",
            "rises above",
            "pass",
            "passes",
            "are greater than",
            "is greater than",
            "more than",
            "over",
            "above",
            "top",
            "tops",
            "by more than",
            "exceeding",
            "go beyond",
            "goes beyond",
            "of more than",
            "of over",
            "larger than",
            "are larger than",
            "is larger than",
            "by over",
            "climbs above",
            "climb above",
            "surpass",
            "surpasses",
            "are worse than",
            "is worse than",
            "exceeded",
            "gets above",
            "get above",
            "get over",
            "beyond",
            "is bigger than",
            "worse than",
            "has exceeded",
            "have exceeded",
            "deeper than",
            "is higher than",
            "higher than",
            "are higher than",
            "rises over",
            "rise over",
            "greater than",
          ),
        ),
        moreOf("most"),
      ],
      ([, facets]) => facets,
    ),
    seq(
      [
        first(
          phrase(
            "reach",
            "reaches",
            "hit",
            "hits",
            "are at least",
            "is at least",
            "at least",
            "of at least",
            "of",
            "by",
            "get to",
            "gets to",
            "by at least",
          ),
        ),
        moreOf("reach"),
      ],
      ([, facets]) => facets,
    ),
    moreOf("reach"),
  );
}

const FROM = phrases<"day" | "peak" | "start">({
  "today, on the day, in a day, in one day, in a single day, since the start of the day, from the start of the day, since midnight, intraday, this day, during the day, within a day, from the day's start, in the day, per day, a day, of the day, since the day began, over the day, daily":
    "day",
  "from the peak, from its peak, from their peak, since the peak, since its peak, from peak, from the high, from its high, below its peak, below the peak, from the top, off its peak, off the peak, from the all time high, from its all time high, from the high water mark, peak to trough, from its highest point, below its high, from an all time high, off its high":
    "peak",
  "since the start, from the start, since inception, from inception, in total, overall, since the beginning, from the beginning, since start, from start, altogether, of the starting balance, of the initial balance, since it started, since we started, in all, from where it started, below the start, below where it started":
    "start",
});
const fromFacet: Parser<Facets> = map(FROM, (from, span) => [{ is: "from", from, ...span }]);
const accountFacet: Parser<Facets> = seq(
  [maybe(word("of", "on", "in", "for", "from")), maybe(word("the")), word("account"), value],
  ([, , , account], span) => [{ is: "account", account, ...span }],
);
const holder = phrase(
  "the portfolio",
  "portfolio",
  "the account",
  "we",
  "i",
  "the book",
  "the fund",
  "equity",
  "the equity",
  "p&l",
  "pnl",
  "the pnl",
  "any account",
  "capital",
  "the portfolio value",
  "the value of the portfolio",
  "our portfolio",
  "the system",
  "net worth",
  "the account value",
);
const lossNoun = first(
  phrases<"day" | "peak" | "start" | null>({
    "losses, loss, the loss, the losses, portfolio losses, the portfolio's losses, the portfolio loss, trading losses, portfolio loss, our losses, the trading loss, total losses":
      null,
    "daily losses, daily loss, the daily loss, the day's loss, the day's losses, today's loss, today's losses, losses today, intraday losses, intraday loss, the loss since the start of the day, the loss of the day, the loss today, losses on the day, the intraday loss":
      "day",
    "drawdown, the drawdown, the portfolio's drawdown, portfolio drawdown, max drawdown, the maximum drawdown, peak drawdown, the portfolio drawdown, maximum drawdown, drawdowns, the loss since the peak, the drawdown from peak, the drawdown from the peak, drawdown from peak, drawdown from the peak, drawdown from its peak, the loss from the peak, losses from the peak":
      "peak",
    "the total loss, total loss, cumulative losses, cumulative loss, the loss since the start, overall losses, losses since the start, the overall loss, lifetime losses, losses since inception":
      "start",
  }),
);
const lossAdjuncts: Parser<Facets> = map(many(first(fromFacet, accountFacet)), (lists) => lists.flat());

const lossTrigger: Parser<Facets> = first<Facets>(
  seq([lossNoun, lossAdjuncts, over("any"), lossAdjuncts], ([from, a, limit, b], span) => [
    frame("loss", span),
    ...(from === null ? [] : [{ is: "from" as const, from, ...span }]),
    ...a,
    ...limit,
    ...b,
  ]),
  seq(
    [
      first(
        holder,
        map(accountFacet, () => true),
      ),
      phrase(
        "lose",
        "loses",
        "lost",
        "has lost",
        "have lost",
        "is losing",
        "are losing",
        "loses money of",
        "incurs losses of",
        "suffers a loss of",
        "suffers losses of",
        "incurs a loss of",
      ),
      over("any"),
      lossAdjuncts,
    ],
    ([, , limit, more], span) => [frame("loss", span), ...limit, ...more],
  ),
  seq(
    [
      MORE,
      first<Facets>(
        map(percent, (n, span): Facets => [{ is: "percent", percent: n, side: "most", ...span }]),
        map(money, (sum, span): Facets => [{ is: "money", amount: sum, side: "most", ...span }]),
      ),
      phrase("is lost", "are lost", "has been lost", "gets lost"),
      lossAdjuncts,
    ],
    ([, limit, , more], span) => [frame("loss", span), ...limit, ...more],
  ),
  seq(
    [
      accountFacet,
      phrase("loses", "has lost", "is down", "falls", "drops", "is down by"),
      over("any"),
      lossAdjuncts,
    ],
    ([account, , limit, more], span) => [frame("loss", span), ...account, ...limit, ...more],
  ),
  seq(
    [
      holder,
      maybe(lossAdjuncts),
      phrase(
        "is down",
        "are down",
        "falls",
        "fall",
        "drops",
        "drop",
        "declines",
        "is off",
        "has fallen",
        "has dropped",
        "goes down",
        "has declined",
        "falls by",
        "drops by",
        "declines by",
        "is down by",
        "are down by",
        "loses value",
        "sinks",
        "slides",
        "is underwater",
        "draws down",
        "shrinks",
      ),
      over("any"),
      lossAdjuncts,
    ],
    ([, a, , limit, b], span) => [frame("loss", span), ...(a ?? []), ...limit, ...b],
  ),
);

const balanceNoun: Parser<Facets> = first<Facets>(
  seq(
    [phrase("the balance of", "the balance in", "the balance on", "balance of", "balance in"), accountFacet],
    ([, facets]) => facets,
  ),
  seq([accountFacet, phrase("'s balance")], ([facets]) => facets),
  map(
    phrase(
      "the balance",
      "balance",
      "the account balance",
      "account balance",
      "our balance",
      "its balance",
      "the cash balance",
      "cash",
      "the cash",
      "funds",
      "the funds",
      "available funds",
      "the account",
      "the wallet balance",
      "the available balance",
      "my balance",
      "the portfolio balance",
      "equity",
      "the equity",
      "the bankroll",
      "the remaining balance",
      "any balance",
      "any account's balance",
      "the balance of any account",
      "the balance in the account",
    ),
    () => [],
  ),
  accountFacet,
);
const BELOW_FLOOR = phrase(
  "falls below",
  "fall below",
  "drops below",
  "drop below",
  "goes below",
  "go below",
  "is below",
  "are below",
  "gets below",
  "dips below",
  "dip below",
  "is under",
  "falls under",
  "drops under",
  "goes under",
  "sinks below",
  "is less than",
  "falls beneath",
  "dips under",
  "becomes less than",
  "runs below",
  "has fallen below",
  "has dropped below",
  "is lower than",
  "get below",
  "gets under",
  "below",
  "under",
);

const negative = first(
  word("–"),
  map(word("minus"), () => "–"),
);
const signed: Parser<number> = seq([maybe(negative), money], ([minus, sum]) =>
  minus === undefined ? sum.amount : -sum.amount,
);

const floorTrigger: Parser<Facets> = first<Facets>(
  seq([balanceNoun, BELOW_FLOOR, maybe(negative), money], ([account, , minus, sum], span) => [
    ...[frame("floor", span), ...account],
    {
      is: "money",
      amount: { ...sum, amount: minus === undefined ? sum.amount : -sum.amount },
      side: "most",
      ...span,
    },
  ]),
  seq(
    [
      balanceNoun,
      phrase(
        "goes negative",
        "is negative",
        "turns negative",
        "becomes negative",
        "gets negative",
        "goes below zero",
        "falls below zero",
        "drops below zero",
        "is below zero",
        "falls below 0",
        "goes below 0",
        "is below 0",
      ),
    ],
    ([account], span) => [
      frame("floor", span),
      ...account,
      { is: "money", amount: { measure: "usd", amount: 0 }, side: "most", ...span },
    ],
  ),
  seq(
    [
      balanceNoun,
      phrase("is", "falls to", "drops to", "is at", "hits", "reaches"),
      money,
      phrase("or less", "or below", "or lower"),
    ],
    ([account, , sum], span) => [
      frame("floor", span),
      ...account,
      { is: "money", amount: sum, side: "reach", ...span },
    ],
  ),
  seq(
    [balanceNoun, phrase("is at most", "is no more than", "is not above", "is not more than"), money],
    ([account, , sum], span) => [
      frame("floor", span),
      ...account,
      { is: "money", amount: sum, side: "reach", ...span },
    ],
  ),
  seq(
    [
      phrase("less than", "under", "below"),
      money,
      phrase(
        "is left",
        "remains",
        "is left in the account",
        "are left",
        "remains in the account",
        "remain",
        "is in the account",
      ),
    ],
    ([, sum], span) => [frame("floor", span), { is: "money", amount: sum, side: "most", ...span }],
  ),
  seq(
    [
      phrase("there is less than", "there is under", "we have less than", "it has less than"),
      money,
      maybe(phrase("left", "in the account", "left in the account", "remaining")),
    ],
    ([, sum], span) => [frame("floor", span), { is: "money", amount: sum, side: "most", ...span }],
  ),
);

const failures = word("failure", "failures", "error", "errors");
const inARow = phrase(
  "in a row",
  "consecutively",
  "in succession",
  "back to back",
  "straight",
  "running",
  "one after another",
  "one after the other",
  "consecutive times",
  "times in a row",
  "in sequence",
);
const nTimes: Parser<Facets> = first<Facets>(
  seq([MORE, number], ([, n], span) => [{ is: "times", times: n, side: "most", ...span }]),
  seq([maybe(LEAST), number], ([, n], span) => [{ is: "times", times: n, side: "reach", ...span }]),
  map(phrases({ twice: 2 }), (n, span) => [{ is: "times", times: n, side: "reach", ...span }]),
);
const ALL_OF_THEM = new Set(["every", "all", "both"]);
const oneOfThem: Parser<Facets> = {
  first: null,
  empty: false,
  at: (state, i) =>
    ALL_OF_THEM.has(state.tokens[i]?.text ?? "") && state.tokens[i + 1]?.text !== "agents"
      ? []
      : who.at(state, i),
};
const anySubject: Parser<Facets> = first<Facets>(
  map(phrase("it", "they", "he", "she", "the same one", "we", "i", "you"), () => []),
  oneOfThem,
  map(things, thingFacets),
);
const FAIL = phrase(
  "fails",
  "fail",
  "failed",
  "has failed",
  "have failed",
  "errors",
  "errors out",
  "error out",
  "returns an error",
  "return an error",
  "is failing",
  "keeps failing",
  "breaks",
  "fails with an error",
  "throws",
  "raises an error",
  "crashes",
  "error",
);

/** "5 failures in a row", "3 consecutive errors". */
const failuresInARow: Parser<Facets> = first<Facets>(
  seq([nTimes, failures, inARow], ([times]) => times),
  seq(
    [nTimes, word("consecutive", "straight", "successive"), maybe(word("call", "tool")), failures],
    ([times]) => times,
  ),
  seq([nTimes, word("failed"), word(...ACTION_PLURALS), inARow], ([times]) => times),
  seq(
    [nTimes, word("consecutive", "successive", "straight"), word("failed"), word(...ACTION_PLURALS)],
    ([times]) => times,
  ),
);
const probesFacet: Parser<Facets> = seq(
  [maybe(word(",")), phrase("until"), number, word("probe", "probes"), phrase("succeed", "succeeds")],
  ([, , n], span) => [{ is: "probes", probes: n, ...span }],
);
const minCallsFacet: Parser<Facets> = first<Facets>(
  seq(
    [maybe(word(",")), phrase("counting from"), number, maybe(word(...ACTION_PLURALS, ...ACTION_NOUNS))],
    ([, , n], span) => [{ is: "minCalls", minCalls: n, ...span }],
  ),
  seq(
    [
      maybe(first(word(",", "("))),
      phrase(
        "with at least",
        "after at least",
        "over at least",
        "given at least",
        "once there are at least",
        "with a minimum of",
        "from at least",
        "out of at least",
        "and at least",
        "provided there are at least",
        "if there are at least",
        "minimum",
        "at minimum",
        "after a minimum of",
        "but only after",
      ),
      number,
      word(...ACTION_PLURALS, "samples"),
      maybe(word(")")),
    ],
    ([, , n], span) => [{ is: "minCalls", minCalls: n, ...span }],
  ),
);
const errorAdjuncts: Parser<Facets> = map(many(first(probesFacet, minCallsFacet)), (lists) => lists.flat());

const errorsTrigger: Parser<Facets> = first<Facets>(
  seq(
    [anySubject, between, FAIL, nTimes, maybe(word("times")), inARow, errorAdjuncts],
    ([subject, more, , times, , , b], span) => [frame("errors", span), ...subject, ...more, ...times, ...b],
  ),
  seq(
    [
      anySubject,
      phrase(
        "has",
        "have",
        "gets",
        "get",
        "produces",
        "hits",
        "sees",
        "returns",
        "reports",
        "throws",
        "had",
        "encounters",
        "shows",
        "experiences",
      ),
      failuresInARow,
      errorAdjuncts,
    ],
    ([subject, , times, b], span) => [frame("errors", span), ...subject, ...times, ...b],
  ),
  seq(
    [
      maybe(phrase("there are", "there were", "there have been", "we see", "we get", "seeing")),
      failuresInARow,
      maybe(phrase("occur", "happen", "are seen", "come in")),
      maybe(seq([word("of", "from", "by", "on", "for", "in"), who], ([, facets]) => facets)),
      errorAdjuncts,
    ],
    ([, times, , subject, b], span) => [frame("errors", span), ...times, ...(subject ?? []), ...b],
  ),
  seq(
    [
      nTimes,
      word(...ACTION_PLURALS),
      maybe(seq([word("of", "from", "by", "to"), who], ([, facets]) => facets)),
      inARow,
      phrase("fail", "failed", "have failed", "error out"),
      errorAdjuncts,
    ],
    ([times, , subject, , , b], span) => [frame("errors", span), ...times, ...(subject ?? []), ...b],
  ),
  seq(
    [
      nTimes,
      word("consecutive", "successive"),
      word(...ACTION_PLURALS),
      maybe(seq([word("of", "from", "by", "to"), who], ([, facets]) => facets)),
      phrase("fail", "failed", "have failed"),
      errorAdjuncts,
    ],
    ([times, , , subject, , b], span) => [frame("errors", span), ...times, ...(subject ?? []), ...b],
  ),
);

const share: Parser<Facets> = first<Facets>(
  seq(
    [
      phrase(
        "more than",
        "over",
        "above",
        "exceeds",
        "exceed",
        "is over",
        "is above",
        "is more than",
        "goes over",
        "goes above",
        "rises above",
        "is higher than",
        "climbs above",
        "is greater than",
        "passes",
        "tops",
        "greater than",
        "goes beyond",
        "has exceeded",
        "gets above",
        "surpasses",
        "rises over",
        "climbs over",
        "exceeding",
      ),
      percent,
    ],
    ([, n], span) => [{ is: "percent", percent: n, side: "most", ...span }],
  ),
  seq(
    [
      maybe(phrase("at least", "reaches", "hits", "is at least", "is", "of", "gets to", "of at least")),
      percent,
    ],
    ([, n], span) => [{ is: "percent", percent: n, side: "reach", ...span }],
  ),
);
const ofCalls: Parser<Facets> = first<Facets>(
  seq(
    [
      maybe(phrase("of", "of all", "of the", "of its", "of their", "of all the", "of all its")),
      word(...ACTION_PLURALS),
      maybe(seq([phrase("of", "by", "from", "to", "made by", "made to"), who], ([, facets]) => facets)),
    ],
    ([, , subject]) => subject ?? [],
  ),
  seq([phrase("of"), who, word("'s"), word(...ACTION_PLURALS)], ([, facets]) => facets),
  seq([phrase("of all", "of the", "of"), things], ([, thing]) => thingFacets(thing)),
);
const rateAdjuncts: Parser<Facets> = map(
  many(
    first<Facets>(
      minCallsFacet,
      probesFacet,
      window,
      seq([phrase("for", "by", "of"), who], ([, facets]) => facets),
    ),
  ),
  (lists) => lists.flat(),
);

const errorRateTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      share,
      ofCalls,
      phrase(
        "fail",
        "failed",
        "have failed",
        "are failing",
        "error",
        "error out",
        "return errors",
        "result in errors",
        "end in an error",
        "end in errors",
        "are errors",
        "come back with errors",
      ),
      rateAdjuncts,
    ],
    ([limit, subject, , more], span) => [frame("errorRate", span), ...limit, ...subject, ...more],
  ),
  seq(
    [
      maybe(word("the", "its", "their")),
      phrase(
        "error rate",
        "failure rate",
        "rate of errors",
        "rate of failures",
        "share of failures",
        "share of failed calls",
        "rate of failed calls",
        "percentage of failures",
        "percentage of errors",
        "percentage of failed calls",
        "share of errors",
        "error ratio",
        "failure ratio",
      ),
      maybe(seq([phrase("of", "for"), first<Facets>(who, map(things, thingFacets))], ([, facets]) => facets)),
      share,
      rateAdjuncts,
    ],
    ([, , subject, limit, more], span) => [frame("errorRate", span), ...(subject ?? []), ...limit, ...more],
  ),
  seq(
    [who, word("'s"), phrase("error rate", "failure rate"), share, rateAdjuncts],
    ([subject, , , limit, more], span) => [frame("errorRate", span), ...subject, ...limit, ...more],
  ),
  seq(
    [
      anySubject,
      FAIL,
      first<Facets>(
        seq([phrase("more than"), percent, maybe(phrase("of the time"))], ([, n], span) => [
          { is: "percent", percent: n, side: "most", ...span },
        ]),
      ),
      rateAdjuncts,
    ],
    ([subject, , limit, more], span) => [frame("errorRate", span), ...subject, ...limit, ...more],
  ),
  seq(
    [
      anySubject,
      phrase(
        "has an error rate",
        "has a failure rate",
        "have an error rate",
        "has an error rate of",
        "has a failure rate of",
      ),
      maybe(word("of")),
      share,
      rateAdjuncts,
    ],
    ([subject, , , limit, more], span) => [frame("errorRate", span), ...subject, ...limit, ...more],
  ),
);

const DENIED = phrase(
  "are denied",
  "are refused",
  "are blocked",
  "are rejected",
  "is denied",
  "is refused",
  "get denied",
  "get refused",
  "get blocked",
  "were denied",
  "were refused",
  "have been denied",
  "get rejected",
);
const denialsTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      maybe(word("the", "its", "their")),
      phrase(
        "deny rate",
        "denial rate",
        "refusal rate",
        "rejection rate",
        "block rate",
        "rate of denials",
        "rate of refusals",
        "share of denials",
        "denied rate",
        "share of denied calls",
        "percentage of denials",
        "percentage of denied calls",
        "share of refused calls",
      ),
      maybe(seq([phrase("of", "for"), first<Facets>(who, map(things, thingFacets))], ([, facets]) => facets)),
      share,
      rateAdjuncts,
    ],
    ([, , subject, limit, more], span) => [frame("denials", span), ...(subject ?? []), ...limit, ...more],
  ),
  seq(
    [
      who,
      word("'s"),
      phrase("deny rate", "denial rate", "refusal rate", "rejection rate", "block rate"),
      share,
      rateAdjuncts,
    ],
    ([subject, , , limit, more], span) => [frame("denials", span), ...subject, ...limit, ...more],
  ),
  seq([share, ofCalls, DENIED, rateAdjuncts], ([limit, subject, , more], span) => [
    frame("denials", span),
    ...limit,
    ...subject,
    ...more,
  ]),
  seq(
    [
      share,
      phrase("of"),
      phrase("the actions of all agents together", "all actions", "the actions"),
      DENIED,
      rateAdjuncts,
    ],
    ([limit, , , , more], span) => [frame("denials", span), ...limit, ...more],
  ),
  seq(
    [
      share,
      phrase("of the actions of", "of the calls of", "of the requests of", "of all actions of"),
      who,
      DENIED,
      rateAdjuncts,
    ],
    ([limit, , subject, , more], span) => [frame("denials", span), ...limit, ...subject, ...more],
  ),
);

const newKey: Parser<string> = first(
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
      phrase(
        "previously unseen",
        "never seen",
        "never before seen",
        "hitherto unseen",
        "brand new",
        "never seen before",
      ),
      countedPlural,
    ],
    ([, key]) => key,
  ),
  seq(
    [
      countedPlural,
      phrase(
        "never seen before",
        "that were never seen before",
        "that are new",
        "not seen before",
        "it has never seen",
        "that it has never seen before",
        "never contacted before",
        "it never contacted before",
        "that were never seen",
      ),
    ],
    ([key]) => key,
  ),
  map(
    phrase("new types of action", "new types of actions", "new kinds of action", "new kinds of actions"),
    () => "series",
  ),
);
const APPEAR = phrase(
  "appear",
  "appears",
  "show up",
  "are seen",
  "are contacted",
  "are added",
  "turn up",
  "come up",
  "occur",
  "arrive",
  "are tried",
  "pop up",
  "are used",
  "are met",
  "are addressed",
  "are emailed",
  "get contacted",
  "are created",
  "come in",
  "are mailed",
);
/** "contacts", or by what: "emails". */
const contact: Parser<Facets> = first<Facets>(
  map(
    phrase(
      "contacts",
      "contact",
      "brings",
      "bring",
      "uses",
      "use",
      "sees",
      "meets",
      "tries",
      "adds",
      "addresses",
      "reaches out to",
      "reaches",
      "contacted",
      "calls",
      "call",
      "touches",
    ),
    () => [],
  ),
  map(word("emails", "mails", "messages", "texts", "email", "mail"), (verb, span) => [
    { is: "condition", condition: { is: "series", globs: [wordsGlob([verb])], ...span }, ...span },
  ]),
);
const newcomersTrigger: Parser<Facets> = first<Facets>(
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
const newcomersLimit: Parser<Facets> = first<Facets>(
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
  seq([someone, MAY, contact, MOST, number, newKey], ([subject, , series, , n, key], span) => [
    frame("newcomers", span),
    ...subject,
    ...series,
    { is: "times", times: n, side: "most", ...span },
    { is: "of", key, ...span },
  ]),
  seq([capVerb, newKey, between, toWord, number], ([, key, more, , n], span) => [
    frame("newcomers", span),
    ...more,
    { is: "times", times: n, side: "most", ...span },
    { is: "of", key, ...span },
  ]),
);

const USUAL = phrase(
  "usual rate",
  "normal rate",
  "usual pace",
  "normal pace",
  "average rate",
  "baseline rate",
  "average",
  "its usual rate",
  "the usual rate",
  "their usual rate",
  "its normal rate",
  "the normal rate",
  "its baseline",
  "the baseline",
  "their baseline",
  "baseline",
  "its own baseline",
  "its average rate",
  "its usual pace",
  "normal",
  "its usual speed",
  "usual",
  "its average",
  "the usual",
  "its own usual rate",
  "its normal pace",
  "its historical rate",
  "their normal rate",
  "its typical rate",
  "its baseline rate",
  "the baseline rate",
  "its own rate",
  "of baseline",
  "of its baseline",
  "the normal pace",
  "the usual pace",
  "its normal speed",
  "above baseline",
  "its own average",
  "over baseline",
  "their usual pace",
  "the lane's baseline",
);
const multipleFacet: Parser<Facets> = seq(
  [
    maybe(
      phrase(
        "more than",
        "over",
        "above",
        "at",
        "at more than",
        "at over",
        "by more than",
        "greater than",
        "beyond",
      ),
    ),
    multiple,
    maybe(word("the")),
    USUAL,
  ],
  ([, times], span) => [{ is: "times", times, side: "most", ...span }],
);
const runawayTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      anySubject,
      phrase(
        "runs",
        "run",
        "calls",
        "acts",
        "goes",
        "is running",
        "is called",
        "exceeds",
        "exceed",
        "is",
        "are",
        "works",
        "operates",
        "makes calls",
        "speeds up to",
        "speeds up",
        "accelerates to",
        "fires",
        "moves",
        "acts at",
        "is acting",
        "jumps to",
        "reaches",
        "spikes to",
      ),
      multipleFacet,
    ],
    ([subject, , times], span) => [frame("runaway", span), ...subject, ...times],
  ),
  seq(
    [
      anySubject,
      word("'s"),
      phrase("call rate", "rate", "activity", "request rate", "rate of calls", "traffic", "action rate"),
      phrase(
        "exceeds",
        "is",
        "rises",
        "goes",
        "jumps to",
        "reaches",
        "rises to",
        "climbs to",
        "goes to",
        "is running",
        "hits",
      ),
      multipleFacet,
    ],
    ([subject, , , , times], span) => [frame("runaway", span), ...subject, ...times],
  ),
  seq(
    [
      phrase(
        "the call rate",
        "the rate",
        "the request rate",
        "activity",
        "the rate of calls",
        "call rate",
        "request rate",
        "traffic",
      ),
      maybe(seq([word("of"), who], ([, facets]) => facets)),
      phrase("exceeds", "is", "rises", "goes", "jumps to", "reaches", "hits", "rises to", "climbs to"),
      multipleFacet,
    ],
    ([, subject, , times], span) => [frame("runaway", span), ...(subject ?? []), ...times],
  ),
);

const SAME = phrase(
  "the same call",
  "the same request",
  "the same action",
  "the same tool call",
  "an identical call",
  "the exact same call",
  "the very same call",
  "identical calls",
  "the same calls",
  "the same thing",
  "the identical call",
  "the same step",
  "itself",
  "one call",
  "the same operation",
  "the same api call",
  "one and the same call",
  "the same exact call",
  "the same call with the same arguments",
  "a call",
);
const cycle: Parser<Facets> = seq(
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
const MAKES = phrase(
  "makes",
  "make",
  "repeats",
  "repeat",
  "sends",
  "issues",
  "is making",
  "repeating",
  "makes exactly",
  "retries",
  "keeps making",
  "performs",
  "does",
  "tries",
  "issues exactly",
  "has made",
  "submits",
  "executes",
  "runs",
  "do",
  "keeps repeating",
  "re-runs",
);
const loopTrigger: Parser<Facets> = first<Facets>(
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
      phrase(
        "the same call",
        "the same request",
        "the same action",
        "the same tool call",
        "an identical call",
        "the exact same call",
      ),
      maybe(cycle),
      phrase(
        "is made",
        "is repeated",
        "repeats",
        "happens",
        "occurs",
        "is sent",
        "comes",
        "is seen",
        "appears",
        "gets made",
      ),
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
      phrase("makes", "make", "sends", "issues", "repeats", "submits"),
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
      phrase(
        "loops",
        "loop",
        "goes round in circles",
        "goes in circles",
        "cycles",
        "gets stuck in a loop",
        "is stuck in a loop",
        "repeats itself",
        "goes around in circles",
        "runs in circles",
        "is looping",
      ),
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
function rowOf(row: unknown, span: Place): Facets {
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

const signalName: Parser<string> = first(
  seq([maybe(word("the")), exactName, maybe(word("signal", "feed"))], ([, name]) => name),
  seq([maybe(word("the")), word("signal"), value], ([, , name]) => name),
  exactName,
  seq(
    [
      maybe(word("the", "our", "its", "any")),
      many(
        token("a signal", (t) => (t.kind === "word" && !SIGNAL_STOPS.has(t.text) ? t.text : undefined)),
        1,
      ),
    ],
    ([, words]) => (words.length <= 4 && SIGNAL_NOUNS.has(words.at(-1) ?? "") ? words.join("_") : undefined),
  ),
);
const SIGNAL_STOPS = new Set(
  "is are has have had was were stops stop goes go gets get becomes become does do not no arrives arrive arrived updates update updated for in within than older when if and or but with from any every each fails fail signal data's in on by to a an exceeds exceed falls drops makes runs takes spends more less over under below at most least since after before until unless except of that which who , dies die keeps ; balance losses drawdown".split(
    " ",
  ),
);
const lastAge = first(phrase("older than", "more than", "staler than", "over"));
const staleTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      signalName,
      phrase("is", "are", "gets", "becomes", "goes", "has become", "grows", "turns"),
      lastAge,
      duration,
      maybe(phrase("old", "stale", "out of date", "behind", "late")),
      never(),
    ],
    ([signal, , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      signalName,
      phrase(
        "is",
        "are",
        "has been",
        "goes",
        "is stale",
        "has gone",
        "stays",
        "remains",
        "have been",
        "becomes",
        "falls",
        "was",
      ),
      phrase(
        "stale for",
        "silent for",
        "quiet for",
        "missing for",
        "dead for",
        "down for",
        "gone for",
        "offline for",
        "late by",
        "for",
        "stale by",
        "absent for",
        "unavailable for",
        "out of date for",
        "not updated for",
      ),
      maybe(phrase("more than", "over", "longer than", "at least")),
      duration,
    ],
    ([signal, , , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      signalName,
      phrase(
        "has not been updated",
        "has not updated",
        "has not arrived",
        "has not been seen",
        "does not update",
        "does not arrive",
        "is not updated",
        "has not been refreshed",
        "has not ticked",
        "have not arrived",
        "has not reported",
        "has not been received",
        "has not been heard",
        "stops arriving",
        "stops updating",
        "stops",
        "has stopped",
        "has stopped updating",
        "has stopped arriving",
        "does not tick",
        "is not received",
        "is not seen",
        "has sent nothing",
        "has not come in",
        "has not come",
        "fails to update",
        "fails to arrive",
        "has not produced a value",
        "dies",
      ),
      first(
        phrase(
          "for",
          "in",
          "within",
          "in the last",
          "for more than",
          "in more than",
          "for over",
          "for longer than",
          "for at least",
          "in over",
          "in the past",
        ),
      ),
      duration,
    ],
    ([signal, , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase("there is no", "there has been no", "there was no", "we see no", "we get no"),
      maybe(word("new")),
      signalName,
      first(phrase("for", "in", "within", "for more than")),
      duration,
    ],
    ([, , signal, , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      word("no"),
      maybe(word("new")),
      signalName,
      maybe(
        phrase(
          "arrives",
          "is received",
          "has arrived",
          "update arrives",
          "arrived",
          "comes in",
          "has been received",
          "has been seen",
          "is seen",
          "comes",
          "updates arrive",
          "is heard",
          "came in",
          "was seen",
        ),
      ),
      first(phrase("for", "in", "within", "in the last", "for more than", "for over", "for at least")),
      duration,
    ],
    ([, , signal, , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase(
        "we have not heard from",
        "we hear nothing from",
        "nothing is heard from",
        "nothing comes from",
        "nothing arrives from",
        "nothing has come from",
        "there is no news from",
      ),
      signalName,
      first(phrase("for", "in", "within", "in the last")),
      duration,
    ],
    ([, signal, , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
  seq(
    [
      phrase("the last", "the latest", "the newest"),
      maybe(phrase("value of", "update of", "update from")),
      signalName,
      phrase("is"),
      first(phrase("older than", "more than", "over")),
      duration,
      maybe(phrase("old", "ago")),
    ],
    ([, , signal, , , length], span) => [
      frame("stale", span),
      { is: "signal", signal, ...span },
      { is: "duration", duration: length, side: "most", ...span },
    ],
  ),
);
function never(): Parser<unknown> {
  return maybe(phrase("or was never seen", "or has never been seen", "or never arrived"));
}

const inFlightNow = map(
  phrase(
    "are in flight",
    "is in flight",
    "are running",
    "run at once",
    "are active",
    "are running at once",
    "are in progress",
    "run in parallel",
    "run at the same time",
  ),
  () => "flying",
);

/** More than was to be: "an agent sends more than 5 emails per hour", "spending exceeds $50 a day". */
const excessTrigger: Parser<Facets> = first<Facets>(
  seq(
    [
      anySubject,
      between,
      maybe(phrase("tries to", "attempts to", "wants to", "would", "is about to")),
      first<Facets>(doReach, exceed),
    ],
    ([subject, more, , limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq(
    [
      limited,
      between,
      first<Facets>(
        exceed,
        seq(
          [
            phrase(
              "goes over",
              "go over",
              "is over",
              "are over",
              "goes above",
              "go above",
              "is above",
              "is more than",
              "passes",
              "rises above",
              "are more than",
              "gets over",
              "goes beyond",
              "is higher than",
              "tops",
              "climbs above",
            ),
            mostOf,
          ],
          ([, facets]) => facets,
        ),
        seq([phrase("reaches", "hits", "gets to", "reach", "hit"), reachOf], ([, facets]) => facets),
      ),
    ],
    ([subject, more, limit], span) => [frame("limit", span), ...subject, ...more, ...limit],
  ),
  seq(
    [
      maybe(phrase("there are", "there have been", "we see", "we get")),
      excessOnly,
      between,
      maybe(
        first(
          inFlightNow,
          phrase(
            "are made",
            "are sent",
            "are placed",
            "happen",
            "occur",
            "come in",
            "are run",
            "are executed",
            "are spent",
            "is spent",
            "are used",
            "go out",
            "arrive",
            "have been made",
            "have been sent",
            "are issued",
            "were sent",
            "were made",
            "are performed",
            "are started",
            "are submitted",
          ),
        ),
      ),
    ],
    ([, limit, more, flying], span) => [
      frame("limit", span),
      ...limit,
      ...more,
      ...(flying === "flying" ? [{ is: "inFlight" as const, ...span }] : []),
    ],
  ),
  seq(
    [
      oneAction,
      phrase(
        "exceeds",
        "is over",
        "is above",
        "costs more than",
        "is more than",
        "costs over",
        "is larger than",
        "is worth more than",
        "is bigger than",
        "is for more than",
        "goes over",
      ),
      amount,
    ],
    ([subject, , sum], span) => [
      frame("size", span),
      ...subject,
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

/** "more than 10 files are deleted within a minute". */
const sufferedTrigger: Parser<Facets> = seq(
  [excessOnly, between, phrase("is", "are", "get", "were", "have been", "gets"), participle()],
  ([limit, more, , verb], span) => {
    const facets = withVerb(verb, limit);
    return facets === undefined || LIGHT_VERBS.has(verb) || verb === "sent"
      ? undefined
      : [frame("limit", span), ...facets, ...more];
  },
);

const longTrigger: Parser<Facets> = seq([callNoun, between, tooLong], ([subject, more, length], span) => [
  frame("timeout", span),
  ...subject,
  ...more,
  ...length,
]);

/** Somebody does something that is named: "an agent tries to delete files". */
const attemptTrigger: Parser<Facets> = any<Facets>(
  seq(
    [actor, phrase("tries to", "attempts to", "wants to", "is about to"), deed],
    ([subject, , thing], span) => [frame("deny", span), ...subject, ...thingFacets(thing)],
  ),
  seq([who, inflected()], ([subject, thing], span) => [
    frame("deny", span),
    ...subject,
    ...thingFacets(thing),
  ]),
  map(suffered, (thing, span) => [frame("deny", span), ...thingFacets(thing)]),
);

/** "deletes a file". */
function inflected(): Parser<Thing> {
  return {
    first: null,
    empty: false,
    at: (state, i) =>
      /s$/.test(state.tokens[i]?.text ?? "") && isVerb(state.tokens[i]) ? deed.at(state, i) : [],
  };
}

/** Everything that can set a stop or an alarm off. */
const trigger: Parser<Facets> = keep(
  any<Facets>(
    lossTrigger,
    floorTrigger,
    errorsTrigger,
    errorRateTrigger,
    denialsTrigger,
    newcomersTrigger,
    runawayTrigger,
    loopTrigger,
    staleTrigger,
    longTrigger,
    excessTrigger,
    sufferedTrigger,
    attemptTrigger,
  ),
);

/** The same behind "that": "any agent that makes …". */
const relative: Parser<Facets> = keep(
  any<Facets>(
    map(inflected(), (thing, span) => [frame("deny", span), ...thingFacets(thing)]),
    seq([phrase("tries to", "try to", "attempts to", "attempt to", "wants to"), deed], ([, thing], span) => [
      frame("deny", span),
      ...thingFacets(thing),
    ]),
    seq([first<Facets>(doReach, exceed)], ([limit], span) => [frame("limit", span), ...limit]),
    seq([FAIL, nTimes, maybe(word("times")), inARow, errorAdjuncts], ([, times, , , more], span) => [
      frame("errors", span),
      ...times,
      ...more,
    ]),
    seq(
      [phrase("has", "have", "produces", "returns"), failuresInARow, errorAdjuncts],
      ([, times, more], span) => [frame("errors", span), ...times, ...more],
    ),
    seq(
      [FAIL, phrase("more than"), percent, maybe(phrase("of the time", "of its calls")), rateAdjuncts],
      ([, , n, , more], span) => [
        frame("errorRate", span),
        { is: "percent", percent: n, side: "most", ...span },
        ...more,
      ],
    ),
    seq(
      [
        phrase("has an error rate", "has a failure rate", "with an error rate", "with a failure rate"),
        maybe(word("of")),
        share,
        rateAdjuncts,
      ],
      ([, , limit, more], span) => [frame("errorRate", span), ...limit, ...more],
    ),
    seq(
      [MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), maybe(inARow)],
      ([, , period, times, , row], span) => [
        frame("loop", span),
        ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
        ...times,
        ...rowOf(row, span),
      ],
    ),
    seq([MAKES, nTimes, word("identical"), word(...ACTION_PLURALS), inARow], ([, times], span) => [
      frame("loop", span),
      { is: "maxPeriod", maxPeriod: 1, ...span },
      ...times,
    ]),
    seq(
      [
        phrase("loops", "loop", "repeats itself", "repeat themselves", "goes in circles"),
        nTimes,
        maybe(word("times")),
      ],
      ([, times], span) => [frame("loop", span), ...times],
    ),
    seq(
      [
        phrase(
          "runs",
          "run",
          "running",
          "goes",
          "going",
          "go",
          "acts",
          "acting",
          "exceeds",
          "exceed",
          "exceeding",
          "is running",
          "calls",
          "calling",
          "is",
          "works",
          "working",
        ),
        multipleFacet,
      ],
      ([, times], span) => [frame("runaway", span), ...times],
    ),
    seq([contact, nTimes, newKey], ([series, times, key], span) => [
      frame("newcomers", span),
      ...series,
      ...times,
      { is: "of", key, ...span },
    ]),
    seq([phrase("above", "over", "beyond"), multiple, maybe(word("the")), USUAL], ([, times], span) => [
      frame("runaway", span),
      { is: "times", times, side: "most", ...span },
    ]),
    seq(
      [
        phrase(
          "whose deny rate",
          "whose denial rate",
          "whose refusal rate",
          "with a deny rate",
          "with a deny rate of",
        ),
        share,
        rateAdjuncts,
      ],
      ([, limit, more], span) => [frame("denials", span), ...limit, ...more],
    ),
    seq([phrase("whose error rate", "whose failure rate"), share, rateAdjuncts], ([, limit, more], span) => [
      frame("errorRate", span),
      ...limit,
      ...more,
    ]),
    seq(
      [
        phrase("whose call rate", "whose rate", "whose request rate", "whose activity"),
        phrase("exceeds", "is", "reaches", "goes"),
        multipleFacet,
      ],
      ([, , times], span) => [frame("runaway", span), ...times],
    ),
    seq(
      [
        phrase("whose calls fail", "whose requests fail", "whose actions fail"),
        nTimes,
        maybe(word("times")),
        inARow,
        errorAdjuncts,
      ],
      ([, times, , , more], span) => [frame("errors", span), ...times, ...more],
    ),
    seq([RUN, maybe(LONGER), duration], ([, , length], span) => [
      frame("timeout", span),
      { is: "duration", duration: length, side: "most", ...span },
    ]),
  ),
);

// Acts.

const stopVerb = phrase(
  "stop",
  "pause",
  "block",
  "suspend",
  "disable",
  "cut off",
  "refuse",
  "deny",
  "hold",
  "reject",
  "lock out",
  "switch off",
  "turn off",
  "bench",
  "open the breaker for",
  "open the circuit for",
  "trip the breaker for",
  "break the circuit for",
  "throttle",
  "quarantine",
  "stop calling",
  "stop using",
  "disallow",
  "forbid",
  "ban",
  "back off from",
  "take",
);
const alertVerb = phrase(
  "alert",
  "alert me",
  "alert us",
  "warn",
  "warn me",
  "warn us",
  "notify",
  "notify me",
  "notify us",
  "tell me",
  "tell us",
  "raise an alert",
  "send an alert",
  "raise an alarm",
  "page me",
  "flag",
  "report",
  "alert the operator",
  "alert an operator",
  "alert the team",
  "warn the operator",
  "notify the operator",
  "tell the operator",
  "notify the team",
  "alert someone",
  "detect",
  "send me an alert",
  "sound the alarm",
  "raise a warning",
  "let me know",
  "page the operator",
  "ping me",
  "alert only",
  "only alert",
  "log an alert",
  "just alert me",
  "trigger an alert",
  "issue an alert",
  "issue a warning",
  "warn the team",
  "give a warning",
  "inform me",
  "only warn",
  "alert on call",
);
const askVerb = phrase(
  "ask a human",
  "ask me",
  "ask for approval",
  "require approval",
  "ask an operator",
  "ask the operator",
  "require human approval",
  "ask for permission",
  "get approval",
  "ask",
  "ask a person",
  "ask us",
  "ask someone",
  "require a human",
  "need approval",
  "ask for a human",
  "request approval",
);

interface Act {
  readonly then: Then;
}
const actVerb: Parser<Act> = first<Act>(
  map(haltVerb, () => ({ then: "halt" })),
  map(stopVerb, () => ({ then: "block" })),
);

type Target = Extract<Facet, { readonly is: "object" }>;
const target = (object: Target["object"], facets: Facets, span: Place): Target => ({
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
const objectOf: Parser<Target> = first<Target>(
  map(
    phrase(
      "it",
      "them",
      "him",
      "her",
      "the run",
      "that agent",
      "that tool",
      "that caller",
      "this agent",
      "the culprit",
      "the caller in question",
    ),
    (_, span) => target("it", [], span),
  ),
  map(phrase("the offender", "the offender for actions"), (_, span) => target("offender", [], span)),
  map(phrase("everything for actions"), (_, span) => target("everything", [], span)),
  map(
    phrase(
      "everything",
      "all actions",
      "the whole thing",
      "all activity",
      "things",
      "all of it",
      "all activities",
      "all calls",
      "the whole system",
      "the system",
      "the portfolio",
      "the whole portfolio",
      "the entire portfolio",
      "the entire system",
      "the platform",
      "all agents",
      "every agent and tool",
      "the fleet",
      "the whole fleet",
      "all work",
      "all operations",
    ),
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

const WHEN = phrase(
  "when",
  "if",
  "whenever",
  "once",
  "as soon as",
  "while",
  "after",
  "the moment",
  "in case",
  "should",
  "as long as",
  "in the event that",
  "every time",
  "any time",
  "anytime",
  "upon",
  "on",
  "where",
  "at the moment",
  "because",
  "until",
);
const whenTrigger: Parser<Facets> = seq([WHEN, trigger], ([, facets]) => facets);

/** The verb with its object: "pause the agent", "shut everything down". */
const act: Parser<Facets> = any<Facets>(
  seq([actVerb, maybe(objectOf)], ([verb, object], span) => [
    then(verb.then, span),
    object ?? target("none", [], span),
  ]),
  map(
    phrase(
      "trip the breaker",
      "open the breaker",
      "open the circuit",
      "break the circuit",
      "trip the circuit breaker",
      "open the circuit breaker",
    ),
    (_, span): Facets => [then("block", span), target("none", [], span)],
  ),
  seq([first(word("shut", "switch", "turn")), objectOf, first(word("down", "off"))], ([, object], span) => [
    then("halt", span),
    object,
  ]),
);

const passiveAct: Parser<Then> = first<Then>(
  map(phrase("halted", "killed", "shut down", "frozen", "terminated"), () => "halt"),
  map(phrase("stopped", "paused", "blocked", "suspended", "throttled"), () => "block"),
);

/** "Halt the portfolio when losses exceed 5 percent". */
const actSentence: Parser<Facets> = any<Facets>(
  seq([act, between, maybe(word(",")), whenTrigger], ([acting, more, , facets]) => [
    ...acting,
    ...more,
    ...facets,
  ]),
  seq([act, between, maybe(phrase("that", "which", "who")), relative], ([acting, more, , facets]) => [
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
      between,
      maybe(word(",")),
      phrase("is", "gets", "must be", "will be", "should be", "shall be", "are", "get", "has to be"),
      passiveAct,
    ],
    ([object, , facets, more, , , verb], span) => [
      then(verb, span),
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
          phrase(
            "is|are stopped",
            "is|are paused",
            "is|are blocked",
            "is|are suspended",
            "stop",
            "stops",
            "must stop",
            "must be stopped",
            "must pause",
          ),
          () => "block",
        ),
      ),
      between,
      whenTrigger,
    ],
    ([object, verb, more, facets], span) => [then(verb, span), object, ...more, ...facets],
  ),
  // "No trading while …", "Never trade when …"
  seq([phrase("no", "no more"), things, between, whenTrigger], ([, thing, more, facets], span) => [
    then("block", span),
    target("things", thingFacets(thing), span),
    ...more,
    ...facets,
  ]),
  seq([NEVER, deed, between, whenTrigger], ([, thing, more, facets], span) => [
    then("block", span),
    target("things", thingFacets(thing), span),
    ...more,
    ...facets,
  ]),
);
const alertSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      alertVerb,
      maybe(seq([phrase("on", "about", "of", "for"), objectOf], ([, object]) => object)),
      between,
      maybe(word(",")),
      first<Facets>(
        whenTrigger,
        seq([phrase("when", "if", "about", "that", "on"), trigger], ([, facets]) => facets),
      ),
    ],
    ([, object, more, , facets], span) => [
      then("alert", span),
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
      between,
      maybe(phrase("that", "which", "who")),
      relative,
    ],
    ([, , object, more, , facets], span) => [
      then("alert", span),
      ...clearly(object.facets),
      ...more,
      ...facets,
    ],
  ),
  // "Alert on any deletion": only told, never stopped.
  seq(
    [
      alertVerb,
      maybe(
        phrase(
          "on",
          "about",
          "of",
          "before",
          "at",
          "for",
          "when there is",
          "whenever there is",
          "if there is",
        ),
      ),
      maybe(phrase("any", "every", "each", "all", "a", "an")),
      things,
    ],
    ([, , , thing], span) => [frame("deny", span), then("alert", span), ...thingFacets(thing)],
  ),
);
const askWhen: Parser<Facets> = any<Facets>(
  seq(
    [
      askVerb,
      maybe(seq([phrase("before", "for", "about"), objectOf], ([, object]) => object)),
      between,
      maybe(word(",")),
      whenTrigger,
    ],
    ([, object, more, , facets], span) => [
      then("approve", span),
      ...(object?.facets ?? []),
      ...more,
      ...facets,
    ],
  ),
  seq([askVerb, word("before"), trigger], ([, , facets], span) => [then("approve", span), ...facets]),
);
/** "If losses exceed 5 percent, halt the portfolio". */
const ifSentence: Parser<Facets> = seq(
  [
    phrase(
      "when",
      "if",
      "whenever",
      "once",
      "as soon as",
      "after",
      "the moment",
      "in case",
      "should",
      "every time",
      "any time",
      "in the event that",
    ),
    trigger,
    between,
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
              phrase(
                "stop",
                "stops",
                "must stop",
                "is|are stopped",
                "is|are paused",
                "is|are blocked",
                "is|are suspended",
              ),
              () => "block",
            ),
          ),
        ],
        ([thing, verb], span) => [then(verb, span), target("things", thingFacets(thing), span)],
      ),
      seq([alertVerb], (_, span) => [then("alert", span)]),
      seq([askVerb], (_, span) => [then("approve", span)]),
      seq(
        [
          first(
            map(
              phrase("it is", "it should be", "they are", "it must be", "it gets", "they get"),
              () => "it" as const,
            ),
            map(phrase("everything is", "the system is", "everything must be"), () => "everything" as const),
          ),
          first<Facets>(
            map(phrase("halted", "killed", "shut down", "frozen"), (_, span) => [then("halt", span)]),
            map(phrase("stopped", "paused", "blocked", "suspended"), (_, span) => [then("block", span)]),
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

const haveSignal = signed;

/** "Keep at least $25 in the account". */
const keepSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      phrase(
        "keep",
        "leave",
        "always keep",
        "maintain",
        "hold",
        "keep a balance of",
        "maintain a balance of",
        "always leave",
        "always have",
      ),
      maybe(
        phrase(
          "at least",
          "no less than",
          "a minimum of",
          "a minimum balance of",
          "a balance of at least",
          "a reserve of at least",
          "a reserve of",
        ),
      ),
      money,
      maybe(
        phrase(
          "in the account",
          "in the balance",
          "in cash",
          "as a reserve",
          "in reserve",
          "at all times",
          "on the account",
          "in the wallet",
          "untouched",
        ),
      ),
    ],
    ([, , sum], span) => [frame("floor", span), { is: "money", amount: sum, side: "most", ...span }],
  ),
  seq(
    [
      phrase(
        "minimum balance",
        "the minimum balance",
        "min balance",
        "balance floor",
        "the balance floor",
        "minimum account balance",
      ),
      maybe(first(word("is", ":", "of"))),
      money,
    ],
    ([, , sum], span) => [frame("floor", span), { is: "money", amount: sum, side: "most", ...span }],
  ),
  seq(
    [
      phrase("keep", "hold"),
      balanceNoun,
      first(
        map(phrase("above", "over"), () => "above"),
        map(phrase("at or above", "at least at", "at or over"), () => "at"),
      ),
      haveSignal,
    ],
    ([, account, how, sum], span) => [
      ...[frame("floor", span), ...account],
      {
        is: "money",
        amount: { measure: "usd", amount: sum },
        side: how === "above" ? "reach" : "most",
        ...span,
      },
    ],
  ),
  seq(
    [
      balanceNoun,
      phrase("must stay above", "must remain above", "should stay above", "must be above"),
      money,
    ],
    ([account, , sum], span) => [
      frame("floor", span),
      ...account,
      { is: "money", amount: sum, side: "reach", ...span },
    ],
  ),
  seq(
    [
      phrase("never let", "do not let"),
      balanceNoun,
      phrase(
        "fall below",
        "drop below",
        "go below",
        "get below",
        "dip below",
        "fall under",
        "drop under",
        "go under",
        "sink below",
        "be below",
      ),
      maybe(negative),
      money,
    ],
    ([, account, , minus, sum], span) => [
      ...[frame("floor", span), ...account],
      {
        is: "money",
        amount: { ...sum, amount: minus === undefined ? sum.amount : -sum.amount },
        side: "most",
        ...span,
      },
    ],
  ),
  seq(
    [
      balanceNoun,
      phrase(
        "must not fall below",
        "must never fall below",
        "may not fall below",
        "must not drop below",
        "must never drop below",
        "must stay at or above",
        "may never fall below",
        "should never fall below",
        "should not fall below",
        "may not drop below",
        "must be at least",
      ),
      money,
    ],
    ([account, , sum], span) => [
      frame("floor", span),
      ...account,
      { is: "money", amount: sum, side: "most", ...span },
    ],
  ),
);

const lossSentence: Parser<Facets> = any<Facets>(
  seq(
    [capVerb, lossNoun, lossAdjuncts, toWord, over("any"), lossAdjuncts],
    ([, from, a, , limit, b], span) => [
      frame("loss", span),
      ...(from === null ? [] : [{ is: "from" as const, from, ...span }]),
      ...a,
      ...atMost(limit),
      ...b,
    ],
  ),
  seq(
    [
      phrase("never", "do not", "we must not", "we must never"),
      word("lose"),
      maybe(phrase("more than", "over")),
      over("any"),
      lossAdjuncts,
    ],
    ([, , , limit, more], span) => [frame("loss", span), ...atMost(limit), ...more],
  ),
  seq(
    [
      phrase("never let", "do not let"),
      holder,
      phrase("lose", "fall", "drop", "be down"),
      maybe(phrase("by")),
      over("any"),
      lossAdjuncts,
    ],
    ([, , , , limit, more], span) => [frame("loss", span), ...atMost(limit), ...more],
  ),
  seq(
    [
      phrase("allow", "accept", "tolerate"),
      MOST,
      first<Facets>(
        map(percent, (n, span): Facets => [{ is: "percent", percent: n, side: "most", ...span }]),
        map(money, (sum, span): Facets => [{ is: "money", amount: sum, side: "most", ...span }]),
      ),
      maybe(word("of", "in")),
      lossNoun,
      lossAdjuncts,
    ],
    ([, , limit, , from, more], span) => [
      frame("loss", span),
      ...(from === null ? [] : [{ is: "from" as const, from, ...span }]),
      ...limit,
      ...more,
    ],
  ),
  seq(
    [
      maybe(word("the", "a")),
      first(
        phrases<"day" | "peak" | null>({
          "daily loss limit, loss limit per day, daily stop loss, maximum daily loss, max daily loss": "day",
          "max drawdown, maximum drawdown, drawdown limit": "peak",
          "loss limit, maximum loss, max loss, stop loss": null,
        }),
      ),
      maybe(first(word("is", ":", "of"), phrase("is set to"))),
      first<Facets>(
        map(percent, (n, span): Facets => [{ is: "percent", percent: n, side: "most", ...span }]),
        map(money, (sum, span): Facets => [{ is: "money", amount: sum, side: "most", ...span }]),
      ),
      lossAdjuncts,
    ],
    ([, from, , limit, more], span) => [
      frame("loss", span),
      ...(from === null ? [] : [{ is: "from" as const, from, ...span }]),
      ...limit,
      ...more,
    ],
  ),
  seq(
    [
      lossNoun,
      lossAdjuncts,
      phrase(
        "must not exceed",
        "may not exceed",
        "must stay below",
        "must stay under",
        "should not exceed",
        "must never exceed",
        "are limited to",
        "is limited to",
        "are capped at",
        "is capped at",
        "must not be more than",
      ),
      first<Facets>(
        map(percent, (n, span): Facets => [{ is: "percent", percent: n, side: "most", ...span }]),
        map(money, (sum, span): Facets => [{ is: "money", amount: sum, side: "most", ...span }]),
      ),
      lossAdjuncts,
    ],
    ([from, a, , limit, b], span) => [
      frame("loss", span),
      ...(from === null ? [] : [{ is: "from" as const, from, ...span }]),
      ...a,
      ...limit,
      ...b,
    ],
  ),
);
function atMost(facets: Facets): Facets {
  return facets.map((facet) =>
    facet.is === "percent" || facet.is === "money" ? { ...facet, side: "most" as const } : facet,
  );
}

/** "Never repeat the same call 4 times in a row". */
const noLoop: Parser<Facets> = any<Facets>(
  seq(
    [noOne, MAY, MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), inARow],
    ([subject, , , , period, times], span) => [
      frame("loop", span),
      ...subject,
      ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
      ...times,
    ],
  ),
  seq(
    [NEVER, MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), inARow],
    ([, , , period, times], span) => [
      frame("loop", span),
      ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
      ...times,
    ],
  ),
  seq(
    [someone, MAY_NOT, MAKES, SAME, maybe(cycle), nTimes, maybe(word("times")), inARow],
    ([subject, , , , period, times], span) => [
      frame("loop", span),
      ...subject,
      ...(period ?? [{ is: "maxPeriod", maxPeriod: 1, ...span }]),
      ...times,
    ],
  ),
  seq([phrase("block", "refuse", "deny", "stop"), MORE, number, newKey], ([, , n, key], span) => [
    frame("newcomers", span),
    { is: "times", times: n, side: "most", ...span },
    { is: "of", key, ...span },
  ]),
);

/** "Detect runaway callers at 5x baseline", "Alert on 5 failures in a row". */
const detectSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
        map(askVerb, () => ({ then: "approve" })),
      ),
      maybe(phrase("on", "of", "about", "for")),
      phrase("runaway"),
      countedPlural,
      between,
      maybe(
        phrase(
          "at",
          "running at",
          "above",
          "at more than",
          "over",
          "beyond",
          "that run at",
          "that exceed",
          "exceeding",
          "that run at more than",
          "at over",
        ),
      ),
      multiple,
      maybe(word("the")),
      maybe(USUAL),
    ],
    ([acting, , , key, more, , times], span) => [
      frame("runaway", span),
      then(acting.then, span),
      ...more,
      { is: "per", keys: [key], ...span },
      { is: "times", times, side: "most", ...span },
    ],
  ),
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
      ),
      maybe(phrase("on", "of", "about", "for")),
      maybe(word("any", "a", "an", "all")),
      phrase("runaway"),
      word("agent", "caller", "bot", "source", "activity", "loop", "behavior", "behaviour", "rate"),
      maybe(phrase("at", "above", "at more than", "over", "of", "beyond")),
      multiple,
      maybe(word("the")),
      maybe(USUAL),
    ],
    ([acting, , , , , , times], span) => [
      frame("runaway", span),
      then(acting.then, span),
      { is: "per", keys: ["source"], ...span },
      { is: "times", times, side: "most", ...span },
    ],
  ),
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
      ),
      maybe(phrase("on", "of", "about", "for", "any")),
      phrase("loops", "a loop", "any loop", "loop", "cycles", "repetition"),
      phrase("of", "with", "after", "of more than", "that repeat", "at"),
      number,
      maybe(phrase("repeats", "repetitions", "rounds", "times", "repeat", "cycles", "iterations")),
    ],
    ([acting, , , how, n], span) =>
      how
        ? [frame("loop", span), then(acting.then, span), { is: "times", times: n, side: "reach", ...span }]
        : undefined,
  ),
  seq(
    [
      first<Act>(
        map(alertVerb, () => ({ then: "alert" })),
        actVerb,
        map(askVerb, () => ({ then: "approve" })),
      ),
      maybe(objectOf),
      between,
      phrase("on", "upon", "at", "after", "for"),
      maybe(word("a", "an", "any")),
      first<Facets>(
        seq(
          [
            failuresInARow,
            errorAdjuncts,
            maybe(seq([word("of", "by", "from", "in"), who], ([, facets]) => facets)),
          ],
          ([times, more, subject], span) => [frame("errors", span), ...times, ...more, ...(subject ?? [])],
        ),
        seq([lossNoun, over("any"), lossAdjuncts], ([from, limit, more], span) => [
          frame("loss", span),
          ...(from === null ? [] : [{ is: "from" as const, from, ...span }]),
          ...limit,
          ...more,
        ]),
        seq([first(phrase("loss", "drop")), over("any"), lossAdjuncts], ([, limit, more], span) => [
          frame("loss", span),
          ...limit,
          ...more,
        ]),
        seq(
          [phrase("deny rate", "denial rate", "refusal rate"), share, rateAdjuncts],
          ([, limit, more], span) => [frame("denials", span), ...limit, ...more],
        ),
        seq(
          [phrase("error rate", "failure rate", "error rates", "failure rates"), share, rateAdjuncts],
          ([, limit, more], span) => [frame("errorRate", span), ...limit, ...more],
        ),
        seq([nTimes, word("identical"), word(...ACTION_PLURALS), inARow], ([times], span) => [
          frame("loop", span),
          { is: "maxPeriod", maxPeriod: 1, ...span },
          ...times,
        ]),
      ),
    ],
    ([acting, object, more, , , facets], span) => [
      then(acting.then, span),
      object ?? target("none", [], span),
      ...more,
      ...facets,
    ],
  ),
);

/** "Let no action run longer than…" and the others, all at once. */
const core: Parser<Facets> = any<Facets>(
  capSentence,
  capTime,
  concurrencySentence,
  oneAtATime,
  newcomersLimit,
  bareLimit,
  grantSentence,
  grantDo,
  setSentence,
  modalLimit,
  neverMore,
  doSentence,
  letSentence,
  noSingle,
  timeoutSentence,
  denySentence,
  onlySentence,
  allowList,
  askSentence,
  actSentence,
  alertSentence,
  askWhen,
  ifSentence,
  keepSentence,
  lossSentence,
  detectSentence,
  noLoop,
  SCORE_SENTENCES,
);

/** A whole sentence: every reading of it as its phrases. */
export const sentence: Parser<Facets> = seq([fronted, core, rest], ([before, facets, after]) => [
  ...before,
  ...facets,
  ...after,
]);
