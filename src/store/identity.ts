import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who owns a directory, as its owner file says it. */
export interface OwnerFacts {
  readonly pid: number;
  /** When the process started, in ticks since the machine did: with it, a process number is used once. */
  readonly startTime: string | null;
  readonly host: string;
  /** Names one run of one machine. */
  readonly machineBoot: string | null;
  /** Names the room in which a process number means something: containers have their own. */
  readonly pidNamespace: string | null;
  /** Wall time in ms. */
  readonly since: number;
  /** Different for every owner. */
  readonly nonce: string;
  /**
   * An owner before this one may wake up and go on writing records, and this one has not yet seen to it that they do
   * not count: whoever comes next has to.
   */
  readonly unfenced?: boolean;
}

/** What the system says about this process and others; a simulation says something else. */
export interface Identity extends Omit<OwnerFacts, "since" | "nonce"> {
  /** This user; undefined where the system has none: owners and modes of files are then not looked at. */
  readonly uid: number | undefined;
  /** Whether an owner runs on this machine, in this run of it and in our room; undefined when that cannot be told. */
  isAlive(owner: OwnerFacts): boolean | undefined;
}

/** What this system says about this process. */
export function systemIdentity(): Identity {
  return {
    pid: process.pid,
    startTime: processOf("self")?.startTime ?? OWN_START,
    host: hostname(),
    machineBoot: textOf("/proc/sys/kernel/random/boot_id"),
    pidNamespace: linkOf("/proc/self/ns/pid"),
    uid: process.getuid?.(),
    isAlive,
  };
}

/** Where the system does not say when a process started, it can at least know itself again. */
const OWN_START = `${performance.timeOrigin} ms`;

function isAlive(owner: OwnerFacts): boolean | undefined {
  if (owner.pid === process.pid && owner.startTime === OWN_START) return true;
  const found = processOf(owner.pid);
  if (found !== undefined) return found.startTime === owner.startTime && found.runs;
  // Nothing there: it is gone, unless processes of others are hidden from us.
  return isGone(owner.pid) ? false : undefined;
}

/** Whether no process has this number. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** State and start time from /proc/PID/stat (proc(5)); the name in it may hold anything, even brackets. */
function processOf(pid: number | "self"): { startTime: string; runs: boolean } | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields?.[0], fields?.[19]];
  if (state === undefined || startTime === undefined) return undefined;
  // A process that is dead and not yet collected by its parent still has a number.
  return { startTime, runs: state !== "Z" && state !== "X" };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
