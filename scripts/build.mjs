// Compiles the package to dist/.
//
//   node scripts/build.mjs                     clean, checked build with declarations: all that package.json exports
//   node scripts/build.mjs --quick examples    unchecked JavaScript only, then examples/ to build/examples/
//   node scripts/build.mjs --quick bench       the same for bench/ (and evaluation/)
//
// Prints nothing when all is well, so that a demo or a benchmark starts with its own first line.
import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "./compile.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const args = process.argv.slice(2);
const quick = args.includes("--quick");
const programs = args.filter((arg) => !arg.startsWith("--"));

if (quick) {
  // What the type checker says is "npm run typecheck"'s business; declarations would cost most of the time.
  compile(
    "tsconfig.build.json",
    "--noCheck",
    "--declaration",
    "false",
    "--sourceMap",
    "false",
    "--inlineSources",
    "false",
  );
} else {
  rmSync("dist", { recursive: true, force: true });
  compile("tsconfig.build.json");
}

/** @type {{ bin: Record<string, string>, exports: Record<string, string | Record<string, string>> }} */
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
for (const file of Object.values(manifest.bin)) {
  if (existsSync(file)) chmodSync(file, 0o755);
}

if (!quick) {
  const promised = [
    ...Object.values(manifest.bin),
    ...Object.values(manifest.exports).flatMap((t) => (typeof t === "string" ? t : Object.values(t))),
  ];
  const missing = promised.filter((file) => !existsSync(file));
  if (missing.length > 0) {
    console.error(`package.json promises files that the build did not make: ${missing.join(", ")}`);
    if (missing.some((file) => file.startsWith("./schema/")))
      console.error("`npm run docs` writes the schema");
    process.exit(1);
  }
}

for (const program of programs) compile(`tsconfig.${program}.json`);
