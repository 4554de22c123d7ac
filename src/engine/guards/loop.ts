import { Cycles, hash32, LoopEvidence, ResultMemory } from "../../detect/index.js";
import { formatAmount, limitToMicro } from "../../core/measure.js";
import type { RuleOf } from "../../policy/index.js";
import { DOUBLE_ZERO } from "../double-zero.js";
import type { Ticket } from "../ticket.js";
import { AlarmCounter, AlarmGuard } from "./alarm.js";
import type { AlarmImage } from "./alarm.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost, Settlement } from "./guard.js";
import { keyText, waitText } from "./words.js";

/** `loop` with a number of repeats: the call that would complete one round too many of the same cycle is refused. */
export class RepeatsGuard extends Guard<RuleOf<"loop">> {
  override readonly commits = true;
  override readonly settles = true;
  override readonly observes = true;
  override readonly readsArgs = true;
  override readonly readsResults = true;

  override newCounter(key: CounterKey): Counter {
    return new Repeats(this, key);
  }
}

/** `loop` without numbers: calls and results that repeat more than chance explains. */
export class LoopGuard extends AlarmGuard<RuleOf<"loop">> {
  override readonly settles = true;
  override readonly readsArgs = true;
  override readonly readsResults = true;

  override newCounter(key: CounterKey): AlarmCounter {
    return new LoopWatch(this, key);
  }
}

/** `loop` with a measure: too much was spent since anything new came of it. */
export class StagnationGuard extends AlarmGuard<RuleOf<"loop">> {
  override readonly settles = true;
  override readonly readsArgs = true;
  override readonly readsResults = true;
  readonly measure: number;
  readonly limit: number;

  constructor(rule: RuleOf<"loop">, host: GuardHost) {
    super(rule, host);
    this.measure = host.world.measure(rule.measure!, true);
    this.limit = limitToMicro(rule.limit!);
  }

  override newCounter(key: CounterKey): AlarmCounter {
    return new Stagnation(this, key);
  }
}

/** What is done to what: actions with the same series and arguments are the same call. */
function callOf(ticket: Ticket): number {
  const args = ticket.details?.args ?? null;
  const series = ticket.lane.seriesHash;
  return args === null ? series : (Math.imul(series, 31) ^ hash32(args)) | 0 || 1;
}

/** The result as a number, 0 where nobody told. */
function hashOf(pseudonym: string | null | undefined): number {
  return pseudonym === null || pseudonym === undefined ? 0 : hash32(pseudonym);
}

class Repeats extends Counter {
  declare guard: RepeatsGuard;
  readonly #cycles: Cycles;
  readonly #results = new ResultMemory();
  /** Monotonic time until which it blocks whatever comes; -Infinity: it does not. */
  #until = -Infinity;

  constructor(guard: RepeatsGuard, key: CounterKey) {
    super(guard, key);
    this.#cycles = new Cycles(guard.rule.maxPeriod ?? 1);
  }

  override ask(ticket: Ticket, mono: number): boolean {
    return mono >= this.#until && this.#cycles.ask(callOf(ticket)) < this.guard.rule.repeats!;
  }

  override commit(ticket: Ticket): void {
    this.#cycles.push(callOf(ticket));
  }

  override observe({ refusal, wouldBlock }: Ticket, mono: number): void {
    const { guard } = this;
    if (refusal?.rule !== guard.id && wouldBlock?.rule !== guard.id) return;
    // A halt answers the loop: after it is resumed, counting begins anew.
    if (guard.rule.then === "halt" && guard.enforced) this.#cycles.restart();
    else if (guard.forMs !== undefined && mono >= this.#until) this.#until = mono + guard.forMs;
  }

  /** A call that never ran is no repeat; which of the earlier ones it would have repeated is not kept. */
  override giveBack(): void {
    this.#cycles.progress();
  }

  override settle(ticket: Ticket, { progress, details }: Settlement): void {
    if (progress === true || this.#isNews(ticket, hashOf(details?.like))) this.#cycles.progress();
  }

  override complain(ticket: Ticket, mono: number): Complaint {
    const { id } = this.guard;
    const head = `rule \`${id}\` has stopped this${keyText(this.key)}`;
    if (mono < this.#until) {
      const retryAfterMs = Math.max(1, Math.ceil(this.#until - mono));
      const reason = `${head}: it went round in circles`;
      return { code: "loop", reason, advice: waitText(retryAfterMs), retryable: true, retryAfterMs };
    }
    const times = this.#cycles.ask(callOf(ticket));
    const { period } = this.#cycles;
    const what = period === 1 ? "the same call" : `the same ${period} calls one after the other`;
    return {
      code: "loop",
      reason: `${head}: it would be ${what} for the ${ordinal(times)} time in a row, and nothing new came of the ones before`,
      advice: "do something else, or finish with what is there",
      retryable: false,
    };
  }

  override isFresh(): boolean {
    return this.#cycles.image() === null && this.#until === -Infinity;
  }

  override image(): unknown {
    if (this.isFresh()) return null;
    const until = this.#until === -Infinity ? null : this.#until;
    return { cycles: this.#cycles.image(), results: this.#results.image(), until };
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { cycles, results, until } = image as { cycles: unknown; results: unknown; until: number | null };
    this.#cycles.restore(cycles);
    this.#results.restore(results);
    this.#until = until ?? -Infinity;
  }

  /** A result that this call has not had before; the very first one is what repeats are measured against. */
  #isNews(ticket: Ticket, like: number): boolean {
    return like !== 0 && this.#results.add(callOf(ticket), like);
  }
}

class LoopWatch extends AlarmCounter {
  declare guard: LoopGuard;
  readonly #loop = new LoopEvidence();

  override settle(ticket: Ticket, { ok, judged, progress, details }: Settlement, mono: number): void {
    if (!judged) return;
    if (progress === true) {
      this.#loop.progress(mono);
      return;
    }
    const loop = this.#loop;
    const result = hashOf(details?.result);
    const like = hashOf(details?.like);
    if (loop.add(callOf(ticket), result, like, !ok, mono) < this.guard.host.alarmAt) return;
    const sentence = loop.sentence();
    loop.reset(mono);
    this.raise(sentence, mono);
  }

  override isFresh(): boolean {
    return this.image() === null;
  }

  override image(): unknown {
    const [loop, alarm] = [this.#loop.image(), this.alarmImage()];
    return loop === null && alarm === null ? null : { loop, alarm };
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { loop, alarm } = image as { loop: unknown; alarm: AlarmImage | null };
    this.#loop.restore(loop);
    this.restoreAlarm(alarm);
  }

  override snapshot(mono: number): unknown {
    return this.isFresh() ? undefined : { evidence: this.#loop.value, ...this.alarmSnapshot(mono) };
  }
}

class Stagnation extends AlarmCounter {
  declare guard: StagnationGuard;
  readonly #results = new ResultMemory();
  #spent = DOUBLE_ZERO;
  #calls = DOUBLE_ZERO;

  override settle(ticket: Ticket, { amounts, progress, details }: Settlement, mono: number): void {
    if (this.#isProgress(ticket, progress, hashOf(details?.like))) {
      this.#spent = DOUBLE_ZERO;
      this.#calls = DOUBLE_ZERO;
      return;
    }
    const { measure, limit, rule } = this.guard;
    const reported = amounts === null ? -1 : (amounts[measure] ?? -1);
    const amount = reported >= 0 ? reported : (ticket.amounts[measure] ?? 0);
    this.#spent += Math.max(0, amount);
    this.#calls += 1;
    if (this.#spent <= limit) return;
    const spent = formatAmount(rule.measure!, this.#spent);
    const calls = this.#calls === 1 ? "1 action" : `${this.#calls} actions`;
    this.#spent = DOUBLE_ZERO;
    this.#calls = DOUBLE_ZERO;
    this.raise(
      `${spent} in ${calls} without anything new, at most ${formatAmount(rule.measure!, limit)} is allowed`,
      mono,
    );
  }

  override isFresh(): boolean {
    return this.image() === null;
  }

  override image(): unknown {
    const [results, alarm] = [this.#results.image(), this.alarmImage()];
    if (results === null && alarm === null && this.#calls === 0) return null;
    return { results, spent: this.#spent + 0, calls: this.#calls + 0, alarm };
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { results, spent, calls, alarm } = image as {
      results: unknown;
      spent: number;
      calls: number;
      alarm: AlarmImage | null;
    };
    this.#results.restore(results);
    this.#spent = spent;
    this.#calls = calls;
    this.restoreAlarm(alarm);
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh()) return undefined;
    return { spentWithoutProgress: this.#spent + 0, actions: this.#calls + 0, ...this.alarmSnapshot(mono) };
  }

  /** What the outcome says counts; where it says nothing, a result that this call has not had before is news. */
  #isProgress(ticket: Ticket, progress: boolean | undefined, like: number): boolean {
    const isNew = this.#results.add(callOf(ticket), like);
    return progress ?? isNew;
  }
}

function ordinal(n: number): string {
  const tens = n % 100;
  const last = n % 10;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${last === 1 ? "st" : last === 2 ? "nd" : last === 3 ? "rd" : "th"}`;
}
