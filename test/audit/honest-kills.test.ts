import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { readLog } from "../../src/audit/log/reader.js";
import { verifyLog } from "../../src/audit/verify/verify.js";
import { nodeDisk } from "../../src/store/node-disk.js";
import { askPython, hasPython } from "./verifiers.js";

/** How many processes are killed; more in a run of its own: REIN_KILLS=200 npx vitest run test/audit/honest-kills.test.ts */
const KILLS = Number(process.env["REIN_KILLS"] ?? 15);

const temp = mkdtempSync(join(tmpdir(), "rein-kills-"));
/** Several logs, so that all cores have something to do. */
const DIRS = ["a", "b", "c"].map((name) => join(temp, name));

const home = fileURLToPath(new URL("../../build/under-test", import.meta.url));

afterAll(() => {
  rmSync(temp, { recursive: true, force: true, maxRetries: 5 });
}, 120_000);

/** Runs a writer, kills it some time after its first word, and returns the last serial number that it called durable. */
function runAndKill(
  dir: string,
  afterMs: number,
): Promise<{ readonly durable: number; readonly stderr: string }> {
  const program = fileURLToPath(new URL("victim-writer.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, join(home, "dist"), dir], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [said, stderr] = ["", ""];
  child.stdout.on("data", (text: Buffer) => {
    if (said === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
    said += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve) => {
    child.on("close", () => {
      const whole = said.slice(0, said.lastIndexOf("\n") + 1).split("\n");
      resolve({ durable: Number(whole.at(-2) ?? 0), stderr });
    });
  });
}

/** Kills writers of one log, one after the other; returns how many records were durable. */
async function killMany(dir: string, kills: number): Promise<number> {
  let durable = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const { durable: last, stderr } = await runAndKill(dir, Math.random() * 60);
    expect({ kill, stderr }).toEqual({ kill, stderr: "" });
    durable = Math.max(durable, last);
    const { outcome, problems } = verifyLog({ disk: nodeDisk, dir, now: Date.now() });
    expect({ kill, outcome, problems: problems.first }).toEqual({ kill, outcome: "valid", problems: [] });
    let serial = 0;
    for (const record of readLog({ disk: nodeDisk, dir })) {
      if (record.type === "gate" && record["seq"] !== ++serial) expect(record["seq"]).toBe(serial);
    }
    expect(serial).toBeGreaterThanOrEqual(durable);
  }
  return durable;
}

describe(`logs whose writers are killed ${KILLS} times`, () => {
  test(
    "raise no alarm, open again every time, and lose nothing that was durable",
    { timeout: 900_000 },
    async () => {
      const durable = await Promise.all(DIRS.map((dir) => killMany(dir, Math.ceil(KILLS / DIRS.length))));
      console.log(`${KILLS} kills: ${durable.join(" + ")} durable records, none lost`);
    },
  );

  test.skipIf(!hasPython())("are valid for the verifier in Python, too", () => {
    for (const said of askPython(DIRS.map((dir) => ({ dir })))) expect(said).toMatchObject({ code: 0 });
  });
});
