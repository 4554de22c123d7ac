/** One recorded session of an agent; see docs/sessions.md. */
export interface RecordedSession {
  readonly id: string;
  readonly events: Iterable<RecordedEvent> | AsyncIterable<RecordedEvent>;
}

export type RecordedEvent = RecordedAction | RecordedSignal | RecordedBalance | RecordedRealized;

interface Recorded {
  /** Where it stands in the file, for messages: "line 3, event 2". */
  readonly place: string;
  /** Wall time in ms since 1970. */
  readonly at?: number | undefined;
}

/** What an agent did, and what came of it. */
export interface RecordedAction extends Recorded {
  readonly type: "action";
  readonly source: string;
  readonly series: string;
  readonly args?: unknown;
  readonly tags?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Taken as what it could cost, and as what it did cost. */
  readonly cost?: Readonly<Record<string, number>> | undefined;
  readonly ok: boolean;
  readonly latencyMs?: number | undefined;
  readonly progress?: boolean | undefined;
  /** How much worse it was carried out than expected, in cents. */
  readonly slippageCents?: number | undefined;
  /** What came back, or the error's text. */
  readonly result?: unknown;
}

/** A number about the world, as `rein.signal` takes it. */
interface RecordedSignal extends Recorded {
  readonly type: "signal";
  readonly signal: string;
  readonly value: number;
}

/** An account's balance, as `rein.balance` takes it. */
interface RecordedBalance extends Recorded {
  readonly type: "balance";
  readonly account?: string | undefined;
  readonly start: number;
  readonly current: number;
  readonly realizedToday?: number | undefined;
}

/** What an action turned out to be worth, as `rein.realize` takes it. */
interface RecordedRealized extends Recorded {
  readonly type: "realize";
  readonly source: string;
  readonly series: string;
  readonly pnl: number;
  readonly predictedEdge?: number | undefined;
  readonly capitalPct?: number | undefined;
}
