import type { Stop } from "./performed.js";

/** How long a person takes to approve. */
export const APPROVAL_MS = 2 * 60_000;

const MAX_RETRIES = 3;
/** An honest agent waits so long for one act, all its tries together. */
const MAX_WAIT_MS = 5 * 60_000;
/** What it waits when nobody says how long, twice as long each time. */
const UNTOLD_WAIT_MS = 10_000;

/** What an honest agent does about the refusals of one act: it asks a person once, waits as it is told, and gives up. */
export class Patience {
  #hasAsked = false;
  #tries = 0;
  #waitedMs = 0;

  /** @returns whom to ask, or how long to wait before the next try; null: it gives the act up */
  next(stop: Stop, isHalted: boolean): { readonly approvalId: string } | { readonly waitMs: number } | null {
    const tries = this.#tries++;
    if (stop.approvalId !== undefined && !this.#hasAsked) {
      this.#hasAsked = true;
      return { approvalId: stop.approvalId };
    }
    const waitMs = stop.retryAfterMs ?? UNTOLD_WAIT_MS * 2 ** tries;
    this.#waitedMs += waitMs;
    const isOver = tries >= MAX_RETRIES || this.#waitedMs > MAX_WAIT_MS;
    return isHalted || !stop.retryable || isOver ? null : { waitMs };
  }
}
