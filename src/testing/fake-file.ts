import type { SeededRandom } from "./seeded-random.js";

/** Disks write whole sectors: what a power failure leaves of one is its old or its new content. */
export const SECTOR_BYTES = 512;

/**
 * A change to a file's bytes. `pending`: not synced yet. `limbo`: a sync failed over it, after which the system takes
 * it for clean and no later sync writes it ("fsyncgate"). `durable`: survives.
 */
export interface ContentChange {
  readonly at: number;
  /** Null cuts the file at `at`. */
  readonly bytes: Uint8Array | null;
  fate: "pending" | "limbo" | "durable";
}

/** The bytes of one file: as programs see them, and as the platter may have them. */
export class FakeContent {
  #live: Uint8Array;
  #length: number;
  /** What is on the platter for certain, before `#changes`. */
  #base: Uint8Array;
  #changes: ContentChange[] = [];

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#base = bytes.slice();
    this.#live = bytes.slice();
    this.#length = bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes as programs see them; not a copy. */
  get bytes(): Uint8Array {
    return this.#live.subarray(0, this.#length);
  }

  append(bytes: Uint8Array): void {
    this.#changes.push({ at: this.#length, bytes: bytes.slice(), fate: "pending" });
    this.#put(this.#length, bytes);
  }

  truncate(length: number): void {
    this.#changes.push({ at: length, bytes: null, fate: "pending" });
    const cut = this.bytes.slice(0, length);
    this.#live = new Uint8Array(Math.max(length, 64));
    this.#live.set(cut);
    this.#length = length;
  }

  /** What a sync that begins now covers. */
  unsynced(): readonly ContentChange[] {
    return this.#changes.filter(({ fate }) => fate === "pending");
  }

  /** A sync of these has ended. */
  synced(changes: readonly ContentChange[], fate: "durable" | "limbo"): void {
    for (const change of changes) if (change.fate === "pending") change.fate = fate;
    const kept = this.#changes.findIndex((change) => change.fate !== "durable");
    const done = kept < 0 ? this.#changes : this.#changes.slice(0, kept);
    if (done.length === 0) return;
    this.#base = applied(this.#base, done);
    this.#changes = this.#changes.slice(done.length);
  }

  /** What a power failure leaves. */
  survive(random: SeededRandom): FakeContent {
    return new FakeContent(survivors(this.#base, this.#changes, random));
  }

  #put(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    if (end > this.#live.length) {
      const grown = new Uint8Array(Math.max(end, this.#live.length * 2, 64));
      grown.set(this.bytes);
      this.#live = grown;
    }
    this.#live.set(bytes, at);
    this.#length = Math.max(this.#length, end);
  }
}

function applied(base: Uint8Array, changes: readonly ContentChange[]): Uint8Array {
  const image = new Image(base);
  for (const change of changes) image.apply(change);
  return image.done();
}

/** How much of each unsynced change is real; the rest is nothing, or zeros where the file was made longer first. */
function survivors(base: Uint8Array, changes: readonly ContentChange[], random: SeededRandom): Uint8Array {
  const image = new Image(base);
  const mode = random.pick(["lost", "kept", "torn", "torn", "zeroed", "zeroed", "mixed", "mixed", "mixed"]);
  const unsynced = changes.filter(({ fate }) => fate !== "durable");
  const total = unsynced.reduce((sum, { bytes }) => sum + (bytes?.length ?? 1), 0);
  // Bytes of the unsynced changes, in order, that are real.
  let real = mode === "lost" ? 0 : mode === "kept" || mode === "mixed" ? total : random.below(total + 1);
  /** In the mode `mixed`: how many of the unsynced changes each sector has seen. */
  const seen = new Map<number, number>();
  const rewritten = lastDurable(changes);
  let index = 0;
  changes.forEach((change, position) => {
    const { at, bytes, fate } = change;
    if (fate === "durable") {
      image.apply(change);
      return;
    }
    index++;
    if (bytes === null) {
      if (mode === "mixed" ? random.chance(0.5) : real > 0) image.apply(change);
      real = Math.max(0, real - 1);
      return;
    }
    const kept = mode === "mixed" ? 0 : Math.min(real, bytes.length);
    real -= kept;
    if (kept > 0) image.put(at, bytes.subarray(0, kept));
    if (mode === "zeroed" && kept < bytes.length) image.put(at + kept, new Uint8Array(bytes.length - kept));
    for (const { from, to, sector } of sectorsOf(at, bytes.length)) {
      const piece = bytes.subarray(from - at, to - at);
      if (mode === "mixed") {
        const seenHere = seen.get(sector) ?? random.below(unsynced.length + 1);
        seen.set(sector, seenHere);
        image.put(from, index <= seenHere ? piece : new Uint8Array(piece.length));
      }
      // A sector that was written again, and durably, took along what it had.
      if ((rewritten.get(sector) ?? -1) > position) image.put(from, piece);
    }
  });
  // The length is kept apart from the data: the file may end before sectors that were never written.
  if (mode === "mixed" && random.chance(0.5)) image.dropZeros();
  return image.done();
}

/** For each sector, the last change of it that is durable. */
function lastDurable(changes: readonly ContentChange[]): Map<number, number> {
  const last = new Map<number, number>();
  changes.forEach(({ at, bytes, fate }, position) => {
    if (fate !== "durable" || bytes === null) return;
    for (const { sector } of sectorsOf(at, bytes.length)) last.set(sector, position);
  });
  return last;
}

function sectorsOf(at: number, length: number): { from: number; to: number; sector: number }[] {
  const pieces: { from: number; to: number; sector: number }[] = [];
  for (let from = at; from < at + length;) {
    const sector = Math.floor(from / SECTOR_BYTES);
    const to = Math.min(at + length, (sector + 1) * SECTOR_BYTES);
    pieces.push({ from, to, sector });
    from = to;
  }
  return pieces;
}

class Image {
  #bytes: Uint8Array;
  #length: number;
  /** Up to here, what there is counts as written even where it is zero. */
  #written: number;

  constructor(base: Uint8Array) {
    this.#bytes = base.slice();
    this.#length = base.length;
    this.#written = base.length;
  }

  apply({ at, bytes }: ContentChange): void {
    if (bytes !== null) {
      this.put(at, bytes);
      this.#written = Math.max(this.#written, at + bytes.length);
      return;
    }
    this.#bytes.fill(0, Math.min(at, this.#bytes.length));
    this.#length = at;
    this.#written = Math.min(this.#written, at);
    if (at > this.#bytes.length) this.#grow(at);
  }

  put(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.#bytes.length) this.#grow(at + bytes.length);
    this.#bytes.set(bytes, at);
    this.#length = Math.max(this.#length, at + bytes.length);
  }

  dropZeros(): void {
    while (this.#length > this.#written && this.#bytes[this.#length - 1] === 0) this.#length--;
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
