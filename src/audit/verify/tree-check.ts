import { CompactRange, hashToBase64 } from "../tree/index.js";
import type { Hash } from "../tree/index.js";
import type { Place } from "./verdict.js";

/** A root that somebody named for a size: a checkpoint, a kept head, a cosigned note. */
export interface Point {
  readonly size: number;
  readonly root: Hash;
  /** What it is, for messages: "the checkpoint of 12 records". */
  readonly what: string;
  /** Whether it is a checkpoint of the log itself, and part of it. */
  readonly isOwn: boolean;
  readonly place: Place | null;
}

/** A point that is not what the log leads to. */
export interface Mismatch {
  readonly point: Point;
  readonly found: Hash;
}

/** Computes the tree leaf by leaf and compares it with points on the way. */
export class TreeCheck {
  /** False: leaves are missing, so that no root can be computed any more. */
  isWhole = true;
  readonly #range: CompactRange;
  readonly #points: readonly Point[];
  #next = 0;
  /** The largest size at which one of the log's own checkpoints agreed, and no other had failed. */
  agreed = 0;
  readonly mismatches: Mismatch[] = [];
  mismatchCount = 0;
  /** Of the log's own checkpoints, the first that does not agree. */
  firstOwn: Mismatch | undefined;
  /** Where the cache of hashes first differs since the last agreement. */
  #suspect: Place | undefined;
  #blamed: Place | undefined;
  readonly #onCacheWrong: (place: Place) => void;
  /** Points larger than the log. */
  unreached: readonly Point[] = [];

  /** @param onCacheWrong hears of a cache that differs from leaves whose root was signed */
  constructor(points: readonly Point[], onCacheWrong: (place: Place) => void, from = new CompactRange()) {
    this.#range = from;
    this.#onCacheWrong = onCacheWrong;
    this.#points = [...points].sort((a, b) => a.size - b.size);
  }

  get size(): number {
    return this.#range.size;
  }

  /** Size of the next point; Infinity behind the last. */
  get nextPoint(): number {
    return this.#points[this.#next]?.size ?? Infinity;
  }

  /** The first line that is not the one whose hash was noted, when a checkpoint behind it does not agree. */
  get blamed(): Place | undefined {
    return this.#blamed;
  }

  append(leaf: Hash): void {
    this.#range.append(leaf);
  }

  /** The hash that was noted for a leaf is another one. */
  suspectAt(place: Place): void {
    this.#suspect ??= place;
  }

  /** The tree as it is, to compare it with what was noted. */
  get range(): CompactRange {
    return this.#range;
  }

  root(): Hash {
    return this.#range.root();
  }

  /** Compares the points of this size. */
  reach(): void {
    for (; this.nextPoint <= this.size; this.#next++) this.compare(this.#points[this.#next]!);
  }

  /** Compares one point whose size this is. */
  compare(point: Point): boolean {
    if (!this.isWhole || point.size !== this.size) return false;
    const found = this.#range.root();
    if (found === point.root) {
      if (!point.isOwn || this.firstOwn !== undefined) return true;
      this.agreed = point.size;
      if (this.#suspect !== undefined) this.#onCacheWrong(this.#suspect);
      this.#suspect = undefined;
      return true;
    }
    const mismatch = { point, found };
    this.mismatchCount++;
    if (this.mismatches.length < 100) this.mismatches.push(mismatch);
    if (point.isOwn && this.firstOwn === undefined) {
      this.firstOwn = mismatch;
      this.#blamed = this.#suspect;
    }
    return false;
  }

  /** The log ends here. */
  end(): void {
    this.unreached = this.isWhole ? this.#points.slice(this.#next) : [];
  }
}

/** The words for a mismatch. */
export function mismatchText({ point, found }: Mismatch): string {
  return `the records lead to the root ${hashToBase64(found)}, and ${point.what} has ${hashToBase64(point.root)}`;
}
