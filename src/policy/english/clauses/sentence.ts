/** The sentences that there are. */

import { fronted, rest } from "../adjuncts/around.js";
import type { Facets } from "../facets.js";
import { any, type Parser, seq } from "../parser.js";
import { denySentence } from "./access.js";
import { actSentence, alertSentence, askWhen, ifSentence } from "./acts.js";
import { askSentence } from "./asking.js";
import { detectSentence, noLoop } from "./detecting.js";
import {
  bareLimit,
  capSentence,
  capTime,
  concurrencySentence,
  grantDo,
  grantSentence,
  oneAtATime,
  setSentence,
} from "./limits.js";
import { keepSentence, lossSentence } from "./losses.js";
import { doSentence, letSentence, modalLimit, neverMore } from "./modals.js";
import { allowList, onlySentence } from "./only.js";
import { SCORE_SENTENCES } from "./score.js";
import { noSingle, timeoutSentence } from "./single-actions.js";
import { newcomersLimit } from "./triggers/anomalies.js";

/** "Let no action run longer than…" and the others, all at once. */
const core: Parser<Facets> = any<Facets>(
  capSentence,
  capTime,
  concurrencySentence,
  oneAtATime,
  newcomersLimit,
  bareLimit,
  grantSentence,
  grantDo,
  setSentence,
  modalLimit,
  neverMore,
  doSentence,
  letSentence,
  noSingle,
  timeoutSentence,
  denySentence,
  onlySentence,
  allowList,
  askSentence,
  actSentence,
  alertSentence,
  askWhen,
  ifSentence,
  keepSentence,
  lossSentence,
  detectSentence,
  noLoop,
  SCORE_SENTENCES,
);

/** A whole sentence: every reading of it as its phrases. */
export const sentence: Parser<Facets> = seq([fronted, core, rest], ([before, facets, after]) => [
  ...before,
  ...facets,
  ...after,
]);
