export { BurnRate } from "./burn-rate.js";
export { sizeRamp } from "./size-ramp.js";
