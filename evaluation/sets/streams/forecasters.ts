import { log } from "../../../src/core/math.js";

/** Mean log-loss (nats) and mean squared error of forecasts. */
export interface Loss {
  readonly logLoss: number;
  readonly brier: number;
}

/** Scores forecasts one after the other. */
export class LossTally {
  #count = 0;
  #logLoss = 0;
  #squares = 0;

  add(forecast: number, ok: boolean): void {
    const right = ok ? forecast : 1 - forecast;
    this.#count++;
    this.#logLoss -= log(right);
    this.#squares += (1 - right) * (1 - right);
  }

  loss(): Loss {
    return { logLoss: this.#logLoss / this.#count, brier: this.#squares / this.#count };
  }
}

/** The forecast of someone who knows nothing and learns nothing. */
export function nullLoss(stream: readonly boolean[]): Loss {
  const tally = new LossTally();
  for (const ok of stream) tally.add(0.5, ok);
  return tally.loss();
}

/** A Beta posterior that multiplies what it knew by `memory` at every outcome; 1 forgets nothing. */
export function fixedMemoryLoss(stream: readonly boolean[], memory: number): Loss {
  const tally = new LossTally();
  let oks = 0;
  let count = 0;
  for (const ok of stream) {
    tally.add((oks + 0.5) / (count + 1), ok);
    oks = oks * memory + (ok ? 1 : 0);
    count = count * memory + 1;
  }
  return tally.loss();
}

/** A Beta posterior over the last `length` outcomes. */
export function windowLoss(stream: readonly boolean[], length: number): Loss {
  const tally = new LossTally();
  let oks = 0;
  for (const [i, ok] of stream.entries()) {
    tally.add((oks + 0.5) / (Math.min(i, length) + 1), ok);
    if (ok) oks++;
    if (i >= length && stream[i - length] === true) oks--;
  }
  return tally.loss();
}
