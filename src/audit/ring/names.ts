import { wellFormed } from "../../core/names.js";

/** What the ring has said about names so far, as JSON that is ready to be put into lines. */
export interface Names {
  /** `"series":…,"source":…` by id. */
  lanes: string[];
  /** Codes and rules of refusals by id. */
  readonly refusals: string[];
  /** `"name":` by index of the measure. */
  readonly measures: string[];
  /** Indices of the measures by name, in UTF-16 units; and the place of each index in there. */
  order: readonly number[];
  ranks: readonly number[];
  /** JSON, or empty. */
  boot: string;
  policy: string;
}

export function noNames(): Names {
  return { lanes: [], refusals: [], measures: [], order: [], ranks: [], boot: "", policy: "" };
}

/** Names as they are now: what is said later about others does not change them. */
export function copyOf(names: Names): Names {
  return { ...names, refusals: [...names.refusals], measures: [...names.measures] };
}

export function nameMeasure(names: Names, index: number, name: string): void {
  names.measures[index] = `${quote(name)}:`;
  const given = [...names.measures.keys()].filter((i) => names.measures[i] !== undefined);
  const texts = new Map(given.map((i) => [i, JSON.parse(names.measures[i]!.slice(0, -1)) as string]));
  const order = given.sort((a, b) => (texts.get(a)! < texts.get(b)! ? -1 : 1));
  const ranks: number[] = [];
  order.forEach((i, rank) => (ranks[i] = rank));
  names.order = order;
  names.ranks = ranks;
}

// Quotes, backslashes, control characters; and surrogates, which may be unpaired.
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A text as canonical JSON (RFC 8785), made well-formed. */
export function quote(text: string): string {
  return SPECIAL.test(text) ? JSON.stringify(wellFormed(text)) : `"${text}"`;
}

export function quoteAll(texts: readonly string[]): string {
  return `[${texts.map(quote).join(",")}]`;
}
