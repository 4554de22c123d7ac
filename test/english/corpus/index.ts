import type { Entry } from "../entry.js";
import { ACCESS } from "./access.js";
import { AFRESH } from "./afresh.js";
import { BUDGET } from "./budget.js";
import { ERRORS, FLOOR, LOSS, STALE } from "./health.js";
import { DENIALS, LOOP, NEWCOMERS, RUNAWAYS, SCORE } from "./judgement.js";
import { CALIBRATED, PROGRESS, UNCALIBRATED } from "./calibrated.js";
import { CONCURRENCY, SIZE, TIMEOUT } from "./limits.js";
import { RATE } from "./rate.js";
import {
  DOUBLE,
  EMPTY,
  FOREIGN,
  HOSTILE,
  IMPOSSIBLE,
  LEFTOVER,
  MALFORMED,
  NEGATED,
  PROSE,
  RANGES,
  TWO_RULES,
  TYPOS,
  UNITS,
  VAGUE,
} from "./refused.js";

/** All sentences by group: rule kinds first, then what there is to refuse. */
export const CORPUS: Readonly<Record<string, readonly Entry[]>> = {
  rate: RATE,
  budget: BUDGET,
  concurrency: CONCURRENCY,
  access: ACCESS,
  size: SIZE,
  timeout: TIMEOUT,
  loss: LOSS,
  floor: FLOOR,
  errors: ERRORS,
  stale: STALE,
  denials: DENIALS,
  newcomers: NEWCOMERS,
  runaway: RUNAWAYS,
  loop: LOOP,
  score: SCORE,
  "without numbers": CALIBRATED,
  "without progress": PROGRESS,
  "vague amounts": VAGUE,
  "without what is needed": UNCALIBRATED,
  ranges: RANGES,
  "double meanings": DOUBLE,
  "negated limits": NEGATED,
  "units and windows": UNITS,
  "impossible amounts": IMPOSSIBLE,
  "nothing at all": EMPTY,
  injections: HOSTILE,
  "two rules, contradictions": TWO_RULES,
  "unexplained words": LEFTOVER,
  typos: TYPOS,
  "no rule": PROSE,
  "foreign letters": FOREIGN,
  malformed: MALFORMED,
  "by another hand": AFRESH,
};
