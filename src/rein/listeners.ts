import { traceOf } from "../core/errors.js";
import type { Approval, Alert, HaltInfo, Regime, Status } from "../engine/index.js";
import type { Logger } from "./logger.js";
import type { Decision } from "./decision.js";

/** What `rein.on` can listen to, and what each listener is told. */
export interface ReinEvents {
  decision: { readonly source: string; readonly series: string; readonly decision: Decision };
  /** A halt began, or (`resumed`) ended. */
  halt: HaltInfo & { readonly resumed?: { readonly by: string; readonly reason: string } };
  alert: Alert;
  status: {
    readonly source: string;
    readonly series: string;
    readonly from: Status;
    readonly to: Status;
    readonly by: string;
    /** What speaks for it, with numbers. */
    readonly reason: string;
    /** Wall time in ms. */
    readonly at: number;
  };
  regime: {
    readonly from: Regime;
    readonly to: Regime;
    /** What speaks for it, with numbers. */
    readonly reason: string;
    /** Wall time in ms. */
    readonly at: number;
  };
  approval: Omit<Approval, "bind" | "until">;
}

export type ReinEventName = keyof ReinEvents;
type Listener = (event: never) => unknown;

/** Tells listeners outside the gate, in order, soon after; one that throws or rejects hurts nobody. */
export class Listeners {
  readonly #logger: Logger;
  readonly #maxWaiting: number;
  readonly #byName = new Map<ReinEventName, Set<Listener>>();
  #waiting: (readonly [ReinEventName, unknown])[] = [];
  #dropped = 0;

  constructor(logger: Logger, maxWaiting: number) {
    this.#logger = logger;
    this.#maxWaiting = maxWaiting;
  }

  /** Returns how to stop listening. */
  on<N extends ReinEventName>(name: N, listener: (event: ReinEvents[N]) => unknown): () => void {
    let listeners = this.#byName.get(name);
    if (listeners === undefined) this.#byName.set(name, (listeners = new Set()));
    // Each call listens for itself, so that stopping one does not stop another that uses the same function.
    const own: Listener = (event: never) => listener(event);
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  }

  hears(name: ReinEventName): boolean {
    return this.#byName.size > 0 && (this.#byName.get(name)?.size ?? 0) > 0;
  }

  tell<N extends ReinEventName>(name: N, event: ReinEvents[N]): void {
    if (!this.hears(name)) return;
    // A flood of decisions must not push out the news of a halt: rare news have twice the room.
    const room = name === "decision" ? this.#maxWaiting : 2 * this.#maxWaiting;
    if (this.#waiting.length >= room) {
      if (this.#dropped++ === 0)
        this.#logger.warn(`listeners are behind by ${room} events; newer ones are dropped`);
      return;
    }
    if (this.#waiting.push([name, event]) === 1)
      queueMicrotask(() => {
        this.#dispatch();
      });
  }

  #dispatch(): void {
    const events = this.#waiting;
    this.#waiting = [];
    this.#dropped = 0;
    for (const [name, event] of events) {
      for (const listener of [...(this.#byName.get(name) ?? [])]) {
        try {
          const result = listener(event as never);
          // Also of what only looks like a promise: nobody else hears its rejection.
          if (isThenable(result))
            Promise.resolve(result).catch((error: unknown) => {
              this.#complain(name, error);
            });
        } catch (error) {
          this.#complain(name, error);
        }
      }
    }
  }

  #complain(name: ReinEventName, error: unknown): void {
    this.#logger.error(`a listener of "${name}" failed: ${traceOf(error)}`);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
