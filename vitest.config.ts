import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { compiledThreads } from "./scripts/compiled-threads.mjs";
import { CountReporter } from "./scripts/count-reporter.mjs";
import { standardDecorators } from "./scripts/standard-decorators.mjs";

// The package's own name, resolved to source, so that tests need no build: "rein/testing" is exported from
// dist/testing/index.js and comes from src/testing/index.ts here.
const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as {
  exports: Record<string, string | { default: string }>;
};
const alias = Object.entries(manifest.exports).flatMap(([subpath, target]) => {
  if (typeof target === "string") return [];
  const source = target.default.replace(/^\.\/dist\/(.*)\.js$/, "./src/$1.ts");
  return [
    {
      find: new RegExp(`^rein${subpath.slice(1)}$`),
      replacement: new URL(source, import.meta.url).pathname,
    },
  ];
});

export default defineConfig({
  plugins: [standardDecorators(), compiledThreads()],
  resolve: { alias },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "evaluation/**/*.test.ts"],
    globalSetup: "scripts/compile-under-test.mjs",
    // Properties draw anew in each run. With REIN_SEED=NUMBER they draw the same again, as .ci/run has them do.
    setupFiles: process.env["REIN_SEED"] === undefined ? [] : ["test/support/seed.ts"],
    testTimeout: 30_000,
    // Many tests wait for processes, disks and clocks: one for each core but one would leave both idle.
    maxWorkers: 2,
    reporters: ["default", new CountReporter()],
  },
});
