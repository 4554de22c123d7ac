import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Command } from "commander";
import {
  CloudEventExporter,
  contextOf,
  DEFAULT_TYPE_PREFIX,
  isSelected,
  LogRecordExporter,
  logLeaves,
  OcsfExporter,
  SpanExporter,
} from "../audit/export/index.js";
import type { Exporter, ExportContext, Selection } from "../audit/export/index.js";
import { isLog, logDirOf } from "../audit/log/layout.js";
import { logBytes } from "../audit/log/reader.js";
import { InvalidInputError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { parseIndex, parseSignal, parseTime, parseTypePrefix, parseTypes } from "./audit-export-options.js";
import { counted, harmless } from "./io.js";
import type { Io } from "./io.js";
import { newOutputFile } from "./output-file.js";
import { Progress } from "./progress.js";
import { softwareVersion } from "./software-version.js";

interface ExportFlags {
  readonly output?: string;
  readonly from?: number;
  readonly to?: number;
  readonly since?: number;
  readonly until?: number;
  readonly type?: readonly string[];
  readonly json?: true;
}

interface OcsfFlags extends ExportFlags {
  readonly ocsfRecordIntegrity?: true;
  readonly raw?: true;
}

interface CloudEventFlags extends ExportFlags {
  readonly typePrefix: string;
  readonly batch?: true;
}

interface OtelFlags extends ExportFlags {
  readonly signal: "traces" | "logs";
}

/** What was exported. */
export interface ExportSummary {
  readonly dir: string;
  readonly origin: string;
  readonly format: string;
  /** Records that were read and selected. */
  readonly records: number;
  readonly selected: number;
  readonly events: number;
  readonly output: string;
}

const HELP = `
DIR is a log's directory, or the state directory of a governor. The log is read as
it is, also beside a running process, and nothing is verified: run
\`rein audit verify DIR\` first. A time is like 2026-01-05T12:00:00Z, or a duration
such as 2h, which is that long ago.

docs/audit-exports.md says what becomes of each kind of record.

Exit codes: 0 exported · 1 could not run`;

/** \`rein audit export\`: a log in the forms of other tools. Returns the group, for further forms to be added. */
export function addAuditExport(audit: Command, io: Io, exit: (code: number) => void): Command {
  const group = audit
    .command("export")
    .summary("write a log in the form of another tool")
    .description("Write the records of a log in the form of another tool.");

  addCommon(group, "ocsf", "events of the Open Cybersecurity Schema Framework, one a line")
    .option("--raw", "add the line of the log to each event (raw_data)")
    .option(
      "--ocsf-record-integrity",
      "add the record_integrity profile: fingerprints that chain the events (new in OCSF 1.9)",
    )
    .action(async (dir: string, flags: OcsfFlags) => {
      const options = { raw: flags.raw, recordIntegrity: flags.ocsfRecordIntegrity };
      exit(await run(dir, flags, "ocsf", (context) => new OcsfExporter(context, options), io));
    });

  addCommon(group, "cloudevents", "CloudEvents 1.0 as JSON, one a line")
    .option("--batch", "several events a line, in the batch format")
    .option(
      "--type-prefix <name>",
      "what types begin with, a reversed domain name",
      parseTypePrefix,
      DEFAULT_TYPE_PREFIX,
    )
    .action(async (dir: string, flags: CloudEventFlags) => {
      const options = { batch: flags.batch, typePrefix: flags.typePrefix };
      exit(await run(dir, flags, "cloudevents", (context) => new CloudEventExporter(context, options), io));
    });

  addCommon(group, "otel", "OpenTelemetry (OTLP as JSON lines): spans of actions, or log records")
    .option(
      "--signal <signal>",
      "traces: a span per action · logs: a log record per record",
      parseSignal,
      "traces",
    )
    .action(async (dir: string, flags: OtelFlags) => {
      const make = (context: ExportContext): Exporter =>
        flags.signal === "logs" ? new LogRecordExporter(context) : new SpanExporter(context);
      exit(await run(dir, flags, `otel ${flags.signal}`, make, io));
    });
  return group;
}

function addCommon(group: Command, name: string, what: string): Command {
  return group
    .command(name)
    .summary(what)
    .description(`Write the records of a log as ${what}.`)
    .argument("<dir>", "the log, or the governor's state directory")
    .option("-o, --output <file>", "a file that does not exist yet (default: standard output)")
    .option("--from <index>", "first record", parseIndex)
    .option("--to <index>", "the record behind the last one", parseIndex)
    .option("--since <time>", "from this time on", parseTime)
    .option("--until <time>", "before this time", parseTime)
    .option("--type <types>", "only these types of records, such as gate,settle,halt", parseTypes)
    .option("--json", "with --output: print the summary as one JSON document")
    .addHelpText("after", HELP);
}

async function run(
  given: string,
  flags: ExportFlags,
  format: string,
  make: (context: ExportContext) => Exporter,
  io: Io,
): Promise<number> {
  const { output } = flags;
  if (flags.json === true && output === undefined) {
    throw new InvalidInputError("json", "--json prints the summary, and standard output has the events", {
      help: "give --output for the events, or leave --json out",
    });
  }
  const dir = existingLog(given);
  const context = contextOf(nodeDisk, dir, softwareVersion());
  const exporter = make(context);
  const file = output === undefined ? undefined : newOutputFile("output", output, { mode: 0o600 });
  try {
    const write = (text: string): void => {
      if (file === undefined) io.stdout(text);
      else file.write(text);
    };
    const counts = await exportAll(dir, flags, exporter, write, io);
    file?.finish();
    if (output === undefined) return 0;
    const summary: ExportSummary = {
      dir,
      origin: context.origin,
      format,
      ...counts,
      events: exporter.events,
      output,
    };
    io.stdout(flags.json === true ? `${JSON.stringify(summary, null, 2)}\n` : summaryText(summary));
    return 0;
  } catch (error) {
    file?.discard();
    throw error;
  }
}

/** Characters that are written at once. */
const PIECE = 1 << 18;
/** Records after which others get their turn. */
const TURN = 256;

async function exportAll(
  dir: string,
  flags: ExportFlags,
  exporter: Exporter,
  write: (text: string) => void,
  io: Io,
): Promise<{ readonly records: number; readonly selected: number }> {
  const { from, to, since, until } = flags;
  const types = flags.type && new Set(flags.type);
  const selection: Selection = { from, to, since, until, types };
  const total = logBytes(nodeDisk, dir);
  const progress = new Progress(io);
  let [records, selected, bytes] = [0, 0, 0];
  let lines: string[] = [];
  let waiting = 0;
  const flush = (): void => {
    if (lines.length > 0) write(`${lines.join("\n")}\n`);
    lines = [];
    waiting = 0;
  };
  try {
    for (const entry of logLeaves({ disk: nodeDisk, dir, from })) {
      if (entry.n >= (to ?? Infinity)) break;
      records += 1;
      bytes += entry.line.length + 1;
      const isWanted = isSelected(entry, selection);
      if (isWanted) selected += 1;
      for (const line of exporter.take(entry, isWanted)) {
        lines.push(line);
        waiting += line.length;
      }
      if (waiting >= PIECE) flush();
      if (records % TURN === 0) {
        progress.update(from === undefined ? Math.min(1, bytes / total) : undefined, () =>
          counted(records, "record"),
        );
        // Lets a pipe take what was written, and a signal arrive.
        await setImmediate();
      }
    }
    for (const line of exporter.end()) {
      lines.push(line);
      flush();
    }
    flush();
    return { records, selected };
  } finally {
    progress.clear();
  }
}

function existingLog(given: string): string {
  const dir = logDirOf(nodeDisk, resolve(given));
  if (isLog(nodeDisk, dir)) return dir;
  throw new InvalidInputError("dir", `there is no audit log in \`${harmless(given, 200)}\``, {
    help: "give the log's directory, or the `dir` that the governor was opened with",
  });
}

function summaryText({ format, records, selected, events, output }: ExportSummary): string {
  const of = selected === records ? "" : ` of ${counted(records, "record")}`;
  return `Exported ${counted(selected, "record")}${of} as ${counted(events, "event")} (${format}) to ${harmless(output)}.\n`;
}
