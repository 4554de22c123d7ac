import { statfsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ENGINE_VERSION } from "../engine/index.js";
import type { StateReader } from "../rein/reading.js";
import { nodeDisk } from "../store/index.js";
import { newestOpening } from "./decision-search.js";
import type { CheckOptions, DoctorCheck, DoctorFinding } from "./doctor-finding.js";
import { counted } from "./io.js";
import { bytesText } from "./layout.js";
import { recordsSize } from "./watched-disk.js";

/** Node releases that Rein is tested on begin here. */
const MIN_NODE = [20, 19] as const;
/** Without so much room not even a snapshot can be relied upon. */
const LITTLE_ROOM = 16 * 2 ** 20;
const FEW_INODES = 100;
/** `statfs(2)`: a file system in memory. */
const TMPFS = 0x01021994;

/** What must be said loudly of how the governor is set. */
export function checkPolicy({ engine, recovered, store }: StateReader): DoctorCheck {
  const { mode, rules } = engine;
  const findings: DoctorFinding[] = [];
  if (mode === "off") {
    findings.push({
      severity: "warning",
      problem: "REIN IS OFF: no rule is asked, only halts stop",
      fix: "set REIN_ENABLED=true and start again",
    });
  }
  if (mode === "shadow") {
    findings.push({
      severity: "note",
      loud: true,
      problem: "SHADOW MODE: nothing is blocked but by an operator's halt",
      fix: 'when what it would have blocked looks right, open with mode: "enforce"',
    });
  }
  if (rules.length === 0) {
    findings.push({
      severity: "warning",
      problem: "NO RULES: everything is allowed until somebody halts it",
      fix: "pass a policy to Rein.open; `rein init` writes one to begin with",
    });
  } else if (recovered.saved.rulesFrom === "settings") {
    findings.push({
      severity: "note",
      loud: true,
      problem: "NO POLICY was given: only the thresholds of the settings hold",
      fix: "pass a policy to Rein.open; `rein init` writes one to begin with",
    });
  }
  const halts = new Set([...[...engine.halts.all()].map(({ info }) => info.id), ...store.halts.keys()]);
  if (halts.size > 0) {
    findings.push({
      severity: "note",
      problem: `${counted(halts.size, "halt")} in force`,
      fix: "`rein status` shows them, `rein resume` ends one",
    });
  }
  return { name: "policy", summary: `${mode}, ${counted(rules.length, "rule")}`, findings };
}

/** Whether the disk has room for what will be written. */
export function checkRoom({ dir, log }: CheckOptions): DoctorCheck {
  const name = "room";
  const { bsize, bavail, files, ffree, type } = statfsSync(dir);
  const free = bsize * bavail;
  const findings: DoctorFinding[] = [];
  const settings = newestOpening(nodeDisk, log.dir)?.["config"];
  const { maxRecordsMb } = (settings ?? {}) as Readonly<Record<string, unknown>>;
  const mayGrow = Number(maxRecordsMb) * 2 ** 20 - recordsSize(log.dir).bytes;
  if (free < LITTLE_ROOM) {
    findings.push({
      severity: "error",
      problem: `only ${bytesText(free)} are free: when nothing can be written, nothing is allowed`,
      fix: "free space on the disk",
    });
  } else if (free < mayGrow) {
    findings.push({
      severity: "note",
      problem: `${bytesText(free)} are free, and the records may still grow by ${bytesText(mayGrow)}`,
      fix: "free space, or lower the setting MAX_RECORDS_MB",
    });
  }
  if (files > 0 && ffree < FEW_INODES) {
    findings.push({
      severity: "error",
      problem: `the file system has room for ${counted(ffree, "more file")} only`,
      fix: "remove files that nobody needs",
    });
  }
  if (type === TMPFS) {
    findings.push({
      severity: "warning",
      problem: "the directory is in memory (tmpfs): its state does not survive a restart of the machine",
      fix: "choose a directory on a disk",
    });
  }
  const kept = join(dir, "quarantine");
  if (nodeDisk.look(kept)?.type === "directory" && nodeDisk.list(kept).length > 0) {
    findings.push({
      severity: "note",
      problem: `${counted(nodeDisk.list(kept).length, "entry", "entries")} in quarantine, set aside by a crash or a repair`,
      fix: `keep what may be evidence, and remove what nobody needs any more from ${kept}`,
    });
  }
  return { name, summary: `${bytesText(free)} free`, findings };
}

export function checkVersions({ log }: CheckOptions): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const findings: DoctorFinding[] = [];
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    findings.push({
      severity: "warning",
      problem: `Node ${process.versions.node} is older than any that Rein is tested on`,
      fix: `use Node ${MIN_NODE.join(".")} or newer`,
    });
  }
  const theirs = newestOpening(nodeDisk, log.dir)?.["engine"];
  if (typeof theirs === "number" && theirs !== ENGINE_VERSION) {
    findings.push({
      severity: "note",
      problem: `engine version ${theirs} wrote the newest records, and this is version ${ENGINE_VERSION}`,
      fix: "prove and explain them with the version that wrote them",
    });
  }
  return { name: "versions", summary: `engine ${ENGINE_VERSION}, Node ${process.versions.node}`, findings };
}
