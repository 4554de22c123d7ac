import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Disk, FileFacts } from "../core/disk.js";
import { messageOf, ReinError } from "../core/errors.js";
import { printable } from "../core/names.js";
import { checkPlace, fileProblem, ownUid } from "./admission.js";
import { answerBytes } from "./answer.js";
import type { ControlAnswer } from "./answer.js";
import {
  answerName,
  controlPlaces,
  isUnfinished,
  MAX_ANSWER_AGE_MS,
  MAX_ANSWERS,
  MAX_MESSAGE_BYTES,
  MAX_REJECTED,
  paddedTime,
  readMessageName,
} from "./layout.js";
import type { ControlPlaces, MessageName } from "./layout.js";
import { readMessage } from "./message.js";
import type { ControlMessage } from "./message.js";
import { codeOf, removeQuietly, writeWhole } from "./write-file.js";

/** What lay in the inbox. */
export type Mail =
  /** To be carried out, put on the record and answered. */
  | { readonly kind: "command"; readonly message: ControlMessage }
  /** Carried out before, says `seen`: only to be answered. */
  | { readonly kind: "repeated"; readonly message: ControlMessage }
  /**
   * Not admitted, and out of the way already; to be put on the record, loudly. `reason` goes behind the file's name:
   * `is a symbolic link`.
   */
  | { readonly kind: "rejected"; readonly file: string; readonly reason: string };

export interface MailboxOptions {
  readonly disk: Disk;
  /** The state directory; absolute. */
  readonly dir: string;
  /** Whether a command was carried out before, in this process or an earlier one. */
  readonly seen: (id: string) => boolean;
  /** The user whose commands are admitted: the one that this process acts as when absent. */
  readonly uid?: number | undefined;
}

/** Mail that one call takes; there may be more. */
export const MAX_TAKEN = 100;

/** A clock that is this far ahead is not a clock that two processes of one machine disagree about. */
const MAX_AHEAD_MS = 5 * 60_000;
/** Halts never get old; what loosens something does. */
const MAX_AGE_MS = 86_400_000;
const UNFINISHED_AGE_MS = 3_600_000;
/** Answers between two looks at how many there are. */
const PRUNE_EVERY = 50;
/** Bad files that can be neither moved nor removed are remembered, so that each is told of once. */
const MAX_STUCK = 1_000;

/**
 * The governor's side of the control channel: takes commands out of the inbox, synchronously, so that a gate can do it
 * between two actions; checks that they come from its own user; answers.
 */
export class Mailbox {
  readonly #disk: Disk;
  readonly #places: ControlPlaces;
  readonly #seen: (id: string) => boolean;
  readonly #uid: number | undefined;
  /** Files of commands that were handed out and not answered yet, by id. */
  readonly #inHand = new Map<string, string>();
  readonly #handedOut = new Set<string>();
  readonly #stuck = new Set<string>();
  #answers = 0;

  constructor({ disk, dir, seen, uid }: MailboxOptions) {
    this.#disk = disk;
    this.#places = controlPlaces(dir);
    this.#seen = seen;
    this.#uid = uid ?? ownUid();
  }

  /**
   * Makes the channel where it is missing, and removes what nobody needs any more.
   *
   * @param now wall time in ms
   * @throws ReinError `not_admitted` when others could write there, `store_failed`
   */
  prepare(now: number): void {
    this.#guarded(() => {
      const { root, inbox, outbox } = this.#places;
      for (const path of [root, inbox, outbox]) {
        if (this.#disk.look(path) === undefined) this.#disk.makeDir(path);
        checkPlace(this.#disk, path, this.#uid);
        for (const name of this.#disk.list(path)) this.#removeUnfinished(join(path, name), name, now);
      }
      this.#pruneAnswers(now);
    });
  }

  /**
   * Takes what has come, in the order in which it was sent; at most `MAX_TAKEN`, so call it until it returns nothing.
   * What was handed out is not handed out again before it is answered.
   *
   * @param now wall time in ms
   * @throws ReinError `not_admitted` when others could write to the inbox, `store_failed` when it cannot be read:
   * nobody can be heard any more
   */
  take(now: number): readonly Mail[] {
    return this.#guarded(() => {
      checkPlace(this.#disk, this.#places.root, this.#uid);
      checkPlace(this.#disk, this.#places.inbox, this.#uid);
      const mails: Mail[] = [];
      // Sorted, and a name begins with its time.
      for (const name of this.#disk.list(this.#places.inbox)) {
        if (isUnfinished(name) || this.#handedOut.has(name) || this.#stuck.has(name)) continue;
        let mail: Mail | null;
        try {
          mail = this.#open(name, now);
        } catch (error) {
          // What was taken before is not lost for it: the next call finds the same trouble first.
          if (mails.length > 0) break;
          throw error;
        }
        if (mail !== null && mails.push(mail) === MAX_TAKEN) break;
      }
      return mails;
    });
  }

  /**
   * Answers a command, and takes it out of the inbox. An answer that was given before stands.
   *
   * @param now wall time in ms
   * @returns what went wrong: whoever waits will not hear of it, but it is done; null when all went well
   */
  answer(id: string, answer: ControlAnswer, now: number): string | null {
    const name = this.#inHand.get(id);
    if (name === undefined) return null;
    const problem = this.#reply(name, id, answer, now);
    try {
      this.#disk.remove(join(this.#places.inbox, name));
    } catch (error) {
      // It stays handed out in this process, and the next one knows its id.
      if (codeOf(error) !== "ENOENT")
        return `the command \`${name}\` cannot be removed from the inbox: ${messageOf(error)}`;
    }
    this.#inHand.delete(id);
    this.#handedOut.delete(name);
    return problem;
  }

  #open(file: string, now: number): Mail | null {
    const facts = this.#disk.look(join(this.#places.inbox, file));
    if (facts === undefined) return null;
    const name = readMessageName(file);
    const found = name === null ? "has a name that no command has" : this.#read(file, name, facts, now);
    if (found === null) return null;
    if (typeof found === "string") return this.#reject(file, found, name, now);
    this.#inHand.set(found.id, file);
    this.#handedOut.add(file);
    return { kind: this.#seen(found.id) ? "repeated" : "command", message: found };
  }

  /** The command in a file, or why there is none; null when the file is gone. */
  #read(file: string, name: MessageName, facts: FileFacts, now: number): ControlMessage | string | null {
    const untrusted = fileProblem(facts, this.#uid);
    if (untrusted !== null) return untrusted;
    const message = name.form === "bare" ? bareHalt(name, facts) : this.#readMessage(file);
    if (message === null || typeof message === "string") return message;
    if (message.id !== name.id || message.at !== name.at) return "says something else than its name";
    if (this.#inHand.has(message.id)) return "is a copy of another command";
    // A halt is good at any time: refusing one for a clock that was set would be the wrong way to fail.
    if (message.command === "halt" || this.#seen(message.id)) return message;
    if (message.at - now > MAX_AHEAD_MS)
      return `is dated ${Math.round((message.at - now) / 60_000)} minutes into the future`;
    if (now - message.at > MAX_AGE_MS)
      return `is ${Math.floor((now - message.at) / 3_600_000)} hours old; only a halt is carried out that late`;
    return message;
  }

  #readMessage(file: string): ControlMessage | string | null {
    let bytes: Uint8Array;
    try {
      bytes = this.#readBounded(join(this.#places.inbox, file));
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT") return null;
      if (["EACCES", "EPERM", "ELOOP", "EISDIR"].includes(code)) return `cannot be read: ${code}`;
      throw error;
    }
    const read = readMessage(bytes);
    return read.ok ? read.message : `cannot be understood: ${read.problem.text}`;
  }

  /** At most one byte more than is admitted: the file may have grown since it was looked at. */
  #readBounded(path: string): Uint8Array {
    const file = this.#disk.openToRead(path);
    try {
      const bytes = new Uint8Array(Math.min(file.bytes, MAX_MESSAGE_BYTES + 1));
      let length = 0;
      while (length < bytes.length) {
        const read = file.read(bytes.subarray(length), length);
        if (read === 0) break;
        length += read;
      }
      return bytes.subarray(0, length);
    } finally {
      file.close();
    }
  }

  #reject(file: string, reason: string, name: MessageName | null, now: number): Mail | null {
    const shown = printable(file, 100);
    this.#moveAway(file, now);
    if (this.#stuck.has(file) && this.#stuck.size > MAX_STUCK) {
      this.#stuck.delete(file);
      return null;
    }
    // A copy has the id of a command that will be answered itself.
    if (name !== null && !this.#inHand.has(name.id)) {
      const message = `the command was not admitted: \`${shown}\` ${reason}`;
      this.#reply(file, name.id, { ok: false, error: { code: "not_admitted", message } }, now);
    }
    return { kind: "rejected", file: shown, reason };
  }

  /** Keeps a file that was not admitted for whoever looks into it; the oldest give way. */
  #moveAway(file: string, now: number): void {
    const { inbox, rejected } = this.#places;
    try {
      if (this.#disk.look(rejected) === undefined) this.#disk.makeDir(rejected);
      checkPlace(this.#disk, rejected, this.#uid);
      const names = this.#disk.list(rejected);
      for (const old of names.slice(0, Math.max(0, names.length - MAX_REJECTED + 1)))
        this.#disk.remove(join(rejected, old));
      // A new name: the old one may be too long to be added to, or taken.
      const name = `${paddedTime(now)}-${randomBytes(6).toString("base64url")}`;
      this.#disk.rename(join(inbox, file), join(rejected, name));
    } catch {
      this.#stuck.add(file);
    }
  }

  #reply(file: string, id: string, answer: ControlAnswer, now: number): string | null {
    const { outbox } = this.#places;
    const name = answerName(file);
    try {
      if (this.#disk.look(outbox) === undefined) this.#disk.makeDir(outbox);
      checkPlace(this.#disk, outbox, this.#uid);
      if (this.#disk.look(join(outbox, name)) !== undefined) return null;
      if (this.#answers++ % PRUNE_EVERY === 0) this.#pruneAnswers(now);
      writeWhole(this.#disk, outbox, name, answerBytes(id, now, answer));
      return null;
    } catch (error) {
      return `the command \`${printable(file, 100)}\` could not be answered: ${messageOf(error)}`;
    }
  }

  #pruneAnswers(now: number): void {
    const { outbox } = this.#places;
    const names = this.#disk.list(outbox);
    // Room for those that come before the next look.
    const tooMany = names.length - (MAX_ANSWERS - PRUNE_EVERY);
    const tooOld = paddedTime(now - MAX_ANSWER_AGE_MS);
    for (const [i, name] of names.entries())
      if (i < tooMany || name < tooOld) removeQuietly(this.#disk, join(outbox, name));
  }

  #removeUnfinished(path: string, name: string, now: number): void {
    if (!isUnfinished(name)) return;
    const facts = this.#disk.look(path);
    if (facts !== undefined && now - facts.changedAt > UNFINISHED_AGE_MS) removeQuietly(this.#disk, path);
  }

  /** Errors of the system leave as errors that say what could not be done. */
  #guarded<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (ReinError.isInstance(error)) throw error;
      throw new ReinError(
        "store_failed",
        `the control channel \`${this.#places.root}\` cannot be used: ${messageOf(error)}`,
        { help: "until it can, nobody can stop this governor from outside", cause: error },
      );
    }
  }
}

/** What a name alone asks for: it was all that the disk had room for. */
function bareHalt({ id, at }: MessageName, facts: FileFacts): ControlMessage {
  return {
    version: 1,
    id,
    command: "halt",
    scope: "all",
    by: facts.uid === undefined ? "operator" : `user ${facts.uid}`,
    reason: "asked for on a full disk: there was no room for the reason",
    at,
    uid: facts.uid ?? null,
    host: hostname(),
  };
}
