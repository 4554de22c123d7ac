import type { RuleInput } from "../../schema.js";
import type { Condition, Then } from "../facets.js";
import { ACCOUNTS, counts, DETECTORS } from "./frames.js";
import { Refused } from "./problem.js";
import type { Of, Fields, Reading } from "./reading.js";

/**
 * What is stopped, where that is more than what is counted: "Halt any agent that sends more than 20 emails an hour"
 * counts emails and halts the agent.
 */
export function rulesByTarget(reading: Reading, rule: RuleInput): RuleInput[] {
  const [object] = reading.all("object");
  if (object === undefined) return [rule];
  const { frame } = reading.frame;
  const foreign =
    object.object === "who" &&
    counts(frame) &&
    reading.facets.some(
      (facet) =>
        !object.facets.includes(facet) &&
        (facet.is === "per" || (facet.is === "condition" && facet.condition.is === "source")) &&
        facet.start > object.end,
    );
  const isForeignTo =
    object.object === "things" &&
    object.isRelative !== true &&
    counts(frame) &&
    reading.facets.some(
      (facet) =>
        !object.facets.includes(facet) &&
        facet.is === "condition" &&
        facet.condition.is === "source" &&
        facet.start > object.end,
    );
  if (isForeignTo)
    reading.fail(
      object,
      "what is stopped is not what is counted",
      "write one rule about the one, or the other",
    );
  if (foreign)
    reading.fail(
      object,
      "who is stopped is not who is counted",
      "say `it` for the one that is counted: When a tool fails 5 times in a row, pause it for 5 minutes",
    );
  if (ACCOUNTS.has(frame) && object.facets.some(({ is }) => is === "per"))
    reading.fail(
      object,
      "a balance or a signal belongs to no agent, so it stops everything, or a type of action",
      "write `Halt everything when …`, or `Halt trading when …`",
    );
  const {
    then = "block",
    per,
    match,
  } = rule as Fields as { readonly then?: Then; readonly per?: readonly string[]; readonly match?: Fields };
  if (frame === "timeout" && object.facets.some(({ is }) => is === "per"))
    reading.fail(
      object,
      "it is not the agent that runs, but its calls",
      "write: Kill any call that runs longer than 2 minutes",
    );
  if (frame === "timeout" && then === "halt" && (object.object === "it" || object.isRelative === true)) {
    // "Kill any call that runs longer": it is the call that ends.
    const { then: _then, ...ending } = rule as Fields;
    return [ending as unknown as RuleInput];
  }
  if (then === "alert" || then === "approve" || frame === "timeout") return [rule];
  const own = object.facets.flatMap((facet) => (facet.is === "condition" ? [facet.condition.is] : []));
  const fields = Object.keys(match ?? {}).filter((field) => field !== "except");
  const isNarrow = fields.some(
    (field) =>
      field !== "source" &&
      !own.includes(field as Condition["is"]) &&
      field !== "regime" &&
      field !== "schedule",
  );
  const isKeyed = per !== undefined;
  const ownsKey = object.facets.some(({ is }) => is === "per");
  const halting = (halts: "key" | "all"): RuleInput => ({ ...rule, halts });
  const cannot = (): RuleInput[] => {
    // A stop that lasts can be a halt, which stops more than is counted.
    if (DETECTORS.has(frame) && (rule as Fields)["for"] !== undefined)
      return rulesByTarget(reading, { ...rule, then: "halt" });
    const { start, end } = object;
    const keyed = { ...rule, then: "halt", halts: isKeyed ? "key" : "all" } as unknown as RuleInput;
    throw new Refused({
      start,
      end,
      reason: "what is stopped is more than what is counted, which only a halt can do",
      help: "write `halt` in its place, or cap what is counted",
      instead: [keyed, rule],
    });
  };
  switch (object.object) {
    case "offender":
      return then === "halt" ? [halting("key")] : cannot();
    case "things":
      if (
        counts(frame) &&
        object.isRelative !== true &&
        reading.facets.some(
          (facet) => (facet.is === "per" || facet.is === "together") && !object.facets.includes(facet),
        )
      )
        reading.fail(
          object,
          "what is stopped is not what is counted",
          "write one rule about the one, or the other",
        );
      if (counts(frame) && frame === "limit" && object.isRelative !== true && !namesTheSame(reading, object))
        reading.fail(
          object,
          "what is stopped is not what is counted",
          "name what is counted, such as: Halt when trading spends more than $50 per day",
        );
      return [rule];
    case "everything":
      if (!isNarrow && !isKeyed) return [rule];
      return then === "halt" ? [halting("all")] : frame === "deny" ? [rule] : cannot();
    case "none":
      if (then !== "halt" || (!isNarrow && !isKeyed) || isActions(object)) return [rule];
      return [rule, halting("all")];
    case "it":
    case "who": {
      if (!isNarrow) return [rule];
      if (frame === "deny" && then === "block") return [rule];
      if (then !== "halt") return cannot();
      if (isKeyed && (per.includes("source") || ownsKey || object.object === "it")) return [halting("key")];
      return [{ ...halting("key"), per: ["source"] }];
    }
  }
}

/** Whether the trigger names the same actions that are stopped. */
function namesTheSame(reading: Reading, object: Of<"object">): boolean {
  const own = object.facets.find((facet) => facet.is === "condition" && facet.condition.is === "series");
  const named = reading.all("condition").filter(({ condition }) => condition.is === "series");
  return named.some((facet) => facet !== own);
}

/** The printer's "Halt actions where …" stops just those. */
function isActions(object: Of<"object">): boolean {
  return object.end > object.start && object.object === "none" && object.isNamed === true;
}
