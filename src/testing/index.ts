export { FakeClock } from "./fake-clock.js";
export { MemoryLogger, MemorySink } from "./doubles.js";
export { DiskDied, FakeDisk, type DiskFault, type DiskOperation, type FakeDiskOptions } from "./fake-disk.js";
