import { messageOf } from "../core/errors.js";
import { schedule } from "./clock.js";
import type { Clock } from "./clock.js";
import type { Logger } from "./logger.js";

/** Answers with a number about the world, now or soon. */
export type SignalProvider = () => number | Promise<number>;

export interface ProvidersOptions {
  readonly providers: Readonly<Record<string, SignalProvider>>;
  readonly everyMs: number;
  readonly clock: Clock | undefined;
  readonly logger: Logger;
  /** Takes an answer in; null: it was no number, or there was none. */
  readonly report: (name: string, value: number | null) => void;
}

/**
 * Asks for signals that nobody pushes, at once and then once per regime tick. One that does not answer is not asked
 * again meanwhile; one that fails counts as not arrived, and is told once until it works again.
 */
export function pollSignals({ providers, everyMs, clock, logger, report }: ProvidersOptions): () => void {
  const waiting = new Set<string>();
  const failing = new Set<string>();
  let stopped = false;
  let cancel = (): void => undefined;

  const complain = (name: string, why: string): void => {
    if (failing.has(name)) return;
    failing.add(name);
    logger.warn(
      `the provider of signal \`${name}\` ${why}: it counts as not arrived until it answers with a number`,
    );
  };
  const take = (name: string, value: unknown): void => {
    if (stopped) return;
    if (typeof value === "number" && Number.isFinite(value)) {
      failing.delete(name);
      report(name, value);
      return;
    }
    complain(name, `answered with ${messageOf(value).slice(0, 60)}`);
    report(name, null);
  };
  const ask = async (name: string, provider: SignalProvider): Promise<void> => {
    if (waiting.has(name)) {
      complain(name, "has not answered for a whole tick");
      return;
    }
    waiting.add(name);
    try {
      take(name, await provider());
    } catch (error) {
      if (!stopped) {
        complain(name, `failed with ${messageOf(error)}`);
        report(name, null);
      }
    } finally {
      waiting.delete(name);
    }
  };
  const poll = (): void => {
    if (stopped) return;
    for (const [name, provider] of Object.entries(providers)) void ask(name, provider);
    cancel = schedule(clock, poll, everyMs);
  };
  poll();
  return () => {
    stopped = true;
    cancel();
  };
}
