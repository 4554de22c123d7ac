import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { appendRecord } from "../../src/audit/log/append.js";
import { fileHeads } from "../../src/audit/log/head.js";
import { logPlaces } from "../../src/audit/log/layout.js";
import { readLog } from "../../src/audit/log/reader.js";
import { recoverLog } from "../../src/audit/log/recover.js";
import { LogWriter } from "../../src/audit/log/writer.js";
import { verifyLog } from "../../src/audit/verify/verify.js";
import type { Verdict } from "../../src/audit/verify/verdict.js";
import { ReinError } from "../../src/core/errors.js";
import { DiskDied, FakeDisk } from "../../src/testing/fake-disk.js";

export const DIR = "/log";

const uid = process.getuid?.();

/** A real writer on a disk in memory. Its records have serial numbers, so that a lost one is noticed. */
export class Stage {
  disk: FakeDisk;
  now = 1_790_000_000_000;
  mono = 0;
  /** The serial number that was appended last. */
  serial = 0;
  /** The highest one that was durable for certain. */
  acknowledged = 0;
  /** Whether a writer was ever opened to its end: before, nobody could have had anything recorded. */
  wasOpen = false;
  readonly segmentLeaves: number;

  constructor(seed: number, { segmentLeaves = 32, capacityBytes = Infinity } = {}) {
    this.segmentLeaves = segmentLeaves;
    this.disk = new FakeDisk({
      seed,
      now: () => this.now,
      capacityBytes,
      ...(uid !== undefined && { uid }),
    });
  }

  open(fence = false): LogWriter {
    const { disk } = this;
    const heads = [fileHeads(disk, logPlaces(DIR).heads)];
    const end = recoverLog({ disk, dir: DIR, heads, fence, origin: "example.com/honest" });
    const [now, mono] = [() => this.now, () => this.mono];
    const writer = new LogWriter({
      ...{ disk, dir: DIR, end, heads, now, mono },
      ...{ writer: "w", software: "rein/test", segmentLeaves: this.segmentLeaves },
    });
    this.wasOpen = true;
    return writer;
  }

  append(writer: LogWriter, count: number, more: object = {}): void {
    for (let i = 0; i < count; i++) {
      const record = { type: "gate", at: this.now, mono: this.mono, boot: "b00tb00t", seq: ++this.serial };
      appendRecord(writer, { ...record, series: "search", source: "llm_agent", verdict: "allow", ...more });
    }
  }

  sync(writer: LogWriter): void {
    writer.sync();
    this.acknowledged = this.serial;
  }

  checkpoint(writer: LogWriter): void {
    writer.checkpoint();
    this.acknowledged = this.serial;
  }

  close(writer: LogWriter): void {
    writer.close();
    this.acknowledged = this.serial;
  }

  wait(ms: number): void {
    this.now += ms;
    this.mono += ms;
  }

  /** Serial numbers that are in the log. */
  serials(): number[] {
    return [...readLog({ disk: this.disk, dir: DIR })].flatMap(({ type, seq }) =>
      type === "gate" && typeof seq === "number" ? [seq] : [],
    );
  }

  verify(): Verdict {
    return verifyLog({ disk: this.disk, dir: DIR, now: this.now });
  }

  /** What is wrong with the log, by our verifier; empty when nothing is. */
  alarms(): readonly string[] {
    const { outcome, problems } = this.verify();
    if (outcome === "valid") return [];
    return [outcome, ...problems.first.map(({ code, message }) => `${code}: ${message}`)];
  }

  /** Records that were acknowledged and are not there, in their order. */
  losses(): string[] {
    const serials = this.serials();
    const lost = Array.from({ length: this.acknowledged }, (_, i) => i + 1).filter(
      (serial, i) => serials[i] !== serial,
    );
    return lost.length > 0
      ? [`${lost.length} acknowledged records are lost: ${lost.slice(0, 5).join(", ")} …`]
      : [];
  }

  /** What was not acknowledged may be lost: going on, numbers follow what is there. */
  goOn(): void {
    this.serial = this.acknowledged = this.serials().length;
  }

  /** Goes through all files of the log. */
  visit(see: (path: string) => void, from = DIR): void {
    for (const name of this.disk.list(from)) {
      const path = `${from}/${name}`;
      if (this.disk.look(path)?.type === "directory") this.visit(see, path);
      else see(path);
    }
  }

  /** Puts the log as it is into a directory of the real disk. */
  export(to: string): void {
    mkdirSync(to, { recursive: true });
    this.visit((path) => {
      const target = join(to, path.slice(DIR.length));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, this.disk.read(path));
    });
  }
}

/** Runs something that may fail as disks do, or find the process dead. */
export function attempt(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    const isExpected =
      error instanceof DiskDied || ReinError.isInstance(error) || "code" in (error as object);
    if (!isExpected) throw error;
    return error;
  }
}
