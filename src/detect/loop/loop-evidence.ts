import { Evidence } from "../evidence/index.js";
import { LONGEST_CYCLE } from "./cycles.js";
import { spread } from "./hash.js";
import { zeros } from "./zeros.js";

/** What `LoopEvidence` keeps; `recent` is the oldest first. */
interface LoopImage {
  readonly recent: readonly number[];
  readonly period: number;
  readonly matches: number;
  readonly lastError: number;
  readonly errors: number;
  readonly isRepeat: boolean;
  readonly isKnown: boolean;
  readonly skipped: number;
  readonly evidence: unknown;
}

/**
 * Weighs whether an agent goes round in circles: the same calls again, with the same results again.
 *
 * Each call is one observation for an e-detector (`Evidence`), whose null is that in the mean at most 4 % of what comes
 * is repetition. A call that comes again right away counts 1, one in a cycle of p calls that has come round whole counts
 * 0.6/p, so that the fifth repeat of any cycle of up to six calls is too much. Another call with the same result counts
 * nothing: that is a batch. The same call with a result it has not had of late ends all suspicion: that is polling, and
 * the answer has changed. Gaps of more than five minutes let the evidence decay.
 */
export class LoopEvidence {
  readonly #evidence = new Evidence(USUAL_SHARE, BETS, IDLE_MS);
  /** Ring of the last calls, each with its result (`itemOf`); 0: none yet. */
  readonly #recent = zeros(RECENT);
  #next = 0;
  /** The cycle that came round last, and how many calls in a row came as one cycle before. */
  #period = 0;
  #matches = 0;
  /** The result of the last call that failed, and how often failed calls have given it once more. */
  #lastError = 0;
  #errors = 0;
  /** Whether the last call was one of the ring with the same result, and whether its result is known. */
  #isRepeat = false;
  #isKnown = false;
  #skipped = 0;

  get value(): number {
    return this.#evidence.value;
  }

  /** When what the evidence rests on began, in monotonic ms. */
  get since(): number {
    return this.#evidence.since;
  }

  /** Calls and times that were not numbers: such a call is left out, at such a time nothing decays. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Takes a call that has ended, and returns the evidence.
   *
   * @param call hash of what was called, with its arguments
   * @param result hash of what came of it; 0: not known
   * @param like hash of the same without its volatile parts; 0: not known
   */
  add(call: number, result: number, like: number, failed: boolean, mono: number): number {
    if (!Number.isFinite(mono)) this.#skipped++;
    if (!Number.isFinite(call)) {
      this.#skipped++;
      return this.#evidence.value;
    }
    const at = Number.isFinite(mono) ? mono : 0;
    const outcome = like | 0 || result | 0;
    this.#isKnown = outcome !== 0;
    const share = this.#share(itemOf(call, outcome), failed ? outcome : 0);
    if (share === NEWS && !failed && this.#isKnown && this.#evidence.value > 1) this.#evidence.reset(at);
    return this.#evidence.add(share, at);
  }

  /** Something new came of the last calls: what was weighed so far is no loop, but what they were is remembered. */
  progress(mono: number): void {
    this.#evidence.reset(mono);
    this.#matches = 0;
    this.#errors = 0;
  }

  /** Says in words what the evidence rests on. */
  sentence(): string {
    if (this.#period > 0) {
      const times = 1 + Math.trunc(this.#matches / this.#period);
      const calls = this.#period === 1 ? "call" : `${this.#period} calls`;
      return `the same ${calls} came ${times} times ${this.#isKnown ? "with the same results" : "with results that nobody told"}`;
    }
    if (this.#errors > 0) return `different calls failed with the same error ${1 + this.#errors} times`;
    return `${this.#evidence.events} calls in a row were ones that had come shortly before, with the same results`;
  }

  /** Forgets everything but what was skipped. */
  reset(mono: number): void {
    this.#evidence.reset(mono);
    this.#recent.fill(0);
    this.#next = 0;
    this.#period = 0;
    this.#matches = 0;
    this.#lastError = 0;
    this.#errors = 0;
    this.#isRepeat = false;
    this.#isKnown = false;
  }

  /** Returns what is kept, in JSON's terms; null when that is nothing. */
  image(): unknown {
    const evidence = this.#evidence.image();
    if (evidence === null && this.#skipped === 0) return null;
    return {
      recent: Array.from({ length: RECENT }, (_, at) => this.#before(RECENT - at)).filter(
        (item) => item !== 0,
      ),
      period: this.#period,
      matches: this.#matches,
      lastError: this.#lastError,
      errors: this.#errors,
      isRepeat: this.#isRepeat,
      isKnown: this.#isKnown,
      skipped: this.#skipped,
      evidence,
    } satisfies LoopImage;
  }

  /** Takes over an image, on a fresh instance. */
  restore(image: unknown): void {
    if (image === null) return;
    const kept = image as LoopImage;
    kept.recent.forEach((item, at) => (this.#recent[at] = item));
    this.#next = kept.recent.length % RECENT;
    this.#period = kept.period;
    this.#matches = kept.matches;
    this.#lastError = kept.lastError;
    this.#errors = kept.errors;
    this.#isRepeat = kept.isRepeat;
    this.#isKnown = kept.isKnown;
    this.#skipped = kept.skipped;
    this.#evidence.restore(kept.evidence);
  }

  /** How much of a repetition this is, from 0 to 1, or `NEWS`; notes what came. */
  #share(item: number, error: number): number {
    const wasRepeat = this.#isRepeat;
    const period = this.#periodOf(item);
    this.#recent[this.#next] = item;
    this.#next = this.#next + 1 === RECENT ? 0 : this.#next + 1;
    this.#matches = period <= 0 ? 0 : period === this.#period ? this.#matches + 1 : period;
    this.#period = Math.max(0, period);

    const isSameError = error !== 0 && error === this.#lastError;
    if (error !== 0) {
      this.#errors = isSameError ? this.#errors + 1 : 0;
      this.#lastError = error;
    }
    if (period === 1) return 1;
    if (period > 0) return SHARE_OF_CYCLE / period;
    if (isSameError) return SHARE_OF_ERROR;
    if (period === NEWS) return NEWS;
    // One repeat after something new is how honest work looks: edit, test, edit, test.
    return this.#isRepeat && wasRepeat ? SHARE_OF_REREAD : 0;
  }

  /**
   * The shortest cycle that this call would bring round whole once more; 0 for none, `NEWS` where the call has had
   * other results of late but not this one. Notes whether it is a repeat at all.
   */
  #periodOf(item: number): number {
    let isNews = false;
    this.#isRepeat = false;
    for (let back = 1; back <= RECENT; back++) {
      const other = this.#before(back);
      if (other !== item) {
        if (((other ^ item) & CALL_BITS) === 0 && other !== 0) isNews = true;
        continue;
      }
      this.#isRepeat = true;
      if (back > LONGEST_CYCLE) return 0;
      if (this.#isRound(back)) return back;
    }
    return isNews && !this.#isRepeat ? NEWS : 0;
  }

  /** Whether the calls since the one `period` calls ago are those that came before it. */
  #isRound(period: number): boolean {
    for (let back = 1; back < period; back++) {
      if (this.#before(back) !== this.#before(back + period)) return false;
    }
    return true;
  }

  /** What came `back` calls ago, the last one being 1. */
  #before(back: number): number {
    const at = this.#next - back;
    return this.#recent[at < 0 ? at + RECENT : at]!;
  }
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
 * times what sessions of agents show that solve their task.
 */
const USUAL_SHARE = 0.04;
const BETS = [0.95, 0.75, 0.5] as const;
/** What is repeated twice an hour or less often is watching, not going round in circles. */
const IDLE_MS = 300_000;

/** How many calls back a repeat is looked for: two rounds of the longest cycle. */
const RECENT = 2 * LONGEST_CYCLE;
/** Stands for the share of a call that gave another result than before: none, and more than that. */
const NEWS = -1;
const SHARE_OF_CYCLE = 0.6;
/** A failure that gives the same error as the last failure did, from another call. */
const SHARE_OF_ERROR = 0.1;
/** A call among repeats that follow no order: little more than is usual. */
const SHARE_OF_REREAD = 0.06;
