import type { Counted } from "./demo.js";
import { limitOf } from "./policy.js";
import type { LogCheck } from "./the-log.js";

/** Something that must hold, by what the servers counted. */
export interface Check {
  readonly claim: string;
  readonly holds: boolean;
}

/** What went wrong without Rein, and what Rein promises: the demo fails when any of it is not so. */
export function promisesKept({ honestWork, retryLoop, wrongList, deadFeed, slowTools }: Counted): Check[] {
  const receipt = slowTools.withRein.receipt;
  const unknown =
    receipt?.inFlight.filter(({ fate }) => fate === "unknown").map(({ series }) => series) ?? [];
  const check = (claim: string, holds: boolean): Check => ({ claim, holds });
  return [
    check("with Rein, no honest call was refused", honestWork.withRein.failed === 0),
    check(
      "both worlds received the same honest work",
      honestWork.withRein.requests === honestWork.withoutRein.requests &&
        honestWork.withRein.mails === honestWork.withoutRein.mails &&
        honestWork.withRein.orders === honestWork.withoutRein.orders,
    ),
    check("without Rein, the retry loop burned $200", retryLoop.withoutRein.billedUsd === 200),
    check(
      "with Rein, the API billed no more than the day's budget",
      retryLoop.withRein.billedTodayUsd <= limitOf("budget"),
    ),
    check(
      "with Rein, the API saw no request that was not allowed",
      retryLoop.withRein.requests <= retryLoop.withRein.allowed,
    ),
    check("without Rein, 80 mails went to the wrong people", wrongList.withoutRein.wrongPeople === 80),
    check(
      "with Rein, no more mails arrived than a minute allows",
      wrongList.withRein.mailsToday <= limitOf("rate"),
    ),
    check(
      "with Rein, no mail arrived that was not allowed",
      wrongList.withRein.mails <= wrongList.withRein.allowed,
    ),
    check("without Rein, orders were placed on stale prices", deadFeed.withoutRein.staleOrders > 0),
    check("with Rein, no order was placed on a stale price", deadFeed.withRein.staleOrders === 0),
    check(
      "without Rein, all 20 deletions happened after abort()",
      slowTools.withoutRein.deletionsAfterStop === 20,
    ),
    check("with Rein, not one deletion happened after the halt", slowTools.withRein.deletionsAfterStop === 0),
    check(
      "the receipt names the one tool without a fence, and says that the halt is not complete",
      receipt?.complete === false && unknown.join() === "export_backup",
    ),
  ];
}

/** What the log promises whoever reads it later. */
export function logPromisesKept({ isValid, isForgeryFound }: LogCheck): Check[] {
  return [
    { claim: "the log of it all verifies", holds: isValid },
    { claim: "one refusal made an approval in a copy of the log is noticed", holds: isForgeryFound },
  ];
}
