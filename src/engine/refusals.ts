import { speakWait } from "../core/duration.js";
import type { Refusal } from "../core/refusal.js";
import type { Counter } from "./guards/guard.js";
import type { Halt } from "./halts.js";
import type { Lane } from "./lanes.js";

/** Refusals that no rule speaks: rules explain themselves (`Counter.complain`). */

export function haltedRefusal({ info, until }: Halt, mono: number): Refusal {
  const why = info.reason === "" ? "" : `: ${info.reason}`;
  const what = `halted by \`${info.by}\`${why} (halt \`${info.id}\`)`;
  return {
    code: "halted",
    ...(info.rule !== undefined && { rule: info.rule }),
    ...untilOrNever(until, mono, `${what}; stop now and do not look for another way`, "resume it"),
  };
}

/** A refusal that time ends says when; all others wait for an operator. */
function untilOrNever(
  until: number,
  mono: number,
  what: string,
  cure: string,
): Pick<Refusal, "message" | "retryable" | "retryAfterMs"> {
  if (until === Infinity)
    return { message: `${what}, do not retry, an operator must ${cure}`, retryable: false };
  const retryAfterMs = Math.max(1, Math.ceil(until - mono));
  return {
    message: `${what}, it ends by itself in ${speakWait(retryAfterMs)}`,
    retryable: true,
    retryAfterMs,
  };
}

export function statusRefusal(lane: Lane, mono: number): Refusal {
  const what = `\`${lane.series}\` by \`${lane.source}\``;
  const why = lane.statusReason === "" ? "" : `: ${lane.statusReason}`;
  return lane.status === "black"
    ? {
        code: "lane_killed",
        ...untilOrNever(lane.overrideUntil, mono, `${what} is killed${why}; stop now`, "revive it"),
      }
    : { code: "lane_red", message: `${what} is blocked${why}; do something else for now`, retryable: true };
}

export function capacityRefusal(maxInFlight: number): Refusal {
  return {
    code: "capacity",
    message: `${maxInFlight} actions are in flight already; wait for some to end`,
    retryable: true,
  };
}

export function failureRefusal({ guard }: Counter): Refusal {
  return {
    code: "guard_failed",
    rule: guard.id,
    message: `rule \`${guard.id}\` could not be checked, so the answer is no; do not retry, tell the operator`,
    retryable: false,
  };
}
