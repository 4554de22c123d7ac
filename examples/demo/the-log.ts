import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What somebody who trusts nobody can say about the log that the demo leaves behind. */
export interface LogCheck {
  /** Where it is: for `rein audit verify`. */
  readonly dir: string;
  readonly records: number;
  readonly isValid: boolean;
  /** One digit of one record was changed in a copy of it, and that was noticed. */
  readonly isForgeryFound: boolean;
  /** What was said of the copy. */
  readonly forgery: string;
}

/** What `rein audit verify --json` prints, as far as it is used here. */
interface Verdict {
  readonly outcome: string;
  readonly size: number;
  readonly firstBad: { readonly file: string; readonly line: number | null } | null;
}

/** Where the demo is compiled to, the command line is three floors up; tests say where theirs is. */
function cli(): string {
  return process.env["REIN_DEMO_CLI"] ?? fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
}

/** Verifies the log of a governor that is closed, and a copy of it in which a mail has one recipient more. */
export function checkLog(dir: string): LogCheck {
  const verdict = verify(dir);
  const copy = mkdtempSync(join(tmpdir(), "rein-demo-"));
  try {
    cpSync(dir, copy, { recursive: true });
    forge(copy);
    const forged = verify(copy);
    const { file = "nothing", line } = forged.firstBad ?? {};
    return {
      dir,
      records: verdict.size,
      isValid: verdict.outcome === "valid",
      isForgeryFound: forged.outcome === "invalid",
      forgery: `${forged.outcome}: line ${line ?? "?"} of ${file} is not the one that was signed for`,
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function verify(dir: string): Verdict {
  const { stdout, stderr } = spawnSync(process.execPath, [cli(), "audit", "verify", dir, "--json"], {
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(`the log could not be verified: ${stderr}`);
  return JSON.parse(stdout) as Verdict;
}

/** Makes an action that was refused one that was allowed. */
function forge(dir: string): void {
  const segments = join(dir, "audit", "seg");
  const [name] = readdirSync(segments).filter((file) => file.endsWith(".jsonl"));
  const path = join(segments, name!);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace('"verdict":"block"', '"verdict":"allow"'));
}
