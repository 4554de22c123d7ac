/** How a lane stands: allowed, on probation, blocked for a while, killed. */
export type Health = "green" | "yellow" | "red" | "black";

/** The number of a regime: 0 normal, 1 stressed, 2 shock. */
export type RegimeSlice = 0 | 1 | 2;

/** The thresholds of the scorer; the names of a `score` rule. Shares are fractions, money is in cents. */
export interface ScoreSettings {
  /** Samples a slice needs before it may be killed, or judged by its edge at all. */
  readonly minSamplesForKill: number;
  readonly minSamplesForGreen: number;
  /** Probability of a negative mean result from which a lane is yellow, or red. */
  readonly edgeYellowP: number;
  readonly edgeRedP: number;
  /** A lane whose mean result is below this is killed. */
  readonly edgeBlackMeanCents: number;
  readonly edgeBlackMinSamples: number;
  /** Shares of actions that work, below which a lane is yellow, red or killed. */
  readonly execYellowFill: number;
  readonly execRedFill: number;
  readonly execBlackFill: number;
  readonly execRedSlippageCents: number;
  /** Attempts before execution counts. */
  readonly execMinAttempts: number;
  /** Gain or loss as a share of the lane's capital, at or below which it is yellow, red or killed. */
  readonly capitalYellowPct: number;
  readonly capitalRedPct: number;
  readonly capitalBlackPct: number;
  readonly redCooldownHours: number;
  readonly revivalConsecutiveObs: number;
  /** How far beyond its red threshold, as a share of it, a lane must be to revive. */
  readonly revivalBufferPct: number;
  readonly debounceSeconds: number;
  /** Time in which half of what an idle lane knows is forgotten. */
  readonly decayHours: number;
}

export const SCORE_DEFAULTS: ScoreSettings = {
  minSamplesForKill: 10,
  minSamplesForGreen: 20,
  edgeYellowP: 0.6,
  edgeRedP: 0.85,
  edgeBlackMeanCents: -2,
  edgeBlackMinSamples: 30,
  execYellowFill: 0.25,
  execRedFill: 0.1,
  execBlackFill: 0.05,
  execRedSlippageCents: 3,
  execMinAttempts: 20,
  capitalYellowPct: -0.02,
  capitalRedPct: -0.05,
  capitalBlackPct: -0.1,
  redCooldownHours: 2,
  revivalConsecutiveObs: 10,
  revivalBufferPct: 0.2,
  debounceSeconds: 300,
  decayHours: 24,
};
