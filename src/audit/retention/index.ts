/** How long a log keeps its records, and how they go. See docs/retention.md. */
export { applyRetention, keptLeavesPath } from "./apply.js";
export type { ApplyOptions } from "./apply.js";
export { readLogFacts } from "./facts.js";
export type { LogFacts } from "./facts.js";
export { planRetention, retentionRecord } from "./plan.js";
export type {
  RetentionPlan,
  RetentionRecord,
  RetentionRequest,
  RetentionStop,
  SegmentFacts,
} from "./plan.js";
export { prune } from "./prune.js";
export type { PruneOptions } from "./prune.js";
export { DAY_MS, DEFAULT_PRESET, FLOOR_DAYS, RETENTION_PRESETS, retentionDays } from "./presets.js";
export type { PresetFacts, RetentionPreset } from "./presets.js";
