/** What is denied, allowed alone, and to whom. */

import { isWordGlob } from "../../../core/words.js";
import type { Condition } from "../facets.js";
import { matchWith, mustBeClear } from "./match.js";
import type { Fields, Reading } from "./reading.js";

export function denyBodies(reading: Reading): Fields[] {
  const isNow =
    reading.has("conditional") &&
    !reading
      .all("condition")
      .some(
        ({ condition }) =>
          condition.is === "regime" ||
          condition.is === "schedule" ||
          condition.is === "cost" ||
          condition.is === "mentions" ||
          condition.is === "tag",
      );
  if (isNow)
    reading.fail(
      reading.whole,
      "it does not say when",
      "to stop now, use `rein halt`; a rule says when: Halt trading when losses exceed 5 percent",
    );
  const isEmpty = !reading.has("condition") && !reading.has("except");
  if (isEmpty && !reading.has("all"))
    reading.fail(reading.whole, "it does not say which actions", "name them, or write: Never allow actions");
  const isForced = reading.all("per").some((facet) => facet.isForced === true);
  if (isEmpty && !isForced && (reading.has("per") || reading.has("together")))
    reading.fail(
      reading.whole,
      "it does not say what is forbidden, or when",
      "name the action: Never let the agent delete anything",
    );
  return [{ kind: "access", effect: "deny" }];
}

/** Actions by name make a list of what is allowed; conditions say when those actions are. */
export function allowOnlyBodies(reading: Reading): Fields[] {
  mustBeClear(reading);
  const conditions = reading.all("condition").map(({ condition }) => condition);
  // "Allow trading only by the trader": behind what is done, who does it is a condition.
  const series = conditions.find(({ is }) => is === "series");
  const isBehind = (condition: Condition): boolean =>
    condition.is === "source" &&
    series !== undefined &&
    condition.start >= series.end &&
    reading.has("conditional");
  const named = conditions.filter(
    (condition) => (condition.is === "series" || condition.is === "source") && !isBehind(condition),
  );
  const others = conditions.filter(
    (condition) => (condition.is !== "series" && condition.is !== "source") || isBehind(condition),
  );
  const lax = others.find(({ is }) => is === "mentions");
  if (lax !== undefined)
    reading.fail(
      lax,
      "an action that names this may name others, too",
      "say it by a tag: only allow emails where tag `recipient` is `*@example.com`",
    );
  const hasSource = named.some(({ is }) => is === "source");
  const excepts = reading.all("except").map(({ clause }) => clause);
  if (others.length === 0) {
    if (
      reading.has("bareOnly") &&
      named.every((one) => one.is !== "series" || one.globs.every((glob) => !isWordGlob(glob)))
    )
      return [{ kind: "access", effect: "allow" }];
    if (reading.has("conditional"))
      reading.fail(
        reading.whole,
        "it does not say when",
        "name the condition: only on weekdays, only under $200",
      );
    if (!named.some(({ is }) => is === "series"))
      reading.fail(
        reading.whole,
        "it does not say what is allowed",
        "name the actions: Only allow search and read_file",
      );
    return [{ kind: "access", effect: "allow" }];
  }
  const deny: Fields = {
    kind: "access",
    effect: "deny",
    match: matchWith(reading, named, [others, ...excepts]),
  };
  if (reading.has("bareOnly") && others.some(({ is }) => is === "regime"))
    return [deny, { kind: "access", effect: "allow" }];
  if (!hasSource || reading.has("conditional") || !named.some(({ is }) => is === "series")) return [deny];
  return [deny, { kind: "access", effect: "allow" }];
}

export function onlyWhoBodies(reading: Reading): Fields[] {
  mustBeClear(reading);
  const conditions = reading.all("condition").map(({ condition }) => condition);
  const sources = conditions.filter(({ is }) => is === "source");
  const what = conditions.filter(({ is }) => is === "series");
  const others = conditions.filter(({ is }) => is !== "series" && is !== "source");
  if (sources.length === 0)
    reading.fail(reading.whole, "it does not say who", "name the agent: Only the agent `trader` may …");
  const excepts = reading.all("except").map(({ clause }) => clause);
  const wide = {
    kind: "access",
    effect: "deny",
    match: matchWith(reading, [...what, ...others], [sources, ...excepts]),
  };
  if (others.every(({ is }) => is !== "schedule" && is !== "regime")) return [wide];
  return [
    wide,
    {
      kind: "access",
      effect: "deny",
      match: matchWith(reading, what, [[...sources, ...others], ...excepts]),
    },
  ];
}
