#!/usr/bin/env node
import { readFileSync, realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { messageOf, ReinError } from "../core/errors.js";
import { addAnswers } from "./answer.js";
import { addAttacks } from "./attacks.js";
import { addAudit } from "./audit.js";
import { addBacktest } from "./backtest.js";
import { addBlastRadius } from "./blast-radius.js";
import { addBudgets } from "./budgets.js";
import { addCompile } from "./compile.js";
import { addDiff } from "./diff.js";
import { addDoctor } from "./doctor.js";
import { errorText } from "./error-text.js";
import { addExplain } from "./explain.js";
import { addHalt } from "./halt.js";
import { addInit } from "./init.js";
import type { Io } from "./io.js";
import { addLint } from "./lint.js";
import { addRedTeam } from "./redteam.js";
import { addReplay } from "./replay.js";
import { addResume } from "./resume.js";
import { addSchema } from "./schema.js";
import { addStatus } from "./status.js";
import { addTop } from "./top.js";

/**
 * Runs one command and returns its exit code: 0 it holds, 1 it could not run, 2 a check says no.
 *
 * @param argv the arguments behind the program's name
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const exit = (result: number): void => {
    code = result;
  };
  // Whoever asks for JSON reads JSON when it goes wrong, too.
  const json = isForPrograms(argv);
  const program = newProgram(json ? { ...io, columns: io.columns, stderr: () => undefined } : io);
  // In the order in which somebody needs them: first what stops, then what explains, then what proves.
  addInit(program, io, exit);
  addCompile(program, io, exit);
  addLint(program, io, exit);
  addDiff(program, io, exit);
  addBlastRadius(program, io, exit);
  addRedTeam(program, io, exit);
  addAttacks(program, io, exit);
  addStatus(program, io, exit);
  addHalt(program, io, exit);
  addResume(program, io, exit);
  addAnswers(program, io, exit);
  addBudgets(program, io, exit);
  addExplain(program, io, exit);
  addTop(program, io, exit);
  addDoctor(program, io, exit);
  addAudit(program, io, exit);
  addReplay(program, io, exit);
  addBacktest(program, io, exit);
  addSchema(program, io);
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (json) {
      io.stdout(errorJson(error));
      return 1;
    }
    // Commander has told already what is wrong.
    if (error instanceof CommanderError) return 1;
    io.stderr(errorText(error, program.opts<{ debug?: true }>().debug === true));
    return 1;
  }
}

function newProgram(io: Io): Command {
  return new Command("rein")
    .description("The runtime kill-switch for autonomous agents.")
    .version(version(), "-V, --version", "print the version")
    .option("--debug", "print the stack of an error")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => {
        io.stdout(text);
      },
      writeErr: (text) => {
        io.stderr(text);
      },
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => {
        write(text.replace(/^error: /, "rein: "));
      },
    })
    .showHelpAfterError("Run `rein --help` or `rein COMMAND --help` to see what there is.")
    .exitOverride();
}

function isForPrograms(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? argv.length : end).includes("--json");
}

/** What is wrong, for programs: the same on every command. */
function errorJson(error: unknown): string {
  if (ReinError.isInstance(error)) {
    const { code, message, help } = error;
    return `${JSON.stringify({ error: { code, message, ...(help !== undefined && { help }) } }, null, 2)}\n`;
  }
  const isUsage = error instanceof CommanderError;
  const message = messageOf(error).replace(/^error: /, "");
  const facts = isUsage
    ? { code: "invalid_input", message, help: "run `rein COMMAND --help` to see what there is" }
    : { code: "engine_fault", message: `unexpected error: ${message}` };
  return `${JSON.stringify({ error: facts }, null, 2)}\n`;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}

/** Whether this file is the program, and not imported; npm runs it through a link. */
function isProgram(): boolean {
  const started = process.argv[1];
  try {
    return started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url);
  } catch {
    return false;
  }
}

if (isProgram()) {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // Whoever reads may have seen enough (`| head`): what is left is nobody's, and no error.
      if (error.code === "EPIPE") return;
      // Where nothing can be printed, the exit code is all there is to say it with.
      if (stream === process.stdout)
        process.stderr.write(`rein: the output cannot be written: ${error.message}\n`);
      process.exit(1);
    });
  }
  process.exitCode = await run(process.argv.slice(2), {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    isTTY: process.stdout.isTTY,
    stderrIsTTY: process.stderr.isTTY,
    // Asked each time: terminals are resized.
    get columns() {
      return process.stdout.columns || process.stderr.columns || 80;
    },
    env: process.env,
  });
}
