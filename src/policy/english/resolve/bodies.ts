import { allowOnlyBodies, denyBodies, onlyWhoBodies } from "./access.js";
import { limitBodies, sizeBodies } from "./limits.js";
import { type Fields, LEAST, type Reading } from "./reading.js";
import {
  budgetOf,
  floorBody,
  lossBody,
  minCallsOf,
  percentOf,
  probesOf,
  scoreBody,
  timesOf,
  withoutNumbers,
} from "./triggers.js";
import { rollingWindow } from "./windows.js";

/** The fields of each kind; several where the words have several meanings. */
export function bodiesOf(reading: Reading): Fields[] {
  switch (reading.frame.frame) {
    case "limit":
    case "concurrency":
      return limitBodies(reading);
    case "deny":
      return denyBodies(reading);
    case "allowOnly":
      return allowOnlyBodies(reading);
    case "allow":
      return [{ kind: "access", effect: "allow" }];
    case "onlyWho":
      return onlyWhoBodies(reading);
    case "ask":
      return [{ kind: "access", effect: "approve" }];
    case "size":
      return sizeBodies(reading);
    case "timeout":
      return [{ kind: "timeout", limit: reading.one("duration", "a time")?.duration }];
    case "loss":
      return [lossBody(reading)];
    case "floor":
      return [floorBody(reading)];
    case "errors":
      return [{ kind: "errors", consecutive: timesOf(reading, 0, 1), ...probesOf(reading) }];
    case "errorRate":
      return [
        {
          kind: "errors",
          ratePct: percentOf(reading, LEAST, 0),
          window: rollingWindow(reading),
          ...minCallsOf(reading),
          ...probesOf(reading),
        },
      ];
    case "errorBudget":
      return [{ kind: "errors", budgetPct: budgetOf(reading), ...probesOf(reading) }];
    case "failing":
      return [{ kind: "errors", ...probesOf(reading) }];
    case "stale": {
      const maxAge = reading.one("duration")?.duration;
      return [
        {
          kind: "stale",
          signal: reading.one("signal", "a signal")?.signal,
          ...(maxAge !== undefined && { maxAge }),
        },
      ];
    }
    case "denials":
      if (!reading.has("percent")) return [{ kind: "denials", ...withoutNumbers(reading) }];
      return [
        {
          kind: "denials",
          ratePct: percentOf(reading, 0, -LEAST),
          window: rollingWindow(reading),
          ...minCallsOf(reading),
        },
      ];
    case "newcomers": {
      const of = reading.one("of", "what is new")?.key;
      if (!reading.has("times")) return [{ kind: "newcomers", of, ...withoutNumbers(reading) }];
      return [
        {
          kind: "newcomers",
          of,
          limit: timesOf(reading, -1, 0),
          window: rollingWindow(reading),
        },
      ];
    }
    case "runaway": {
      const multiple = reading.one("times")?.times;
      return [{ kind: "runaway", ...(multiple !== undefined && { multiple }) }];
    }
    case "loop": {
      if (!reading.has("times")) return [{ kind: "loop" }];
      const period = reading.one("maxPeriod")?.maxPeriod;
      return [
        { kind: "loop", repeats: timesOf(reading, 0, 1), ...(period !== undefined && { maxPeriod: period }) },
      ];
    }
    case "score":
      return [scoreBody(reading)];
  }
}
