import { silentDoorbell } from "../../src/control/index.js";
import type { SilentDoorbell } from "../../src/control/index.js";
import { openSameThreadLog } from "../../src/rein/same-thread-log.js";
import type { System } from "../../src/rein/system.js";
import { dirStore } from "../../src/store/index.js";
import type { OpenDirStore } from "../../src/store/index.js";
import { FakeDisk } from "../../src/testing/index.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";
import { playAs, UID } from "./stage.js";
import type { Player } from "./stage.js";
import type { SimTime } from "./time.js";

/** How often an owner gives a sign of life, as the watcher of a real process does. */
const HEARTBEAT_MS = 2_000;
/** A machine needs this long to start: longer than an owner may be silent. */
const BOOT_MS = 20_000;

/** How a process can end without its doing. */
export type Death = "crash" | "kill";

/** A process of the simulated machine. */
export class SimProcess implements Player {
  readonly pid: number;
  readonly startedAt: number;
  readonly disk: FakeDisk;
  readonly bell: SilentDoorbell = silentDoorbell();
  /** It runs in a room of its own, where nobody can ask whether it lives. */
  readonly isHidden: boolean;
  /** Somebody has stopped it for a while. */
  isHeldUp = false;
  /** Another process has taken its place in its sleep: what it does must reach nothing. */
  isGhost = false;
  #isOver = false;

  constructor(pid: number, startedAt: number, disk: FakeDisk, isHidden: boolean) {
    this.pid = pid;
    this.startedAt = startedAt;
    this.disk = disk;
    this.isHidden = isHidden;
  }

  /** What it does reaches the world. */
  get isAlive(): boolean {
    return !this.#isOver && !this.isGhost && !this.disk.isDead;
  }

  get canRun(): boolean {
    return !this.#isOver && !this.disk.isDead && !this.isHeldUp;
  }

  run<T>(action: () => T): T {
    return playAs(this, action);
  }

  end(): void {
    this.#isOver = true;
  }
}

/** One machine: its disk and its processes, which die and come again. */
export class SimMachine {
  readonly time: SimTime;
  readonly dir = "/state";
  disk: FakeDisk;
  /** Starts of the machine. */
  boots = 1;
  readonly #random: SeededRandom;
  readonly #processes = new Set<SimProcess>();
  #pid = 100;

  constructor(time: SimTime, random: SeededRandom) {
    this.time = time;
    this.#random = random;
    const seed = random.bits();
    this.disk = new FakeDisk({ seed, uid: UID, now: () => time.wall, syncDelay: () => this.#syncDelay() });
  }

  start(isHidden = false): SimProcess {
    const process = new SimProcess(++this.#pid, this.time.mono, this.disk, isHidden);
    this.#processes.add(process);
    return process;
  }

  /** What a process sees of the machine. */
  system(process: SimProcess): System {
    const { disk, bell } = process;
    const { boots } = this;
    const identity = {
      pid: process.pid,
      startTime: String(process.pid),
      host: "simulated",
      machineBoot: `boot ${boots}`,
      pidNamespace: process.isHidden ? `room ${process.pid}` : "room",
      uid: UID,
      isAlive: (owner: { readonly pid: number }) => this.#tellsIfAlive(owner.pid),
    };
    return {
      disk,
      storeIn: (dir) =>
        dirStore(dir, { disk, now: () => this.time.wall, identity, wait: (ms) => this.time.sleep(ms) }),
      watch: async (_dir, store) => {
        this.#watch(process, store);
        return bell;
      },
      openLog: (options) => openSameThreadLog(options, () => this.time.wall),
      machineTime: () => ({ boot: `boot ${boots}`, uptimeMs: this.time.mono }),
    };
  }

  /** Something lies in the inbox: whoever watches it hears. */
  ring(): void {
    for (const process of this.#processes) if (process.canRun) process.run(() => process.bell.ring());
  }

  /** Every process dies, and with a crash the power fails. */
  die(how: Death): void {
    for (const process of this.#processes) this.end(process);
    this.disk = this.disk[how]();
    if (how === "kill") return;
    this.boots += 1;
    this.time.mono += BOOT_MS;
  }

  end(process: SimProcess): void {
    process.end();
    this.time.forget(process);
    this.#processes.delete(process);
  }

  /** Of the processes of other rooms nobody can tell. */
  #tellsIfAlive(pid: number): boolean | undefined {
    const found = [...this.#processes].find((process) => process.pid === pid);
    return found?.isHidden === true ? undefined : found?.isAlive === true;
  }

  #watch(process: SimProcess, store: OpenDirStore): void {
    const beat = (): void => {
      if (!process.canRun) return;
      try {
        store.heartbeat();
      } catch {
        // The process died of it.
        return;
      }
      if (store.isLost) process.bell.lose();
      else this.time.after(HEARTBEAT_MS, beat, process);
    };
    this.time.after(HEARTBEAT_MS, beat, process);
  }

  /** Most syncs end soon, some take their time, and a few are slow. */
  async #syncDelay(): Promise<void> {
    const kind = this.#random.below(100);
    if (kind < 70) for (let hops = this.#random.below(8); hops > 0; hops--) await Promise.resolve();
    else await this.time.sleep(kind < 99 ? 1 + this.#random.below(20) : this.#random.below(1500));
  }
}
