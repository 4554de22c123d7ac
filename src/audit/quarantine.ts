import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { ReinError } from "../core/errors.js";
import { withFile } from "./chunks.js";
import { copyBytes } from "./replace-segment.js";
import { makeDirDurably, QUARANTINE, segmentName, segmentPath } from "./segment-files.js";

/**
 * Moves a whole segment, or what stands in its place, out of the way. Returns where to, relative to `dir`; undefined
 * when nothing was in it.
 */
export function setAside(disk: Disk, dir: string, segment: number): string | undefined {
  const path = segmentPath(dir, segment);
  const facts = disk.look(path);
  if (facts === undefined) return undefined;
  if (facts.type === "file" && facts.bytes === 0) {
    disk.remove(path);
    disk.syncDirNow(dir);
    return undefined;
  }
  const name = freeName(disk, dir, segmentName(segment));
  disk.rename(path, join(dir, name));
  disk.syncDirNow(join(dir, QUARANTINE));
  disk.syncDirNow(dir);
  return name;
}

/** Keeps a segment as it is now, whatever comes in its place. Returns where, relative to `dir`. */
export function keepAside(disk: Disk, dir: string, segment: number): string {
  const name = freeName(disk, dir, segmentName(segment));
  disk.link(segmentPath(dir, segment), join(dir, name));
  disk.syncDirNow(join(dir, QUARANTINE));
  return name;
}

/** Copies the end of a segment out of the way, durably. Returns where to, relative to `dir`. */
export function copyAside(disk: Disk, dir: string, segment: number, from: number, to: number): string {
  const name = freeName(disk, dir, segmentName(segment).replace(".jsonl", `-from-${from}.jsonl`));
  withFile(disk, segmentPath(dir, segment), (source) => {
    const copy = disk.openToAppend(join(dir, name), true);
    try {
      copyBytes(source, copy, from, to);
      copy.syncNow();
    } finally {
      copy.close();
    }
  });
  disk.syncDirNow(join(dir, QUARANTINE));
  return name;
}

/** A name in the quarantine that is not taken: what lies there is never overwritten. */
function freeName(disk: Disk, dir: string, name: string): string {
  const quarantine = join(dir, QUARANTINE);
  const facts = disk.look(quarantine);
  if (facts === undefined) {
    makeDirDurably(disk, quarantine);
  } else if (facts.type !== "directory") {
    throw new ReinError("record_failed", `\`${quarantine}\` is not a directory`, {
      help: "move it away: what is cut out of the records is kept there",
    });
  }
  for (let i = 1; ; i++) {
    const free = join(QUARANTINE, i === 1 ? name : name.replace(".jsonl", `-${i}.jsonl`));
    if (disk.look(join(dir, free)) === undefined) return free;
  }
}
