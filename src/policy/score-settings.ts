/** What a setting of the scorer may be. */
interface ScoreSettingRange {
  readonly integer: boolean;
  readonly min: number;
  readonly max: number;
  /** Of two values the one that counts where several rules give one: the stricter. */
  readonly stricter: "smaller" | "larger";
}

const COUNT = { integer: true, min: 1, max: 1_000_000 };
const SHARE = { integer: false, min: 0, max: 1 };
const LOSS_SHARE = { integer: false, min: -1, max: 0 };
const CENTS = { integer: false, min: -1_000_000, max: 1_000_000 };

/** The scorer's settings, which a `score` rule may change, and the range of each. */
export const SCORE_SETTINGS = {
  minSamplesForKill: { ...COUNT, stricter: "smaller" },
  minSamplesForGreen: { ...COUNT, stricter: "larger" },
  edgeYellowP: { ...SHARE, stricter: "smaller" },
  edgeRedP: { ...SHARE, stricter: "smaller" },
  edgeBlackMeanCents: { ...CENTS, stricter: "larger" },
  edgeBlackMinSamples: { ...COUNT, stricter: "smaller" },
  execYellowFill: { ...SHARE, stricter: "larger" },
  execRedFill: { ...SHARE, stricter: "larger" },
  execBlackFill: { ...SHARE, stricter: "larger" },
  execRedSlippageCents: { ...CENTS, stricter: "smaller" },
  execMinAttempts: { ...COUNT, stricter: "smaller" },
  capitalYellowPct: { ...LOSS_SHARE, stricter: "larger" },
  capitalRedPct: { ...LOSS_SHARE, stricter: "larger" },
  capitalBlackPct: { ...LOSS_SHARE, stricter: "larger" },
  redCooldownHours: { integer: false, min: 0, max: 87_600, stricter: "larger" },
  revivalConsecutiveObs: { ...COUNT, stricter: "larger" },
  revivalBufferPct: { ...SHARE, stricter: "larger" },
  debounceSeconds: { integer: false, min: 0, max: 86_400, stricter: "smaller" },
  decayHours: { integer: false, min: 0.001, max: 87_600, stricter: "larger" },
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
