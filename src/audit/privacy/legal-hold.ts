import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { InvalidInputError } from "../../core/errors.js";
import { replaceFile } from "../log/files.js";
import { damaged, isMissing } from "../log/layout.js";

/** Nothing may be removed: `legal-hold.json` in the log's directory. */
export interface LegalHold {
  readonly by: string;
  readonly reason: string;
  /** Wall time in ms. */
  readonly since: number;
  /** Wall time in ms at which it ends by itself; none: when somebody releases it. */
  readonly until?: number | undefined;
}

/** A record of the log that says that a hold was laid or released. */
export interface HoldRecord {
  readonly type: "log.hold";
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly isHeld: boolean;
  readonly until?: number;
}

function holdPath(dir: string): string {
  return join(dir, "legal-hold.json");
}

/**
 * The hold that is in force; undefined when there is none.
 *
 * @throws ReinError `record_damaged` when there is one that cannot be read: nothing is removed on a guess
 */
export function readHold(disk: Disk, dir: string, now: number): LegalHold | undefined {
  let text: string;
  try {
    text = new TextDecoder().decode(disk.read(holdPath(dir)));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const hold = parseHold(text);
  if (hold === undefined)
    throw damaged(holdPath(dir), "is no legal hold that can be read, so nothing is removed");
  return hold.until !== undefined && now >= hold.until ? undefined : hold;
}

/** Lays a hold, durably. @throws InvalidInputError; errors of the system */
export function layHold(disk: Disk, dir: string, hold: LegalHold): HoldRecord {
  const { by, reason, since, until } = hold;
  if (reason.trim() === "") throw new InvalidInputError("reason", "a legal hold needs a reason");
  if (until !== undefined && until <= since) {
    throw new InvalidInputError("until", "a legal hold must end after it begins");
  }
  const ending = until === undefined ? {} : { until };
  replaceFile(disk, holdPath(dir), `${JSON.stringify({ by, reason, since, ...ending })}\n`, "new");
  return { type: "log.hold", at: since, by, reason, isHeld: true, ...ending };
}

/** The record that must be in the log before a hold is released. */
export function releaseRecord(at: number, by: string, reason: string): HoldRecord {
  return { type: "log.hold", at, by, reason, isHeld: false };
}

/** Takes the hold away, durably; one that cannot be read as well. @throws the system's error */
export function releaseHold(disk: Disk, dir: string): void {
  if (disk.look(holdPath(dir)) === undefined) return;
  disk.remove(holdPath(dir));
  disk.syncDirNow(dir);
}

function parseHold(text: string): LegalHold | undefined {
  try {
    const { by, reason, since, until } = JSON.parse(text) as Record<string, unknown>;
    if (typeof by !== "string" || typeof reason !== "string" || typeof since !== "number") return undefined;
    if (until === undefined) return { by, reason, since };
    return typeof until === "number" ? { by, reason, since, until } : undefined;
  } catch {
    return undefined;
  }
}
