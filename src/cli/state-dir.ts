import { resolve } from "node:path";
import type { Command } from "commander";
import { StateReader } from "../rein/reading.js";
import type { ReadOptions } from "../rein/reading.js";
import { realSystem } from "../rein/system.js";
import { systemIdentity } from "../store/index.js";
import type { Identity } from "../store/index.js";
import { asUserOf, checkDir, DEFAULT_DIR } from "./control-dir.js";
import { counted } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";

/** What every command takes that looks at a governor's state. */
export interface StateFlags {
  readonly dir?: string;
  readonly json?: true;
}

/** Where the state is found, for the help of such a command. */
export const STATE_HELP = `
The governor is found through its state directory: the \`dir\` that it was opened
with. Looking changes nothing and disturbs nobody: it works beside a running
process and without one. Only the user that runs the governor may look, and root.`;

/** Adds the options that every command takes that looks at a governor's state. */
export function addStateOptions(command: Command): Command {
  return command
    .option("-d, --dir <dir>", `the governor's state directory (default: REIN_DIR, or ${DEFAULT_DIR})`)
    .option("--json", "print one JSON document");
}

/** The state directory that is meant. */
export function stateDirOf({ dir }: { readonly dir?: string }, io: Io): string {
  return resolve(dir ?? (io.env["REIN_DIR"] || DEFAULT_DIR));
}

/**
 * Does something in a state directory as the user it belongs to.
 *
 * @param command what is done, for messages: "status"
 * @throws InvalidInputError that says how to find the right directory; ReinError `not_admitted`
 */
export function inStateDir<T>(dir: string, command: string, step: () => Promise<T>): Promise<T> {
  checkDir(dir, command);
  return asUserOf(dir, command, step);
}

export interface OpenStateOptions extends Pick<ReadOptions, "onRecord" | "onEffect"> {
  /** Says nothing of how far it is. */
  readonly quiet?: boolean;
}

/** Reads a governor's state; a progress line tells of a long look. */
export function openState(dir: string, io: Io, options: OpenStateOptions = {}): StateReader {
  const { onRecord, onEffect, quiet = false } = options;
  const progress = new Progress(io);
  let records = 0;
  let isOpen = quiet;
  try {
    return StateReader.open(dir, {
      system: realSystem,
      identity: thisUser(),
      onEffect,
      onRecord: (record) => {
        onRecord?.(record);
        if (isOpen) return;
        records += 1;
        progress.update(undefined, () => `reading the state: ${counted(records, "record")}`);
      },
    });
  } finally {
    isOpen = true;
    progress.clear();
  }
}

/** Who looks: for root, the user whose files they are. */
export function thisUser(): Identity {
  return { ...systemIdentity(), uid: process.geteuid?.() };
}
