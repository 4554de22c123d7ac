/**
 * Names as they are written, and what a name alone tells: a word that does something is an agent's, one of code
 * is a tool's.
 */

import { isWordGlob, rootOf } from "../../../core/words.js";
import { first, type Parser, token } from "../parser.js";
import {
  AGENT_NOUNS,
  AGENT_PLURALS,
  LIGHT_VERBS,
  MESSAGES,
  RESERVED,
  ROLES,
  RUNNABLES,
  TOOL_VERBS,
  VAGUE,
} from "../vocabulary.js";
import { wordSet } from "../words.js";
import { isThing } from "../tool-words.js";

export const AGENTS = new Set([...AGENT_NOUNS, ...AGENT_PLURALS, "subagent", "subagents"]);

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

export const AGENTIVE = wordSet(`
  trader researcher planner writer coder developer reviewer scraper crawler mailer executor intern
  deployer scheduler analyst buyer seller booker tester summarizer summariser orchestrator supervisor
  manager helper recruiter marketer salesperson accountant bookkeeper tutor translator editor publisher
  dispatcher advisor adviser negotiator broker clerk secretary engineer designer copilot autopilot
  worker coordinator controller concierge receptionist copywriter moderator classifier extractor
  retriever hedger arbitrageur scalper rebalancer chatbot
`);

/** Things that are named like people who do something. */
const MACHINES = wordSet(`
  server printer router scanner computer counter filter order transfer user charger calculator monitor
  editor register trigger poster letter number loader driver container folder tracker marker buffer
  timer browser sensor selector vector customer supplier character parameter starter header footer
  reminder offer tender voucher shelter ledger
`);

/** "builder", "reporter": who does what a tool does. */
function isDoer(text: string): boolean {
  const word = text.replace(/s$/, "");
  if (!/(?:er|or)$/.test(word) || word.length < 5 || MACHINES.has(word)) return false;
  const stem = word.slice(0, -2);
  return [stem, `${stem}e`, stem.replace(/(.)\1$/, "$1")].some(
    (verb) => TOOL_VERBS.has(verb) || VERBS_OF_DOERS.has(verb),
  );
}

const VERBS_OF_DOERS = wordSet(`
  build report code test clean plan check write research trade support help manage train teach paint
  explore hunt sort track
`);

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
