import fc from "fast-check";
import { expect, test } from "vitest";
import { DiskDied, FakeDisk } from "../testing/fake-disk.js";
import type { DiskOperation } from "../testing/fake-disk.js";
import { readRecords } from "./read-records.js";
import { recoverSegments } from "./recover.js";
import { SegmentSink } from "./segments.js";

const DIR = "/state";

const KINDS = [
  ...(["write", "write", "write", "write", "sync", "syncNow", "begin sync", "end syncs"] as const),
  ...(["rotate", "seal", "restart", "kill", "power failure", "die soon"] as const),
  ...(["push aside", "push aside", "ghost", "ghost", "ghost", "ghost"] as const),
];
const FAULTS = ["fault", "fault", "full", "space"] as const;

interface Step {
  readonly kind: (typeof KINDS)[number] | (typeof FAULTS)[number];
  readonly n: number;
}

const FAILING: readonly DiskOperation[] = [
  "sync",
  "sync",
  "write",
  "write",
  "openToAppend",
  "syncDir",
  "remove",
];

const line = (i: number): string => `${JSON.stringify({ type: "r", i, pad: "é".repeat((i * 37) % 200) })}\n`;

/** Uses a sink as the record log does, on a disk that fails, and knows what must be there after a crash. */
class Driver {
  disk: FakeDisk;
  sink!: SegmentSink;
  /** Numbers of the records: taken by the sink; offered and refused, to be offered again. */
  written: number[] = [];
  waiting: number[] = [];
  readonly durable = new Set<number>();
  /** The disk failed to confirm them: lost or not. */
  readonly doubtful = new Set<number>();
  #next = 1;
  #delayed: (() => void)[] = [];
  #planned: DiskOperation | undefined;
  /** A sync failed in it. */
  #badSegment = 0;
  #started: Promise<unknown>[] = [];
  /** Sinks of owners that were pushed aside and do not know it yet. */
  #ghosts: SegmentSink[] = [];

  constructor(seed: number) {
    const syncDelay = (): Promise<void> => new Promise((resolve) => this.#delayed.push(resolve));
    this.disk = new FakeDisk({ seed, syncDelay });
    this.open();
  }

  open(fence = false): void {
    const { disk } = this;
    disk.fault = (operation) => {
      if (operation !== this.#planned) return undefined;
      this.#planned = undefined;
      if (operation === "sync") {
        for (const i of this.written) if (!this.durable.has(i)) this.doubtful.add(i);
        this.#badSegment = this.sink.position.segment;
      }
      return operation === "write" && this.#next % 2 === 0 ? "ENOSPC" : "EIO";
    };
    const { end } = recoverSegments({ disk, dir: DIR, fence });
    const mustBeOurs = (): void => {
      if (this.#ghosts.includes(sink)) throw Object.assign(new Error("not ours"), { code: "ENOTOURS" });
    };
    const sink: SegmentSink = new SegmentSink({
      ...{ disk, dir: DIR, at: end, mustBeOurs },
      ...{ segmentBytes: 1500, maxBytes: Infinity, now: () => 1 },
    });
    this.sink = sink;
  }

  async run({ kind, n }: Step): Promise<void> {
    const { disk, sink } = this;
    switch (kind) {
      case "write":
        for (let i = 0; i <= n % 4; i++) this.waiting.push(this.#next++);
        return this.#offer();
      case "sync":
        return this.#finish(this.#sync());
      case "begin sync":
        this.#started.push(this.#sync().catch(() => undefined));
        return;
      case "end syncs":
        return this.#finish(Promise.all(this.#started.splice(0)));
      case "syncNow": {
        const before = [...this.written];
        sink.syncNow();
        this.#confirm(before);
        return;
      }
      case "rotate":
        this.#offer();
        sink.rotate();
        return;
      case "seal":
        sink.seal();
        return;
      case "fault":
        this.#planned = FAILING[n % FAILING.length];
        return;
      case "full":
        disk.capacityBytes = disk.usedBytes + n;
        return;
      case "space":
        disk.capacityBytes = Infinity;
        return;
      case "push aside":
        return this.#pushAside();
      case "ghost":
        return this.#haunt(n);
      case "die soon":
        disk.dieAt(disk.operations + 1 + (n % 12));
        return;
      case "restart":
        await this.#finish(sink.close());
        return this.reopen("kill", n);
      case "kill":
        return this.reopen("kill", n);
      case "power failure":
        return this.reopen("crash", n);
    }
  }

  /** Starts again, and again when starting dies; then what there is must be what was written. */
  reopen(how: "kill" | "crash", n: number): void {
    this.#planned = undefined;
    this.#badSegment = 0;
    this.#delayed = [];
    this.#started = [];
    this.#ghosts = [];
    let isLossy = false;
    for (let deaths = n % 4; ; deaths--) {
      isLossy ||= how === "crash";
      this.disk = how === "crash" ? this.disk.crash() : this.disk.kill();
      this.disk.capacityBytes = Infinity;
      if (deaths > 0) this.disk.dieAt(1 + ((n * (deaths + 7)) % 40));
      try {
        this.open();
        this.disk.dieAt(Infinity);
        break;
      } catch (error) {
        if (!isDeath(error)) throw error;
        how = deaths % 2 === 0 ? "crash" : "kill";
      }
    }
    this.#compare(isLossy);
  }

  /** Another owner takes over while this one sleeps, which goes on later as if nothing had happened. */
  #pushAside(): void {
    const before = this.sink;
    this.#planned = undefined;
    this.disk.capacityBytes = Infinity;
    this.#ghosts.push(before);
    this.open(true);
    this.#badSegment = 0;
    this.#compare(false);
  }

  /** What it still does must reach nothing that counts. */
  #haunt(n: number): void {
    const ghost = this.#ghosts[n % this.#ghosts.length];
    if (ghost === undefined) return;
    const lines = `${JSON.stringify({ type: "r", i: -1, pad: "x".repeat(n) })}\n`;
    const deed = (n >> 3) % 6;
    if (deed < 4) ghost.write(lines);
    if (deed > 1 && deed < 4) ghost.rotate();
    if (deed === 4) ghost.syncNow();
    if (deed === 5) ghost.seal();
  }

  #compare(isLossy: boolean): void {
    const found: number[] = [];
    let gaps = 0;
    for (const { record } of readRecords({ disk: this.disk, dir: DIR })) {
      if (record.type === "gap") gaps += 1;
      else found.push(record["i"] as number);
    }
    const offered = [...this.written, ...this.waiting];
    const there = new Set(found);
    expect(found).toEqual(offered.filter((i) => there.has(i)));
    const last = found.at(-1) ?? 0;
    const missing = offered.filter((i) => !there.has(i) && (i < last || this.durable.has(i)));
    expect(missing.filter((i) => !this.doubtful.has(i))).toEqual([]);
    if (missing.length > 0) expect(gaps).toBeGreaterThan(0);
    if (!isLossy) expect(this.written.filter((i) => !there.has(i))).toEqual([]);
    this.written = found;
    this.waiting = [];
    for (const i of found) if (!this.doubtful.has(i)) this.durable.add(i);
  }

  #offer(): void {
    if (this.waiting.length === 0) return;
    this.sink.write(this.waiting.map(line).join(""));
    this.written.push(...this.waiting);
    if (this.sink.position.segment === this.#badSegment) for (const i of this.waiting) this.doubtful.add(i);
    this.waiting = [];
  }

  async #sync(): Promise<void> {
    const { sink } = this;
    const before = [...this.written];
    await sink.sync();
    // What a dead process still hears reaches nobody.
    if (sink === this.sink) this.#confirm(before);
  }

  #confirm(written: readonly number[]): void {
    for (const i of written) if (!this.doubtful.has(i)) this.durable.add(i);
  }

  /** Lets what waits for the disk come to its end. */
  async #finish(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = work.finally(() => (isOver = true));
    over.catch(() => undefined);
    for (let turns = 0; !isOver && turns < 1000; turns++) {
      for (const resolve of this.#delayed.splice(0)) resolve();
      await Promise.resolve();
    }
    if (isOver) await over;
  }
}

function isDeath(error: unknown): boolean {
  return error instanceof DiskDied || (error instanceof Error && error.cause instanceof DiskDied);
}

async function history(seed: number, steps: readonly Step[]): Promise<void> {
  const driver = new Driver(seed);
  for (const step of steps) {
    try {
      await driver.run(step);
    } catch (error) {
      if (driver.disk.isDead) driver.reopen(step.n % 2 === 0 ? "crash" : "kill", step.n);
      else if (!/^E[A-Z]+$/.test(String((error as { code?: unknown }).code))) throw error;
    }
  }
  driver.reopen("crash", 0);
}

const stepOf = (kinds: readonly Step["kind"][]): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constantFrom(...kinds), n: fc.nat(1000) });

const runs = Number(process.env["REIN_RUNS"] ?? 1500);

test("whatever crashes, what was durable is there, in order and once, and nothing is invented", async () => {
  const steps = fc.array(stepOf(KINDS), { maxLength: 60 });
  await fc.assert(fc.asyncProperty(fc.nat(), steps, history), { numRuns: runs });
});

test("whatever crashes and fails, the same, and where something is missing a gap says so", async () => {
  const steps = fc.array(stepOf([...KINDS, ...FAULTS]), { maxLength: 60 });
  await fc.assert(fc.asyncProperty(fc.nat(), steps, history), { numRuns: runs });
});
