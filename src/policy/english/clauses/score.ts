/** Sentences that set the numbers of the scorer. */

import { parseDuration } from "../../../core/duration.js";
import { SCORE_SETTINGS } from "../../score-settings.js";
import { adjuncts } from "../adjuncts/adjuncts.js";
import type { Facet, Facets } from "../facets.js";
import type { Span } from "../lexer.js";
import { exactName } from "../names/names.js";
import { duration, number } from "../numbers.js";
import { any, first, many, map, maybe, type Parser, phrase, seq, token, word } from "../parser.js";

function setting(name: string, value: number, span: Span): Facets {
  return [
    { is: "frame", frame: "score", ...span },
    { is: "setting", name, value, ...span },
  ];
}

const lane = phrase(`
  a strategy, any strategy, strategies, a lane, lanes, an agent, any agent, agents, a source, it, them,
  a bot, anything, something, one, the strategy, the agent, any lane, a caller, any source, a market,
  a tool, any bot
`);
const red = maybe(phrase("red", "a red", "blocked"));
const samples = word("samples sample observations outcomes results trades calls actions attempts data");

const require = phrase(`
  require, require at least, wait for, wait for at least, collect, collect at least, need,
  need at least, demand, demand at least, ask for at least, have at least, gather, gather at least, see,
  see at least, insist on, insist on at least, take, take at least, use at least, get at least
`);

const killing = seq(
  [
    first(
      phrase(`
        killing, a kill, you kill, it is killed, we kill, i kill, killing off, the kill of, any kill,
        a kill of, it may be killed, it can be killed, they are killed, it turns black, turning black,
        marking black, shutting down
      `),
    ),
    maybe(lane),
    maybe(phrase("is killed", "can be killed", "may be killed")),
  ],
  () => true,
);

const killed = seq(
  [
    lane,
    phrase(`
      is killed, can be killed, may be killed, gets killed, are killed, can die, is shut down,
      turns black, goes black
    `),
  ],
  () => true,
);

const green = first(
  phrase(`
    it turns green, turning green, it goes green, going green, green, marking green, it is green,
    calling it green, a green status, it becomes green, giving it green
  `),
  seq([phrase("marking", "calling", "making", "turning"), lane, word("green")], () => true),
  seq(
    [
      lane,
      phrase(`
        turns green, goes green, becomes green, is green, can be green, can turn green, may turn green,
        may be green, is marked green
      `),
    ],
    () => true,
  ),
);

const revival = first(
  seq(
    [
      phrase(`
        reviving, revival, a revival, it is revived, bringing back, re-enabling, letting back in,
        the revival of, a revival of, unblocking
      `),
      red,
      maybe(lane),
      maybe(word("back")),
    ],
    () => true,
  ),
  seq(
    [
      maybe(word("a")),
      maybe(word("red")),
      lane,
      phrase(`
        is revived, may come back, can come back, comes back, may be revived, can be revived, returns
      `),
    ],
    () => true,
  ),
);
const hours = (text: string): number => (parseDuration(text) ?? 0) / 3_600_000;
const seconds = (text: string): number => (parseDuration(text) ?? 0) / 1000;

const change = phrase(`
  status changes, status change, changes of status, changes of a status, a change of status,
  any status change, statuses, status, state changes, every status change, status flips,
  all status changes, changes in status
`);

/** `minSamplesForKill` = 15: the printer's form, which can say every setting. */
const assigned: Parser<{ readonly name: string; readonly value: number }> = seq(
  [
    map(exactName, (name) => (Object.hasOwn(SCORE_SETTINGS, name) ? name : undefined)),
    first(word("=", "is", "of", "at"), phrase("set to")),
    first(
      seq(
        [
          maybe(
            first(
              word("–"),
              map(word("minus"), () => "–"),
            ),
          ),
          number,
        ],
        ([minus, n]) => (minus === undefined ? n : -n),
      ),
      token(
        "a number",
        (t) =>
          t.kind === "number" && t.suffix === undefined && t.currency === undefined ? t.amount : undefined,
        ["#number"],
      ),
    ),
  ],
  ([name, , value]) => ({ name, value }),
);

/** Settings of the scorer. */
export const SCORE_SENTENCES: Parser<Facets> = any<Facets>(
  seq(
    [
      require,
      number,
      samples,
      first(phrase("before", "prior to", "ahead of", "for")),
      first(killing, killed),
    ],
    ([, n, , ,], span) => setting("minSamplesForKill", n, span),
  ),
  seq(
    [
      phrase("score", "judge"),
      maybe(phrase("actions", "strategies", "everything", "all actions")),
      word("with"),
      maybe(phrase("at least")),
      number,
      samples,
      first(phrase("before", "for")),
      first(killing, killed),
    ],
    ([, , , , n], span) => setting("minSamplesForKill", n, span),
  ),
  seq(
    [
      phrase("never kill", "do not kill"),
      lane,
      phrase(`
        before it has, with fewer than, with less than, before it has at least, until it has,
        unless it has at least, unless it has, until it has at least, before they have,
        that has fewer than, before, until there are, until there are at least
      `),
      number,
      samples,
    ],
    ([, , , n], span) => setting("minSamplesForKill", n, span),
  ),
  seq([require, number, samples, first(phrase("before", "prior to", "for")), green], ([, n], span) =>
    setting("minSamplesForGreen", n, span),
  ),
  seq(
    [
      require,
      number,
      maybe(
        phrase("good, good consecutive, consecutive good, consecutive, successful, consecutive successful"),
      ),
      samples,
      maybe(phrase("in a row")),
      phrase("before", "prior to", "for"),
      revival,
    ],
    ([, n], span) => setting("revivalConsecutiveObs", n, span),
  ),
  seq(
    [
      require,
      number,
      maybe(word("execution")),
      samples,
      phrase(`
        before judging execution, before execution is judged, before judging fills,
        before scoring execution, before judging how it executes, before execution counts
      `),
    ],
    ([, n], span) => setting("execMinAttempts", n, span),
  ),
  seq(
    [phrase("debounce", "debounce all"), maybe(change), phrase("for", "by", "over", "with"), duration],
    ([, , , text], span) => setting("debounceSeconds", seconds(text), span),
  ),
  seq(
    [
      change,
      phrase(`
        are debounced for, are debounced by, must hold for, must last, have to hold for,
        need to hold for, take effect after, is debounced for, must be stable for,
        take effect only after
      `),
      duration,
    ],
    ([, , text], span) => setting("debounceSeconds", seconds(text), span),
  ),
  seq(
    [
      phrase("wait", "hold off", "wait for", "hold"),
      duration,
      phrase("before", "before a", "before any", "before every"),
      first(
        phrase(`
          changing the status, status changes, changing status, a status change, status change,
          changing a status, status changes take effect, a status changes, the status changes
        `),
      ),
    ],
    ([, text], span) => setting("debounceSeconds", seconds(text), span),
  ),
  seq(
    [
      phrase(`
        decay scores, scores decay, scores fade, let scores decay, forget outcomes, forget old outcomes,
        fade scores, decay evidence, evidence decays, old results fade, forget old results,
        decay old scores, let scores fade, decay the scores, old outcomes fade, age scores,
        let evidence decay, decay outcomes, scores should decay
      `),
      phrase("over, within, in, after, with a time constant of, with a decay of"),
      duration,
    ],
    ([, , text], span) => setting("decayHours", hours(text), span),
  ),
  seq(
    [
      phrase("use", "set", "apply"),
      maybe(word("a", "the")),
      maybe(phrase("score", "scoring")),
      phrase("decay", "decay time", "score decay"),
      phrase("of", "to", "at"),
      duration,
    ],
    ([, , , , , text], span) => setting("decayHours", hours(text), span),
  ),
  seq(
    [
      phrase("wait, wait for, wait at least, cool down for, cool off for, leave"),
      duration,
      phrase("before"),
      revival,
    ],
    ([, text], span) => setting("redCooldownHours", hours(text), span),
  ),
  seq(
    [
      phrase("cool down", "cool off", "bench", "rest", "keep"),
      first(
        phrase(`
          red strategies, a red strategy, red lanes, a red lane, red agents, a red agent, red ones,
          red sources, a red source
        `),
      ),
      maybe(phrase("blocked", "out", "down")),
      phrase("for"),
      duration,
    ],
    ([, , , , text], span) => setting("redCooldownHours", hours(text), span),
  ),
  seq(
    [
      phrase(`
        the cool down is, use a cool down of, set the cool down to, a cool down of, cool down :,
        cool down of, cooldown of, use a cooldown of, set the cooldown to, the cooldown is,
        use a red cooldown of, set the red cooldown to
      `),
      duration,
    ],
    ([, text], span) => setting("redCooldownHours", hours(text), span),
  ),
  seq(
    [
      phrase("score", "judge"),
      maybe(phrase("actions, strategies, lanes, everything, agents, all actions")),
      adjuncts,
      phrase("with", "using"),
      many(assigned, 1, first(phrase(", and"), word(",", "and"))),
    ],
    ([, , more, , list], span) => [
      { is: "frame", frame: "score", ...span },
      ...more,
      ...list.map(({ name, value }): Facet => ({ is: "setting", name, value, ...span })),
    ],
  ),
  seq([phrase("set"), many(assigned, 1, first(phrase(", and"), word(",", "and")))], ([, list], span) => [
    { is: "frame", frame: "score", ...span },
    ...list.map(({ name, value }): Facet => ({ is: "setting", name, value, ...span })),
  ]),
);
