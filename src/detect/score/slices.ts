import { doubles } from "../evidence/index.js";
import { LAYOUT, sliceAt, slicesIn } from "./layout.js";
import { STATUSES } from "./verdict.js";

const { BORN_AT, SINCE, SLICES, SLICE_SIZE, STATUS } = LAYOUT;
const { YELLOW } = STATUSES;

export const MOST_SLICES = 3;

/** Returns a lane's numbers with so many slices; new ones are as if they had been there from the beginning. */
export function withSlices(s: readonly number[], count: number): number[] {
  const grown = doubles(SLICES + count * SLICE_SIZE);
  for (let i = 0; i < s.length; i++) grown[i] = s[i]!;
  for (let slice = slicesIn(s); slice < count; slice++) {
    grown[sliceAt(slice) + STATUS] = YELLOW;
    grown[sliceAt(slice) + SINCE] = s[BORN_AT]!;
  }
  return grown;
}

/** Returns the numbers of a lane of which nothing is known. */
export function blankLane(): number[] {
  return withSlices(doubles(SLICES), 1);
}

/** The doubles of an image. */
export function laneOf(image: unknown): number[] {
  const s = doublesOf(image);
  const slices = slicesIn(s);
  if (!Number.isInteger(slices) || slices < 1 || slices > MOST_SLICES) throw notAnImage();
  return s;
}

/** The doubles of an image that has so many. */
export function doublesOf(image: unknown, length?: number): number[] {
  if (!Array.isArray(image) || !image.every(Number.isFinite)) throw notAnImage();
  if (length !== undefined && image.length !== length) throw notAnImage();
  const numbers = doubles(image.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = image[i] as number;
  return numbers;
}

function notAnImage(): TypeError {
  return new TypeError("this is not the image of a lane's score");
}
