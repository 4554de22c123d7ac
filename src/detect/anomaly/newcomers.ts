import { numbersIn, numbersOf, sizeOf, valueAt, weigh, Weigher } from "../evidence/index.js";
import type { Odds } from "../evidence/index.js";

/** Weighed shares up to this are ordinary for everybody. */
const ORDINARY_SHARE = 0.2;
const ODDS: Odds = {
  mean: ORDINARY_SHARE,
  // Boldest first in effect: somebody who is new and denied is rarely met by accident.
  bets: [0.05, 0.15, 0.4, 0.8],
  idleMs: 5 * 60_000,
};
/** What was usual may triple before it counts as evidence. */
const SLACK = 3;
/** However usual: an attacker who came slowly must not have taught the detector that everything is. */
const LARGEST_SHARE = 0.5;
/** What an allowed newcomer weighs where all are new, and what it gains where none is; a denied one weighs 1. */
const ALLOWED_WEIGHT = 0.1;
const ALLOWED_GAIN = 0.2;
/** From this evidence on nothing is learned. */
const SUSPICIOUS = 1000;
/**
 * Events that the usual shares remember, and those that their first values stand for. Denied newcomers become usual
 * slowly: the first ones of an attack must not.
 */
const MEMORY = 200;
const FIRST = 20;
const DENIED_MEMORY = 1000;
const DENIED_FIRST = 200;

/** What is usual: events that taught it, the share of newcomers, and that of denied ones. */
const LEARNED = sizeOf(ODDS);
const NEW_SHARE = LEARNED + 1;
const DENIED_SHARE = LEARNED + 2;
const NUMBERS = 3;

/**
 * Weighs the evidence that a key is trying out names: targets that it never used before, above all ones that it is
 * denied.
 *
 * A denied newcomer weighs 1. An allowed one weighs up to .3 where the key hardly ever meets newcomers, and nothing
 * where they are usual or where it is not known yet: an agent that lawfully writes to somebody new each time never
 * alarms for that alone. The null is a mean weight of at most .2, or three times the usual share of denied newcomers,
 * up to .5. What is usual is learned while there is no suspicion; with learned parts the bound n/c of `Evidence` is a
 * calibration and not a theorem.
 */
export class Newcomers extends Weigher {
  constructor() {
    super(ODDS, NUMBERS);
    this.cells[this.at + NEW_SHARE] = 0.5;
  }

  /** The newcomers among the events that the evidence rests on, denied ones as 1, allowed ones as what they weighed. */
  get weight(): number {
    return this.sum;
  }

  /** The share of newcomers among all events that is usual for the key, learned while there was no suspicion. */
  get usualShare(): number {
    return this.cells[this.at + NEW_SHARE]!;
  }

  /** Takes one event at `mono` and returns the evidence. */
  add(isNew: boolean, denied: boolean, mono: number): number {
    learn(this.cells, this.at, isNew, denied, mono);
    return this.value;
  }

  override image(): unknown {
    const evidence = super.image();
    return evidence === null ? null : [evidence, numbersIn(this.cells, this.at + LEARNED, NUMBERS)];
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const [evidence, usual] = image as readonly [unknown, unknown];
    super.restore(evidence);
    numbersOf(usual, this.cells, this.at + LEARNED, NUMBERS);
  }
}

/** Returns nothing, for a double that is returned is an allocation. */
function learn(cells: number[], at: number, isNew: boolean, denied: boolean, mono: number): void {
  const newShare = cells[at + NEW_SHARE]!;
  const deniedShare = cells[at + DENIED_SHARE]!;
  const mean = Math.min(Math.max(ORDINARY_SHARE, SLACK * deniedShare), LARGEST_SHARE);
  const allowed = isNew ? ALLOWED_WEIGHT + ALLOWED_GAIN * (1 - newShare) : 0;
  // Another denial of a name that was tried before speaks neither for nor against.
  weigh(cells, at, ODDS, denied ? (isNew ? 1 : mean) : allowed, mono, mean);
  if (valueAt(cells, at) >= SUSPICIOUS) return;
  const events = cells[at + LEARNED]! + 1;
  cells[at + LEARNED] = Math.min(events, DENIED_MEMORY);
  cells[at + NEW_SHARE] = newShare + ((isNew ? 1 : 0) - newShare) / Math.min(FIRST + events, MEMORY);
  const deniedEvents = Math.min(DENIED_FIRST + events, DENIED_MEMORY);
  cells[at + DENIED_SHARE] = deniedShare + ((isNew && denied ? 1 : 0) - deniedShare) / deniedEvents;
}
