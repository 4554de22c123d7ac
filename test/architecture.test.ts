import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { violations } from "./house.js";
import type { Manifest } from "./house.js";

const root = new URL("../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as Manifest;

describe("the house (DESIGN: arrows point one way)", () => {
  test("every import in src follows the arrows, and the pure rooms are pure", () => {
    const paths = readdirSync(new URL("src", root), { recursive: true, encoding: "utf8" })
      .map((path) => `src/${path.replaceAll("\\", "/")}`)
      .filter((path) => path.endsWith(".ts"));
    const sources = new Map(paths.map((path) => [path, readFileSync(new URL(path, root), "utf8")]));
    expect(sources.size).toBeGreaterThan(0);
    expect(violations(sources, manifest)).toEqual([]);
  });
});

describe("the check itself", () => {
  test.each<[path: string, text: string, complaint: string]>([
    ["src/core/x.ts", `import { Rule } from "../policy/index.js";`, "core may not import policy"],
    ["src/policy/x.ts", `import "../engine/engine.js";`, "policy may not import engine"],
    ["src/policy/english/x.ts", `import "../../engine/engine.js";`, "policy may not import engine"],
    ["src/engine/x.ts", `import type { Rein } from "../rein/rein.js";`, "engine may not import rein"],
    ["src/engine/x.ts", `export * from "../store/index.js";`, "engine may not import store"],
    ["src/rein/x.ts", `const x = await import("../cli/main.js");`, "rein may not import cli"],
    ["src/cli/x.ts", `import { FakeClock } from "../testing/index.js";`, "cli may not import testing"],
    ["src/index.ts", `export { governedFetch } from "./adapters/fetch.js";`, "index may not import adapters"],
    ["src/server/x.ts", `import { gateway } from "../gateway/index.js";`, "server may not import gateway"],
    ["src/rein/x.ts", `import { Rein } from "rein";`, "imports itself by path"],
    ["src/rein/x.ts", `import lodash from "lodash/fp";`, "lodash/fp, which is no dependency"],
    ["src/rein/x.ts", `import x from "@scope/x/y";`, "@scope/x/y, which is no dependency"],
    ["src/rein/x.ts", `import x from "../../package.json";`, "in no room"],
    ["src/attic/x.ts", ``, "in no room"],
    ["src/core/x.ts", `import { createHash } from "node:crypto";`, "core imports nothing from Node"],
    ["src/policy/x.ts", `const home = process.env.HOME;`, "src/policy/x.ts:1 uses process"],
    ["src/policy/x.ts", `const home = globalThis.process.env.HOME;`, "uses globalThis.process"],
    ["src/core/x.ts", `export const size = (s: string) => Buffer.byteLength(s);`, "uses Buffer"],
    ["src/engine/x.ts", `const at = Date.now();`, "uses Date"],
    ["src/engine/x.ts", `const at = { at: new Date() };`, "uses Date"],
    ["src/engine/x.ts", `setTimeout(() => {}, 1);`, "uses setTimeout"],
    ["src/engine/guards/x.ts", `const t = performance.now();`, "uses performance"],
    ["src/engine/x.ts", `const r = Math.random();`, "uses Math.random"],
    ["src/detect/x.ts", `const y = Math.exp(-1);`, "uses Math.exp"],
    ["src/detect/x.ts", `const { log } = Math;`, "uses"],
    ["src/core/x.ts", `const y = Math.pow(2, 3);`, "uses Math.pow"],
    ["src/detect/x.ts", `let y = 2; y **= 3;`, "uses **"],
    ["src/detect/x.ts", `const y = 2 ** 0.5;`, "uses **"],
    ["src/detect/x.ts", `const y = 10 ** -3;`, "uses **"],
    ["src/engine/x.ts", `const s = ["b", "a"].sort((a, b) => a.localeCompare(b));`, "uses localeCompare"],
  ])("%s with `%s` is caught", (path, text, complaint) => {
    const found = violations(new Map([[path, text]]), manifest);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(complaint);
  });

  test.each([
    [
      "src/engine/x.ts",
      `import { Scope } from "../core/scope.js"; import { hash } from "@noble/hashes/sha2.js";`,
    ],
    ["src/engine/x.ts", `const y = Math.floor(Math.sqrt(2)) + Math.max(1, Math.PI) + 2 ** -51;`],
    ["src/core/x.ts", `const scale = (digits: number) => 10n ** BigInt(digits);`],
    [
      "src/engine/x.ts",
      `interface Action { process: string; Date: number } const x = (a: Action) => a.process;`,
    ],
    ["src/engine/x.ts", `// Date.now() would be wrong here\nconst say = "process.exit()";`],
    ["src/engine/x.ts", `const run = (process: () => void) => process();`],
    ["src/engine/x.test.ts", `import { Rein } from "../rein/rein.js"; const at = Date.now();`],
    ["src/rein/x.ts", `import { hrtime } from "node:process"; const at = Date.now() + Math.random();`],
    ["src/index.ts", `export { Rein } from "./rein/rein.js";`],
    ["src/testing/index.ts", `import { governedFetch } from "../adapters/fetch.js";`],
  ])("%s with `%s` is fine", (path, text) => {
    expect(violations(new Map([[path, text]]), manifest)).toEqual([]);
  });

  test("a circle between rooms is named", () => {
    const found = violations(
      new Map([
        ["src/core/a.ts", `import "../policy/b.js";`],
        ["src/policy/b.ts", `import "../engine/c.js";`],
        ["src/engine/c.ts", `import "../core/a.js";`],
      ]),
      manifest,
    );
    expect(found.at(-1)).toBe("rooms import each other in a circle: core → policy → engine → core");
  });
});
