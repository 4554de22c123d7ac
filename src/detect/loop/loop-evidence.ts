import { forget, numbersIn, numbersOf, sizeOf, skip, valueAt, weigh, Weigher } from "../evidence/index.js";
import type { Odds } from "../evidence/index.js";
import { LONGEST_CYCLE } from "./cycles.js";
import { spread } from "./hash.js";

/**
 * Weighs whether an agent goes round in circles: the same calls again, with the same results again.
 *
 * Each call is one observation for an e-detector (`Evidence`), whose null is that in the mean at most 4 % of what comes
 * is repetition. A call that comes again right away counts 1, one in a cycle of p calls that has come round whole counts
 * 0.6/p, so that the fifth repeat of any cycle of up to six calls is too much. Another call with the same result counts
 * nothing: that is a batch. The same call with a result it has not had of late ends all suspicion: that is polling, and
 * the answer has changed. Gaps of more than five minutes let the evidence decay. Calls and times that are no numbers are
 * skipped: such a call is left out, at such a time nothing decays.
 */
export class LoopEvidence extends Weigher {
  constructor() {
    super(ODDS, NUMBERS);
  }

  /**
   * Takes a call that has ended, and returns the evidence.
   *
   * @param call hash of what was called, with its arguments
   * @param result hash of what came of it; 0: not known
   * @param like hash of the same without its volatile parts; 0: not known
   */
  add(call: number, result: number, like: number, failed: boolean, mono: number): number {
    learn(this.cells, this.at, call, like | 0 || result | 0, failed, mono);
    return this.value;
  }

  /** Something new came of the last calls: what was weighed so far is no loop, but what they were is remembered. */
  progress(mono: number): void {
    super.reset(mono);
    this.cells[this.at + OWN + MATCHES] = 0;
    this.cells[this.at + OWN + ERRORS] = 0;
  }

  /** Says in words what the evidence rests on. */
  sentence(): string {
    const { cells } = this;
    const own = this.at + OWN;
    const period = cells[own + PERIOD]!;
    if (period > 0) {
      const times = 1 + Math.trunc(cells[own + MATCHES]! / period);
      const calls = period === 1 ? "call" : `${period} calls`;
      return `the same ${calls} came ${times} times ${cells[own + IS_KNOWN] === 1 ? "with the same results" : "with results that nobody told"}`;
    }
    const errors = cells[own + ERRORS]!;
    if (errors > 0) return `different calls failed with the same error ${1 + errors} times`;
    return `${this.events} calls in a row were ones that had come shortly before, with the same results`;
  }

  /** Forgets everything but what was skipped. */
  override reset(mono: number): void {
    super.reset(mono);
    this.cells.fill(0, this.at + OWN, this.at + OWN + NUMBERS);
  }

  override image(): unknown {
    const evidence = super.image();
    return evidence === null ? null : [evidence, numbersIn(this.cells, this.at + OWN, NUMBERS)];
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const [evidence, numbers] = image as readonly [unknown, unknown];
    super.restore(evidence);
    numbersOf(numbers, this.cells, this.at + OWN, NUMBERS);
  }
}

/** Returns nothing, for a double that is returned is an allocation; and is one function, as `weigh` is. */
function learn(
  cells: number[],
  at: number,
  call: number,
  outcome: number,
  failed: boolean,
  mono: number,
): void {
  if (!Number.isFinite(mono)) skip(cells, at);
  if (!Number.isFinite(call)) {
    skip(cells, at);
    return;
  }
  const time = Number.isFinite(mono) ? mono : 0;
  const own = at + OWN;
  const item = itemOf(call, outcome);
  const wasRepeat = cells[own + IS_REPEAT] === 1;
  const period = periodOf(cells, own, item);
  const isCycle = period > 0 && period !== NEWS;
  const next = cells[own + NEXT]! | 0;
  cells[own + next] = item;
  cells[own + NEXT] = next + 1 === RECENT ? 0 : next + 1;
  cells[own + MATCHES] = !isCycle ? 0 : period === cells[own + PERIOD] ? cells[own + MATCHES]! + 1 : period;
  cells[own + PERIOD] = isCycle ? period : 0;
  cells[own + IS_KNOWN] = outcome === 0 ? 0 : 1;

  let isSameError = false;
  if (failed && outcome !== 0) {
    isSameError = outcome === cells[own + LAST_ERROR];
    cells[own + ERRORS] = isSameError ? cells[own + ERRORS]! + 1 : 0;
    cells[own + LAST_ERROR] = outcome;
  }
  // The place of its share in `SHARES`.
  let kind = period;
  if (!isCycle && isSameError) kind = SAME_ERROR;
  else if (period === NEWS && !failed && outcome !== 0 && valueAt(cells, at) > 1)
    forget(cells, at, ODDS, time);
  // One repeat after something new is how honest work looks: edit, test, edit, test.
  else if (period === 0 && wasRepeat && cells[own + IS_REPEAT] === 1) kind = REREAD;
  weigh(cells, at, ODDS, SHARES[kind]!, time, ORDINARY_SHARE);
}

/**
 * The shortest cycle that this call would bring round whole once more; 0 for none, `NEWS` where the call has had
 * other results of late but not this one. Notes whether it is a repeat at all.
 */
function periodOf(cells: number[], own: number, item: number): number {
  let isNews = false;
  for (let slot = own; slot < own + RECENT; slot++) {
    const other = cells[slot]! | 0;
    // Most are other calls: one comparison of their bits, and the next one.
    if (((other ^ item) & CALL_BITS) !== 0 || other === 0) continue;
    if (other === item) {
      cells[own + IS_REPEAT] = 1;
      return cycleOf(cells, own, item);
    }
    isNews = true;
  }
  cells[own + IS_REPEAT] = 0;
  return isNews ? NEWS : 0;
}

/** The shortest cycle that this repeat would bring round whole once more; 0 for none. */
function cycleOf(cells: readonly number[], own: number, item: number): number {
  const next = cells[own + NEXT]! | 0;
  for (let back = 1; back <= LONGEST_CYCLE; back++) {
    if (before(cells, own, next, back) === item && isRound(cells, own, next, back)) return back;
  }
  return 0;
}

/** Whether the calls since the one `period` calls ago are those that came before it. */
function isRound(cells: readonly number[], own: number, next: number, period: number): boolean {
  for (let back = 1; back < period; back++) {
    if (before(cells, own, next, back) !== before(cells, own, next, back + period)) return false;
  }
  return true;
}

/** What came `back` calls ago, the last one being 1; 0: nothing yet. */
function before(cells: readonly number[], own: number, next: number, back: number): number {
  const at = next - back;
  return cells[own + (at < 0 ? at + RECENT : at)]!;
}

/**
 * A call and its result in one number, half of the bits for each: which a ring of small integers holds. That two
 * results are taken for the same happens once in 65,536 times, five times in a row never.
 */
function itemOf(call: number, outcome: number): number {
  return (spread(call | 0) & CALL_BITS) | (spread(outcome) & ~CALL_BITS) || 1;
}

const CALL_BITS = 0xffff0000 | 0;

/**
 * Six calls alike give evidence of 4 million, five give 190,000: the default dial is between the two. The share is four
 * times what sessions of agents show that solve their task. What is repeated twice an hour or less often is watching,
 * not going round in circles.
 */
const ORDINARY_SHARE = 0.04;
const ODDS: Odds = { mean: ORDINARY_SHARE, bets: [0.95, 0.75, 0.5], idleMs: 300_000 };

const OWN = sizeOf(ODDS);

/** How many calls back a repeat is looked for: two rounds of the longest cycle. */
const RECENT = 2 * LONGEST_CYCLE;
/** After the ring of the last calls, each with its result (`itemOf`; 0: none yet), stands where the next one goes, */
const NEXT = RECENT;
/** the cycle that came round last, and how many calls in a row came as one cycle before, */
const PERIOD = RECENT + 1;
const MATCHES = RECENT + 2;
/** the result of the last call that failed, and how often failed calls have given it once more, */
const LAST_ERROR = RECENT + 3;
const ERRORS = RECENT + 4;
/** whether the last call was one of the ring with the same result, and whether its result is known. */
const IS_REPEAT = RECENT + 5;
const IS_KNOWN = RECENT + 6;
const NUMBERS = RECENT + 7;
/**
 * How much of a repetition a call is: none, a cycle of 1 to 6 calls that has come round whole (a call that comes again
 * right away, or a share for each call of the cycle), and what follows.
 */
const SHARES: readonly number[] = [0, 1, 0.6 / 2, 0.6 / 3, 0.6 / 4, 0.6 / 5, 0.6 / 6, 0.1, 0.06, 0];
/** A failure that gives the same error as the last failure did, from another call. */
const SAME_ERROR = LONGEST_CYCLE + 1;
/** A call among repeats that follow no order: little more than is usual. */
const REREAD = LONGEST_CYCLE + 2;
/** A call that gave another result than before: no repetition, and more than that. */
const NEWS = LONGEST_CYCLE + 3;
