import { formatDuration, parseDuration } from "../../core/duration.js";
import { BurnRate, DenialStorm } from "../../detect/index.js";
import type { RuleOf } from "../../policy/index.js";
import { DOUBLE_ZERO } from "../double-zero.js";
import { SlidingSum } from "../sliding-sum.js";
import type { SumImage } from "../sliding-sum.js";
import type { Ticket } from "../ticket.js";
import { Counter, Guard } from "./guard.js";
import type { Complaint, CounterKey, GuardHost, Settlement } from "./guard.js";
import { keyText, oddsText, spanText, waitText } from "./words.js";

/** How long an open breaker waits before it lets a probe through, where the rule does not say. */
export const DEFAULT_COOL_DOWN_MS = 30_000;

const DEFAULT_MIN_CALLS = 10;

/** The window of a burn rate that is shown to people. */
const BURN_WINDOW_MS = 5 * 60_000;

/**
 * `errors`: a circuit breaker on consecutive failures, on the failure rate, on how fast an error budget burns, or,
 * without any number, on more failures than chance explains. Closed lets everything pass; open
 * refuses until the cool-down is over; half-open lets `probes` actions through, closes when all of them succeed and
 * opens again at the first that fails.
 */
export class ErrorsGuard extends Guard<RuleOf<"errors">> {
  override readonly commits = true;
  override readonly settles = true;
  override readonly latches = true;
  readonly windowMs: number;
  readonly coolDownMs: number;
  readonly probes: number;

  constructor(rule: RuleOf<"errors">, host: GuardHost) {
    super(rule, host);
    this.windowMs = rule.window === undefined ? 0 : parseDuration(rule.window)!;
    this.coolDownMs = this.forMs ?? DEFAULT_COOL_DOWN_MS;
    this.probes = rule.probes ?? 1;
  }

  override newCounter(key: CounterKey): Breaker {
    return new Breaker(this, key);
  }

  /** What became of the probes is not known: a half-open breaker is open again. */
  override recover(mono: number): void {
    for (const breaker of this.table.all()) (breaker as Breaker).reopen(mono);
  }

  override get quiet(): boolean {
    for (const breaker of this.table.all()) if (!(breaker as Breaker).isClosed) return false;
    return true;
  }
}

type State = "closed" | "open" | "half-open";

interface BreakerImage {
  readonly state: State;
  readonly openedAt: number;
  readonly evidence: string;
  readonly inARow: number;
  readonly succeeded: number;
  /** Decisions that are tried while it is half-open. */
  readonly probes: readonly number[];
  readonly calls: SumImage | null;
  readonly failures: SumImage | null;
  /** What a burn rate or the evidence of failures has learned. */
  readonly judge?: unknown;
}

class Breaker extends Counter {
  declare guard: ErrorsGuard;
  #state: State = "closed";
  #openedAt = DOUBLE_ZERO;
  #evidence = "";
  #inARow = 0;
  #probing = 0;
  #succeeded = 0;
  /** Tickets let through as probes; only their outcome moves a half-open breaker. */
  #probeSeqs: Set<number> | null = null;
  readonly #calls: SlidingSum;
  readonly #failures: SlidingSum;
  readonly #burn: BurnRate | null;
  readonly #storm: DenialStorm | null;

  constructor(guard: ErrorsGuard, key: CounterKey) {
    super(guard, key);
    this.#calls = new SlidingSum(guard.windowMs);
    this.#failures = new SlidingSum(guard.windowMs);
    const { budgetPct, ratePct, consecutive } = guard.rule;
    this.#burn = budgetPct === undefined ? null : new BurnRate(budgetPct / 100);
    const isCalibrated = budgetPct === undefined && ratePct === undefined && consecutive === undefined;
    this.#storm = isCalibrated ? new DenialStorm() : null;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  override ask(_ticket: Ticket, mono: number): boolean {
    if (this.#state === "closed") return true;
    if (this.#state === "open" && mono - this.#openedAt < this.guard.coolDownMs) return false;
    return this.#probing < this.guard.probes - this.#succeeded;
  }

  override commit(ticket: Ticket, mono: number): void {
    if (this.#state === "closed") return;
    if (this.#state === "open" && mono - this.#openedAt >= this.guard.coolDownMs) {
      this.#state = "half-open";
      this.#succeeded = 0;
    }
    this.#probing += 1;
    (this.#probeSeqs ??= new Set()).add(ticket.seq);
  }

  override giveBack(ticket: Ticket): void {
    if (this.#probeSeqs?.delete(ticket.seq)) this.#probing -= 1;
  }

  override settle(ticket: Ticket, end: Settlement, mono: number): void {
    if (this.#probing > 0 && this.#probeSeqs!.delete(ticket.seq)) {
      this.#probing -= 1;
      this.#settleProbe(end, mono);
    } else if (this.#state === "closed" && end.judged) {
      this.#count(end.ok, mono);
    }
  }

  override complain(_ticket: Ticket, mono: number): Complaint {
    const waitMs = this.#state === "open" ? this.guard.coolDownMs - (mono - this.#openedAt) : 0;
    const reason = `rule \`${this.guard.id}\` has paused this${keyText(this.key)}: ${this.#evidence}`;
    if (waitMs <= 0) {
      return {
        code: "breaker_open",
        reason,
        advice: "a trial is running, wait for its result",
        retryable: true,
      };
    }
    const retryAfterMs = Math.max(1, Math.ceil(waitMs));
    return { code: "breaker_open", reason, advice: waitText(retryAfterMs), retryable: true, retryAfterMs };
  }

  reopen(mono: number): void {
    if (this.#state !== "half-open") return;
    this.#state = "open";
    this.#openedAt = mono;
    this.#succeeded = 0;
  }

  override image(mono: number): unknown {
    const calls = this.#calls.image(mono);
    const failures = this.#failures.image(mono);
    const judge = this.#judgeImage();
    const isIdle = calls === null && judge === null && this.#probing === 0;
    if (this.#state === "closed" && this.#inARow === 0 && isIdle) return null;
    const image: BreakerImage = {
      state: this.#state,
      openedAt: this.#openedAt + 0,
      evidence: this.#evidence,
      inARow: this.#inARow,
      succeeded: this.#succeeded,
      probes: [...(this.#probeSeqs ?? [])],
      calls,
      failures,
      ...(judge !== null && { judge }),
    };
    return image;
  }

  override restore(image: unknown): void {
    if (image === null) return;
    const { state, openedAt, evidence, inARow, succeeded, probes, calls, failures, judge } =
      image as BreakerImage;
    this.#state = state;
    this.#openedAt = openedAt;
    this.#evidence = evidence;
    this.#inARow = inARow;
    this.#succeeded = succeeded;
    this.#probing = probes.length;
    this.#probeSeqs = probes.length === 0 ? null : new Set(probes);
    this.#calls.restore(calls);
    this.#failures.restore(failures);
    (this.#burn ?? this.#storm)?.restore(judge ?? null);
  }

  override isFresh(mono: number): boolean {
    if (this.#state !== "closed" || this.#inARow !== 0 || this.#calls.total(mono) !== 0) return false;
    return this.#judgeImage() === null;
  }

  override snapshot(mono: number): unknown {
    if (this.isFresh(mono)) return undefined;
    if (this.#state !== "closed") {
      return {
        state: this.#state,
        openForMs: mono - this.#openedAt,
        evidence: this.#evidence,
        succeeded: this.#succeeded,
      };
    }
    const { windowMs } = this.guard;
    if (this.#burn !== null) return { failing: this.#burn.share(BURN_WINDOW_MS) };
    if (this.#storm !== null) return { evidence: this.#storm.value };
    if (windowMs === 0) return { inARow: this.#inARow };
    return { calls: this.#calls.snapshot(mono), failures: this.#failures.snapshot(mono) };
  }

  /** A probe of which nothing was heard again has not succeeded. */
  #settleProbe(end: Settlement, mono: number): void {
    if (this.#state !== "half-open") return;
    if (!end.ok) {
      if (end.judged) this.#open("a trial after the pause failed", mono);
      return;
    }
    this.#succeeded += 1;
    if (this.#succeeded >= this.guard.probes) this.#close();
  }

  #judgeImage(): unknown {
    return (this.#burn ?? this.#storm)?.image() ?? null;
  }

  #count(ok: boolean, mono: number): void {
    const { consecutive, ratePct, minCalls, window } = this.guard.rule;
    if (this.#burn !== null) {
      this.#countBurn(this.#burn, ok, mono);
      return;
    }
    if (this.#storm !== null) {
      this.#weigh(this.#storm, ok, mono);
      return;
    }
    if (consecutive !== undefined) {
      this.#inARow = ok ? 0 : this.#inARow + 1;
      if (this.#inARow >= consecutive) this.#open(`${this.#inARow} failures in a row`, mono);
      return;
    }
    this.#calls.add(mono, 1);
    if (ok) return;
    this.#failures.add(mono, 1);
    const calls = this.#calls.total(mono);
    const failures = this.#failures.total(mono);
    if (calls < (minCalls ?? DEFAULT_MIN_CALLS) || failures * 100 < ratePct! * calls) return;
    this.#open(`${failures} of ${calls} calls failed within ${window!}`, mono);
  }

  #countBurn(burn: BurnRate, ok: boolean, mono: number): void {
    if (!burn.add(ok, mono)) return;
    const { shortMs, longMs, multiple } = burn.burning!;
    const [short, long] = [burn.share(shortMs), burn.share(longMs)].map((share) => Math.round(100 * share));
    const budget = `the error budget of ${this.guard.rule.budgetPct!}%`;
    burn.reset(mono);
    this.#open(
      `${short!}% of the calls of the last ${formatDuration(shortMs)} failed and ${long!}% of the last ${formatDuration(longMs)}: ${budget} burns ${multiple} times too fast`,
      mono,
    );
  }

  #weigh(storm: DenialStorm, ok: boolean, mono: number): void {
    const evidence = storm.add(!ok, mono);
    if (evidence < this.guard.host.alarmAt) return;
    const { denied: failed, events, since } = storm;
    storm.reset(mono);
    this.#open(
      `${failed} of ${events} calls within ${spanText(mono - since)} failed, where one in five would be much (${oddsText(evidence)})`,
      mono,
    );
  }

  #open(evidence: string, mono: number): void {
    const { coolDownMs, rule } = this.guard;
    this.#forget();
    // A halt or an alert stands for itself: the breaker starts anew, so that resuming does not find it open.
    if (rule.then === "block" || rule.then === "approve") {
      this.guard.host.alarm();
      this.#state = "open";
      this.#openedAt = mono;
      this.#evidence = `${evidence} (pauses ${formatDuration(coolDownMs)} at a time)`;
    }
    this.guard.host.trip(this, evidence);
  }

  #close(): void {
    this.#state = "closed";
    this.guard.host.calm();
    this.#forget();
  }

  #forget(): void {
    this.#inARow = 0;
    this.#succeeded = 0;
    this.#calls.clear();
    this.#failures.clear();
  }
}
