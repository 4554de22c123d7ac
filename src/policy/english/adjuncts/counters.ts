/** Phrases that say whose counter it is: per agent, across all agents, in total. */

import type { Facet } from "../facets.js";
import { countedNoun, who } from "../names/agents.js";
import { first, many, map, type Parser, phrase, seq, word } from "../parser.js";
import { EPISODES } from "../vocabulary.js";

export const per: Parser<readonly Facet[]> = first<readonly Facet[]>(
  seq(
    [
      first(
        phrase(`
          per, per each, per individual, per single, for each, for every, for any one, for any single,
          by each, by every, to each, to every, to any one, to any single, to any, to the same, to one,
          to a single, from each, on each, with each, in each, in any one, in a single, within each,
          by any one, by any single, for any, by any, for an individual, by
        `),
      ),
      many(first(countedNoun), 1, first(phrase("and per, and each, per, and", ", per", ", and", ","))),
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
    phrase(`
      each, apiece, each one, individually, separately, each on its own, each by itself,
      each by themselves
    `),
    (_, span) => [{ is: "apiece", ...span }],
  ),
  seq([word(","), phrase("for"), who, phrase("by itself")], ([, , facets], span) =>
    facets.map((facet) =>
      facet.is === "per" ? { ...facet, isForced: true, ...span } : { ...facet, ...span },
    ),
  ),
);

export const together: Parser<readonly Facet[]> = map(
  first(
    phrase(`
      globally, across the system, across the whole system, across the entire system, across everything,
      system wide, systemwide, across the board, in aggregate, across all of them, across them all,
      for the whole system, for the system, for the entire system, for everyone together,
      for everybody together, between them, together, combined, collectively, as a group, for all,
      across the fleet, across the whole fleet, across the platform, in the system, in the whole system
    `),
    phrase(`
      all agents|callers|bots|sources together|combined, agents|callers|bots|sources together|combined,
      across all agents|callers|bots|sources|users|tools|recipients|tenants|customers|strategies|actions,
      across agents|callers|bots|sources|users|tools|recipients|tenants|customers|strategies,
      over all agents|callers|bots|sources|tools,
      for all agents|callers|bots|sources|tools together|combined,
      by all agents|callers|bots|sources together|combined, shared by all agents|callers|bots|sources,
      shared across all agents|callers|bots|sources, summed over all agents|callers|bots|sources,
      across all of the agents|callers|bots|sources, across every agent|caller|bot|source|tool,
      from all agents|callers|bots|sources together|combined
    `),
  ),
  (_, span) => [{ is: "together" as const, ...span }],
);

export const globally: Parser<readonly Facet[]> = map(
  phrase(`
    globally, across the system, across the whole system, across the entire system, across everything,
    system wide, systemwide, across the board, in the system, in the whole system, across the platform,
    across the fleet, across the whole fleet, for the whole system, for the system
  `),
  (_, span) => [{ is: "together", isPlace: true, ...span }],
);
