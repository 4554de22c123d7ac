import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");
const home = join(root, "build/threads");
const target = join(home, "dist");

/** Names of files that are begun as threads, as the code that begins them says it. */
const ENTRY = /new URL\("(\.\/[\w-]+-thread)\.js", import\.meta\.url\)/g;

/**
 * A thread is begun by Node, not by Vite, and Node does not run TypeScript. What a thread of ours needs is compiled to
 * build/threads when a test imports the file that begins it; only what has changed is compiled again.
 *
 * @returns {import("vitest/config").Plugin}
 */
export function compiledThreads() {
  return {
    name: "compiled-threads",
    enforce: "pre",
    transform(code, id) {
      const file = id.split("?")[0] ?? id;
      if (!file.startsWith(source) || !file.endsWith(".ts") || !code.includes("-thread.js")) return null;
      const changed = code.replace(ENTRY, (all, name) => {
        const entry = join(dirname(file), `${name}.ts`);
        return existsSync(entry) ? `new URL("${pathToFileURL(compile(entry)).href}")` : all;
      });
      return changed === code ? null : { code: changed, map: null };
    },
  };
}

/**
 * Compiles a file and all of ours that it imports; where it is then.
 *
 * @param {string} entry
 */
function compile(entry) {
  // Some of it reads the package's version, which stands beside `dist`.
  mkdirSync(home, { recursive: true });
  copyFileSync(join(root, "package.json"), join(home, "package.json"));
  /** @type {Set<string>} */
  const seen = new Set();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = compileOne(file);
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (fileName.startsWith(".")) waiting.push(join(dirname(file), fileName.replace(/\.js$/, ".ts")));
    }
  }
  return compiledPath(entry);
}

/**
 * Tests of several runs may do this at the same time.
 *
 * @param {string} file
 */
function compileOne(file) {
  const path = compiledPath(file);
  if (existsSync(path) && statSync(path).mtimeMs > statSync(file).mtimeMs) return readFileSync(path, "utf8");
  const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, outputText);
  renameSync(unfinished, path);
  return outputText;
}

/** @param {string} file */
function compiledPath(file) {
  return join(target, relative(source, file)).replace(/\.ts$/, ".js");
}
