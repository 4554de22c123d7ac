// Measures the detectors on public data; see docs/evaluation.md.
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { program } from "./program.js";
import { SETS } from "./sets.js";

// This file is run from build/evaluation/.
const fromRoot = (path: string): string =>
  relative(process.cwd(), fileURLToPath(new URL(`../../${path}`, import.meta.url)));

process.exitCode = program(process.argv.slice(2), SETS, {
  io: {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTTY: process.stdout.isTTY,
    stderrIsTTY: process.stderr.isTTY,
    columns: process.stderr.columns ?? 80,
    env: process.env,
  },
  folder: fromRoot("../shared/data"),
  out: fromRoot("build/evaluation"),
  now: () => new Date(),
});
