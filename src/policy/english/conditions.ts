import type { ArgTest, Condition, Facet, Regime } from "./facets.js";
import {
  actor,
  countedNoun,
  isCounted,
  namedWho,
  exactName,
  kindOfName,
  singular,
  thingFacets,
  things,
  value,
  who,
} from "./names.js";
import { amount, duration, number } from "./numbers.js";
import {
  any,
  END,
  every,
  first,
  keep,
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
import { bareSchedule, schedule, vagueTime, window } from "./times.js";
import { isThing } from "./things.js";
import { ACTION_NOUNS, EPISODES, TAG_NOUNS } from "./vocabulary.js";

type Place = { readonly start: number; readonly end: number };

export const OVER = phrase(
  "over",
  "above",
  "of more than",
  "of over",
  "more than",
  "exceeding",
  "larger than",
  "bigger than",
  "greater than",
  "higher than",
  "in excess of",
  "worth more than",
  "worth over",
  "costing more than",
  "costing over",
  "that cost|costs more than",
  "that cost|costs over",
  "that is|are over",
  "that is|are more than",
  "that is|are above",
  "that exceed|exceeds",
  "exceeds",
  "exceed",
  "is more than",
  "is greater than",
  "is above",
  "that is|are worth more than",
  "of above",
  "with a cost over",
  "with a cost above",
  "with a cost of more than",
  "with an amount over",
  "with an amount above",
  "with an amount of more than",
  "with a value over",
  "with a value above",
  "that cost|costs above",
  "beyond",
  "which cost|costs more than",
  "which exceed|exceeds",
  "for more than",
  "for over",
  "valued over",
  "valued above",
  "valued at more than",
  "totaling more than",
  "totalling more than",
  "larger|bigger than",
  "greater",
  "that use|uses|spend|spends more than",
  "that use|uses|spend|spends over",
);
const UNDER = phrase(
  "under",
  "below",
  "less than",
  "of less than",
  "of under",
  "smaller than",
  "lower than",
  "cheaper than",
  "worth less than",
  "costing less than",
  "costing under",
  "that cost|costs less than",
  "that cost|costs under",
  "that is|are under",
  "that is|are below",
  "that is|are less than",
  "with a cost under",
  "with a cost below",
  "fewer than",
  "for less than",
  "for under",
  "worth under",
);
const AT_LEAST = phrase(
  "of at least",
  "at least",
  "from",
  "worth at least",
  "costing at least",
  "that cost|costs at least",
  "of no less than",
);
const AT_MOST = phrase(
  "up to",
  "of at most",
  "at most",
  "of up to",
  "worth at most",
  "costing at most",
  "costing up to",
  "that cost|costs at most",
  "no more than",
  "of no more than",
);

const sideOfCost = any<"over" | "under" | "atLeast" | "atMost">(
  map(OVER, () => "over"),
  map(UNDER, () => "under"),
  map(AT_LEAST, () => "atLeast"),
  map(AT_MOST, () => "atMost"),
);
const orMore = phrases({
  "or more, or above, or higher, and above, and up, and more, upwards, or over": "atLeast",
  "or less, or below, or under, or lower, and below": "atMost",
});

/** "over $200", "of $200 or more", "under 5k tokens". */
export const cost: Parser<Condition> = first(
  seq([maybe(word("of")), amount, orMore], ([, sum, side], span) => ({
    is: "cost",
    side: side,
    amount: sum,
    ...span,
  })),
  seq([sideOfCost, amount], ([side, sum], span) => ({ is: "cost", side, amount: sum, ...span })),
);

const regimeName = first<Regime>(
  map(phrases({ "normal, calm": "normal" }), () => "normal"),
  map(phrases({ "stressed, stress": "stressed" }), () => "stressed"),
  map(phrases({ "shock, a shock, shocked": "shock" }), () => "shock"),
);
const regimes = many(regimeName, 1, first(phrase(", or", ", and"), word("or", ",", "and")));

/** "when the regime is shock", "in a stressed regime", "during shock". */
export const regime: Parser<Condition> = first(
  seq(
    [
      phrase(
        "the regime is not",
        "the market regime is not",
        "the regime is anything but",
        "the regime is other than",
      ),
      regimes,
    ],
    ([, names], span) => ({
      is: "regime",
      regimes: (["normal", "stressed", "shock"] as const).filter((name) => !names.includes(name)),
      ...span,
    }),
  ),
  seq(
    [
      phrase(
        "the regime is",
        "the market regime is",
        "the current regime is",
        "the regime becomes",
        "the regime turns",
        "the regime goes to",
        "the regime is in",
        "in the regime",
        "the regime being",
        "in regime",
        "we are in",
        "we are in a",
        "the world is in",
        "the market is in",
        "the market is in a",
        "the market is",
        "markets are",
        "the markets are",
        "the world is",
        "the market becomes",
        "the market turns",
      ),
      regimes,
      maybe(word("regime", "regimes")),
    ],
    ([, names], span) => ({ is: "regime", regimes: names, ...span }),
  ),
  seq(
    [
      phrase("in a", "in an", "in the", "in", "during a", "during the", "during", "under a", "under"),
      regimes,
      word("regime", "regimes", "conditions", "mode"),
    ],
    ([, names], span) => ({ is: "regime", regimes: names, ...span }),
  ),
  seq(
    [
      phrase("during", "in", "in a", "during a", "under"),
      many(
        first<Regime>(
          map(phrase("shock", "a shock"), () => "shock"),
          map(phrase("stress"), () => "stressed"),
        ),
        1,
        word("or"),
      ),
    ],
    ([, names], span) => ({ is: "regime", regimes: names, ...span }),
  ),
);

// The printer's own way of saying what a rule applies to, which can say all of it.

const hasWord = phrase(
  "has the word",
  "has the words",
  "containing",
  "contains",
  "contains the word",
  "contains the words",
  "with the word",
  "with the words",
);
const globItem: Parser<string> = first(
  seq([phrase("the word", "the words"), exactName], ([, text]) => `~${text}`),
  seq([hasWord, exactName], ([, text]) => `~${text}`),
  seq([maybe(first(word("is", "are", "="), phrase("is one of", "is like"))), exactName], ([, text]) => text),
);
const globList = many(globItem, 1, word("or"));
const globs: Parser<readonly string[]> = first(
  globList,
  seq(
    [word("is", "are", "="), maybe(phrase("one of")), many(value, 1, first(phrase(", or"), word("or", ",")))],
    ([, , list]) => list,
  ),
);

/** Text that cannot be shown between backticks, as the printer writes it. */
const jsonText: Parser<string> = seq([word("json"), exactName], ([, text]) => parseJsonText(text));

function parseJsonText(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "string" ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const literal: Parser<string | number | boolean | null> = first<string | number | boolean | null>(
  jsonText,
  exactName,
  token(
    "a number",
    (t) => (t.kind === "number" && t.suffix === undefined && t.currency === undefined ? t.amount : undefined),
    ["#number"],
  ),
  map(phrases({ true: 1, yes: 1 }), () => true),
  map(phrases({ false: 1 }), () => false),
  seq([word("null", "empty")], () => null),
);
const argTest: Parser<ArgTest> = first<ArgTest>(
  seq([phrase("is not given", "is missing", "is absent")], () => ({ exists: false })),
  seq([phrase("is given", "is present", "is set", "exists")], () => ({ exists: true })),
  seq(
    [
      maybe(word("is")),
      phrase("over", "above", "more than", "greater than", "exceeds", "larger than"),
      number,
    ],
    ([, , n]) => ({ over: n }),
  ),
  seq([maybe(word("is")), phrase("under", "below", "less than", "smaller than"), number], ([, , n]) => ({
    under: n,
  })),
  seq([phrase("equals", "is exactly", "is equal to", "is precisely"), literal], ([, equals]) => ({ equals })),
  seq([phrase("is true")], () => ({ equals: true })),
  seq([phrase("is false")], () => ({ equals: false })),
  globs,
);

const TAGS = new Set(["recipient", "tenant", "model", "customer", "user", "env", "environment", "domain"]);
const explicitTag = seq([maybe(word("the")), word("tag"), value], ([, , name]) => name);
const knownTag = seq(
  [
    maybe(word("the")),
    token("a tag", (t) => (t.kind === "word" && TAGS.has(t.text) ? t.text : undefined), [...TAGS]),
  ],
  ([, name]) => name,
);

/** One condition of a clause. */
const oneCondition: Parser<Condition> = keep(
  first<Condition>(
    seq([phrase("the agent", "the source", "the caller", "the agent's name"), globs], ([, list], span) => ({
      is: "source",
      globs: list,
      ...span,
    })),
    seq([phrase("the tool", "the series", "the tool's name"), globs], ([, list], span) => ({
      is: "series",
      globs: list,
      ...span,
    })),
    seq([phrase("it mentions", "it names", "the action mentions"), globList], ([, list], span) => ({
      is: "mentions",
      globs: list,
      ...span,
    })),
    seq(
      [
        phrase("the cost", "the amount", "the price", "the value", "its cost"),
        maybe(word("is")),
        sideOfCost,
        amount,
      ],
      ([, , side, sum], span) => ({
        ...{ is: "cost", side, amount: sum },
        ...span,
      }),
    ),
    seq([phrase("it costs", "it is", "they cost"), sideOfCost, amount], ([, side, sum], span) => ({
      is: "cost",
      side,
      amount: sum,
      ...span,
    })),
    seq(
      [maybe(word("the")), word("argument", "arg", "parameter"), first(jsonText, value), argTest],
      ([, , path, test], span) => ({ is: "arg", path, test, ...span }),
    ),
    seq([explicitTag, globs], ([name, list], span) => ({ is: "tag", name, globs: list, ...span })),
    seq([knownTag, globList], ([name, list], span) => ({ is: "tag", name, globs: list, ...span })),
    regime,
    seq([phrase("the time is", "it is"), first(schedule, bareSchedule)], ([, when], span) => ({
      ...when,
      ...span,
    })),
  ),
);

/** Conditions that must all hold. */
export const clause: Parser<readonly Condition[]> = keep(many(oneCondition, 1, phrase("and", ", and")));

function given(condition: Condition, span: Place): Facet {
  return { is: "condition", condition, ...span };
}

const listGap = first(phrase(", or", ", and"), word("or", "and", ","));
const placeNames = ["production", "prod", "staging", "development", "sandbox", "main", "master"];
const place = seq(
  [
    token(
      "a place",
      (t) => (t.kind === "word" && placeNames.includes(t.text) ? t.text : undefined),
      placeNames,
    ),
    maybe(word("environment", "servers", "systems", "branch")),
  ],
  ([name]) => name,
);
const address = token(
  "an address",
  (t) => (t.kind === "name" && /@|^[/~.]|:\/\//.test(t.text) ? t.text : undefined),
  ["#name"],
);

/** Paths and hosts: "`src/*`", "`*.bank.com`". */
const target = token(
  "a place",
  (t) =>
    t.kind === "name" && (/^[/~.]|\/|\*|^[0-9]+\./.test(t.text) || placeNames.includes(t.text))
      ? t.text
      : undefined,
  ["#name"],
);

/** "to production", "to bob@example.com": somewhere in the tags or the arguments. */
const mentions: Parser<Condition> = seq(
  [
    first(
      phrase(
        "to",
        "into",
        "towards",
        "in",
        "on",
        "at",
        "against",
        "mentioning",
        "that mention",
        "that mentions",
      ),
    ),
    maybe(word("the")),
    many(first(place, address, target), 1, listGap),
  ],
  ([, , texts], span) => ({ is: "mentions", globs: texts, ...span }),
);
const mentioned: Parser<Condition> = seq(
  [phrase("mentioning", "that mention", "that mentions"), globList],
  ([, texts], span) => ({ is: "mentions", globs: texts, ...span }),
);

/** "for tenant acme", "with model `gpt-4`". */
const tagged: Parser<Condition> = seq(
  [
    word("for", "with", "in"),
    maybe(word("the")),
    maybe(word("tag")),
    token(
      "a tag",
      (t) => (t.kind === "word" && Object.hasOwn(TAG_NOUNS, t.text) ? TAG_NOUNS[t.text] : undefined),
      Object.keys(TAG_NOUNS),
    ),
    maybe(word("is", "=")),
    many(
      first(
        exactName,
        map(value, (text) => (isThing(text) ? undefined : text)),
      ),
      1,
      listGap,
    ),
  ],
  ([, , , name, , globs], span) => ({ is: "tag", name, globs, ...span }),
);
const tagIs: Parser<Condition> = seq(
  [
    word("with", "for"),
    maybe(word("the")),
    word("tag"),
    value,
    maybe(word("=", "is", "of")),
    many(value, 1, listGap),
  ],
  ([, , , name, , globs], span) => ({
    ...{ is: "tag", name, globs },
    ...span,
  }),
);

const isWhat = (globs: readonly string[]): boolean =>
  globs.every((glob) => glob.startsWith("~") || kindOfName(glob) === "what");

/** "for the research agent", "by the intern", "on search": who or what a phrase is about. */
const about: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq([word("by"), first(who, actor)], ([, facets], span) => facets.map((facet) => ({ ...facet, ...span }))),
  seq([word("from"), first(who, namedWho)], ([, facets], span) =>
    facets.map((facet) => ({ ...facet, ...span })),
  ),
  seq([word("for"), who], ([, facets], span) =>
    facets.map((facet): Facet =>
      facet.is === "condition" && facet.condition.is === "source"
        ? { ...facet, condition: { ...facet.condition, isFor: true }, ...span }
        : { ...facet, ...span },
    ),
  ),
  seq([word("on", "to", "across", "among", "of", "with"), who], ([, facets], span) =>
    facets.some(({ is }) => is === "condition" || is === "unclear")
      ? undefined
      : facets.map((facet) => ({ ...facet, ...span })),
  ),
  seq(
    [word("for", "on", "of", "using", "with", "through", "via", "to"), things],
    ([preposition, thing], span): readonly Facet[] | undefined => {
      if (thing.globs.length === 0)
        return preposition === "for" || preposition === "on" ? thingFacets(thing) : undefined;
      if (isCounted(thing)) return undefined;
      if (preposition === "of" && thing.globs.some((glob) => !glob.startsWith("~"))) return undefined;
      if (preposition === "to" && !isWhat(thing.globs)) return undefined;
      if (!isWhat(thing.globs)) {
        const name = thing.globs[0] ?? "";
        return [
          {
            is: "refuse",
            reason: `\`${name}\` could be an agent or a tool`,
            help: `write \`for the agent \`${name}\`\` or \`for the tool \`${name}\`\``,
            ...span,
          },
        ];
      }
      return thingFacets({ ...thing, ...span });
    },
  ),
);

const namedTool: Parser<readonly Facet[]> = seq(
  [
    word("for", "on", "of", "to", "using", "with", "via"),
    maybe(word("the")),
    word("tool", "tools", "series", "market", "endpoint"),
    many(value, 1, listGap),
  ],
  ([, , , globs], span) => [given({ is: "series", globs, ...span }, span)],
);

// Whose counter.

const per: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq(
    [
      first(
        phrase(
          "per",
          "per each",
          "per individual",
          "per single",
          "for each",
          "for every",
          "for any one",
          "for any single",
          "by each",
          "by every",
          "to each",
          "to every",
          "to any one",
          "to any single",
          "to any",
          "to the same",
          "to one",
          "to a single",
          "from each",
          "on each",
          "with each",
          "in each",
          "in any one",
          "in a single",
          "within each",
          "by any one",
          "by any single",
          "for any",
          "by any",
          "for an individual",
          "by",
        ),
      ),
      many(first(countedNoun), 1, first(phrase("and per", "and each", "per", "and", ", per", ", and", ","))),
    ],
    ([how, keys], span) =>
      how && new Set(keys).size === keys.length
        ? [
            {
              is: "per",
              keys,
              isEpisode: keys.every((key) => EPISODES.has(key.replace("tag:", ""))),
              ...span,
            },
          ]
        : undefined,
  ),
  map(
    phrase(
      "each",
      "apiece",
      "each one",
      "individually",
      "separately",
      "each on its own",
      "each by itself",
      "each by themselves",
    ),
    (_, span) => [{ is: "apiece", ...span }],
  ),
  seq([word(","), phrase("for"), who, phrase("by itself")], ([, , facets], span) =>
    facets.map((facet) =>
      facet.is === "per" ? { ...facet, isForced: true, ...span } : { ...facet, ...span },
    ),
  ),
);

const together: Parser<readonly Facet[]> = map(
  first(
    phrase(
      "globally",
      "across the system",
      "across the whole system",
      "across the entire system",
      "across everything",
      "system wide",
      "systemwide",
      "across the board",
      "in aggregate",
      "across all of them",
      "across them all",
      "for the whole system",
      "for the system",
      "for the entire system",
      "for everyone together",
      "for everybody together",
      "between them",
      "together",
      "combined",
      "collectively",
      "as a group",
      "for all",
      "across the fleet",
      "across the whole fleet",
      "across the platform",
      "in the system",
      "in the whole system",
    ),
    phrase(
      "all agents|callers|bots|sources together|combined",
      "agents|callers|bots|sources together|combined",
      "across all agents|callers|bots|sources|users|tools|recipients|tenants|customers|strategies|actions",
      "across agents|callers|bots|sources|users|tools|recipients|tenants|customers|strategies",
      "over all agents|callers|bots|sources|tools",
      "for all agents|callers|bots|sources|tools together|combined",
      "by all agents|callers|bots|sources together|combined",
      "shared by all agents|callers|bots|sources",
      "shared across all agents|callers|bots|sources",
      "summed over all agents|callers|bots|sources",
      "across all of the agents|callers|bots|sources",
      "across every agent|caller|bot|source|tool",
      "from all agents|callers|bots|sources together|combined",
    ),
  ),
  (_, span) => [{ is: "together" as const, ...span }],
);

const globally: Parser<readonly Facet[]> = map(
  phrase(
    "globally",
    "across the system",
    "across the whole system",
    "across the entire system",
    "across everything",
    "system wide",
    "systemwide",
    "across the board",
    "in the system",
    "in the whole system",
    "across the platform",
    "across the fleet",
    "across the whole fleet",
    "for the whole system",
    "for the system",
  ),
  (_, span) => [{ is: "together", isPlace: true, ...span }],
);

// What is left out.

/** Who is left out: only names, for "each agent" leaves out everybody. */
function named(facets: readonly Facet[]): readonly Condition[] | undefined {
  const conditions = facets.flatMap((facet) => (facet.is === "condition" ? [facet.condition] : []));
  return conditions.length > 0 && facets.every(({ is }) => is === "condition" || is === "unclear")
    ? conditions
    : undefined;
}

const exceptWord = phrase(
  "except for",
  "except",
  "excepting",
  "excluding",
  "other than",
  "apart from",
  "aside from",
  "besides",
  "not counting",
  "not including",
  "save for",
  "with the exception of",
  "leaving out",
  "with the exclusion of",
  "barring",
  "but",
);

const exceptItem: Parser<readonly Condition[]> = first<readonly Condition[]>(
  seq([maybe(word("where", "when", "if")), clause], ([, conditions]) => conditions),
  seq([maybe(word("by", "from", "for")), who], ([, facets]) => named(facets)),
  map(schedule, (when) => [when]),
  map(bareSchedule, (when) => [when]),
  seq(
    [
      maybe(word("those", "ones", "calls", "actions", "anything")),
      first(cost, mentions, mentioned, tagIs, tagged, regime),
    ],
    ([, condition]) => [condition],
  ),
  seq([maybe(phrase("when", "if", "where")), regime], ([, condition]) => [condition]),
  seq(
    [
      maybe(
        phrase("for", "on", "of", "to", "via", "by", "with", "using", "the tool", "the tools", "calls to"),
      ),
      things,
    ],
    ([, thing]) =>
      thing.globs.length === 0 || thing.problem !== undefined
        ? undefined
        : [{ is: "series", globs: thing.globs, start: thing.start, end: thing.end }],
  ),
);

/** In an exception, "to bob@example.com" must be said by the tag: an address beside others would let all of them pass. */
function strictly(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.map((one) =>
    one.is === "mentions" && one.globs.every((glob) => glob.includes("@"))
      ? { is: "tag", name: "recipient", globs: one.globs, start: one.start, end: one.end }
      : one,
  );
}

/** What is left out, with an agent's name taken for an agent. */
const exceptWhole: Parser<readonly Condition[]> = any<readonly Condition[]>(
  seq([maybe(phrase("by", "for")), exactName], ([, name], span) =>
    kindOfName(name) === "what" ? undefined : [{ is: "source", globs: [name], ...span }],
  ),
  map(exceptItem, (conditions) => {
    const isAgent = conditions.some(
      (one) =>
        one.is === "series" && one.globs.some((glob) => !glob.startsWith("~") && kindOfName(glob) === "who"),
    );
    return isAgent ? undefined : strictly(conditions);
  }),
);

const exception: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq([exceptWord, word("where"), many(clause, 1, phrase(", or where", "or where"))], ([, , clauses], span) =>
    clauses.map((one): Facet => ({ is: "except", clause: one, ...span })),
  ),
  seq(
    [exceptWord, maybe(phrase("those", "ones", "calls", "actions")), exceptWhole],
    ([, , conditions], span) => [{ is: "except", clause: conditions, ...span }],
  ),
  // "emails to anyone but bob@example.com"
  seq(
    [
      phrase("to anyone", "to anybody", "to everyone", "to everybody", "to anything"),
      exceptWord,
      many(address, 1, listGap),
    ],
    ([, , globs], span) => [
      { is: "except", clause: [{ is: "tag", name: "recipient", globs, ...span }], ...span },
    ],
  ),
  seq([phrase("but", "but for"), who], ([, facets], span) => {
    const conditions = named(facets);
    return conditions === undefined ? undefined : [{ is: "except", clause: conditions, ...span }];
  }),
  seq(
    [
      word("unless"),
      first(
        clause,
        map(schedule, (when): readonly Condition[] => [when]),
        map(mentions, (one): readonly Condition[] => strictly([one])),
        map(cost, (one): readonly Condition[] => [one]),
      ),
    ],
    ([, conditions], span) => [{ is: "except", clause: conditions, ...span }],
  ),
  seq(
    [phrase("unless it is", "unless they are", "unless it costs", "unless they cost"), cost],
    ([, sum], span) => [{ is: "except", clause: [sum], ...span }],
  ),
  seq(
    [
      phrase(
        "unless it is",
        "unless they are",
        "unless it is for",
        "unless by",
        "unless it is by",
        "unless done by",
        "unless it comes from",
        "unless made by",
        "unless they come from",
        "unless it is from",
      ),
      who,
    ],
    ([, facets], span) => {
      const conditions = named(facets);
      return conditions === undefined ? undefined : [{ is: "except", clause: conditions, ...span }];
    },
  ),
  seq([phrase("outside", "outside of"), first(bareSchedule, schedule)], ([, when], span) => [
    { is: "except", clause: [when], ...span },
  ]),
);

const burst: Parser<readonly Facet[]> = seq(
  [
    phrase(
      "with bursts of",
      "with bursts up to",
      "with bursts of up to",
      "with a burst of",
      "with a burst of up to",
      "with a burst size of",
      "and bursts of",
      "and bursts up to",
      "and a burst of",
      "and a burst of up to",
      "bursting to",
      "bursting up to",
      "with burst",
      "burst",
      "bursts of",
      "bursts up to",
      "burst of",
      "allowing bursts of",
      "allowing bursts up to",
      "allowing bursts of up to",
      "allowing a burst of",
      "with short bursts of",
      "with short bursts of up to",
      "and short bursts of",
      "with bursts to",
      "in bursts of up to",
      "in bursts of at most",
      "with bursts of at most",
      "burst up to",
      "with a maximum burst of",
      "with a burst capacity of",
      "with a burst limit of",
      "with a bucket of",
      "with a bucket size of",
      "plus bursts of",
      "plus a burst of",
      "and allow bursts of",
      "and allow bursts up to",
      "and allow bursts of up to",
      "but allow bursts of",
      "but allow bursts up to",
      "but allow bursts of up to",
      "with bursts allowed up to",
      "with peaks of",
      "and up to",
    ),
    number,
    maybe(first(word("calls", "requests", "actions", "at"), phrase("at once"))),
  ],
  ([, amountOf], span) => [{ is: "burst", amount: amountOf, ...span }],
);

const MODE: Parser<readonly Facet[]> = first<readonly Facet[]>(
  map(
    phrase(
      "in shadow mode only",
      "in shadow mode",
      "in shadow only",
      "in shadow",
      "as a shadow rule",
      "shadow only",
      "( shadow )",
      "( in shadow )",
      "( shadow mode )",
      "in dry run",
      "in dry run mode",
      "as a dry run",
    ),
    (_, span) => [{ is: "mode", mode: "shadow", ...span }],
  ),
  map(phrase("in enforce mode", "enforced", "( enforced )"), (_, span) => [
    { is: "mode", mode: "enforce", ...span },
  ]),
);

const lasting: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq(
    [phrase("for", "for the next", "for a period of", "for another"), maybe(word("about")), duration],
    ([how, vague, length], span) =>
      how && vague === undefined ? [{ is: "for", duration: length, ...span }] : undefined,
  ),
  map(
    phrase(
      "until resumed",
      "until it is resumed",
      "until they are resumed",
      "until i resume it",
      "until i resume",
      "until someone resumes it",
      "until somebody resumes it",
      "until a human resumes it",
      "until an operator resumes it",
      "until the operator resumes it",
      "until manually resumed",
      "until resumed by hand",
      "until a human resumes",
      "until an operator resumes",
      "until further notice",
      "until someone resumes",
      "until it is resumed by a human",
      "until i say so",
      "until an operator says so",
      "until a human says so",
      "permanently",
      "for good",
      "indefinitely",
      "until somebody resumes them",
      "until someone steps in",
    ),
    (_, span) => [{ is: "untilResumed", ...span }],
  ),
);

/** Where nothing is known, the cost that an action is taken to have. */
const assume: Parser<readonly Facet[]> = seq(
  [
    maybe(word(",")),
    phrase("taking", "assuming", "counting"),
    amount,
    phrase(
      "where no cost is named",
      "where none is named",
      "when no cost is named",
      "for actions without a cost",
      "where the cost is missing",
      "if no cost is given",
    ),
  ],
  ([, , sum], span) => [{ is: "assume", amount: sum.amount, measure: sum.measure, ...span }],
);

const WHEN = phrase(
  "when",
  "if",
  "while",
  "whenever",
  "as long as",
  "where",
  "provided",
  "provided that",
  "so long as",
  "in case",
);

const condition: Parser<readonly Facet[]> = first<readonly Facet[]>(
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
  phrase(
    "at once",
    "at a time",
    "at the same time",
    "at any one time",
    "at any time",
    "at any given time",
    "at any moment",
    "at any given moment",
    "at one time",
    "in flight",
    "in flight at once",
    "in flight at a time",
    "concurrently",
    "in parallel",
    "simultaneously",
    "running at once",
    "running at a time",
    "running at the same time",
    "running in parallel",
    "running concurrently",
    "running simultaneously",
    "in flight at any time",
    "in flight at the same time",
    "in progress at once",
    "in progress",
    "in flight at most",
    "at once at most",
    "open at the same time",
    "open at once",
    "open at a time",
    "outstanding at once",
    "outstanding",
    "outstanding at any time",
    "pending at once",
    "at one and the same time",
    "open at once",
    "running",
  ),
  (_, span) => [{ is: "inFlight", ...span }],
);

/** "per call", "per order": a limit for one action. */
const single: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq(
    [
      phrase(
        "per",
        "for each",
        "for every",
        "for any one",
        "for any single",
        "on each",
        "on any one",
        "on any single",
        "in any one",
        "in any single",
        "in one",
        "in a single",
        "a",
        "per single",
        "per individual",
        "in each",
        "each",
        "for a single",
        "any one",
        "for one",
      ),
      maybe(word("tool", "api", "model", "llm")),
      word(...ACTION_NOUNS),
    ],
    (_, span) => [{ is: "single", ...span }],
  ),
  seq(
    [
      phrase(
        "per",
        "for each",
        "for every",
        "for any one",
        "for any single",
        "on each",
        "on any one",
        "on any single",
        "on a single",
        "on a",
        "on one",
        "per single",
        "per individual",
        "in any single",
        "in a single",
      ),
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
    ),
    map(
      phrase("max", "maximum", "at most", "at the most", "tops", "at maximum", "or less", "or fewer"),
      () => [],
    ),
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

/** Looks ahead: words that open a phrase in front of a sentence even without a comma behind it. */
const OPENING: Parser<true> = {
  first: new Set([
    "outside",
    "in",
    "during",
    "on",
    "between",
    "per",
    "within",
    "before",
    "except",
    "excluding",
  ]),
  empty: false,
  at(state, i) {
    return this.first?.has(state.tokens[i]?.text ?? "") === true ? [{ value: true, end: i }] : [];
  },
};

/** Phrases in front of a sentence: "On weekends, …", "In shadow: …", "For each caller, …". */
export const fronted: Parser<readonly Facet[]> = map(
  many(
    first<readonly Facet[]>(
      seq(
        [
          first<readonly Facet[]>(
            MODE,
            map(phrase("shadow", "shadow mode"), (_, span): readonly Facet[] => [
              { is: "mode", mode: "shadow", ...span },
            ]),
          ),
          word(":", ","),
        ],
        ([facets]) => facets,
      ),
      seq(
        [first(exception, globally, together, per, condition, window, about), word(",", ":")],
        ([facets]) => facets,
      ),
      seq([OPENING, first(exception, condition, window, per)], ([, facets]) => facets),
      seq(
        [
          phrase(
            "( shadow )",
            "( in shadow )",
            "( shadow mode )",
            "( dry run )",
            "dry run :",
            "shadow rule :",
            "shadow mode :",
            "[ shadow ]",
          ),
        ],
        (_, span): readonly Facet[] => [{ is: "mode", mode: "shadow", ...span }],
      ),
      map(
        phrase(
          "please",
          "rule :",
          "policy :",
          "always",
          "make sure that",
          "make sure",
          "ensure that",
          "ensure",
        ),
        () => [],
      ),
    ),
  ),
  (lists) => lists.flat(),
);

/** What happens beyond a limit, where that is not simply a refusal. */
export const consequence: Parser<readonly Facet[]> = seq(
  [
    first(
      phrase(
        "; otherwise",
        ", otherwise",
        "otherwise",
        "; beyond that",
        "; if exceeded",
        ", or else",
        "or else",
        ", or",
        "or",
        "; then",
        ", then",
        "and then",
        "then",
        "; above that",
        ", beyond that",
        ". beyond that",
        "; after that",
        ", after that",
        ", and if exceeded",
        "; else",
        "else",
      ),
    ),
    maybe(word(",")),
    first<readonly Facet[]>(
      map(phrase("halt everything", "shut everything down", "kill everything"), (_, span) => [
        { is: "then", then: "halt", ...span },
        { is: "object", object: "everything", facets: [], ...span },
      ]),
      map(phrase("halt the offender", "halt it", "halt them", "kill it", "shut it down"), (_, span) => [
        { is: "then", then: "halt", ...span },
        { is: "object", object: "offender", facets: [], ...span },
      ]),
      map(phrase("halt", "shut down"), (_, span) => [{ is: "then", then: "halt", ...span }]),
      map(
        phrase(
          "only alert",
          "alert",
          "only warn",
          "warn",
          "alert me",
          "alert only",
          "just alert",
          "warn me",
          "notify me",
        ),
        (_, span) => [{ is: "then", then: "alert", ...span }],
      ),
      map(
        phrase(
          "ask a human",
          "ask me",
          "ask",
          "ask for approval",
          "require approval",
          "ask an operator",
          "get approval",
          "ask the operator",
        ),
        (_, span) => [{ is: "then", then: "approve", ...span }],
      ),
      map(phrase("block", "refuse", "block it", "refuse it", "deny", "stop"), (_, span) => [
        { is: "then", then: "block", ...span },
      ]),
    ),
    maybe(lasting),
  ],
  ([, , then, length]) => [...then, ...(length ?? [])],
);

/** The rest of a sentence: phrases in any order, then what happens beyond. */
export const rest: Parser<readonly Facet[]> = keep(
  first(
    seq([adjuncts, maybe(word(".", "!")), END], ([facets]) => facets),
    seq([adjuncts, consequence, adjuncts, maybe(word(".", "!")), END], ([before, then, after]) => [
      ...before,
      ...then,
      ...after,
    ]),
  ),
);
