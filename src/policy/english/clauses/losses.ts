/** Losses and balances that must not come about: "keep the balance above", "never lose more than". */

import { type Facets, frame } from "../facets.js";
import { money, percent } from "../numbers.js";
import { any, first, map, maybe, type Parser, phrase, phrases, seq, word } from "../parser.js";
import { atMost } from "./detecting.js";
import { capVerb, toWord } from "./limits.js";
import { MOST } from "./quantities.js";
import { over } from "./triggers/amounts.js";
import { balanceNoun, holder, lossAdjuncts, lossNoun, negative, signed } from "./triggers/losses.js";

/** "Keep at least $25 in the account". */
export const keepSentence: Parser<Facets> = any<Facets>(
  seq(
    [
      phrase(`
        keep, leave, always keep, maintain, hold, keep a balance of, maintain a balance of,
        always leave, always have
      `),
      maybe(
        phrase(`
          at least, no less than, a minimum of, a minimum balance of, a balance of at least,
          a reserve of at least, a reserve of
        `),
      ),
      money,
      maybe(
        phrase(`
          in the account, in the balance, in cash, as a reserve, in reserve, at all times,
          on the account, in the wallet, untouched
        `),
      ),
    ],
    ([, , sum], span) => [frame("floor", span), { is: "money", amount: sum, side: "most", ...span }],
  ),
  seq(
    [
      phrase(`
        minimum balance, the minimum balance, min balance, balance floor, the balance floor,
        minimum account balance
      `),
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
      signed,
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
      phrase(`
        fall below, drop below, go below, get below, dip below, fall under, drop under, go under,
        sink below, be below
      `),
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
      phrase(`
        must not fall below, must never fall below, may not fall below, must not drop below,
        must never drop below, must stay at or above, may never fall below, should never fall below,
        should not fall below, may not drop below, must be at least
      `),
      money,
    ],
    ([account, , sum], span) => [
      frame("floor", span),
      ...account,
      { is: "money", amount: sum, side: "most", ...span },
    ],
  ),
);

export const lossSentence: Parser<Facets> = any<Facets>(
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
      phrase(`
        must not exceed, may not exceed, must stay below, must stay under, should not exceed,
        must never exceed, are limited to, is limited to, are capped at, is capped at,
        must not be more than
      `),
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
