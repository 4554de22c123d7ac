import { formatDuration } from "../../core/duration.js";
import { BurnRate, DenialStorm } from "../../detect/index.js";
import { SlidingSum } from "../sliding-sum.js";
import type { SumImage } from "../sliding-sum.js";
import { Breaker } from "./breaker.js";
import { oddsText, spanText } from "./words.js";

const DEFAULT_MIN_CALLS = 10;

/** The window of a burn rate that is shown to people. */
const BURN_WINDOW_MS = 5 * 60_000;

/** Opens at a number of failures in a row. */
export class ConsecutiveBreaker extends Breaker {
  #inARow = 0;

  protected override count(ok: boolean, mono: number): void {
    this.#inARow = ok ? 0 : this.#inARow + 1;
    if (this.#inARow >= this.guard.rule.consecutive!) this.open(`${this.#inARow} failures in a row`, mono);
  }

  protected override forget(): void {
    this.#inARow = 0;
  }

  protected override judgeImage(): number | null {
    return this.#inARow === 0 ? null : this.#inARow;
  }

  protected override restoreJudge(image: unknown): void {
    this.#inARow = (image as number | null) ?? 0;
  }

  protected override judgeSnapshot(): object {
    return { inARow: this.#inARow };
  }
}

/** Opens at a share of failures within a window. */
export class RateBreaker extends Breaker {
  readonly #calls = new SlidingSum(this.guard.windowMs);
  readonly #failures = new SlidingSum(this.guard.windowMs);

  protected override count(ok: boolean, mono: number): void {
    const { ratePct, minCalls, window } = this.guard.rule;
    this.#calls.add(mono, 1);
    if (ok) return;
    this.#failures.add(mono, 1);
    const calls = this.#calls.total(mono);
    const failures = this.#failures.total(mono);
    if (calls < (minCalls ?? DEFAULT_MIN_CALLS) || failures * 100 < ratePct! * calls) return;
    this.open(`${failures} of ${calls} calls failed within ${window!}`, mono);
  }

  protected override forget(): void {
    this.#calls.clear();
    this.#failures.clear();
  }

  protected override judgeImage(mono: number): unknown {
    const calls = this.#calls.image(mono);
    return calls === null ? null : [calls, this.#failures.image(mono)];
  }

  protected override restoreJudge(image: unknown): void {
    if (image === null) return;
    const [calls, failures] = image as readonly [SumImage, SumImage | null];
    this.#calls.restore(calls);
    this.#failures.restore(failures);
  }

  protected override judgeSnapshot(mono: number): object {
    return { calls: this.#calls.snapshot(mono), failures: this.#failures.snapshot(mono) };
  }
}

/** Opens when an error budget burns too fast. */
export class BudgetBreaker extends Breaker {
  readonly #burn = new BurnRate(this.guard.rule.budgetPct! / 100);

  protected override count(ok: boolean, mono: number): void {
    const burn = this.#burn;
    if (!burn.add(ok, mono)) return;
    const { shortMs, longMs, multiple } = burn.burning!;
    const [short, long] = [burn.share(shortMs), burn.share(longMs)].map((share) => Math.round(100 * share));
    burn.reset(mono);
    this.open(
      `${short!}% of the calls of the last ${formatDuration(shortMs)} failed and ${long!}% of the last ${formatDuration(longMs)}: the error budget of ${this.guard.rule.budgetPct!}% burns ${multiple} times too fast`,
      mono,
    );
  }

  protected override judgeImage(): unknown {
    return this.#burn.image();
  }

  protected override restoreJudge(image: unknown): void {
    this.#burn.restore(image);
  }

  protected override judgeSnapshot(): object {
    return { failing: this.#burn.share(BURN_WINDOW_MS) };
  }
}

/** Opens at more failures than chance explains. */
export class StormBreaker extends Breaker {
  readonly #storm = new DenialStorm();

  protected override count(ok: boolean, mono: number): void {
    const storm = this.#storm;
    if (storm.add(!ok, mono) < this.guard.host.alarmAt) return;
    const { value, denied: failed, events, since } = storm;
    storm.reset(mono);
    this.open(
      `${failed} of ${events} calls within ${spanText(mono - since)} failed, where one in five would be much (${oddsText(value)})`,
      mono,
    );
  }

  protected override judgeImage(): unknown {
    return this.#storm.image();
  }

  protected override restoreJudge(image: unknown): void {
    this.#storm.restore(image);
  }

  protected override judgeSnapshot(): object {
    return { evidence: this.#storm.value };
  }
}
