// Longer words are not typing slips, and the comparison is quadratic.
const MAX_WORD_LENGTH = 64;

/**
 * Returns the candidate that a mistyped word most likely stands for, or undefined
 * when none is close: at most a third of the word's letters wrong, by insertions,
 * deletions, replacements and swaps of neighbours (optimal string alignment). Case,
 * `-` and `_` do not count; the first candidate wins a tie.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length === 0 || word.length > MAX_WORD_LENGTH) return undefined;
  const plain = normalise(word);
  let bound = Math.max(1, Math.floor(plain.length / 3));
  let best: string | undefined;
  for (const candidate of candidates) {
    if (candidate.length > MAX_WORD_LENGTH) continue;
    const other = normalise(candidate);
    if (Math.abs(other.length - plain.length) > bound) continue;
    const distance = alignment(plain, other);
    if (distance < bound || (distance === bound && best === undefined)) {
      best = candidate;
      bound = distance;
    }
  }
  return best;
}

function normalise(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, "");
}

function alignment(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
