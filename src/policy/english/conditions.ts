/**
 * What a rule applies to, in the printer's words: cost, regime, tags, arguments. These can say all that a match
 * can hold.
 */

import type { ArgTest, Condition, Regime } from "./facets.js";
import { exactName, value } from "./names/names.js";
import { amount, number } from "./numbers.js";
import {
  any,
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
import { bareSchedule, schedule } from "./times.js";
import { wordSet } from "./words.js";

export const OVER = phrase(`
  over, above, of more than, of over, more than, exceeding, larger than, bigger than, greater than,
  higher than, in excess of, worth more than, worth over, costing more than, costing over,
  that cost|costs more than, that cost|costs over, that is|are over, that is|are more than,
  that is|are above, that exceed|exceeds, exceeds, exceed, is more than, is greater than, is above,
  that is|are worth more than, of above, with a cost over, with a cost above, with a cost of more than,
  with an amount over, with an amount above, with an amount of more than, with a value over,
  with a value above, that cost|costs above, beyond, which cost|costs more than, which exceed|exceeds,
  for more than, for over, valued over, valued above, valued at more than, totaling more than,
  totalling more than, larger|bigger than, greater, that use|uses|spend|spends more than,
  that use|uses|spend|spends over
`);

const UNDER = phrase(`
  under, below, less than, of less than, of under, smaller than, lower than, cheaper than,
  worth less than, costing less than, costing under, that cost|costs less than, that cost|costs under,
  that is|are under, that is|are below, that is|are less than, with a cost under, with a cost below,
  fewer than, for less than, for under, worth under
`);

const AT_LEAST = phrase(`
  of at least, at least, from, worth at least, costing at least, that cost|costs at least,
  of no less than
`);

const AT_MOST = phrase(`
  up to, of at most, at most, of up to, worth at most, costing at most, costing up to,
  that cost|costs at most, no more than, of no more than
`);

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
      phrase(`
        the regime is, the market regime is, the current regime is, the regime becomes,
        the regime turns, the regime goes to, the regime is in, in the regime, the regime being,
        in regime, we are in, we are in a, the world is in, the market is in, the market is in a,
        the market is, markets are, the markets are, the world is, the market becomes, the market turns
      `),
      regimes,
      maybe(word("regime", "regimes")),
    ],
    ([, names], span) => ({ is: "regime", regimes: names, ...span }),
  ),
  seq(
    [
      phrase("in a, in an, in the, in, during a, during the, during, under a, under"),
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

const hasWord = phrase(`
  has the word, has the words, containing, contains, contains the word, contains the words,
  with the word, with the words
`);

const globItem: Parser<string> = first(
  seq([phrase("the word", "the words"), exactName], ([, text]) => `~${text}`),
  seq([hasWord, exactName], ([, text]) => `~${text}`),
  seq([maybe(first(word("is", "are", "="), phrase("is one of", "is like"))), exactName], ([, text]) => text),
);
export const globList = many(globItem, 1, word("or"));

/** "is given", of a tag or an argument. */
const presence = phrase("is given", "is present", "is set", "exists");
/** Whether there is a value, said as if it were one: "is missing". In backticks it is one. */
const PRESENCE = wordSet("given present set missing absent empty blank unset undefined null");
const plainValue: Parser<string> = first(
  exactName,
  map(value, (text) => (PRESENCE.has(text) ? undefined : text)),
);

const globs: Parser<readonly string[]> = first(
  globList,
  seq(
    [
      word("is", "are", "="),
      maybe(phrase("one of")),
      many(plainValue, 1, first(phrase(", or"), word("or", ","))),
    ],
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
  seq([presence], () => ({ exists: true })),
  seq(
    [maybe(word("is")), phrase("over, above, more than, greater than, exceeds, larger than"), number],
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
const TAGS = wordSet("recipient tenant model customer user env environment domain");
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
      isExact: true,
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
    seq([first(explicitTag, knownTag), presence], ([name], span) => ({
      ...{ is: "tag", name, globs: ["**"] },
      ...span,
    })),
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
