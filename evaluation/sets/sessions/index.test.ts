import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sessions } from "./index.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sessions-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const evaluate = (...lines: readonly string[]) => {
  mkdirSync(join(folder, "sessions"));
  writeFileSync(join(folder, "sessions", "some.jsonl"), lines.join("\n"));
  return sessions.evaluate(folder, () => undefined);
};
const session = (ok: boolean, ev: readonly unknown[]): string => JSON.stringify({ src: "made-up", ok, ev });
const work = Array.from({ length: 8 }, (_, i) => ["tool", i + 1, i + 1, i + 1, 5, 5, 0]);
const stuck = Array.from({ length: 20 }, () => ["tool", 7, 7, 7, 5, 5, 0]);

test("a folder without sessions has nothing to say", () => {
  expect(sessions.evaluate(folder, () => undefined)).toBeNull();
});

test("every bar holds where solved sessions do not repeat themselves, and a session that is stuck is flagged", () => {
  const section = evaluate(session(true, work), session(false, stuck), "")!;
  for (const { name, value, want, target } of section.bars) {
    expect(want === ">=" ? value >= target : value <= target, name).toBe(true);
  }
  expect(section.tables[0]!.rows[0]).toEqual(["Rein: evidence of a loop", 1, 0, 0, 1, 1, 70]);
  expect(section.curves.map(({ id }) => id)).toEqual(["sessions-roc", "sessions-splice"]);
});

test("a solved session that goes round in circles counts against us", () => {
  const section = evaluate(session(true, work), session(true, stuck))!;
  expect(section.bars[0]!.value).toBe(50);
});

test.each([
  ["nonsense", "line 2 of sessions/some.jsonl is not JSON"],
  ["{}", "line 2 of sessions/some.jsonl has no list `ev` of calls"],
])("%s is told with its place", (line, message) => {
  expect(() => evaluate(session(true, work), line)).toThrow(message);
});

test("sessions of which none is solved cannot be used", () => {
  expect(() => evaluate(session(false, work))).toThrow(
    "no session in FOLDER/sessions is a solved one (`ok`)",
  );
});
