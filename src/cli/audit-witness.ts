import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { makeDirDurably } from "../audit/log/layout.js";
import { parseTlogPolicy, parseVkey } from "../audit/note/index.js";
import type { NoteVerifier } from "../audit/note/index.js";
import { createWitnessKey, readWitnessKey, serveWitness, Witness } from "../audit/witness/index.js";
import type { WitnessEvent } from "../audit/witness/index.js";
import { InvalidInputError, messageOf, ReinError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { counted, harmless } from "./io.js";
import type { Io } from "./io.js";
import { realStopSignal, stopped } from "./stop-signal.js";
import type { StopSignal } from "./stop-signal.js";

interface KeygenFlags {
  readonly key: string;
  readonly json?: true;
}

interface ServeFlags {
  readonly key: string;
  readonly state: string;
  readonly log?: readonly string[];
  readonly policy?: string;
  readonly host: string;
  readonly port: number;
  readonly json?: true;
}

const DEFAULT_PORT = 7380;
const MAX_PORT = 65_535;

const KEYGEN_HELP = `
NAME is like an address without its scheme, and says whose witness it is:
witness.example.com/w1. FILE is made for its owner only, and must not exist yet.
The verifier key that is printed goes into the policy of whoever checks logs.

Examples:
  rein audit witness keygen witness.example.com/w1 --key w1.pem

Exit codes: 0 made · 1 could not run`;

const SERVE_HELP = `
A witness belongs on a machine, and to people, that the log's operator does not
command. It cosigns a checkpoint when it continues the last one it cosigned
(c2sp.org/tlog-witness): a log that was cut, set back or forked gets nothing more.
What contradicts itself is kept in DIR/evidence.

Logs are named by their verifier keys, which a log has in its file \`vkey\`: take it
over a way that you trust. There is no TLS: put a proxy before it. Never let two
witnesses with one key have two state directories, and never set DIR back.

Examples:
  rein audit witness serve --key w1.pem --state ./w1 --log "$(cat LOG/vkey)"
  rein audit witness serve --key w1.pem --state ./w1 --policy trust.policy --port 7380

Exit codes: 0 ended by a signal · 1 could not run`;

/** \`rein audit witness\`: a witness of logs. */
export function addAuditWitness(
  audit: Command,
  io: Io,
  exit: (code: number) => void,
  stopSignal: StopSignal = realStopSignal,
): void {
  const group = audit
    .command("witness")
    .summary("witness the logs of others: cosign their heads")
    .description("Witness logs: cosign each head that continues the one before it.");
  group
    .command("keygen")
    .summary("make the key of a witness")
    .description("Make the key of a witness, and print its verifier key.")
    .argument("<name>", "the witness's name")
    .requiredOption("--key <file>", "where the private key is kept")
    .option("--json", "print one JSON document")
    .addHelpText("after", KEYGEN_HELP)
    .action((name: string, flags: KeygenFlags) => {
      exit(keygen(name, flags, io));
    });
  group
    .command("serve")
    .summary("answer logs that ask for cosignatures")
    .description("Answer logs that ask for cosignatures, over HTTP.")
    .requiredOption("--key <file>", "the private key, see keygen")
    .requiredOption("--state <dir>", "where it keeps what it has seen")
    .option("--log <vkey>", "a log that is witnessed; may be repeated", collected)
    .option("--policy <file>", "a tlog-policy file, whose logs are witnessed")
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--port <number>", "0 takes any that is free", port, DEFAULT_PORT)
    .option("--json", "print what happens as JSON, one line each")
    .addHelpText("after", SERVE_HELP)
    .action(async (flags: ServeFlags) => {
      exit(await serve(flags, io, stopSignal()));
    });
}

function keygen(name: string, flags: KeygenFlags, io: Io): number {
  const path = resolve(flags.key);
  let vkey: string;
  try {
    ({ vkey } = createWitnessKey(nodeDisk, path, name, Date.now).signer);
  } catch (error) {
    if (ReinError.isInstance(error)) throw error;
    const isThere = (error as { code?: unknown }).code === "EEXIST";
    throw new InvalidInputError("key", `\`${path}\` cannot be made: ${messageOf(error)}`, {
      help: isThere
        ? "it exists: choose another file, a key is not replaced"
        : "choose a place that can be written to",
      cause: error,
    });
  }
  io.stdout(
    flags.json === true
      ? `${JSON.stringify({ name, key: path, vkey }, null, 2)}\n`
      : `The private key is in ${path}. The verifier key:\n\n${vkey}\n`,
  );
  return 0;
}

async function serve(flags: ServeFlags, io: Io, stop: AbortSignal): Promise<number> {
  const { signer } = readWitnessKey(nodeDisk, resolve(flags.key), Date.now);
  const logs = logsOf(flags);
  const dir = resolve(flags.state);
  makeDirDurably(nodeDisk, dir);
  const tell = (event: object, text: string): void => {
    io.stdout(flags.json === true ? `${JSON.stringify(event)}\n` : `${harmless(text)}\n`);
  };
  const witness = new Witness({
    ...{ signer, logs, disk: nodeDisk, dir, now: Date.now },
    onEvent: (event) => {
      tell({ at: Date.now(), ...event }, `${new Date().toISOString()} ${eventText(event)}`);
    },
  });
  const { origins } = witness;
  const served = await serveWitness(witness, flags);
  const { url } = served;
  tell(
    { at: Date.now(), kind: "listening", url, vkey: signer.vkey, origins },
    `${signer.vkey}\nwitnesses ${counted(origins.length, "log")} at ${url}: ${origins.join(", ")}`.replace(
      "\n",
      " ",
    ),
  );
  await stopped(stop);
  await served.close();
  return 0;
}

function logsOf({ log = [], policy }: ServeFlags): readonly NoteVerifier[] {
  const logs = log.map((vkey) => parseVkey(vkey.trim()));
  if (policy !== undefined) logs.push(...policyOf(policy).logs.map(({ verifier }) => verifier));
  if (logs.length > 0) return logs;
  throw new InvalidInputError("log", "no log is named that could be witnessed", {
    help: "give --log VKEY, the line in the log's file `vkey`, or a --policy with `log` lines",
  });
}

/** Reads a file that says whom to trust. @throws InvalidInputError; ReinError `trust_invalid` */
export function policyOf(path: string): ReturnType<typeof parseTlogPolicy> {
  let bytes: Uint8Array;
  try {
    bytes = nodeDisk.read(resolve(path));
  } catch (cause) {
    throw new InvalidInputError("policy", `\`${path}\` cannot be read: ${messageOf(cause)}`, {
      help: "give a tlog-policy file: lines `log VKEY`, `witness NAME VKEY URL`, `group`, `quorum NAME`",
      cause,
    });
  }
  return parseTlogPolicy(bytes);
}

function eventText({ kind, status, message, origin, size, evidence }: WitnessEvent): string {
  const what = origin === undefined ? "" : ` ${origin}${size === undefined ? "" : ` ${size}`}`;
  const where = evidence === undefined ? "" : `; see ${evidence}`;
  return `${status} ${kind}${what}: ${message}${where}`;
}

function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (number <= MAX_PORT) return number;
  throw new InvalidArgumentError(`It must be a number from 0 to ${MAX_PORT}.`);
}

/** For options that may be repeated. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
