import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Disk } from "../core/disk.js";
import { InvalidInputError, messageOf, ReinError } from "../core/errors.js";
import { checkPlace, ownUid } from "./admission.js";
import { readAnswer } from "./answer.js";
import type { ControlAnswer } from "./answer.js";
import type { ControlPlaces } from "./layout.js";
import { answerName, controlPlaces, MAX_WAITING, MAX_WAITING_HALTS, messageName } from "./layout.js";
import { messageBytes } from "./message.js";
import type { ControlMessage } from "./message.js";
import { codeOf, removeQuietly, writeWhole } from "./write-file.js";

/** A command that lies in the inbox. */
export interface Posted {
  readonly id: string;
  /** Its file in the inbox. */
  readonly name: string;
  /** Would survive a power failure; false when the disk could not promise it. */
  readonly durable: boolean;
  /** The disk was full and only the request to halt everything could be left: without who and why. */
  readonly bare: boolean;
}

/**
 * Leaves a command for the governor that owns a state directory, whether or not one runs. The governor sees it before
 * the disk has it for good: a halt does not wait for a sync.
 *
 * @param dir absolute path
 * @throws InvalidInputError when there is no such directory
 * @throws ReinError `not_admitted` when the directory may not be used by this user, or holds too many commands
 * @throws ReinError `store_failed` when the disk fails
 */
export function post(disk: Disk, dir: string, message: ControlMessage): Posted {
  try {
    const places = openPlaces(disk, dir);
    checkRoom(disk, places.inbox, message);
    return write(disk, dir, places, message);
  } catch (error) {
    throw ReinError.isInstance(error) ? error : failure(dir, error);
  }
}

/** What has become of a posted command; `waiting`: nobody has taken it yet. */
export type Fate = ControlAnswer | "waiting" | "taken";

/**
 * Waits for the answer to a posted command and removes it from the outbox.
 *
 * @returns what there is at the latest after `timeoutMs`
 */
export async function waitForAnswer(
  disk: Disk,
  dir: string,
  posted: Posted,
  timeoutMs: number,
): Promise<Fate> {
  const { inbox, outbox } = controlPlaces(dir);
  const path = join(outbox, answerName(posted.name));
  const until = performance.now() + timeoutMs;
  for (let round = 0; ; round++) {
    if (disk.look(path) !== undefined) {
      const answer = readAnswer(disk.read(path), posted.id);
      if (answer !== null) {
        removeQuietly(disk, path);
        return answer;
      }
    }
    const left = until - performance.now();
    if (left <= 0) return disk.look(join(inbox, posted.name)) === undefined ? "taken" : "waiting";
    await sleep(Math.min(left, round < QUICK_ROUNDS ? QUICK_MS : SLOW_MS));
  }
}

/** Most answers come at once; who waits longer looks less often. */
const QUICK_MS = 2;
const QUICK_ROUNDS = 250;
const SLOW_MS = 20;

function openPlaces(disk: Disk, dir: string): ControlPlaces {
  const facts = disk.look(dir);
  if (facts === undefined) {
    throw new InvalidInputError("dir", `there is no directory \`${dir}\``, {
      help: "give the `dir` that the governor was opened with, with --dir or REIN_DIR",
    });
  }
  if (facts.type !== "directory" && facts.type !== "link") {
    throw new InvalidInputError("dir", `\`${dir}\` is not a directory`, {
      help: "give the `dir` that the governor was opened with, with --dir or REIN_DIR",
    });
  }
  const places = controlPlaces(dir);
  for (const path of [places.root, places.inbox, places.outbox]) {
    if (disk.look(path) === undefined) disk.makeDir(path);
    checkPlace(disk, path, ownUid());
  }
  return places;
}

function checkRoom(disk: Disk, inbox: string, { command }: ControlMessage): void {
  const waiting = disk.list(inbox).length;
  if (waiting < (command === "halt" ? MAX_WAITING_HALTS : MAX_WAITING)) return;
  throw new ReinError("not_admitted", `${waiting} commands wait in \`${inbox}\` already`, {
    help: "no process takes them: start the governor, which carries out those that are still good",
  });
}

function write(disk: Disk, dir: string, { root, inbox }: ControlPlaces, message: ControlMessage): Posted {
  const { id, at } = message;
  const name = messageName({ at, id, form: "json" });
  let durable = false;
  try {
    writeWhole(disk, inbox, name, messageBytes(message), (file) => {
      durable = tries(() => {
        file.syncNow();
        // The inbox itself may be new: its name, too, must survive.
        for (const place of [inbox, root, dir]) disk.syncDirNow(place);
      });
    });
    return { id, name, durable, bare: false };
  } catch (error) {
    const isAll = message.command === "halt" && message.scope === "all";
    if (!isAll || !["ENOSPC", "EDQUOT"].includes(codeOf(error))) throw error;
    return writeBare(disk, dir, { root, inbox }, message);
  }
}

/** A name needs no room on most disks; an agent that fills the disk can still be stopped. */
function writeBare(
  disk: Disk,
  dir: string,
  { root, inbox }: Pick<ControlPlaces, "root" | "inbox">,
  { id, at }: ControlMessage,
): Posted {
  const name = messageName({ at, id, form: "bare" });
  disk.openToAppend(join(inbox, name), true).close();
  const durable = tries(() => {
    for (const place of [inbox, root, dir]) disk.syncDirNow(place);
  });
  return { id, name, durable, bare: true };
}

function tries(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

function failure(dir: string, error: unknown): ReinError {
  const code = codeOf(error);
  if (code === "EACCES" || code === "EPERM") {
    return new ReinError("not_admitted", `this user may not write to \`${dir}\``, {
      help: "run the command as the user that runs the governor",
      cause: error,
    });
  }
  const help =
    code === "ENOSPC" || code === "EDQUOT"
      ? "the disk is full; `rein halt` without a scope needs no room and stops everything"
      : code === "EROFS"
        ? "the file system is read-only: a governor there allows nothing; end the process itself to be sure"
        : undefined;
  return new ReinError("store_failed", `the command could not be left in \`${dir}\`: ${messageOf(error)}`, {
    help,
    cause: error,
  });
}
