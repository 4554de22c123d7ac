import { HaltedError } from "../core/errors.js";
import { stops } from "../engine/index.js";
import type { Effect, Halt } from "../engine/index.js";
import type { Timeline } from "./clock.js";
import type { ReinConfig } from "./config.js";
import { endedError, HaltErrors } from "./permit-errors.js";
import type { Permit } from "./permit.js";

/** Stops the permits of what the engine has voided, and of what goes on after its books are closed. */
export class Stopping {
  readonly #config: ReinConfig;
  readonly #timeline: Timeline;
  readonly #haltErrors = new HaltErrors();
  /** Since when (monotonic ms) the books are closed of what may still run: expired, or settled with open fences. */
  readonly #lingering = new Map<Permit, number>();

  constructor(config: ReinConfig, timeline: Timeline) {
    this.#config = config;
    this.#timeline = timeline;
  }

  /** Permits whose books are closed but whose action may still run. */
  get lingering(): Iterable<Permit> {
    return this.#lingering.keys();
  }

  /** Makes permits follow the effects of one event. */
  follow(effects: readonly Effect[]): void {
    // Every fence is shut before anybody's code runs: an abort listener must not find another one open.
    const shut: Permit[] = [];
    for (const effect of effects) if (effect.type === "void") this.#shut(effect, shut);
    for (const permit of shut) permit.stop();
  }

  /** Stops what lingers under a halt: the engine's books know nothing of it. */
  halted(halt: Halt): void {
    for (const permit of this.#lingering.keys())
      if (halt.covers(permit.source, permit.series) && stops(halt, permit.ticket))
        this.stopSettled(permit, halt);
  }

  /** Stops what a settled action still does behind its fences. */
  stopSettled(permit: Permit, halt: Halt): void {
    if (permit.isSettled) permit.revoke(this.#haltErrors.of(permit.ticket, halt));
  }

  /** Remembers an action that may still run although its books are closed, for another permit's life at most. */
  linger(permit: Permit): void {
    const { mono } = this.#timeline;
    const { permitTtlSeconds, maxInFlight } = this.#config;
    for (const [other, since] of this.#lingering) {
      if (mono - since < permitTtlSeconds * 1000 && this.#lingering.size < maxInFlight) break;
      this.#lingering.delete(other);
      // What a halt could no longer find must not go on.
      const what = `\`${other.series}\` by \`${other.source}\``;
      other.revoke(
        new HaltedError("expired", `what ${what} had begun went on for longer than a permit is good`),
      );
    }
    this.#lingering.set(permit, mono);
  }

  /** Nothing of it runs any more. */
  ended(permit: Permit): void {
    this.#lingering.delete(permit);
  }

  #shut({ ticket, cause, halt, rule }: Extract<Effect, { type: "void" }>, shut: Permit[]): void {
    const permit = ticket.owner as Permit | null;
    if (permit === null) return;
    if (cause === "expiry") this.linger(permit);
    const error = cause === "halt" ? this.#haltErrors.of(ticket, halt!) : endedError(ticket, rule);
    if (permit.shut(error)) shut.push(permit);
  }
}
