import { spawn } from "node:child_process";
import { messageOf, ReinError } from "../../core/errors.js";

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes of output that are read at most. */
  readonly maxBytes?: number;
}

/** What a program said. */
export interface RunResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const MAX_BYTES = 64 << 20;

/**
 * Runs another program to its end, without a shell.
 *
 * @throws ReinError `anchor_failed` when it cannot be started, takes too long or says too much
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { input, timeoutMs, signal, env, maxBytes = MAX_BYTES }: RunOptions,
): Promise<RunResult> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
    killSignal: "SIGKILL",
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
  });
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    const take = (into: Buffer[]) => (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > maxBytes) child.kill("SIGKILL");
      else into.push(piece);
    };
    child.stdout.on("data", take(out));
    child.stderr.on("data", take(err));
    // It may end before it has read everything; its exit code tells.
    child.stdin.on("error", () => undefined);
    child.on("error", (cause) => {
      const isMissing = (cause as { code?: unknown }).code === "ENOENT";
      const why = timeout.aborted ? `took longer than ${timeoutMs} ms` : messageOf(cause);
      reject(
        new ReinError(
          "anchor_failed",
          `\`${program}\` ${isMissing ? "is not installed" : `failed: ${why}`}`,
          {
            help: isMissing ? `install \`${program}\`, or use another kind of anchor` : undefined,
            cause,
          },
        ),
      );
    });
    child.on("close", (code) => {
      resolve({ code: code ?? 1, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString("utf8") });
    });
    child.stdin.end(input ?? "");
  });
}
