import { cleanName } from "../../core/names.js";

const SIGNS: ReadonlyMap<string, string> = new Map([
  ["usd", "$"],
  ["eur", "€"],
  ["gbp", "£"],
  ["jpy", "¥"],
]);

/** Measures that are words of the language. */
const WORDS: ReadonlySet<string> = new Set(["tokens", "credits", "points"]);

/** Whether a measure is money. */
export function isMoney(measure: string): boolean {
  return SIGNS.has(measure);
}

/** Returns text from outside between backticks, which it may hold itself. */
export function quote(text: string): string {
  return `\`${text.replace(/[\\`]/g, "\\$&")}\``;
}

/** The same for text that may be empty or hold characters that do not show: as JSON, and it says so. */
export function quoteAny(text: string): string {
  const isPlain = text !== "" && cleanName(text, text.length) === text;
  return isPlain ? quote(text) : `JSON ${quote(JSON.stringify(text))}`;
}

/** Returns a number in digits, without an exponent, so that it reads back as the same number. */
export function decimal(value: number): string {
  const text = String(value);
  const parts = /^(-?)([0-9])(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = whole + fraction;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${"0".repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Returns an amount with its measure: `$5`, `$2.50`, `100 tokens`, "3 of `pages`". */
export function sumOf(measure: string, amount: number): string {
  const sign = SIGNS.get(measure);
  if (sign !== undefined) return `${amount < 0 ? "-" : ""}${sign}${cents(Math.abs(amount))}`;
  return WORDS.has(measure) ? `${decimal(amount)} ${measure}` : `${decimal(amount)} of ${quote(measure)}`;
}

/** Money has no decimals or at least two. */
function cents(amount: number): string {
  const text = decimal(amount);
  return /\.[0-9]$/.test(text) ? `${text}0` : text;
}
