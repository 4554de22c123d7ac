// Vitest's global setup: compiles the package to build/under-test for tests that need processes of their own. Once and
// before all of them: several test files run at the same time, and none may have it change below its processes.
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "./compile.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const home = `${root}build/under-test`;
const stamp = `${home}/compiled`;

export function setup() {
  if (timeOf(stamp) > newestSource()) return;
  mkdirSync(home, { recursive: true });
  copyFileSync(`${root}package.json`, `${home}/package.json`);
  const bare = ["--noCheck", "--declaration", "false", "--sourceMap", "false", "--inlineSources", "false"];
  compile(`${root}tsconfig.build.json`, "--outDir", `${home}/dist`, ...bare);
  writeFileSync(stamp, "");
}

function newestSource() {
  const sources = readdirSync(`${root}src`, { recursive: true, withFileTypes: true });
  const paths = sources.map((entry) => `${entry.parentPath}/${entry.name}`);
  return Math.max(...[...paths, `${root}package.json`, `${root}tsconfig.build.json`].map(timeOf));
}

/** @param {string} path */
function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}
