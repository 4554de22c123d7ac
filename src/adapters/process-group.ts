import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Windows has no process groups: there it is the tree below the child, found when it is ended. */
export const HAS_GROUPS = process.platform !== "win32";

/** Pauses between looks at a group whose leader is gone: the first, and the longest before and after a stop. */
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 2000;
const LONGEST_PAUSE_STOPPED_MS = 50;

/**
 * The process group that a detached child leads. It is gone when its last member is; until then nothing else gets its
 * id. Ends with this process, when this process gets to say so (`exit`).
 */
export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #id: number;
  readonly #onGone: () => void;
  #leaderIsGone = false;
  #stopped = false;
  #killed = false;
  #gone = false;
  #pauseMs = FIRST_PAUSE_MS;
  #nextLook: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  /** @param onGone hears once when no member is left */
  constructor(child: ChildProcess, id: number, onGone: () => void) {
    this.#child = child;
    this.#id = id;
    this.#onGone = onGone;
    child.once("exit", () => {
      this.#leaderIsGone = true;
      this.#look();
    });
    enlist(this);
  }

  /** Ends every member: at once, or after asking and waiting `graceMs`. */
  stop(graceMs: number): void {
    if (this.#gone || this.#stopped) return;
    this.#stopped = true;
    this.#pauseMs = FIRST_PAUSE_MS;
    if (graceMs > 0 && HAS_GROUPS) {
      send(this.#id, "SIGTERM");
      this.#grace = setTimeout(() => this.#kill(), graceMs);
    } else this.#kill();
    if (this.#leaderIsGone) this.#look();
  }

  /** Ends every member before this very process ends. */
  killNow(): void {
    if (HAS_GROUPS) send(this.#id, "SIGKILL");
    else if (!this.#leaderIsGone)
      spawnSync("taskkill", taskkillArgs(this.#id), { stdio: "ignore", windowsHide: true });
  }

  #kill(): void {
    this.#killed = true;
    if (HAS_GROUPS) send(this.#id, "SIGKILL");
    else if (!this.#leaderIsGone) this.#killTree();
    // Whoever left the group may hold the other ends; nothing is read from them any more.
    for (const pipe of this.#child.stdio) pipe?.destroy();
  }

  #killTree(): void {
    const taskkill = spawn("taskkill", taskkillArgs(this.#id), { stdio: "ignore", windowsHide: true });
    // Without it at least the child itself ends.
    taskkill.once("error", () => this.#child.kill("SIGKILL"));
  }

  /** Looks whether anybody is left, and again later. */
  #look(): void {
    clearTimeout(this.#nextLook);
    if (this.#gone) return;
    if (!HAS_GROUPS || !isAlive(this.#id)) {
      this.#gone = true;
      clearTimeout(this.#grace);
      discharge(this);
      this.#onGone();
      return;
    }
    if (this.#killed) send(this.#id, "SIGKILL");
    this.#nextLook = setTimeout(() => this.#look(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, this.#stopped ? LONGEST_PAUSE_STOPPED_MS : LONGEST_PAUSE_MS);
  }
}

const living = new Set<ProcessGroup>();

function enlist(group: ProcessGroup): void {
  if (living.size === 0) process.on("exit", killAll);
  living.add(group);
}

function discharge(group: ProcessGroup): void {
  if (living.delete(group) && living.size === 0) process.off("exit", killAll);
}

function killAll(): void {
  for (const group of living) group.killNow();
}

function send(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Gone already, or a member has taken on other rights: whether anybody is left is looked at apart.
  }
}

function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    // EPERM: somebody is there whom this process may not signal.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !isDead(group);
}

/**
 * Whether every member is a zombie. In a container whose first process does not reap, orphans stay in the table for
 * ever and can still be signalled.
 */
function isDead(group: number): boolean {
  if (process.platform !== "linux") return false;
  const states = membersOf(group);
  return states.length > 0 && states.every((state) => state === "Z" || state === "X");
}

/** The states of the group's members, from /proc. */
function membersOf(group: number): string[] {
  const states: string[] = [];
  try {
    for (const name of readdirSync("/proc")) {
      const first = name.charCodeAt(0);
      if (first < 48 || first > 57) continue;
      const [state, , leader] = statOf(name);
      if (leader === String(group)) states.push(state!);
    }
  } catch {
    // No /proc here: nothing is known, and so nobody is taken for dead.
    return [];
  }
  return states;
}

/** State, parent and group of a process; empty when it has just gone. */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before it is in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3);
  } catch {
    return [];
  }
}

function taskkillArgs(pid: number): string[] {
  return ["/PID", String(pid), "/T", "/F"];
}
