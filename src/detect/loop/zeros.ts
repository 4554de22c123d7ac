/**
 * Returns an array of zeros for whole numbers of 32 bits, which engines keep without an allocation for each, and at
 * two thirds of the memory of an `Int32Array` of a few.
 */
export function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}
