import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logPlaces, readLog } from "../../src/audit/index.js";
import type { LogRecord } from "../../src/audit/index.js";
import { SharePeer } from "../../src/audit/share/index.js";
import type { PeerOptions } from "../../src/audit/share/index.js";
import { verifyLog } from "../../src/audit/verify/verify.js";
import { nodeDisk } from "../../src/store/node-disk.js";

export const temp = mkdtempSync(join(tmpdir(), "rein-share-"));
let dirs = 0;

export const newDir = (): string => join(temp, String(++dirs));

/** One side of a shared log without a governor: appends numbered records. */
export class TestPeer {
  readonly peer: SharePeer;
  readonly boot: string;
  readonly news: (string | null)[] = [];
  readonly warnings: string[] = [];
  count = 0;
  #waiting: (() => void)[] = [];

  constructor(dir: string, boot: string, options: Partial<PeerOptions> = {}) {
    this.boot = boot;
    this.peer = new SharePeer({
      ...{ disk: nodeDisk, dir, headDirs: [logPlaces(dir).heads], boot, software: "rein/test" },
      ...{ now: Date.now, mono: () => performance.now() },
      onAck: () => {
        this.#wake();
      },
      onTrouble: (problem) => {
        this.news.push(problem);
        this.#wake();
      },
      warn: (problem) => this.warnings.push(problem),
      ...options,
    });
  }

  async start(): Promise<this> {
    await this.peer.start();
    return this;
  }

  append(count = 1, pad = ""): void {
    for (let k = 0; k < count; k++) {
      const i = this.count++;
      const text = pad === "" ? "" : `,"pad":${JSON.stringify(pad)}`;
      this.peer.append(`{"at":1,"boot":"${this.boot}","i":${i},"mono":${i},"n":`, `${text},"type":"test"}`);
    }
    this.peer.write();
  }

  /** A record with a value that stands in a file of its own. */
  appendLarge(text: string): void {
    const json = JSON.stringify(text);
    const hash = createHash("sha256").update(json).digest("hex");
    const ref = `{"$blob":"${hash}","bytes":${Buffer.byteLength(json)}}`;
    this.peer.blob("image", json);
    const head = `{"at":1,"boot":"${this.boot}","i":${this.count++},"image":${ref},"mono":1,"n":`;
    this.peer.append(head, ',"type":"test"}');
    this.peer.write();
  }

  /** Resolves when everything that was appended is durable. */
  async durable(): Promise<void> {
    this.peer.sync();
    await this.until(() => this.peer.ack.durable === this.count - 1);
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.peer.close();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  }
}

/** What is in a log that must be sound: how many records of each run, which must be there once and in order. */
export function soundLog(dir: string): {
  readonly counts: Map<string, number>;
  readonly records: LogRecord[];
} {
  const counts = new Map<string, number>();
  const records = [...readLog({ disk: nodeDisk, dir, from: 0, withBlobs: true })];
  for (const record of records) {
    const { boot, i, n } = record;
    if (typeof boot !== "string") continue;
    const next = counts.get(boot) ?? 0;
    if (i !== next) throw new Error(`record ${n} is number ${String(i)} of run ${boot}, and ${next} is due`);
    counts.set(boot, next + 1);
  }
  const { outcome, problems } = verifyLog({ disk: nodeDisk, dir, now: Date.now() });
  if (outcome !== "valid") throw new Error(`${outcome}: ${JSON.stringify(problems)}`);
  return { counts, records };
}
