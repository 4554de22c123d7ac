/** Logs of other programs, brought into a log of ours. */
export { FORMAT_LIMITS } from "./findings.js";
export type { ImportFinding } from "./findings.js";
export { examineOriginal, importRecords } from "./import-log.js";
export type { Original } from "./import-log.js";
export { writeNewLog } from "./write-log.js";
export type { WrittenLog } from "./write-log.js";
