import type { Bar } from "./section.js";

/** A number for a table: whole numbers in groups of three digits, others with four significant digits. */
export function shown(value: number): string {
  return shownWith(value, 4);
}

/** A measured number beside its target: with as many digits as it takes to see on which side it is. */
export function shownMeasured({ value, target }: Bar): string {
  for (let digits = 4; digits < 17; digits++) {
    const text = shownWith(value, digits);
    if (Math.sign(Number(text.replaceAll(",", "")) - target) === Math.sign(value - target)) return text;
  }
  return String(value);
}

export function holds({ value, want, target }: Bar): boolean {
  return want === ">=" ? value >= target : value <= target;
}

function shownWith(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return value.toLocaleString("en-US");
  if (size >= 1e9 || size < 1e-4) return String(Number(value.toPrecision(digits)));
  return value.toLocaleString("en-US", { maximumSignificantDigits: Math.max(digits, wholeDigits(size)) });
}

function wholeDigits(size: number): number {
  return Math.trunc(size).toString().length;
}
