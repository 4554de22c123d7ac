import { compilePolicy } from "../policy/index.js";
import { SCORE_SETTINGS } from "../policy/score-settings.js";
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
  return [...rules, scoreRule(config), ...WATCHES];
}

/** The scorer's settings as the configuration has them. */
function scoreRule(config: ReinConfig): RuleInput {
  const names = Object.keys(SCORE_SETTINGS) as (keyof typeof SCORE_SETTINGS)[];
  const settings = Object.fromEntries(names.map((name) => [name, config[name]]));
  return { id: "builtin:score", kind: "score", settings };
}

/** Calibrated detectors that tell an operator, and stop nothing: FALSE_ALARMS_PER_MILLION bounds their false alarms. */
const WATCHES: readonly RuleInput[] = [
  { id: "builtin:denials", kind: "denials", per: ["source"], then: "alert" },
  { id: "builtin:loop", kind: "loop", per: ["source"], then: "alert" },
  { id: "builtin:newcomers", kind: "newcomers", of: "series", per: ["source"], then: "alert" },
  { id: "builtin:runaway", kind: "runaway", multiple: 5, per: ["source"], then: "alert" },
];

/** The policy with the configuration's rules; alone when there is no policy. */
export function withBuiltins(policy: CompiledPolicy | undefined, config: ReinConfig): CompiledPolicy {
  return compilePolicy([...(policy?.rules ?? []), ...builtinRules(config)] as RuleInput[], {
    allowReserved: true,
  });
}
