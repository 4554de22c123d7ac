/** Reads the numbers of an image into `state`, from the first on; null, which stands for "never", becomes `-Infinity`. */
export function numbersOf(image: unknown, state: number[]): void {
  const numbers = image as readonly (number | null)[];
  for (let i = 0; i < state.length; i++) state[i] = numbers[i] ?? -Infinity;
}
