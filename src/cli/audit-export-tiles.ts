import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { exportTiles } from "../audit/verify/export-tiles.js";
import { InvalidInputError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { existingLog } from "./audit-dir.js";
import { counted, grouped, harmless } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";

const HELP = `
Writes everything that is signed as files that any client of C2SP tlog-tiles reads,
also over plain HTTP: checkpoint, tile/…, tile/entries/…, and vkey beside them.

Examples:
  rein audit export tiles ./rein_state ./public/log

Exit codes: 0 exported · 1 could not run`;

/** `rein audit export tiles`: the log for clients of C2SP tlog-tiles. */
export function addAuditExportTiles(group: Command, io: Io, exit: (code: number) => void): void {
  group
    .command("tiles")
    .summary("the log as a directory of C2SP tlog-tiles")
    .description("Write the log as a directory of C2SP tlog-tiles.")
    .argument("<dir>", "the log, or the governor's state directory")
    .argument("<out>", "an empty directory, or one that is not there yet")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action((dir: string, out: string, flags: { readonly json?: true }) => {
      exit(run(dir, out, flags.json === true, io));
    });
}

function run(given: string, target: string, json: boolean, io: Io): number {
  const dir = existingLog(given, io);
  const out = resolve(target);
  mustBeEmpty(out);
  const progress = new Progress(io);
  try {
    const result = exportTiles({
      ...{ disk: nodeDisk, dir, out },
      onProgress: (records, size) => {
        progress.update(size === 0 ? 1 : records / size, () => `exporting ${counted(size, "record")}`);
      },
    });
    progress.clear();
    const { origin, size, files, bytes } = result;
    if (json) io.stdout(`${JSON.stringify({ ...result, dir, out }, null, 2)}\n`);
    else
      io.stdout(
        `${counted(size, "record")} of \`${harmless(origin)}\` in ${counted(files, "file")} (${grouped(Math.ceil(bytes / 1000))} kB) in \`${harmless(target)}\`.\n`,
      );
    return 0;
  } finally {
    progress.clear();
  }
}

function mustBeEmpty(out: string): void {
  let names: string[];
  try {
    names = readdirSync(out);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new InvalidInputError(
      "out",
      `\`${harmless(out, 300)}\` cannot be used: ${(cause as Error).message}`,
      {
        help: "give a directory",
        cause,
      },
    );
  }
  if (names.length === 0) return;
  throw new InvalidInputError("out", `\`${harmless(out, 300)}\` is not empty`, {
    help: "give an empty directory: files of another log in between would be served as this one's",
  });
}
