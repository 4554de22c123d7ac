import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allFiles, KeptLog } from "../../../test/support/kept-log.js";
import { FakeDisk } from "../../testing/fake-disk.js";
import { hashesPath, listSegments, rangePath, segmentPath } from "../log/layout.js";
import { checkVault, layHold, releaseHold } from "../privacy/index.js";
import { readLog } from "../log/reader.js";
import { CompactRange, hashFromBytes, HASH_BYTES } from "../tree/index.js";
import { applyRetention, keptLeavesPath } from "./apply.js";
import { planRetention, retentionRecord } from "./plan.js";
import type { RetentionRequest, SegmentFacts } from "./plan.js";
import { DAY_MS, retentionDays } from "./presets.js";

const DIR = "/log";

describe("a plan", () => {
  const segments = (count: number): SegmentFacts[] =>
    Array.from({ length: count }, (_, i) => ({
      first: 10 * i,
      end: i === count - 1 ? null : 10 * (i + 1),
      bytes: 100,
      endedAt: i === count - 1 ? null : (i + 1) * DAY_MS,
    }));
  const base = { segments: segments(10), now: 20 * DAY_MS, keepFrom: 1_000, signed: 1_000 };

  test("by age: what is older in all its parts goes, oldest first", () => {
    const plan = planRetention({ ...base, maxAgeMs: 15 * DAY_MS });
    expect(plan).toMatchObject({
      from: 0,
      to: 40,
      bytes: 400,
      bytesLeft: 600,
      youngestMs: 16 * DAY_MS,
      stop: null,
    });
  });

  test("by size: the oldest go until the rest fits", () => {
    expect(planRetention({ ...base, maxBytes: 350 })).toMatchObject({ from: 0, to: 70, bytesLeft: 300 });
    expect(planRetention({ ...base, maxBytes: 0 })).toMatchObject({ to: 90, stop: "newest" });
  });

  test("what recovery needs, what is not signed and what is held stays, and the plan says so", () => {
    const all = { ...base, maxBytes: 0 };
    expect(planRetention({ ...all, keepFrom: 35 })).toMatchObject({ to: 30, stop: "needed" });
    expect(planRetention({ ...all, signed: 49 })).toMatchObject({ to: 40, stop: "unsigned" });
    const hold = { by: "counsel", reason: "case 12", since: 0 };
    expect(planRetention({ ...all, hold })).toMatchObject({ from: 0, to: 0, remove: [], stop: "hold" });
  });

  test("never has holes, never takes what must stay, and takes no more than it must", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(1_000), fc.nat(50)), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.record({ maxAgeMs: fc.nat(60), maxBytes: fc.nat(5_000) }, { requiredKeys: [] }),
        fc.nat(150),
        fc.nat(150),
        (sizes, limits, keepFrom, signed) => {
          let [index, time] = [0, 0];
          const facts = sizes.map(([leaves, bytes, ms], i): SegmentFacts => {
            const first = index;
            index += leaves;
            time += ms;
            const isNewest = i === sizes.length - 1;
            return { first, end: isNewest ? null : index, bytes, endedAt: isNewest ? null : time };
          });
          const request: RetentionRequest = { segments: facts, now: time, keepFrom, signed, ...limits };
          const plan = planRetention(request);
          expect(plan.remove).toEqual(facts.slice(0, plan.remove.length));
          expect(plan.to).toBe(facts[plan.remove.length]!.first);
          expect(plan.to === plan.from || plan.to <= Math.min(keepFrom, signed)).toBe(true);
          const last = plan.remove.at(-1);
          if (last !== undefined) {
            const wasTooMuch = plan.bytesLeft + last.bytes > (limits.maxBytes ?? Infinity);
            expect(wasTooMuch || time - last.endedAt! > (limits.maxAgeMs ?? Infinity)).toBe(true);
          }
          if (plan.stop === null) expect(plan.bytesLeft <= (limits.maxBytes ?? Infinity)).toBe(true);
        },
      ),
    );
  });

  test("fewer days than the floor only by force", () => {
    expect(retentionDays()).toBe(400);
    expect(retentionDays("eu-ai-act")).toBe(183);
    expect(() => retentionDays(182)).toThrow("fewer than the 183");
    expect(retentionDays(30, true)).toBe(30);
    expect(() => retentionDays(0, true)).toThrow("whole number of days");
  });
});

/** A log of five segments with values in the vault and large values in files. */
function made() {
  const disk = new FakeDisk();
  const log = new KeptLog(disk, DIR);
  disk.makeDir(`${DIR}/blobs`);
  disk.syncDirNow(DIR);
  for (let i = 0; i < 25; i++) {
    if (i > 0 && i % 5 === 0) log.cut();
    if (i % 5 === 4) log.append({ type: "key.rotate", epoch: i });
    else log.decide(`value-${i}-`);
    disk.plant(`${DIR}/blobs/${String(i).padStart(16, "0")}.image.json`, { bytes: "{}" });
  }
  log.flush();
  const ends = [5, 10, 15, 20, null];
  const segments = ends.map((end, i) => ({ first: 5 * i, end, bytes: 100, endedAt: end }));
  const signed = { origin: "test", size: log.size, root: log.range.root() };
  const plan = planRetention({ segments, now: 20, maxAgeMs: 4, keepFrom: 100, signed: signed.size });
  return { disk, log, plan, signed };
}

describe("carrying out a plan", () => {
  test("removes leaves, large and kept values, and never a hash", () => {
    const { disk, log, plan, signed } = made();
    expect(retentionRecord(plan, { by: "ops", reason: "age", now: 7 })).toEqual({
      type: "log.retention",
      ...{ at: 7, by: "ops", reason: "age", removed: { from: 0, to: 15 } },
    });
    const gone: number[] = [];
    applyRetention(disk, DIR, plan, { signed, now: 20, onSegment: ({ first }) => gone.push(first) });
    expect(gone).toEqual([0, 5, 10]);
    expect(listSegments(disk, DIR)).toEqual([15, 20]);
    expect(disk.list(`${DIR}/vault`)).toEqual(
      [15, 20].map((first) => `${String(first).padStart(16, "0")}.jsonl`),
    );
    expect(disk.list(`${DIR}/blobs`).length).toBe(10);
    for (const [i, hash] of log.leaves.entries()) {
      const first = i - (i % 5);
      expect(hashFromBytes(disk.read(hashesPath(DIR, first)), (i - first) * HASH_BYTES)).toBe(hash);
    }
    expect(Buffer.from(disk.read(keptLeavesPath(DIR, 5))).toString()).toBe(`${log.lines[9]!}\n`);
    expect([...readLog({ disk, dir: DIR })].map(({ n }) => n)).toEqual([
      15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    ]);
    expect(checkVault({ disk, dir: DIR, leaves: readLog({ disk, dir: DIR }) })).toMatchObject({
      ...{ fields: 8, disclosed: 8, mismatchCount: 0, unchecked: 0 },
    });
  });

  test("makes hashes that are short or wrong again, before their leaves go", () => {
    const { disk, log, plan, signed } = made();
    disk.damage(hashesPath(DIR, 0), (bytes) => bytes.slice(0, 40));
    disk.damage(hashesPath(DIR, 5), (bytes) => bytes.map((byte) => byte ^ 1));
    disk.damage(rangePath(DIR, 15), () => Buffer.from("x"));
    disk.damage(hashesPath(DIR, 15), () => Buffer.from("x"));
    applyRetention(disk, DIR, plan, { signed, now: 20 });
    const range = new CompactRange();
    for (const first of [0, 5, 10]) {
      const bytes = disk.read(hashesPath(DIR, first));
      for (let at = 0; at < bytes.length; at += HASH_BYTES) range.append(hashFromBytes(bytes, at));
    }
    for (const hash of log.leaves.slice(15)) range.append(hash);
    expect(range.root()).toBe(signed.root);
    // A plan that goes on behind what is gone begins with the hashes that are left.
    const segments = [15, 20].map((first) => ({
      first,
      end: first === 15 ? 20 : null,
      bytes: 1,
      endedAt: 1,
    }));
    const next = planRetention({ segments, now: 99, maxAgeMs: 1, keepFrom: 99, signed: 25 });
    disk.damage(rangePath(DIR, 15), () => Buffer.from("x"));
    applyRetention(disk, DIR, next, { signed, now: 20 });
    expect(listSegments(disk, DIR)).toEqual([20]);
  });

  test("leaves everything when a leaf is not the one that was signed", () => {
    for (const first of [5, 15]) {
      const { disk, plan, signed } = made();
      const before = allFiles(disk, DIR);
      disk.damage(segmentPath(DIR, first), (bytes) =>
        Buffer.from(Buffer.from(bytes).toString().replace("gate", "fake")),
      );
      if (first === 15) disk.damage(hashesPath(DIR, first), () => Buffer.alloc(3));
      expect(() => {
        applyRetention(disk, DIR, plan, { signed, now: 20 });
      }).toThrow("is not what was signed");
      expect([...allFiles(disk, DIR).keys()]).toEqual([...before.keys()]);
    }
  });

  test("does nothing under a legal hold, until it is released or over", () => {
    const { disk, plan, signed } = made();
    layHold(disk, DIR, { by: "counsel", reason: "case 12", since: 1, until: 30 });
    expect(() => {
      applyRetention(disk, DIR, plan, { signed, now: 20 });
    }).toThrow("case 12");
    expect(listSegments(disk, DIR).length).toBe(5);
    applyRetention(disk, DIR, plan, { signed, now: 30 });
    releaseHold(disk, DIR);
    expect(listSegments(disk, DIR).length).toBe(2);
  });

  test("whoever dies at it leaves a log without holes, whose hashes are all there", () => {
    for (let operation = 1; ; operation++) {
      const { disk, log, plan, signed } = made();
      disk.dieAt(disk.operations + operation);
      let hasDied = true;
      try {
        applyRetention(disk, DIR, plan, { signed, now: 20 });
        hasDied = disk.isDead;
      } catch {
        expect(disk.isDead).toBe(true);
      }
      disk.dieAt(Infinity);
      const after = hasDied ? disk.crash() : disk;
      const left = listSegments(after, DIR);
      expect(left).toEqual([0, 5, 10, 15, 20].slice(5 - left.length));
      for (const [i, hash] of log.leaves.entries()) {
        const first = i - (i % 5);
        if (!left.includes(first)) {
          expect(hashFromBytes(after.read(hashesPath(DIR, first)), (i - first) * HASH_BYTES)).toBe(hash);
          expect(after.look(keptLeavesPath(DIR, first))).toBeDefined();
        }
      }
      const segments = left.map((first, i) => ({
        first,
        end: left[i + 1] ?? null,
        bytes: 1,
        endedAt: first + 5,
      }));
      const rest = planRetention({ segments, now: 20, maxAgeMs: 4, keepFrom: 100, signed: 25 });
      applyRetention(after, DIR, rest, { signed, now: 20 });
      expect(listSegments(after, DIR)).toEqual([15, 20]);
      if (rest.remove.length > 0 || !hasDied) expect(after.list(`${DIR}/vault`).length).toBe(2);
      if (!hasDied) break;
    }
  });
});
