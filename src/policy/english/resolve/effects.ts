/** What happens, for how long, and whose counter it is. */

import type { Frame, Then } from "../facets.js";
import type { Span } from "../lexer.js";
import { ACCOUNTS, BREAKERS, DETECTORS, UNCOUNTED } from "./frames.js";
import type { Fields, Reading } from "./reading.js";

export function commonFields(reading: Reading, frame: Frame, rule: Fields): Fields {
  const lasting = reading.one("for")?.duration;
  const untilResumed = reading.has("untilResumed");
  let then = reading.outcome();
  if (lasting !== undefined && untilResumed) reading.fail(reading.all("for")[0], "it says two ends");
  const canLast = BREAKERS.has(frame) || DETECTORS.has(frame) || rule["kind"] === "loop";
  if (
    rule["effect"] === "approve" ||
    (then === "block" && !canLast && lasting === undefined && !untilResumed)
  ) {
    if (rule["effect"] === "approve" && then !== undefined && then !== "approve")
      reading.fail(reading.whole, "it asks and stops at once", "write one rule for each");
    then = undefined;
  }
  if (lasting !== undefined || untilResumed) {
    const end = reading.all(lasting === undefined ? "untilResumed" : "for")[0] as Span;
    if (
      frame === "deny" ||
      frame === "allowOnly" ||
      frame === "onlyWho" ||
      frame === "ask" ||
      frame === "score" ||
      then === undefined
    ) {
      if (then !== "halt")
        reading.fail(
          end,
          "nothing here lasts for a time",
          "a stop lasts: Halt each agent for 5 minutes when it makes more than 100 calls per minute",
        );
    }
    if (then === "alert" || then === "approve") reading.fail(end, "only a stop lasts for a time");
    if (then === "block" && !(canLast && lasting !== undefined)) then = "halt";
  }
  if (frame === "score" && (then === "halt" || then === "approve"))
    reading.fail(
      reading.whole,
      "settings of the scorer neither halt nor ask",
      "leave it out, or add `; then only alert`: then a status is told and stops nothing",
    );
  mustStandByVerb(reading, frame);
  const mode = reading.one("mode")?.mode;
  const per = keysOf(reading, frame, then);
  return {
    ...(per !== undefined && { per }),
    ...(then !== undefined && then !== "block" && { then }),
    ...(lasting !== undefined && { for: lasting }),
    ...(mode !== undefined && { mode }),
  };
}

/** "Pause … that goes above 5x for 10 minutes": which of the two lasts? */
function mustStandByVerb(reading: Reading, frame: Frame): void {
  const [lasting] = reading.all("for");
  const [verb] = reading.all("then");
  const isDetector = DETECTORS.has(frame) || frame === "failing";
  const measured =
    reading.facets.find(({ is }) => is === "times" || is === "percent" || is === "limit" || is === "money") ??
    (isDetector ? reading.frame : undefined);
  if (lasting === undefined || verb === undefined || measured === undefined || frame === "errors") return;
  const isBehind = lasting.start >= measured.end && verb.start < measured.start;
  if (isBehind && !reading.has("object")) return;
  if (isBehind && reading.facets.some((facet) => facet.is === "object" && facet.start < measured.start)) {
    reading.fail(
      lasting,
      "either the stop or what sets it off could last that long",
      "put it behind the verb: Pause the agent for 10 minutes when …",
    );
  }
}

function keysOf(reading: Reading, frame: Frame, then: Then | undefined): readonly string[] | undefined {
  const isSaid = reading.has("together") || reading.all("per").some(({ isDefault }) => isDefault !== true);
  const given = reading.all("per").filter(({ isDefault }) => !(isSaid && isDefault === true));
  const keys = [...new Set(given.flatMap((facet) => facet.keys))].sort();
  const isTogether = reading.has("together") && keys.includes("source");
  if (
    UNCOUNTED.has(frame) &&
    then !== "halt" &&
    !reading.all("per").some(({ isForced }) => isForced === true)
  ) {
    const counted = reading.all("per").find((facet) => facet.keys.some((key) => key.startsWith("tag:")));
    if (counted !== undefined)
      reading.fail(
        counted,
        "nothing is counted here, so nothing can be counted apart",
        "a limit counts: Spend at most $5 per customer per day",
      );
    const joint = reading.all("together").find(({ isPlace }) => isPlace !== true);
    if (joint !== undefined) reading.fail(joint, "nothing is counted here, so nothing is counted together");
  }
  if (keys.length > 0 && isTogether) {
    const near = reading.all("together")[0] ?? reading.all("total")[0] ?? reading.whole;
    reading.fail(near, "it says both each and all together");
  }
  if (keys.length > 0 && ACCOUNTS.has(frame))
    reading.fail(
      reading.all("per")[0],
      "a balance or a signal is not counted by agents or tools",
      "leave it out, or name the account: the loss of account `name`",
    );
  if (keys.length === 0 || ACCOUNTS.has(frame)) return undefined;
  if (reading.all("per").some(({ isForced }) => isForced === true)) return keys;
  if (UNCOUNTED.has(frame) && then !== "halt") return undefined;
  return keys;
}
