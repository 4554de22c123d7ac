import type { Mode } from "../engine/index.js";
import { compilePolicy } from "../policy/index.js";
import type { CompiledPolicy } from "../policy/index.js";
import { withBuiltins } from "./builtins.js";
import type { ReinConfig } from "./config.js";
import type { Logger } from "./logger.js";
import type { ReinOptions } from "./options.js";
import type { Recovered } from "./recovery.js";
import type { SavedState } from "./saved.js";

/** Rules and mode, as the options ask for them or as they were before. */
export interface Charter {
  readonly given: CompiledPolicy | undefined;
  readonly policy: CompiledPolicy;
  readonly builtins: boolean;
  readonly mode: Mode;
}

/** Rules and mode: what the program says, else what was in force before, else the settings. */
export function charterOf(
  options: ReinOptions,
  config: ReinConfig,
  given: CompiledPolicy | undefined,
  before: Recovered | null,
): Charter {
  const image = before?.engine;
  let builtins = options.builtins === true;
  let policy = given;
  if (given === undefined && before !== null && before.saved.rulesFrom !== "settings") {
    const rules = image!.rules.filter(({ id }) => !id.startsWith("builtin:"));
    policy = compilePolicy(rules);
    builtins ||= before.saved.rulesFrom === "both";
  }
  const mode: Mode = !config.enabled
    ? "off"
    : (options.mode ??
      (config.isSet("shadow") ? undefined : before === null ? undefined : modeBefore(before)) ??
      (config.shadow ? "shadow" : "enforce"));
  return {
    given: policy,
    policy: policy === undefined || builtins ? withBuiltins(policy, config) : policy,
    builtins,
    mode,
  };
}

/** The mode that was in force, or was before everything was switched off; undefined: it always was off. */
export function modeBefore({ engine, saved }: Recovered): Mode | undefined {
  const mode = engine.mode === "off" ? saved.mode : engine.mode;
  return mode === "off" ? undefined : mode;
}

export function rulesFrom({ given, builtins }: Charter): SavedState["rulesFrom"] {
  if (given === undefined) return "settings";
  return builtins ? "both" : "program";
}

/** Says what must be loud at start. */
export function announce(
  logger: Logger,
  options: ReinOptions,
  config: ReinConfig,
  mode: Mode,
  given: CompiledPolicy | undefined,
): void {
  for (const warning of config.warnings) logger.warn(warning);
  if (given === undefined)
    logger.warn("no policy: only the thresholds of the configuration hold; pass `policy` to Rein.open");
  else if (given.rules.length === 0 && options.builtins !== true)
    logger.warn("the policy has no rules: everything is allowed until it is halted");
  if (mode === "off") logger.warn("REIN IS OFF (ENABLED is false): no rule is asked, only halts stop");
  if (mode === "shadow")
    logger.warn(
      'shadow mode: nothing is blocked but by an operator\'s halt; pass mode: "enforce" to enforce',
    );
}

export function warnOfUnparsed(logger: Logger, { unparsed }: CompiledPolicy): void {
  if (unparsed.length > 0)
    logger.warn(`the policy has ${unparsed.length} rules that could not be read and are NOT in force`);
}
