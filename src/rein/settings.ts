import { SCORE_SETTINGS, type ScoreSetting } from "../policy/score-settings.js";

/** One setting: its name in the environment, its field in `ReinConfig`, and what it may be. */
export interface Setting<Key extends string = string, Value extends boolean | number = boolean | number> {
  /** The variable's name without its prefix. */
  readonly name: string;
  readonly key: Key;
  readonly kind: "boolean" | "integer" | "number";
  readonly default: Value;
  /** What the number counts; `switch` for booleans. */
  readonly unit: string;
  /** The smallest and largest value; absent for booleans. */
  readonly min?: number;
  readonly max?: number;
  /** One line on what it does. */
  readonly meaning: string;
}

const DAY_SECONDS = 86_400;

/** Every setting, in the order of the documentation. */
export const SETTINGS = [
  flag("ENABLED", "enabled", true, "Off: the gate allows everything and records that it does."),
  flag(
    "SHADOW",
    "shadow",
    true,
    "Decisions are recorded, and nothing automatic blocks; an operator's halt still does.",
  ),

  score("MIN_SAMPLES_FOR_KILL", "minSamplesForKill", 10, "samples", "Samples before a lane can be killed."),
  score("MIN_SAMPLES_FOR_GREEN", "minSamplesForGreen", 20, "samples", "Samples before a lane can be green."),
  score(
    "EDGE_YELLOW_P",
    "edgeYellowP",
    0.6,
    "probability",
    "Probability of a negative edge that makes a lane yellow.",
  ),
  score(
    "EDGE_RED_P",
    "edgeRedP",
    0.85,
    "probability",
    "Probability of a negative edge that makes a lane red.",
  ),
  score(
    "EDGE_BLACK_MEAN_CENTS",
    "edgeBlackMeanCents",
    -2,
    "cents",
    "Mean edge at or below which a lane is killed.",
  ),
  score(
    "EDGE_BLACK_MIN_SAMPLES",
    "edgeBlackMinSamples",
    30,
    "samples",
    "Samples before the mean edge can kill.",
  ),
  score(
    "EXEC_YELLOW_FILL",
    "execYellowFill",
    0.25,
    "share",
    "Share of attempts that succeed below which a lane is yellow.",
  ),
  score(
    "EXEC_RED_FILL",
    "execRedFill",
    0.1,
    "share",
    "Share of attempts that succeed below which a lane is red.",
  ),
  score(
    "EXEC_BLACK_FILL",
    "execBlackFill",
    0.05,
    "share",
    "Share of attempts that succeed below which a lane is killed.",
  ),
  score(
    "EXEC_RED_SLIPPAGE_CENTS",
    "execRedSlippageCents",
    3,
    "cents",
    "Mean slippage above which a lane is red.",
  ),
  score("EXEC_MIN_ATTEMPTS", "execMinAttempts", 20, "attempts", "Attempts before execution is judged."),
  score(
    "CAPITAL_YELLOW_PCT",
    "capitalYellowPct",
    -0.02,
    "share",
    "Loss of a lane's capital that makes it yellow.",
  ),
  score("CAPITAL_RED_PCT", "capitalRedPct", -0.05, "share", "Loss of a lane's capital that makes it red."),
  score("CAPITAL_BLACK_PCT", "capitalBlackPct", -0.1, "share", "Loss of a lane's capital that kills it."),
  real(
    "PORTFOLIO_FLOOR_PCT",
    "portfolioFloorPct",
    -0.05,
    "share",
    -1,
    0,
    "Loss of all capital since the start of the day that halts everything.",
  ),
  real(
    "PORTFOLIO_NUCLEAR_PCT",
    "portfolioNuclearPct",
    -0.08,
    "share",
    -1,
    0,
    "Loss of all capital since the start of the day that halts everything and aborts what is in flight.",
  ),
  real(
    "BALANCE_FLOOR_USD",
    "balanceFloorUsd",
    20,
    "USD",
    -9_000_000_000,
    9_000_000_000,
    "Balance below which everything is blocked.",
  ),
  score(
    "RED_COOLDOWN_HOURS",
    "redCooldownHours",
    2,
    "hours",
    "How long a red lane rests before it is probed.",
  ),
  score(
    "REVIVAL_CONSECUTIVE_OBS",
    "revivalConsecutiveObs",
    10,
    "observations",
    "Good observations in a row that revive a red lane.",
  ),
  score(
    "REVIVAL_BUFFER_PCT",
    "revivalBufferPct",
    0.2,
    "share",
    "How much better than its threshold a red lane must be to revive.",
  ),
  score(
    "DEBOUNCE_SECONDS",
    "debounceSeconds",
    300,
    "seconds",
    "How long a lane keeps a status before it may change again; never delays the kill of a new lane.",
  ),
  score("DECAY_HOURS", "decayHours", 24, "hours", "How long until an observation counts half."),
  real(
    "REGIME_TICK_SECONDS",
    "regimeTickSeconds",
    30,
    "seconds",
    0.1,
    DAY_SECONDS,
    "How often the regime is judged.",
  ),
  real(
    "PERSIST_TICK_SECONDS",
    "persistTickSeconds",
    30,
    "seconds",
    0.1,
    DAY_SECONDS,
    "How often state is written down.",
  ),

  real(
    "PERMIT_TTL_SECONDS",
    "permitTtlSeconds",
    900,
    "seconds",
    0.001,
    30 * DAY_SECONDS,
    "How long a permit is good; one that expires counts as spent.",
  ),
  real(
    "HALT_DEADLINE_SECONDS",
    "haltDeadlineSeconds",
    5,
    "seconds",
    0,
    DAY_SECONDS,
    "How long a halt waits for what is in flight before its receipt says unknown.",
  ),
  real(
    "FALSE_ALARMS_PER_MILLION",
    "falseAlarmsPerMillion",
    10,
    "alarms per million decisions",
    0.000_001,
    1_000_000,
    "How many false alarms the detectors may raise.",
  ),
  real(
    "APPROVAL_TTL_SECONDS",
    "approvalTtlSeconds",
    3600,
    "seconds",
    0.001,
    30 * DAY_SECONDS,
    "How long an approval can be given before it counts as rejected.",
  ),
  real("FLUSH_INTERVAL_MS", "flushIntervalMs", 50, "ms", 1, 60_000, "How often records are written."),
  whole(
    "MAX_LANES",
    "maxLanes",
    10_000,
    "lanes",
    1,
    10_000_000,
    "Lanes with state of their own; further ones share one.",
  ),
  whole(
    "MAX_KEYS_PER_RULE",
    "maxKeysPerRule",
    10_000,
    "keys",
    1,
    10_000_000,
    "Counters of one rule; further keys share one.",
  ),
  whole(
    "MAX_IN_FLIGHT",
    "maxInFlight",
    100_000,
    "actions",
    1,
    10_000_000,
    "Actions in flight; further ones are refused.",
  ),
  whole(
    "MAX_APPROVALS",
    "maxApprovals",
    1000,
    "approvals",
    1,
    1_000_000,
    "Approvals that wait; further ones are refused.",
  ),
  whole("MAX_HALTS", "maxHalts", 1000, "halts", 1, 100_000, "Halts in force with a scope of their own."),
  whole("MAX_SIGNALS", "maxSignals", 1000, "signals", 1, 1_000_000, "Signals that are kept."),
  whole("MAX_ACCOUNTS", "maxAccounts", 1000, "accounts", 1, 1_000_000, "Accounts whose balance is kept."),
  whole(
    "MAX_NAME_LENGTH",
    "maxNameLength",
    256,
    "UTF-16 units",
    1,
    65_536,
    "Longest source, series, tag, measure, signal or account.",
  ),
  whole("MAX_TAGS", "maxTags", 16, "tags", 0, 1000, "Tags of one action."),
  whole(
    "MAX_QUEUE",
    "maxQueue",
    65_536,
    "records",
    1,
    100_000_000,
    "Records that wait to be written; when full, the gate refuses.",
  ),
  whole(
    "SEGMENT_RECORDS",
    "segmentRecords",
    65_536,
    "records",
    16,
    1_048_576,
    "Records after which the log goes on in a new file; a power of two.",
  ),
  whole(
    "MAX_RECORDS_MB",
    "maxRecordsMb",
    1024,
    "MiB",
    2,
    1_048_576,
    "Records that are kept on the disk; beyond that the oldest files go.",
  ),
  whole(
    "MAX_EVENTS",
    "maxEvents",
    10_000,
    "events",
    1,
    10_000_000,
    "Events that wait for listeners; further ones are dropped and counted.",
  ),
] as const;

/** The name of a setting's field in `ReinConfig`. */
export type SettingKey = (typeof SETTINGS)[number]["key"];

/** One value per setting. */
export type SettingValues = {
  readonly [S in (typeof SETTINGS)[number] as S["key"]]: S["default"];
};

/** Pairs of settings of which the first must not be above the second. */
export const SETTINGS_ORDER: readonly (readonly [SettingKey, SettingKey])[] = [
  ["edgeYellowP", "edgeRedP"],
  ["execBlackFill", "execRedFill"],
  ["execRedFill", "execYellowFill"],
  ["capitalBlackPct", "capitalRedPct"],
  ["capitalRedPct", "capitalYellowPct"],
  ["portfolioNuclearPct", "portfolioFloorPct"],
];

function flag<K extends string>(name: string, key: K, preset: boolean, meaning: string): Setting<K, boolean> {
  return { name, key, kind: "boolean", default: preset, unit: "switch", meaning };
}

function whole<K extends string>(
  name: string,
  key: K,
  preset: number,
  unit: string,
  min: number,
  max: number,
  meaning: string,
): Setting<K, number> {
  return { name, key, kind: "integer", default: preset, unit, min, max, meaning };
}

function real<K extends string>(
  name: string,
  key: K,
  preset: number,
  unit: string,
  min: number,
  max: number,
  meaning: string,
): Setting<K, number> {
  return { name, key, kind: "number", default: preset, unit, min, max, meaning };
}

/** A setting that a `score` rule may change too: both accept the same values. */
function score<K extends ScoreSetting>(
  name: string,
  key: K,
  preset: number,
  unit: string,
  meaning: string,
): Setting<K, number> {
  const { integer, min, max } = SCORE_SETTINGS[key];
  return integer
    ? whole(name, key, preset, unit, min, max, meaning)
    : real(name, key, preset, unit, min, max, meaning);
}
