import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReinError } from "../../core/errors.js";
import { FakeDisk } from "../../testing/index.js";
import { SeededRandom } from "../../testing/seeded-random.js";
import { fileHeads } from "./head.js";
import { logPlaces, segmentPath } from "./layout.js";
import { readLog } from "./reader.js";
import { recoverLog } from "./recover.js";
import { LogWriter } from "./writer.js";

const DIR = "/log";
const uid = process.getuid?.();

class Stage {
  disk: FakeDisk;
  now = 1_700_000_000_000;
  /** Bodies in the order in which they were appended, by the serial number in them. */
  serial = 0;

  constructor(seed: number) {
    this.disk = new FakeDisk({ seed, now: () => this.now, ...(uid !== undefined && { uid }) });
  }

  open(segmentLeaves = 16, fence = false): LogWriter {
    const { disk } = this;
    const heads = [fileHeads(disk, logPlaces(DIR).heads)];
    const end = recoverLog({ disk, dir: DIR, heads, fence, origin: "example.com/test" });
    const [now, mono] = [() => this.now, () => this.now];
    return new LogWriter({
      ...{ disk, dir: DIR, end, heads, now, mono },
      ...{ writer: "w", software: "rein/test", segmentLeaves },
    });
  }

  append(writer: LogWriter, count: number): void {
    for (let i = 0; i < count; i++) writer.append('{"n":', `,"serial":${++this.serial},"type":"x"}`);
  }

  /** Serial numbers that are in the log. */
  serials(): number[] {
    return [...readLog({ disk: this.disk, dir: DIR })].flatMap(({ serial }) =>
      typeof serial === "number" ? [serial] : [],
    );
  }
}

describe("whatever ends the process", () => {
  test("what was durable is there, what is there was appended, in order, and the log can be gone on with", () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant("append" as const), count: fc.integer({ min: 1, max: 30 }) }),
      },
      { weight: 3, arbitrary: fc.constant({ do: "write" as const }) },
      { weight: 3, arbitrary: fc.constant({ do: "sync" as const }) },
      { weight: 2, arbitrary: fc.constant({ do: "checkpoint" as const }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("wait" as const),
          ms: fc.integer({ min: 1, max: 100_000_000 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("die" as const),
          at: fc.integer({ min: 1, max: 30 }),
          power: fc.boolean(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("fail" as const),
          op: fc.constantFrom("write" as const, "sync" as const, "rename" as const),
          code: fc.constantFrom("ENOSPC", "EIO"),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ do: "close" as const }) },
      { weight: 1, arbitrary: fc.constant({ do: "fence" as const }) },
    );
    fc.assert(
      fc.property(fc.integer(), fc.array(step, { minLength: 1, maxLength: 40 }), (seed, steps) => {
        const stage = new Stage(seed);
        const random = new SeededRandom(seed);
        let writer: LogWriter | null = null;
        let durable = 0;
        let closed = false;
        const restart = (power: boolean, fence = false): void => {
          stage.disk = power ? stage.disk.crash() : stage.disk.kill();
          // Dying while opening is dying, too.
          if (random.chance(0.3)) {
            stage.disk.dieAt(1 + random.below(40));
            attempt(() => stage.open(16, fence));
            stage.disk = random.chance(0.5) ? stage.disk.crash() : stage.disk.kill();
          }
          writer = stage.open(16, fence);
          const serials = stage.serials();
          expect(serials).toEqual(serials.map((_, i) => i + 1));
          expect(serials.length).toBeGreaterThanOrEqual(durable);
          // What was appended and lost was never said to be durable: numbers go on behind what is there.
          durable = stage.serial = serials.length;
        };
        writer = stage.open();
        for (const what of steps) {
          if (closed) {
            restart(false);
            closed = false;
          }
          const open: LogWriter = writer;
          const before = stage.serial;
          try {
            if (what.do === "append") stage.append(open, what.count);
            else if (what.do === "write") open.write();
            else if (what.do === "sync") {
              open.sync();
              durable = before;
            } else if (what.do === "checkpoint") {
              open.checkpoint();
              durable = before;
            } else if (what.do === "wait") {
              stage.now += what.ms;
              open.tick();
            } else if (what.do === "fail") {
              stage.disk.failNext(what.op, what.code);
            } else if (what.do === "close") {
              open.close();
              durable = before;
              closed = true;
            } else if (what.do === "fence") {
              restart(false, true);
            } else {
              stage.disk.dieAt(what.at);
              stage.append(open, 20);
              attempt(() => open.checkpoint());
              restart(what.power);
            }
          } catch (error) {
            if (!isSystemError(error)) throw error;
          }
        }
        restart(true);
      }),
      { numRuns: 150 },
    );
  });
});

describe("a log that is not what was signed is not gone on with", () => {
  function made(): Stage {
    const stage = new Stage(1);
    const writer = stage.open();
    stage.append(writer, 100);
    writer.close();
    return stage;
  }

  test.each([
    ["a changed byte", (stage: Stage) => change(stage, 96, (bytes) => bytes.with(40, bytes[40]! ^ 1))],
    ["a line taken away at the end", (stage: Stage) => change(stage, 96, (bytes) => bytes.slice(0, -30))],
    ["the newest segment gone", (stage: Stage) => stage.disk.remove(segmentPath(DIR, 96))],
    [
      "all segments gone",
      (stage: Stage) => {
        for (const name of stage.disk.list(`${DIR}/seg`)) stage.disk.remove(`${DIR}/seg/${name}`);
      },
    ],
  ])("%s", (_, tamper) => {
    const stage = made();
    tamper(stage);
    expect(() => stage.open()).toThrow(ReinError);
  });

  test("an older copy of everything but the heads is refused as rolled back", () => {
    const stage = new Stage(1);
    let writer = stage.open();
    stage.append(writer, 40);
    writer.close();
    const old = new Map(files(stage).map((path) => [path, stage.disk.read(path).slice()]));
    writer = stage.open();
    stage.append(writer, 10);
    writer.close();
    for (const path of files(stage)) {
      stage.disk.remove(path);
      const bytes = old.get(path);
      if (bytes !== undefined) stage.disk.plant(path, { bytes, mode: 0o600 });
    }
    expect(() => stage.open()).toThrow(/were signed/);
  });

  test("its private key gone", () => {
    const stage = made();
    stage.disk.remove(`${DIR}/keys/log.pem`);
    expect(() => stage.open()).toThrow(/private key/);
  });
});

function files({ disk }: Stage): string[] {
  return [
    ...disk.list(DIR).map((name) => `${DIR}/${name}`),
    ...disk.list(`${DIR}/seg`).map((name) => `${DIR}/seg/${name}`),
  ].filter((path) => disk.look(path)?.type === "file");
}

function change({ disk }: Stage, first: number, edit: (bytes: Uint8Array) => Uint8Array): void {
  disk.damage(segmentPath(DIR, first), edit);
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!isSystemError(error) && !ReinError.isInstance(error)) throw error;
  }
}

/** What the fake disk throws when it fails or its process dies. */
function isSystemError(error: unknown): boolean {
  return (
    typeof (error as { code?: unknown }).code === "string" || (error as Error).constructor.name === "DiskDied"
  );
}

test("what looks like a line and nests without end is a torn end like any other", () => {
  const stage = new Stage(1);
  const writer = stage.open();
  stage.append(writer, 5);
  writer.checkpoint();
  writer.release();
  const deep = `{"n":6,"type":${"[".repeat(20_000)}${"]".repeat(20_000)}}\n`;
  stage.disk.damage(segmentPath(DIR, 0), (bytes) => Buffer.concat([bytes, Buffer.from(deep)]));
  stage.open().close();
  expect(stage.serials()).toEqual([1, 2, 3, 4, 5]);
});
