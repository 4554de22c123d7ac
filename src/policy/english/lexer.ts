import { isThing } from "./tool-words.js";
import { wordSet } from "./words.js";

/** A place in a sentence: offsets in UTF-16 units, the end not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * A piece of a sentence.
 *
 * - `word`: letters; `text` is in lower case, contractions are taken apart (`don't` is `do` `not`)
 * - `name`: text in quotes or in code style (`send_email`, `delete_*`, `gpt-4`), to be taken exactly
 * - `number`: digits, with a currency before or a suffix behind them (`$2.50`, `100k`, `5x`, `30s`)
 * - `time`: a time of day such as `09:30`, `amount` in minutes
 * - `mark`: punctuation
 */
export interface Token extends Span {
  readonly kind: "word" | "name" | "number" | "time" | "mark";
  /** What the grammar compares; of a name, the name itself. */
  readonly text: string;
  readonly amount?: number;
  readonly currency?: string;
  readonly suffix?: string;
  readonly quoted?: boolean;
}

/** Why a text cannot be cut into pieces. */
export interface LexError extends Span {
  readonly reason: string;
  readonly help?: string;
}

/** The currency signs, and the measures they stand for. */
const CURRENCIES: ReadonlyMap<string, string> = new Map([
  ["$", "usd"],
  ["€", "eur"],
  ["£", "gbp"],
  ["¥", "jpy"],
  ["us$", "usd"],
]);

const CLOSING: ReadonlyMap<string, string> = new Map([
  ["`", "`"],
  ['"', '"'],
  ["“", "”"],
  ["‘", "’"],
  ["'", "'"],
  ["«", "»"],
]);

/** What a contraction is short for. */
const CONTRACTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ["cannot", ["can", "not"]],
  ["can't", ["can", "not"]],
  ["won't", ["will", "not"]],
  ["shan't", ["shall", "not"]],
  ["dont", ["do", "not"]],
  ["cant", ["can", "not"]],
  ["let's", ["let", "us"]],
  ["i'm", ["i", "am"]],
  ["e-mail", ["email"]],
  ["e-mails", ["emails"]],
  ["e-mailing", ["emailing"]],
  ["sub-agent", ["subagent"]],
  ["sub-agents", ["subagents"]],
  ["time-out", ["timeout"]],
]);

/** Words behind a slash that make it mean "per", as in `10/min`. */
const PER_WORDS =
  /^(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|months?|years?|runs?|sessions?|agents?|callers?|sources?|users?|tools?|recipients?|tenants?)$/;

const NUMBER = /^(us\$|[$€£¥])?([0-9][0-9,_]*(?:\.[0-9]+)?|\.[0-9]+)([a-zµ×%]*)$/;
const TIME = /^([0-9]{1,2})[:h.]([0-9]{2})(am|pm)?$/;
const PLAIN = /^\p{L}[\p{L}\p{M}]*$/u;
const RANGE = /^[$€£]?[0-9.,]+[a-z%]*(?:-|–|—|\.\.\.?|…)[$€£]?[0-9.,]+[a-z%]*$/;
const SPACE = /\s/;

/** Cuts a sentence into tokens in one pass; every character but white space is in one of them. */
export function tokenize(text: string): readonly Token[] | LexError {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const character = text[i] ?? "";
    if (SPACE.test(character)) {
      i++;
      continue;
    }
    const closing = opensQuote(text, i) ? CLOSING.get(character) : undefined;
    if (closing !== undefined) {
      const read = quoted(text, i, closing);
      if ("reason" in read) return read;
      tokens.push(read);
      i = read.end;
      continue;
    }
    if (MARKS.has(character) && !startsNumber(text, i)) {
      const two = text.slice(i, i + 2);
      const mark = two === ">=" || two === "<=" || two === "==" ? two : character;
      tokens.push({ kind: "mark", text: mark, start: i, end: i + mark.length });
      i += mark.length;
      continue;
    }
    const half = /^([ap])\.m\.?(?![\p{L}\p{N}])/iu.exec(text.slice(i, i + 5));
    if (half !== null) {
      tokens.push({
        kind: "word",
        text: `${(half[1] ?? "").toLowerCase()}m`,
        start: i,
        end: i + half[0].length,
      });
      i += half[0].length;
      continue;
    }
    let end = i;
    while (end < text.length && !endsChunk(text, end)) end++;
    // What ends a sentence or a clause is no part of a name.
    while (end > i + 1 && /[.:!?…]/.test(text[end - 1] ?? "")) end--;
    if (end === i) end++;
    const raw = text.slice(i, end);
    const before = tokens.at(-1);
    // Without an article, "billing-bot" is a name.
    if (
      /^\p{L}+(?:-\p{L}+)*-(?:bot|agent)$/iu.test(raw) &&
      (before?.kind !== "word" || !ARTICLES.has(before.text))
    ) {
      tokens.push({ kind: "name", text: raw, start: i, end });
      i = end;
      continue;
    }
    const found = chunk(raw, i);
    if ("reason" in found) return found;
    tokens.push(...found);
    i = end;
    // "max. 5"
    if (/^(?:max|min)$/i.test(raw) && /^\.\s+[$€£0-9]/.test(text.slice(end, end + 4))) i++;
  }
  return tokens;
}

/** Words that people like to shout. */
const CAPITALS = new Set(
  "never only must always allow block deny halt stop kill pause limit alert warn human except unless each every calls call agent agents most least more than spend total minute hour second today under over shall should will this that with from into when then".split(
    " ",
  ),
);

const ARTICLES = wordSet("the each every any a an all no sub");

const MARKS = wordSet(", ; ( ) [ ] { } < > = + | – — . : ! ? …");

function startsNumber(text: string, i: number): boolean {
  return text[i] === "." && /[0-9]/.test(text[i + 1] ?? "") && !/[\p{L}\p{N}]/u.test(text[i - 1] ?? "");
}

/** A quote opens where a word could begin; elsewhere it is an apostrophe. */
function opensQuote(text: string, i: number): boolean {
  const character = text[i] ?? "";
  if (!CLOSING.has(character)) return false;
  return character === "`" || i === 0 || /[\s([{,;:=]/.test(text[i - 1] ?? "");
}

function endsChunk(text: string, i: number): boolean {
  const character = text[i] ?? "";
  if (SPACE.test(character) || character === "`") return true;
  if (character === ",")
    return !(/[0-9]/.test(text[i - 1] ?? "") && /^[0-9]{3}(?![0-9])/.test(text.slice(i + 1, i + 5)));
  return /[;()[\]{}<>=+|–—“”"«»…]/.test(character);
}

/** Reads text between quotes; between backticks a backslash keeps a backtick or a backslash as it is. */
function quoted(text: string, start: number, closing: string): Token | LexError {
  let value = "";
  for (let i = start + 1; i < text.length; i++) {
    const character = text[i] ?? "";
    if (closing === "`" && character === "\\" && (text[i + 1] === "`" || text[i + 1] === "\\")) {
      value += text[++i] ?? "";
    } else if (character === closing) {
      if (value === "") return { start, end: i + 1, reason: "there is nothing between the quotes" };
      return { kind: "name", text: value, quoted: true, start, end: i + 1 };
    } else value += character;
  }
  return {
    ...{ start, end: start + 1, reason: `the quote ${text[start] ?? ""} is never closed` },
    help: "put names between two backticks",
  };
}

function chunk(raw: string, start: number): readonly Token[] | LexError {
  const end = start + raw.length;
  const lower = raw.toLowerCase().replaceAll("’", "'");
  const words = CONTRACTIONS.get(lower);
  if (words !== undefined) return words.map((text) => ({ kind: "word" as const, text, start, end }));
  if (PLAIN.test(raw)) return plainWord(raw, lower, start, end);
  if (lower === "%") return [{ kind: "word", text: "percent", start, end }];
  if (lower === "&") return [{ kind: "word", text: "and", start, end }];
  if (lower === "-") return [{ kind: "mark", text: "–", start, end }];
  if (lower === "/") return [{ kind: "word", text: "per", start, end }];
  if (/^[a-z]+n't$/.test(lower)) {
    return [lower.slice(0, -3), "not"].map((text) => ({ kind: "word" as const, text, start, end }));
  }
  if (/^\p{L}+(?:-\p{L}+)*'s?$/u.test(lower)) {
    const owner = lower.replace(/'s?$/, "");
    return [...splitHyphens(owner, start), { kind: "word", text: "'s", start: start + owner.length, end }];
  }
  return numeric(raw, lower, start, end) ?? compound(raw, lower, start, end);
}

function plainWord(raw: string, lower: string, start: number, end: number): readonly Token[] {
  // `sendEmail` is code, `Send` is a word; `SEND` is one if it is a word at all.
  const kind =
    /\p{Ll}\p{Lu}/u.test(raw) || (/^\p{Lu}{4,}$/u.test(raw) && !isThing(lower) && !CAPITALS.has(lower))
      ? "name"
      : "word";
  return [{ kind, text: kind === "name" ? raw : lower, start, end }];
}

function numeric(
  raw: string,
  lower: string,
  start: number,
  end: number,
): readonly Token[] | LexError | undefined {
  const hours = /^([0-9]{1,2}(?:[:.][0-9]{2})?(?:am|pm)?)[-–]([0-9]{1,2}(?:[:.][0-9]{2})?(?:am|pm)?)$/.exec(
    lower,
  );
  if (hours !== null && /[:m]/.test(hours[2] ?? "")) {
    const at = start + (hours[1] ?? "").length;
    const [from, to] = [chunk(hours[1] ?? "", start), chunk(hours[2] ?? "", at + 1)];
    if ("reason" in from) return from;
    if ("reason" in to) return to;
    return [...from, { kind: "mark", text: "–", start: at, end: at + 1 }, ...to];
  }
  if (RANGE.test(lower)) {
    return {
      start,
      end,
      reason: `\`${raw}\` is a range; a rule needs one number`,
      help: "name the larger number if it is the limit",
    };
  }
  const time = TIME.exec(lower);
  if (time !== null && (lower.includes(":") || time[3] !== undefined))
    return timeOfDay(raw, time, start, end);
  const behind = /^([0-9][0-9.,]*)([$€£¥])$/.exec(lower);
  const number = NUMBER.exec(behind === null ? lower : `${behind[2] ?? ""}${behind[1] ?? ""}`);
  if (number !== null) return numberToken(raw, number, start, end);
  const negative = /^[-−]([$€£¥]?[0-9].*)$/.exec(lower);
  if (negative !== null) {
    const read = NUMBER.exec(negative[1] ?? "");
    const positive = read === null ? undefined : numberToken(raw, read, start, end);
    if (Array.isArray(positive))
      return [{ ...(positive as [Token])[0], amount: -((positive as [Token])[0].amount ?? 0) }];
  }
  const slash = raw.lastIndexOf("/");
  if (slash > 0 && PER_WORDS.test(lower.slice(slash + 1))) {
    const left = lower.slice(0, slash);
    if (NUMBER.test(left) || PLAIN.test(left) || /^[^/]+(?:\/[a-z]+)+$/.test(left)) {
      const before = chunk(raw.slice(0, slash), start);
      if ("reason" in before) return before;
      return [
        ...before,
        { kind: "word", text: "per", start: start + slash, end: start + slash + 1 },
        { kind: "word", text: lower.slice(slash + 1), start: start + slash + 1, end },
      ];
    }
  }
  return undefined;
}

function timeOfDay(
  raw: string,
  match: RegExpExecArray,
  start: number,
  end: number,
): readonly Token[] | LexError {
  const [hours, minutes] = [Number(match[1]), Number(match[2])];
  const half = match[3];
  const isValid =
    minutes < 60 &&
    (half === undefined ? hours < 24 || (hours === 24 && minutes === 0) : hours >= 1 && hours <= 12);
  if (!isValid)
    return { start, end, reason: `\`${raw}\` is no time of day`, help: "times run from 00:00 to 24:00" };
  const hour = half === undefined ? hours : (hours % 12) + (half === "pm" ? 12 : 0);
  return [{ kind: "time", text: raw, amount: hour * 60 + minutes, start, end }];
}

function numberToken(
  raw: string,
  [, sign, digits = "", suffix = ""]: RegExpExecArray,
  start: number,
  end: number,
): readonly Token[] | LexError {
  if (/[,_]/.test(digits) && !/^[0-9]{1,3}(?:[,_][0-9]{3})+(?:\.[0-9]+)?$/.test(digits)) {
    return {
      ...{
        start,
        end,
        reason: `\`${raw}\` could be two numbers: commas part thousands, a point parts decimals`,
      },
      help: "write 1,000 or 1000 for a thousand, and 2.5 for two and a half",
    };
  }
  if (/^[1-9][0-9]{0,2}\.[0-9]{2}0$/.test(digits)) {
    return {
      start,
      end,
      reason: `\`${raw}\` could be thousands or decimals`,
      help: "write 1,000 or 1000 for a thousand, and 1.5 for one and a half",
    };
  }
  const amount = Number(digits.replace(/[,_]/g, ""));
  if (!Number.isFinite(amount)) return { start, end, reason: `\`${raw}\` is too large` };
  const currency = sign === undefined ? undefined : CURRENCIES.get(sign);
  const number: Token = {
    ...{ kind: "number", text: raw, amount, start, end },
    ...(currency !== undefined && { currency }),
  };
  if (suffix === "%")
    return [
      { ...number, end: end - 1 },
      { kind: "word", text: "percent", start: end - 1, end },
    ];
  if (suffix === "") return [number];
  return [{ ...number, suffix: suffix === "×" ? "x" : suffix }];
}

/** What is neither a word nor a number: several words with hyphens, or a name in code style. */
function compound(raw: string, lower: string, start: number, end: number): readonly Token[] | LexError {
  if (lower === "and/or") {
    return { start, end, reason: "`and/or` says two things", help: "write `or`" };
  }
  const days = /^((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)[-–]((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)$/.exec(
    lower,
  );
  if (days !== null) {
    const middle = start + (days[1] ?? "").length;
    return [
      { kind: "word", text: days[1] ?? "", start, end: middle },
      { kind: "mark", text: "–", start: middle, end: middle + 1 },
      { kind: "word", text: days[2] ?? "", start: middle + 1, end },
    ];
  }
  if (/^\p{L}+(?:-\p{L}+)+$/u.test(lower)) return splitHyphens(lower, start);
  if (
    /^\p{L}+(?:\/\p{L}+)+$/u.test(raw) &&
    lower.split("/").every((part) => isThing(part) || /^(?:mon|tue|wed|thu|fri|sat|sun)/.test(part))
  ) {
    return {
      start,
      end,
      reason: `\`${raw}\` could be a name or several words`,
      help: "write `or` between the words, or put a name between backticks",
    };
  }
  // `5-minute`, `60-second`
  const span = /^([$€£]?[0-9][0-9.,]*[kx%]?)-(\p{L}+)$/u.exec(lower);
  if (span !== null) {
    const [, left = "", right = ""] = span;
    const number = chunk(left, start);
    if ("reason" in number) return number;
    return [...number, { kind: "word", text: right, start: start + left.length + 1, end }];
  }
  if (/[_*?./:@~#$\\0-9-]/.test(raw) && /[\p{L}*]/u.test(raw)) {
    return [{ kind: "name", text: raw, start, end }];
  }
  return {
    start,
    end,
    reason: `\`${raw}\` is neither a word nor a number`,
    help: "put names between backticks",
  };
}

function splitHyphens(lower: string, start: number): Token[] {
  const whole = CONTRACTIONS.get(lower);
  if (whole !== undefined)
    return whole.map((text) => ({ kind: "word", text, start, end: start + lower.length }));
  const tokens: Token[] = [];
  let at = start;
  for (const part of lower.split("-")) {
    tokens.push({ kind: "word", text: part, start: at, end: at + part.length });
    at += part.length + 1;
  }
  return tokens;
}
