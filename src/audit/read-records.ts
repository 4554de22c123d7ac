import { damaged } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { parseHeader, parseRecord } from "./segment-lines.js";
import type { SegmentHeader } from "./segment-lines.js";
import { walkRecords } from "./walk.js";
import type { WalkEnd, WalkOptions } from "./walk.js";

/** A line of the records. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly type: string };

export interface PlacedRecord {
  /** Where its line begins. */
  readonly position: Position;
  readonly record: LogRecord;
}

export interface ReadOptions extends WalkOptions {
  /** Hears that a segment begins, before its first record. */
  readonly onSegment?: ((header: SegmentHeader) => void) | undefined;
  /** Hears that the records end in something that is not whole: a crash, or a write that is under way. */
  readonly onTorn?: ((torn: { readonly end: Position; readonly bytes: number }) => void) | undefined;
}

/**
 * Reads records in order and checks them, holding one chunk at a time. A torn end is an end.
 *
 * @returns where the records end
 * @throws ReinError `record_damaged` with the place, `store_newer`, `record_failed`
 */
export function* readRecords(options: ReadOptions): Generator<PlacedRecord, Position, void> {
  const walk = walkRecords(options);
  let step = walk.next();
  for (; step.done !== true; step = walk.next()) {
    const { segment, start, body } = step.value;
    const text = body.toString();
    // Where every character is a byte, places in the text are places in the file.
    const isPlain = text.length === body.length;
    let offset = start;
    for (let at = 0; at < text.length;) {
      const end = text.indexOf("\n", at);
      const line = text.slice(at, end);
      const position = { segment, offset };
      const record = parseRecord(line) as LogRecord | undefined;
      if (record === undefined) throw damaged(options.dir, position, "this is not a record");
      if (record.type === "segment") options.onSegment?.(parseHeader(line)!);
      else yield { position, record };
      offset += isPlain ? end + 1 - at : Buffer.byteLength(line) + 1;
      at = end + 1;
    }
  }
  tell(options, step.value);
  return step.value.end;
}

function tell({ onTorn }: ReadOptions, { end, tornBytes, looseFrom, beyond }: WalkEnd): void {
  if (tornBytes > 0 || looseFrom !== undefined || beyond.length > 0) onTorn?.({ end, bytes: tornBytes });
}
