export { alarmThreshold } from "./alarm-threshold.js";
export { doubles, numbersIn, numbersOf, reserve } from "./cells.js";
export { Evidence } from "./evidence.js";
export { forget, sizeOf, skip, valueAt, weigh, Weigher } from "./weigher.js";
export type { Odds } from "./weigher.js";
