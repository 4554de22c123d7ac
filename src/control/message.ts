import { randomBytes } from "node:crypto";
import { messageOf, InvalidInputError } from "../core/errors.js";
import { cleanName, printable, wellFormed } from "../core/names.js";
import { checkScope } from "../core/scope.js";
import type { Scope } from "../core/scope.js";
import { MAX_MESSAGE_BYTES } from "./layout.js";

/** What an operator asks of a governor. */
export type ControlCommand =
  | {
      readonly command: "halt";
      readonly scope: Scope;
      /** How long to wait for what is in flight; the governor's own setting when absent. */
      readonly deadlineMs?: number | undefined;
    }
  | { readonly command: "resume"; readonly halt: string }
  | { readonly command: "approve" | "reject"; readonly approval: string };

/** Who asks, why, when and from where. */
export interface ControlSender {
  readonly by: string;
  /** May be empty. */
  readonly reason: string;
  /** Wall time in ms. */
  readonly at: number;
  /** The user who asks, as he says; null where the system has no user ids. */
  readonly uid: number | null;
  readonly host: string;
}

/** A command as it lies in the inbox. */
export type ControlMessage = ControlCommand &
  ControlSender & {
    readonly version: 1;
    /** 128 random bits, base64url: what tells a command from a copy of it. */
    readonly id: string;
  };

/** Why bytes are not a command. */
export interface MessageProblem {
  readonly code: "too_large" | "not_text" | "not_json" | "newer" | "unknown_field" | "bad_field";
  /** One sentence. */
  readonly text: string;
}

export type ReadMessage =
  | { readonly ok: true; readonly message: ControlMessage }
  | { readonly ok: false; readonly problem: MessageProblem };

/** UTF-16 units. */
const MAX_BY = 256;
const MAX_REASON = 4096;
const MAX_ID = 256;
const MAX_DEADLINE_MS = 86_400_000;

const SENDER_FIELDS = ["version", "id", "command", "by", "reason", "at", "uid", "host"];
const OWN_FIELDS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["halt", ["scope", "deadlineMs"]],
  ["resume", ["halt"]],
  ["approve", ["approval"]],
  ["reject", ["approval"]],
]);

/** Returns a new id of a command. */
export function newMessageId(): string {
  return randomBytes(16).toString("base64url");
}

/**
 * Makes a command ready to post. Names and reasons that could not be read back are made readable (one line, cut when
 * long): nobody should be kept from stopping things by a control character.
 *
 * @throws InvalidInputError when the scope, the id or the deadline is not one
 */
export function newMessage(command: ControlCommand, sender: ControlSender): ControlMessage {
  const message = {
    version: 1,
    id: newMessageId(),
    ...command,
    by: fitting(sender.by, MAX_BY) || "operator",
    reason: fitting(sender.reason, MAX_REASON),
    at: Math.floor(sender.at),
    uid: sender.uid,
    host: fitting(sender.host, MAX_BY) || "unknown",
  };
  const read = readMessage(messageBytes(message as ControlMessage));
  if (read.ok) return read.message;
  throw new InvalidInputError("command", read.problem.text);
}

/** A command as the bytes of its file. */
export function messageBytes(message: ControlMessage): Uint8Array {
  return Buffer.from(`${JSON.stringify(message)}\n`);
}

/** Reads the bytes of a command strictly; what is wrong comes back as a problem, and nothing is thrown. */
export function readMessage(bytes: Uint8Array): ReadMessage {
  try {
    return { ok: true, message: parse(bytes) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** How a problem leaves the parser. */
class Unreadable extends Error {
  readonly problem: MessageProblem;

  constructor(code: MessageProblem["code"], text: string) {
    super(text);
    this.problem = { code, text };
  }
}

function parse(bytes: Uint8Array): ControlMessage {
  if (bytes.length > MAX_MESSAGE_BYTES)
    throw new Unreadable("too_large", `the command is larger than ${MAX_MESSAGE_BYTES} bytes`);
  const fields = objectOf(bytes);
  const { version, command } = fields;
  if (version !== 1) {
    if (typeof version === "number" && version > 1)
      throw new Unreadable("newer", `the command has version ${version}, and this Rein reads version 1`);
    throw new Unreadable("bad_field", "the command's `version` is not 1");
  }
  const own = OWN_FIELDS.get(command);
  if (own === undefined) throw new Unreadable("bad_field", `there is no command \`${shown(command)}\``);
  for (const name of Object.keys(fields)) {
    if (!SENDER_FIELDS.includes(name) && !own.includes(name))
      throw new Unreadable("unknown_field", `the command has an unknown field \`${printable(name, 100)}\``);
  }
  return { version: 1, id: idOf(fields["id"]), ...senderOf(fields), ...commandOf(fields) };
}

function objectOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable("not_text", "the command is not UTF-8 text");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Unreadable("not_json", `the command is not JSON: ${printable(messageOf(error), 200)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Unreadable("bad_field", "the command is not a JSON object");
  return value as Readonly<Record<string, unknown>>;
}

function idOf(id: unknown): string {
  if (typeof id === "string" && /^[A-Za-z0-9_-]{22}$/.test(id)) return id;
  throw new Unreadable("bad_field", "the command's `id` is not 128 bits in base64url");
}

function senderOf(fields: Readonly<Record<string, unknown>>): ControlSender {
  const { reason, at, uid } = fields;
  if (typeof reason !== "string" || reason.length > MAX_REASON || fitting(reason, MAX_REASON) !== reason)
    throw new Unreadable(
      "bad_field",
      `the command's \`reason\` is not one line of at most ${MAX_REASON} characters`,
    );
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0)
    throw new Unreadable("bad_field", "the command's `at` is not a time in ms");
  if (uid !== null && (typeof uid !== "number" || !Number.isSafeInteger(uid) || uid < 0))
    throw new Unreadable("bad_field", "the command's `uid` is not a user id");
  return { by: nameIn(fields, "by", MAX_BY), reason, at, uid, host: nameIn(fields, "host", MAX_BY) };
}

function commandOf(fields: Readonly<Record<string, unknown>>): ControlCommand {
  const command = fields["command"] as ControlCommand["command"];
  switch (command) {
    case "halt": {
      const deadlineMs = deadlineOf(fields["deadlineMs"]);
      return { command, scope: scopeOf(fields["scope"]), ...(deadlineMs !== undefined && { deadlineMs }) };
    }
    case "resume":
      return { command, halt: nameIn(fields, "halt", MAX_ID) };
    case "approve":
    case "reject":
      return { command, approval: nameIn(fields, "approval", MAX_ID) };
  }
}

function scopeOf(scope: unknown): Scope {
  try {
    return checkScope(scope);
  } catch (error) {
    throw new Unreadable("bad_field", messageOf(error));
  }
}

function deadlineOf(ms: unknown): number | undefined {
  if (ms === undefined) return undefined;
  if (typeof ms === "number" && ms >= 0 && ms <= MAX_DEADLINE_MS) return ms;
  throw new Unreadable(
    "bad_field",
    `the command's \`deadlineMs\` is not a number from 0 to ${MAX_DEADLINE_MS}`,
  );
}

function nameIn(fields: Readonly<Record<string, unknown>>, field: string, maxLength: number): string {
  const value = fields[field];
  if (typeof value === "string" && cleanName(value, maxLength) === value) return value;
  throw new Unreadable(
    "bad_field",
    `the command's \`${field}\` is not one line of 1 to ${maxLength} characters`,
  );
}

/** A text as one harmless line that is short enough. */
function fitting(text: string, maxLength: number): string {
  const line = wellFormed(text).replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
  if (line.length <= maxLength) return line.trim() === "" ? "" : line;
  return wellFormed(`${line.slice(0, maxLength - 1)}…`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? printable(value, 40) : typeof value;
}
