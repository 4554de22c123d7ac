export { ChangePoints } from "./change-points.js";
export { Regime } from "./regime.js";
export type { RegimeState, SignalChange, SignalReport } from "./regime.js";
export { Rhythm } from "./rhythm.js";
