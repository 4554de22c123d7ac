import { join } from "node:path";

/** The places of the control channel below a governor's state directory. */
export interface ControlPlaces {
  readonly root: string;
  /** Where commands wait until the governor has carried them out. */
  readonly inbox: string;
  /** Where it answers; an answer has the name of its command. */
  readonly outbox: string;
  /** Where it puts what it did not admit. */
  readonly rejected: string;
}

/** The largest command that is read. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
/** Commands that may wait; halts have room beyond it. */
export const MAX_WAITING = 1_000;
export const MAX_WAITING_HALTS = 2_000;
/** Answers that are kept, and for how long. */
export const MAX_ANSWERS = 1_000;
export const MAX_ANSWER_AGE_MS = 86_400_000;
/** Files that were not admitted and are kept for whoever looks into it. */
export const MAX_REJECTED = 100;

/** Digits of the time in a name: names sort as times do, until the year 33658. */
const TIME_DIGITS = 15;
const MAX_TIME = 10 ** TIME_DIGITS - 1;

/**
 * What a name says. `json`: the file is the command. `bare`: the name alone is one, to halt everything; it is what can
 * still be written on a full disk.
 */
export interface MessageName {
  readonly at: number;
  readonly id: string;
  readonly form: "json" | "bare";
}

export function controlPlaces(dir: string): ControlPlaces {
  const root = join(dir, "control");
  return {
    root,
    inbox: join(root, "inbox"),
    outbox: join(root, "outbox"),
    rejected: join(root, "rejected"),
  };
}

export function messageName({ at, id, form }: MessageName): string {
  return `${paddedTime(at)}-${id}.${form === "json" ? "json" : "halt"}`;
}

/** Returns what a name says, or null when no command has such a name. */
export function readMessageName(name: string): MessageName | null {
  const match = /^([0-9]{15})-([A-Za-z0-9_-]{22})\.(json|halt)$/.exec(name);
  if (match === null) return null;
  return { at: Number(match[1]), id: match[2]!, form: match[3] === "json" ? "json" : "bare" };
}

/** The name of the answer to a command. */
export function answerName(name: string): string {
  return name.replace(/\.halt$/, ".json");
}

/** The name that a file has while it is written: nobody reads it. */
export function unfinishedName(name: string): string {
  return `.${name}.part`;
}

export function isUnfinished(name: string): boolean {
  return name.startsWith(".");
}

export function paddedTime(at: number): string {
  return String(Math.min(MAX_TIME, Math.max(0, Math.floor(at)))).padStart(TIME_DIGITS, "0");
}
