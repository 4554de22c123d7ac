/** What of a run's records has come how far: the numbers of the last ones, -1 for none. */
export interface Ack {
  readonly written: number;
  readonly durable: number;
  readonly signed: number;
  /** Leaves in the log when that was so, and segments that its present writer has begun. */
  readonly size: number;
  readonly segments: number;
}

/** What a run knows of itself in the log, for whoever writes next. */
export interface Standing {
  readonly boot: string;
  /** Leaves that were in the log when the last of its signed records was; null: it never had to do with the log. */
  readonly since: number | null;
  /** Number of that record, -1 for none. */
  readonly signed: number;
}
