/** Who acts, and whether each of them is counted or all together. */

import type { Facet } from "../facets.js";
import { any, first, keep, many, map, maybe, type Parser, phrase, seq, token, word } from "../parser.js";
import {
  AGENT_NOUNS,
  AGENT_PLURALS,
  EPISODES,
  NO_QUALIFIERS,
  RESERVED,
  ROLES,
  TAG_NOUNS,
  TAG_PLURALS,
  TOOL_NOUNS,
  TOOL_PLURALS,
  VAGUE,
} from "../vocabulary.js";
import { AGENTIVE, exactName, isAgentive, kindOfName, value } from "./names.js";
import { edgeNames, listGap, plainWords } from "./things.js";

function sourceFacet(
  globs: readonly string[],
  span: { readonly start: number; readonly end: number },
): Facet {
  return { is: "condition", condition: { is: "source", globs, ...span }, ...span };
}
const agentNoun = word(...AGENT_NOUNS);
const agentPlural = word(...AGENT_PLURALS);

const each = first(
  phrase(`
    each and every, each individual, every single, a single, any single, any one, any given, each single
  `),
  word("each", "every", "any", "an", "a", "one"),
);

/** What "each" can stand before, as the key that is counted by. */
export const countedNoun: Parser<string> = first(
  map(agentNoun, () => "source"),
  map(
    phrase("type of action, kind of action, type of call, kind of call, action type, tool name"),
    () => "series",
  ),
  map(word(...TOOL_NOUNS), () => "series"),
  seq([word("tag"), value], ([, name]) => `tag:${name}`),
  seq(
    [
      maybe(word("individual", "different", "separate", "single", "distinct")),
      token(
        "a noun",
        (t) => (t.kind === "word" && Object.hasOwn(TAG_NOUNS, t.text) ? TAG_NOUNS[t.text] : undefined),
        Object.keys(TAG_NOUNS),
      ),
    ],
    ([, tag]) => `tag:${tag}`,
  ),
);

export const countedPlural: Parser<string> = first(
  map(agentPlural, () => "source"),
  map(word(...TOOL_PLURALS), () => "series"),
  token(
    "a noun",
    (t) =>
      t.kind === "word" && Object.hasOwn(TAG_PLURALS, t.text)
        ? `tag:${TAG_PLURALS[t.text] ?? ""}`
        : undefined,
    Object.keys(TAG_PLURALS),
  ),
);

const TOGETHER = first(
  phrase(`
    together, combined, taken together, put together, altogether, as a whole, in total, in aggregate,
    collectively, as a group
  `),
);

/** Some words and a noun for who acts: "research agent", "intern bot". */
const qualifiedAgent: Parser<{ readonly globs: readonly string[]; readonly isPlural: boolean }> = {
  first: null,
  empty: false,
  at(state, i) {
    const words: string[] = [];
    for (let j = i; words.length <= 4; j++) {
      const t = state.tokens[j];
      if (t?.kind !== "word") break;
      if (words.length > 0 && (AGENT_NOUNS.includes(t.text) || AGENT_PLURALS.includes(t.text))) {
        return [
          { value: { globs: [`~${words.join(" ")}`], isPlural: AGENT_PLURALS.includes(t.text) }, end: j + 1 },
        ];
      }
      if (RESERVED.has(t.text) || VAGUE.has(t.text) || NO_QUALIFIERS.has(t.text)) break;
      words.push(t.text);
    }
    state.miss(i, "an agent");
    return [];
  },
};

/** "trader", "intern", "market maker bots": nouns for people and machines that act. */
const agentiveWords: Parser<{ readonly globs: readonly string[]; readonly isPlural: boolean }> = {
  first: null,
  empty: false,
  at(state, i) {
    const hit = plainWords.at(state, i)[0];
    const words = hit?.value.map(({ text }) => text) ?? [];
    const at = words.findIndex((text) => isAgentive(text));
    if (hit === undefined || at === -1) return [];
    const last = words[at] ?? "";
    const isPlural = last.endsWith("s") && AGENTIVE.has(last.slice(0, -1));
    return [
      {
        value: {
          globs: [`~${[...words.slice(0, at), isPlural ? last.slice(0, -1) : last].join(" ")}`],
          isPlural,
        },
        end: i + at + 1,
      },
    ];
  },
};

/** One agent by its name. */
const namedAgent: Parser<readonly string[]> = first(
  seq(
    [
      maybe(word("the")),
      first(agentNoun, agentPlural),
      maybe(phrase("named", "called", "with the name", "whose name is")),
      value,
    ],
    ([, , , name]) => [name],
  ),
  seq([maybe(word("the")), exactName, agentNoun], ([, name]) => [name]),
  seq(
    [maybe(word("any", "all", "every", "each", "the")), first(agentNoun, agentPlural), edgeNames],
    ([, , globs]) => globs,
  ),
  seq([maybe(word("the", "all")), value, word("'s"), word("subagents", "subagent")], ([, name]) => [
    `${name}/**`,
  ]),
  seq(
    [
      maybe(word("any", "all", "every", "each", "the")),
      word("subagents", "subagent"),
      word("of"),
      maybe(word("the")),
      maybe(agentNoun),
      value,
    ],
    ([, , , , , name]) => [`${name}/**`],
  ),
  map(
    seq([maybe(word("any", "all", "every", "each", "a", "the")), word("subagents", "subagent")], () => [
      "*/**",
    ]),
    (globs) => globs,
  ),
);

const named = first(
  namedAgent,

  seq([word("the"), first(qualifiedAgent, agentiveWords)], ([, { globs, isPlural }]) =>
    isPlural ? undefined : globs,
  ),
);

const agentNames: Parser<readonly string[]> = keep(
  seq(
    [
      many(named, 1, listGap),
      maybe(
        phrase(
          "and its sub|subagents",
          "and its subagents",
          "including subagents",
          "including its subagents",
        ),
      ),
    ],
    ([list]) => list.flat(),
  ),
);

/** "Only one": for all that is said of each. */
function perFacet(keys: readonly string[], span: { readonly start: number; readonly end: number }): Facet {
  return { is: "per", keys, isEpisode: keys.every((key) => EPISODES.has(key.replace("tag:", ""))), ...span };
}
const andGap = first(phrase(", and"), word(",", "and"));

/** "no agent", "nobody". */
export const nobody: Parser<readonly Facet[]> = keep(
  first<readonly Facet[]>(
    map(phrase("nobody", "no one", "none of the agents|callers|bots|sources"), (_, span) => [
      perFacet(["source"], span),
    ]),
    seq([word("no"), maybe(word("single")), many(countedNoun, 1, andGap)], ([, , keys], span) => [
      perFacet(keys, span),
    ]),
    seq([word("no"), qualifiedAgent], ([, { globs, isPlural }], span) =>
      isPlural ? undefined : [sourceFacet(globs, span), perFacet(["source"], span)],
    ),
  ),
);

/** Who acts, or what is counted apart: "each caller", "the research agent", "all agents together", "every tool". */
export const who: Parser<readonly Facet[]> = keep(
  any<readonly Facet[]>(
    first<readonly Facet[]>(
      map(phrase("all agents|callers|sources|bots put|taken together"), (_, span) => [
        { is: "together", ...span },
      ]),
      seq(
        [
          phrase(`
            all agents|callers|sources|bots, all of the agents|callers|sources|bots,
            agents|callers|sources|bots, the agents|callers|sources|bots, every agent|caller|source|bot,
            all the agents|callers|sources|bots
          `),
          TOGETHER,
        ],
        (_, span) => [{ is: "together", ...span }],
      ),
      map(
        phrase(`
          the system, the whole system, the entire system, everything, everyone together,
          everybody together, the whole fleet, the fleet, the entire fleet, the portfolio,
          the whole portfolio, the entire portfolio, all actions together, all actions, all activity,
          the platform, the whole platform, all callers together
        `),
        (_, span) => [{ is: "together", ...span }],
      ),
      seq(
        [
          first(phrase("each combination of", "every combination of", "any combination of")),
          many(countedNoun, 2, andGap),
        ],
        ([, keys], span) => [perFacet(keys, span)],
      ),
      seq(
        [
          word("each", "every", "any", "a"),
          word("subagent"),
          maybe(seq([word("of"), maybe(word("the")), maybe(agentNoun), value], ([, , , name]) => name)),
        ],
        ([, , parent], span) => [
          sourceFacet([parent === undefined ? "*/**" : `${parent}/**`], span),
          perFacet(["source"], span),
        ],
      ),
      map(agentNames, (globs, span) => [
        sourceFacet(globs, span),
        ...(globs.length > 1 ? [{ is: "unclear" as const, each: "source", noun: "agents", ...span }] : []),
      ]),
      seq([each, agentiveWords], ([, { globs, isPlural }], span) =>
        isPlural ? undefined : [sourceFacet(globs, span), perFacet(["source"], span)],
      ),
      seq([each, qualifiedAgent], ([, { globs, isPlural }], span) =>
        isPlural ? undefined : [sourceFacet(globs, span), perFacet(["source"], span)],
      ),
      seq([each, many(countedNoun, 1, andGap)], ([, keys], span) => [perFacet(keys, span)]),
      map(phrase("the tool", "the endpoint", "the function", "the series"), (_, span) => [
        perFacet(["series"], span),
      ]),
      map(phrase("the agent", "the caller", "the bot", "the assistant", "the ai"), (_, span) => [
        perFacet(["source"], span),
      ]),
      map(
        phrase(`
          everyone, everybody, anyone, anybody, each of the agents|callers|bots|sources, each of them
        `),
        (_, span) => [perFacet(["source"], span)],
      ),
      seq([maybe(phrase("all of the", "all the", "all", "the")), countedPlural], ([, key], span) => [
        { is: "unclear", each: key, noun: key, ...span },
      ]),
      seq(
        [maybe(phrase("all of the", "all the", "all", "the")), first(qualifiedAgent, agentiveWords)],
        ([, { globs, isPlural }], span) =>
          isPlural
            ? [sourceFacet(globs, span), { is: "unclear", each: "source", noun: "agents", ...span }]
            : undefined,
      ),
    ),
  ),
);

/** Names in quotes or in code style of which one cannot be sure to be tools: an agent's, or either. */
export const namedWho: Parser<readonly Facet[]> = any<readonly Facet[]>(
  map(many(exactName, 1, listGap), (names, span) =>
    names.every((name) => kindOfName(name) === "who") ? [sourceFacet(names, span)] : undefined,
  ),
  seq(
    [
      token(
        "a name",
        (t) =>
          t.kind === "name" && t.quoted === true && kindOfName(t.text) === "both" && /^\p{L}+$/u.test(t.text)
            ? t.text
            : undefined,
        ["#name"],
      ),
    ],
    ([name], span) => [sourceFacet([name], span)],
  ),
);

/** Who acts where nothing else can stand: "the desk" in "the desk may spend". */
export const actor: Parser<readonly Facet[]> = keep(
  first<readonly Facet[]>(
    who,
    map(many(exactName, 1, listGap), (globs, span) => [sourceFacet(globs, span)]),
    seq([word("the"), plainWords], ([, tokens], span) => {
      const bad = tokens.find((t) => !isAgentive(t.text) && !ROLES.has(t.text));
      return bad === undefined
        ? [sourceFacet([`~${tokens.map(({ text }) => text).join(" ")}`], span)]
        : undefined;
    }),
  ),
);
