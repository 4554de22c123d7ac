/** Numbers of the triggers: losses, errors, times and shares. */

import { exact } from "../numbers.js";
import { type Fields, LEAST, type Reading } from "./reading.js";

export function lossBody(reading: Reading): Fields {
  const percent = reading.one("percent");
  const from = reading.one("from")?.from ?? "day";
  const account = reading.one("account")?.account;
  const common = { from, ...(account !== undefined && { account }) };
  if (percent !== undefined) {
    if (percent.percent > 100) reading.fail(percent, "nobody can lose more than 100 percent");
    if (percent.percent <= 0) reading.fail(percent, "the percentage must be above zero");
    return {
      kind: "loss",
      limitPct: percent.side === "reach" ? exact(percent.percent - LEAST) : percent.percent,
      ...common,
    };
  }
  return { kind: "loss", limit: dollarsOf(reading, 0, -LEAST), ...common };
}

export function floorBody(reading: Reading): Fields {
  const account = reading.one("account")?.account;
  return { kind: "floor", limit: dollarsOf(reading, 0, LEAST), ...(account !== undefined && { account }) };
}

/** Balances have no currency of their own; a sign other than the dollar's would be dropped silently. */
function dollarsOf(reading: Reading, most: number, reach: number): number {
  const money = reading.one("money", "an amount of money");
  if (money === undefined) return NaN;
  if (money.amount.measure !== "usd")
    reading.fail(money, "balances and losses are counted in dollars", "write the amount with `$`");
  return exact(money.amount.amount + (money.side === "reach" ? reach : most));
}

export function scoreBody(reading: Reading): Fields {
  const settings: Record<string, number> = {};
  for (const facet of reading.all("setting")) {
    if (Object.hasOwn(settings, facet.name) && settings[facet.name] !== facet.value)
      reading.fail(facet, `\`${facet.name}\` has two values`);
    settings[facet.name] = facet.value;
  }
  return { kind: "score", settings };
}

export function timesOf(reading: Reading, most: number, over: number): number {
  const times = reading.one("times", "a number");
  if (times === undefined) return NaN;
  if (!Number.isInteger(times.times)) reading.fail(times, `\`${times.times}\` is not a whole number`);
  // Limits (`newcomers`) are the largest number that is allowed, counts (`errors`, `loop`) the first that is not.
  const value = times.side === "most" ? times.times + over : times.times + most;
  if (value < 1) reading.fail(times, "the number is too small: it would hold at once");
  return value;
}

export function percentOf(reading: Reading, most: number, reach: number): number {
  const percent = reading.one("percent", "a percentage");
  if (percent === undefined) return NaN;
  const { side, percent: n } = percent;
  if (n > 100 || (n === 100 && side === "most"))
    reading.fail(percent, "a share cannot be more than 100 percent");
  if (n <= 0) reading.fail(percent, "the percentage must be above zero");
  const step = side === "most" ? most : reach;
  return step === 0 ? n : exact(n + step);
}

/** An error budget: above zero, and so small that it can burn six times too fast. */
export function budgetOf(reading: Reading): number {
  const percent = reading.one("percent", "a percentage");
  if (percent === undefined) return NaN;
  if (percent.percent <= 0) reading.fail(percent, "the percentage must be above zero");
  return percent.percent;
}

/** A detector that is told no number decides by itself in what time it looks. */
export function withoutNumbers(reading: Reading): Fields {
  for (const is of ["window", "minCalls"] as const)
    reading.mustNot(
      is,
      "a time or a number of calls means nothing without a bound",
      "name the bound as well, or leave it out: the detector finds its own",
    );
  return {};
}

export function minCallsOf(reading: Reading): Fields {
  const found = reading.one("minCalls");
  return found === undefined ? {} : { minCalls: found.minCalls };
}

export function probesOf(reading: Reading): Fields {
  const found = reading.one("probes");
  return found === undefined ? {} : { probes: found.probes };
}
