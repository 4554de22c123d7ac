import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { layHold, readHold, releaseHold, releaseRecord } from "../audit/privacy/index.js";
import type { AppendToLog, HoldRecord, LegalHold } from "../audit/privacy/index.js";
import {
  applyRetention,
  DAY_MS,
  DEFAULT_PRESET,
  FLOOR_DAYS,
  planRetention,
  readLogFacts,
  RETENTION_PRESETS,
  retentionDays,
  retentionRecord,
} from "../audit/retention/index.js";
import type { LogFacts, RetentionPlan, RetentionPreset } from "../audit/retention/index.js";
import { InvalidInputError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { logDirFor } from "./audit-disclose.js";
import { userName } from "./audit-erase.js";
import { heldText, planText } from "./audit-retention-view.js";
import { asUserOf } from "./control-dir.js";
import { grouped } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";

/** What the command needs besides the files. */
export interface RetentionSystem {
  readonly append: AppendToLog;
  /** The oldest leaf that a governor needs that keeps its state beside this log; Infinity when none does. */
  keepFrom(dir: string): number;
}

interface RetentionFlags {
  readonly preset?: RetentionPreset;
  readonly days?: number;
  readonly force?: true;
  readonly dryRun?: true;
  readonly apply?: true;
  readonly hold?: string;
  readonly until?: number;
  readonly release?: true;
  readonly by?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** What was done, or would be. */
export interface RetentionReport {
  readonly dir: string;
  readonly days: number;
  readonly preset: RetentionPreset | null;
  readonly hold: LegalHold | null;
  readonly plan: RetentionPlan;
  readonly isApplied: boolean;
}

const HELP = `
Removes the oldest records, whole segments of them, when all in them is older. Their
hashes stay: the log verifies as before, proofs of newer records go on working, and
a record says who removed what and why. Without --apply nothing is removed.

${Object.entries(RETENTION_PRESETS)
  .map(([name, { days, why }]) => `  ${name.padEnd(10)} ${grouped(days).padStart(5)} days   ${why}`)
  .join("\n")}

The default is ${DEFAULT_PRESET}. Fewer than ${FLOOR_DAYS} days only with --force. Whether a rule applies
to you is a legal question that Rein cannot answer.

--hold lays a legal hold: nothing is removed, and nothing erased from the vault,
until it is released (--release) or over (--until). Both go on the record.

DIR is a log's directory, or the state directory of a governor; a process that runs
there goes on.

Examples:
  rein audit retention ./rein_state                        what would go
  rein audit retention ./rein_state --preset hipaa --apply
  rein audit retention ./rein_state --hold "case 12" --by counsel
  rein audit retention ./rein_state --release --by counsel -r "case 12 is closed"

Exit codes: 0 done, or nothing to do · 2 a legal hold forbids it · 1 could not run`;

/** \`rein audit retention\`: how long records are kept. */
export function addAuditRetention(
  audit: Command,
  io: Io,
  exit: (code: number) => void,
  system: RetentionSystem,
): void {
  audit
    .command("retention")
    .summary("remove records that are old enough, or hold all of them")
    .description("Remove records that are old enough, or hold all of them.")
    .argument("<dir>", "the log's directory, or a governor's state directory")
    .addOption(
      new Option("--preset <name>", "how long records are kept")
        .choices(Object.keys(RETENTION_PRESETS))
        .conflicts("days"),
    )
    .option("--days <n>", "how long records are kept", daysArgument)
    .option("--force", `fewer than ${FLOOR_DAYS} days are meant`)
    .addOption(new Option("--dry-run", "only say what would go (the default)").conflicts("apply"))
    .option("--apply", "remove it")
    .addOption(new Option("--hold <reason>", "lay a legal hold").conflicts(["apply", "release"]))
    .addOption(
      new Option("--until <date>", "when the hold ends by itself: 2030-01-31").argParser(dateArgument),
    )
    .addOption(new Option("--release", "release the legal hold").conflicts("apply"))
    .option("--by <name>", "who, for the record (default: the user)")
    .option("-r, --reason <text>", "why, for the record")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (given: string, flags: RetentionFlags) => {
      const dir = logDirFor(given);
      const isHold = flags.hold !== undefined || flags.release === true;
      exit(
        await asUserOf(dir, "retention", () =>
          isHold ? changeHold(dir, flags, io, system) : retain(dir, flags, io, system),
        ),
      );
    });
}

async function retain(dir: string, flags: RetentionFlags, io: Io, system: RetentionSystem): Promise<number> {
  const { days: given, preset = given === undefined ? DEFAULT_PRESET : undefined } = flags;
  const days = retentionDays(given ?? preset, flags.force === true);
  const now = Date.now();
  const hold = readHold(nodeDisk, dir, now);
  const facts = readLogFacts(nodeDisk, dir);
  const keepFrom = system.keepFrom(dir);
  const signed = facts.signed?.size ?? 0;
  const plan = planRetention({
    segments: facts.segments,
    now,
    maxAgeMs: days * DAY_MS,
    keepFrom,
    signed,
    hold,
  });
  if (flags.apply === true) {
    const reason = flags.reason ?? `kept ${days} days${preset === undefined ? "" : ` (${preset})`}`;
    await carryOut(dir, plan, facts, { by: flags.by ?? userName(io), reason }, io, system);
  }
  const isApplied = flags.apply === true;
  const report: RetentionReport = { dir, days, preset: preset ?? null, hold: hold ?? null, plan, isApplied };
  const exitCode = isApplied && plan.stop === "hold" ? 2 : 0;
  if (flags.json === true) io.stdout(`${JSON.stringify({ ...report, exitCode }, null, 2)}\n`);
  else io.stdout(planText(report, now, io));
  return exitCode;
}

async function carryOut(
  dir: string,
  plan: RetentionPlan,
  { signed }: LogFacts,
  who: { readonly by: string; readonly reason: string },
  io: Io,
  { append }: RetentionSystem,
): Promise<void> {
  const record = retentionRecord(plan, { ...who, now: Date.now() });
  if (record === undefined || signed === null) return;
  await append(dir, [record]);
  const progress = new Progress(io);
  let done = 0;
  try {
    applyRetention(nodeDisk, dir, plan, {
      signed,
      now: Date.now(),
      onSegment: () => {
        done += 1;
        progress.update(done / plan.remove.length, () => "removing");
      },
    });
  } finally {
    progress.clear();
  }
}

async function changeHold(
  dir: string,
  flags: RetentionFlags,
  io: Io,
  system: RetentionSystem,
): Promise<number> {
  const by = flags.by ?? userName(io);
  const at = Date.now();
  let record: HoldRecord;
  if (flags.hold !== undefined) {
    const { until } = flags;
    // In force first: what is to be held must not go while the record is written.
    record = layHold(nodeDisk, dir, {
      by,
      reason: flags.hold,
      since: at,
      ...(until !== undefined && { until }),
    });
    await system.append(dir, [record]);
  } else {
    if (flags.reason === undefined || flags.reason.trim() === "") {
      throw new InvalidInputError("reason", "a legal hold is released with a reason", {
        help: "give --reason",
      });
    }
    record = releaseRecord(at, by, flags.reason);
    await system.append(dir, [record]);
    releaseHold(nodeDisk, dir);
  }
  if (flags.json === true) io.stdout(`${JSON.stringify({ dir, record, exitCode: 0 }, null, 2)}\n`);
  else io.stdout(heldText(record));
  return 0;
}

function daysArgument(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a whole number of days.");
}

function dateArgument(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError("Write a date such as 2030-01-31, or 2030-01-31T12:00:00Z.");
}
