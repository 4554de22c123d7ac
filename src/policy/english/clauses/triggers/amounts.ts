/** Amounts that set something off when they are passed. */

import type { Facets, Side } from "../../facets.js";
import { money, percent } from "../../numbers.js";
import { first, map, type Parser, phrase, seq } from "../../parser.js";

export function over(of: "percent" | "money" | "any"): Parser<Facets> {
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
          phrase(`
            exceed, exceeds, are over, is over, are above, is above, are more than, is more than,
            go over, goes over, go above, goes above, rise above, rises above, pass, passes,
            are greater than, is greater than, more than, over, above, top, tops, by more than,
            exceeding, go beyond, goes beyond, of more than, of over, larger than, are larger than,
            is larger than, by over, climbs above, climb above, surpass, surpasses, are worse than,
            is worse than, exceeded, gets above, get above, get over, beyond, is bigger than,
            worse than, has exceeded, have exceeded, deeper than, is higher than, higher than,
            are higher than, rises over, rise over, greater than
          `),
        ),
        moreOf("most"),
      ],
      ([, facets]) => facets,
    ),
    seq(
      [
        first(
          phrase(`
            reach, reaches, hit, hits, are at least, is at least, at least, of at least, of, by, get to,
            gets to, by at least
          `),
        ),
        moreOf("reach"),
      ],
      ([, facets]) => facets,
    ),
    moreOf("reach"),
  );
}
