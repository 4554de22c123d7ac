import type { Refusal } from "../core/refusal.js";
import type { Counter } from "./guards/guard.js";
import type { Halt } from "./halts.js";
import type { Lane } from "./lanes.js";

/** Refusals that no rule speaks: rules explain themselves (`Counter.complain`). */

export function haltedRefusal({ info }: Halt): Refusal {
  const why = info.reason === "" ? "" : `: ${info.reason}`;
  return {
    code: "halted",
    ...(info.rule !== undefined && { rule: info.rule }),
    message: `halted by \`${info.by}\`${why} (halt \`${info.id}\`); stop now, do not retry and do not look for another way, an operator must resume it`,
    retryable: false,
  };
}

export function statusRefusal(lane: Lane): Refusal {
  const what = `\`${lane.series}\` by \`${lane.source}\``;
  const why = lane.statusReason === "" ? "" : `: ${lane.statusReason}`;
  return lane.status === "black"
    ? {
        code: "lane_killed",
        message: `${what} is killed${why}; do not retry, an operator must revive it`,
        retryable: false,
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
