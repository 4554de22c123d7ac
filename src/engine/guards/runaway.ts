import { Runaway } from "../../detect/index.js";
import type { RuleOf } from "../../policy/index.js";
import type { Ticket } from "../ticket.js";
import { AlarmCounter, AlarmGuard } from "./alarm.js";
import type { AlarmImage } from "./alarm.js";
import type { CounterKey } from "./guard.js";
import { spanText } from "./words.js";

/** `runaway`: attempts come at many times the rate that is usual for this key. What it blocks itself is not counted. */
export class RunawayGuard extends AlarmGuard<RuleOf<"runaway">> {
  override readonly observes = true;

  override newCounter(key: CounterKey): AlarmCounter {
    return new RateWatch(this, key);
  }
}

class RateWatch extends AlarmCounter {
  declare guard: RunawayGuard;
  readonly #rate: Runaway;

  constructor(guard: RunawayGuard, key: CounterKey) {
    super(guard, key);
    this.#rate = new Runaway(guard.rule.multiple);
  }

  override observe(ticket: Ticket, mono: number): void {
    if (this.isOwn(ticket)) return;
    const rate = this.#rate;
    if (rate.add(mono) < this.guard.host.alarmAt) return;
    const { events, since, usualPerSecond } = rate;
    rate.reset(mono);
    this.raise(
      `${events} actions within ${spanText(mono - since)}, where ${rateText(usualPerSecond)} are usual`,
      mono,
    );
  }

  override isFresh(): boolean {
    return this.image() === null;
  }

  override image(): unknown {
    const [rate, alarm] = [this.#rate.image(), this.alarmImage()];
    return rate === null && alarm === null ? null : { rate, alarm };
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { rate, alarm } = image as { rate: unknown; alarm: AlarmImage | null };
    this.#rate.restore(rate);
    this.restoreAlarm(alarm);
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh()) return undefined;
    return {
      usualPerSecond: this.#rate.usualPerSecond,
      recentPerSecond: this.#rate.recentPerSecond(mono),
      evidence: this.#rate.value,
      ...this.alarmSnapshot(mono),
    };
  }
}

/** Two digits of a rate, in the unit in which it is a number of some size. */
function rateText(perSecond: number): string {
  const [unit, rate] =
    perSecond >= 1
      ? ["a second", perSecond]
      : perSecond * 60 >= 1
        ? ["a minute", perSecond * 60]
        : ["an hour", perSecond * 3600];
  return `${Number(rate.toPrecision(2))} ${unit}`;
}
