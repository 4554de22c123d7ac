export { Cycles } from "./cycles.js";
export { hash32 } from "./hash.js";
export { LoopEvidence } from "./loop-evidence.js";
export { ResultMemory } from "./result-memory.js";
export { withoutVolatile } from "./volatile.js";
