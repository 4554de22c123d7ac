#!/usr/bin/env node
import { readFileSync, realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { ReinError } from "../core/errors.js";
import { addAnswers } from "./answer.js";
import { addBudgets } from "./budgets.js";
import { addDoctor } from "./doctor.js";
import { addExplain } from "./explain.js";
import { addHalt } from "./halt.js";
import { addInit } from "./init.js";
import type { Io } from "./io.js";
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
  const program = newProgram(io);
  // In the order in which somebody needs them: first what stops, then what explains, then what proves.
  addInit(program, io, exit);
  addStatus(program, io, exit);
  addHalt(program, io, exit);
  addResume(program, io, exit);
  addAnswers(program, io, exit);
  addBudgets(program, io, exit);
  addExplain(program, io, exit);
  addTop(program, io, exit);
  addDoctor(program, io, exit);
  addReplay(program, io, exit);
  addSchema(program, io);
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    // Commander has told already what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
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

function errorText(error: unknown, debug: boolean): string {
  const stack = debug && error instanceof Error ? `${error.stack ?? ""}\n` : "";
  if (ReinError.isInstance(error)) {
    const help = error.help === undefined ? "" : `      ${error.help}\n`;
    return `rein: ${error.message}\n${help}${stack}`;
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = debug
    ? ""
    : "      this is a fault of rein; run the command again with --debug and report what it says\n";
  return `rein: unexpected error: ${message}\n${hint}${stack}`;
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
    // Whoever reads may have seen enough (`| head`): what is left is nobody's, and no error.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
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
