import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

const root = new URL("../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
  readonly exports: Readonly<Record<string, string | { readonly default: string; readonly types: string }>>;
};
const modules = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === "string" ? [] : [{ name: `rein${subpath.slice(1)}`, target }],
);

test("every exported module is found by its own name without a build", () => {
  const { config } = ts.readConfigFile(new URL("tsconfig.json", root).pathname, (path) =>
    readFileSync(path, "utf8"),
  );
  const expected = modules.map(({ name, target }) => [
    name,
    [target.default.replace(/^\.\/dist\/(.*)\.js$/, "./src/$1.ts")],
  ]);
  expect(config.compilerOptions.paths).toEqual(Object.fromEntries(expected));
});

test("every exported module names types that lie beside its code", () => {
  for (const { target } of modules) expect(target.types).toBe(target.default.replace(/\.js$/, ".d.ts"));
});

test.each(modules.map(({ name }) => name))("%s can be imported", async (name) => {
  expect(Object.keys((await import(name)) as object)).not.toHaveLength(0);
});
