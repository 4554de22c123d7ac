import { hostname, userInfo } from "node:os";
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { newMessage, post, waitForAnswer } from "../control/index.js";
import type { ControlAnswer, ControlCommand, ControlMessage, Posted } from "../control/index.js";
import type { Disk } from "../core/disk.js";
import { parseDuration } from "../core/duration.js";
import { nodeDisk, readDirStore, systemIdentity } from "../store/index.js";
import { mustBeKnown } from "./known-ids.js";
import { asUserOf, checkDir, checkIsUsed, DEFAULT_DIR } from "./control-dir.js";
import type { Io } from "./io.js";

/** What every command to a governor takes. */
export interface ControlFlags {
  readonly dir?: string;
  readonly by?: string;
  readonly reason?: string;
  readonly timeout?: number;
  /** Commander's name for `--no-wait` not being there. */
  readonly wait: boolean;
  readonly json?: true;
}

/** Who writes to a state directory. */
export interface DirOwner {
  readonly pid: number;
  readonly host: string;
  /** Wall time in ms. */
  readonly since: number;
}

/** What the commands need of the system; tests give their own. */
export interface ControlSystem {
  readonly disk: Disk;
  /** Who runs with a state directory; null when nobody does. May throw. */
  ownerOf(dir: string): DirOwner | null;
  /** The halt that such a command has brought about, as far as the store knows. May throw. */
  haltOf?(
    dir: string,
    sent: { readonly by: string; readonly reason: string; readonly at: number },
  ): string | null;
  /** Throws where the state shows that the next start could only refuse the command. */
  mustBeKnown?(dir: string, command: ControlCommand): void;
}

/** The machine that the program runs on. */
export const machine: ControlSystem = {
  disk: nodeDisk,
  ownerOf(dir) {
    // Root asks about directories of others, too.
    const { owner } = readDirStore(dir, { identity: { ...systemIdentity(), uid: undefined } });
    return owner?.isAlive === true ? { pid: owner.pid, host: owner.host, since: owner.since } : null;
  },
  haltOf(dir, { by, reason, at }) {
    const { halts } = readDirStore(dir, { identity: { ...systemIdentity(), uid: undefined } });
    for (const halt of halts.values())
      if (halt["by"] === by && halt["reason"] === reason && Number(halt["at"]) >= at) return halt.id;
    return null;
  },
  mustBeKnown,
};

/** What became of a command; `kept`: no process runs, the next one takes it. */
export interface Sent {
  readonly dir: string;
  readonly posted: Posted;
  /** Wall time in ms at which it was sent. */
  readonly at: number;
  /** Null: nobody runs. */
  readonly owner: DirOwner | "unknown" | null;
  readonly state: "answered" | "kept" | "left" | "waiting" | "taken";
  readonly answer?: ControlAnswer | undefined;
  /** Nobody answered, and the halt is in force all the same: its id. */
  readonly inForce?: string | undefined;
  readonly waitedMs: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** What a governor may need beyond a halt's deadline before the receipt is there. */
const SPARE_MS = 5_000;

/** How every command to a governor ends, for its help. */
export const CONTROL_HELP = `
The governor is found through its state directory: the \`dir\` that it was opened
with. Only the user that runs it is admitted, and root. Nothing has to run: the
command is kept, and the next start carries it out before anything is allowed.`;

/** Adds the options that every command to a governor takes. */
export function addControlOptions(command: Command, reason: "required" | "optional"): Command {
  const why = "why, for the record";
  return command
    .option("-d, --dir <dir>", `the governor's state directory (default: REIN_DIR, or ${DEFAULT_DIR})`)
    .option("--by <name>", "who asks, for the record (default: the user)")
    .addOption(new Option("-r, --reason <text>", why).makeOptionMandatory(reason === "required"))
    .addOption(
      new Option(
        "-t, --timeout <duration>",
        "how long to wait for the governor's answer (default: 10s)",
      ).argParser(durationOption),
    )
    .option("--no-wait", "leave the command there and do not wait for the answer")
    .option("--json", "print what happened as one JSON document");
}

/** An option's duration in ms, `0s` included. */
export function durationOption(text: string): number {
  const ms = /^0+(?:ms|s)?$/.test(text) ? 0 : parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("Write a duration such as 500ms, 10s or 2m.");
  return ms;
}

/**
 * Leaves a command in a governor's inbox and waits for what becomes of it.
 *
 * @param patienceMs how long the governor itself may take, beyond which nobody waits by default
 */
export async function send(
  command: ControlCommand,
  flags: ControlFlags,
  io: Io,
  system: ControlSystem,
  patienceMs = 0,
): Promise<Sent> {
  const dir = resolve(flags.dir ?? (io.env["REIN_DIR"] || DEFAULT_DIR));
  checkDir(dir, command.command);
  const uid = process.getuid?.() ?? null;
  const by = flags.by ?? userName(io);
  return asUserOf(dir, command.command, async () => {
    checkIsUsed(dir, command.command);
    // An answer to nothing would look kept, and be refused where nobody hears of it.
    if (command.command !== "halt" && ownerOf(dir, system) === null) system.mustBeKnown?.(dir, command);
    const at = Date.now();
    const message = newMessage(command, { by, reason: flags.reason ?? "", at, uid, host: hostname() });
    const startedAt = performance.now();
    // Before anything else is read: what takes time, or fails, must not be in the way of a halt.
    const posted = post(system.disk, dir, message);
    const sent = { dir, posted, at };
    const owner = ownerOf(dir, system);
    const waitedMs = (): number => performance.now() - startedAt;
    if (owner === null) return { ...sent, owner, state: "kept", waitedMs: 0 };
    if (!flags.wait) return { ...sent, owner, state: "left", waitedMs: 0 };
    const timeoutMs = flags.timeout ?? Math.max(DEFAULT_TIMEOUT_MS, patienceMs + SPARE_MS);
    const fate = await waitForAnswer(system.disk, dir, posted, timeoutMs);
    if (typeof fate !== "string")
      return { ...sent, owner, state: "answered", answer: fate, waitedMs: waitedMs() };
    // It may have ended meanwhile, and then nothing of it runs.
    const isGone = fate === "waiting" && ownerOf(dir, system) === null;
    if (isGone) return { ...sent, owner: null, state: "kept", waitedMs: waitedMs() };
    const inForce = command.command === "halt" ? haltOf(dir, message, system) : undefined;
    return { ...sent, owner, state: fate, inForce, waitedMs: waitedMs() };
  });
}

function haltOf(dir: string, message: ControlMessage, system: ControlSystem): string | undefined {
  try {
    return system.haltOf?.(dir, message) ?? undefined;
  } catch {
    return undefined;
  }
}

/** State that cannot be read keeps nobody from leaving a command. */
function ownerOf(dir: string, system: ControlSystem): DirOwner | "unknown" | null {
  try {
    return system.ownerOf(dir);
  } catch {
    return "unknown";
  }
}

function userName(io: Io): string {
  // Whoever uses sudo is meant, and not root.
  const name = io.env["SUDO_USER"] || io.env["USER"] || io.env["USERNAME"];
  if (name !== undefined && name !== "") return name;
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
