/*
 * The exponential function, the logarithm and the power, the same to the last bit on every machine and in every engine
 * and version: ECMAScript leaves those of `Math` to the implementation, and recorded decisions have to come out again
 * anywhere. Only + − × ÷, rounding down, comparisons and the bits of doubles are used, which IEEE 754 determines.
 *
 * The method is look-up in tables: P. T. P. Tang, Table-Driven Implementation of the Exponential Function in IEEE
 * Floating-Point Arithmetic, ACM TOMS 15 (1989) 144–157, and Table-Driven Implementation of the Logarithm Function,
 * ACM TOMS 16 (1990) 378–400. Where a double does not suffice, a number is the sum of two: T. J. Dekker, A
 * Floating-Point Technique for Extending the Available Precision, Numerische Mathematik 18 (1971) 224–242.
 */
import {
  INVERSES,
  LN2_HIGH,
  LN2_LOW,
  POWERS,
  STEP_HIGH,
  STEP_LOW,
  STEPS,
  STEPS_PER_LN2,
  TWOS,
} from "./math-tables.js";

/**
 * Returns e to the power of x, within 0.52 units in the last place of the true value (0.76 where the result is
 * subnormal). Special cases as in `Math.exp`.
 */
export function exp(x: number): number {
  if (!(x < TOO_LARGE)) return x >= TOO_LARGE ? Infinity : NaN;
  return x < TOO_SMALL ? 0 : expOfSum(x, 0);
}

/** Returns e to the power of x, less one, within 0.8 units in the last place. Special cases as in `Math.expm1`. */
export function expm1(x: number): number {
  // The nearest double to the result is x itself, and zero keeps its sign.
  if (Math.abs(x) < 2 ** -54) return x;
  if (Math.abs(x) < 2 ** -5) {
    const tail = 1 / 120 + x * (1 / 720 + x * (1 / 5040 + x * (1 / 40320 + x * (1 / 362880))));
    return x + x * x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * tail)));
  }
  // One is less than a tenth of the last place here, or all but nothing is left of minus one.
  if (!(x < 39)) return exp(x);
  if (x < -39) return -1;
  const steps = Math.floor(x * STEPS_PER_LN2 + 0.5);
  const at = 2 * (steps & (STEPS - 1));
  const scale = TWOS[(steps >> 7) + 1023]!;
  const power = POWERS[at]! * scale;
  const low = (POWERS[at + 1]! + POWERS[at]! * lessOne(x - steps * STEP_HIGH - steps * STEP_LOW)) * scale;
  const high = power - 1;
  const lost = power >= 1 ? power - high - 1 : power - (high + 1);
  return high + (low + lost);
}

/** Returns the natural logarithm of x, within 0.51 units in the last place. Special cases as in `Math.log`. */
export function log(x: number): number {
  if (x > 0 && x < Infinity) return logOfSum(x, 0);
  return x === 0 ? -Infinity : x > 0 ? x : NaN;
}

/** Returns the natural logarithm of 1 + x, within 0.51 units in the last place. Special cases as in `Math.log1p`. */
export function log1p(x: number): number {
  if (Math.abs(x) < 2 ** -8) return x - x * x * (1 / 2 - x * cubicTail(x));
  if (!(x > -1 && x < Infinity)) return x === -1 ? -Infinity : x > 0 ? x : NaN;
  const sum = 1 + x;
  return logOfSum(sum, x < 1 ? x - (sum - 1) : 1 - (sum - x));
}

/**
 * Returns x to the power of y, within 0.52 units in the last place of the true value (0.76 where the result is
 * subnormal). Special cases as in `Math.pow`, where ±1 to the power of ±infinity is NaN.
 */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  const base = Math.abs(x);
  const size = Math.abs(y);
  if (!(base > 0 && base < Infinity && size < Infinity) || base === 1) return powOfSpecial(x, y);
  const sign = x < 0 ? signOfPower(y) : 1;
  // No logarithm is closer to zero than 2^-54, nor beyond 746: further out the result is infinite or zero in any case,
  // further in it is one. What is left can be cut in halves without overflow.
  if (size > 2 ** 65) return sign * (base > 1 === y > 0 ? Infinity : 0);
  if (size < 2 ** -65) return sign;

  logInParts(base);
  const high = parts[RESULT]!;
  const product = y * high;
  if (product > TOO_LARGE) return sign * Infinity;
  if (product < TOO_SMALL) return sign * 0;
  const yTop = topHalf(y);
  const yRest = y - yTop;
  const top = topHalf(high);
  const rest = high - top;
  const lost = yTop * top - product + yTop * rest + yRest * top + yRest * rest;
  return sign * expOfSum(product, lost + y * parts[RESULT_LOW]!);
}

/** Beyond these the exponential is infinite or zero, by a margin. */
const TOO_LARGE = 710;
const TOO_SMALL = -746;

/** The power where something is zero, one, infinite or NaN; the exponent is not zero. */
function powOfSpecial(x: number, y: number): number {
  const base = Math.abs(x);
  const size = Math.abs(y);
  if (!(base <= Infinity && size <= Infinity)) return NaN;
  if (base === 1) return size === Infinity ? NaN : x < 0 ? signOfPower(y) : 1;
  const result = base > 1 === y > 0 ? Infinity : 0;
  const isNegative = x < 0 || 1 / x < 0;
  return isNegative && isOdd(y) ? -result : result;
}

/** The sign of a negative number to the power of y; NaN when y is not whole. */
function signOfPower(y: number): number {
  return Math.floor(y) !== y ? NaN : isOdd(y) ? -1 : 1;
}

function isOdd(y: number): boolean {
  return Math.floor(y) === y && Math.floor(y / 2) !== y / 2;
}

/** e to the power of x + low, from −746 to 710, where low is below a unit in the last place of x. */
function expOfSum(x: number, low: number): number {
  // x = steps × ln 2 / 128 + rest; the powers of two are shifts and a table.
  const steps = Math.floor(x * STEPS_PER_LN2 + 0.5);
  const at = 2 * (steps & (STEPS - 1));
  const rest = x - steps * STEP_HIGH - steps * STEP_LOW + low;
  const power = POWERS[at]!;
  const value = power + (POWERS[at + 1]! + power * lessOne(rest));
  const exponent = steps >> 7;
  if (exponent >= -1022 && exponent <= 1023) return value * TWOS[exponent + 1023]!;
  // By two factors, of which the first is exact, and the second rounds to a subnormal or to infinity.
  if (exponent > 0) return value * TWOS[exponent]! * 2 ** 1023;
  return value * TWOS[exponent + 128 + 1023]! * 2 ** -128;
}

/** e^x − 1 where |x| <= ln 2 / 256: Taylor's series, off by less than 2^-60. */
function lessOne(x: number): number {
  return x + x * x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120))));
}

/** The logarithm of x + low, for a positive x and a low of at most half a unit in its last place. */
function logOfSum(x: number, low: number): number {
  reduce(x, low);
  const base = parts[BASE]!;
  const rest = parts[REST]!;
  const sum = base + rest;
  const lost = base - sum + rest;
  const series = rest * rest * (1 / 2 - rest * cubicTail(rest));
  return sum + (lost + (parts[BASE_LOW]! + (parts[REST_LOW]! * (1 - rest) - series)));
}

/** The same as a sum of two, `RESULT` and `RESULT_LOW`, with a relative error below 2^-67, which powers need. */
function logInParts(x: number): void {
  reduce(x, 0);
  const base = parts[BASE]!;
  const rest = parts[REST]!;
  const restLow = parts[REST_LOW]!;
  // The square in two parts, too; what comes after it is small enough for one.
  const square = rest * rest;
  const top = topHalf(rest);
  const bottom = rest - top;
  const squareLow = top * top - square + 2 * top * bottom + bottom * bottom;
  const series = square * rest * cubicTail(rest);

  const sum = base + rest;
  const lost = base - sum + rest;
  const high = sum - square / 2;
  const lostNext = sum - high - square / 2;
  const low = lost + lostNext + (parts[BASE_LOW]! + (restLow - rest * restLow - squareLow / 2 + series));
  const result = high + low;
  parts[RESULT] = result;
  parts[RESULT_LOW] = high - result + low;
}

/** The numbers of `reduce` and `logInParts`; returned in an array, they would cost two allocations a call. */
const parts = new Float64Array(6);
const BASE = 0;
const BASE_LOW = 1;
const REST = 2;
const REST_LOW = 3;
const RESULT = 4;
const RESULT_LOW = 5;

/**
 * Finds a logarithm `BASE` and a `REST` with x + low = e^BASE × (1 + REST), each in two parts; |REST| <= 1/255. Next
 * to one, BASE is zero, and nothing cancels.
 */
function reduce(x: number, low: number): void {
  const isSubnormal = x < 2 ** -1022;
  const scaled = isSubnormal ? x * 2 ** 54 : x;
  double[0] = scaled;
  const bits = words[HIGH_WORD]!;
  const shift = (bits >>> 20) - 1023;
  const scale = TWOS[1023 - shift]!;
  const mantissa = scaled * scale;
  // The nearest of the 129 steps from 1 to 2.
  const at = 3 * (((bits & 0xfffff) + 0x1000) >>> 13);
  const inverse = INVERSES[at]!;

  // mantissa × inverse − 1: exact, for inverses have 17 bits and are multiplied with half of a double.
  const top = topHalf(mantissa);
  const high = top * inverse - 1;
  const bottom = (mantissa - top) * inverse;
  const rest = high + bottom;
  const exponent = isSubnormal ? shift - 54 : shift;
  parts[BASE] = exponent * LN2_HIGH + INVERSES[at + 1]!;
  parts[BASE_LOW] = exponent * LN2_LOW + INVERSES[at + 2]!;
  parts[REST] = rest;
  parts[REST_LOW] = high - rest + bottom + low * scale * inverse;
}

/** (ln (1 + x) − x + x² / 2) / x³ where |x| <= 1/255: Taylor's series, off by less than 2^-58. */
function cubicTail(x: number): number {
  return 1 / 3 - x * (1 / 4 - x * (1 / 5 - x * (1 / 6 - x * (1 / 7 - x * (1 / 8 - x * (1 / 9))))));
}

/** The upper 26 bits of a double, by G. W. Veltkamp's method (in Dekker); for numbers up to 2^996. */
function topHalf(x: number): number {
  const shifted = 134_217_729 * x;
  return shifted - (shifted - x);
}

const double = new Float64Array([1]);
const words = new Uint32Array(double.buffer);
/** Where the sign and the exponent of a double are: the order of bytes is the machine's. */
const HIGH_WORD = words[1] === 0 ? 0 : 1;
