import { compilePolicy } from "../policy/index.js";
import type { CompiledPolicy, RuleInput } from "../policy/index.js";
import type { ReinConfig } from "./config.js";

/** Rules that the configuration's thresholds stand for, named `builtin:*`. */
export function builtinRules(config: ReinConfig): RuleInput[] {
  const lossOf = (share: number): number => Math.round(-share * 100 * 1e6) / 1e6;
  const rules: RuleInput[] = [
    { id: "builtin:balance-floor", kind: "floor", limit: config.balanceFloorUsd, then: "block" },
  ];
  if (config.portfolioFloorPct < 0) {
    rules.push({
      id: "builtin:portfolio-floor",
      kind: "loss",
      limitPct: lossOf(config.portfolioFloorPct),
      from: "day",
      then: "halt",
    });
  }
  if (config.portfolioNuclearPct < 0) {
    rules.push({
      id: "builtin:portfolio-nuclear",
      kind: "loss",
      limitPct: lossOf(config.portfolioNuclearPct),
      from: "day",
      then: "halt",
    });
  }
  return rules;
}

/** The policy with the configuration's rules; alone when there is no policy. */
export function withBuiltins(policy: CompiledPolicy | undefined, config: ReinConfig): CompiledPolicy {
  return compilePolicy([...(policy?.rules ?? []), ...builtinRules(config)] as RuleInput[], {
    allowReserved: true,
  });
}
