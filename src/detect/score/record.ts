import { log } from "../../core/math.js";
import { LAYOUT } from "./layout.js";

const { FORECASTS, LIKELIHOOD, LOG_LOSS, SQUARED_ERROR, FORECAST } = LAYOUT;

/** A product of likelihoods below this is booked as a logarithm: one for many forecasts. */
const BOOK_BELOW = 1e-200;

export function startRecord(s: number[]): void {
  s[LIKELIHOOD] = 1;
}

/** Scores the lane's own forecast of an outcome that is about to be learned. */
export function scoreForecast(s: number[], ok: boolean): void {
  const forecast = s[FORECAST]!;
  const miss = ok ? 1 - forecast : forecast;
  const likelihood = s[LIKELIHOOD]! * (1 - miss);
  s[FORECASTS]! += 1;
  s[SQUARED_ERROR]! += miss * miss;
  if (likelihood > BOOK_BELOW) {
    s[LIKELIHOOD] = likelihood;
    return;
  }
  s[LOG_LOSS]! -= log(likelihood);
  s[LIKELIHOOD] = 1;
}

/** Mean log-loss of the lane's forecasts, in nats. */
export function meanLogLoss(s: number[]): number {
  return (s[LOG_LOSS]! - log(s[LIKELIHOOD]!)) / s[FORECASTS]!;
}

/** Mean squared error of the lane's forecasts. */
export function meanBrier(s: number[]): number {
  return s[SQUARED_ERROR]! / s[FORECASTS]!;
}
