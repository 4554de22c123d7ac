import type { HaltedError } from "../core/errors.js";
import { InvalidInputError, ReinError } from "../core/errors.js";
import type { Ticket } from "../engine/index.js";
import type { Action, Outcome } from "./action.js";

/** What a permit needs of the governor that gave it. */
export interface PermitOffice {
  idOf(ticket: Ticket): string;
  settle(permit: Permit, outcome: Outcome): void;
  /** Hears of an outcome for an action that has one. */
  settledTwice(): void;
  /** Brings time and halts from outside up to date before a fence is passed. */
  refresh(): void;
  /** Hears that the action is settled while a fenced effect of it goes on. */
  linger(permit: Permit): void;
  /** Hears that nothing of the action runs any more. */
  ended(permit: Permit): void;
}

/** How a stopped action ended: `completed` ran to its end all the same. */
export type Fate = "aborted" | "completed" | "unknown";

/**
 * An allowed action while it runs. It ends in `settle`; a halt, its time limit or its expiry void it before that,
 * and then every fence is shut.
 */
export class Permit {
  readonly #office: PermitOffice;
  readonly #ticket: Ticket;
  /** @internal The action's tags as the caller gave them, for halts that name tags. */
  readonly tags: Action["tags"];
  #void: HaltedError | null = null;
  #controller: AbortController | null = null;
  #stops: Set<(reason: HaltedError) => void> | null = null;
  #settled: "ok" | "failed" | null = null;
  #cut = false;

  /** @internal */
  constructor(office: PermitOffice, ticket: Ticket, tags: Action["tags"]) {
    this.tags = tags;
    this.#office = office;
    this.#ticket = ticket;
  }

  /** The decision's id. */
  get id(): string {
    return this.#office.idOf(this.#ticket);
  }

  get source(): string {
    return this.#ticket.lane.source;
  }

  get series(): string {
    return this.#ticket.lane.series;
  }

  /** The number of halts there had been when the permit was given. */
  get epoch(): number {
    return this.#ticket.epoch;
  }

  /** Aborts when the permit becomes void, with the `HaltedError` as its reason. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#void !== null) this.#controller.abort(this.#void);
    }
    return this.#controller.signal;
  }

  /**
   * The fence: call it right before an effect.
   *
   * @throws HaltedError when the permit is void; ReinError `already_settled` after `settle`
   */
  check(): void {
    this.#office.refresh();
    if (this.#void !== null) throw this.#void;
    if (this.#settled !== null) {
      throw new ReinError(
        "already_settled",
        `the permit of \`${this.series}\` is settled, so nothing may be done under it any more`,
        {
          help: "do the effect before the action is settled, or ask the gate again",
        },
      );
    }
  }

  /**
   * Ends the action: gives the reservation back and books what it did cost. After a halt it still books.
   *
   * @throws ReinError `already_settled`, `closed`; InvalidInputError when the outcome cannot be read, and then the
   *   permit stays open for a better one
   */
  settle(outcome: Outcome): void {
    if (this.#settled !== null) {
      this.#office.settledTwice();
      throw new ReinError("already_settled", `decision \`${this.id}\` is already settled`, {
        help: "settle each permit exactly once",
      });
    }
    if (typeof outcome !== "object" || outcome === null || typeof outcome.ok !== "boolean") {
      throw new InvalidInputError("ok", "an outcome says whether the action worked", {
        help: "settle({ ok: true }) or settle({ ok: false }); cost, latencyMs and progress are optional",
      });
    }
    this.#office.settle(this, outcome);
    this.#settled = outcome.ok ? "ok" : "failed";
    if (!this.isOver) this.#office.linger(this);
    this.#endIfDone();
  }

  /**
   * For fences: registers how to stop an effect that is under way, even when the action is settled before the effect
   * ends. Returns what to call when the effect is over. A void permit stops it at once.
   *
   * @throws HaltedError when the permit is void
   */
  attach(stop: (reason: HaltedError) => void): () => void {
    this.#office.refresh();
    if (this.#void !== null) throw this.#void;
    const entry = (reason: HaltedError): void => {
      this.#cut = true;
      stop(reason);
    };
    this.#stops ??= new Set();
    this.#stops.add(entry);
    return () => {
      if (this.#stops?.delete(entry)) this.#endIfDone();
    };
  }

  /** @internal For the wrapper that runs the action's body: hears of a void permit, and says when the body is over. */
  attachBody(onVoid: (reason: HaltedError) => void): () => void {
    if (this.#void !== null) throw this.#void;
    this.#stops ??= new Set();
    this.#stops.add(onVoid);
    return () => {
      if (this.#stops?.delete(onVoid)) this.#endIfDone();
    };
  }

  /** @internal */
  get office(): object {
    return this.#office;
  }

  /** @internal */
  get ticket(): Ticket {
    return this.#ticket;
  }

  /** @internal */
  get voided(): HaltedError | null {
    return this.#void;
  }

  /** @internal Nothing of the action runs any more, as far as can be known. */
  get isOver(): boolean {
    return this.#settled !== null && !this.#stops?.size;
  }

  /** @internal */
  get isSettled(): boolean {
    return this.#settled !== null;
  }

  /** @internal What became of it; asked once it is over. */
  get fate(): Fate {
    if (!this.isOver) return "unknown";
    return this.#settled === "ok" && !this.#cut ? "completed" : "aborted";
  }

  /** @internal The action was taken back before it began. */
  cancel(): void {
    if (this.#settled !== null) return;
    this.#settled = "failed";
    this.#endIfDone();
  }

  /** @internal Shuts the fences; returns whether they were open. Nobody's code runs here. */
  shut(reason: HaltedError): boolean {
    if (this.#void !== null) return false;
    this.#void = reason;
    return true;
  }

  /** @internal Stops what is under way and aborts the signal, once the fences are shut. */
  stop(): void {
    const reason = this.#void!;
    for (const stop of [...(this.#stops ?? [])]) {
      try {
        stop(reason);
      } catch {
        // The next one must be stopped all the same; this one's fate will say that it was not seen to end.
      }
    }
    this.#controller?.abort(reason);
  }

  /** @internal Both. */
  revoke(reason: HaltedError): void {
    if (this.shut(reason)) this.stop();
  }

  #endIfDone(): void {
    if (this.isOver) this.#office.ended(this);
  }
}
