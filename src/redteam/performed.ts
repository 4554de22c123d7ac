import type { Act, Reply } from "./attack.js";

/** What became of an act. */
export interface Performed {
  readonly act: Act;
  /** Virtual ms since the beginning at which it ended, or was refused. */
  readonly atMs: number;
  /** Why it was not carried out; null: it was. */
  readonly stop: Stop | null;
  readonly reply: Reply;
}

/** Why an act was refused, or stopped in flight. */
export interface Stop {
  readonly code: string;
  readonly rule?: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  /** What a person can approve, so that it passes. */
  readonly approvalId?: string;
}

/** What is not over in time is neither done nor stopped by anybody. */
export const OUT_OF_TIME: Stop = { code: "out_of_time", message: "the time is over", retryable: false };

/** The rule, or the code where no rule did it. */
export function nameOf({ rule, code }: Stop): string {
  return rule ?? code;
}

/** What stopped most; the first of equals. */
export function mostFrequent(stops: ReadonlyMap<string, number>): string | null {
  let most: string | null = null;
  for (const [name, count] of stops) if (most === null || count > stops.get(most)!) most = name;
  return most;
}

/** What an agent is told about an act that was stopped. */
export function replyOf(stop: Stop, sizeMultiplier: number): Reply {
  const { code, message, retryable, retryAfterMs } = stop;
  return {
    ...{ allowed: false, code, message, retryable, sizeMultiplier },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
