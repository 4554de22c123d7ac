import type { Disk } from "../core/disk.js";
import { soundChunkAfter, withFile } from "./chunks.js";
import { listSegments, namesIn, notAFile, segmentName, segmentPath } from "./segment-files.js";
import type { Position } from "./segment-files.js";
import { walk } from "./walk.js";
import type { Damage, WalkEnd } from "./walk.js";

export interface RecordsOptions {
  readonly disk: Disk;
  readonly dir: string;
}

/** Something that is not as it should be. */
export interface Finding {
  /** `note`: nobody has to do anything. */
  readonly kind: "damage" | "note";
  /** Name of the file in `dir`. */
  readonly file: string;
  /** What is wrong, as part of a sentence that begins with the file. */
  readonly problem: string;
  /** What can be done about it, or was. */
  readonly fix: string;
}

/** Looks through all records, changes nothing, and tells everything that is wrong. @throws ReinError `store_newer`, `record_failed` */
export function inspectRecords({ disk, dir }: RecordsOptions): Finding[] {
  const findings = strangeNames(disk, dir);
  for (let from: Position | null | undefined = undefined; from !== null;) {
    const outcome = lookOn(disk, dir, from);
    if ("end" in outcome) {
      findings.push(...tornEnd(outcome));
      from = null;
    } else {
      const { at, problem } = outcome;
      findings.push({
        kind: "damage",
        file: segmentName(at.segment),
        problem: `${problem} (byte ${at.offset})`,
        fix: "`rein doctor --repair` sets the bad part aside and marks the place",
      });
      from = nextSound(disk, dir, outcome);
    }
  }
  return findings;
}

/** Reads on up to the next damage, or to the end. */
export function lookOn(disk: Disk, dir: string, from: Position | undefined): Damage | WalkEnd {
  const steps = walk({ disk, dir, from });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value.kind === "end" ? step.value.end : step.value.damage;
}

/** The first place beyond a damage from which on something can be read; null when there is none. */
export function nextSound(disk: Disk, dir: string, { at, what }: Damage): Position | null {
  const { segment, offset } = at;
  if (what === "bytes" && notAFile(disk, dir, segment) === undefined) {
    const start = withFile(disk, segmentPath(dir, segment), (file) =>
      soundChunkAfter(file, segment, offset, 0),
    );
    if (start !== undefined) return { segment, offset: start };
  }
  return listSegments(disk, dir).some((number) => number > segment)
    ? { segment: segment + 1, offset: 0 }
    : null;
}

function tornEnd({ end, tornBytes, beyond }: WalkEnd): Finding[] {
  if (tornBytes === 0 && beyond.length === 0) return [];
  const what = tornBytes > 0 ? `ends with ${tornBytes} bytes` : "is followed by a segment";
  return [
    {
      kind: "note",
      file: segmentName(end.segment),
      problem: `${what} that a crash did not let become whole`,
      fix: "nothing to do: the next start keeps them in the quarantine",
    },
  ];
}

/** What looks like a segment and is none. */
function strangeNames(disk: Disk, dir: string): Finding[] {
  const known = new Set(listSegments(disk, dir).map(segmentName));
  return namesIn(disk, dir)
    .filter((name) => name.startsWith("records") && !known.has(name))
    .map((file) => ({
      kind: "note",
      file,
      problem: "is no segment of the records, and is not read",
      fix: "move it away if nobody needs it",
    }));
}
