/** What a rule applies to: the conditions of a clause and its exceptions. */

import { compileGlobs, literalText } from "../../../core/glob.js";
import { isWordGlob } from "../../../core/words.js";
import type { Condition } from "../facets.js";
import { exact } from "../numbers.js";
import { Refused } from "./problem.js";
import { type Fields, LEAST, type Reading } from "./reading.js";

export function matchOf(reading: Reading): Fields {
  mustBeClear(reading);
  return matchWith(
    reading,
    reading.all("condition").map(({ condition }) => condition),
    reading.all("except").map(({ clause }) => clause),
  );
}

/** What is said behind a list may be said of all of it, or of the last. */
export function mustBeClear(reading: Reading): void {
  const conditions = reading.all("condition").map(({ condition }) => condition);
  const list = conditions.find(
    (condition) => "isList" in condition && condition.isList === true && condition.is === "series",
  );
  const behind =
    list &&
    conditions.find(
      ({ is, start }) =>
        (is === "cost" || is === "tag" || is === "mentions" || is === "arg") && start >= list.end,
    );
  if (behind !== undefined)
    reading.fail(
      behind,
      "this could be said of all that is listed, or of the last only",
      "write one rule for each",
    );
  const isFor = conditions.find((condition) => "isFor" in condition && condition.isFor === true);
  const { frame } = reading.frame;
  if (
    isFor !== undefined &&
    (frame === "deny" || frame === "ask" || frame === "allowOnly" || frame === "onlyWho")
  ) {
    reading.fail(isFor, "`for` could mean who does it, or to whom it is done", "write `by` for who does it");
  }
}

export function matchWith(
  reading: Reading,
  conditions: readonly Condition[],
  excepts: readonly (readonly Condition[])[],
): Fields {
  const clauses = excepts.map((clause) => clauseOf(clause));
  const own = conditions.find(({ is }) => is === "series");
  for (const clause of excepts) {
    // "delete anything but temp_files": what is left out is no tool of these.
    const [only] = clause;
    if (own?.is !== "series" || clause.length !== 1 || only?.is !== "series" || only.isExact === true)
      continue;
    const names = only.globs.filter((glob) => literalText(glob) !== null);
    const isOf = compileGlobs(own.globs);
    const stranger = own.globs.every((glob) => isWordGlob(glob))
      ? names.find((name) => !isOf(name))
      : undefined;
    if (stranger !== undefined && clause.length === 1)
      reading.fail(
        only,
        `\`${stranger}\` is no tool that the rule is about, so there is nothing to leave out`,
        "name a tool that the rule covers, or say what the arguments hold",
      );
  }
  return { ...clauseOf(conditions), ...(clauses.length > 0 && { except: clauses }) };
}

/** The conditions of a clause as data. */
function clauseOf(conditions: readonly Condition[]): Fields {
  const clause: Record<string, unknown> = {};
  for (const condition of conditions) add(clause, condition);
  return clause;
}

function add(clause: Record<string, unknown>, condition: Condition): void {
  const { is } = condition;
  const twice = (): never => {
    throw new Refused({
      ...condition,
      reason: `it names two conditions on the same thing`,
      help: "join them with `or`, or write one rule for each",
    });
  };
  const set = (field: string, value: unknown): void => {
    if (Object.hasOwn(clause, field) && JSON.stringify(clause[field]) !== JSON.stringify(value)) twice();
    clause[field] = value;
  };
  const put = (field: string, name: string, value: unknown): void => {
    const record = new Map(Object.entries((clause[field] ?? {}) as Record<string, unknown>));
    if (record.has(name) && JSON.stringify(record.get(name)) !== JSON.stringify(value)) twice();
    record.set(name, value);
    clause[field] = Object.fromEntries(record);
  };
  switch (is) {
    case "source":
    case "series":
    case "mentions":
      set(is, condition.globs);
      return;
    case "tag":
      put("tags", condition.name, condition.globs);
      return;
    case "cost": {
      const { measure, amount } = condition.amount;
      if (condition.side === "over") put("costOver", measure, amount);
      else if (condition.side === "under") put("costUnder", measure, amount);
      else if (condition.side === "atLeast") {
        if (amount <= 0) throw new Refused({ ...condition, reason: "every action costs at least that" });
        put("costOver", measure, exact(amount - LEAST));
      } else put("costUnder", measure, exact(amount + LEAST));
      return;
    }
    case "arg":
      addArg(clause, condition.path, condition.test, twice);
      return;
    case "regime":
      set("regime", condition.regimes);
      return;
    case "schedule": {
      const { days, from, to, timeZone } = condition;
      const given = {
        ...(days !== undefined && { days }),
        ...(from !== undefined && { from, to }),
        ...(timeZone !== undefined && { timeZone }),
      };
      const known = clause["schedule"] as Record<string, unknown> | undefined;
      if (known !== undefined && Object.keys(given).some((key) => Object.hasOwn(known, key))) twice();
      clause["schedule"] = { ...known, ...given };
      return;
    }
    case "not":
      throw new Refused({ ...condition, reason: "an exception cannot have an exception" });
  }
}

/** Several tests of one argument are one condition on it. */
function addArg(clause: Record<string, unknown>, path: string, test: unknown, twice: () => never): void {
  const record = new Map(Object.entries((clause["args"] ?? {}) as Record<string, unknown>));
  const known = record.get(path);
  const asTests = (value: unknown): Record<string, unknown> =>
    Array.isArray(value) ? { matches: value } : (value as Record<string, unknown>);
  if (known === undefined) record.set(path, test);
  else {
    const [a, b] = [asTests(known), asTests(test)];
    if (Object.keys(b).some((key) => Object.hasOwn(a, key))) twice();
    record.set(path, { ...a, ...b });
  }
  clause["args"] = Object.fromEntries(record);
}
