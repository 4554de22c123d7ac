import { HaltedError, ReinError } from "../core/errors.js";
import type { Halt, Lane, Ticket } from "../engine/index.js";

/** The errors of permits that a halt voids: one for all actions of a lane, as ten thousand stacks would say the same. */
export class HaltErrors {
  readonly #byLane = new Map<Lane, HaltedError>();
  #halt: Halt | null = null;

  of(ticket: Ticket, halt: Halt): HaltedError {
    if (this.#halt !== halt) {
      this.#halt = halt;
      this.#byLane.clear();
    }
    let error = this.#byLane.get(ticket.lane);
    if (error === undefined) this.#byLane.set(ticket.lane, (error = haltedError(ticket, halt)));
    return error;
  }
}

export function closedError(): ReinError {
  return new ReinError("closed", "Rein is closed", {
    help: "open a new one; actions that were not settled before it closed count as spent",
  });
}

/** The error of a permit that its time limit (`rule`) or its own life has ended. */
export function endedError({ lane }: Ticket, rule: string | undefined): HaltedError {
  const what = `\`${lane.series}\` by \`${lane.source}\``;
  if (rule !== undefined)
    return new HaltedError("timed_out", `${what} ran longer than rule \`${rule}\` allows`, { rule });
  return new HaltedError("expired", `the permit of ${what} expired unsettled`, {
    help: "settle actions when they end",
  });
}

function haltedError({ lane }: Ticket, { info }: Halt): HaltedError {
  const why = info.reason === "" ? "" : `: ${info.reason}`;
  const message = `\`${lane.series}\` by \`${lane.source}\` was halted by \`${info.by}\`${why}`;
  return new HaltedError("halted", message, { haltId: info.id, rule: info.rule });
}
