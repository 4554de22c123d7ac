export { FakeClock } from "./fake-clock.js";
export { MemoryLogger, MemorySink } from "./doubles.js";
