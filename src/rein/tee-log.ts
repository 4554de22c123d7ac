import type {
  DecisionExtra,
  GovernorLog,
  KeptValue,
  LaneNames,
  RecordedVerdict,
  Recorder,
} from "../audit/index.js";

/** Records into the log that recovery reads, and to a place of the caller's. */
export class TeeLog implements GovernorLog {
  readonly #log: GovernorLog;
  readonly #other: Recorder;

  constructor(log: GovernorLog, other: Recorder) {
    this.#log = log;
    this.#other = other;
  }

  get position(): number | undefined {
    return this.#log.position;
  }

  get wantsState(): boolean {
    return this.#log.wantsState;
  }

  get keepFrom(): number {
    return this.#log.keepFrom;
  }

  set keepFrom(from: number) {
    this.#log.keepFrom = from;
  }

  hasRoom(open: number): boolean {
    return this.#log.hasRoom(open) && this.#other.hasRoom(open);
  }

  keep(values: readonly KeptValue[]): void {
    this.#log.keep?.(values);
  }

  decision(
    seq: number,
    at: number,
    mono: number,
    lane: LaneNames,
    verdict: RecordedVerdict,
    amounts: readonly number[],
    extra: DecisionExtra | null,
  ): void {
    this.#log.decision(seq, at, mono, lane, verdict, amounts, extra);
    this.#other.decision(seq, at, mono, lane, verdict, amounts, extra);
  }

  outcome(
    seq: number,
    at: number,
    mono: number,
    ok: boolean,
    amounts: readonly number[] | null,
    latencyMs: number,
    progress: boolean | undefined,
  ): void {
    this.#log.outcome(seq, at, mono, ok, amounts, latencyMs, progress);
    this.#other.outcome(seq, at, mono, ok, amounts, latencyMs, progress);
  }

  event(record: object): void {
    this.#log.event(record);
    this.#other.event(record);
  }

  async flush(durable: boolean): Promise<void> {
    await this.#log.flush(durable);
    await this.#other.flush(durable);
  }

  writeNow(durable: boolean): void {
    this.#log.writeNow(durable);
    this.#other.writeNow(durable);
  }

  async close(): Promise<void> {
    await this.#log.close().finally(() => this.#other.close());
  }

  abandon(): void {
    this.#log.abandon();
    this.#other.abandon();
  }
}
