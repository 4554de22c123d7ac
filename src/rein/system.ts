import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { startWatcher } from "../control/index.js";
import type { Doorbell } from "../control/index.js";
import type { Disk } from "../core/disk.js";
import { dirStore, nodeDisk } from "../store/index.js";
import type { OpenDirStore, Store } from "../store/index.js";
import type { GovernorLog } from "../audit/index.js";
import type { LogOptions } from "./log-options.js";
import type { MachineTime } from "./saved.js";
import { openSharedLog } from "./shared-log.js";
import type { SharedLogOptions } from "./shared-log.js";
import { openThreadLog } from "./thread-log.js";

/** What a governor with a state directory needs of the machine; simulations have one of their own. */
export interface System {
  readonly disk: Disk;
  readonly storeIn: (dir: string) => Store;
  /** Watches the directory for commands from outside. */
  readonly watch: (dir: string, store: OpenDirStore) => Promise<Doorbell>;
  /** Goes on writing a log. */
  readonly openLog: (options: LogOptions) => Promise<GovernorLog>;
  /** The same for a log that other processes may write to as well; absent where there are no others. */
  readonly openSharedLog?: (options: SharedLogOptions) => Promise<GovernorLog>;
  /** Time by a clock that nobody sets; null where the machine has none. */
  readonly machineTime: () => Omit<MachineTime, "mono"> | null;
}

export const realSystem: System = {
  disk: nodeDisk,
  storeIn: (dir) => dirStore(dir),
  watch: (dir, { ownerFile, nonce }) => startWatcher({ dir, ownerFile, nonce }),
  openLog: openThreadLog,
  openSharedLog,
  machineTime: () => (bootId === null ? null : { boot: bootId, uptimeMs: uptime() * 1000 }),
};

/** Names this start of this machine; Linux only. */
const bootId = readBootId();

function readBootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}
