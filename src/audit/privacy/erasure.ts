import type { Place } from "./vault-lines.js";

/** What was erased: `what` of a record `log.redacted`. */
export type Erasure =
  /** One field of one leaf. */
  | { readonly n: number; readonly path: string }
  /** Everything about one data subject, by its pseudonym, and where it stood. */
  | { readonly subject: string; readonly places: readonly (readonly [n: number, path: string])[] }
  /** Everything that leaves before this one kept. */
  | { readonly below: number };

/** Reads `what` of a record; undefined when it is none. */
export function readErasure(what: unknown): Erasure | undefined {
  if (typeof what !== "object" || what === null) return undefined;
  const { n, path, subject, places, below } = what as Record<string, unknown>;
  if (isIndex(below)) return { below };
  if (isIndex(n) && typeof path === "string") return { n, path };
  if (typeof subject !== "string" || !Array.isArray(places)) return undefined;
  const isPlace = (place: unknown): place is [number, string] =>
    Array.isArray(place) && place.length === 2 && isIndex(place[0]) && typeof place[1] === "string";
  return places.every(isPlace) ? { subject, places } : undefined;
}

/** Who erased what and why: what a record `log.redacted` says. */
export interface Redaction {
  /** Index of the record. */
  readonly n: number;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** What all records `log.redacted` of a log say together. */
export class Redactions {
  readonly #places = new Map<string, Redaction>();
  readonly #below: { readonly below: number; readonly redaction: Redaction }[] = [];

  /** Takes a leaf in, whatever it is. */
  add(leaf: { readonly type: string; readonly n: number; readonly [field: string]: unknown }): void {
    if (leaf.type !== "log.redacted") return;
    const { n, at, by, reason } = leaf;
    const erasure = readErasure(leaf["what"]);
    if (erasure === undefined) return;
    const redaction = { n, at: Number(at), by: String(by), reason: String(reason) };
    if ("below" in erasure) this.#below.push({ below: Math.min(erasure.below, n), redaction });
    else if ("subject" in erasure)
      for (const [index, path] of erasure.places) this.#set(index, path, redaction);
    else this.#set(erasure.n, erasure.path, redaction);
  }

  /** The record that says that a value was erased; undefined when none does. */
  of({ n, path }: Place): Redaction | undefined {
    return this.#places.get(`${n} ${path}`) ?? this.#below.find(({ below }) => n < below)?.redaction;
  }

  #set(index: number, path: string, redaction: Redaction): void {
    // Nobody can erase what comes later.
    if (index < redaction.n) this.#places.set(`${index} ${path}`, redaction);
  }
}

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
