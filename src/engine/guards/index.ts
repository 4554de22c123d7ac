import { ReinError } from "../../core/errors.js";
import type { Rule, RuleKind } from "../../policy/index.js";
import { AccessGuard } from "./access.js";
import { BudgetGuard } from "./budget.js";
import { ConcurrencyGuard } from "./concurrency.js";
import { ErrorsGuard } from "./errors.js";
import { FloorGuard } from "./floor.js";
import type { Guard, GuardHost } from "./guard.js";
import { LossGuard } from "./loss.js";
import { RateGuard } from "./rate.js";
import { SizeGuard } from "./size.js";
import { StaleGuard } from "./stale.js";
import { TimeoutGuard } from "./timeout.js";

type GuardClass = new (rule: never, host: GuardHost) => Guard;

/** The guard of each rule kind; a kind that is missing here refuses to open. */
export const GUARDS: ReadonlyMap<RuleKind, GuardClass> = new Map<RuleKind, GuardClass>([
  ["access", AccessGuard],
  ["budget", BudgetGuard],
  ["concurrency", ConcurrencyGuard],
  ["errors", ErrorsGuard],
  ["floor", FloorGuard],
  ["loss", LossGuard],
  ["rate", RateGuard],
  ["size", SizeGuard],
  ["stale", StaleGuard],
  ["timeout", TimeoutGuard],
]);

/**
 * Makes the guard of a rule.
 *
 * @throws ReinError `unsupported_rule` when this version has no guard for the kind: a rule is never ignored.
 */
export function guardFor(rule: Rule, host: GuardHost, guards = GUARDS): Guard {
  const Class = guards.get(rule.kind);
  if (Class === undefined) {
    throw new ReinError("unsupported_rule", `rule \`${rule.id}\` is of kind \`${rule.kind}\`, which this version cannot enforce yet`, {
      help: `remove the rule or use one of: ${[...guards.keys()].join(", ")}`,
    });
  }
  return new Class(rule as never, host);
}
