import { nearest } from "../core/nearest.js";

// Messages inside the schemas are predicates ("must be …"): the reader of the issues
// puts the field in front. What follows a line break is the help; a blank line parts
// the messages for several unknown fields.

const MAX_SHOWN = 40;

/** How many unknown fields of one object are reported. */
export const MAX_UNKNOWN_FIELDS = 20;

/** Returns a message with its help, in the form that `splitMessage` takes apart. */
export function withHelp(message: string, help: string): string {
  return `${message}\n${help}`;
}

/** Takes message and help apart again. */
export function splitMessage(text: string): { readonly message: string; readonly help?: string } {
  const at = text.indexOf("\n");
  return at === -1 ? { message: text } : { message: text.slice(0, at), help: text.slice(at + 1) };
}

/** Makes the error of a field that must be what `expectation` says. */
export function must(expectation: string, help?: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => {
    const message =
      input === undefined
        ? `is missing: it must be ${expectation}`
        : `must be ${expectation}, not ${show(input)}`;
    return help === undefined ? message : withHelp(message, help);
  };
}

/** Makes the error of a field that must be one of a few words. */
export function mustBeOneOf(words: readonly string[]): (issue: { readonly input?: unknown }) => string {
  const list = quoteList(words);
  return ({ input }) => {
    const close =
      typeof input === "string" ? (nearest(input, words) ?? abbreviation(input, words)) : undefined;
    const message = must(`one of ${list}`)({ input });
    return close === undefined ? message : withHelp(message, `did you mean \`${close}\`?`);
  };
}

/** `monday` stands for `mon`. */
function abbreviation(input: string, words: readonly string[]): string | undefined {
  return words.find((word) => word.length >= 3 && input.toLowerCase().startsWith(word));
}

/** The messages for fields that do not exist, one block each, in the order of `keys`. */
export function unknownFields(keys: readonly string[], known: readonly string[], what: string): string {
  return keys
    .slice(0, MAX_UNKNOWN_FIELDS)
    .map((key) => {
      const close = nearest(key, known);
      const help = `${close === undefined ? "" : `did you mean \`${close}\`? `}its fields are ${quoteList(known)}`;
      return withHelp(`is not a field of ${what}`, help);
    })
    .join("\n\n");
}

/** Takes the blocks of `unknownFields` apart. */
export function splitBlocks(text: string): readonly string[] {
  return text.split("\n\n");
}

/** Returns a value from outside in a form that fits in a message: short, on one line. */
export function show(value: unknown): string {
  if (typeof value === "string") {
    return value === "" ? "empty text" : `\`${JSON.stringify(cut(value)).slice(1, -1)}\``;
  }
  if (value === null) return "`null`";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  switch (typeof value) {
    case "object":
      return "an object";
    case "number":
    case "bigint":
    case "boolean":
      return `\`${value}\``;
    default:
      return value === undefined ? "nothing" : `a ${typeof value}`;
  }
}

/** Returns text cut to the length that messages have room for. */
export function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** Returns words as `a`, `b`, `c`. */
function quoteList(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
