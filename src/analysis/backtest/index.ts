export { Backtest, type BacktestOptions } from "./backtest.js";
export type { HistoryRecord } from "./history.js";
export type {
  Amounts,
  BacktestReport,
  Flip,
  FlipCount,
  FlipKind,
  FlipRow,
  PolicyBacktest,
} from "./report.js";
export type { NamedPolicy } from "./tally.js";
