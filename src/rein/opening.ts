import { jsonlFile, RecordLog } from "../audit/index.js";
import { messageOf, ReinError } from "../core/errors.js";
import type { Engine, EngineLimits, Mode } from "../engine/index.js";
import type { CompiledPolicy } from "../policy/index.js";
import { schedule } from "./clock.js";
import type { ReinConfig } from "./config.js";
import type { Logger } from "./logger.js";
import type { ReinOptions } from "./options.js";

/** The log that the options ask for. @throws ReinError `record_failed` */
export function openLog(options: ReinOptions, config: ReinConfig, engine: Engine, logger: Logger): RecordLog {
  const dir = options.audit?.dir ?? options.dir;
  let sink = options.audit?.sink;
  if (sink === undefined && dir !== undefined) {
    try {
      sink = jsonlFile(dir);
    } catch (cause) {
      throw new ReinError("record_failed", `records cannot be written to \`${dir}\`: ${messageOf(cause)}`, {
        help: "name a directory that this process may create and write to",
        cause,
      });
    }
  }
  return new RecordLog({
    sink,
    measures: engine.world.measures,
    capacity: config.maxQueue,
    flushIntervalMs: config.flushIntervalMs,
    // Files are written in real time, whatever clock decisions follow.
    schedule: (callback, ms) => schedule(undefined, callback, ms),
    onFailure: (error) => {
      if (error === undefined) logger.warn("records are written again");
      else
        logger.error(
          `records cannot be written, actions will be refused when the queue is full: ${messageOf(error)}`,
        );
    },
  });
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
  if (options.dir !== undefined) {
    logger.warn(
      "`dir` keeps the records; this version does not restore budgets and halts from it after a restart",
    );
  }
}

export function warnOfUnparsed(logger: Logger, { unparsed }: CompiledPolicy): void {
  if (unparsed.length > 0)
    logger.warn(`the policy has ${unparsed.length} rules that could not be read and are NOT in force`);
}

/** The engine's caps, from the settings. */
export function limitsOf(config: ReinConfig): EngineLimits {
  return {
    maxLanes: config.maxLanes,
    maxKeysPerRule: config.maxKeysPerRule,
    maxInFlight: config.maxInFlight,
    maxApprovals: config.maxApprovals,
    maxHalts: config.maxHalts,
    maxSignals: config.maxSignals,
    maxAccounts: config.maxAccounts,
    permitTtlMs: config.permitTtlSeconds * 1000,
    approvalTtlMs: config.approvalTtlSeconds * 1000,
  };
}
