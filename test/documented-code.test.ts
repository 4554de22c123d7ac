import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Code that readers will copy: the README's, and every `@example` of the source. */
function documentedCode(): Map<string, string> {
  const code = new Map<string, string>();
  const readme = readFileSync(`${ROOT}README.md`, "utf8");
  [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].forEach(([, block], i) => code.set(`README-${i}.ts`, block!));
  for (const file of readdirSync(`${ROOT}src`, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const source = readFileSync(`${ROOT}src/${file}`, "utf8");
    for (const [, comment] of source.matchAll(/\/\*\*([\s\S]*?)\*\//g)) {
      const blocks = [...comment!.matchAll(/@example\s*\n([\s\S]*?)```ts\n([\s\S]*?)```/g)];
      blocks.forEach(([, , block], i) =>
        code.set(`${file.replaceAll("/", "-")}-${i}.ts`, block!.replace(/^\s*\* ?/gm, "")),
      );
    }
  }
  return code;
}

test("the README's code and every example in the source compile against the package", () => {
  const code = new Map(
    [...documentedCode()].map(([name, text]) => [`${ROOT}test/${name}`, `export {};\n${text}`]),
  );
  expect(code.size).toBeGreaterThanOrEqual(5);
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const relaxed = { ...options, noUnusedLocals: false, noUnusedParameters: false };
  const host = ts.createCompilerHost(relaxed);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => code.has(path) || fileExists.call(host, path);
  host.readFile = (path) => code.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, target, ...rest) =>
    code.has(path)
      ? ts.createSourceFile(path, code.get(path)!, target)
      : getSourceFile.call(host, path, target, ...rest);
  const program = ts.createProgram([...code.keys()], relaxed, host);
  const problems = [...code.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  });
  expect(problems).toEqual([]);
}, 60_000);
