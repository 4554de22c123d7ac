import { statfsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { inspectRecords } from "../audit/index.js";
import { checkPlace, ownUid } from "../control/admission.js";
import { controlPlaces } from "../control/layout.js";
import type { Disk } from "../core/disk.js";
import { messageOf, ReinError } from "../core/errors.js";
import { ENGINE_VERSION } from "../engine/index.js";
import { StateReader } from "../rein/reading.js";
import { realSystem } from "../rein/system.js";
import { inspectDirStore, nodeDisk } from "../store/index.js";
import { endOfRecords, openingBefore } from "./decision-search.js";
import { readInbox } from "./inbox.js";
import { counted, harmless } from "./io.js";
import { ago, bytesText } from "./layout.js";
import { thisUser } from "./state-dir.js";
import { recordsSize } from "./watched-disk.js";

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
  /** A disk that tells how far reading the records is. */
  readonly disk: Disk;
  readonly now: number;
}

/** Node releases that Rein is tested on begin here. */
const MIN_NODE = [20, 19] as const;
/** A running governor saves its state far more often. */
const STALE_SNAPSHOT_MS = 10 * 60_000;
/** A process that passes gates takes its commands at once. */
const SLOW_INBOX_MS = 5_000;
/** Clocks of one machine do not differ by so much. */
const AHEAD_MS = 5 * 60_000;
/** Without so much room not even a snapshot can be relied upon. */
const LITTLE_ROOM = 16 * 2 ** 20;
const FEW_INODES = 100;
/** `statfs(2)`: a file system in memory. */
const TMPFS = 0x01021994;

/** Looks everything over, and changes nothing. */
export function examine(options: CheckOptions): DoctorCheck[] {
  const store = checkStore(options);
  const records = checkRecords(options);
  const isWhole = [store, records].every(({ findings }) =>
    findings.every(({ severity }) => severity !== "error"),
  );
  const state = isWhole ? openQuietly(options.dir) : null;
  return [
    store,
    records,
    checkState(state, options),
    checkControl(options, state instanceof StateReader && state.isRunning),
    ...(state instanceof StateReader ? [checkPolicy(state)] : []),
    checkRoom(options),
    checkVersions(options),
  ];
}

/** The store's own files: the directory, its owner, snapshot, journals and the secret. */
function checkStore({ dir }: CheckOptions): DoctorCheck {
  const name = "directory";
  let found: DoctorFinding[];
  try {
    found = inspectDirStore(dir, { identity: thisUser() }).map(({ file, problem, fix, severity }) => ({
      severity,
      problem: `${file === "" ? "it" : `\`${harmless(file, 100)}\``} ${harmless(problem, 500)}`,
      fix,
    }));
  } catch (error) {
    return { name, summary: "cannot be read", findings: [errorFinding(error)] };
  }
  const secret = nodeDisk.look(join(dir, "secret"));
  if (secret !== undefined && (secret.mode & 0o077) !== 0) {
    found.push({
      severity: "warning",
      problem:
        "`secret` can be read by other users, who can then find out which tag values the records are about",
      fix: `chmod 600 ${join(dir, "secret")}`,
    });
  }
  const isBad = found.some(({ severity }) => severity !== "note");
  return {
    name,
    summary: isBad ? "not sound" : "owner, snapshot, journals and secret are sound",
    findings: found,
  };
}

/** Every byte of the records. */
function checkRecords({ dir, disk }: CheckOptions): DoctorCheck {
  const name = "records";
  const { segments, bytes } = recordsSize(dir);
  if (segments === 0) return { name, summary: "none here", findings: [] };
  try {
    const findings = inspectRecords({ disk, dir }).map(({ kind, file, problem, fix }): DoctorFinding => ({
      severity: kind === "damage" ? "error" : "note",
      problem: `\`${harmless(file, 100)}\`: ${harmless(problem, 500)}`,
      fix: fix.replace("`rein doctor --repair`", `\`rein doctor --repair ${dir}\``),
    }));
    const isBad = findings.some(({ severity }) => severity === "error");
    const size = `${bytesText(bytes)} in ${counted(segments, "file")}`;
    return { name, summary: isBad ? `${size}, damaged` : `${size}, every byte verified`, findings };
  } catch (error) {
    return { name, summary: "cannot be read", findings: [errorFinding(error)] };
  }
}

/** Whether a governor could go on with the state. */
function checkState(state: StateReader | ReinError | null, { now }: CheckOptions): DoctorCheck {
  const name = "state";
  if (state === null) return { name, summary: "not looked at, because of what is damaged", findings: [] };
  if (!(state instanceof StateReader))
    return { name, summary: "cannot be restored", findings: [errorFinding(state)] };
  const { store, recovered, isRunning, engine, at } = state;
  const findings: DoctorFinding[] = [];
  const savedAt = store.snapshot!.at;
  if (isRunning && now - savedAt > STALE_SNAPSHOT_MS) {
    findings.push({
      severity: "warning",
      problem: `the process has not saved its state for long: the newest snapshot was taken ${ago(savedAt, now)}`,
      fix: "look into its log: the disk may refuse to take it",
    });
  }
  if (Math.max(at, savedAt) - now > AHEAD_MS) {
    findings.push({
      severity: "warning",
      problem: `the newest record is from the future (${ago(Math.max(at, savedAt), now)})`,
      fix: "set the machine's clock: windows end late until it has caught up",
    });
  }
  if (recovered.commandsOnly !== null && recovered.tail > 0) {
    findings.push({
      severity: "warning",
      problem: `the newest records cannot be replayed, as ${recovered.commandsOnly}: what was granted will count as spent`,
      fix: "nothing to do: the next start says what that comes to",
    });
  }
  const age = ago(Math.max(at, savedAt), now);
  const tail = isRunning ? "" : `, ${counted(recovered.tail, "record")} after the snapshot to be replayed`;
  return { name, summary: `can be restored, last changed ${age}, ${engine.seq} decisions${tail}`, findings };
}

/** Whether commands from outside reach the governor. */
function checkControl({ dir, now }: CheckOptions, isRunning: boolean): DoctorCheck {
  const name = "control";
  const places = controlPlaces(dir);
  if (nodeDisk.look(places.root) === undefined)
    return { name, summary: "no channel yet; it is made at the next start", findings: [] };
  const findings: DoctorFinding[] = [];
  for (const path of [places.root, places.inbox, places.outbox]) {
    try {
      if (nodeDisk.look(path) !== undefined) checkPlace(nodeDisk, path, ownUid());
    } catch (error) {
      findings.push(errorFinding(error));
    }
  }
  if (findings.length > 0) return { name, summary: "not safe", findings };
  const { waiting, rejected } = readInbox(dir);
  for (const { file, what } of waiting.filter(({ isSound }) => !isSound)) {
    findings.push({
      severity: "warning",
      problem: `\`${harmless(file, 100)}\` in the inbox is not a command: it ${harmless(what, 300)}`,
      fix: `find out who put it there; the governor moves it to ${places.rejected}`,
    });
  }
  const oldest = Math.min(...waiting.flatMap(({ at }) => at ?? []));
  if (isRunning && now - oldest > SLOW_INBOX_MS) {
    findings.push({
      severity: "warning",
      problem: `the process does not take its commands: one waits since ${ago(oldest, now)}`,
      fix: "it hangs, or passes no gate; end the process to be sure, and the next start carries them out",
    });
  }
  if (rejected > 0) {
    findings.push({
      severity: "note",
      problem: `${counted(rejected, "file")} ${rejected === 1 ? "was" : "were"} not admitted as commands`,
      fix: `look at them in ${places.rejected}, then remove them`,
    });
  }
  return { name, summary: `${counted(waiting.length, "command")} waiting`, findings };
}

/** What must be said loudly of how the governor is set. */
function checkPolicy({ engine, recovered, store }: StateReader): DoctorCheck {
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
function checkRoom({ dir }: CheckOptions): DoctorCheck {
  const name = "room";
  const { bsize, bavail, files, ffree, type } = statfsSync(dir);
  const free = bsize * bavail;
  const findings: DoctorFinding[] = [];
  const settings = openingBefore(nodeDisk, dir, endOfRecords(nodeDisk, dir))?.["config"];
  const { maxRecordsMb, segmentMb } = (settings ?? {}) as Readonly<Record<string, unknown>>;
  const mayGrow = Number(maxRecordsMb) * 2 ** 20 + Number(segmentMb) * 2 ** 20 - recordsSize(dir).bytes;
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
      problem: `${counted(nodeDisk.list(kept).length, "file")} in quarantine, set aside by a crash or a repair`,
      fix: `remove what nobody needs any more from ${kept}`,
    });
  }
  return { name, summary: `${bytesText(free)} free`, findings };
}

function checkVersions({ dir }: CheckOptions): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const findings: DoctorFinding[] = [];
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    findings.push({
      severity: "warning",
      problem: `Node ${process.versions.node} is older than any that Rein is tested on`,
      fix: `use Node ${MIN_NODE.join(".")} or newer`,
    });
  }
  const theirs = openingBefore(nodeDisk, dir, endOfRecords(nodeDisk, dir))?.["engine"];
  if (theirs !== undefined && theirs !== ENGINE_VERSION) {
    findings.push({
      severity: "note",
      problem: `engine version ${harmless(String(theirs), 20)} wrote the newest records, and this is version ${ENGINE_VERSION}`,
      fix: "prove and explain them with the version that wrote them",
    });
  }
  return { name: "versions", summary: `engine ${ENGINE_VERSION}, Node ${process.versions.node}`, findings };
}

function openQuietly(dir: string): StateReader | ReinError {
  try {
    return StateReader.open(dir, { system: realSystem, identity: thisUser() });
  } catch (error) {
    if (ReinError.isInstance(error)) return error;
    throw error;
  }
}

function errorFinding(error: unknown): DoctorFinding {
  const help = ReinError.isInstance(error) ? (error.help ?? "") : "";
  return { severity: "error", problem: harmless(messageOf(error), 500), fix: harmless(help, 500) };
}
