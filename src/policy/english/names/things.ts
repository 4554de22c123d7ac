/** What is done, as a noun: "emails", "calls to `search`", "the tools whose names begin with `db_`". */

import { rootOf } from "../../../core/words.js";
import type { Condition, Facet } from "../facets.js";
import type { Token } from "../lexer.js";
import {
  first,
  keep,
  lazy,
  many,
  map,
  maybe,
  type Parser,
  phrase,
  phrases,
  seq,
  type State,
  token,
  word,
} from "../parser.js";
import {
  ACTION_NOUNS,
  ACTION_PLURALS,
  ENVIRONMENTS,
  IDLE_QUALIFIERS,
  LIGHT_VERBS,
  NO_ADVERBS,
  OURSELVES,
  RESERVED,
  TAG_NOUNS,
  TOOL_NOUNS,
  TOOL_PLURALS,
  TOOL_VERBS,
  VAGUE,
} from "../vocabulary.js";
import { actGlobs, AGENTS, exactName, isAgentive, kindOfName, value, wordsGlob } from "./names.js";
import { isThing } from "../tool-words.js";

/** What actions are meant: globs over the series; none: every action. */
export interface Thing {
  readonly globs: readonly string[];
  readonly isPlural: boolean;
  /** "tools", and not their calls. */
  readonly isTools?: boolean;
  /** Several were named, one by one. */
  readonly isList?: boolean;
  /** Whom it is for: "email bob@example.com". */
  readonly mentions?: readonly string[];
  /** "everything", and not only a word for actions. */
  readonly isAll?: boolean;
  /** Why nothing can be made of it. */
  readonly problem?: Facet;
  readonly start: number;
  readonly end: number;
}
export const NOUNS = new Set([...ACTION_NOUNS, ...ACTION_PLURALS]);
const TOOLS = new Set([...TOOL_NOUNS, ...TOOL_PLURALS]);
const MOST_WORDS = 5;

/** Said of what runs, behind its noun. */
const STATES = new Set(["open", "outstanding", "pending", "active"]);

/** Plain words in a row that are no part of the grammar. */
export const plainWords: Parser<readonly Token[]> = keep({
  first: null,
  empty: false,
  at(state, i) {
    const found: Token[] = [];
    for (let j = i; found.length < MOST_WORDS; j++) {
      const t = state.tokens[j];
      if (found.length > 0 && t !== undefined && STATES.has(t.text)) break;
      if (t?.kind !== "word" || (RESERVED.has(t.text) && !isNounHere(state, j, found.length))) break;
      found.push(t);
    }
    if (found.length === 0) state.miss(i, "a name");
    return found.length === 0 ? [] : [{ value: found, end: i + found.length }];
  },
});

/** "test runs", "time series": some reserved words close a noun phrase that has begun. */
function isNounHere(state: State, i: number, before: number): boolean {
  if (before === 0) return false;
  const text = state.tokens[i]?.text;
  return text === "runs" && state.tokens[i + 1]?.kind !== "number" && state.tokens[i + 1]?.text === "per";
}

export function refusal(
  t: { readonly start: number; readonly end: number },
  reason: string,
  help?: string,
): Facet {
  return { is: "refuse", start: t.start, end: t.end, reason, ...(help !== undefined && { help }) };
}

/** The types of action that some plain words mean. */
function thingOf(tokens: readonly Token[]): Thing {
  const [head] = tokens;
  const span = { start: head?.start ?? 0, end: tokens.at(-1)?.end ?? 0 };
  const vague = tokens.find((t) => VAGUE.has(t.text));
  const last = tokens.at(-1)?.text ?? "";
  const isPlural =
    ACTION_PLURALS.includes(last) ||
    TOOL_PLURALS.includes(last) ||
    (last.endsWith("s") && !/(?:ss|us|is)$/.test(last));
  let words = tokens.map(({ text }) => text);
  let isTools = false;
  if (NOUNS.has(last)) {
    words = words.slice(0, -1);
    if (words.every((text) => IDLE_QUALIFIERS.has(text))) words = [];
  } else if (TOOLS.has(last)) {
    words = words.slice(0, -1);
    isTools = true;
  }
  const isWhom = NOUNS.has(last) && words.length === 1 && Object.hasOwn(TAG_NOUNS, rootOf(words[0] ?? ""));
  const thing: Thing & { globs: readonly string[] } = {
    globs: words.length === 0 ? [] : [wordsGlob(words)],
    ...(isTools && { isTools }),
    isPlural,
    ...span,
  };
  if (vague !== undefined) {
    const reason = `\`${vague.text}\` is not exact: a rule needs a number or a name`;
    return {
      ...thing,
      problem: refusal(vague, reason, "say how many, or name the tools: actions where the tool is `name`"),
    };
  }
  if (isWhom)
    return {
      ...thing,
      problem: refusal(
        span,
        `\`${words[0] ?? ""}\` is told by a tag, and not by a tool's name`,
        "write `per …`, or: actions where tag `…` is `…`",
      ),
    };
  if (words.length > 1 && STATES.has(words[0] ?? ""))
    return {
      ...thing,
      problem: refusal(
        tokens[0] ?? span,
        `\`${words[0] ?? ""}\` says in what state something is, which no tool's name tells`,
        "leave it out, or put the tool's name between backticks",
      ),
    };
  const place = tokens.find((t) => ENVIRONMENTS.has(t.text));
  if (place !== undefined && words.length > 1) {
    const rest = words.filter((text) => text !== place.text);
    const reason = `\`${place.text}\` could be where it happens or a part of the tool's name`;
    const help = `write: Never allow actions where the tool has the words \`${rest.join(" ")}\` and it mentions \`${place.text}\`; or: Never allow actions where the tool has the words \`${words.join(" ")}\``;
    return { ...thing, problem: refusal(place, reason, help) };
  }
  const [first] = words;
  const unknown = tokens.find((t) => words.includes(t.text) && !isThing(t.text));
  const unknownProblem =
    unknown === undefined
      ? undefined
      : refusal(
          unknown,
          `\`${unknown.text}\` is no word for an action that is known here`,
          `if a tool has it in its name, put it between backticks: actions where the tool has the word \`${unknown.text}\``,
        );
  // "placing orders" is about orders.
  if (first !== undefined && words.length > 1 && first.endsWith("ing") && LIGHT_VERBS.has(first))
    thing.globs = [wordsGlob(words.slice(1))];
  const adverb = tokens.find((t) => t.text.endsWith("ly") && t.text.length > 4 && !NO_ADVERBS.has(t.text));
  if (adverb !== undefined)
    return {
      ...thing,
      problem: refusal(
        adverb,
        `\`${adverb.text}\` says how something is done, which a rule cannot`,
        "leave it out",
      ),
    };
  const own = tokens.find((t) => OURSELVES.has(t.text));
  if (own !== undefined && words.length === 1)
    return {
      ...thing,
      problem: refusal(
        own,
        `\`${own.text}\` is no action of an agent`,
        "name a tool; a tool of that name stands between backticks",
      ),
    };
  const short = tokens.find((t) => t.text.length === 1);
  if (short !== undefined) return { ...thing, problem: refusal(short, `\`${short.text}\` is no name`) };
  const agents = tokens.find((t) => AGENTS.has(t.text) || (isAgentive(t.text) && words.length === 1));
  if (agents !== undefined)
    return { ...thing, problem: refusal(agents, `\`${agents.text}\` acts and is no type of action`) };
  return unknownProblem === undefined ? thing : { ...thing, problem: unknownProblem };
}

const plainThing: Parser<Thing> = {
  first: null,
  empty: false,
  at: (state, i) =>
    plainWords.at(state, i).map(({ value: tokens, end }) => ({ value: thingOf(tokens), end })),
};

const anything: Parser<Thing> = map(
  first(
    phrase(`
      anything, everything, something, anything at all, anything else,
      any|all of its|their|the actions|calls
    `),
    phrase("any|all types|kinds of action|actions|call|calls"),
  ),
  (_, span) => ({ globs: [], isPlural: false, isAll: true, ...span }),
);

const nameEdge = first(
  map(
    phrases({
      "starting with, beginning with, that start|starts|begin|begins with, whose name|names start|starts|begin|begins with, prefixed with, with the prefix":
        "after",
    }),
    () => "after" as const,
  ),
  map(
    phrases({ "ending with, ending in, that end|ends with|in, whose name|names end|ends with|in": "before" }),
    () => "before" as const,
  ),
  map(
    phrases({
      "containing, that contain|contains, whose name|names contain|contains, with the word, with the words":
        "inside",
    }),
    () => "inside" as const,
  ),
  map(
    phrases({ "matching, that match|matches, whose name|names match|matches, like": "glob" }),
    () => "glob" as const,
  ),
  map(phrases({ "named, called, that is|are called|named, whose name is": "exact" }), () => "exact" as const),
);

function edgeGlob(edge: "after" | "before" | "inside" | "glob" | "exact", text: string): string {
  const bare = text.replace(/\*+$/, "").replace(/^\*+/, "");
  if (edge === "after") return `${bare}*`;
  if (edge === "before") return `*${bare}`;
  return edge === "inside" ? wordsGlob([text]) : text;
}

export const edgeNames: Parser<readonly string[]> = seq(
  [nameEdge, many(first(value), 1, first(phrase(", or", ", and"), word(",", "or", "and")))],
  ([edge, texts]) => texts.map((text) => edgeGlob(edge, text)),
);
const toolNoun = word(...TOOL_NOUNS, ...TOOL_PLURALS);
const actionNoun = word(...ACTION_NOUNS, ...ACTION_PLURALS);

/** "tools starting with `delete_`", "anything whose name ends in `_all`". */
export const edgedThing: Parser<Thing> = seq(
  [first<unknown>(anything, toolNoun, actionNoun), edgeNames],
  ([, globs], span) => ({ globs, isPlural: true, ...span }),
);

/** "`send_email`", "`send_email` calls", "the tool `send_email`", "calls to `send_email`". */
const MODELS = /^(?:gpt|claude|gemini|llama|mistral|deepseek|qwen|grok|o[0-9])[-.0-9]/i;

function nameProblem(
  name: string,
  span: { readonly start: number; readonly end: number },
): Facet | undefined {
  if (MODELS.test(name))
    return refusal(
      span,
      `\`${name}\` is a model, which a tag tells`,
      `write: actions where tag \`model\` is \`${name}\``,
    );
  if (kindOfName(name) === "who")
    return refusal(
      span,
      `\`${name}\` sounds like an agent, and a tool is meant here`,
      `write: actions where the tool is \`${name}\`; or: actions where the agent is \`${name}\``,
    );
  return undefined;
}

const namedThing: Parser<Thing> = first(
  seq(
    [
      maybe(
        first(
          toolNoun,
          seq(
            [actionNoun, word("to", "of", "on", "for", "with"), maybe(word("the")), maybe(toolNoun)],
            () => "",
          ),
        ),
      ),
      exactName,
      maybe(first(toolNoun, actionNoun, word("trades", "orders"))),
    ],
    ([, name, noun], span) => ({
      ...(nameProblem(name, span) !== undefined && { problem: nameProblem(name, span) as Facet }),
      ...(/\s/.test(name) &&
        !name.startsWith("~") && {
          problem: refusal(
            span,
            `no tool has a space in its name, as \`${name}\` has`,
            `if the arguments hold it, write: Never allow actions where it mentions \`${name}\``,
          ),
        }),
      globs: [name],
      isPlural: noun !== undefined && !ACTION_NOUNS.includes(noun) && !TOOL_NOUNS.includes(noun),
      ...span,
    }),
  ),
);

/** "calls to the search tool". */
const callsTo: Parser<Thing> = seq(
  [
    maybe(word("tool", "api")),
    actionNoun,
    word("to", "of", "on"),
    maybe(word("the", "any", "a")),
    plainThing,
  ],
  ([, , , , thing], span) =>
    thing.globs.length === 0
      ? undefined
      : isCounted(thing)
        ? {
            ...thing,
            problem: refusal(
              span,
              "whom a call goes to is no part of a tool's name",
              "say it by a tag: actions where tag `recipient` is `…`",
            ),
          }
        : { ...thing, isPlural: true },
);

export const determiner = first(
  phrase("any of the", "all of the", "all the", "any more"),
  word("the a an any all its their"),
);

/** One type of action. */
const oneThing: Parser<Thing> = seq(
  [maybe(determiner), first<Thing>(edgedThing, callsTo, namedThing, anything, plainThing)],
  ([, thing], span) => ({ ...thing, ...span }),
);

/** "files are deleted", "anything is sent". */
export const suffered: Parser<Thing> = keep(
  seq(
    [
      lazyThings(),
      word("is", "are", "gets", "get", "was", "were"),
      maybe(word("being")),
      token("a participle", (t) =>
        t.kind === "word" && TOOL_VERBS.has(rootOf(t.text)) ? t.text : undefined,
      ),
    ],
    ([thing, , , verb], span) => {
      if (thing.problem !== undefined) return { ...thing, ...span };
      const globs = thing.globs.length === 0 ? [wordsGlob([verb])] : actGlobs(verb, thing.globs);
      return { globs, isPlural: false, ...span };
    },
  ),
);

function lazyThings(): Parser<Thing> {
  return lazy(() => things);
}
export const listGap = first(phrase(", and", ", or", ", nor", "as well as"), word(",", "and", "or", "nor"));

/** One type of action or several: "search, `read_file` and emails". */
export const things: Parser<Thing> = keep(
  map(many(oneThing, 1, listGap), (list, span) => joined(list, span)),
);

export function joined(
  list: readonly Thing[],
  span: { readonly start: number; readonly end: number },
): Thing {
  const problem = list.find((thing) => thing.problem !== undefined)?.problem;
  const globs = list.some((thing) => thing.globs.length === 0) ? [] : list.flatMap((thing) => thing.globs);
  const isMixed = globs.length === 0 && list.length > 1;
  return {
    ...{ globs, isPlural: list.length > 1 || list[0]?.isPlural === true, ...span },
    ...(list.every(({ isAll }) => isAll === true) && { isAll: true }),
    ...(list.length > 1 && { isList: true }),
    ...(list.some((thing) => thing.isTools === true) && { isTools: true }),
    ...(list.length === 1 && list[0]?.mentions !== undefined && { mentions: list[0].mentions }),
    ...(problem !== undefined && { problem }),
    ...(isMixed &&
      problem === undefined && {
        problem: refusal(span, "names everything and a part of it", "name the parts, or everything"),
      }),
  };
}

/** "conversation" and other nouns are told by tags, and are no type of action. */
export function isCounted({ globs }: Thing): boolean {
  return globs.some((glob) => glob.startsWith("~") && Object.hasOwn(TAG_NOUNS, glob.slice(1)));
}

/** One plain noun in the singular that names a type of action: "order" in "per order". */
export const singular: Parser<readonly Facet[]> = map(plainThing, (thing) =>
  isCounted(thing) || thing.isPlural || thing.globs.length === 0 || thing.problem !== undefined
    ? undefined
    : thingFacets(thing),
);

/** The facets of a type of action. */
export function thingFacets(thing: Thing): readonly Facet[] {
  const { start, end, globs, problem } = thing;
  const condition: Condition = {
    is: "series",
    globs,
    start,
    end,
    ...(thing.isList === true && { isList: true }),
  };
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(globs.length === 0 ? [] : [{ is: "condition" as const, condition, start, end }]),
    ...(thing.mentions === undefined
      ? []
      : [
          {
            is: "condition" as const,
            condition: { is: "mentions" as const, globs: thing.mentions, start, end },
            start,
            end,
          },
        ]),
    ...(thing.isAll === true ? [{ is: "all" as const, start, end }] : []),
  ];
}
