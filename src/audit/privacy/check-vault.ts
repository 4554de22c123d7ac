import type { Disk } from "../../core/disk.js";
import { listSegments } from "../log/layout.js";
import type { LogRecord } from "../log/leaf.js";
import { Redactions } from "./erasure.js";
import { FieldList, MISMATCHED, MISSING, SHOWN } from "./field-list.js";
import type { FieldCounts, FieldState } from "./field-list.js";
import { keptFields } from "./kept-path.js";
import { openLine } from "./opening.js";
import { SubjectKeys } from "./subject-keys.js";
import { listVault, readVaultLine, vaultLines, vaultPath } from "./vault-lines.js";
import type { VaultLine } from "./vault-lines.js";

/** Problems that are told one by one; all are counted. */
const MAX_TOLD = 100;

/** A line of the vault that is not what its leaf commits to: the vault was tampered with, or damaged. */
export interface VaultMismatch {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly n: number | undefined;
  readonly path: string | undefined;
  readonly why: string;
}

/** What the check found. */
export interface VaultReport extends FieldCounts {
  /** Lines that do not open what a leaf commits to: any makes the vault invalid. */
  readonly mismatchCount: number;
  /** The first of them. */
  readonly mismatches: readonly VaultMismatch[];
  /** Lines that nobody can check: their leaves were removed, or are not there yet. */
  readonly unchecked: number;
}

interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined for what is no line of a vault. */
  readonly line: VaultLine | undefined;
}

export interface VaultCheckOptions {
  readonly disk: Disk;
  /** The log's directory. */
  readonly dir: string;
  /** Index of the first leaf that comes; the oldest that is there when left out. */
  readonly from?: number | undefined;
}

/**
 * Checks the vault against the leaves, which come one by one and in order: every line must open its commitment. Holds
 * one line at a time, and a few bytes for each field.
 */
export class VaultCheck {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #from: number;
  readonly #keys: SubjectKeys;
  readonly #segments: readonly number[];
  /** Files that are still to be read. */
  readonly #files: number[];
  readonly #redactions = new Redactions();
  readonly #fields = new FieldList();
  readonly #mismatches: VaultMismatch[] = [];
  #mismatchCount = 0;
  #unchecked = 0;
  /** Lines that stand in the file of another segment, by file: a recovery may account for them. */
  readonly #strays = new Map<number, VaultMismatch[]>();
  readonly #recovered = new Set<number>();
  #file = -1;
  #lines: Generator<Line, void, void> | undefined;
  #next: Line | undefined;

  /** @throws ReinError `record_failed` */
  constructor({ disk, dir, from }: VaultCheckOptions) {
    this.#disk = disk;
    this.#dir = dir;
    this.#keys = new SubjectKeys(disk, dir);
    this.#segments = listSegments(disk, dir);
    this.#from = from ?? this.#segments[0] ?? 0;
    this.#files = listVault(disk, dir);
  }

  /** Takes the next leaf; those that keep nothing and are no record of the log itself may be left out. @throws ReinError `record_failed` */
  leaf(leaf: LogRecord): void {
    this.#redactions.add(leaf);
    if (leaf.type === "log.recovered" && typeof leaf["segment"] === "number") {
      this.#recovered.add(leaf["segment"]);
    }
    const fields = keptFields(leaf);
    if (fields.length === 0) return;
    this.#passUpTo(leaf.n);
    const lines: Line[] = [];
    while (this.#next?.line?.n === leaf.n) {
      lines.push(this.#next);
      this.#read();
    }
    for (const { path, commitment } of fields) {
      let state: FieldState = MISSING;
      for (const { number, line } of lines) {
        if (line?.path !== path) continue;
        const opened = openLine(this.#keys, line, commitment);
        if (opened.state === "opens" && state === MISSING) state = SHOWN;
        if (opened.state !== "mismatch") continue;
        state = MISMATCHED;
        this.#mismatch(this.#about(number, line, opened.why));
      }
      this.#fields.add(leaf.n, path, state);
    }
    for (const { number, line } of lines) {
      if (fields.every(({ path }) => path !== line?.path)) this.#unmatched(number, line);
    }
  }

  /** @param size leaves of the log that was checked: what the vault keeps beyond belongs to leaves that are not there yet */
  finish(size: number): VaultReport {
    this.#passUpTo(Infinity, size);
    for (const [file, strays] of this.#strays) {
      // What a process wrote that had lost the log does not count, here as in the segment itself.
      if (this.#recovered.has(file)) this.#unchecked += strays.length;
      else for (const stray of strays) this.#mismatch(stray);
    }
    const counts = this.#fields.counts(this.#redactions);
    return {
      ...counts,
      mismatchCount: this.#mismatchCount,
      mismatches: this.#mismatches,
      unchecked: this.#unchecked,
    };
  }

  /** Reads on to the lines of a leaf: those before it have found none. */
  #passUpTo(n: number, size = Infinity): void {
    const home = this.#segments.findLast((first) => first <= n) ?? -1;
    for (;;) {
      if (this.#next === undefined) {
        const file = this.#files[0];
        if (file === undefined || file > home) return;
        this.#files.shift();
        this.#open(file);
        continue;
      }
      const { number, line } = this.#next;
      if (this.#file === home && line !== undefined && line.n >= n && !this.#isStray(line)) return;
      if (line === undefined) this.#mismatch(this.#about(number, line, "it is no line of a vault"));
      else if (line.n < this.#from || line.n >= size) this.#unchecked++;
      else if (this.#isStray(line))
        this.#stray(this.#about(number, line, "it stands in another segment's file"));
      else this.#unmatched(number, line);
      this.#read();
    }
  }

  #isStray({ n }: VaultLine): boolean {
    return this.#segments.findLast((first) => first <= n) !== this.#file;
  }

  #unmatched(number: number, line: VaultLine | undefined): void {
    const why = `record ${line?.n ?? 0} keeps nothing at \`${line?.path ?? ""}\`, or the line is not in its place`;
    this.#mismatch(this.#about(number, line, why));
  }

  #about(number: number, line: VaultLine | undefined, why: string): VaultMismatch {
    return { file: vaultPath(this.#dir, this.#file), line: number, n: line?.n, path: line?.path, why };
  }

  #mismatch(mismatch: VaultMismatch): void {
    this.#mismatchCount++;
    if (this.#mismatches.length < MAX_TOLD) this.#mismatches.push(mismatch);
  }

  #stray(stray: VaultMismatch): void {
    const strays = this.#strays.get(this.#file);
    if (strays === undefined) this.#strays.set(this.#file, [stray]);
    else strays.push(stray);
  }

  #open(file: number): void {
    this.#file = file;
    this.#lines = numbered(this.#disk, vaultPath(this.#dir, file));
    this.#read();
  }

  #read(): void {
    const next = this.#lines?.next();
    this.#next = next === undefined || next.done === true ? undefined : next.value;
  }
}

/** Checks the vault against the leaves of a log. @throws ReinError `record_failed`; what `leaves` throws */
export function checkVault(
  options: VaultCheckOptions & { readonly leaves: Iterable<LogRecord> },
): VaultReport {
  const check = new VaultCheck(options);
  let size = options.from ?? 0;
  for (const leaf of options.leaves) {
    check.leaf(leaf);
    size = leaf.n + 1;
  }
  return check.finish(size);
}

function* numbered(disk: Disk, path: string): Generator<Line, void, void> {
  let number = 0;
  for (const bytes of vaultLines(disk, path)) yield { number: ++number, line: readVaultLine(bytes) };
}
