// Writes the files that are generated from the source: tables in the docs, the JSON Schema.
//
//   node scripts/docs.mjs            write them
//   node scripts/docs.mjs --check    write nothing, name those that are out of date, exit 1 if there are any
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./compile.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

compile("tsconfig.scripts.json");

/** @type {{ generatedFiles: () => Map<string, string> | Promise<Map<string, string>> }} */
const generator = await import(new URL("../build/scripts/generate-docs.js", import.meta.url).href);
const files = await generator.generatedFiles();
const stale = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);

if (process.argv.includes("--check")) {
  for (const [path] of stale) console.error(`${path} is out of date`);
  if (stale.length > 0) {
    console.error("run `npm run docs` and commit the result");
    process.exit(1);
  }
  console.log(`generated files up to date: ${files.size}`);
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
  if (stale.length === 0) console.log(`generated files up to date already: ${files.size}`);
}
