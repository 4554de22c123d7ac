/** Phrases that narrow which actions are meant: what they mention, their tags, the tool's name. */

import { globList } from "../conditions.js";
import type { Condition, Facet } from "../facets.js";
import type { Span } from "../lexer.js";
import { actor, namedWho, who } from "../names/agents.js";
import { exactName, kindOfName, value } from "../names/names.js";
import { isCounted, thingFacets, things } from "../names/things.js";
import { isThing } from "../tool-words.js";
import { first, many, map, maybe, type Parser, phrase, seq, token, word } from "../parser.js";
import { TAG_NOUNS } from "../vocabulary.js";

export function given(condition: Condition, span: Span): Facet {
  return { is: "condition", condition, ...span };
}
export const listGap = first(phrase(", or", ", and"), word("or", "and", ","));
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

export const address = token(
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
export const mentions: Parser<Condition> = seq(
  [
    first(phrase("to, into, towards, in, on, at, against, mentioning, that mention, that mentions")),
    maybe(word("the")),
    many(first(place, address, target), 1, listGap),
  ],
  ([, , texts], span) => ({ is: "mentions", globs: texts, ...span }),
);

export const mentioned: Parser<Condition> = seq(
  [phrase("mentioning", "that mention", "that mentions"), globList],
  ([, texts], span) => ({ is: "mentions", globs: texts, ...span }),
);

/** "for tenant acme", "with model `gpt-4`". */
export const tagged: Parser<Condition> = seq(
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

export const tagIs: Parser<Condition> = seq(
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
export const about: Parser<readonly Facet[]> = first<readonly Facet[]>(
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
    [word("for on of using with through via to"), things],
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

export const namedTool: Parser<readonly Facet[]> = seq(
  [
    word("for on of to using with via"),
    maybe(word("the")),
    word("tool", "tools", "series", "market", "endpoint"),
    many(value, 1, listGap),
  ],
  ([, , , globs], span) => [given({ is: "series", globs, isExact: true, ...span }, span)],
);
