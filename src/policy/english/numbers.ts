import { formatDuration, MAX_DURATION_MS, parseDuration } from "../../core/duration.js";
import type { Amount } from "./facets.js";
import { first, many, map, maybe, type Parser, phrases, seq, token, word } from "./parser.js";

const ONES: Readonly<Record<string, number>> = {
  ...{ one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, eleven: 11 },
  ...{
    twelve: 12,
    thirteen: 13,
    fourteen: 14,
    fifteen: 15,
    sixteen: 16,
    seventeen: 17,
    eighteen: 18,
    nineteen: 19,
  },
};
const TENS: Readonly<Record<string, number>> = {
  ...{ twenty: 20, thirty: 30, forty: 40, fifty: 50, sixty: 60, seventy: 70, eighty: 80, ninety: 90 },
};
const SCALES: Readonly<Record<string, number>> = { hundred: 100, thousand: 1000, million: 1e6, billion: 1e9 };
const SUFFIXES: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, mm: 1e6, mn: 1e6, bn: 1e9, b: 1e9 };

/** Words that numbers are written with; no names. */
export const NUMBER_WORDS: readonly string[] = [
  ...Object.keys(ONES),
  ...Object.keys(TENS),
  ...Object.keys(SCALES),
  ...["dozen", "half", "zero", "double", "twice", "triple", "thrice"],
];

/** Products such as 2.5 × 1000 exact to six decimals. */
export function exact(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

function lookUp<T>(table: Readonly<Record<string, T>>, text: string): T | undefined {
  return Object.hasOwn(table, text) ? table[text] : undefined;
}

const plainNumber = token(
  "a number",
  (t) => (t.kind === "number" && t.suffix === undefined && t.currency === undefined ? t.amount : undefined),
  ["#number"],
);
const scaledNumber = token(
  "a number",
  (t) => {
    const scale =
      t.kind === "number" && t.currency === undefined && t.suffix !== undefined
        ? lookUp(SUFFIXES, t.suffix)
        : undefined;
    return scale === undefined || t.amount === undefined ? undefined : exact(t.amount * scale);
  },
  ["#number"],
);
const one = token(
  "a number",
  (t) => (t.kind === "word" ? lookUp(ONES, t.text) : undefined),
  Object.keys(ONES),
);
const ten = token(
  "a number",
  (t) => (t.kind === "word" ? lookUp(TENS, t.text) : undefined),
  Object.keys(TENS),
);
const scale = token(
  "a number",
  (t) => (t.kind === "word" ? lookUp(SCALES, t.text) : undefined),
  Object.keys(SCALES),
);
const belowHundred = first(
  seq([ten, maybe(one)], ([tens, ones]) => (ones === undefined ? tens : ones < 10 ? tens + ones : undefined)),
  one,
);

/** `five`, `twenty-five`, `a hundred`, `two hundred and fifty`, `five thousand`, `a dozen`. */
const wordNumber: Parser<number> = first(
  seq(
    [
      first(
        belowHundred,
        map(word("a"), () => 1),
      ),
      word("dozen"),
    ],
    ([n]) => n * 12,
  ),
  seq(
    [
      first(
        belowHundred,
        map(word("a"), () => 1),
      ),
      word("hundred"),
      maybe(word("and")),
      belowHundred,
    ],
    ([n, , , rest]) => n * 100 + rest,
  ),
  seq(
    [
      first(
        belowHundred,
        map(word("a"), () => 1),
      ),
      many(scale, 1),
    ],
    ([n, scales]) => scales.reduce((a, b) => a * b, n),
  ),
  belowHundred,
  map(word("zero"), () => 0),
);

/** A number: `5`, `1,000`, `100k`, `five`, `2.5 million`. */
export const number: Parser<number> = first(
  scaledNumber,
  seq([plainNumber, scale], ([n, times]) => exact(n * times)),
  plainNumber,
  wordNumber,
);

const CURRENCY_WORDS: Readonly<Record<string, readonly [string, number]>> = {
  ...{ dollar: ["usd", 1], dollars: ["usd", 1], usd: ["usd", 1], bucks: ["usd", 1], buck: ["usd", 1] },
  ...{ cent: ["usd", 0.01], cents: ["usd", 0.01] },
  ...{ euro: ["eur", 1], euros: ["eur", 1], eur: ["eur", 1] },
  ...{ gbp: ["gbp", 1], jpy: ["jpy", 1], yen: ["jpy", 1], chf: ["chf", 1], aud: ["aud", 1], cad: ["cad", 1] },
};
const currencyWord = token(
  "a currency",
  (t) => (t.kind === "word" ? lookUp(CURRENCY_WORDS, t.text) : undefined),
  Object.keys(CURRENCY_WORDS),
);
const britishPounds = seq([maybe(word("british")), word("pound", "pounds")], () => ["gbp", 1] as const);
const usDollars = seq([word("us"), word("dollar", "dollars")], () => ["usd", 1] as const);

const signedMoney = token(
  "an amount of money",
  (t): Amount | undefined => {
    if (t.kind !== "number" || t.currency === undefined || t.amount === undefined) return undefined;
    const times = t.suffix === undefined ? 1 : lookUp(SUFFIXES, t.suffix);
    return times === undefined
      ? undefined
      : { measure: t.currency, amount: times === 1 ? t.amount : exact(t.amount * times) };
  },
  ["#number"],
);

/** `$2.50`, `€30`, `50 cents`, `100 dollars`, `USD 20`, `$5 million`. */
export const money: Parser<Amount> = first(
  seq([signedMoney, scale], ([sum, times]) => ({ ...sum, amount: exact(sum.amount * times) })),
  seq([signedMoney, currencyWord], ([sum, [measure, times]]) =>
    sum.measure === measure && times === 1 ? sum : undefined,
  ),
  signedMoney,
  seq([number, first(currencyWord, britishPounds, usDollars)], ([n, [measure, times]]) => ({
    measure,
    amount: times === 1 ? n : exact(n * times),
  })),
  seq([first(map(word("a", "one"), () => 1)), first(currencyWord)], ([n, [measure, times]]) => ({
    measure,
    amount: exact(n * times),
  })),
  seq([word("usd eur gbp jpy chf aud cad"), plainNumber], ([measure, amount]) => ({
    measure,
    amount,
  })),
);

const TOKENS: Readonly<Record<string, string>> = {
  token: "tokens",
  tokens: "tokens",
  credit: "credits",
  credits: "credits",
  point: "points",
  points: "points",
};

/** The measures that plain words name. */
export const measureWord: Parser<string> = first(
  seq(
    [
      maybe(word("llm", "model")),
      token(
        "a measure",
        (t) => (t.kind === "word" ? lookUp(TOKENS, t.text) : undefined),
        Object.keys(TOKENS),
      ),
    ],
    ([, m]) => m,
  ),
);

const name = token("a name", (t) => (t.kind === "name" && t.quoted === true ? t.text : undefined), ["#name"]);

/** An amount of anything that is summed: money, tokens, or a measure by name (`5 of \`pages\``). */
export const amount: Parser<Amount> = first(
  money,
  seq([number, measureWord], ([n, measure]) => ({ measure, amount: n })),
  seq([number, word("of"), maybe(word("measure")), name], ([n, , , measure]) => ({ measure, amount: n })),
);

/** `5 percent`, `0.5%`, `half`, `8 in 10`, `three out of four`. */
export const percent: Parser<number> = first(
  seq([number, phrases({ "percent, per cent, pct": true })], ([n]) => n),
  seq([number, phrases({ "in, out of": true }), number], ([part, , whole]) => {
    const share = (part * 100) / whole;
    return whole >= part && exact(share) === share ? share : undefined;
  }),
  seq([first(word("half"), word("one")), maybe(word("half"))], ([a, b]) =>
    a === "half" && b === undefined ? 50 : undefined,
  ),
  phrases({ "a half, one half": 50, "a quarter, one quarter": 25, "three quarters": 75, "every second": 50 }),
);

/** `5x`, `5 times`, `twice`, `five-fold`. */
export const multiple: Parser<number> = first(
  token("a multiple", (t) => (t.kind === "number" && t.suffix === "x" ? t.amount : undefined), ["#number"]),
  seq([number, word("times", "x", "fold")], ([n]) => n),
  phrases({ "twice, double": 2, "triple, thrice": 3 }),
);

const UNITS: Readonly<Record<string, number>> = {
  ...{ ms: 1, msec: 1, msecs: 1, millisecond: 1, milliseconds: 1 },
  ...{ s: 1e3, sec: 1e3, secs: 1e3, second: 1e3, seconds: 1e3 },
  ...{ min: 6e4, mins: 6e4, minute: 6e4, minutes: 6e4 },
  ...{ h: 36e5, hr: 36e5, hrs: 36e5, hour: 36e5, hours: 36e5 },
  ...{ d: 864e5, day: 864e5, days: 864e5, wk: 6048e5, week: 6048e5, weeks: 6048e5, wks: 6048e5 },
};
/** Behind a digit, `m` is a minute. */
const SHORT_UNITS: Readonly<Record<string, number>> = { ...UNITS, m: 6e4, w: 6048e5 };

/** Words for spans of time. */
export const UNIT_WORDS: readonly string[] = Object.keys(UNITS);

/** A unit by its word, as its length in ms. */
export const unit: Parser<number> = token(
  "a unit of time",
  (t) => (t.kind === "word" ? lookUp(UNITS, t.text) : undefined),
  UNIT_WORDS,
);

const shortDuration = token(
  "a duration",
  (t) => {
    if (t.kind === "name" && t.quoted !== true) return parseDuration(t.text.toLowerCase()) ?? undefined;
    const ms =
      t.kind === "number" && t.currency === undefined && t.suffix !== undefined
        ? lookUp(SHORT_UNITS, t.suffix)
        : undefined;
    return ms === undefined ? undefined : (t.amount ?? 0) * ms;
  },
  ["#number", "#name"],
);

const spelled: Parser<number> = first(
  seq([number, unit], ([n, ms]) => n * ms),
  shortDuration,
);
const article = word("a", "an", "one");

/** A length of time in ms: `5 minutes`, `an hour`, `1h30m`, `half an hour`, `1 hour and 30 minutes`. */
const milliseconds: Parser<number> = first<number>(
  seq([word("half"), maybe(article), unit], ([, , ms]) => ms / 2),
  seq([article, word("half"), unit], ([, , ms]) => ms / 2),
  seq(
    [
      first(
        map(article, () => 1),
        number,
      ),
      unit,
      word("and"),
      article,
      word("half"),
    ],
    ([n, ms]) => n * ms + ms / 2,
  ),
  seq([number, word("and"), article, word("half"), unit], ([n, , , , ms]) => n * ms + ms / 2),
  seq(
    [
      spelled,
      many(
        seq([maybe(word("and")), spelled], ([, ms]) => ms),
        1,
      ),
    ],
    ([ms, more]) =>
      more.every((part, i) => part < (i === 0 ? ms : (more[i - 1] ?? 0)))
        ? more.reduce((a, b) => a + b, ms)
        : undefined,
  ),
  spelled,
  seq([article, unit], ([, ms]) => ms),
);

/** A duration in canonical text: `5m`. */
export const duration: Parser<string> = map(milliseconds, durationText);

/** A bare unit as a duration: `second` is `1s`. */
export const oneUnit: Parser<string> = map(unit, durationText);

function durationText(ms: number): string | undefined {
  const whole = Math.round(ms);
  return Math.abs(whole - ms) < 1e-6 && whole >= 1 && whole <= MAX_DURATION_MS
    ? formatDuration(whole)
    : undefined;
}
