import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { isLog } from "../../src/audit/log/layout.js";
import type { LogWriter } from "../../src/audit/log/writer.js";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { verifyLog } from "../../src/audit/verify/verify.js";
import type { ReadableFile } from "../../src/core/disk.js";
import type { FakeDisk } from "../../src/testing/fake-disk.js";
import { attempt, DIR, Stage } from "./stage.js";
import { askPython, hasPython } from "./verifiers.js";

const temp = mkdtempSync(join(tmpdir(), "rein-honest-"));
const exported: { readonly dir: string; readonly what: string }[] = [];

afterAll(() => {
  rmSync(temp, { recursive: true, force: true });
}, 120_000);

/** Puts a log aside that the verifier in Python is to see, too. */
function keep(stage: Stage, what: string): void {
  const dir = join(temp, String(exported.length));
  stage.export(dir);
  exported.push({ dir, what });
}

/** Alarms that were raised and records that were lost, of one test. */
class Troubles {
  readonly #found: (readonly [what: string, ...problems: string[]])[] = [];

  /** Looks at a log as it is. */
  look(stage: Stage, what: string): void {
    const alarms = stage.alarms();
    if (alarms.length > 0) this.#found.push([what, ...alarms]);
  }

  /** No false alarm, nothing lost; and both again when the log was opened, gone on with, and closed. */
  expectSound(stage: Stage, what: string): void {
    this.look(stage, what);
    const writer = stage.open();
    this.#found.push(...stage.losses().map((loss) => [what, loss] as const));
    stage.goOn();
    stage.append(writer, 3);
    stage.close(writer);
    this.look(stage, `${what}, and then`);
  }

  expectNone(): void {
    expect({ count: this.#found.length, first: this.#found.slice(0, 12) }).toEqual({ count: 0, first: [] });
  }
}

let troubles = new Troubles();
beforeEach(() => {
  troubles = new Troubles();
});
afterEach(() => {
  troubles.expectNone();
});

/** A short life: a beginning, records, checkpoints, two ends of segments, an end. */
function live(stage: Stage): void {
  const writer = stage.open();
  for (let i = 0; i < 6; i++) {
    stage.append(writer, 5, i === 2 ? { facts: { text: "x".repeat(70_000) } } : {});
    if (i % 2 === 0) stage.sync(writer);
    stage.wait(700);
    writer.tick();
    if (i === 4) stage.checkpoint(writer);
  }
  stage.close(writer);
}

describe("a process that dies", () => {
  /** Operations of a whole life. */
  const operations = (() => {
    const stage = new Stage(1, { segmentLeaves: 16 });
    live(stage);
    return stage.disk.operations;
  })();

  const ends = [
    { how: "is killed", die: (stage: Stage) => stage.disk.kill(), tries: 1 },
    { how: "is ended by a power failure", die: (stage: Stage) => stage.disk.crash(), tries: 3 },
  ];

  test.each(ends)(
    "($how) at any operation, leaves a log without alarms, and nothing acknowledged is lost",
    { timeout: 300_000 },
    ({ how, die, tries }) => {
      expect(operations).toBeGreaterThan(100);
      for (let at = 1; at <= operations; at++) {
        for (let seed = at; seed < at + tries * 1000; seed += 1000) {
          const stage = new Stage(seed, { segmentLeaves: 16 });
          stage.disk.dieAt(at);
          attempt(() => {
            live(stage);
          });
          stage.disk = die(stage);
          if (!stage.wasOpen) continue;
          if (at % 7 === 0 && seed === at) keep(stage, `${how} at ${at}`);
          troubles.expectSound(stage, `${how} at ${at} of ${operations}, seed ${seed}`);
        }
      }
    },
  );

  test.each(ends)("($how) before its log has begun, leaves one without alarms", ({ how, die, tries }) => {
    for (let at = 1; at <= operations; at++) {
      for (let seed = at; seed < at + tries * 1000; seed += 1000) {
        const stage = new Stage(seed, { segmentLeaves: 16 });
        stage.disk.dieAt(at);
        attempt(() => stage.open());
        if (stage.wasOpen) return;
        stage.disk = die(stage);
        // Before there is anything of a log there is nothing to check.
        if (isLog(stage.disk, DIR)) troubles.look(stage, `${how} at ${at}, seed ${seed}`);
      }
    }
  });

  test("again and again while it recovers leaves a log without alarms", { timeout: 300_000 }, () => {
    for (let seed = 1; seed <= 100; seed++) {
      const stage = new Stage(seed, { segmentLeaves: 16 });
      const random = new SeededRandom(seed);
      for (let lives = 0; lives < 8; lives++) {
        stage.disk.dieAt(1 + random.below(operations / 2));
        attempt(() => {
          const writer = stage.open();
          stage.goOn();
          for (let i = 0; i < 4; i++) {
            stage.append(writer, random.below(12));
            if (random.chance(0.5)) writer.write();
            if (random.chance(0.5)) stage.sync(writer);
            stage.wait(random.below(1500));
            writer.tick();
          }
        });
        stage.disk = random.chance(0.5) ? stage.disk.crash() : stage.disk.kill();
        const what = `seed ${seed}, life ${lives}`;
        if (!stage.wasOpen) continue;
        troubles.look(stage, what);
      }
      if (seed % 10 === 0) keep(stage, `eight lives, seed ${seed}`);
      troubles.expectSound(stage, `seed ${seed}`);
    }
  });

  test("two hundred times over, without a word each time", { timeout: 300_000 }, () => {
    const stage = new Stage(3, { segmentLeaves: 64 });
    for (let i = 0; i < 200; i++) {
      const writer = stage.open();
      stage.goOn();
      stage.append(writer, i % 4);
      if (i % 3 === 0) writer.write();
      stage.disk = i % 2 === 0 ? stage.disk.kill() : stage.disk.crash();
    }
    troubles.expectSound(stage, "200 restarts");
    keep(stage, "200 restarts");
  });

  test(
    "that is opened and closed two hundred times leaves a log without alarms",
    { timeout: 300_000 },
    () => {
      const stage = new Stage(3, { segmentLeaves: 64 });
      for (let i = 0; i < 200; i++) {
        const writer = stage.open();
        stage.append(writer, i % 3);
        stage.close(writer);
      }
      troubles.expectSound(stage, "200 times opened and closed");
      expect(stage.verify().ending.state).toBe("closed");
      keep(stage, "200 times opened and closed");
    },
  );

  test("and is followed by one that fences it off leaves a log without alarms", () => {
    const stage = new Stage(3);
    const first = stage.open();
    stage.append(first, 10);
    stage.sync(first);
    const second = stage.open(true);
    stage.goOn();
    stage.append(second, 5);
    stage.sync(second);
    // The first one is not dead after all.
    attempt(() => {
      stage.append(first, 5);
      first.write();
    });
    stage.serial -= 5;
    stage.append(second, 2);
    stage.close(second);
    troubles.expectSound(stage, "a writer that came back");
    keep(stage, "a writer that came back");
  });
});

describe("a disk that fails", () => {
  test.each(["ENOSPC", "EIO", "EROFS"])(
    "at any write or sync (%s) makes no log that raises an alarm",
    (code) => {
      for (let at = 1; at <= 60; at++) {
        const stage = new Stage(at, { segmentLeaves: 16 });
        const writer = stage.open();
        let operations = 0;
        stage.disk.fault = (operation) => {
          const isOurs = ["write", "sync", "rename", "syncDir", "openToAppend", "link"].includes(operation);
          return isOurs && ++operations === at ? code : undefined;
        };
        for (let i = 0; i < 8; i++) {
          stage.append(writer, 4);
          stage.wait(400);
          attempt(() => {
            writer.tick();
          });
          if (i % 3 === 0) {
            attempt(() => {
              stage.sync(writer);
            });
          }
          const what = `${code} at ${at}, step ${i}`;
          troubles.look(stage, what);
        }
        stage.disk.fault = undefined;
        stage.disk = at % 2 === 0 ? stage.disk.crash() : stage.disk.kill();
        if (at % 15 === 0) keep(stage, `${code} at ${at}`);
        troubles.expectSound(stage, `${code} at ${at}`);
      }
    },
  );

  test("for lack of room keeps what was acknowledged, and goes on when there is room again", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const stage = new Stage(seed, { segmentLeaves: 32, capacityBytes: 9_000 + seed * 251 });
      let writer: LogWriter | undefined;
      attempt(() => {
        writer = stage.open();
        for (let i = 0; i < 40; i++) {
          stage.append(writer, 3);
          stage.sync(writer);
          stage.wait(300);
          writer.tick();
        }
      });
      troubles.look(stage, `seed ${seed}`);
      stage.disk.capacityBytes = Infinity;
      if (writer !== undefined && seed % 2 === 0) {
        const open = writer;
        stage.append(open, 2);
        stage.checkpoint(open);
        troubles.look(stage, `seed ${seed}, again`);
      }
      stage.disk = stage.disk.crash();
      troubles.expectSound(stage, `a full disk, seed ${seed}`);
    }
  });
});

describe("an end of the file that a power failure made", () => {
  /** Files of a log with more than 64 KiB of records behind its newest checkpoint, some long, some short. */
  const { files, path, bytes, lineEnds } = (() => {
    const stage = new Stage(9, { segmentLeaves: 65_536 });
    const writer = stage.open();
    stage.append(writer, 3);
    for (let i = 0; i < 90; i++) stage.append(writer, 1, { reason: "é".repeat((i * 37) % 700) });
    writer.write();
    const all = new Map<string, Uint8Array>();
    stage.visit((name) => all.set(name, stage.disk.read(name).slice()));
    const segment = `${DIR}/seg/0000000000000000.jsonl`;
    const whole = all.get(segment)!;
    return {
      files: all,
      path: segment,
      bytes: whole,
      lineEnds: [...whole].flatMap((byte, at) => (byte === 10 ? [at] : [])),
    };
  })();
  /** All of the last 64 KiB in a run of its own: REIN_EVERY_BYTE=65536 npx vitest run test/audit/honest.test.ts */
  const span = Number(process.env["REIN_EVERY_BYTE"] ?? 8192);
  const begin = bytes.length - span;

  /** The same log on another disk, its segment as somebody left it. */
  function left(segment: Uint8Array): Stage {
    const stage = new Stage(10, { segmentLeaves: 65_536 });
    for (const [name, contents] of files) {
      for (const at of [...name].flatMap((letter, i) => (letter === "/" && i > 0 ? [i] : [])))
        stage.disk.makeDir(name.slice(0, at));
      stage.disk.plant(name, { bytes: name === path ? segment : contents, mode: 0o600 });
    }
    return stage;
  }

  const wholeLines = (cut: number): number => lineEnds.filter((end) => end < cut).length;

  test(
    `cut at every one of the last ${span} bytes, raises no alarm, and all whole records count`,
    { timeout: 600_000 },
    () => {
      // All that was signed is before.
      expect(begin).toBeGreaterThan(lineEnds[5]!);
      const stage = left(bytes);
      const { disk } = stage;
      let cut = bytes.length;
      const view = new Proxy(disk, {
        get: (_, name: keyof FakeDisk) => {
          if (name === "look")
            return (at: string) => (at === path ? { ...disk.look(at)!, bytes: cut } : disk.look(at));
          if (name !== "openToRead") return (disk[name] as () => unknown).bind(disk);
          return (at: string): ReadableFile => {
            const file = disk.openToRead(at);
            if (at !== path) return file;
            return {
              bytes: cut,
              read: (target, from) =>
                file.read(target.subarray(0, Math.max(0, Math.min(target.length, cut - from))), from),
              close: file.close,
            };
          };
        },
      });
      const wrong: unknown[] = [];
      let whole = lineEnds.length;
      for (; cut >= begin; cut--) {
        while (whole > 0 && lineEnds[whole - 1]! >= cut) whole--;
        const { outcome, size, tail } = verifyLog({ disk: view, dir: DIR, now: stage.now });
        const torn = cut - (whole === 0 ? 0 : lineEnds[whole - 1]! + 1);
        if (outcome !== "valid" || size !== whole || tail.tornBytes !== torn)
          wrong.push({ cut, outcome, size, whole });
      }
      expect(wrong).toEqual([]);
    },
  );

  test("cut anywhere, is gone on with behind the last whole record", { timeout: 300_000 }, () => {
    const own = lineEnds.length - 93;
    for (let cut = bytes.length; cut >= begin; cut -= 97) {
      const stage = left(bytes.subarray(0, cut));
      const writer = stage.open();
      expect(stage.serials().length).toBe(wholeLines(cut) - own);
      stage.goOn();
      stage.append(writer, 1);
      stage.close(writer);
      troubles.look(stage, `cut at ${cut}`);
    }
  });

  const ends: readonly (readonly [
    string,
    (bytes: Uint8Array, from: number, random: SeededRandom) => Uint8Array,
  ])[] = [
    ["zeros", (bytes, from) => bytes.slice().fill(0, from)],
    [
      "zeros, longer than what was written",
      (bytes, from) => {
        const longer = new Uint8Array(bytes.length + 70_000);
        longer.set(bytes.subarray(0, from));
        return longer;
      },
    ],
    ["a sector of zeros in between", (bytes, from) => bytes.slice().fill(0, from, from + 512)],
    ["noise", (bytes, from, random) => Buffer.concat([bytes.subarray(0, from), random.bytes(3000)])],
    [
      "a block twice",
      (bytes, from) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(from - 4096, from)]),
    ],
    ["only newlines", (bytes, from) => bytes.slice().fill(10, from)],
  ];
  test.each(ends)("%s: raises no alarm, and is gone on with", (what, damage) => {
    const random = new SeededRandom(7);
    for (let i = 0; i < 40; i++) {
      const from = begin + 5000 + random.below(60_000);
      const stage = left(damage(bytes, from, random));
      if (i === 0) keep(stage, what);
      troubles.expectSound(stage, `${what} from ${from}`);
    }
  });
});

describe("time", () => {
  test("that goes back raises no alarm", () => {
    const stage = new Stage(4);
    const writer = stage.open();
    for (const step of [1000, -3_600_000, 500, -86_400_000, 20_000, 86_400_000 * 2, -1]) {
      stage.append(writer, 4);
      stage.now += step;
      stage.mono += Math.abs(step);
      writer.tick();
    }
    stage.close(writer);
    troubles.expectSound(stage, "a clock that was set");
    keep(stage, "a clock that was set");
  });

  test("without anything to record is signed, too", () => {
    const stage = new Stage(4);
    const writer = stage.open();
    for (let i = 0; i < 600; i++) {
      stage.wait(1000);
      writer.tick();
    }
    expect(stage.alarms()).toEqual([]);
    expect(stage.verify().history.types["log.heartbeat"]).toBeGreaterThan(50);
    stage.close(writer);
    troubles.expectSound(stage, "an idle log");
    keep(stage, "an idle log");
  });

  test("of days cuts segments, and raises no alarm", () => {
    const stage = new Stage(4);
    const writer = stage.open();
    for (let day = 0; day < 5; day++) {
      stage.append(writer, 3);
      stage.wait(86_400_000);
      writer.tick();
    }
    stage.close(writer);
    expect(stage.verify().history.rotations).toBeGreaterThanOrEqual(5);
    troubles.expectSound(stage, "five days");
    keep(stage, "five days");
  });
});

describe("records", () => {
  test("of 60 KB, and larger ones, raise no alarm", () => {
    const stage = new Stage(6);
    const writer = stage.open();
    for (const length of [60_000, 65_000, 65_300, 65_535, 65_536, 70_000, 1_000_000]) {
      stage.append(writer, 1, { facts: { text: "y".repeat(length) } });
      stage.append(writer, 1, { facts: { text: "ü".repeat(length / 2) } });
      stage.sync(writer);
    }
    stage.close(writer);
    expect(stage.verify().checked.blobs).toBeGreaterThan(4);
    troubles.expectSound(stage, "large records");
    keep(stage, "large records");
  });

  test("with any characters and numbers raise no alarm", () => {
    const stage = new Stage(6);
    const writer = stage.open();
    const odd = [
      ...["\0\x01\x1f\x7f", "\ud800", "\u2028\u2029", "😀\ufb33", '"\\/', "\ufeff", "__proto__", "a\r\nb"],
      ...[1e21, 1e-7, 123456789012345680000, -0, 0.1, 5e-324, 1.7976931348623157e308, 2 ** 53],
    ];
    for (const value of odd) stage.append(writer, 1, { facts: { value, [`k${String(value)}`]: [value] } });
    stage.close(writer);
    troubles.expectSound(stage, "odd values");
    keep(stage, "odd values");
  });
});

describe("whoever looks while somebody writes", () => {
  test("raises no alarm, whatever moment it is", () => {
    const stage = new Stage(8, { segmentLeaves: 16 });
    let isLooking = false;
    let looks = 0;
    const alarms: unknown[] = [];
    stage.disk.fault = (operation, path) => {
      if (isLooking || operation === "read" || operation === "look" || operation === "list") return undefined;
      if (!stage.wasOpen) return undefined;
      isLooking = true;
      looks++;
      const found = attempt(() => {
        const raised = stage.alarms();
        if (raised.length > 0) alarms.push([operation, path, ...raised]);
      });
      if (found !== undefined) alarms.push(found);
      isLooking = false;
      return undefined;
    };
    live(stage);
    expect(looks).toBeGreaterThan(150);
    expect(alarms).toEqual([]);
  });
});

describe.skipIf(!hasPython())("all of these, for the verifier in Python", () => {
  test("raise no alarm either", { timeout: 300_000 }, () => {
    expect(exported.length).toBeGreaterThan(20);
    const said = askPython(exported.map(({ dir }) => ({ dir })));
    const alarms = said.flatMap(({ code, output }, i) =>
      code === 0 ? [] : [{ ...exported[i], code, output }],
    );
    expect(alarms).toEqual([]);
  });
});
