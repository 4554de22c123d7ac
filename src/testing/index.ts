export { FakeClock } from "./fake-clock.js";
export { MemoryLogger, MemorySink } from "./doubles.js";
export { DiskDied, FakeDisk, type DiskFault, type DiskOperation, type FakeDiskOptions } from "./fake-disk.js";
export { storeConformance, type ConformanceCase, type StoreHarness } from "./store-conformance.js";
export { memoryStore, type MemoryStore, type MemoryStoreOptions } from "../store/index.js";
