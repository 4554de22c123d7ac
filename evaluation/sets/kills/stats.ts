/** Returns what so many tries gave. */
export function many(count: number, one: () => number): number[] {
  return Array.from({ length: count }, one);
}

/** Share of lanes that were killed within so many events. */
export function shareOf(killed: readonly number[], within = Number.MAX_VALUE): number {
  return killed.filter((at) => at <= within).length / killed.length;
}

/** The value that this share of the values is not above. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}

/** An event number for a table. */
export function number(events: number): number | string {
  return events === Infinity ? "never" : events;
}

/** A share as percent with two decimals. */
export function percent(share: number): number {
  return Math.round(1e4 * share) / 100;
}
