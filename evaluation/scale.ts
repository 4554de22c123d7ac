/** One axis: from numbers to places along it, with its ticks. */
export interface Scale {
  /** The place of a value, NaN for one that has none (zero and below on a logarithmic axis). */
  place(value: number): number;
  readonly ticks: readonly number[];
}

/** An axis with even steps over all of `values`, from place `from` to place `to`; its ends are ticks. */
export function linearScale(values: readonly number[], from: number, to: number): Scale {
  const finite = values.filter(Number.isFinite);
  let low = smallest(finite, 0);
  let high = largest(finite, 1);
  const size = Math.max(Math.abs(low), Math.abs(high), TINY);
  // Less of a difference than ticks could tell.
  if (high - low < size * 1e-9) {
    const room = size === TINY ? 1 : size * 0.1;
    low -= room;
    high += room;
  }
  const step = niceStep((high - low) / WANTED_TICKS);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
  const [start, end] = [ticks[0]!, ticks.at(-1)!];
  return { place: (value) => from + ((value - start) / (end - start)) * (to - from), ticks };
}

/** An axis with even factors over all of `values` above zero. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
  const usable = values.filter((value) => Number.isFinite(value) && value > 0);
  let low = Math.log10(smallest(usable, 1));
  let high = Math.log10(largest(usable, 10));
  if (high - low < 0.01) {
    low -= 0.5;
    high += 0.5;
  }
  const place = (value: number): number =>
    value > 0 ? from + ((Math.log10(value) - low) / (high - low)) * (to - from) : NaN;
  return { place, ticks: logTicks(low, high) };
}

const WANTED_TICKS = 5;
/** Below this is zero. */
const TINY = 1e-100;
/** More powers of ten than this are thinned out. */
const MOST_POWERS = 8;

/** Powers of ten, with what lies between them when there are few. */
function logTicks(low: number, high: number): number[] {
  const between = high - low < 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : high - low < 2.5 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((high - low) / MOST_POWERS));
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    if (power % every !== 0) continue;
    for (const digit of between) {
      const tick = tidy(digit * 10 ** power);
      if (Math.log10(tick) >= low - 1e-9 && Math.log10(tick) <= high + 1e-9) ticks.push(tick);
    }
  }
  return ticks;
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10;
  return digit * power;
}

/** Without the dust of binary fractions: 0.30000000000000004 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

// Spreading a long list into Math.min overflows the stack.
function smallest(values: readonly number[], otherwise: number): number {
  return values.reduce((a, b) => Math.min(a, b), values[0] ?? otherwise);
}

function largest(values: readonly number[], otherwise: number): number {
  return values.reduce((a, b) => Math.max(a, b), values[0] ?? otherwise);
}
