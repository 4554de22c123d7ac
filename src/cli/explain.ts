import { basename } from "node:path";
import type { Command } from "commander";
import { withValues } from "../audit/index.js";
import type { LogRecord } from "../audit/index.js";
import { segmentPath } from "../audit/log/layout.js";
import type { Disk } from "../core/disk.js";
import { compilePolicy } from "../policy/index.js";
import type { Rule } from "../policy/index.js";
import { nodeDisk } from "../store/index.js";
import { replayDecision, savedState } from "./decision-replay.js";
import type { Circumstances, Start } from "./decision-replay.js";
import { endOf, findDecision, readDecisionId, wayTo } from "./decision-search.js";
import type { DecisionId } from "./decision-search.js";
import { explanationText } from "./explain-view.js";
import { counted } from "./io.js";
import type { Io } from "./io.js";
import { logOf } from "./log-of-dir.js";
import { Progress } from "./progress.js";
import { recordsFrom } from "./record-scan.js";
import { addStateOptions, inStateDir, STATE_HELP, stateDirOf } from "./state-dir.js";
import type { StateFlags } from "./state-dir.js";
import { recordsSize, watchedDisk } from "./watched-disk.js";

type Fields = Readonly<Record<string, unknown>>;

/** Everything that is known of one decision. */
export interface Explanation {
  readonly id: string;
  readonly dir: string;
  /** Index of its record in the log, and the segment's file that has it. */
  readonly n: number;
  readonly file: string;
  /** The run that made it; null: its opening is no longer in the records. */
  readonly run: { readonly boot: unknown; readonly at: unknown; readonly mode: unknown } | null;
  /** The record of the decision, as it was written. */
  readonly record: Fields;
  /** What was the case then; null: it could not be made again. */
  readonly then: Circumstances | null;
  /** English, by rule: those that had something to say. */
  readonly sentences: Readonly<Record<string, string>>;
  /** How the action ended, as it was written; null: nothing of that is in the records. */
  readonly outcome: Fields | null;
  /** A human's answer to the question that it led to, as it was written. */
  readonly answer: Fields | null;
}

const HELP = `${STATE_HELP}

The decision is looked up in the records of all runs in the directory and made
again from a state before it: that is how the refusal's words and what the rules
had counted are known, how the lane and the world stood, on what evidence, and
what led to that. Tags are recorded as pseudonyms, arguments not.

Examples:
  rein explain k3v0A1b_.2f       the id is \`decision.id\` of the gate's answer
  rein explain k3v0A1b_.2f --dir /srv/bot/rein_state --json

Exit codes: 0 explained · 1 could not run, or there is no such decision`;

/** \`rein explain\`: why one decision came out as it did. */
export function addExplain(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("explain")
    .summary("explain one decision: who, what, why, and what came of it")
    .description(
      "Explain one decision: who asked for what, why it was allowed or refused, and what came of it.",
    )
    .argument("<decision>", "the decision's id");
  addStateOptions(command)
    .addHelpText("after", HELP)
    .action(async (id: string, flags: StateFlags) => {
      exit(await explain(id, flags, io));
    });
}

async function explain(text: string, flags: StateFlags, io: Io): Promise<number> {
  const id = readDecisionId(text);
  const dir = stateDirOf(flags, io);
  return inStateDir(dir, "explain", async () => {
    const explanation = explanationOf(id, dir, io);
    if (flags.json === true) io.stdout(jsonOf(explanation));
    else io.stdout(explanationText(explanation, Date.now(), io));
    return 0;
  });
}

function jsonOf(explanation: Explanation): string {
  // What the rules say is there as sentences: all of them as data would bury the rest.
  const { rules, ...then } = explanation.then ?? {};
  const document = { ...explanation, then: explanation.then && { ...then, rules: rules!.length } };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function explanationOf(id: DecisionId, dir: string, io: Io): Explanation {
  const progress = new Progress(io);
  const log = logOf(nodeDisk, dir).dir;
  const { bytes } = recordsSize(log);
  let read = 0;
  let what = "looking for the decision";
  const disk = watchedDisk((more) => {
    read += more;
    progress.update(
      undefined,
      () => `${what}: ${Math.floor((100 * read) / Math.max(1, bytes))} % of the records read`,
    );
  });
  try {
    const { record: line, segment, opening } = findDecision(disk, log, id);
    const record = withValues(disk, log, line);
    what = "making the decision again";
    const then = remade(disk, log, record, startsBefore(disk, dir, log, record), (records) => {
      what = `making the decision again: ${counted(records, "record")}`;
    });
    return {
      id: id.text,
      dir,
      n: record.n,
      file: basename(segmentPath(log, segment)),
      run: opening && { boot: opening["boot"], at: opening["at"], mode: opening["mode"] },
      record,
      then,
      sentences: sentencesOf(record, then),
      outcome: endOf(disk, log, record),
      answer: answerOf(disk, log, record, then),
    };
  } finally {
    progress.clear();
  }
}

/** The decision made again from the first place that leads to it; null when none does. */
function remade(
  disk: Disk,
  log: string,
  decision: LogRecord,
  starts: readonly Start[],
  onRecords: (records: number) => void,
): Circumstances | null {
  for (const start of starts) {
    const then = replayDecision({ ...{ disk, dir: log, start, decision }, onRecords });
    if (then !== null) return then;
  }
  return null;
}

/**
 * Places before a decision that replay can begin with: one in the records, and the newest snapshot. That one may be
 * nearer, but what led to the decision would then depend on when it is asked for.
 */
function startsBefore(disk: Disk, dir: string, log: string, { n, ...record }: LogRecord): Start[] {
  const { start, boots } = wayTo(disk, log, { n, ...record });
  const saved = savedState(disk, dir);
  const isOnTheWay = saved !== null && saved.n <= n && saved.boot !== null && boots.has(saved.boot);
  return [
    ...(start === null ? [] : [{ n: start.n, boot: String(start["boot"]), image: null }]),
    ...(isOnTheWay ? [saved] : []),
  ];
}

/** What a human said to the question that the decision led to. */
function answerOf(
  disk: Disk,
  log: string,
  { n, boot }: LogRecord,
  then: Circumstances | null,
): Fields | null {
  const approval = then?.refusal?.approvalId;
  if (approval === undefined) return null;
  // Also a later run may hear the answer.
  let run = boot;
  for (const record of recordsFrom(disk, log, n, [
    `"approval":${JSON.stringify(approval)}`,
    '"type":"open"',
  ])) {
    if (record.type === "open" && record["follows"] === run) run = record["boot"];
    const isAnswer = record.type === "approve" || record.type === "reject";
    if (isAnswer && record["boot"] === run && record["approval"] === approval) return record;
  }
  return null;
}

/** What the rules say that refused, would have, or are mentioned. */
function sentencesOf(record: Fields, then: Circumstances | null): Readonly<Record<string, string>> {
  if (then === null) return {};
  const named = new Set([record["rule"], record["wouldRule"], ...then.counters.map(({ rule }) => rule)]);
  return Object.fromEntries(
    then.rules.filter(({ id }) => named.has(id)).map((rule) => [rule.id, sentenceOf(rule)]),
  );
}

function sentenceOf(rule: Rule): string {
  const line = compilePolicy([rule], { allowReserved: true }).explain();
  return line.slice(`${rule.id}: `.length);
}
