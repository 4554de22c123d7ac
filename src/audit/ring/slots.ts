/*
 * What a slot says. Number 0 is the head of the record: its kind in bits 0-3, bit 4 whether a value out of band belongs
 * to it, flags in bits 5-15, and the slots of the record from bit 16 on. The other numbers by kind:
 *
 *   DECISION  1 seq · 2 at · 3 mono · 4 lane, 0: named in full · 5 four names of the refusal · 6 amounts · 7-15 amounts
 *   OUTCOME   1 seq · 2 at · 3 mono · 4 latencyMs · 5 progress · 6 amounts · 7-15 amounts
 *   EVENT     1 whether it is urgent; texts: the line before and after its index
 *   LANE      1 id; texts: source, series
 *   NAME      1 id; text: a code or the id of a rule
 *   MEASURE   1 index; text: its name
 *   CONTEXT   texts: boot, policy
 *   RESET     the ids of lanes begin anew
 *   KEPT      values that the next leaf commits to, out of band
 *   PAD       nothing: records do not go over the end of the ring
 *
 * `amounts` is how many of the measures from index 1 on stand in 7-15, -1 for "not named"; when it is negative, so many
 * pairs of index and amount stand at the beginning of the second slot, and texts behind them.
 */
export const PAD = 0;
export const DECISION = 1;
export const OUTCOME = 2;
export const EVENT = 3;
export const LANE = 4;
export const NAME = 5;
export const MEASURE = 6;
export const CONTEXT = 7;
export const RESET = 8;
export const KEPT = 9;

export const KIND_BITS = 0xf;
export const OUT_OF_BAND = 1 << 4;
/** Of a decision: verdict, and which texts it has. Of an outcome: bit 5 is `ok`. */
export const VERDICT_SHIFT = 5;
export const HAS_TAGS = 1 << 7;
export const HAS_FACTS = 1 << 8;
export const HAS_BIND = 1 << 9;
export const HAS_ARGS = 1 << 10;
export const HAS_KEPT = 1 << 11;
export const HAS_ANY = 0x1f << 7;
export const SLOTS_SHIFT = 16;

/** Amounts that fit into a slot. */
export const AMOUNTS = 9;

/** Names of refusals that have ids, 1 … 8,190; four ids make one number. */
export const NAME_RADIX = 8192;

/** What does not fit into slots, or would take those that are kept for the outcomes of actions that run. */
export interface LooseDecision {
  readonly source: string;
  readonly series: string;
  /** By index and amount, in turns. */
  readonly amounts: readonly number[];
  readonly tags?: readonly string[] | undefined;
  readonly facts?: { readonly true: readonly string[]; readonly unknown: readonly string[] } | undefined;
  readonly bind?: string | undefined;
  readonly args?: string | undefined;
  /** Canonical JSON. */
  readonly kept?: string | undefined;
  readonly code?: string | undefined;
  readonly rule?: string | undefined;
  readonly wouldCode?: string | undefined;
  readonly wouldRule?: string | undefined;
}
