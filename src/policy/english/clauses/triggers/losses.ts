/** Triggers on money: losses and balances. */

import { type Facets, frame } from "../../facets.js";
import { value } from "../../names/names.js";
import { money, percent } from "../../numbers.js";
import { first, many, map, maybe, type Parser, phrase, phrases, seq, word } from "../../parser.js";
import { MORE } from "../quantities.js";
import { over } from "./amounts.js";

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

export const holder = phrase(`
  the portfolio, portfolio, the account, we, i, the book, the fund, equity, the equity, p&l, pnl,
  the pnl, any account, capital, the portfolio value, the value of the portfolio, our portfolio,
  the system, net worth, the account value
`);

export const lossNoun = first(
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
export const lossAdjuncts: Parser<Facets> = map(many(first(fromFacet, accountFacet)), (lists) =>
  lists.flat(),
);

export const lossTrigger: Parser<Facets> = first<Facets>(
  seq([lossNoun, lossAdjuncts, over("any"), lossAdjuncts], ([from, a, limit, b], span) => [
    frame("loss", span),
    ...(from === null ? [] : [{ is: "from" as const, from, ...span }]),
    ...a,
    ...limit,
    ...b,
  ]),
  seq(
    [
      holder,
      phrase(`
        lose, loses, lost, has lost, have lost, is losing, are losing, loses money of, incurs losses of,
        suffers a loss of, suffers losses of, incurs a loss of
      `),
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
    [accountFacet, phrase("loses, has lost, is down, falls, drops, is down by"), over("any"), lossAdjuncts],
    ([account, , limit, more], span) => [frame("loss", span), ...account, ...limit, ...more],
  ),
  seq(
    [
      holder,
      maybe(lossAdjuncts),
      phrase(`
        is down, are down, falls, fall, drops, drop, declines, is off, has fallen, has dropped,
        goes down, has declined, falls by, drops by, declines by, is down by, are down by, loses value,
        sinks, slides, is underwater, draws down, shrinks
      `),
      over("any"),
      lossAdjuncts,
    ],
    ([, a, , limit, b], span) => [frame("loss", span), ...(a ?? []), ...limit, ...b],
  ),
);

export const balanceNoun: Parser<Facets> = first<Facets>(
  seq(
    [phrase("the balance of", "the balance in", "the balance on", "balance of", "balance in"), accountFacet],
    ([, facets]) => facets,
  ),
  seq([accountFacet, phrase("'s balance")], ([facets]) => facets),
  map(
    phrase(`
      the balance, balance, the account balance, account balance, our balance, its balance,
      the cash balance, cash, the cash, funds, the funds, available funds, the account,
      the wallet balance, the available balance, my balance, the portfolio balance, equity, the equity,
      the bankroll, the remaining balance, any balance, any account's balance,
      the balance of any account, the balance in the account
    `),
    () => [],
  ),
  accountFacet,
);

const BELOW_FLOOR = phrase(`
  falls below, fall below, drops below, drop below, goes below, go below, is below, are below,
  gets below, dips below, dip below, is under, falls under, drops under, goes under, sinks below,
  is less than, falls beneath, dips under, becomes less than, runs below, has fallen below,
  has dropped below, is lower than, get below, gets under, below, under
`);

export const negative = first(
  word("–"),
  map(word("minus"), () => "–"),
);

export const signed: Parser<number> = seq([maybe(negative), money], ([minus, sum]) =>
  minus === undefined ? sum.amount : -sum.amount,
);

export const floorTrigger: Parser<Facets> = first<Facets>(
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
      phrase(`
        goes negative, is negative, turns negative, becomes negative, gets negative, goes below zero,
        falls below zero, drops below zero, is below zero, falls below 0, goes below 0, is below 0
      `),
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
      phrase("is, falls to, drops to, is at, hits, reaches"),
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
      phrase(`
        is left, remains, is left in the account, are left, remains in the account, remain,
        is in the account
      `),
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
