import { SLOT } from "./ring.js";

/** Writes micro-units by measure, of which there are at most `AMOUNTS` besides the first, into the slot at `i`. */
export function writeAmounts(numbers: Float64Array, i: number, amounts: readonly number[]): void {
  const last = amounts.length - 1;
  numbers[i + 6] = last > 0 ? last : 0;
  for (let k = 1; k <= last; k++) numbers[i + 6 + k] = amounts[k]!;
}

/** Writes amounts into the slot at `i` and, in pairs, into the next ones. */
export function writePairs(numbers: Float64Array, i: number, pairs: readonly number[]): void {
  numbers[i + 6] = -(pairs.length / 2);
  numbers.set(pairs, i + SLOT);
}

/** What is named of many amounts: index and amount, in turns. */
export function pairsOf(amounts: readonly number[]): readonly number[] {
  const pairs: number[] = [];
  for (let k = 1; k < amounts.length; k++) if (amounts[k]! >= 0) pairs.push(k, amounts[k]!);
  return pairs;
}
