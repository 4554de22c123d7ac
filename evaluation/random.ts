/**
 * Returns a source of numbers that are uniform in [0, 1), the same ones for the same seed everywhere.
 *
 * The method is mulberry32 (Tommy Ettinger, 2017): 32 bits of state, period 2^32.
 */
export function randomSource(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
