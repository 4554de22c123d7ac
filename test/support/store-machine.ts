import type { DirStoreOptions, Identity } from "../../src/store/index.js";
import { FakeDisk } from "../../src/testing/fake-disk.js";
import type { FakeDiskOptions } from "../../src/testing/fake-disk.js";

/** A machine on which one process after another opens a directory: a fake disk, a fake clock, and made-up pids. */
export class StoreMachine {
  readonly dir = "/state";
  disk: FakeDisk;
  nowMs = Date.UTC(2026, 0, 5, 12);
  boot = 1;
  host = "fake";
  #pid = 100;
  readonly #alive = new Set<number>();

  constructor(options: FakeDiskOptions = {}) {
    this.disk = new FakeDisk({ now: () => this.nowMs, ...options });
  }

  /** What the next process gives to `dirStore`. */
  process(): DirStoreOptions {
    this.#alive.add(++this.#pid);
    const { disk } = this;
    return { disk, now: () => this.nowMs, identity: this.#identity(this.#pid), wait: this.#wait };
  }

  /** The power fails, and the machine starts again. */
  crash(): void {
    this.disk = this.disk.crash();
    this.#alive.clear();
    this.boot++;
    // Starting takes longer than an owner may be silent.
    this.nowMs += 60_000;
  }

  /** Every process dies, and the machine runs on. */
  kill(): void {
    this.disk = this.disk.kill();
    this.#alive.clear();
  }

  /** The processes so far run on, and the next one cannot know it. */
  hide(): void {
    this.#alive.clear();
  }

  readonly #wait = (ms: number): Promise<void> => {
    this.nowMs += ms;
    return Promise.resolve();
  };

  #identity(pid: number): Identity {
    return {
      pid,
      startTime: String(pid * 10),
      host: this.host,
      machineBoot: `boot ${this.boot}`,
      pidNamespace: "pid:[1]",
      uid: undefined,
      isAlive: (owner) => this.#alive.has(owner.pid),
    };
  }
}
