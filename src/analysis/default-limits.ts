import type { EngineLimits } from "../engine/index.js";

/** The caps and lives that a governor has when nobody sets others. */
export const DEFAULT_LIMITS: EngineLimits = {
  maxLanes: 10_000,
  maxKeysPerRule: 10_000,
  maxInFlight: 100_000,
  maxApprovals: 1000,
  maxHalts: 1000,
  maxSignals: 1000,
  maxAccounts: 1000,
  permitTtlMs: 900_000,
  approvalTtlMs: 3_600_000,
  regimeTickMs: 30_000,
  falseAlarmsPerMillion: 10,
};
