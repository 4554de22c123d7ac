/** What is done, as a verb with what it is done to: "send emails", "deleting files". */

import { rootOf } from "../../../core/words.js";
import type { Token } from "../lexer.js";
import { first, type Hit, keep, map, maybe, type Parser, phrase, seq, type State } from "../parser.js";
import { LIGHT_VERBS, RESERVED, TOOL_VERBS, VAGUE } from "../vocabulary.js";
import { wordSet } from "../words.js";
import { actGlobs, wordsGlob } from "./names.js";
import { determiner, isCounted, joined, listGap, NOUNS, refusal, type Thing, things } from "./things.js";

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

const everyDeed: Parser<Thing> = map(
  phrase(`
    do anything, do anything at all, act, act at all, operate, make any call|calls, call anything,
    run anything, use anything, use any tool|tools, call any tool|tools, run, make calls, make requests,
    make any request|requests, take any action|actions, perform any action|actions, take actions,
    call tools, use tools, work
  `),
  (_, span) => ({ globs: [], isPlural: false, ...span }),
);
const REACHES = wordSet("email message text call contact notify invite");
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
