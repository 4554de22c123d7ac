import type { Chronicle } from "./chronicle.js";
import type { Findings } from "./findings.js";
import type { Place } from "./verdict.js";

/** Leaves of a segment at most: segments end at multiples of this. */
export const SEGMENT_LEAVES = 1 << 16;

/** What may come behind `log.close`: an opening, what recovery did before it, and the end of a full segment. */
const AFTER_CLOSE: ReadonlySet<string> = new Set(["log.open", "log.recovered", "key.rotate"]);

/** The rules by which the log's own records follow each other, and segments are cut. */
export class Rules {
  readonly #findings: Findings;
  readonly #chronicle: Chronicle;
  /** Segments that end neither with a rotation nor, as far as was read, in a crash; by first index of the next one. */
  readonly #cuts = new Map<number, Place>();
  /** Bytes behind the end of segments, by first index of the segment, with the first index of the next. */
  readonly #strays = new Map<
    number,
    { readonly next: number; readonly bytes: number; readonly place: Place }
  >();

  constructor(chronicle: Chronicle, findings: Findings) {
    this.#chronicle = chronicle;
    this.#findings = findings;
  }

  /** A leaf is about to be taken in. @param first first index of its segment */
  before(type: string, index: number, first: number, place: () => Place): void {
    const { lastType, isClosed } = this.#chronicle;
    if (isClosed && !AFTER_CLOSE.has(type)) this.afterClose(index, place());
    if ((type === "log.begin") !== (index === 0)) {
      const text =
        index === 0
          ? `the log begins with \`${type.slice(0, 40)}\``
          : `the log begins a second time, with record ${index}`;
      this.#findings.add("begin_wrong", text, place());
    }
    if (index === first) return;
    if (lastType === "key.rotate")
      this.#findings.add(
        "rotation_wrong",
        `record ${index} follows a rotation, which ends a segment, in the same segment`,
        place(),
      );
    if (index % SEGMENT_LEAVES === 0)
      this.#findings.add(
        "cut_missing",
        `the segment goes on with record ${index}, and segments end at multiples of ${SEGMENT_LEAVES}`,
        place(),
      );
  }

  afterClose(index: number, place: Place): void {
    this.#findings.add(
      "after_close",
      `record ${index} follows \`log.close\`, and only an opening may`,
      place,
    );
  }

  /** A segment ends before this index. */
  cut(next: number, place: Place): void {
    const { lastType } = this.#chronicle;
    if (lastType !== "key.rotate" && lastType !== "") this.#cuts.set(next, place);
  }

  /** There are bytes behind what counts of a segment. */
  stray(first: number, next: number, bytes: number, place: Place): void {
    this.#strays.set(first, { next, bytes, place });
  }

  /** A crash is on the record. */
  recovered({ segment, from }: Readonly<Record<string, unknown>>): void {
    if (typeof from === "number") this.#cuts.delete(from);
    if (typeof segment === "number") this.#strays.delete(segment);
    // Two crashes in a row: the second one knows only the segment that the first one began.
    for (const [first, { next }] of this.#strays) if (next === from) this.#strays.delete(first);
  }

  /** @param signed leaves that are signed: a crash may not be on the record yet beyond them */
  end(signed: number): void {
    for (const [next, place] of this.#cuts) {
      // The record that explains it comes behind: it is due when something behind is signed.
      if (next >= signed) continue;
      this.#findings.add(
        "cut_unexplained",
        `a segment ends before record ${next} without a rotation, and no record tells of a crash there`,
        place,
      );
    }
    for (const [, { next, bytes, place }] of this.#strays) {
      // The record that explains it comes behind: it is due when something behind is signed.
      if (next >= signed) continue;
      this.#findings.add(
        "strays",
        `${bytes} bytes follow the last record of a segment, and no record tells of a crash there`,
        place,
      );
    }
  }
}
