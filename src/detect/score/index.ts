export { SCORE_DEFAULTS } from "./settings.js";
export type { Health, RegimeSlice, ScoreSettings } from "./settings.js";
export { LaneScore } from "./lane-score.js";
export type { LaneScoreView, SliceView } from "./view.js";
