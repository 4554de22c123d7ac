import { parseDuration } from "../../core/duration.js";
import { DenialStorm } from "../../detect/index.js";
import type { RuleOf } from "../../policy/index.js";
import { SlidingSum } from "../sliding-sum.js";
import type { SumImage } from "../sliding-sum.js";
import type { Ticket } from "../ticket.js";
import { AlarmCounter, AlarmGuard } from "./alarm.js";
import type { AlarmImage } from "./alarm.js";
import type { Complaint, CounterKey } from "./guard.js";
import { keyText, oddsText, spanText } from "./words.js";

/**
 * `denials`: more than a share of all actions of a window is denied; without a share, more denials than chance explains.
 * What this rule denies itself is not counted.
 */
export class DenialsGuard extends AlarmGuard<RuleOf<"denials">> {
  override readonly observes = true;

  override newCounter(key: CounterKey): AlarmCounter {
    return this.rule.ratePct === undefined ? new Storm(this, key) : new DenialRate(this, key);
  }
}

/** Another detector's refusal: two that counted each other's would keep each other going for ever. */
function isDetectors({ refusal, wouldBlock }: Ticket): boolean {
  const code = (refusal ?? wouldBlock)?.code;
  return code === "anomaly" || code === "loop";
}

/** A denial as this rule counts it: a question to a human is none. */
function isDenied({ verdict, wouldBlock }: Ticket): boolean {
  return verdict === "block" || wouldBlock !== null;
}

/** The exact form. Its condition holds as long as the window says so; a `for` makes it last. */
class DenialRate extends AlarmCounter {
  declare guard: DenialsGuard;
  readonly #calls: SlidingSum;
  readonly #denied: SlidingSum;
  #holds = false;

  constructor(guard: DenialsGuard, key: CounterKey) {
    super(guard, key);
    const windowMs = parseDuration(guard.rule.window!)!;
    this.#calls = new SlidingSum(windowMs);
    this.#denied = new SlidingSum(windowMs);
  }

  override get isBlocking(): boolean {
    return super.isBlocking || (this.#holds && this.#blocksWhileItHolds());
  }

  override ask(ticket: Ticket, mono: number): boolean {
    if (!this.#blocksWhileItHolds()) return super.ask(ticket, mono);
    return !this.#holds || this.endBlock(mono);
  }

  override endBlock(mono: number): boolean {
    if (!this.#blocksWhileItHolds()) return super.endBlock(mono);
    if (this.#holds && !this.#isExceeded(mono)) {
      this.#holds = false;
      this.guard.host.calm();
    }
    return !this.#holds;
  }

  override observe(ticket: Ticket, mono: number): void {
    if (this.isOwn(ticket) || isDetectors(ticket)) return;
    this.#calls.add(mono, 1);
    if (isDenied(ticket)) this.#denied.add(mono, 1);
    const exceeds = this.#isExceeded(mono);
    if (exceeds === this.#holds) return;
    this.#holds = exceeds;
    if (!exceeds) {
      this.guard.host.calm();
      return;
    }
    if (this.#blocksWhileItHolds()) this.guard.host.alarm();
    this.raise(this.#evidence(mono), mono);
    // A halt answers these denials: after it is resumed, counting begins anew.
    if (this.guard.rule.then === "halt" && this.guard.enforced) this.#forget();
  }

  override complain(ticket: Ticket, mono: number): Complaint {
    if (!this.#blocksWhileItHolds()) return super.complain(ticket, mono);
    return {
      code: "anomaly",
      reason: `rule \`${this.guard.id}\` has stopped this${keyText(this.key)}: ${this.#evidence(mono)}`,
      advice: "do something else that is allowed, or wait until the denials are older than that",
      retryable: true,
    };
  }

  override isFresh(mono: number): boolean {
    return this.#calls.total(mono) === 0 && !this.isBlocking && this.alarmImage() === null;
  }

  override image(mono: number): unknown {
    const calls = this.#calls.image(mono);
    const alarm = this.alarmImage();
    if (calls === null && alarm === null && !this.#holds) return null;
    return { calls, denied: this.#denied.image(mono), holds: this.#holds, alarm };
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { calls, denied, holds, alarm } = image as {
      calls: SumImage | null;
      denied: SumImage | null;
      holds: boolean;
      alarm: AlarmImage | null;
    };
    this.#calls.restore(calls);
    this.#denied.restore(denied);
    this.#holds = holds;
    this.restoreAlarm(alarm);
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh(mono)) return undefined;
    return {
      calls: this.#calls.total(mono),
      denied: this.#denied.total(mono),
      ...this.alarmSnapshot(mono, !this.#blocksWhileItHolds()),
    };
  }

  #blocksWhileItHolds(): boolean {
    const { then } = this.guard.rule;
    return this.guard.forMs === undefined && (then === "block" || then === "approve");
  }

  #isExceeded(mono: number): boolean {
    const { ratePct, minCalls } = this.guard.rule;
    const calls = this.#calls.total(mono);
    return calls >= (minCalls ?? 10) && this.#denied.total(mono) * 100 > ratePct! * calls;
  }

  #evidence(mono: number): string {
    const { ratePct, window } = this.guard.rule;
    const [calls, denied] = [this.#calls.total(mono), this.#denied.total(mono)];
    return `${denied} of ${calls} actions were denied within ${window!}, more than ${ratePct!}%`;
  }

  #forget(): void {
    this.#calls.clear();
    this.#denied.clear();
    this.#holds = false;
  }
}

/** The calibrated form. */
class Storm extends AlarmCounter {
  declare guard: DenialsGuard;
  readonly #storm = new DenialStorm();

  override observe(ticket: Ticket, mono: number): void {
    if (this.isOwn(ticket) || isDetectors(ticket)) return;
    const storm = this.#storm;
    if (storm.add(isDenied(ticket), mono) < this.guard.host.alarmAt) return;
    const { value, denied, events, since } = storm;
    storm.reset(mono);
    this.raise(
      `${denied} of ${events} actions within ${spanText(mono - since)} were denied, where one in five would be much (${oddsText(value)})`,
      mono,
    );
  }

  override isFresh(): boolean {
    return this.image() === null;
  }

  override image(): unknown {
    const [storm, alarm] = [this.#storm.image(), this.alarmImage()];
    return storm === null && alarm === null ? null : { storm, alarm };
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { storm, alarm } = image as { storm: unknown; alarm: AlarmImage | null };
    this.#storm.restore(storm);
    this.restoreAlarm(alarm);
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh()) return undefined;
    return { evidence: this.#storm.value, ...this.alarmSnapshot(mono) };
  }
}
