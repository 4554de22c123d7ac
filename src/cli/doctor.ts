import { userInfo } from "node:os";
import { resolve } from "node:path";
import type { Command } from "commander";
import { isLog, logDirOf } from "../audit/index.js";
import type { Disk } from "../core/disk.js";
import { InvalidInputError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { examine } from "./doctor-checks.js";
import type { DoctorCheck } from "./doctor-finding.js";
import { repairDir } from "./doctor-repair.js";
import type { Repair } from "./doctor-repair.js";
import { doctorText } from "./doctor-view.js";
import type { Io } from "./io.js";
import { logOf } from "./log-of-dir.js";
import { Progress } from "./progress.js";
import { addStateOptions, inStateDir, stateDirOf } from "./state-dir.js";
import type { StateFlags } from "./state-dir.js";
import { recordsSize, watchedDisk } from "./watched-disk.js";

interface DoctorFlags extends StateFlags {
  readonly repair?: true;
  readonly by?: string;
}

/** What was found, and done about it. */
export interface Diagnosis {
  readonly dir: string;
  readonly checks: readonly DoctorCheck[];
  readonly repair: Repair | null;
  /** Nothing is wrong; after a repair: nothing keeps a governor from going on. */
  readonly isSound: boolean;
}

const HELP = `
It looks at everything: the directory and its owner, snapshot, journals and secret,
the newest records against what was signed, the control channel, room on the disk,
mode and policy. \`rein audit verify\` proves all records, from the first one on.
Nothing is changed and no process is disturbed, unless --repair is given.

--repair needs the directory for itself: stop the process first. It never loosens
anything: what may be lost counts as spent, and everything is halted until somebody
has looked at it and resumes it. Damaged files are kept in quarantine/, a damaged
log as a whole; a new log begins with saying what it goes on from. Nothing is
deleted, and the repair is put on the record.

Examples:
  rein doctor
  rein doctor /srv/bot/rein_state
  rein doctor --repair /srv/bot/rein_state

Exit codes: 0 sound, or repaired · 1 could not run · 2 something is wrong`;

/** \`rein doctor\`: whether a state directory is sound, and what to do when it is not. */
export function addDoctor(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("doctor")
    .summary("check a state directory, and repair it")
    .description("Check a state directory, and repair it without loosening anything.")
    .argument("[dir]", "the state directory; the same as --dir");
  addStateOptions(command)
    .option("--repair", "mend what is damaged; no process may own the directory")
    .option("--by <name>", "who repairs, for the record (default: the user)")
    .addHelpText("after", HELP)
    .action(async (dir: string | undefined, flags: DoctorFlags) => {
      exit(await doctor(dir === undefined ? flags : { ...flags, dir }, io));
    });
}

async function doctor(flags: DoctorFlags, io: Io): Promise<number> {
  const dir = stateDirOf(flags, io);
  return inStateDir(dir, "doctor", async () => {
    mustBeUsed(dir);
    const repair = flags.repair === true ? await repairWith(dir, flags, io) : null;
    const checks = await watched(dir, io, "checking", async (disk) =>
      examine({ dir, log: logOf(nodeDisk, dir), disk, now: Date.now() }),
    );
    const severities = checks.flatMap(({ findings }) => findings.map(({ severity }) => severity));
    const isSound = !severities.includes("error") && (repair !== null || !severities.includes("warning"));
    const diagnosis: Diagnosis = { dir: resolve(dir), checks, repair, isSound };
    const code = isSound ? 0 : 2;
    if (flags.json === true) io.stdout(`${JSON.stringify({ ...diagnosis, exitCode: code }, null, 2)}\n`);
    else io.stdout(doctorText(diagnosis, io));
    return code;
  });
}

function repairWith(dir: string, { by }: DoctorFlags, io: Io): Promise<Repair> {
  return watched(dir, io, "repairing", (disk) =>
    repairDir({ dir, disk, now: Date.now(), by: by ?? userName(io) }),
  );
}

/** Does something that reads all records, and tells how far it is. */
async function watched<T>(dir: string, io: Io, what: string, use: (disk: Disk) => Promise<T>): Promise<T> {
  const progress = new Progress(io);
  const { bytes } = recordsSize(logOf(nodeDisk, dir).dir);
  let read = 0;
  try {
    return await use(
      watchedDisk((more) => {
        read += more;
        progress.update(Math.min(1, read / bytes), () => `${what} the records`);
      }),
    );
  } finally {
    progress.clear();
  }
}

/** Anything that a governor makes in its directory. */
const OURS = /^(?:control$|secret$|repair\.json$|(?:owner|journal|snapshot)\.[0-9]|records-\d+\.jsonl$)/;

/** @throws InvalidInputError: a sound answer about the wrong directory would be believed */
function mustBeUsed(dir: string): void {
  if (isLog(nodeDisk, logDirOf(nodeDisk, dir)) || nodeDisk.list(dir).some((name) => OURS.test(name))) return;
  throw new InvalidInputError("dir", `\`${dir}\` holds no state of a governor`, {
    help: "give the `dir` that the governor was opened with, Rein.open({ dir }); it is made at the first start",
  });
}

function userName({ env }: Io): string {
  const name = env["SUDO_USER"] || env["USER"] || env["USERNAME"];
  if (name !== undefined && name !== "") return name;
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
