import { mkdtempSync, readdirSync, statSync, appendFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { nodeDisk } from "../store/node-disk.js";
import { jsonlFile } from "./jsonl-file.js";
import { RecordLog } from "./record-log.js";
import type { RecordSink } from "./record-log.js";
import { readRecords } from "./read-records.js";
import { recoverSegments } from "./recover.js";
import { SegmentSink } from "./segments.js";
import { Tail } from "./tail.js";

const N = 1_000_000;
async function fill(sink: SegmentSink | RecordSink) {
  const log = new RecordLog({
    sink,
    measures: ["calls", "usd"],
    capacity: 65536,
    flushIntervalMs: 50,
    schedule: () => () => undefined,
    onFailure: (e) => console.log(e),
  });
  const lane = { source: "planner/researcher", series: "send_email" };
  const t0 = performance.now();
  for (let i = 1; i <= N / 2; i++) {
    log.decision(
      i,
      1767600000000 + i,
      12345.678 + i,
      lane,
      "allow",
      [1, 20000],
      i % 10 ? null : { tags: ["recipient", "p:abcdefghijk"] },
    );
    log.outcome(i, 1767600000000 + i, 12346.678 + i, true, [1, 11000], 1.25, true);
    if (log.wantsRotation) log.rotate([]);
  }
  await log.flush(false);
  const t1 = performance.now();
  await log.flush(true);
  console.log("write", Math.round(N / (t1 - t0)), "k/s; final sync ms", Math.round(performance.now() - t1));
  return log;
}
test("speed", async () => {
  for (let r = 0; r < 2; r++) {
    const d = mkdtempSync("/tmp/rsp/j");
    console.log("jsonlFile");
    await (await fill(jsonlFile(d))).close();
  }
  for (let r = 0; r < 2; r++) {
    const d = mkdtempSync("/tmp/rsp/s");
    console.log("segments");
    await (
      await fill(
        new SegmentSink({
          disk: nodeDisk,
          dir: d,
          at: { segment: 1, offset: 0 },
          segmentBytes: 64 << 20,
          maxBytes: 1e12,
          now: Date.now,
        }),
      )
    ).close();
    let t = performance.now();
    let n = 0;
    for (const _ of readRecords({ disk: nodeDisk, dir: d })) n++;
    console.log("read", Math.round(n / (performance.now() - t)), "k/s", n);
    t = performance.now();
    console.log(recoverSegments({ disk: nodeDisk, dir: d }), "recover ms", Math.round(performance.now() - t));
    const newest = readdirSync(d)
      .filter((x) => x.startsWith("rec"))
      .sort()
      .at(-1)!;
    console.log(newest, statSync(join(d, newest)).size);
    appendFileSync(join(d, newest), '{"type":"gate"}\n{"type":"ga');
    t = performance.now();
    console.log(
      recoverSegments({ disk: nodeDisk, dir: d }),
      "recover torn ms",
      Math.round(performance.now() - t),
    );
    t = performance.now();
    n = 0;
    const tail = new Tail({ disk: nodeDisk, dir: d, from: { segment: 1, offset: 0 } });
    for (;;) {
      const got = tail.poll().length;
      if (got === 0) break;
      n += got;
    }
    console.log("tail", Math.round(n / (performance.now() - t)), "k/s", n);
  }
  const d = mkdtempSync("/tmp/rsp/r");
  const sink = new SegmentSink({
    disk: nodeDisk,
    dir: d,
    at: { segment: 1, offset: 0 },
    segmentBytes: 64 << 20,
    maxBytes: 1e12,
    now: Date.now,
  });
  const times = { small: [] as number[], rotate: [] as number[], sync: [] as number[] };
  const one =
    '{"type":"gate","seq":1,"at":1767600000001,"mono":12346.678,"source":"planner","series":"send_email","verdict":"allow"}\n';
  for (let i = 0; i < 2000; i++) {
    const t = performance.now();
    sink.write(one);
    times.small.push(performance.now() - t);
  }
  for (let i = 0; i < 200; i++) {
    sink.write(one);
    const t = performance.now();
    await sink.sync();
    times.sync.push(performance.now() - t);
  }
  for (let i = 0; i < 50; i++) {
    sink.write(one);
    const t = performance.now();
    sink.rotate();
    times.rotate.push(performance.now() - t);
  }
  for (const [k, v] of Object.entries(times)) {
    v.sort((a, b) => a - b);
    console.log(k, "p50", v[v.length >> 1]!.toFixed(4), "p99", v[Math.floor(v.length * 0.99)]!.toFixed(4));
  }
}, 300000);
