import type { Disk } from "../../core/disk.js";
import { fileHeads } from "../log/head.js";
import { newestHead } from "../log/recover.js";

/** Who has lost a log to somebody out of reach takes it back when that one has not signed for so long: it signs every 10 s. */
const SILENT_MS = 35_000;

/** Somebody who signs the same log and whose socket is out of our reach, as in another container that shares the volume. */
export class Rival {
  readonly #log: { readonly disk: Disk; readonly dir: string; readonly headDirs: readonly string[] };
  /** Until when not to write, and what he had signed. */
  #notBefore = 0;
  #size = -1;

  constructor(log: { readonly disk: Disk; readonly dir: string; readonly headDirs: readonly string[] }) {
    this.#log = log;
  }

  /** There is one. */
  met(): void {
    this.#notBefore = performance.now() + SILENT_MS;
    this.#size = this.headSize();
  }

  /** Whether there is none, or he has been silent for long. @throws what reading a head throws */
  isGone(): boolean {
    if (this.#notBefore === 0) return true;
    if (this.headSize() !== this.#size) this.met();
    if (performance.now() < this.#notBefore) return false;
    this.#notBefore = 0;
    return true;
  }

  /** Leaves that were signed last. */
  headSize(): number {
    const { disk, dir, headDirs } = this.#log;
    return newestHead({ disk, dir, heads: [fileHeads(disk, headDirs[0]!)] })?.size ?? 0;
  }
}
