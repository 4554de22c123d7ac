import { nearest } from "../../core/nearest.js";
import { rootOf } from "../../core/words.js";
import type { Span, Token } from "./lexer.js";
import { KNOWN_WORDS } from "./parser.js";
import { LIGHT_VERBS, TOOL_VERBS } from "./vocabulary.js";
import { words, wordSet } from "./words.js";

/** Words that carry the meaning of a sentence: a word that is one letter away from one of them is a slip of the pen. */
const KEYWORDS = words(`
  allow block never limit forbid prohibit throttle restrict require approval human alert detect halt
  pause agent agents caller callers source sources request requests action actions calls tools second
  seconds minute minutes hour hours week weeks weekday weekdays weekend weekends today total calendar
  percent dollars tokens losses balance drawdown spend spending except excluding unless before after
  between during each every most than more less three five seven eight nine eleven twelve fifteen twenty
  thirty fifty hundred thousand monday tuesday wednesday thursday friday saturday sunday only burst
  bursts regime shadow baseline failures errors together across maximum minimum exceeds exceed
`);

/** Words that are near a keyword and are words all the same. */
const REAL = wordSet(`
  mails mail cells halls walls calms tales takes stools pools spools agenda sauce sources fails tails
  bails rails emails bursary other others bother orders border hounds pounds rounds sounds minutes hour
  house hours horse tours seconds reason reasons bench reach teach beach peach blocks block clock lock
  flock black lever level fever ever forever even event events seven stock stocks close closes closed
  loses bosses passes lesson lessons post posts test tests rest best text texts next nest fire five file
  files fine line lines mine nine wine time tiles tires three there tree trees sheet threat thread eight
  sight weight night light right height once one ones bone tone zone phone honey money funding finding
  fifty day days say pay pays march match patch batch batches search searches watch launch branch
  branches lunch bunch trade trades trader grade grades actor factor faction fraction auction auctions
  fictions caution sections caller taller callee halt salt malt half hall pause cause clause pauses
  alert alerts alarm alarms human humane humans women spend spends send sends spent accept expect
  excerpt extent balance balances valance mouse course nurse purse burst bursts bust must just dust
  trust sunny sundry many any most cost host lost least last list lists lease leases less loss lasso
  mess allot alloy allows hallow callow shallow aloud cloud vault fault daily weekly hourly week weak
  peek seek geek weeks wreck requests quests guests bequest request tokens taken broken spoken percent
  recent parent decent tent cent scent shadow shadows regime regimen total totals vocal local totem
  tidal call ball fall mall tall wall cell calls balls falls tool pool cool wool fool toll tolls tools
  actions action agents regents before adore between betwixt during luring across acres cross
`);

/** A word that is most likely mistyped, with what it stands for. */
export interface Slip extends Span {
  readonly word: string;
  readonly meant: string;
}

/** Words that no phrase of the grammar has and that are one letter away from one that decides what the sentence says. */
export function slips(tokens: readonly Token[]): Slip[] {
  return tokens.flatMap((token) => {
    const { kind, text, start, end } = token;
    if (
      kind !== "word" ||
      text.length < 4 ||
      KNOWN_WORDS.has(text) ||
      REAL.has(text) ||
      TOOL_VERBS.has(rootOf(text)) ||
      LIGHT_VERBS.has(text)
    )
      return [];
    const meant = KEYWORDS.find((keyword) => isOneLetterAway(text, keyword));
    return meant === undefined ? [] : [{ word: text, meant, start, end }];
  });
}

/** One letter more, less or other, or two neighbours swapped; the first letter counts as any other. */
function isOneLetterAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || a === b) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let [i, j] = [a.length, b.length];
  while (i > start && j > start && a[i - 1] === b[j - 1]) {
    i--;
    j--;
  }
  const [restA, restB] = [i - start, j - start];
  if (restA <= 1 && restB <= 1) return true;
  return restA === 2 && restB === 2 && a[start] === b[start + 1] && a[start + 1] === b[start];
}

/** The word of the grammar that an unknown one may stand for. */
export function knownNear(text: string): string | undefined {
  if (text.length < 3 || KNOWN_WORDS.has(text)) return undefined;
  return KEYWORDS.find((keyword) => isOneLetterAway(text, keyword)) ?? nearest(text, KEYWORDS);
}
