import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

/**
 * Runs the TypeScript compiler on one project file; ends this process with the compiler's code when it fails.
 *
 * @param {string} project
 * @param {...string} options
 */
export function compile(project, ...options) {
  const { status, error } = spawnSync(process.execPath, [tsc, "-p", project, ...options], {
    stdio: "inherit",
  });
  if (error) throw error;
  if (status !== 0) {
    console.error(`compiling ${project} failed`);
    process.exit(status ?? 1);
  }
}
