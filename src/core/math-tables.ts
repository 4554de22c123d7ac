// What exp, log and pow of math.ts look up. Worked out when the module is loaded, in whole numbers: shorter than the
// numbers themselves, easier to check, and as exact.

/** Steps that a factor of two is cut into. */
export const STEPS = 128;

/** Bits behind the point of the whole numbers that the tables are worked out with. */
const BITS = 128n;
const ONE = 1n << BITS;
const UNIT = 2 ** -128;

/** Inverses have this many bits behind the point, so that their products with half of a double are exact. */
const INVERSE_BITS = 16n;

/**
 * High parts of logarithms end here: a whole number of ln 2 up to 1,100 and the logarithm of an inverse then add up
 * without rounding.
 */
const LOG_BITS = 42n;

/** `-ln c` for each inverse c; the last one, of a half, is ln 2. */
const logs = logsOfInverses();
const ln2 = logs.at(-1) ?? 0n;

/** ln 2 in two parts, the first ending at 2^-42. */
export const [LN2_HIGH, LN2_LOW] = inTwo(ln2);

/** ln 2 / 128 in two parts; the first has 35 bits, so a number of steps of 18 bits times it is exact. */
export const [STEP_HIGH, STEP_LOW] = inTwo(ln2 / BigInt(STEPS));

/** 128 / ln 2. */
export const STEPS_PER_LN2 = Number((BigInt(STEPS) * ONE * ONE) / ln2) * UNIT;

/** At 2 i and 2 i + 1: 2^(i / 128), as the nearest double and what is left. */
export const POWERS = powersOfTwo();

/**
 * At 3 i: c, close to 1 / (1 + i / 128), for i from 0 to 128, with 1 and 1/2 exact; behind it `-ln c` in two parts,
 * the first ending at 2^-42.
 */
export const INVERSES = inverses();

/** At i + 1023: 2^i, for i from -1023 to 1023. */
export const TWOS = twos();

function inverse(i: number): bigint {
  const numerator = BigInt(STEPS) << INVERSE_BITS;
  const denominator = BigInt(STEPS + i);
  return (2n * numerator + denominator) / (2n * denominator);
}

/** From each to the next by ln (a / b) = 2 artanh ((a − b) / (a + b)). */
function logsOfInverses(): bigint[] {
  const sums = [0n];
  let sum = 0n;
  for (let i = 0; i < STEPS; i++) {
    const [a, b] = [inverse(i), inverse(i + 1)];
    sum += 2n * artanh(((a - b) << BITS) / (a + b));
    sums.push(sum);
  }
  return sums;
}

/** z + z³ / 3 + z⁵ / 5 + … */
function artanh(z: bigint): bigint {
  const square = (z * z) >> BITS;
  let sum = 0n;
  let power = z;
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += power / n;
    power = (power * square) >> BITS;
  }
  return sum;
}

/** 1 + x + x² / 2! + x³ / 3! + … */
function exponential(x: bigint): bigint {
  let sum = 0n;
  let term = ONE;
  for (let n = 1n; term !== 0n; n += 1n) {
    sum += term;
    term = ((term * x) >> BITS) / n;
  }
  return sum;
}

function powersOfTwo(): Float64Array {
  const step = exponential(ln2 / BigInt(STEPS));
  const table = new Float64Array(2 * STEPS);
  let power = ONE;
  for (let i = 0; i < STEPS; i++) {
    // Number() gives the double nearest to a whole number of any length.
    const high = Number(power) * UNIT;
    table[2 * i] = high;
    table[2 * i + 1] = Number(power - BigInt(high / UNIT)) * UNIT;
    power = (power * step) >> BITS;
  }
  return table;
}

function inverses(): Float64Array {
  const table = new Float64Array(3 * (STEPS + 1));
  logs.forEach((log, i) => {
    table.set([Number(inverse(i)) * 2 ** -16, ...inTwo(log)], 3 * i);
  });
  return table;
}

/** A number as the nearest multiple of 2^-42 and the rest. */
function inTwo(value: bigint): readonly [high: number, low: number] {
  const shift = BITS - LOG_BITS;
  const high = (((value >> (shift - 1n)) + 1n) >> 1n) << shift;
  return [Number(high) * UNIT, Number(value - high) * UNIT];
}

function twos(): Float64Array {
  const table = new Float64Array(2047);
  let power = 2 ** -1023;
  for (let i = 0; i < table.length; i++) {
    table[i] = power;
    power *= 2;
  }
  return table;
}
