import { isWordGlob, rootOf } from "../../core/words.js";
import type { Condition, Facet } from "./facets.js";
import type { Token } from "./lexer.js";
import {
  any,
  first,
  type Hit,
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
} from "./parser.js";
import { isThing } from "./things.js";
import {
  ACTION_NOUNS,
  ACTION_PLURALS,
  AGENT_NOUNS,
  AGENT_PLURALS,
  ENVIRONMENTS,
  EPISODES,
  IDLE_QUALIFIERS,
  LIGHT_VERBS,
  MESSAGES,
  NO_ADVERBS,
  NO_QUALIFIERS,
  OURSELVES,
  RESERVED,
  ROLES,
  RUNNABLES,
  TAG_NOUNS,
  TAG_PLURALS,
  TOOL_NOUNS,
  TOOL_PLURALS,
  TOOL_VERBS,
  VAGUE,
} from "./vocabulary.js";

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

const NOUNS = new Set([...ACTION_NOUNS, ...ACTION_PLURALS]);
const TOOLS = new Set([...TOOL_NOUNS, ...TOOL_PLURALS]);
const AGENTS = new Set([...AGENT_NOUNS, ...AGENT_PLURALS, "subagent", "subagents"]);
const MOST_WORDS = 5;

/** A name in quotes or in code style. */
export const exactName: Parser<string> = token("a name", (t) => (t.kind === "name" ? t.text : undefined), [
  "#name",
]);

/** A name, or one plain word that stands for itself, such as a value. */
export const value: Parser<string> = first(
  exactName,
  token("a name", (t) =>
    t.kind === "word" && !RESERVED.has(t.text) && !VAGUE.has(t.text) ? t.text : undefined,
  ),
);

/**
 * The globs for what a verb does to some nouns. A tool for sending emails may be called `email` and nothing else; one
 * that runs code may execute it.
 */
export function actGlobs(verb: string, globs: readonly string[]): readonly string[] {
  const root = rootOf(verb);
  return globs.flatMap((glob) => {
    if (!isWordGlob(glob)) return [glob];
    const nouns = glob.slice(1).split(" ");
    if (root === "send" && nouns.length === 1 && MESSAGES.has(nouns[0] ?? ""))
      return [`~send ${nouns[0] ?? ""}`, nouns[0] ?? ""];
    if ((root === "run" || root === "execute") && nouns.some((noun) => RUNNABLES.has(noun)))
      return [wordsGlob(["run", ...nouns]), wordsGlob(["execute", ...nouns])];
    if (LIGHT_VERBS.has(verb)) return [glob];
    return [wordsGlob([root, ...nouns])];
  });
}

/** The glob for names that contain these words; plain words are told by their roots, so that "emails" is "email". */
export function wordsGlob(words: readonly string[]): string {
  return `~${words.map((word) => rootOf(word)).join(" ")}`;
}

/** Tells whether a name in code style is of somebody who acts, or of a type of action. */
export function kindOfName(name: string): "who" | "what" | "both" {
  const words = name
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((w) => w !== "");
  const [head] = words;
  if (head !== undefined && TOOL_VERBS.has(head)) return "what";
  if (/^[\p{L}\p{N}_-]+\/[\p{L}\p{N}_*/-]+$/u.test(name)) return "who";
  const isWho = words.some((w) => AGENTS.has(w) || isAgentive(w) || ROLES.has(w));
  const isWhat = words.some((w) => isThing(w) && !AGENTS.has(w) && !isAgentive(w) && !ROLES.has(w));
  return isWho === isWhat ? "both" : isWho ? "who" : "what";
}

const AGENTIVE: ReadonlySet<string> = new Set(
  [
    "trader researcher planner writer coder developer reviewer scraper crawler mailer executor intern deployer scheduler",
    "analyst buyer seller booker tester summarizer summariser orchestrator supervisor manager helper recruiter marketer",
    "salesperson accountant bookkeeper tutor translator editor publisher dispatcher advisor adviser negotiator broker",
    "clerk secretary engineer designer copilot autopilot worker coordinator controller concierge receptionist copywriter",
    "moderator classifier extractor retriever hedger arbitrageur scalper rebalancer chatbot",
  ]
    .join(" ")
    .split(" "),
);

/** Things that are named like people who do something. */
const MACHINES = new Set([
  "server",
  "printer",
  "router",
  "scanner",
  "computer",
  "counter",
  "filter",
  "order",
  "transfer",
  "user",
  "charger",
  "calculator",
  "monitor",
  "editor",
  "register",
  "trigger",
  "poster",
  "letter",
  "number",
  "loader",
  "driver",
  "container",
  "folder",
  "tracker",
  "marker",
  "buffer",
  "timer",
  "browser",
  "sensor",
  "selector",
  "vector",
  "customer",
  "supplier",
  "character",
  "parameter",
  "starter",
  "header",
  "footer",
  "reminder",
  "offer",
  "tender",
  "voucher",
  "shelter",
  "ledger",
]);

/** "builder", "reporter": who does what a tool does. */
function isDoer(text: string): boolean {
  const word = text.replace(/s$/, "");
  if (!/(?:er|or)$/.test(word) || word.length < 5 || MACHINES.has(word)) return false;
  const stem = word.slice(0, -2);
  return [stem, `${stem}e`, stem.replace(/(.)\1$/, "$1")].some(
    (verb) => TOOL_VERBS.has(verb) || VERBS_OF_DOERS.has(verb),
  );
}
const VERBS_OF_DOERS = new Set([
  "build",
  "report",
  "code",
  "test",
  "clean",
  "plan",
  "check",
  "write",
  "research",
  "trade",
  "support",
  "help",
  "manage",
  "train",
  "teach",
  "paint",
  "explore",
  "hunt",
  "sort",
  "track",
]);

/** Words for somebody who acts. */
export function isAgentive(text: string): boolean {
  if (AGENTS.has(text)) return false;
  return (
    isDoer(text) ||
    AGENTIVE.has(text) ||
    (text.endsWith("s") && AGENTIVE.has(text.slice(0, -1))) ||
    /.(?:bot|agent)s?$/.test(text)
  );
}

/** Said of what runs, behind its noun. */
const STATES = new Set(["open", "outstanding", "pending", "active"]);

/** Plain words in a row that are no part of the grammar. */
const plainWords: Parser<readonly Token[]> = keep({
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

function refusal(t: { readonly start: number; readonly end: number }, reason: string, help?: string): Facet {
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
    phrase(
      "anything, everything, something, anything at all, anything else",
      "any|all of its|their|the actions|calls",
    ),
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

const edgeNames: Parser<readonly string[]> = seq(
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

const determiner = first(
  phrase("any of the", "all of the", "all the", "any more"),
  word("the", "a", "an", "any", "all", "its", "their"),
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

const listGap = first(phrase(", and", ", or", ", nor", "as well as"), word(",", "and", "or", "nor"));

/** One type of action or several: "search, `read_file` and emails". */
export const things: Parser<Thing> = keep(
  map(many(oneThing, 1, listGap), (list, span) => joined(list, span)),
);

function joined(list: readonly Thing[], span: { readonly start: number; readonly end: number }): Thing {
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

/** What an agent does: "delete files", "send emails or texts", "call `send_email`", "do anything". */
export const deed: Parser<Thing> = keep({
  first: null,
  empty: false,
  at(state, i) {
    const hits: Hit<Thing>[] = [];
    for (const hit of oneDeed(state, i)) {
      let reading = [hit.value];
      let end = hit.end;
      // "delete files or send emails"
      for (;;) {
        const gap = listGap.at(state, end)[0];
        const next = gap === undefined ? undefined : deedWithVerb(state, gap.end);
        if (next === undefined) break;
        reading = [...reading, next.value];
        end = next.end;
      }
      const span = { start: state.start(i), end: state.end(end) };
      hits.push({ value: joined(reading, span), end });
    }
    return hits;
  },
});

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

const everyDeed: Parser<Thing> = map(
  phrase(
    "do anything, do anything at all, act, act at all, operate, make any call|calls, call anything, run anything, use anything, use any tool|tools, call any tool|tools, run, make calls, make requests, make any request|requests, take any action|actions, perform any action|actions, take actions, call tools, use tools, work",
  ),
  (_, span) => ({ globs: [], isPlural: false, ...span }),
);

const REACHES = new Set(["email", "message", "text", "call", "contact", "notify", "invite", "message"]);
const GERUND = /^\p{L}{2,}ing$/u;

export function isVerb(t: Token | undefined): boolean {
  return (
    t?.kind === "word" &&
    (TOOL_VERBS.has(t.text) || LIGHT_VERBS.has(t.text) || TOOL_VERBS.has(rootOf(t.text)))
  );
}

function deedWithVerb(state: State, i: number): Hit<Thing> | undefined {
  return isVerb(state.tokens[i]) ? oneDeed(state, i)[0] : undefined;
}

function oneDeed(state: State, i: number): readonly Hit<Thing>[] {
  const all = everyDeed.at(state, i);
  const t = state.tokens[i];
  if (t?.kind !== "word" || (RESERVED.has(t.text) && !isVerb(t) && !TOOL_VERBS.has(t.text))) {
    state.miss(i, "a verb");
    return all;
  }
  if ((NOUNS.has(t.text) && !LIGHT_VERBS.has(t.text)) || !isVerb(t)) return all;
  const object = first(
    seq([maybe(determiner), things], ([, thing]) => thing),
    things,
  ).at(state, i + 1)[0];
  const span = { start: t.start, end: state.end(object?.end ?? i + 1) };
  const isLight = LIGHT_VERBS.has(t.text);
  const verb = t.text;
  if (object === undefined) {
    if (isLight && !GERUND.test(verb)) return all;
    const vague = VAGUE.has(verb) ? { problem: refusal(t, `\`${verb}\` is not exact`) } : {};
    return all.length > 0
      ? all
      : [{ value: { globs: [wordsGlob([verb])], isPlural: false, ...span, ...vague }, end: i + 1 }];
  }
  if (all.some(({ end }) => end >= object.end)) return all;
  const { globs } = object.value;
  const problem = VAGUE.has(verb)
    ? refusal(t, `\`${verb}\` is not exact: a rule needs a number or a name`)
    : object.value.problem;
  const isExact = globs.every((glob) => !glob.startsWith("~"));
  let meant: readonly string[];
  if (globs.length === 0) meant = isLight ? [] : [wordsGlob([verb])];
  else if (isExact) meant = globs;
  else meant = actGlobs(verb, globs);
  // "email customers": who is reached, a tag tells.
  if (object.value.globs.length > 0 && REACHES.has(rootOf(verb)) && isCounted(object.value)) {
    const reached = refusal(
      span,
      "to whom something goes is no part of a tool's name",
      "say it by a tag: actions where tag `recipient` is `…`",
    );
    return [{ value: { globs: [], isPlural: false, ...span, problem: reached }, end: object.end }];
  }
  // "email bob@example.com"
  if (isExact && globs.length > 0 && !isLight && globs.every((glob) => glob.includes("@"))) {
    return [
      { value: { globs: [wordsGlob([verb])], mentions: globs, isPlural: false, ...span }, end: object.end },
    ];
  }
  // "send `x`": whether the name is the tool or what is sent, nobody can tell.
  const unclear =
    isExact && globs.length > 0 && !isLight && rootOf(verb) !== "trade"
      ? refusal(
          span,
          `\`${verb}\` before a tool's name says something that a rule cannot`,
          "write `call` before the name of a tool",
        )
      : undefined;
  const found = problem ?? unclear;
  return [
    {
      value: {
        globs: meant,
        isPlural: object.value.isPlural,
        ...span,
        ...(found !== undefined && { problem: found }),
      },
      end: object.end,
    },
  ];
}

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

// Who acts.

function sourceFacet(
  globs: readonly string[],
  span: { readonly start: number; readonly end: number },
): Facet {
  return { is: "condition", condition: { is: "source", globs, ...span }, ...span };
}

const agentNoun = word(...AGENT_NOUNS);
const agentPlural = word(...AGENT_PLURALS);
const each = first(
  phrase(
    "each and every",
    "each individual",
    "every single",
    "a single",
    "any single",
    "any one",
    "any given",
    "each single",
  ),
  word("each", "every", "any", "an", "a", "one"),
);

/** What "each" can stand before, as the key that is counted by. */
export const countedNoun: Parser<string> = first(
  map(agentNoun, () => "source"),
  map(
    phrase("type of action", "kind of action", "type of call", "kind of call", "action type", "tool name"),
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
  phrase(
    "together",
    "combined",
    "taken together",
    "put together",
    "altogether",
    "as a whole",
    "in total",
    "in aggregate",
    "collectively",
    "as a group",
  ),
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
          phrase(
            "all agents|callers|sources|bots",
            "all of the agents|callers|sources|bots",
            "agents|callers|sources|bots",
            "the agents|callers|sources|bots",
            "every agent|caller|source|bot",
            "all the agents|callers|sources|bots",
          ),
          TOGETHER,
        ],
        (_, span) => [{ is: "together", ...span }],
      ),
      map(
        phrase(
          "the system",
          "the whole system",
          "the entire system",
          "everything",
          "everyone together",
          "everybody together",
          "the whole fleet",
          "the fleet",
          "the entire fleet",
          "the portfolio",
          "the whole portfolio",
          "the entire portfolio",
          "all actions together",
          "all actions",
          "all activity",
          "the platform",
          "the whole platform",
          "all callers together",
        ),
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
        phrase(
          "everyone",
          "everybody",
          "anyone",
          "anybody",
          "each of the agents|callers|bots|sources",
          "each of them",
        ),
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
