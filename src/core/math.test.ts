import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { exp, expm1, log, log1p, pow } from "./math.js";

type Fn = (x: number, y: number) => number;

const FUNCTIONS: Readonly<Record<string, Fn>> = { exp, expm1, log, log1p, pow };

describe("accuracy: at most one unit in the last place from the true value", () => {
  const perRange = 2_000;
  const ranges: Readonly<Record<string, Readonly<Record<string, (random: Random) => readonly number[]>>>> = {
    exp: {
      "all finite results": ({ between }) => [between(-746, 710)],
      "around one": ({ between }) => [between(-1, 1)],
      "tiny arguments": ({ spread }) => [spread(0, -60)],
      "subnormal results": ({ between }) => [between(-745.13, -708.4)],
      "next to overflow": ({ between }) => [between(709.7, 709.79)],
    },
    expm1: {
      "all finite results": ({ between }) => [between(-50, 710)],
      "around zero": ({ between }) => [between(-0.5, 0.5)],
      "tiny arguments": ({ spread }) => [spread(0, -60)],
    },
    log: {
      "any positive number": ({ positive }) => [positive()],
      "next to one": ({ spread }) => [1 + spread(-1, -53)],
      "around one": ({ between }) => [between(0.5, 2)],
      "subnormal numbers": ({ between }) => [between(0, 2 ** -1022)],
    },
    log1p: {
      "any positive number": ({ positive }) => [positive()],
      "next to zero": ({ spread }) => [spread(-1, -60)],
      "next to minus one": ({ spread }) => [-1 + Math.abs(spread(0, -53))],
      "around one": ({ between }) => [between(-0.9, 3)],
    },
    pow: {
      "any base": ({ positive, between }) => [positive(), between(-2, 2)],
      "any result": ({ positive, between }) => withResult(positive(), between(-745, 710)),
      "bases next to one": ({ spread, between }) => withResult(1 + spread(-1, -52), between(-745, 710)),
      "subnormal results": ({ positive, between }) => withResult(positive(), between(-745, -708)),
      "whole numbers": ({ between }) => [Math.floor(between(2, 1000)), Math.floor(between(-60, 60))],
      shares: ({ between }) => [between(0, 1), between(0, 10)],
    },
  };
  const cases = Object.entries(ranges).flatMap(([name, each]) =>
    Object.entries(each).map(([range, draw]) => [name, range, draw] as const),
  );

  test.each(cases)("%s, %s", (name, range, draw) => {
    const random = randomOf(`${name} ${range}`);
    for (let i = 0; i < perRange; i++) {
      const [x = 0, y = 1] = draw(random);
      const error = ulpsOff(FUNCTIONS[name]!(x, y), trueValue(name, x, y));
      if (!(error <= 1)) expect.fail(`${name}(${x}, ${y}) is off by ${error} units in the last place`);
    }
  });

  test("what can be said exactly is exact", () => {
    for (let i = -1074; i <= 1023; i++) expect(pow(2, i)).toBe(2 ** i);
    for (let base = 2; base <= 12; base++) {
      for (let whole = 1, power = base; power < 2 ** 53; whole++, power *= base) {
        expect(pow(base, whole)).toBe(power);
        expect(pow(-base, whole)).toBe(whole % 2 === 0 ? power : -power);
        expect(pow(power, 1 / 2)).toBe(Math.sqrt(power));
      }
    }
    expect([exp(0), expm1(0), log(1), log1p(0), pow(10, -2)]).toEqual([1, 0, 0, 0, 0.01]);
  });
});

describe("special cases: as ECMAScript says", () => {
  const specials = [NaN, 0, 1, Infinity, 0.5, 2, 3, 2.5, 2 ** 53, 2 ** -1074, Number.MAX_VALUE].flatMap(
    (x) => [x, -x],
  );
  const isSpecial = (x: number): boolean => x === 0 || Math.abs(x) === 1 || !Number.isFinite(x);

  test("of one argument", () => {
    for (const [name, reference] of Object.entries({
      exp: Math.exp,
      expm1: Math.expm1,
      log: Math.log,
      log1p: Math.log1p,
    })) {
      for (const x of [NaN, 0, -0, Infinity, -Infinity, -1, -2, -Number.MAX_VALUE]) {
        const expected = reference(x);
        if (isSpecial(expected)) expect([name, x, FUNCTIONS[name]!(x, 1)]).toEqual([name, x, expected]);
      }
    }
  });

  test("of the power, every pair", () => {
    for (const x of specials) {
      for (const y of specials) {
        const expected = Math.pow(x, y);
        if (isSpecial(x) || isSpecial(y) || isSpecial(expected))
          expect([x, y, pow(x, y)]).toEqual([x, y, expected]);
      }
    }
  });

  test("results too large are infinite, results too small are zero, and those between are there", () => {
    const last = 709.782712893384;
    expect(exp(last)).toBeLessThan(Infinity);
    expect(exp(next(last))).toBe(Infinity);
    expect(expm1(next(last))).toBe(Infinity);
    expect(exp(-745.1332191019411)).toBe(2 ** -1074);
    expect(exp(-745.1332191019412)).toBe(0);
    expect([exp(Number.MAX_VALUE), exp(-Number.MAX_VALUE)]).toEqual([Infinity, 0]);
    expect(expm1(-Number.MAX_VALUE)).toBe(-1);
    expect([pow(2, 1024), pow(-2, 1025), pow(2, -1075), pow(-2, -1077)]).toEqual([
      Infinity,
      -Infinity,
      0,
      -0,
    ]);
    expect([pow(1 + 2 ** -52, 2 ** 62), pow(1 + 2 ** -52, 2 ** 63)]).toEqual([Infinity, Infinity]);
    expect([pow(1 - 2 ** -53, 2 ** 65), pow(1 - 2 ** -53, 2 ** 70)]).toEqual([0, 0]);
    expect([pow(5, 2 ** -70), pow(-5, 2 ** -70)]).toEqual([1, NaN]);
  });
});

test("nothing goes down where it should go up, from one double to the next", () => {
  const rising: readonly (readonly [string, number])[] = [
    ...[-745, -708.3964185322641, -1, -Math.LN2 / 256, 0, Math.LN2 / 256, 1, 20, 709.7].map(
      (x) => ["exp", x] as const,
    ),
    ...[-39, -1, -(2 ** -5), -(2 ** -54), 0, 2 ** -54, 2 ** -5, 1, 39].map((x) => ["expm1", x] as const),
    ...[2 ** -1022, 0.5, 0.75, 1 - 2 ** -9, 1, 1 + 2 ** -8, 1.5, 2, 1e9].map((x) => ["log", x] as const),
    ...[-0.5, -(2 ** -8), -(2 ** -54), 0, 2 ** -54, 2 ** -8, 1, 1e9].map((x) => ["log1p", x] as const),
    ...[0.01, 0.5, 1 - 2 ** -9, 1, 1 + 2 ** -8, 1.5, 1e9].map((x) => ["pow", x] as const),
  ];
  for (const [name, around] of rising) {
    let x = around - 300 * (next(Math.abs(around)) - Math.abs(around));
    let before = FUNCTIONS[name]!(x, 2.5);
    for (let i = 0; i < 600; i++) {
      x = next(x);
      const value = FUNCTIONS[name]!(x, 2.5);
      if (value < before) expect.fail(`${name}(${x}) is below that of the number before it`);
      before = value;
    }
  }
});

// The same bits on every version of Node. Other bits are other decisions when an old record is replayed: whoever
// changes them on purpose (`npx vitest run -u src/core/math.test.ts`) raises the engine's version.
test("results are the pinned bits", async () => {
  const rows: string[] = [];
  const digests: string[] = [];
  for (const [name, fn] of Object.entries(FUNCTIONS)) {
    const random = randomOf(`pinned ${name}`);
    const bytes = new DataView(new ArrayBuffer(8 * 20_000));
    for (let i = 0; i < 20_000; i++) {
      const args = pinnedArguments(name, random);
      const result = fn(args[0] ?? 0, args[1] ?? 0);
      bytes.setFloat64(8 * i, result);
      if (i < 60)
        rows.push(JSON.stringify([name, ...args.map(bitsOf), bitsOf(result)]).replaceAll(",", ", "));
    }
    const digest = createHash("sha256").update(new Uint8Array(bytes.buffer)).digest("hex");
    digests.push(`    ${JSON.stringify(name)}: ${JSON.stringify(digest)}`);
  }
  const text = `{\n  "rows": [\n    ${rows.join(",\n    ")}\n  ],\n  "sha256Of20000": {\n${digests.join(",\n")}\n  }\n}\n`;
  await expect(text).toMatchFileSnapshot("math.pinned.json");
});

/** Made with + − × ÷ only: other arguments would be other results. */
function pinnedArguments(name: string, { between, positive, spread }: Random): readonly number[] {
  const kind = between(0, 3);
  if (name === "exp" || name === "expm1")
    return [kind < 1 ? between(-746, 710) : kind < 2 ? between(-30, 30) : spread(0, -50)];
  const x = kind < 1 ? positive() : kind < 2 ? between(0, 100) : 1 + spread(-1, -52);
  if (name === "pow") return [x, between(0, 2) < 1 ? between(-30, 30) : Math.floor(between(-20, 20))];
  return [name === "log1p" ? x - 1 : x];
}

interface Random {
  /** Evenly, with all 53 bits. */
  readonly between: (low: number, high: number) => number;
  /** ±2^e with any mantissa, the exponent evenly between two. */
  readonly spread: (from: number, to: number) => number;
  /** Any positive finite double, by its bits. */
  readonly positive: () => number;
}

/** Numbers that a name determines; the generator is mulberry32. */
function randomOf(name: string): Random {
  let state = createHash("sha256").update(name).digest().readInt32LE(0);
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const unit = (): number => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) * 2 ** -53;
  const fromWords = (high: number, low: number): number => {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, high);
    view.setUint32(4, low);
    return view.getFloat64(0);
  };
  return {
    between: (low, high) => low + (high - low) * unit(),
    spread: (from, to) => {
      const exponent = Math.floor(from + (to - from) * unit());
      const high = ((exponent + 1023) << 20) | (word() & 0xfffff);
      return fromWords(word() % 2 === 0 ? high : high | 0x80000000, word());
    },
    positive: () => fromWords(word() % 0x7ff00000, word()),
  };
}

/** A base with the exponent that makes the power e^exponent; tests of accuracy need not be the same everywhere. */
function withResult(base: number, exponent: number): readonly number[] {
  const logarithm = Math.log(base);
  return [base, logarithm === 0 ? 1 : exponent / logarithm];
}

function next(x: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x === 0 ? 0 : x);
  view.setBigInt64(0, view.getBigInt64(0) + (x < 0 ? -1n : 1n));
  return view.getFloat64(0);
}

function bitsOf(x: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

// The reference: fixed-point numbers with 256 bits behind the point, scaled by a power of two.

const BITS = 256;
const ONE = 1n << BigInt(BITS);
const LN2 = 2n * artanh(ONE / 3n);

/** value × 2^(exponent − BITS) */
interface Exact {
  readonly value: bigint;
  readonly exponent: number;
}

function trueValue(name: string, x: number, y: number): Exact {
  switch (name) {
    case "exp":
      return exponential(fixed(x));
    case "expm1":
      // The difference would need 1,000 bits; below this it is x, and the square of x is nothing.
      if (Math.abs(x) < 2 ** -100) return { value: wholeOf(x).value, exponent: wholeOf(x).exponent + BITS };
      return { value: shifted(exponential(fixed(x))) - ONE, exponent: 0 };
    case "log":
      return { value: logarithm(wholeOf(x)), exponent: 0 };
    case "log1p": {
      if (Math.abs(x) < 2 ** -100) return trueValue("expm1", x, y);
      const { value, exponent } = wholeOf(x);
      const one = exponent < 0 ? 1n << BigInt(-exponent) : 0n;
      // Added to numbers of 2^53 and more, one is far below the last place.
      return { value: logarithm({ value: value + one, exponent }), exponent: 0 };
    }
    default: {
      const power = wholeOf(y);
      return exponential(scaled(logarithm(wholeOf(x)) * power.value, power.exponent));
    }
  }
}

/** A double as a whole number times a power of two. */
function wholeOf(x: number): Exact {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & ((1n << 52n) - 1n)) | (exponent === 0 ? 0n : 1n << 52n);
  return { value: x < 0 ? -mantissa : mantissa, exponent: Math.max(exponent, 1) - 1075 };
}

function scaled(value: bigint, exponent: number): bigint {
  return exponent >= 0 ? value << BigInt(exponent) : value >> BigInt(-exponent);
}

function shifted({ value, exponent }: Exact): bigint {
  return scaled(value, exponent);
}

function fixed(x: number): bigint {
  const { value, exponent } = wholeOf(x);
  return scaled(value, exponent + BITS);
}

function exponential(x: bigint): Exact {
  const twos = x / LN2;
  let sum = 0n;
  let term = ONE;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    sum += term;
    term = scaled(term * (x - twos * LN2), -BITS) / n;
  }
  return { value: sum, exponent: Number(twos) };
}

/** From the built-in one, by a step of Newton's: ln x = a + ln (x / e^a). */
function logarithm({ value, exponent }: Exact): bigint {
  const length = value.toString(2).length;
  const mantissa = value << BigInt(BITS + 1 - length);
  const near = fixed(Math.log(Number(mantissa >> BigInt(BITS - 60)) * 2 ** -60));
  const rest = scaled(mantissa * shifted(exponential(-near)), -BITS);
  return (
    near + 2n * artanh(((rest - ONE) << BigInt(BITS)) / (rest + ONE)) + BigInt(exponent + length - 1) * LN2
  );
}

function artanh(z: bigint): bigint {
  let sum = 0n;
  let power = z;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = scaled(scaled(power * z, -BITS) * z, -BITS);
  }
  return sum;
}

/** How far a double is from the true value, in units of the true value's last place; beyond the largest, infinity is 2^1024. */
function ulpsOff(actual: number, { value, exponent }: Exact): number {
  if (value === 0n) return actual === 0 ? 0 : Infinity;
  const size = (value < 0n ? -value : value).toString(2).length - 1 + exponent - BITS;
  const isInfinite = Math.abs(actual) === Infinity;
  if (size >= 1024 && isInfinite) return 0;
  const unit = Math.max(size, -1022) - 52;
  const found = isInfinite ? { value: actual > 0 ? 1n : -1n, exponent: 1024 } : wholeOf(actual);
  // To 2^-40 of a unit.
  const difference =
    scaled(found.value, found.exponent - unit + 40) - scaled(value, exponent - BITS - unit + 40);
  return Math.abs(Number(difference) * 2 ** -40);
}
