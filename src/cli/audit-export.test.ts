import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeNewLog } from "../audit/import/index.js";
import { nodeDisk } from "../store/node-disk.js";
import { example } from "../../test/support/export-samples.js";
import { addAuditExport } from "./audit-export.js";
import type { Io } from "./io.js";

/** What is parsed has any type. */
type Json = ReturnType<typeof JSON.parse>;

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-export-"));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

interface Result {
  readonly code: number;
  readonly out: string;
  readonly lines: Json[];
}

async function rein(...argv: readonly string[]): Promise<Result> {
  let [out, code] = ["", -1];
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    isTTY: false,
    columns: 80,
    env: {},
  };
  const audit = new Command("audit").exitOverride().configureOutput({ writeErr: () => undefined });
  addAuditExport(audit, io, (result) => (code = result));
  await audit.parseAsync(["export", ...argv], { from: "user" });
  const lines = out.startsWith("{") || out.startsWith("[") ? out.trimEnd().split("\n") : [];
  return { code, out, lines: argv.includes("--json") ? [] : lines.map((line) => JSON.parse(line)) };
}

/** A log: log.begin, then these, then log.close. */
function newLog(records: readonly { readonly type: string }[], to = dir): void {
  let mono = 0;
  const system = { now: () => 1767614500000, mono: () => ++mono };
  writeNewLog(
    { disk: nodeDisk, dir: to, origin: "example.com/agents", software: "rein test", ...system },
    records.map((record) => ({ record })),
  );
}

const RECORDS = [example.allowed, example.settled, example.blocked, example.halt];

describe("rein audit export", () => {
  test("ocsf: an event a record", async () => {
    newLog(RECORDS);
    const { code, lines } = await rein("ocsf", dir);
    expect(code).toBe(0);
    expect(lines.map(({ metadata }) => metadata.event_code)).toEqual([
      ...["log.begin", "gate", "settle", "gate", "halt", "log.close"],
    ]);
    expect(lines[1].metadata.uid).toBe("example.com/agents#1");
  });

  test("a governor's state directory is as good as the log in it", async () => {
    newLog(RECORDS, join(dir, "audit"));
    expect((await rein("ocsf", dir)).lines).toHaveLength(6);
  });

  test("--from, --to, --type, --since and --until say which records", async () => {
    newLog(RECORDS);
    const types = async (...flags: string[]): Promise<string[]> =>
      (await rein("cloudevents", dir, ...flags)).lines.map(({ data }) => data.type);
    expect(await types("--from", "2", "--to", "4")).toEqual(["settle", "gate"]);
    expect(await types("--type", "halt,settle")).toEqual(["settle", "halt"]);
    expect(await types("--type", "halt", "--type", "settle")).toEqual(["settle", "halt"]);
    expect(await types("--since", "2026-01-05T12:00:00.250Z", "--until", "2026-01-05T12:00:02Z")).toEqual([
      ...["gate", "halt"],
    ]);
  });

  test("an outcome that was selected alone still has the names of its decision", async () => {
    newLog(RECORDS);
    const { lines } = await rein("ocsf", dir, "--type", "settle");
    expect(lines.map(({ api }) => api.operation)).toEqual(["send_email"]);
  });

  test("cloudevents --batch: arrays", async () => {
    newLog(RECORDS);
    const { lines } = await rein("cloudevents", dir, "--batch", "--type-prefix", "com.example");
    expect(lines).toHaveLength(1);
    expect(lines[0].map(({ type }: Json) => type)).toContain("com.example.gate");
  });

  test("otel: spans, or log records with --signal logs; the resource names the checkpoint", async () => {
    newLog(RECORDS);
    const [traces] = (await rein("otel", dir)).lines;
    expect(traces.resourceSpans[0].scopeSpans[0].spans).toHaveLength(2);
    const attributes = traces.resourceSpans[0].resource.attributes.map(({ key }: Json) => key);
    expect(attributes).toContain("rein.log.checkpoint.root");
    const [logs] = (await rein("otel", dir, "--signal", "logs")).lines;
    expect(logs.resourceLogs[0].scopeLogs[0].logRecords).toHaveLength(6);
  });

  test("-o writes a file for its owner only, never over another, and --json tells what was done", async () => {
    newLog(RECORDS);
    const file = join(dir, "events.jsonl");
    const { code, out } = await rein("ocsf", dir, "-o", file, "--json", "--type", "gate");
    expect(JSON.parse(out)).toEqual({
      ...{
        dir,
        origin: "example.com/agents",
        format: "ocsf",
        records: 6,
        selected: 2,
        events: 2,
        output: file,
      },
    });
    expect(code).toBe(0);
    expect(fs.readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(2);
    if (process.platform !== "win32") expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    await expect(rein("ocsf", dir, "-o", file)).rejects.toThrow(/is there already/);
    expect((await rein("ocsf", dir, "-o", `${file}2`, "--type", "gate")).out).toBe(
      `Exported 2 records of 6 records as 2 events (ocsf) to ${file}2.\n`,
    );
  });

  test("a damaged record ends the export with an error, and leaves no file", async () => {
    newLog(RECORDS);
    const segment = join(dir, "seg", "0000000000000000.jsonl");
    fs.writeFileSync(
      segment,
      fs.readFileSync(segment, "utf8").replace('"by":"alice"', '"by":"alice","by":"bob"'),
    );
    const file = join(dir, "events.jsonl");
    await expect(rein("ocsf", dir, "-o", file)).rejects.toThrow(/record 4 that is not in canonical form/);
    expect(fs.existsSync(file)).toBe(false);
  });

  test("what a crash left behind the last signed record is no record", async () => {
    newLog(RECORDS);
    fs.appendFileSync(join(dir, "seg", "0000000000000000.jsonl"), '{"n":6,"type":"ga\0\0\0\n{"');
    expect((await rein("ocsf", dir)).lines).toHaveLength(6);
  });

  test.each([
    [["ocsf", "nowhere"], /there is no audit log/],
    [["ocsf", ".", "--json"], /--json prints the summary/],
    [["otel", ".", "--signal", "metrics"], /traces or logs/],
    [["ocsf", ".", "--since", "yesterday"], /Write a time/],
    [["ocsf", ".", "--from", "-1"], /whole number/],
    [["cloudevents", ".", "--type-prefix", "no spaces please"], /reversed domain name/],
  ])("%j is refused", async (argv, message) => {
    await expect(rein(...argv)).rejects.toThrow(message);
  });
});
