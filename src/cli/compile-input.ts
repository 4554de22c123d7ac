import process from "node:process";
import { InvalidInputError, PolicyError } from "../core/errors.js";
import type { PolicyIssue } from "../core/errors.js";
import { MAX_POLICY_BYTES } from "../policy/index.js";
import type { PolicyFormat } from "../policy/index.js";
import { readPolicyItems } from "../policy/parse.js";
import type { PolicyItems } from "../policy/parse.js";
import { decode, formatOf, readPolicyFile } from "../rein/policy-file.js";

/** A part of the policy that is compiled: a file, standard input, or a rule from the command line. */
export interface PolicySource extends PolicyItems {
  /** What it is called in messages. */
  readonly name: string;
  readonly text: string;
  /** Why no rules can be found in it at all. */
  readonly issues: readonly PolicyIssue[];
  /** What was written in the place of items that were suggested, by their place among `items`. */
  readonly written?: ReadonlyMap<number, string>;
}

/** What the rules of a policy are called that come from standard input. */
const STDIN = "<stdin>";

/** The whole of standard input, or as much of it as tells that it is too long. */
export async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_POLICY_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a policy file, `-` for standard input.
 *
 * @param format how standard input is written; by its looks when undefined
 * @throws InvalidInputError when it cannot be read
 */
export async function readSource(
  path: string,
  format: PolicyFormat | undefined,
  stdin: () => Promise<Uint8Array>,
): Promise<PolicySource> {
  const name = path === "-" ? STDIN : path;
  const { text, written } = await readText(path, name, stdin);
  return sourceOf(name, text, written ?? format ?? guessed(text));
}

/** A rule that stands on the command line: a sentence, or data in braces. */
export function ruleSource(text: string, number: number): PolicySource {
  const name = `<rule ${number}>`;
  if (!text.trimStart().startsWith("{")) return sourceOf(name, text, "text");
  // As an item of a list, which takes two columns.
  const { items, locate, issues } = sourceOf(name, `- ${text}`, "yaml");
  return {
    ...{ name, text, items, issues: issues.map(outdented) },
    locate: (...of) => outdented(locate(...of)),
  };
}

function outdented<P extends { readonly line?: number; readonly column?: number } | undefined>(place: P): P {
  if (place?.line !== 1 || place.column === undefined) return place;
  return { ...place, column: Math.max(1, place.column - 2) };
}

async function readText(
  path: string,
  name: string,
  stdin: () => Promise<Uint8Array>,
): Promise<{ readonly text: string; readonly written?: PolicyFormat }> {
  try {
    if (path === "-") return { text: decode(name, await stdin()) };
    return { text: decode(path, await readPolicyFile(path)), written: formatOf(path) };
  } catch (error) {
    // It is not the policy that is refused: there is none yet.
    if (!PolicyError.isInstance(error)) throw error;
    const [{ message, help, line, column } = { message: "" }] = error.issues;
    const place = [name, line, column].filter((part) => part !== undefined).join(":");
    throw new InvalidInputError("file", `${place}: ${message}`, { help, cause: error });
  }
}

function sourceOf(name: string, text: string, format: PolicyFormat): PolicySource {
  try {
    return { name, text, issues: [], ...readPolicyItems(text, format) };
  } catch (error) {
    if (!PolicyError.isInstance(error)) throw error;
    const issues = error.issues.map((issue) => ({ ...issue, file: name }));
    return { name, text, issues, items: [], locate: () => undefined };
  }
}

/** A policy without a name says by its looks how it is written. */
function guessed(text: string): PolicyFormat {
  if (/^\s*[[{]/.test(text)) return "json";
  return /^(?:rules|policy)\s*:|^\s*-\s+(?:\{|(?:id|kind)\s*:)/m.test(text) ? "yaml" : "text";
}
