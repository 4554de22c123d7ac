import { speakWait } from "../core/duration.js";
import { utcText } from "../core/utc.js";
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

/** @param waitMs until a red lane is tried again; 0: a trial is running; undefined: nobody knows */
export function statusRefusal(lane: Lane, mono: number, waitMs: number | undefined): Refusal {
  const what = `\`${lane.series}\` by \`${lane.source}\``;
  const why = lane.statusReason === "" ? "" : `: ${lane.statusReason}`;
  const since = lane.statusAt === 0 ? "" : ` since ${utcText(lane.statusAt)}`;
  if (lane.status === "black") {
    const message = `${what} is killed${since}${why}; stop now`;
    return { code: "lane_killed", ...untilOrNever(lane.overrideUntil, mono, message, "revive it") };
  }
  const retryAfterMs = waitMs === undefined || waitMs <= 0 ? undefined : Math.max(1, Math.ceil(waitMs));
  const when = retryAfterMs === undefined ? "" : `, it is tried again in ${speakWait(retryAfterMs)}`;
  return {
    code: "lane_red",
    message: `${what} is blocked${since}${why}${when}; do something else for now`,
    retryable: true,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
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
