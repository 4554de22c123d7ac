import { describe, expect, test } from "vitest";
import { messageBytes, newMessage, readMessage } from "./message.js";
import type { ControlCommand, ControlMessage } from "./message.js";

const sender = { by: "alice", reason: "wrong prices", at: 1_760_000_000_000, uid: 1000, host: "box" };

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

const halt = newMessage({ command: "halt", scope: { source: "planner" }, deadlineMs: 500 }, sender);

function problemOf(changes: Record<string, unknown>): string {
  const read = readMessage(bytesOf({ ...halt, ...changes }));
  return read.ok ? "none" : `${read.problem.code}: ${read.problem.text}`;
}

describe("a message", () => {
  test.each<ControlCommand>([
    { command: "halt", scope: "all" },
    { command: "halt", scope: { series: ["send_*", "pay"], tags: { tenant: "acme" } }, deadlineMs: 0 },
    { command: "resume", halt: "h1" },
    { command: "approve", approval: "a1" },
    { command: "reject", approval: "a1" },
  ])("comes back as it was written: %j", (command) => {
    const message = newMessage(command, sender);
    expect(message).toMatchObject({ version: 1, ...command, ...sender });
    expect(readMessage(messageBytes(message))).toEqual({ ok: true, message });
  });

  test("has an id of its own", () => {
    const ids = new Set(
      Array.from({ length: 100 }, () => newMessage({ command: "halt", scope: "all" }, sender).id),
    );
    expect(ids.size).toBe(100);
  });

  test("can be made with any name and reason: what is too long or not text is made to fit", () => {
    const odd = { ...sender, by: "\u0007\n", reason: `\ud800${"x".repeat(5000)}\u001b[31m`, host: "" };
    const message = newMessage({ command: "halt", scope: "all" }, odd);
    expect(message).toMatchObject({ by: "operator", host: "unknown" });
    expect(message.reason).toHaveLength(4096);
    expect(message.reason).toMatch(/^\ufffdx+…$/);
  });

  test.each<[what: string, command: unknown]>([
    ["an empty id", { command: "resume", halt: "" }],
    ["a scope that names nothing", { command: "halt", scope: {} }],
    ["a deadline that is no time", { command: "halt", scope: "all", deadlineMs: NaN }],
    ["no such command", { command: "nuke" }],
  ])("is not made of %s", (_what, command) => {
    expect(() => newMessage(command as ControlCommand, sender)).toThrow(/command|scope/);
  });
});

describe("reading is strict", () => {
  test.each<[what: string, changes: Record<string, unknown>, problem: RegExp]>([
    ["a newer version", { version: 2 }, /^newer: .*version 2/],
    ["no version", { version: undefined }, /^bad_field: .*`version`/],
    ["an unknown command", { command: "nuke" }, /^bad_field: there is no command `nuke`/],
    ["a command that is no text", { command: ["halt"] }, /^bad_field: there is no command `object`/],
    ["an inherited command", { command: "constructor" }, /^bad_field: there is no command/],
    ["an unknown field", { sudo: true }, /^unknown_field: .*`sudo`/],
    ["another command's field", { approval: "a1" }, /^unknown_field: .*`approval`/],
    ["a bad id", { id: "../../x" }, /^bad_field: .*`id`/],
    ["a number as a name", { by: 7 }, /^bad_field: .*`by`/],
    ["an empty name", { by: "" }, /^bad_field: .*`by`/],
    ["a name too long", { by: "x".repeat(257) }, /^bad_field: .*`by`/],
    ["a name with an escape", { by: "x\u001b[2J" }, /^bad_field: .*`by`/],
    ["a reason too long", { reason: "x".repeat(4097) }, /^bad_field: .*`reason`/],
    ["a reason of two lines", { reason: "a\nb" }, /^bad_field: .*`reason`/],
    ["no reason", { reason: undefined }, /^bad_field: .*`reason`/],
    ["a time that is text", { at: "now" }, /^bad_field: .*`at`/],
    ["a negative time", { at: -1 }, /^bad_field: .*`at`/],
    ["a fraction of a time", { at: 0.5 }, /^bad_field: .*`at`/],
    ["a user that is a name", { uid: "root" }, /^bad_field: .*`uid`/],
    ["a scope that is no scope", { scope: "everything" }, /^bad_field: .*scope/],
    ["a glob that is a number", { scope: { source: 7 } }, /^bad_field: .*`source`/],
    ["an unknown part of a scope", { scope: { agent: "x" } }, /^bad_field: .*`agent`/],
    ["a negative deadline", { deadlineMs: -1 }, /^bad_field: .*`deadlineMs`/],
    ["an endless deadline", { deadlineMs: 1e300 }, /^bad_field: .*`deadlineMs`/],
  ])("%s", (_what, changes, problem) => {
    expect(problemOf(changes)).toMatch(problem);
  });

  test.each<[what: string, bytes: Uint8Array, code: string]>([
    ["nothing", new Uint8Array(0), "not_json"],
    ["zeros, as a torn file has them", new Uint8Array(300), "not_json"],
    ["bytes that are no text", Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), "not_text"],
    ["half a message", messageBytes(halt).subarray(0, 40), "not_json"],
    ["two messages", Buffer.concat([messageBytes(halt), messageBytes(halt)]), "not_json"],
    ["a list", bytesOf([halt]), "bad_field"],
    ["null", bytesOf(null), "bad_field"],
    ["deep nesting", bytesOf("[".repeat(60_000)), "not_json"],
    [
      "a member that would change objects",
      bytesOf('{"version":1,"command":"halt","__proto__":{}}'),
      "unknown_field",
    ],
    ["more than 64 KiB", bytesOf({ ...halt, reason: "x".repeat(70_000) }), "too_large"],
  ])("%s", (_what, bytes, code) => {
    expect(readMessage(bytes)).toMatchObject({ ok: false, problem: { code } });
  });

  test("a name that objects inherit is a tag like others", () => {
    const scope = JSON.parse('{"tags":{"__proto__":"x","constructor":"y"}}') as ControlMessage;
    const read = readMessage(bytesOf({ ...halt, scope }));
    expect(read).toMatchObject({ ok: true });
    expect(JSON.stringify(read)).toContain('"tags":{"__proto__":"x","constructor":"y"}');
  });
});
