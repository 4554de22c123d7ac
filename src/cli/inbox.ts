import { join } from "node:path";
import { fileProblem, ownUid } from "../control/admission.js";
import { controlPlaces, isUnfinished, readMessageName } from "../control/layout.js";
import { readMessage } from "../control/message.js";
import type { ControlMessage } from "../control/index.js";
import { scopeText } from "../rein/news.js";
import { nodeDisk } from "../store/index.js";

/** A command that no process has taken yet. */
export interface WaitingCommand {
  readonly file: string;
  /** Wall time in ms at which it was sent; null when its name does not say. */
  readonly at: number | null;
  /** "halt everything", or what is wrong with it. */
  readonly what: string;
  readonly by: string | null;
  readonly reason: string | null;
  /** It will be carried out. */
  readonly isSound: boolean;
}

export interface Inbox {
  readonly waiting: readonly WaitingCommand[];
  /** Files that were not admitted, and are kept. */
  readonly rejected: number;
}

/** What lies in a governor's inbox, without taking it; nothing where there is no channel. */
export function readInbox(dir: string): Inbox {
  const { inbox, rejected } = controlPlaces(dir);
  const waiting = namesIn(inbox)
    .filter((name) => !isUnfinished(name))
    .flatMap((name) => waitingCommand(inbox, name) ?? []);
  return { waiting, rejected: namesIn(rejected).length };
}

function waitingCommand(inbox: string, file: string): WaitingCommand | null {
  const path = join(inbox, file);
  const facts = nodeDisk.look(path);
  // The governor was quicker.
  if (facts === undefined) return null;
  const name = readMessageName(file);
  const at = name?.at ?? null;
  const bad = (what: string): WaitingCommand => ({ file, at, what, by: null, reason: null, isSound: false });
  if (name === null) return bad("has a name that no command has");
  const problem = fileProblem(facts, ownUid());
  if (problem !== null) return bad(problem);
  if (name.form === "bare")
    return { file, at, what: "halt everything", by: null, reason: null, isSound: true };
  let bytes: Uint8Array;
  try {
    bytes = nodeDisk.read(path);
  } catch {
    return null;
  }
  const read = readMessage(bytes);
  if (!read.ok) return bad(read.problem.text);
  const { by, reason } = read.message;
  return { file, at, what: whatOf(read.message), by, reason, isSound: true };
}

function whatOf(message: ControlMessage): string {
  switch (message.command) {
    case "halt":
      return `halt ${scopeText(message.scope)}`;
    case "resume":
      return `resume halt ${message.halt}`;
    case "approve":
    case "reject":
      return `${message.command} ${message.approval}`;
  }
}

function namesIn(path: string): readonly string[] {
  return nodeDisk.look(path)?.type === "directory" ? nodeDisk.list(path) : [];
}
