import {
  Composer,
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type ParsedNode,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { PolicyError, type PolicyIssue } from "../core/errors.js";
import { show } from "./messages.js";
import { offsetInScalar } from "./scalar-offset.js";
import { type TextPosition, wholePolicyError } from "./whole-policy-error.js";
import { checkSize, readTokens } from "./yaml-tokens.js";

// An alias may not multiply a small file into a large policy.
const MAX_ALIASES = 100;
const MAX_LISTED_ERRORS = 20;

/** A policy file that was read as JSON or YAML, and where in the text each part is. */
export class PolicyDocument {
  readonly value: unknown;
  readonly #root: Node | null;
  readonly #lines: LineCounter;
  readonly #text: string;
  // A file of many issues asks for the same object's fields again and again.
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

  private constructor(text: string, value: unknown, root: Node | null, lines: LineCounter) {
    this.#text = text;
    this.value = value;
    this.#root = root;
    this.#lines = lines;
  }

  /** Reads a text. Throws `PolicyError` with positions for syntax errors and duplicate keys. */
  static read(text: string, format: "json" | "yaml"): PolicyDocument {
    return format === "json" ? PolicyDocument.#readJson(text) : PolicyDocument.#readYaml(text);
  }

  static #readYaml(text: string): PolicyDocument {
    const lines = new LineCounter();
    const document = parseYaml(text, lines);
    // A warning is a tag nobody knows: what it was to mean would be guessed.
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) throw syntaxError(faults, lines);
    refuseBadKeys(document.contents, lines);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      throw wholePolicyError(
        `the policy cannot be read as YAML: ${lowerFirst(messageOf(error))}`,
        "write the rules out instead of using aliases",
        firstAlias(document, lines),
      );
    }
    return new PolicyDocument(text, value, document.contents, lines);
  }

  static #readJson(text: string): PolicyDocument {
    const lines = new LineCounter();
    let value: unknown;
    try {
      value = JSON.parse(text) as unknown;
    } catch (error) {
      throw jsonError(text, messageOf(error));
    }
    checkSize(value);
    // The YAML reader knows positions and sees doubled keys. A raw tab in JSON is
    // always white space, which YAML is stricter about.
    const document = parseYaml(text.replaceAll("\t", " "), lines);
    refuseBadKeys(document.contents, lines);
    return new PolicyDocument(text, value, document.errors.length > 0 ? null : document.contents, lines);
  }

  /**
   * Returns where a path begins in the text: for a field its key, and the nearest part that exists. With `inText`,
   * where that character of the text is, if it can be told.
   */
  locate(path: readonly PropertyKey[], inText?: number): TextPosition | undefined {
    let node: unknown = this.#root;
    let offset = offsetOf(node);
    for (const step of path) {
      if (isMap(node)) {
        const pair = this.#pairsOf(node).get(String(step));
        if (pair === undefined) break;
        offset = offsetOf(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof step === "number") {
        node = node.items[step];
        offset = offsetOf(node) ?? offset;
      } else break;
    }
    if (inText !== undefined && isScalar(node)) offset = offsetInScalar(this.#text, node, inText) ?? offset;
    return offset === undefined ? undefined : positionAt(offset, this.#lines);
  }

  #pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = this.#pairs.get(map);
    if (known !== undefined) return known;
    const pairs = new Map(map.items.map((pair) => [keyText(pair.key), pair]));
    this.#pairs.set(map, pairs);
    return pairs;
  }
}

function parseYaml(text: string, lines: LineCounter): Document.Parsed {
  const tokens = readTokens(text, lines);
  // Its own check of doubled keys takes quadratic time; `refuseBadKeys` does not.
  const composer = new Composer<ParsedNode, true>({
    strict: true,
    uniqueKeys: false,
    version: "1.2",
    schema: "core",
  });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) throw wholePolicyError("the policy is empty");
  if (second !== undefined) {
    throw wholePolicyError(
      "the policy has more than one YAML document",
      "remove the lines `---` between them",
      positionAt(second.range[0], lines),
    );
  }
  return document;
}

function refuseBadKeys(root: unknown, lines: LineCounter): void {
  const issues: PolicyIssue[] = [];
  const queue: unknown[] = [root];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (isSeq(node)) for (const item of node.items) if (item !== null && item !== undefined) queue.push(item);
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = keyText(key);
      const fault = !isText(key)
        ? "a key must be text"
        : name === "<<"
          ? "merge keys `<<` are not read: write the fields out"
          : seen.has(name)
            ? `the key ${show(name)} stands twice in one object`
            : undefined;
      if (fault !== undefined && issues.length < MAX_LISTED_ERRORS) {
        const position = positionAt(offsetOf(key) ?? offsetOf(node) ?? 0, lines);
        issues.push({
          index: -1,
          path: "",
          ...position,
          message: fault,
          help: "each field has one plain name, once",
        });
      }
      seen.add(name);
      if (value !== null && value !== undefined) queue.push(value);
    }
  }
  if (issues.length > 0) throw new PolicyError(issues.sort(byPosition));
}

function syntaxError(errors: readonly YAMLError[], lines: LineCounter): PolicyError {
  return new PolicyError(
    errors.slice(0, MAX_LISTED_ERRORS).map(({ message, pos }) => ({
      index: -1,
      path: "",
      ...positionAt(pos[0], lines),
      message: `the policy cannot be read as YAML: ${lowerFirst(message)}`,
    })),
  );
}

/** What JSON.parse says of the place differs between engines: only the offset is taken. */
function jsonError(text: string, message: string): PolicyError {
  const found = /position (\d+)/.exec(message);
  const reason = lowerFirst(message.replace(/ in JSON at position.*$/s, "").replace(/, ".*$/s, ""));
  const what = `the policy cannot be read as JSON: ${reason}`;
  const end = /unexpected end/i.test(message) ? text.length : undefined;
  const offset = found === null ? end : Number(found[1]);
  if (offset === undefined) return wholePolicyError(what);
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return wholePolicyError(what, undefined, { line, column: offset - before.lastIndexOf("\n") });
}

function firstAlias(document: Document.Parsed, lines: LineCounter): TextPosition | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias: (_key, node) => {
      offset = offsetOf(node);
      return visit.BREAK;
    },
  });
  return offset === undefined ? undefined : positionAt(offset, lines);
}

/** Numbers and booleans read as their text; lists, objects, aliases and nothing do not. */
function isText(key: unknown): boolean {
  return isScalar(key) && key.value !== null;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function offsetOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0];
}

function positionAt(offset: number, lines: LineCounter): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function byPosition(a: PolicyIssue, b: PolicyIssue): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
