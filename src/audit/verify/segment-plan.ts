import type { Disk } from "../../core/disk.js";
import { hashesPath, logPlaces, namesIn, notAFile, segmentPath } from "../log/layout.js";
import { codeOf, fileAt, shortText } from "./places.js";
import type { Findings } from "./findings.js";

/** A segment of the log, in the order in which it is read. */
export interface SegmentPlan {
  readonly first: number;
  /** First index of the next one; Infinity for the last. */
  readonly next: number;
  /** Bytes that it had when the check began. */
  readonly bytes: number;
  /** Retention has removed the lines: only hashes are there. */
  readonly isRemoved: boolean;
}

/** What a log's directory may hold beside segments while somebody writes. */
const NAME = /^(\d{16})\.(jsonl|hashes|range)(\.new)?$/;

/** Finds the segments: names, types, the first one. What is wrong with them is said. */
export function planSegments(disk: Disk, dir: string, findings: Findings, warnings: Findings): SegmentPlan[] {
  const { segments } = logPlaces(dir);
  const lines = new Map<number, number>();
  const hashes = new Set<number>();
  for (const name of namesOf(disk, segments, findings)) {
    const [, digits, kind, unfinished] = NAME.exec(name) ?? [];
    const first = Number(digits);
    if (digits === undefined || !Number.isSafeInteger(first)) {
      warnings.add("unknown_file", `\`seg/${shortText(name)}\` is no part of a log`);
    } else if (unfinished === undefined && kind === "jsonl") {
      lines.set(first, bytesOf(disk, dir, first, findings));
    } else if (unfinished === undefined && kind === "hashes") hashes.add(first);
  }
  const oldest = Math.min(...lines.keys());
  const removed = [...hashes].filter((first) => first < oldest && isFile(disk, hashesPath(dir, first)));
  const firsts = [...removed, ...lines.keys()].sort((a, b) => a - b);
  return firsts.map((first, i) => ({
    first,
    next: firsts[i + 1] ?? Infinity,
    bytes: lines.get(first) ?? 0,
    isRemoved: !lines.has(first),
  }));
}

function namesOf(disk: Disk, path: string, findings: Findings): readonly string[] {
  try {
    return namesIn(disk, path);
  } catch (error) {
    findings.add("segment_unreadable", `\`seg\` cannot be read as a directory (${codeOf(error)})`);
    return [];
  }
}

function bytesOf(disk: Disk, dir: string, first: number, findings: Findings): number {
  const path = segmentPath(dir, first);
  try {
    const problem = notAFile(disk, path);
    if (problem === undefined) return disk.look(path)?.bytes ?? 0;
    findings.add(
      "segment_unreadable",
      `the segment that begins with record ${first} ${problem}`,
      fileAt(dir, path),
    );
  } catch (error) {
    findings.add(
      "segment_unreadable",
      `the segment that begins with record ${first} cannot be looked at (${codeOf(error)})`,
      fileAt(dir, path),
    );
  }
  return 0;
}

function isFile(disk: Disk, path: string): boolean {
  try {
    return notAFile(disk, path) === undefined;
  } catch {
    return false;
  }
}
