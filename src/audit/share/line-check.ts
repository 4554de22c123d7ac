import { hash } from "node:crypto";
import { isBlobRef, MAX_LEAF_BYTES } from "../log/leaf.js";
import { LeafScanner } from "../verify/leaf-scanner.js";
import { ProtocolError } from "./frames.js";

/** Records that are the log's own to write. */
const OWN_TYPES: ReadonlySet<string> = new Set(["key.rotate", "anchor.receipt"]);

/** A large value of a record, as it came. */
export interface Blob {
  readonly field: string;
  readonly text: string;
}

/** Sees to it that what others send is fit to be a leaf, before it gets an index. */
export class LineCheck {
  readonly #scanner = new LeafScanner();
  /** Index and end of the line are put behind what came. */
  readonly #line = Buffer.allocUnsafeSlow(MAX_LEAF_BYTES * 2 + 64);

  /**
   * `payload` has head and tail of the record `number` of a run.
   *
   * @throws ProtocolError when the line would be no leaf, or not one of this run
   */
  check(
    payload: Buffer,
    [headFrom, tailFrom, end]: readonly [number, number, number],
    index: number,
    {
      boot,
      number,
      blobs,
    }: { readonly boot: string; readonly number: number; readonly blobs: readonly Blob[] },
  ): void {
    const line = this.#line;
    const scanner = this.#scanner;
    let at = payload.copy(line, 0, headFrom, tailFrom);
    at += line.write(String(index), at, "latin1");
    at += payload.copy(line, at, tailFrom, end);
    line[at] = 0x0a;
    const problem = scanner.scan(line, 0);
    if (problem !== undefined) throw new ProtocolError(`a record that ${problem}`);
    if (scanner.end !== at) throw new ProtocolError("a record of more than one line");
    if (scanner.n !== index) throw new ProtocolError("a record with an index of its own");
    if (scanner.boot !== boot) throw new ProtocolError("a record of another run");
    const { type } = scanner;
    if (type.startsWith("log.") || OWN_TYPES.has(type)) throw new ProtocolError(`a record \`${type}\``);
    if (!numbered(line, tailFrom - headFrom, number)) throw new ProtocolError("a record with another number");
    if (scanner.mayHaveBlob || blobs.length > 0) checkBlobs(line.toString("utf8", 0, at), blobs);
  }
}

/** Whether a line says the number that it came with; the head alone is looked at, for `i` stands before `n`. */
function numbered(line: Buffer, headBytes: number, number: number): boolean {
  const said = line.lastIndexOf(`,"i":${number},`, headBytes, "latin1");
  return said >= 0;
}

/** Each value that stands elsewhere must have come, and nothing else. */
function checkBlobs(line: string, blobs: readonly Blob[]): void {
  const refs = Object.entries(JSON.parse(line) as object).filter(([, value]) => isBlobRef(value));
  if (refs.length !== blobs.length) throw new ProtocolError("a record without its large values");
  for (const [field, ref] of refs as [string, { readonly $blob: string; readonly bytes: number }][]) {
    const blob = blobs.find((each) => each.field === field);
    const isIt =
      blob !== undefined &&
      Buffer.byteLength(blob.text) === ref.bytes &&
      hash("sha256", blob.text, "hex") === ref.$blob;
    if (!isIt) throw new ProtocolError("a large value that is not the one of its record");
  }
}
