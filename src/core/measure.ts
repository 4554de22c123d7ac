/** Micro-units in one unit: amounts are whole micro-units in plain numbers. */
export const MICRO = 1_000_000;

/** The largest amount, in micro-units: about nine thousand million units. */
export const MAX_MICRO = Number.MAX_SAFE_INTEGER;

// A decimal times a million is off by at most two roundings of a double.
const FLOAT_NOISE = 2 ** -51;

/**
 * Returns an amount in whole micro-units, rounded up so that a tiny cost is never
 * free; what is only floating-point noise is rounded to the nearest instead. NaN for
 * what is no number, negative, not finite, or above `MAX_MICRO`. Six decimals are
 * exact up to 2^32 units; beyond, a double itself no longer holds them.
 */
export function toMicro(amount: number): number {
  // JavaScript callers may send text, which would compare and multiply as a number.
  if (typeof amount !== "number" || !(amount >= 0)) return NaN;
  const scaled = amount * MICRO;
  if (scaled > MAX_MICRO) return NaN;
  const nearest = Math.round(scaled);
  const micro = Math.abs(scaled - nearest) <= scaled * FLOAT_NOISE ? nearest : Math.ceil(scaled);
  return micro > MAX_MICRO ? NaN : micro + 0;
}

/**
 * Returns a limit in whole micro-units, rounded down so that a limit is never
 * widened. Negative limits (a balance may be owed) are kept; NaN for one that is not
 * finite or beyond `MAX_MICRO` either way.
 */
export function limitToMicro(limit: number): number {
  const scaled = limit * MICRO;
  if (!(Math.abs(scaled) <= MAX_MICRO)) return NaN;
  const nearest = Math.round(scaled);
  return (Math.abs(scaled - nearest) <= Math.abs(scaled) * FLOAT_NOISE ? nearest : Math.floor(scaled)) + 0;
}

/** Tells whether an amount is a whole number of micro-units: at most six decimals. */
export function hasSixDecimals(amount: number): boolean {
  const scaled = amount * MICRO;
  return Math.abs(scaled - Math.round(scaled)) <= Math.abs(scaled) * FLOAT_NOISE;
}

/** Returns micro-units as a decimal number: 11000 gives 0.011. */
export function fromMicro(micro: number): number {
  return micro / MICRO;
}

/**
 * Returns an amount for people, from micro-units: `$2.50` for `usd`, `1,000 tokens`,
 * `3 calls`, `1 call`. The same on every machine: no locale is asked.
 */
export function formatAmount(measure: string, micro: number): string {
  const sign = micro < 0 ? "-" : "";
  const absolute = Math.abs(Math.round(micro));
  if (!(absolute <= MAX_MICRO)) return `${micro} micro-${measure}`;
  const fraction = String(absolute % MICRO)
    .padStart(6, "0")
    .replace(/0{1,6}$/, "");
  const whole = groupDigits(String(Math.floor(absolute / MICRO)));
  if (measure === "usd") return `${sign}$${whole}.${fraction.padEnd(2, "0")}`;
  const amount = `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
  const name = absolute === MICRO ? (SINGULAR.get(measure) ?? measure) : measure;
  return `${amount} ${name}`;
}

const SINGULAR: ReadonlyMap<string, string> = new Map([
  ["calls", "call"],
  ["tokens", "token"],
]);

function groupDigits(digits: string): string {
  let text = digits.slice(-3);
  for (let end = digits.length - 3; end > 0; end -= 3)
    text = `${digits.slice(Math.max(0, end - 3), end)},${text}`;
  return text;
}
