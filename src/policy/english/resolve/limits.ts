/** Limits in numbers: rates, budgets, what runs at once, and the size of one action. */

import { exact } from "../numbers.js";
import { type Fields, LEAST, type Of, type Reading } from "./reading.js";
import { windowOf } from "./windows.js";

export function limitBodies(reading: Reading): Fields[] {
  const given = reading.one("limit", "a number");
  if (given === undefined) return [];
  const limit = inUnits(reading, given);
  const isSingle = reading.has("single");
  const isParallel = reading.has("inFlight");
  const sides = amountsOf(reading, limit);
  if (isSingle) {
    if (isParallel) reading.fail(limit, "a limit for one action has nothing to do with how many run at once");
    return sizeBodies(reading);
  }
  if (isParallel) {
    if (limit.unit.of === "measure")
      reading.fail(
        limit,
        "what runs at once is counted in actions",
        "write for instance: at most 3 calls at once",
      );
    reading.mustNot("window", "a limit on what runs at once has no window", "leave the window out");
    reading.mustNot("burst", "a limit on what runs at once has no bursts", "leave the bursts out");
    return sides.map((amount) => ({ kind: "concurrency", limit: amount }));
  }
  if (reading.has("noProgress")) return idleBodies(reading, limit, sides);
  const window = windowOf(reading, limit);
  const burst = reading.one("burst")?.amount;
  const sum = reading.all("sum")[0];
  if (sum !== undefined && limit.unit.of === "actions")
    reading.fail(limit, `\`${limit.amount}\` of what?`, "write the unit: `$50`, `100k tokens`");
  if (limit.unit.of === "measure") {
    if (burst !== undefined)
      reading.fail(reading.all("burst")[0], "bursts belong to a number of actions, not to a sum");
    const assume = reading.one("assume");
    const { measure } = limit.unit;
    if (assume !== undefined && assume.measure !== measure)
      reading.fail(assume, "what is assumed must be in the measure of the limit");
    return sides.map((amount) => ({
      kind: "budget",
      measure,
      limit: amount,
      window,
      ...(assume !== undefined && { assume: assume.amount }),
    }));
  }
  reading.mustNot("assume", "an action always counts as one, so nothing is assumed");
  if (typeof window === "string" && window !== "forever")
    return sides.map((amount) => ({
      kind: "rate",
      limit: amount,
      window,
      ...(burst !== undefined && { burst }),
    }));
  if (burst !== undefined)
    reading.fail(reading.all("burst")[0], "bursts need a window that rolls, such as `per minute`");
  return sides.map((amount) => ({ kind: "budget", measure: "calls", limit: amount, window }));
}

/** What may be spent before something new comes of it. */
function idleBodies(reading: Reading, { unit, amount, side }: Of<"limit">, sides: number[]): Fields[] {
  reading.mustNot(
    "window",
    "what is spent without progress has no window",
    "leave the window out: it counts from the last time that something new came of it",
  );
  for (const is of ["burst", "assume"] as const)
    reading.mustNot(is, "this has no meaning here", "leave it out: it counts since the last progress");
  const measure = unit.of === "measure" ? unit.measure : "calls";
  // Of money and the like it makes no difference whether the last millionth is reached or passed.
  const limits = side === "reach" && measure !== "calls" ? [amount] : sides;
  return limits.map((limit) => ({ kind: "loop", measure, limit }));
}

/** "Tokens per call: at most 8k": the subject has the unit. */
function inUnits(reading: Reading, limit: Of<"limit">): Of<"limit"> {
  const measure = reading.all("sum")[0]?.measure;
  return measure !== undefined && limit.unit.of === "actions"
    ? { ...limit, unit: { of: "measure", measure } }
    : limit;
}

/** The amounts that a limit can mean: "reaches" has two meanings where it matters. */
function amountsOf(reading: Reading, limit: Of<"limit">): number[] {
  const { amount, side, unit } = limit;
  const isCount = unit.of === "actions" || unit.measure === "calls";
  const step = isCount ? 1 : LEAST;
  if (amount < 0) reading.fail(limit, "a limit cannot be below zero");
  if (unit.of === "actions" && !Number.isInteger(amount))
    reading.fail(limit, `\`${amount}\` is not a whole number of actions`);
  const below = exact(amount - step);
  if (amount === 0 && unit.of === "actions")
    reading.fail(limit, "a limit of zero lets nothing through", "to forbid something write `Never …`");
  if (side === "most") return [amount];
  if (side === "under") {
    if (below < (isCount ? 1 : 0))
      reading.fail(limit, "nothing is left below that", "to forbid something write `Never …`");
    return [below];
  }
  const then = reading.outcome();
  if (!isCount && (then === undefined || then === "block")) return [amount];
  return below < (isCount ? 1 : 0) ? [amount] : [amount, below];
}

export function sizeBodies(reading: Reading): Fields[] {
  const given = reading.one("limit", "an amount");
  if (given === undefined) return [];
  const limit = inUnits(reading, given);
  if (limit.unit.of !== "measure")
    reading.fail(
      limit,
      "one action is always one: a limit for a single action needs money, tokens or another measure",
    );
  reading.mustNot(
    "window",
    "a limit for a single action has no window",
    "leave the window out, or leave out `each` and `per call`",
  );
  reading.mustNot("burst", "a limit for a single action has no bursts");
  const { measure } = limit.unit as { readonly measure: string };
  return amountsOf(reading, { ...limit, side: limit.side === "reach" ? "most" : limit.side }).map(
    (amount) => ({
      kind: "size",
      measure,
      limit: amount,
    }),
  );
}
