import type { PolicyInput, ReinOptions } from "../../src/index.js";
import { silentDoorbell } from "../../src/control/index.js";
import type { SilentDoorbell } from "../../src/control/index.js";
import { Rein } from "../../src/index.js";
import { openSameThreadLog } from "../../src/rein/same-thread-log.js";
import type { System } from "../../src/rein/system.js";
import { dirStore } from "../../src/store/index.js";
import { FakeClock, FakeDisk, MemoryLogger } from "../../src/testing/index.js";

const USER = process.getuid?.();

/** A machine with a fake disk and a fake clock, on which one governor after another runs and dies. */
export class Machine {
  readonly clock: FakeClock;
  readonly dir = "/state";
  logger = new MemoryLogger();
  disk: FakeDisk;
  doorbell: SilentDoorbell = silentDoorbell();
  /** Number of the running process. */
  #pid = 100;

  constructor(seed = 1, start?: number) {
    this.clock = new FakeClock(start);
    this.disk = new FakeDisk({ seed, now: () => this.clock.now(), ...(USER !== undefined && { uid: USER }) });
  }

  /**
   * What a process that starts now sees of the machine. In a room of its own it cannot ask whether those in others
   * live, and can only wait for a sign of life.
   */
  system(room = "ns"): System {
    const pid = ++this.#pid;
    const { disk } = this;
    const identity = {
      pid,
      startTime: String(pid),
      host: "fake",
      machineBoot: "boot",
      pidNamespace: room,
      uid: USER,
      isAlive: (owner: { pid: number }) => owner.pid === this.#pid && !disk.isDead,
    };
    const wait = (ms: number): Promise<void> => {
      this.clock.advance(ms);
      return Promise.resolve();
    };
    this.doorbell = silentDoorbell();
    const { doorbell } = this;
    return {
      disk,
      storeIn: (dir) => dirStore(dir, { disk, now: () => this.clock.now(), identity, wait }),
      watch: () => Promise.resolve(doorbell),
      openLog: (options) => openSameThreadLog(options, () => this.clock.now()),
      machineTime: () => null,
    };
  }

  async open(
    policy: PolicyInput | undefined,
    options: Partial<ReinOptions> = {},
    room?: string,
  ): Promise<Rein> {
    this.logger = new MemoryLogger();
    return Rein.openOn(this.system(room), {
      ...(policy !== undefined && { policy }),
      mode: "enforce",
      dir: this.dir,
      clock: this.clock,
      logger: this.logger,
      ...options,
    });
  }

  /** The power fails: what was not synced may be lost, torn or out of order. */
  crash(): void {
    this.disk = this.disk.crash();
  }

  /** The process is killed: what it had handed to the system is there. */
  kill(): void {
    this.disk = this.disk.kill();
  }
}
