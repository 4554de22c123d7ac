import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { parseVkey } from "../audit/note/index.js";
import { parseTlogPolicy } from "../audit/note/tlog-policy.js";
import { parseTlogProof, verifyTlogProof } from "../audit/note/tlog-proof.js";
import { proveGrowth, proveRecord } from "../audit/verify/prove.js";
import { InvalidInputError, ReinError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { dirFrom, existingLog, givenFile, vkeyFrom } from "./audit-dir.js";
import { counted, harmless } from "./io.js";
import type { Io } from "./io.js";
import { outputFiles } from "./output-file.js";
import type { OutputFile } from "./output-file.js";
import type { Input } from "./output-place.js";

interface ProveFlags {
  readonly output?: string;
  readonly leaf?: string;
  readonly from?: number;
  readonly to?: number;
  readonly check?: string;
  readonly vkey?: string;
  readonly policy?: string;
  readonly json?: true;
}

const HELP = `
A proof is a small file (C2SP tlog-proof: about 20 hashes and a signed checkpoint)
with which anybody who has the record and the log's public key can tell that the
record is in the log, without the log. --leaf writes the record beside it. Values
that were pseudonymised in the record stay so.

--from and --to prove that the log of a size is the beginning of a larger one:
nothing in between was changed.

Examples:
  rein audit prove 4711 ./rein_state -o 4711.tlog-proof --leaf 4711.json
  rein audit prove --check 4711.tlog-proof --leaf 4711.json --vkey log.vkey
  rein audit prove --from 1000 --to 2000 ./rein_state --json

Exit codes: 0 proven, or the proof holds · 2 the proof does not hold · 1 could not run`;

/** `rein audit prove`: makes and checks proofs for single records. */
export function addAuditProve(audit: Command, io: Io, exit: (code: number) => void): void {
  audit
    .command("prove")
    .summary("prove that a record is in the log, or that it only grew")
    .description("Prove that a record is in the log, or that the log only grew; or check such a proof.")
    .argument("[index]", "the record; the log's directory when --from is given")
    .argument("[dir]", "the log, or the governor's state directory (default: REIN_DIR, or ./rein_state)")
    .option("-o, --output <file>", "where to write the proof (default: standard output)")
    .option("--leaf <file>", "where to write the record; with --check: where it is")
    .option("--from <size>", "prove that the log of this many records …", size)
    .option("--to <size>", "… is the beginning of the log of this many (default: all signed)", size)
    .option("--check <file>", "check this proof")
    .option("--vkey <key>", "with --check: the log's verifier key, or a file that holds it")
    .option("--policy <file>", "with --check: whom to trust, a C2SP tlog-policy")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action((index: string | undefined, dir: string | undefined, flags: ProveFlags) => {
      exit(prove(index, dir, flags, io));
    });
}

function prove(index: string | undefined, dir: string | undefined, flags: ProveFlags, io: Io): number {
  if (flags.check !== undefined) return check(flags.check, flags, io);
  if (flags.from !== undefined || flags.to !== undefined) return growth(dir ?? index, flags, io);
  if (index === undefined || !/^(0|[1-9]\d{0,15})$/.test(index)) {
    throw new InvalidInputError("index", "give the index of a record, a whole number from 0 on", {
      help: "`rein audit tail` shows indices; --from and --to prove that a log only grew",
    });
  }
  return record(Number(index), dir, flags, io);
}

function record(index: number, given: string | undefined, flags: ProveFlags, io: Io): number {
  const dir = existingLog(given, io);
  const files = outputFiles({ leaf: flags.leaf, output: flags.output }, theLog(given, io));
  const { text, leaf, size: of, hashes } = proveRecord(nodeDisk, dir, index);
  write(files.get("leaf"), leaf);
  write(files.get("output"), text);
  if (flags.json === true) {
    io.stdout(`${JSON.stringify({ index, size: of, hashes, proof: text, leaf }, null, 2)}\n`);
  } else if (flags.output === undefined) io.stdout(text);
  else {
    io.stdout(
      `Record ${index} of ${counted(of, "signed record")} is proven by ${counted(hashes, "hash", "hashes")} (${hashes * 32} bytes) in \`${harmless(flags.output)}\`.\n`,
    );
  }
  return 0;
}

function growth(given: string | undefined, flags: ProveFlags, io: Io): number {
  if (flags.from === undefined) {
    throw new InvalidInputError("from", "--to needs --from, the size of the smaller log", {
      help: "for example --from 1000 --to 2000",
    });
  }
  const dir = existingLog(given, io);
  const files = outputFiles({ output: flags.output }, theLog(given, io));
  const proof = proveGrowth(nodeDisk, dir, flags.from, flags.to);
  const json = `${JSON.stringify(proof, null, 2)}\n`;
  write(files.get("output"), json);
  if (flags.json === true || flags.output === undefined) io.stdout(json);
  else {
    io.stdout(
      `The log of ${counted(proof.from.size, "record")} is the beginning of the log of ${counted(proof.to.size, "record")}: ${counted(proof.hashes.length, "hash", "hashes")} in \`${harmless(flags.output)}\`.\n`,
    );
  }
  return 0;
}

function check(path: string, flags: ProveFlags, io: Io): number {
  if (flags.leaf === undefined || (flags.vkey === undefined && flags.policy === undefined)) {
    throw new InvalidInputError("check", "a proof is checked against the record and the log's key", {
      help: "add --leaf FILE with the record, and --vkey KEY or --policy FILE from a source that you trust",
    });
  }
  const trust =
    flags.policy === undefined
      ? [parseVkey(vkeyFrom(flags.vkey ?? ""))]
      : parseTlogPolicy(givenFile("policy", flags.policy));
  const bytes = givenFile("leaf", flags.leaf);
  // An editor may have ended the line.
  const leaf = bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
  const proof = givenFile("check", path);
  try {
    const { index, checkpoint, trust: judged } = verifyTlogProof(parseTlogProof(proof), leaf, trust);
    if (judged?.quorum === "missed") {
      return refuse("the checkpoint in the proof is not cosigned by the policy's quorum", flags, io);
    }
    const { origin, size: of } = checkpoint;
    if (flags.json === true)
      io.stdout(`${JSON.stringify({ holds: true, index, origin, size: of, exitCode: 0 }, null, 2)}\n`);
    else
      io.stdout(
        `The proof holds: the record is number ${index} of the ${counted(of, "record")} of \`${harmless(origin)}\`.\n`,
      );
    return 0;
  } catch (error) {
    if (!ReinError.isInstance(error)) throw error;
    return refuse(error.message, flags, io);
  }
}

function refuse(why: string, flags: ProveFlags, io: Io): number {
  if (flags.json === true) io.stdout(`${JSON.stringify({ holds: false, why, exitCode: 2 }, null, 2)}\n`);
  else io.stdout(`The proof does NOT hold: ${harmless(why, 500)}.\n`);
  return 2;
}

function theLog(given: string | undefined, io: Io): readonly Input[] {
  return [{ what: "the log's directory", path: dirFrom(given, io) }];
}

function write(file: OutputFile | undefined, text: string): void {
  file?.write(text);
  file?.finish();
}

function size(value: string): number {
  const n = Number(value);
  if (!/^\d{1,16}$/.test(value) || !Number.isSafeInteger(n))
    throw new InvalidArgumentError("It is a whole number.");
  return n;
}
