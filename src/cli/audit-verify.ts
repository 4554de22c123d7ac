import { statSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { parseTlogPolicy } from "../audit/note/tlog-policy.js";
import type { GivenHead } from "../audit/verify/heads.js";
import { verifyLog } from "../audit/verify/verify.js";
import type { Requirement } from "../audit/verify/verify.js";
import { parseDuration } from "../core/duration.js";
import { nodeDisk } from "../store/index.js";
import { givenFile, logDirFrom, vkeyFrom } from "./audit-dir.js";
import { verdictText } from "./audit-verify-view.js";
import { counted } from "./io.js";
import type { Io } from "./io.js";
import { Progress } from "./progress.js";

interface VerifyFlags {
  readonly policy?: string;
  readonly vkey?: string;
  readonly head?: readonly string[];
  readonly since?: string;
  readonly require?: readonly Requirement[];
  readonly silence?: number;
  readonly json?: true;
}

const HELP = `
Everything is read: each line must be the canonical form of its record and stand
in its place; the records must lead to the root of every checkpoint that was ever
signed; epochs must be sealed by the keys that were announced for them; and nothing
that was kept of the log elsewhere may say otherwise. Nothing is changed, and the
log may be written to meanwhile.

What a log says about itself, whoever has its key can say anew. So give what you
know from elsewhere: the key (--vkey), a checkpoint that you kept (--head), the
witnesses that you trust (--policy, a C2SP tlog-policy). The verdict always ends
with what it does not cover.

Examples:
  rein audit verify ./rein_state
  rein audit verify ./rein_state --vkey log.vkey --head yesterday.checkpoint
  rein audit verify ./rein_state --policy trust.policy --require witnessed
  rein audit verify ./rein_state --since yesterday.checkpoint --json

Exit codes: 0 it holds · 2 invalid · 3 it contradicts a head that was kept ·
4 it holds, with less trust than was asked for · 1 could not run`;

/** `rein audit verify`: whether a log is what was signed, and what that does not say. */
export function addAuditVerify(audit: Command, io: Io, exit: (code: number) => void): void {
  audit
    .command("verify")
    .summary("check every record, hash, signature and kept head")
    .description("Check a log from its first byte to its last.")
    .argument("[dir]", "the log, or the governor's state directory (default: REIN_DIR, or ./rein_state)")
    .option("--policy <file>", "whom to trust: a C2SP tlog-policy")
    .option("--vkey <key>", "the log's verifier key, or a file that holds it")
    .option(
      "--head <file>",
      "a checkpoint of this log that was kept elsewhere; may come several times",
      several,
    )
    .option("--since <file>", "a kept checkpoint: records before it are not read again")
    .option(
      "--require <what>",
      "signed, head, anchored or witnessed: what must be there besides",
      requirement,
    )
    .option("--silence <duration>", "the longest that a run may write nothing (default: 30s)", duration)
    .option("--json", "print the whole verdict as one JSON document")
    .addHelpText("after", HELP)
    .action((dir: string | undefined, flags: VerifyFlags) => {
      exit(verify(dir, flags, io));
    });
}

function verify(given: string | undefined, flags: VerifyFlags, io: Io): number {
  const dir = logDirFrom(given, io);
  const policy = flags.policy === undefined ? undefined : parseTlogPolicy(givenFile("policy", flags.policy));
  const progress = new Progress(io);
  const verdict = (() => {
    try {
      return verifyLog({
        ...{ disk: nodeDisk, dir, policy, now: Date.now() },
        vkey: flags.vkey === undefined ? undefined : vkeyFrom(flags.vkey),
        heads: (flags.head ?? []).map(headFrom),
        since: flags.since === undefined ? undefined : headFrom(flags.since),
        require: flags.require,
        silenceMs: flags.silence,
        onProgress: (bytes, total) => {
          progress.update(
            total === 0 ? undefined : Math.min(1, bytes / total),
            () => `verifying: ${counted(Math.round(bytes / 1e6), "MB", "MB")}`,
          );
        },
      });
    } finally {
      progress.clear();
    }
  })();
  io.stdout(flags.json === true ? `${JSON.stringify(verdict, null, 2)}\n` : verdictText(verdict, io));
  return verdict.exitCode;
}

/** A head file; in a directory of heads, or of another copy of the log, its newest checkpoint. */
function headFrom(path: string): GivenHead {
  let file = path;
  try {
    if (statSync(path).isDirectory()) file = join(path, "checkpoint");
  } catch {
    // Reading it says what is wrong.
  }
  return { name: path, text: givenFile("head", file).toString("utf8") };
}

function several(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

const REQUIREMENTS: readonly Requirement[] = ["signed", "head", "anchored", "witnessed"];

function requirement(value: string, before: readonly Requirement[] | undefined): readonly Requirement[] {
  const known = REQUIREMENTS.find((each) => each === value);
  if (known === undefined) throw new InvalidArgumentError(`It is one of ${REQUIREMENTS.join(", ")}.`);
  return [...(before ?? []), known];
}

function duration(value: string): number {
  const ms = parseDuration(value);
  if (ms === null) throw new InvalidArgumentError("Write it like 30s, 5m or 1h.");
  return ms;
}
