export { alarmThreshold } from "./alarm-threshold.js";
export { doubles } from "./doubles.js";
export { Evidence } from "./evidence.js";
export { numbersOf } from "./numbers-of.js";
