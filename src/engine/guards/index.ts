import type { Rule, RuleKind, RuleOf } from "../../policy/index.js";
import { AccessGuard } from "./access.js";
import { BudgetGuard } from "./budget.js";
import { ConcurrencyGuard } from "./concurrency.js";
import { DenialsGuard } from "./denials.js";
import { ErrorsGuard } from "./errors.js";
import { FloorGuard } from "./floor.js";
import type { Guard, GuardHost } from "./guard.js";
import { LoopGuard, RepeatsGuard, StagnationGuard } from "./loop.js";
import { LossGuard } from "./loss.js";
import { EnumerationGuard, NewcomersGuard } from "./newcomers.js";
import { BucketGuard, RateGuard } from "./rate.js";
import { RunawayGuard } from "./runaway.js";
import { ScoreGuard } from "./score.js";
import { SizeGuard } from "./size.js";
import { StaleGuard } from "./stale.js";
import { TimeoutGuard } from "./timeout.js";

type Makers = { readonly [K in RuleKind]: (rule: RuleOf<K>, host: GuardHost) => Guard };

/** How to make the guard of each rule kind. */
export const GUARDS: Makers = {
  access: (rule, host) => new AccessGuard(rule, host),
  budget: (rule, host) => new BudgetGuard(rule, host),
  concurrency: (rule, host) => new ConcurrencyGuard(rule, host),
  denials: (rule, host) => new DenialsGuard(rule, host),
  errors: (rule, host) => new ErrorsGuard(rule, host),
  floor: (rule, host) => new FloorGuard(rule, host),
  loop: (rule, host) => {
    if (rule.repeats !== undefined) return new RepeatsGuard(rule, host);
    return rule.measure === undefined ? new LoopGuard(rule, host) : new StagnationGuard(rule, host);
  },
  loss: (rule, host) => new LossGuard(rule, host),
  newcomers: (rule, host) =>
    rule.limit === undefined ? new EnumerationGuard(rule, host) : new NewcomersGuard(rule, host),
  rate: (rule, host) => (rule.burst === undefined ? new RateGuard(rule, host) : new BucketGuard(rule, host)),
  runaway: (rule, host) => new RunawayGuard(rule, host),
  score: (rule, host) => new ScoreGuard(rule, host),
  size: (rule, host) => new SizeGuard(rule, host),
  stale: (rule, host) => new StaleGuard(rule, host),
  timeout: (rule, host) => new TimeoutGuard(rule, host),
};

/** Makes the guard of a rule. */
export function guardFor(rule: Rule, host: GuardHost, makers: Makers = GUARDS): Guard {
  const make = makers[rule.kind] as (rule: Rule, host: GuardHost) => Guard;
  return make(rule, host);
}
