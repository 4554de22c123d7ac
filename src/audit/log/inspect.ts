import type { Disk } from "../../core/disk.js";
import { ReinError } from "../../core/errors.js";
import { fileHeads } from "./head.js";
import { isLog, listSegments, logPlaces, segmentPath } from "./layout.js";
import { epochOf, keyringOf, newestHead, surveyLog } from "./recover.js";
import type { RecoverOptions } from "./recover.js";

/** Something about a log that is not as it should be. */
export interface Finding {
  /** `note`: nobody has to do anything. */
  readonly kind: "damage" | "note";
  /** The code of the error that opening the log ends with; null for a note. */
  readonly code: string | null;
  /** One sentence. */
  readonly problem: string;
  /** What can be done about it. */
  readonly fix: string;
}

export interface InspectOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** So many records are in a state that was saved: its segment and all later ones are read. */
  readonly position?: number | null | undefined;
}

/** What was found, and how much was read. */
export interface Inspection {
  readonly findings: readonly Finding[];
  /** Records in the log, and up to where they lead to what was signed; null where that cannot be said. */
  readonly size: number | null;
  readonly signed: number | null;
}

/** What a log is found to be that must not be written to: a new one can take its place. */
const BROKEN: ReadonlySet<string> = new Set([
  ...["record_damaged", "log_rolled_back", "key_missing", "key_invalid", "head_invalid"],
]);

/**
 * Tells what `recoverLog` would find, and writes nothing: the newest part of the log, from a saved state or from the
 * newest signed head on, must lead to what was signed and kept. `verifyLog` proves all of it.
 *
 * @throws ReinError `record_failed`; the system's errors
 */
export function inspectLog(options: InspectOptions): Inspection {
  try {
    return survey(options);
  } catch (error) {
    if (!ReinError.isInstance(error) || !BROKEN.has(error.code)) throw error;
    const { code, message, help = "" } = error;
    return { findings: [{ kind: "damage", code, problem: message, fix: help }], size: null, signed: null };
  }
}

function survey({ disk, dir, position }: InspectOptions): Inspection {
  if (!isLog(disk, dir)) return { findings: gone(dir, 0, position), size: 0, signed: 0 };
  const heads = [fileHeads(disk, logPlaces(dir).heads)];
  const options: RecoverOptions = { disk, dir, heads, verifyFrom: position ?? undefined };
  const head = newestHead(options);
  // Whoever began it did not get further.
  if (head === null && listSegments(disk, dir).length === 0) {
    return { findings: gone(dir, 0, position), size: 0, signed: 0 };
  }
  const keyring = keyringOf(options, head);
  const { trusted, scan } = surveyLog(options, head, keyring);
  epochOf(keyring, scan, trusted.size);
  const { range, segment, strayBytes, beyond } = scan;
  const findings = gone(dir, range.size, position);
  if (strayBytes > 0 || beyond.length > 0) {
    const what = strayBytes > 0 ? `ends with ${strayBytes} bytes that are` : "is followed by what is";
    findings.push({
      kind: "note",
      code: null,
      problem: `\`${segmentPath(dir, segment)}\` ${what} no whole record: a write under way, or what a crash left`,
      fix: "nothing to do: the next start keeps it in the log's quarantine",
    });
  }
  return { findings, size: range.size, signed: trusted.size };
}

function gone(dir: string, size: number, position: number | null | undefined): Finding[] {
  if (position === undefined || position === null || position <= size) return [];
  return [
    {
      kind: "damage",
      code: "log_rolled_back",
      problem: `the log in \`${dir}\` has ${size} records, and the saved state knows of ${position}`,
      fix: "put back what was taken away, or run `rein doctor --repair`, which counts every budget as spent",
    },
  ];
}
