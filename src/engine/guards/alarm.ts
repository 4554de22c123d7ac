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

/** One key's alarm: what it says, and until when it blocks. */
export abstract class AlarmCounter extends Counter {
  declare guard: AlarmGuard;
  #evidence = "";
  #since = DOUBLE_ZERO;
  /** -Infinity: it blocks nothing. */
  #until = -Infinity;
  #toldAt = -Infinity;

  get isBlocking(): boolean {
    return this.#until !== -Infinity;
  }

  override ask(_ticket: Ticket, mono: number): boolean {
    return !this.isBlocking || this.endBlock(mono);
  }

  override complain(_ticket: Ticket, mono: number): Complaint {
    const retryAfterMs = Math.max(1, Math.ceil(this.#until - mono));
    return {
      code: "anomaly",
      reason: `rule \`${this.guard.id}\` has stopped this${keyText(this.key)}: ${this.#evidence}`,
      advice: waitText(retryAfterMs),
      retryable: true,
      retryAfterMs,
    };
  }

  /** Lets the block go when its time is over; returns whether nothing is blocked any more. */
  endBlock(mono: number): boolean {
    if (!this.isBlocking) return true;
    if (mono < this.#until) return false;
    this.#until = -Infinity;
    this.guard.host.calm();
    return true;
  }

  /** The evidence is complete. */
  protected raise(evidence: string, mono: number): void {
    const { guard } = this;
    const { then } = guard.rule;
    this.#evidence = evidence;
    this.#since = mono;
    if (then === "block" || then === "approve") {
      this.#until = mono + guard.blockMs;
      guard.host.alarm();
    }
    // A halt is made each time; what is only told is told now and then.
    const isHalt = then === "halt" && guard.enforced;
    if (!isHalt && mono - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = mono;
    guard.host.trip(this, `${evidence}${keyText(this.key)}`);
  }

  /** Whether the decision is this rule's own doing: it must not feed itself. */
  protected isOwn({ refusal, wouldBlock }: Ticket): boolean {
    const { id } = this.guard;
    return (refusal !== null && refusal.rule === id) || (wouldBlock !== null && wouldBlock.rule === id);
  }

  protected alarmImage(): AlarmImage | null {
    if (this.#toldAt === -Infinity && !this.isBlocking) return null;
    return {
      evidence: this.#evidence,
      since: this.#since + 0,
      until: this.isBlocking ? this.#until : 0,
      toldAt: this.#toldAt === -Infinity ? null : this.#toldAt,
    };
  }

  protected restoreAlarm(image: AlarmImage | null): void {
    if (image === null) return;
    this.#evidence = image.evidence;
    this.#since = image.since;
    this.#until = image.until === 0 ? -Infinity : image.until;
    this.#toldAt = image.toldAt ?? -Infinity;
  }

  protected alarmSnapshot(mono: number): object {
    if (!this.isBlocking) return {};
    return { alarm: this.#evidence, forMs: mono - this.#since, endsInMs: this.#until - mono };
  }
}
