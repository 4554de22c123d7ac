/** What a setting of the scorer may be. */
interface ScoreSettingRange {
  readonly integer: boolean;
  readonly min: number;
  readonly max: number;
}

const COUNT: ScoreSettingRange = { integer: true, min: 1, max: 1_000_000 };
const SHARE: ScoreSettingRange = { integer: false, min: 0, max: 1 };
const LOSS_SHARE: ScoreSettingRange = { integer: false, min: -1, max: 0 };
const CENTS: ScoreSettingRange = { integer: false, min: -1_000_000, max: 1_000_000 };

/** The scorer's settings, which a `score` rule may change, and the range of each. */
export const SCORE_SETTINGS = {
  minSamplesForKill: COUNT,
  minSamplesForGreen: COUNT,
  edgeYellowP: SHARE,
  edgeRedP: SHARE,
  edgeBlackMeanCents: CENTS,
  edgeBlackMinSamples: COUNT,
  execYellowFill: SHARE,
  execRedFill: SHARE,
  execBlackFill: SHARE,
  execRedSlippageCents: CENTS,
  execMinAttempts: COUNT,
  capitalYellowPct: LOSS_SHARE,
  capitalRedPct: LOSS_SHARE,
  capitalBlackPct: LOSS_SHARE,
  redCooldownHours: { integer: false, min: 0, max: 87_600 },
  revivalConsecutiveObs: COUNT,
  revivalBufferPct: SHARE,
  debounceSeconds: { integer: false, min: 0, max: 86_400 },
  decayHours: { integer: false, min: 0.001, max: 87_600 },
} as const satisfies Readonly<Record<string, ScoreSettingRange>>;

/** The name of a setting of the scorer. */
export type ScoreSetting = keyof typeof SCORE_SETTINGS;

/** Pairs of settings of which the first must not be above the second. */
export const SCORE_ORDER: readonly (readonly [ScoreSetting, ScoreSetting])[] = [
  ["edgeYellowP", "edgeRedP"],
  ["execBlackFill", "execRedFill"],
  ["execRedFill", "execYellowFill"],
  ["capitalBlackPct", "capitalRedPct"],
  ["capitalRedPct", "capitalYellowPct"],
];
