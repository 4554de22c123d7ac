import type { Disk } from "../../core/disk.js";
import { hashesPath, segmentPath } from "../log/layout.js";
import { sha256 } from "../tree/index.js";
import { checkBlobs } from "./blob-check.js";
import type { Chronicle } from "./chronicle.js";
import type { Epochs } from "./epochs.js";
import type { Findings } from "./findings.js";
import { HashCache, notedRange } from "./hash-cache.js";
import { LeafScanner } from "./leaf-scanner.js";
import { LineSource } from "./line-source.js";
import type { NoteCheck } from "./note-check.js";
import { codeOf, fileAt } from "./places.js";
import { Rules } from "./rules.js";
import type { SegmentPlan } from "./segment-plan.js";
import type { TreeCheck } from "./tree-check.js";
import type { Place } from "./verdict.js";

type Fields = Readonly<Record<string, unknown>>;

export interface PassOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly plan: readonly SegmentPlan[];
  /** Leaves that are signed: what is wrong beyond is what a crash left. */
  readonly signed: number;
  /** Sizes for which it is wanted when the next record was written. */
  readonly marks: Map<number, number | null>;
  readonly tree: TreeCheck;
  readonly notes: NoteCheck | null;
  readonly epochs: Epochs;
  readonly chronicle: Chronicle;
  readonly findings: Findings;
  readonly warnings: Findings;
  /** Where to begin: a segment's first leaf. */
  readonly from: number;
  /** Hears of leaves that may concern the vault. */
  readonly onLeaf?: ((leaf: Fields) => void) | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Removed records that a record of the log accounts for. */
interface Removal {
  readonly from: number;
  readonly to: number;
}

/** One pass over all lines of a log. */
export class LogPass {
  /** Index of the next leaf. */
  index: number;
  records = 0;
  bytes = 0;
  removed = 0;
  blobs = 0;
  segments = 0;
  tornBytes = 0;
  readonly #options: PassOptions;
  readonly #scanner = new LeafScanner();
  readonly #rules: Rules;
  readonly #removals: Removal[] = [];
  /** Index at which something has to be compared. */
  #stop = 0;
  #shift = 0;
  #isTorn = false;

  constructor(options: PassOptions) {
    this.#options = options;
    this.index = options.from;
    this.#rules = new Rules(options.chronicle, options.findings);
  }

  run(): void {
    const { plan, from, signed, tree, findings } = this.#options;
    this.#reach();
    let before: SegmentPlan | undefined;
    for (const segment of plan) {
      if (segment.first < from) continue;
      this.#enter(segment, before);
      this.segments++;
      if (segment.isRemoved) this.#readRemoved(segment);
      else this.#readSegment(segment);
      if (segment.next !== Infinity && this.index < segment.next) this.#miss(segment);
      before = segment;
    }
    tree.end();
    this.#rules.end(signed);
    this.#endRemovals();
    if (this.#isTorn && before !== undefined && before.next !== Infinity)
      findings.add("records_missing", "segments follow one that is damaged");
  }

  #enter(segment: SegmentPlan, before: SegmentPlan | undefined): void {
    const { disk, dir, tree, warnings } = this.#options;
    if (this.index < segment.first) this.#skipTo(segment.first, "the segment with them is missing", null);
    if (before !== undefined && !before.isRemoved)
      this.#rules.cut(segment.first, fileAt(dir, segmentPath(dir, before.first)));
    if (!tree.isWhole || segment.first === 0) return;
    const noted = notedRange(disk, dir, segment.first);
    if (noted !== undefined && noted.root() !== tree.root()) {
      const where = fileAt(dir, segmentPath(dir, segment.first).replace(/jsonl$/, "range"));
      warnings.add(
        "cache_wrong",
        `\`${where.file}\` is not the tree before its segment; it is only a cache`,
        where,
      );
    }
  }

  /** The segment ended before the next one begins. */
  #miss(segment: SegmentPlan): void {
    const path = segmentPath(this.#options.dir, segment.first);
    const where = { ...fileAt(this.#options.dir, path), index: this.index };
    this.#skipTo(segment.next, `\`${where.file}\` ends before them`, where);
  }

  #skipTo(index: number, why: string, place: Place | null): void {
    const { tree, findings } = this.#options;
    findings.add("records_missing", `records ${this.index} to ${index - 1} are missing: ${why}`, place);
    tree.isWhole = false;
    this.index = index;
    this.#shift = 0;
    this.#reach();
  }

  /** Hashes of records whose lines retention has removed. */
  #readRemoved(segment: SegmentPlan): void {
    const { disk, dir, tree } = this.#options;
    const cache = HashCache.open(disk, dir, segment.first);
    if (cache === undefined) return;
    try {
      const from = this.index;
      while (this.index < segment.next) {
        const hash = cache.at(this.index - segment.first);
        if (hash === undefined) break;
        if (tree.isWhole) tree.append(hash);
        this.index++;
        this.removed++;
        if (this.index >= this.#stop) this.#reach();
      }
      this.#options.epochs.skip();
      const last = this.#removals.at(-1);
      if (last?.to === from) this.#removals[this.#removals.length - 1] = { from: last.from, to: this.index };
      else this.#removals.push({ from, to: this.index });
    } finally {
      cache.close();
    }
  }

  #readSegment(segment: SegmentPlan): void {
    const { disk, dir, findings } = this.#options;
    const path = segmentPath(dir, segment.first);
    let close = (): void => undefined;
    try {
      if (disk.look(path)?.type !== "file") return;
      const file = disk.openToRead(path);
      close = () => {
        file.close();
      };
      const source = new LineSource(file, segment.next === Infinity ? segment.bytes : file.bytes);
      this.#readLines(segment, source, path);
    } catch (error) {
      findings.add(
        "segment_unreadable",
        `\`${fileAt(dir, path).file}\` cannot be read (${codeOf(error)})`,
        fileAt(dir, path),
      );
    } finally {
      close();
    }
  }

  #readLines(segment: SegmentPlan, source: LineSource, path: string): void {
    const { disk, dir, tree, onBytes } = this.#options;
    const { first, next } = segment;
    const { buffer } = source;
    const scanner = this.#scanner;
    const cache = HashCache.open(disk, dir, first);
    const { file } = fileAt(dir, path);
    let line = 0;
    let start = 1;
    const place = (): Place => ({ file, line, index: this.index, byte: source.offset - (source.at - start) });
    const fields = (): Fields => JSON.parse(buffer.toString("utf8", start, scanner.end)) as Fields;
    let counted = 0;
    try {
      while (this.index < next) {
        if (source.at > source.lastEnd && !source.more()) break;
        if (source.offset - counted > 1 << 20) {
          onBytes?.(source.offset - counted);
          counted = source.offset;
        }
        start = source.at;
        line++;
        const fault = scanner.scan(buffer, start) ?? this.#indexFault();
        const end = scanner.end;
        if (
          fault === undefined
            ? !this.#take(first, place, fields)
            : !this.#refuse(fault, place, buffer, start, end)
        ) {
          this.#isTorn = true;
          break;
        }
        if (tree.isWhole) {
          // The byte before the line is its prefix now: the end of the line before, which is done with.
          buffer[start - 1] = 0;
          const hash = sha256(buffer.subarray(start - 1, end));
          tree.append(hash);
          if (cache !== undefined && cache.differs(line - 1, hash)) tree.suspectAt(place());
        }
        source.at = end + 1;
        this.records++;
        this.bytes += end + 1 - start;
        this.index++;
        if (this.index >= this.#stop) this.#reach();
        if (scanner.type === "key.rotate") this.#options.epochs.passed(this.index);
      }
      this.#endOf(segment, source, path, line);
    } finally {
      onBytes?.(source.offset - counted);
      cache?.close();
    }
  }

  #endOf({ first, next }: SegmentPlan, source: LineSource, path: string, line: number): void {
    const { dir, signed, findings } = this.#options;
    if (source.left <= 0) return;
    const place = { ...fileAt(dir, path, source.offset), line: line + 1, index: this.index };
    if (next === Infinity && this.index >= signed) this.tornBytes = source.left;
    else if (this.index === next)
      this.#rules.stray(first, next, source.left, fileAt(dir, path, source.offset));
    else
      findings.add(
        "line_invalid",
        `record ${this.index} is not a whole line, or longer than any record`,
        place,
      );
  }

  /** Takes a sound leaf in. False: the log ends before it. */
  #take(first: number, place: () => Place, fields: () => Fields): boolean {
    const { disk, dir, signed, chronicle, epochs, findings, marks, onLeaf } = this.#options;
    const scanner = this.#scanner;
    const { index } = this;
    const { type } = scanner;
    let whole: Fields | undefined;
    const read = (): Fields => (whole ??= fields());
    if (scanner.mayHaveBlob) {
      const { count, problem, path } = checkBlobs(disk, dir, index, read());
      // A large value is written before its record: a record without it was not written to its end.
      if (problem !== undefined && index >= signed) return false;
      this.blobs += count;
      if (problem !== undefined)
        findings.add("blob_wrong", problem, path === undefined ? place() : { ...fileAt(dir, path), index });
    }
    this.#rules.before(type, index, first, place);
    chronicle.see(scanner, index, read);
    if (marks.size > 0 && marks.has(index)) marks.set(index, Number.isFinite(scanner.at) ? scanner.at : null);
    if (type === "key.rotate") epochs.rotate(read(), index, place());
    else if (type === "log.begin" && index === 0) epochs.begin(read()["epochKey"], place());
    else if (type === "log.recovered") this.#rules.recovered(read());
    else if (type === "log.retention") this.#account(read());
    if (onLeaf !== undefined && (scanner.hasKept || type === "log.redacted" || type === "log.recovered"))
      onLeaf(read());
    return true;
  }

  /** Says what is wrong with a line. False: the log ends before it, by a crash. */
  #refuse(fault: string, place: () => Place, buffer: Buffer, start: number, end: number): boolean {
    const { signed, chronicle, findings } = this.#options;
    if (this.index >= signed) {
      // A crash tears a line or fills it with zeros; it does not write a sound one of its own.
      if (chronicle.isClosed && isObject(buffer.toString("utf8", start, end)))
        this.#rules.afterClose(this.index, place());
      return false;
    }
    const code = fault.startsWith("says") ? "index_wrong" : "line_invalid";
    findings.add(code, `record ${this.index} ${fault}`, place());
    return true;
  }

  /** Says it once when indices are shifted from here on. */
  #indexFault(): string | undefined {
    const shift = this.#scanner.n - this.index;
    if (shift === this.#shift) return undefined;
    this.#shift = this.index >= this.#options.signed ? this.#shift : shift;
    return `says that it is record ${this.#scanner.n}`;
  }

  #reach(): void {
    const { tree, notes } = this.#options;
    if (tree.isWhole) tree.reach();
    notes?.reach(this.index);
    this.#stop = Math.min(notes?.nextSize ?? Infinity, tree.isWhole ? tree.nextPoint : Infinity);
  }

  /** Retention says what it removed. */
  #account({ removed }: Fields): void {
    const { from, to } = (removed ?? {}) as { readonly from?: unknown; readonly to?: unknown };
    if (typeof from !== "number" || typeof to !== "number") return;
    for (let i = this.#removals.length - 1; i >= 0; i--) {
      const removal = this.#removals[i]!;
      if (removal.to <= from || removal.from >= to) continue;
      const left = [
        { from: removal.from, to: Math.min(removal.to, from) },
        { from: Math.max(removal.from, to), to: removal.to },
      ];
      this.#removals.splice(i, 1, ...left.filter((each) => each.from < each.to));
    }
  }

  #endRemovals(): void {
    const { dir, findings } = this.#options;
    for (const { from, to } of this.#removals) {
      const where = { ...fileAt(dir, hashesPath(dir, from)), index: from };
      findings.add(
        "segment_missing",
        `records ${from} to ${to - 1} are missing, and no record says that retention removed them`,
        where,
      );
    }
  }
}

function isObject(line: string): boolean {
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}
