import type { Disk } from "../core/disk.js";
import type { LogOfDir } from "./log-of-dir.js";

/** Something about a state directory that somebody should know. */
export interface DoctorFinding {
  /** `error`: it cannot be used so. `warning`: something is wrong all the same. `note`: good to know. */
  readonly severity: "error" | "warning" | "note";
  /** One sentence; names from the directory in it are harmless. */
  readonly problem: string;
  /** What to do about it; "" when nothing needs doing. */
  readonly fix: string;
  /** It must not be overlooked although nothing is wrong. */
  readonly loud?: boolean;
}

/** One thing that was looked at. */
export interface DoctorCheck {
  readonly name: string;
  /** What was found in a few words. */
  readonly summary: string;
  readonly findings: readonly DoctorFinding[];
}

export interface CheckOptions {
  readonly dir: string;
  readonly log: LogOfDir;
  /** A disk that tells how far reading the records is. */
  readonly disk: Disk;
  readonly now: number;
}
