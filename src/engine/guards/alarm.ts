import type { Rule } from "../../policy/index.js";
import { DOUBLE_ZERO } from "../double-zero.js";
import type { Ticket } from "../ticket.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint } from "./guard.js";
import { keyText, waitText } from "./words.js";

/** How long a block by a calibrated detector lasts, where the rule does not say. */
const DEFAULT_BLOCK_MS = 60_000;

/** One alarm of a counter is told once in this time. */
const TELL_EVERY_MS = 60_000;

/**
 * Rules that watch what happens and raise an alarm: the alarm comes with the event that completes the evidence, and
 * not with the next action. Alerts are told, halts are made at once, blocks and questions to a human hold for a time.
 */
export abstract class AlarmGuard<R extends Rule = Rule> extends Guard<R> {
  override readonly latches = true;
  readonly blockMs: number;

  constructor(...[rule, host]: ConstructorParameters<typeof Guard<R>>) {
    super(rule, host);
    this.blockMs = this.forMs ?? DEFAULT_BLOCK_MS;
  }

  override get quiet(): boolean {
    for (const counter of this.table.all()) if ((counter as AlarmCounter).isBlocking) return false;
    return true;
  }

  override tick(mono: number): void {
    for (const counter of this.table.all()) (counter as AlarmCounter).endBlock(mono);
  }
}

export interface AlarmImage {
  readonly evidence: string;
  readonly since: number;
  readonly until: number;
  /** Null: never. */
  readonly toldAt: number | null;
}

/** What a counter says that has raised its alarm; most never do. */
class Alarm {
  evidence = "";
  since = DOUBLE_ZERO;
  /** -Infinity: it blocks nothing. */
  until = -Infinity;
  toldAt = -Infinity;
}

/** One key's alarm: what it says, and until when it blocks. */
export abstract class AlarmCounter extends Counter {
  declare guard: AlarmGuard;
  #alarm: Alarm | null = null;

  get isBlocking(): boolean {
    return this.#alarm !== null && this.#alarm.until !== -Infinity;
  }

  override ask(_ticket: Ticket, mono: number): boolean {
    return !this.isBlocking || this.endBlock(mono);
  }

  override complain(_ticket: Ticket, mono: number): Complaint {
    const { evidence, until } = this.#alarm!;
    const retryAfterMs = Math.max(1, Math.ceil(until - mono));
    return {
      code: "anomaly",
      reason: `rule \`${this.guard.id}\` has stopped this${keyText(this.key)}: ${evidence}`,
      advice: waitText(retryAfterMs),
      retryable: true,
      retryAfterMs,
    };
  }

  /** Lets the block go when its time is over; returns whether nothing is blocked any more. */
  endBlock(mono: number): boolean {
    const alarm = this.#alarm;
    if (alarm === null || alarm.until === -Infinity) return true;
    if (mono < alarm.until) return false;
    alarm.until = -Infinity;
    this.guard.host.calm();
    return true;
  }

  /** The evidence is complete. */
  protected raise(evidence: string, mono: number): void {
    const { guard } = this;
    const { then } = guard.rule;
    const alarm = (this.#alarm ??= new Alarm());
    alarm.evidence = evidence;
    alarm.since = mono;
    if (then === "block" || then === "approve") {
      alarm.until = mono + guard.blockMs;
      guard.host.alarm();
    }
    // A halt is made each time; what is only told is told now and then.
    const isHalt = then === "halt" && guard.enforced;
    if (!isHalt && mono - alarm.toldAt < TELL_EVERY_MS) return;
    alarm.toldAt = mono;
    guard.host.trip(this, `${evidence}${keyText(this.key)}`);
  }

  /** Whether the decision is this rule's own doing: it must not feed itself. */
  protected isOwn({ refusal, wouldBlock }: Ticket): boolean {
    if (refusal === null && wouldBlock === null) return false;
    const { id } = this.guard;
    return (refusal !== null && refusal.rule === id) || (wouldBlock !== null && wouldBlock.rule === id);
  }

  protected alarmImage(): AlarmImage | null {
    const alarm = this.#alarm;
    if (alarm === null || (alarm.toldAt === -Infinity && !this.isBlocking)) return null;
    return {
      evidence: alarm.evidence,
      since: alarm.since + 0,
      until: this.isBlocking ? alarm.until : 0,
      toldAt: alarm.toldAt === -Infinity ? null : alarm.toldAt,
    };
  }

  protected restoreAlarm(image: AlarmImage | null): void {
    if (image === null) return;
    const alarm = (this.#alarm = new Alarm());
    alarm.evidence = image.evidence;
    alarm.since = image.since;
    alarm.until = image.until === 0 ? -Infinity : image.until;
    alarm.toldAt = image.toldAt ?? -Infinity;
  }

  /** @param isTimed whether the block ends at a time, and not with its condition */
  protected alarmSnapshot(mono: number, isTimed = true): object {
    if (!this.isBlocking) return {};
    const { evidence, since, until } = this.#alarm!;
    return { alarm: evidence, forMs: mono - since, ...(isTimed && { endsInMs: until - mono }) };
  }
}
