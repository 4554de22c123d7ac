import type { FakeDisk } from "../../src/testing/index.js";
import type { DiskOperation } from "../../src/testing/index.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";

const GROWING: readonly DiskOperation[] = ["write", "openToAppend", "makeDir", "link", "rename"];
const WAITING: readonly DiskOperation[] = ["sync", "syncDir"];

/** Lets a disk fail in one of the ways in which disks do, until `heal`; returns what it is called. */
export function breakDisk(disk: FakeDisk, random: SeededRandom): string {
  const share = random.pick([1, 1, 0.5, 0.1]);
  const failing = (operations: readonly DiskOperation[], code: string) => {
    disk.fault = (operation) => (operations.includes(operation) && random.chance(share) ? code : undefined);
  };
  switch (random.below(6)) {
    case 0:
      failing(GROWING, "ENOSPC");
      return `no space, ${share}`;
    case 1:
      disk.capacityBytes = disk.usedBytes + random.below(6_000);
      return "little space";
    case 2:
      failing(WAITING, "EIO");
      return `syncs fail, ${share}`;
    case 3:
      disk.isReadOnly = true;
      return "read-only";
    case 4:
      failing(["write", "sync", "syncDir", "rename", "remove"], "EIO");
      return `errors, ${share}`;
    default: {
      const [which, code] = [random.pick([...GROWING, ...WAITING]), random.pick(["EIO", "ENOSPC"])];
      disk.fault = (operation) => {
        if (operation !== which) return undefined;
        disk.fault = undefined;
        return code;
      };
      return `one ${code} at ${which}`;
    }
  }
}

export function heal(disk: FakeDisk): void {
  disk.fault = undefined;
  disk.isReadOnly = false;
  disk.capacityBytes = Infinity;
}
