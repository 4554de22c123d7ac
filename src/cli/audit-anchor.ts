import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import {
  checkAnchors,
  fileAnchor,
  gitAnchor,
  LogTree,
  syslogAnchor,
  tsaAnchor,
  webhookAnchor,
} from "../audit/anchor/index.js";
import type { Anchor, AnchorCheck } from "../audit/anchor/index.js";
import { isLog, logDirOf } from "../audit/log/layout.js";
import { parseDuration } from "../core/duration.js";
import { InvalidInputError, messageOf, ReinError } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";
import { ATTEMPTS_MAX, logKeys, newestHead, Rounds } from "./audit-anchor-round.js";
import type { Round } from "./audit-anchor-round.js";
import { anchorCheckText, roundText } from "./audit-anchor-view.js";
import { collected, policyOf } from "./audit-witness.js";
import type { Io } from "./io.js";
import { realStopSignal } from "./stop-signal.js";
import type { StopSignal } from "./stop-signal.js";

interface AnchorFlags {
  readonly policy?: string;
  readonly file?: readonly string[];
  readonly git?: readonly string[];
  readonly gitPush?: string;
  readonly syslog?: string | true;
  readonly webhook?: readonly string[];
  readonly webhookJson?: true;
  readonly tsa?: readonly string[];
  readonly tsaCa?: string;
  readonly every?: number;
  readonly timeout?: number;
  readonly json?: true;
}

interface VerifyFlags {
  readonly policy?: string;
  readonly file?: readonly string[];
  readonly git?: readonly string[];
  readonly syslogFile?: readonly string[];
  readonly tsaCa?: string;
  readonly timeout?: number;
  readonly json?: true;
}

const TIMEOUT_MS = 10_000;
/** Log heads come about once a second: more often than this, there is nothing new. */
const MIN_EVERY_MS = 1_000;

const HELP = `
DIR is a log's directory, or the state directory of a governor. Its newest
checkpoint is cosigned by the witnesses of the policy that have a URL, and put to
every place that is named; receipts are kept in DIR/receipts. A place that holds a
head to which the log does not lead says so: then the log was cut, set back or
forked, both notes are kept in DIR/receipts/evidence, and the exit code is 2.

An anchor is worth as much as the distance between it and whoever can change the
log: use another volume, user, machine, organisation.

Examples:
  rein audit anchor ./rein_state --policy trust.policy           # once, for cron
  rein audit anchor ./rein_state --policy trust.policy --every 10s
  rein audit anchor LOG --file /mnt/worm/heads --git /srv/heads --git-push origin
  rein audit anchor LOG --syslog udp://10.0.0.5:514 --tsa https://tsa.example/tsr --tsa-ca ca.pem
  rein audit anchor verify LOG --file /mnt/worm/heads            # what they say about it

Exit codes: 0 everybody has it, enough witnesses cosigned · 1 could not run, or not
everybody has it · 2 the log contradicts a head that was shown before`;

const VERIFY_HELP = `
Compares the log with the heads that its anchors hold, and with its receipts. What
only a receipt in the log says is called a claim: whoever can change the log can
change that, too. Time stamps are checked with openssl, given --tsa-ca.

This does not check the records themselves: that is \`rein audit verify DIR\`.

Examples:
  rein audit anchor verify LOG --file /mnt/worm/heads
  rein audit anchor verify LOG --policy trust.policy --git /srv/heads --tsa-ca ca.pem --json

Exit codes: 0 the log leads to every head, and a place or a proof was checked ·
1 could not run, or there is nothing but claims · 2 it does not`;

/** \`rein audit anchor\`: shows a log's heads to witnesses and anchors, and checks the log against them. */
export function addAuditAnchor(
  audit: Command,
  io: Io,
  exit: (code: number) => void,
  stopSignal: StopSignal = realStopSignal,
): void {
  const command = audit
    .command("anchor")
    .summary("show the log's head to witnesses and other places")
    .description("Show the newest head of a log to witnesses, and put it to places outside.")
    .argument("<dir>", "the log, or the governor's state directory")
    .option("--policy <file>", "a tlog-policy file: the log's key, and the witnesses to ask")
    .option("--file <path>", "a list of heads on another volume; may be repeated", collected)
    .option("--git <repository>", "a branch of a git repository; may be repeated", collected)
    .option("--git-push <remote>", "push that branch to this remote")
    .option("--syslog [where]", "the system log, udp://HOST:PORT or unix:/PATH")
    .option("--webhook <url>", "a web service that takes the note; may be repeated", collected)
    .option("--webhook-json", "send it { origin, size, root, at, note }")
    .option("--tsa <url>", "a time-stamping authority (RFC 3161); may be repeated", collected)
    .option("--tsa-ca <file>", "its issuers' certificates, to verify what it answers")
    .option("--every <duration>", "go on, and do it this often: 10s", every)
    .option("--timeout <duration>", "for each answer (default: 10s)", duration)
    .option("--json", "print one JSON document; with --every, one line each")
    .addHelpText("after", HELP)
    .action(async (dir: string, flags: AnchorFlags) => {
      exit(await anchor(dir, flags, io, stopSignal));
    });
  command
    .command("verify")
    .summary("check the log against its anchors")
    .description("Check that a log leads to every head that its anchors hold.")
    .argument("<dir>", "the log, or the governor's state directory")
    .option("--policy <file>", "a tlog-policy file: the log's key")
    .option("--file <path>", "a list of heads; may be repeated", collected)
    .option("--git <repository>", "a git repository; may be repeated", collected)
    .option("--syslog-file <path>", "a file with lines of a system log; may be repeated", collected)
    .option("--tsa-ca <file>", "certificates of the issuers of time-stamping authorities")
    .option("--timeout <duration>", "for git and openssl (default: 10s)", duration)
    .option("--json", "print one JSON document")
    .addHelpText("after", VERIFY_HELP)
    .action(async (dir: string, flags: VerifyFlags) => {
      exit(await verify(dir, { ...flags, ...sharedFlags(command.opts<AnchorFlags>()) }, io));
    });
}

/** Options that both commands have are always taken by the one above. */
function sharedFlags({
  policy,
  file,
  git,
  tsaCa,
  timeout,
  json,
}: AnchorFlags): Omit<VerifyFlags, "syslogFile"> {
  return {
    ...(file !== undefined && { file }),
    ...(git !== undefined && { git }),
    ...(timeout !== undefined && { timeout }),
    ...(policy !== undefined && { policy }),
    ...(tsaCa !== undefined && { tsaCa }),
    ...(json === true && { json }),
  };
}

async function anchor(given: string, flags: AnchorFlags, io: Io, stopSignal: StopSignal): Promise<number> {
  const dir = existingLog(given);
  const policy = flags.policy === undefined ? null : policyOf(flags.policy);
  const anchors = anchorsOf(flags);
  const hasWitness = policy?.witnesses.some(({ url }) => url !== undefined) === true;
  if (anchors.length === 0 && !hasWitness) {
    throw new InvalidInputError("policy", "there is nobody to show the head to", {
      help: "give a --policy whose witnesses have URLs, or --file, --git, --syslog, --webhook or --tsa",
    });
  }
  const isLasting = flags.every !== undefined;
  const signal = isLasting ? stopSignal() : new AbortController().signal;
  const rounds = new Rounds({ dir, policy, anchors, timeoutMs: flags.timeout ?? TIMEOUT_MS, signal });
  let code = 0;
  do {
    const result = await oneRound(rounds, isLasting, io, flags.json === true);
    // Nothing that comes later makes a contradiction good.
    code = code === 2 ? 2 : result;
    if (isLasting) await pause(flags.every, signal);
  } while (isLasting && !signal.aborted);
  return isLasting && code !== 2 ? 0 : code;
}

/** Returns the exit code of one round; a lasting run goes on after what went wrong. */
async function oneRound(rounds: Rounds, isLasting: boolean, io: Io, json: boolean): Promise<number> {
  let round: Round;
  try {
    round = await rounds.next();
  } catch (error) {
    if (!isLasting) throw error;
    const facts = {
      code: ReinError.isInstance(error) ? error.code : "engine_fault",
      message: messageOf(error),
    };
    if (json) io.stdout(`${JSON.stringify({ error: facts })}\n`);
    else io.stderr(`rein: ${facts.message}\n`);
    return 1;
  }
  const exitCode = round.isContradicted ? 2 : round.isDone && round.quorum !== "missed" ? 0 : 1;
  if (json) io.stdout(`${JSON.stringify({ ...round, exitCode }, null, isLasting ? undefined : 2)}\n`);
  else if (!round.isUnchanged) io.stdout(roundText(round, io));
  return exitCode;
}

async function verify(given: string, flags: VerifyFlags, io: Io): Promise<number> {
  let check: AnchorCheck;
  const dir = existingLog(given);
  const { verifiers, isTrusted } = logKeys(dir, flags.policy === undefined ? null : policyOf(flags.policy));
  const log = new LogTree(nodeDisk, dir);
  let head = newestHead(dir, verifiers);
  for (let attempt = 1; ; attempt++) {
    log.extendTo(head.size, head.root);
    check = await checkAnchors({
      ...{ disk: nodeDisk, dir, origin: head.origin, log, verifiers, timeoutMs: flags.timeout ?? TIMEOUT_MS },
      files: (flags.file ?? []).map((path) => resolve(path)),
      repositories: (flags.git ?? []).map((path) => resolve(path)),
      syslogs: (flags.syslogFile ?? []).map((path) => resolve(path)),
      ...(flags.tsaCa !== undefined && { tsaCa: resolve(flags.tsaCa) }),
    });
    const newest = newestHead(dir, verifiers);
    // A newer head may have been put there while the log was looked at: then the log was not cut.
    const isOld = check.contradictions.length > 0 && newest.size > head.size;
    if (!isOld || attempt === ATTEMPTS_MAX) break;
    head = newest;
  }
  const { origin, size } = head;
  const isChecked = check.covered.some(({ standing }) => standing === "checked");
  const exitCode = check.contradictions.length > 0 ? 2 : isChecked ? 0 : 1;
  const result = { dir, origin, size, isKeyTrusted: isTrusted, ...check };
  if (flags.json === true) io.stdout(`${JSON.stringify({ ...result, exitCode }, null, 2)}\n`);
  else io.stdout(anchorCheckText(result, Date.now(), io));
  return exitCode;
}

function anchorsOf(flags: AnchorFlags): Anchor[] {
  const { syslog, gitPush, webhookJson, tsaCa } = flags;
  return [
    ...(flags.file ?? []).map((path) => fileAnchor(nodeDisk, resolve(path))),
    ...(flags.git ?? []).map((path) => gitAnchor({ repository: resolve(path), push: gitPush })),
    ...(syslog === undefined ? [] : [syslogAnchor(syslog === true ? "local" : syslog)]),
    ...(flags.webhook ?? []).map((url) => webhookAnchor({ url, json: webhookJson })),
    ...(flags.tsa ?? []).map((url) =>
      tsaAnchor({ url, caFile: tsaCa === undefined ? undefined : resolve(tsaCa) }),
    ),
  ];
}

function existingLog(given: string): string {
  const dir = logDirOf(nodeDisk, resolve(given));
  if (isLog(nodeDisk, dir)) return dir;
  throw new InvalidInputError(
    "dir",
    existsSync(dir) ? `there is no log in \`${dir}\`` : `there is no \`${dir}\``,
    {
      help: "give the directory of a log, or the state directory of a governor",
    },
  );
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError("It must be a duration such as 10s.");
}

function every(text: string): number {
  const ms = duration(text);
  if (ms >= MIN_EVERY_MS) return ms;
  throw new InvalidArgumentError("It must be at least 1s.");
}
