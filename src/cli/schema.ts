import type { Command } from "commander";
import { policyJsonSchema } from "../policy/index.js";
import type { Io } from "./io.js";

/** `rein schema`: what a policy file may say, for editors and other checkers. */
export function addSchema(program: Command, io: Io): void {
  program
    .command("schema")
    .summary("print the JSON Schema of policy files")
    .description("Print the JSON Schema of policy files, for editors and other checkers.")
    .option("--json", "the schema is JSON in any case")
    .action(() => {
      io.stdout(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
    });
}
