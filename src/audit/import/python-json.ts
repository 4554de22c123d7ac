/**
 * JSON as Python's `json` module reads and writes it: NaN and Infinity are numbers, the last of equal keys counts,
 * integers have any length, and numbers with a point or an exponent are doubles in Python's notation. A log whose
 * hashes were made by Python can only be checked with its text.
 */
export type PythonValue =
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, PythonValue> }
  | { readonly kind: "array"; readonly items: readonly PythonValue[] }
  | { readonly kind: "string"; readonly text: string }
  /** Numbers, booleans, null: as Python prints them. */
  | { readonly kind: "atom"; readonly text: string; readonly number?: number };

export interface PythonJson {
  readonly value: PythonValue;
  /** Keys that came twice in one object: two readers may see two things. */
  readonly repeatedKeys: readonly string[];
}

/** Python gives up at about a thousand levels, and at integers of more digits. */
const MAX_DEPTH = 900;
const MAX_DIGITS = 4_300;
const MAX_REPEATED = 10;

/** Reads a text; undefined where Python's `json.loads` raises an error. */
export function parsePythonJson(text: string): PythonJson | undefined {
  try {
    const reader = new Reader(text);
    return { value: reader.document(), repeatedKeys: reader.repeatedKeys };
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

class NotJson extends Error {}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const WORD = /null|true|false|NaN|-?Infinity/y;
// What stands between quotes without an escape; control characters may not.
const PLAIN = /[^"\\\u0000-\u001f]*/y;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ...(['"', "\\", "/"] as const).map((each) => [each, each] as const),
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

class Reader {
  readonly repeatedKeys: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): PythonValue {
    this.#match(SPACE);
    const value = this.#value(0);
    this.#match(SPACE);
    if (this.#at < this.#text.length) throw new NotJson();
    return value;
  }

  #value(depth: number): PythonValue {
    if (depth > MAX_DEPTH) throw new NotJson();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return { kind: "string", text: this.#string() };
      default:
        return this.#atom();
    }
  }

  #object(depth: number): PythonValue {
    const fields = new Map<string, PythonValue>();
    this.#at += 1;
    this.#match(SPACE);
    if (this.#take("}")) return { kind: "object", fields };
    for (;;) {
      if (this.#text[this.#at] !== '"') throw new NotJson();
      const key = this.#string();
      this.#match(SPACE);
      if (!this.#take(":")) throw new NotJson();
      this.#match(SPACE);
      const value = this.#value(depth + 1);
      if (fields.has(key) && this.repeatedKeys.length < MAX_REPEATED) this.repeatedKeys.push(key);
      fields.set(key, value);
      this.#match(SPACE);
      if (this.#take("}")) return { kind: "object", fields };
      if (!this.#take(",")) throw new NotJson();
      this.#match(SPACE);
    }
  }

  #array(depth: number): PythonValue {
    const items: PythonValue[] = [];
    this.#at += 1;
    this.#match(SPACE);
    if (this.#take("]")) return { kind: "array", items };
    for (;;) {
      items.push(this.#value(depth + 1));
      this.#match(SPACE);
      if (this.#take("]")) return { kind: "array", items };
      if (!this.#take(",")) throw new NotJson();
      this.#match(SPACE);
    }
  }

  #string(): string {
    this.#at += 1;
    let text = "";
    for (;;) {
      text += this.#match(PLAIN);
      if (this.#take('"')) return text;
      if (!this.#take("\\")) throw new NotJson();
      const letter = this.#text[this.#at] ?? "";
      this.#at += 1;
      const escaped = ESCAPES.get(letter);
      if (escaped !== undefined) text += escaped;
      else if (letter === "u") text += this.#unit();
      else throw new NotJson();
    }
  }

  #unit(): string {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new NotJson();
    this.#at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #atom(): PythonValue {
    const word = this.#match(WORD);
    if (word !== "")
      return { kind: "atom", text: word, ...(WORD_NUMBERS.has(word) && { number: Number(word) }) };
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw new NotJson();
    const [text, integer = "", fraction, exponent] = match;
    this.#at += text.length;
    if (fraction !== undefined || exponent !== undefined)
      return { kind: "atom", text: pythonFloat(Number(text)), number: Number(text) };
    if (integer.length > MAX_DIGITS) throw new NotJson();
    return { kind: "atom", text: integer === "-0" ? "0" : integer, number: Number(text) };
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }
}

const WORD_NUMBERS: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);

/**
 * A double as Python's `repr` writes it. Both languages print the shortest digits that read back as the same number,
 * and differ in when they use an exponent: Python below 1e-4 and from 1e16 on, with two digits at least.
 */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e16) {
    // Here ECMAScript does not use one.
    const text = String(value);
    return text.includes(".") ? text : `${text}.0`;
  }
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${digits}e${exponent[0] === "-" ? "-" : "+"}${exponent.slice(1).padStart(2, "0")}`;
}

/** Writes a value as `json.dumps(value, sort_keys=True, separators=(",", ":"))` does. */
export function pythonJson(value: PythonValue): string {
  switch (value.kind) {
    case "atom":
      return value.text;
    case "string":
      return pythonString(value.text);
    case "array":
      return `[${value.items.map(pythonJson).join(",")}]`;
    case "object": {
      const keys = [...value.fields.keys()].sort(byCodePoints);
      return `{${keys.map((key) => `${pythonString(key)}:${pythonJson(value.fields.get(key)!)}`).join(",")}}`;
    }
  }
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** Everything but printable ASCII is escaped, by UTF-16 units. */
function pythonString(text: string): string {
  const escaped = text.replace(
    /[^ !#-[\]-~]/g,
    (unit) => SHORT.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** Python compares texts by code points, and ECMAScript by UTF-16 units: they differ beyond U+FFFF. */
function byCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
