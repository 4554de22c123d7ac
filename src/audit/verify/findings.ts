import type { Finding, Incident, Listed, Place } from "./verdict.js";

/** Findings that a verdict lists. */
const LISTED_MAX = 20;

/** The most important first; what is not here comes last. */
const IMPORTANCE = [
  ...["contradicts_head", "behind_head", "other_log", "other_key", "missing_log"],
  ...["root_mismatch", "shorter_than_checkpoint", "signature_wrong", "unsigned", "forked", "sizes_go_down"],
  ...["line_invalid", "index_wrong", "records_missing", "segment_missing", "segment_unreadable"],
  ...["seal_wrong", "seal_missing", "seal_misplaced", "rotation_wrong", "cut_unexplained", "strays"],
];

/** What was found, with a bound on how much of it is kept. */
export class Findings {
  #count = 0;
  readonly #list: { readonly finding: Finding; readonly rank: number; readonly order: number }[] = [];
  #firstBad: Place | null = null;
  readonly #codes = new Set<string>();

  get count(): number {
    return this.#count;
  }

  /** The first line that is wrong. */
  get firstBad(): Place | null {
    return this.#firstBad;
  }

  has(code: string): boolean {
    return this.#codes.has(code);
  }

  add(code: string, message: string, place: Place | null = null): void {
    const known = IMPORTANCE.indexOf(code);
    const rank = known < 0 ? IMPORTANCE.length : known;
    this.#codes.add(code);
    this.blame(place);
    this.#list.push({ finding: { code, message, place }, rank, order: this.#count++ });
    if (this.#list.length <= 2 * LISTED_MAX) return;
    this.#sort();
    this.#list.length = LISTED_MAX;
  }

  /** Takes note of a line that is wrong. */
  blame(place: Place | null): void {
    if (place === null || place.index === null || place.line === null) return;
    if (this.#firstBad === null || place.index < this.#firstBad.index!) this.#firstBad = place;
  }

  listed(): Listed<Finding> {
    this.#sort();
    return { count: this.#count, first: this.#list.slice(0, LISTED_MAX).map(({ finding }) => finding) };
  }

  #sort(): void {
    this.#list.sort((a, b) => a.rank - b.rank || a.order - b.order);
  }
}

/** Things that happened, the first of them kept. */
export class Incidents {
  #count = 0;
  readonly #first: Incident[] = [];

  get count(): number {
    return this.#count;
  }

  add(index: number, at: number | undefined, message: string): void {
    this.#count++;
    if (this.#first.length >= LISTED_MAX) return;
    this.#first.push({ index, at: at !== undefined && Number.isFinite(at) ? at : null, message });
  }

  listed(): Listed<Incident> {
    return { count: this.#count, first: [...this.#first] };
  }
}
