// Writes to a log until it is killed: node victim-writer.mjs DIST DIR. Says each serial number that is durable.
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

const dist = pathToFileURL(`${process.argv[2]}/`);
/** @param {string} path */
const load = (path) => import(new URL(path, dist).href);
const { nodeDisk } = await load("store/node-disk.js");
const { fileHeads } = await load("audit/log/head.js");
const { logPlaces } = await load("audit/log/layout.js");
const { recoverLog } = await load("audit/log/recover.js");
const { LogWriter } = await load("audit/log/writer.js");
const { appendRecord } = await load("audit/log/append.js");
const { readLog } = await load("audit/log/reader.js");

const dir = String(process.argv[3]);
const heads = [fileHeads(nodeDisk, logPlaces(dir).heads)];
const end = recoverLog({ disk: nodeDisk, dir, heads, origin: "example.com/killed" });
const [now, mono] = [() => Date.now(), () => performance.now()];
const about = { writer: `p${process.pid}`, software: "rein/test", segmentLeaves: 1024 };
const writer = new LogWriter({ disk: nodeDisk, dir, end, heads, now, mono, ...about });
let serial = 0;
for (const { type } of readLog({ disk: nodeDisk, dir })) if (type === "gate") serial++;
const boot = process.pid.toString(36).padStart(8, "0");
for (;;) {
  const count = 1 + Math.floor(Math.random() * 40);
  for (let i = 0; i < count; i++) {
    const record = { type: "gate", at: now(), mono: mono(), boot, seq: ++serial, verdict: "allow" };
    const facts = serial % 97 === 0 ? { text: "z".repeat(70_000) } : {};
    appendRecord(writer, { ...record, facts, series: "search", source: "llm_agent" });
  }
  if (serial % 3 === 0) writer.write();
  else writer.sync();
  if (serial % 3 !== 0) writeSync(1, `${serial}\n`);
  if (Math.random() < 0.05) writer.checkpoint();
  writer.tick();
}
