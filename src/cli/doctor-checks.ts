import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { isLog, logPlaces } from "../audit/index.js";
import { inspectLog } from "../audit/log/inspect.js";
import { checkPlace, ownUid } from "../control/admission.js";
import { controlPlaces } from "../control/layout.js";
import { messageOf, ReinError } from "../core/errors.js";
import { StateReader } from "../rein/reading.js";
import { inspectDirStore, nodeDisk } from "../store/index.js";
import type { CheckOptions, DoctorCheck, DoctorFinding } from "./doctor-finding.js";
import { holdsState, tryOpenState } from "./doctor-state.js";
import { checkPolicy, checkRoom, checkVersions } from "./doctor-surroundings.js";
import { readInbox } from "./inbox.js";
import { counted, harmless } from "./io.js";
import { ago, bytesText } from "./layout.js";
import { thisUser } from "./state-dir.js";
import { recordsSize } from "./watched-disk.js";

/** A running governor saves its state far more often. */
const STALE_SNAPSHOT_MS = 10 * 60_000;
/** A process that passes gates takes its commands at once. */
const SLOW_INBOX_MS = 5_000;
/** Clocks of one machine do not differ by so much. */
const AHEAD_MS = 5 * 60_000;
/** Looks everything over, and changes nothing. */
export function examine(options: CheckOptions): DoctorCheck[] {
  const store = checkStore(options);
  const records = checkRecords(options);
  const isWhole = [store, records].every(({ findings }) =>
    findings.every(({ severity }) => severity !== "error"),
  );
  const state = isWhole ? tryOpenState(options.dir) : null;
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
  if (isReadOnly(dir)) {
    found.push({
      severity: "error",
      problem:
        "it is on a file system that is mounted read-only: nothing can be recorded, so nothing is allowed",
      fix: "mount it for writing (`mount -o remount,rw`), or look into the system's log: a disk with errors is often mounted so",
    });
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

/** Asked of the system, which tells even root; nothing is written. */
function isReadOnly(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EROFS";
  }
}

/** The newest records, against what was signed and kept. */
function checkRecords({ dir, log, disk }: CheckOptions): DoctorCheck {
  const name = "records";
  if (!isLog(disk, log.dir) && log.position === null) return { name, summary: "none here", findings: [] };
  const { segments, bytes } = recordsSize(log.dir);
  const files = `${bytesText(bytes)} in ${counted(segments, "file")}`;
  const findings = openKeys(log.dir);
  try {
    const { findings: found, size } = inspectLog({ disk, ...log });
    findings.push(
      ...found.map(({ kind, problem, fix }): DoctorFinding => ({
        severity: kind === "damage" ? "error" : "note",
        problem: harmless(problem, 500),
        fix: harmless(fix, 500).replace("`rein doctor --repair`", `\`rein doctor --repair ${dir}\``),
      })),
    );
    const isBad = size === null || findings.some(({ severity }) => severity === "error");
    const records = counted(size ?? 0, "record");
    const summary = isBad
      ? `${files}, not what was signed`
      : `${records}, ${files}; the newest are what was signed, \`rein audit verify\` proves all`;
    return { name, summary, findings };
  } catch (error) {
    return { name, summary: "cannot be read", findings: [...findings, errorFinding(error)] };
  }
}

/** Private keys that others can read: then what is signed proves less. */
function openKeys(log: string): DoctorFinding[] {
  const { keys } = logPlaces(log);
  if (nodeDisk.look(keys)?.type !== "directory") return [];
  return nodeDisk
    .list(keys)
    .map((name) => join(keys, name))
    .filter((path) => ((nodeDisk.look(path)?.mode ?? 0) & 0o077) !== 0)
    .map((path) => ({
      severity: "warning",
      problem: `\`${harmless(path, 200)}\` can be read by other users, who can then sign what never happened`,
      fix: `chmod 600 ${harmless(path, 200)}; who may have read it can be told by nobody: begin a new log if in doubt`,
    }));
}

/** Whether a governor could go on with the state. */
function checkState(state: StateReader | ReinError | null, options: CheckOptions): DoctorCheck {
  const name = "state";
  if (state === null) return { name, summary: "not looked at, because of what is damaged", findings: [] };
  if (!(state instanceof StateReader)) return withoutState(state, options);
  const { now } = options;
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
  return {
    name,
    summary: `can be restored, last changed ${age}, ${counted(engine.seq, "decision")}${tail}`,
    findings,
  };
}

function withoutState(error: ReinError, { dir, log }: CheckOptions): DoctorCheck {
  const name = "state";
  if (error.code !== "invalid_input") {
    return { name, summary: "cannot be restored", findings: [errorFinding(error)] };
  }
  if (!holdsState(dir)) return { name, summary: "none here, only records", findings: [] };
  if (!isLog(nodeDisk, log.dir)) return { name, summary: "nothing was saved yet", findings: [] };
  const finding: DoctorFinding = {
    severity: "error",
    problem: "there are records, and the snapshot that belongs to them is gone",
    fix: `run \`rein doctor --repair ${dir}\`, which makes the state anew from the records`,
  };
  return { name, summary: "cannot be restored", findings: [finding] };
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

function errorFinding(error: unknown): DoctorFinding {
  const help = ReinError.isInstance(error) ? (error.help ?? "") : "";
  return { severity: "error", problem: harmless(messageOf(error), 500), fix: harmless(help, 500) };
}
