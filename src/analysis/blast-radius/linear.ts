/** The largest `gain · x` with `rows · x <= limits` and `x >= 0`; all numbers at least 0. */
export interface LinearTask {
  readonly gain: readonly number[];
  readonly rows: readonly { readonly of: readonly number[]; readonly limit: number }[];
}

/** The optimum and its proof: with `prices` of the rows, no `x` gains more than `value` (weak duality). */
export interface LinearAnswer {
  readonly value: number;
  readonly x: readonly number[];
  readonly prices: readonly number[];
}

const TINY = 1e-12;
/** Prices below this are noise of the arithmetic. */
const NOISE = 1e-9;
/** Turns before whatever is there is made a proof. */
const MAX_TURNS = 5_000;

/**
 * Solves a small linear programme by the simplex method with Bland's rule. The value is not what the method believes
 * but what the prices prove: they are scaled up until every column is paid for, so rounding can only raise it.
 *
 * @returns null when nothing limits some column that gains: the gain is unbounded
 */
export function solve({ gain, rows }: LinearTask): LinearAnswer | null {
  const isFree = gain.some((each, k) => each > 0 && rows.every(({ of }) => of[k]! <= 0));
  if (isFree) return null;
  const { x, prices } = simplex(gain, rows);
  return { ...proven(gain, rows, prices), x };
}

function simplex(
  gain: LinearTask["gain"],
  rows: LinearTask["rows"],
): { readonly x: readonly number[]; readonly prices: readonly number[] } {
  const [n, m] = [gain.length, rows.length];
  const table = rows.map(({ of, limit }, i) => [...of, ...rows.map((_, j) => (i === j ? 1 : 0)), limit]);
  const goal = [...gain.map((each) => -each), ...rows.map(() => 0), 0];
  const basis = rows.map((_, i) => n + i);
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const enters = goal.findIndex((each, k) => k < n + m && each < -TINY);
    if (enters < 0) break;
    const leaves = leaving(table, basis, enters, n + m);
    if (leaves < 0) break;
    pivot(table, goal, leaves, enters);
    basis[leaves] = enters;
  }
  const x = gain.map((_, k) => {
    const row = basis.indexOf(k);
    return row < 0 ? 0 : Math.max(0, table[row]![n + m]!);
  });
  return { x, prices: rows.map((_, i) => Math.max(0, goal[n + i]!)) };
}

function leaving(
  table: readonly (readonly number[])[],
  basis: readonly number[],
  enters: number,
  last: number,
): number {
  let best = -1;
  let least = Infinity;
  table.forEach((row, i) => {
    if (row[enters]! <= TINY) return;
    const ratio = row[last]! / row[enters]!;
    if (ratio < least || (ratio === least && basis[i]! < basis[best]!)) [best, least] = [i, ratio];
  });
  return best;
}

function pivot(table: number[][], goal: number[], leaves: number, enters: number): void {
  const own = table[leaves]!;
  const by = own[enters]!;
  own.forEach((each, k) => (own[k] = each / by));
  for (const row of [...table.filter((each) => each !== own), goal]) {
    const times = row[enters]!;
    if (times !== 0) own.forEach((each, k) => (row[k] = row[k]! - times * each));
  }
}

/** Prices under which every column costs at least what it gains, and what all limits are worth at these prices. */
function proven(
  gain: LinearTask["gain"],
  rows: LinearTask["rows"],
  found: readonly number[],
): { readonly value: number; readonly prices: readonly number[] } {
  let prices = found.map((price) => (price < NOISE ? 0 : price));
  const costOf = (k: number): number => rows.reduce((sum, { of }, i) => sum + prices[i]! * of[k]!, 0);
  // A column that the method left unpaid is paid by its dearest row alone.
  gain.forEach((each, k) => {
    if (each <= 0 || costOf(k) > each / 2) return;
    const share = (i: number): number => rows[i]!.of[k]! / Math.max(TINY, rows[i]!.limit);
    const row = rows.reduce((best, _, i) => (share(i) > share(best) ? i : best), 0);
    prices = prices.with(row, prices[row]! + each / rows[row]!.of[k]!);
  });
  const scale = gain.reduce((most, each, k) => (each > 0 ? Math.max(most, each / costOf(k)) : most), 0);
  if (scale > 1) prices = prices.map((price) => price * scale);
  return { prices, value: rows.reduce((sum, { limit }, i) => sum + prices[i]! * limit, 0) };
}
