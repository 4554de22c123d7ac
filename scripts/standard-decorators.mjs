import ts from "typescript";

/**
 * Vite's own transformer leaves standard decorators as they are, and no Node version runs them yet. Files that
 * use one go through TypeScript first, which is what compiles them for users as well.
 *
 * @returns {import("vitest/config").Plugin}
 */
export function standardDecorators() {
  return {
    name: "standard-decorators",
    enforce: "pre",
    transform(code, id) {
      const file = id.split("?")[0] ?? id;
      if (!file.endsWith(".ts") || file.includes("/node_modules/") || !hasDecorator(code)) return null;
      const { outputText, sourceMapText } = ts.transpileModule(code, {
        fileName: file,
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
          sourceMap: true,
        },
      });
      return {
        code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"),
        map: sourceMapText ?? null,
      };
    },
  };
}

/**
 * Most files are told by their text; an `@` in a string or a docstring is told by the parse.
 *
 * @param {string} code
 */
function hasDecorator(code) {
  if (!/(^|[\s;{}()])@[A-Za-z_$(]/.test(code)) return false;
  const source = ts.createSourceFile("file.ts", code, ts.ScriptTarget.Latest);
  /** @type {(node: ts.Node) => boolean} */
  const decorated = (node) =>
    ts.isDecorator(node) || ts.forEachChild(node, (child) => decorated(child) || undefined) === true;
  return decorated(source);
}
