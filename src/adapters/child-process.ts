import { spawn } from "node:child_process";
import type {
  ChildProcess,
  ChildProcessByStdio,
  ChildProcessWithoutNullStreams,
  SpawnOptions,
  SpawnOptionsWithoutStdio,
  SpawnOptionsWithStdioTuple,
  StdioNull,
  StdioPipe,
} from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { InvalidInputError } from "../core/errors.js";
import type { Permit } from "../rein/index.js";
import { passFence } from "./fence.js";
import { HAS_GROUPS, ProcessGroup } from "./process-group.js";

/** What `governedSpawn` takes besides the options of `spawn`. */
export interface GovernedSpawnOptions {
  /** Acts under this permit too, besides those of the governed calls that are running. */
  readonly permit?: Permit | undefined;
  /**
   * Milliseconds between SIGTERM and SIGKILL when a halt ends the group; 0 when absent: SIGKILL at once. A halt waits
   * for it, so keep it shorter than the halt's deadline. Windows kills at once.
   */
  readonly killGraceMs?: number | undefined;
}

type Stdio = StdioNull | StdioPipe;
type End<S extends Stdio, T> = S extends StdioPipe ? T : null;
type With<O> = O & GovernedSpawnOptions;

/**
 * `spawn` of `node:child_process` behind a fence: starts only while every permit it runs under is good, and a halt
 * kills the child and all processes below it.
 *
 * It acts under the permits of all governed calls that are running, of every Rein, and under `options.permit`. The
 * child leads a process group of its own (`detached` is always true); when a permit becomes void the whole group is
 * killed and the pipes are closed. The child counts as in flight until the last process of its group is gone, not
 * only the first, even when the action is settled before. The group is also killed when this process exits.
 *
 * - A process that leaves the group (`setsid`, `setpgid`, a daemon, a container's run time) escapes: neither halt nor
 *   receipt sees it. Run untrusted programs in a sandbox.
 * - A program that has taken on other rights (`sudo`) may not be killable: it stays in flight, and the receipt of a
 *   halt says `unknown`.
 * - This process cannot kill the group when it dies of a signal nobody handles, SIGKILL for one; and as the group is
 *   not the terminal's, Ctrl-C does not reach it. Handle SIGINT and SIGTERM with `process.exit()`.
 * - On Windows `taskkill /T /F` ends the tree below the child; what has lost its parent before is not found.
 * - `signal`, `timeout` and `child.kill()` are those of Node: they end the child alone.
 *
 * @throws ReinError `no_permit` outside of any governed call, `already_settled`; HaltedError; InvalidInputError for a
 *   bad `permit` or `killGraceMs`; else what `spawn` throws. Nothing is started then.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import { Rein } from "rein";
 * import { governedSpawn } from "rein/child-process";
 *
 * const rein = await Rein.open({ mode: "enforce" });
 * const runTests = rein.governed({ source: "coder", series: "run_tests" }, async (dir: string) => {
 *   const child = governedSpawn("npm", ["test"], { cwd: dir, stdio: "inherit", killGraceMs: 500 });
 *   const [code] = await once(child, "exit");
 *   return code === 0;
 * });
 * ```
 */
export function governedSpawn(
  command: string,
  options?: With<SpawnOptionsWithoutStdio>,
): ChildProcessWithoutNullStreams;
export function governedSpawn<I extends Stdio, O extends Stdio, E extends Stdio>(
  command: string,
  options: With<SpawnOptionsWithStdioTuple<I, O, E>>,
): ChildProcessByStdio<End<I, Writable>, End<O, Readable>, End<E, Readable>>;
export function governedSpawn(command: string, options: With<SpawnOptions>): ChildProcess;
export function governedSpawn(
  command: string,
  args?: readonly string[],
  options?: With<SpawnOptionsWithoutStdio>,
): ChildProcessWithoutNullStreams;
export function governedSpawn<I extends Stdio, O extends Stdio, E extends Stdio>(
  command: string,
  args: readonly string[],
  options: With<SpawnOptionsWithStdioTuple<I, O, E>>,
): ChildProcessByStdio<End<I, Writable>, End<O, Readable>, End<E, Readable>>;
export function governedSpawn(
  command: string,
  args: readonly string[],
  options: With<SpawnOptions>,
): ChildProcess;
export function governedSpawn(
  command: string,
  second?: readonly string[] | With<SpawnOptions>,
  third?: With<SpawnOptions>,
): ChildProcess {
  const [args, options] = isOptions(second) ? [[], second] : [second ?? [], third ?? {}];
  const { permit, killGraceMs, ...plain } = options;
  const graceMs = checkGrace(killGraceMs ?? 0);
  let group: ProcessGroup | undefined;
  const release = passFence("spawn", permit, () => group?.stop(graceMs));
  try {
    const child = spawn(command, args, HAS_GROUPS ? { ...plain, detached: true } : plain);
    // Without an id nothing was started, and the child emits `error`.
    if (child.pid === undefined) release();
    else group = new ProcessGroup(child, child.pid, release);
    return child;
  } catch (error) {
    release();
    throw error;
  }
}

function isOptions(value: readonly string[] | With<SpawnOptions> | undefined): value is With<SpawnOptions> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkGrace(graceMs: number): number {
  if (typeof graceMs === "number" && graceMs >= 0 && graceMs < 2 ** 31) return graceMs;
  throw new InvalidInputError("killGraceMs", `a grace of \`${String(graceMs)}\` is not a time`, {
    help: "pass milliseconds, 0 to kill at once",
  });
}
