import { hashToBase64 } from "../tree/index.js";
import { notCovered } from "./coverage.js";
import { Findings } from "./findings.js";
import type { ReadHead } from "./heads.js";
import { mismatchText } from "./tree-check.js";
import type { Mismatch } from "./tree-check.js";
import type { Finding, Listed, Outcome, Trust, Verdict } from "./verdict.js";
import { many } from "./coverage.js";
import type { Evidence, VerifyOptions } from "./verify.js";

const EXIT = { valid: 0, invalid: 2, contradicted: 3, untrusted: 4 } as const;

/** Makes the verdict out of what was found. */
export function conclude(evidence: Evidence): Verdict {
  const { findings, contradictions, warnings, pass, chronicle, identity, newest } = evidence;
  sayRoots(evidence);
  sayUnreached(evidence);
  const size = pass.index;
  const trust = trustOf(evidence);
  const missing = missingTrust(evidence, trust);
  // A head that does not fit is the news only where the log itself holds together.
  const isContradicted = contradictions.count > 0;
  const outcome: Outcome = isContradicted
    ? "contradicted"
    : findings.count > 0
      ? "invalid"
      : missing.length > 0
        ? "untrusted"
        : "valid";
  const signedSize = newest?.checkpoint.size ?? 0;
  const { now } = evidence.options;
  const since = evidence.marks.get(signedSize) ?? null;
  const records = Math.max(0, size - signedSize);
  const decisions = chronicle.answers();
  const facts: Omit<Verdict, "notCovered" | "summary"> = {
    outcome,
    exitCode: EXIT[outcome],
    dir: evidence.options.dir,
    verifiedAt: now,
    log: identity?.facts ?? null,
    size,
    signed: newest === null ? null : { size: signedSize, root: hashToBase64(newest.checkpoint.root) },
    problems: joined(contradictions, findings, missing),
    firstBad: findings.firstBad,
    warnings: warnings.listed(),
    checked: {
      records: pass.records,
      bytes: pass.bytes,
      segments: pass.segments,
      removed: pass.removed,
      skipped: evidence.from,
      checkpoints: evidence.notes?.count ?? 0,
      seals: evidence.epochs.seals,
      blobs: pass.blobs,
      heads: evidence.headCount,
      elapsedMs: Math.round(performance.now() - evidence.startedAt),
    },
    tail: {
      records,
      tornBytes: pass.tornBytes,
      since: records > 0 ? since : null,
      exposureSeconds: records > 0 && since !== null ? Math.max(0, (now - since) / 1000) : 0,
    },
    ending: chronicle.ending(size),
    trust,
    decisions,
    history: chronicle.history(),
  };
  return { ...facts, summary: summaryOf(facts), notCovered: notCovered(facts) };
}

/** There is no log at all, and heads say that there was one. */
export function concludeMissing(options: VerifyOptions, heads: readonly ReadHead[]): Verdict {
  const contradictions = new Findings();
  for (const { name, size } of heads)
    contradictions.add(
      "missing_log",
      `there is no log, and the head in \`${name}\` says that it had ${many(size, "record")}`,
    );
  const facts: Omit<Verdict, "notCovered" | "summary"> = {
    ...{
      outcome: "contradicted",
      exitCode: 3,
      dir: options.dir,
      verifiedAt: options.now,
      log: null,
      size: 0,
      signed: null,
    },
    ...{ problems: contradictions.listed(), firstBad: null, warnings: { count: 0, first: [] } },
    checked: {
      records: 0,
      bytes: 0,
      segments: 0,
      removed: 0,
      skipped: 0,
      checkpoints: 0,
      seals: 0,
      blobs: 0,
      heads: heads.length,
      elapsedMs: 0,
    },
    tail: { records: 0, tornBytes: 0, since: null, exposureSeconds: 0 },
    ending: { state: "empty", at: null },
    trust: {
      level: "none",
      quorum: null,
      witnessedSize: 0,
      witnesses: [],
      anchors: [],
      exposureSeconds: null,
      headSize: null,
    },
    decisions: {
      total: 0,
      allowed: 0,
      answered: 0,
      inFlight: 0,
      interrupted: 0,
      unanswered: { count: 0, first: [] },
      isIncomplete: false,
    },
    history: emptyHistory(),
  };
  return { ...facts, summary: summaryOf(facts), notCovered: notCovered(facts) };
}

/** Says which roots are not what the records lead to. */
function sayRoots({ tree, findings, contradictions }: Evidence): void {
  const { firstOwn, blamed, agreed } = tree;
  if (firstOwn !== undefined) {
    const where =
      blamed === undefined
        ? `the change is somewhere in records ${agreed} to ${firstOwn.point.size - 1}`
        : `record ${blamed.index} (line ${blamed.line} of ${blamed.file}) is the first that is not the one whose hash was noted`;
    // The newest one stands in two files.
    const sizes = new Set(tree.mismatches.filter(({ point }) => point.isOwn).map(({ point }) => point.size));
    const later = sizes.size - 1;
    const others =
      later > 0
        ? `; ${many(later, "later checkpoint")} ${later === 1 ? "does" : "do"} not agree either, as must be`
        : "";
    findings.add(
      "root_mismatch",
      `${mismatchText(firstOwn)}: ${where}${others}`,
      blamed ?? firstOwn.point.place,
    );
  }
  const isExplained = ({ point }: Mismatch): boolean =>
    firstOwn !== undefined || (findings.firstBad?.index ?? Infinity) < point.size;
  for (const mismatch of tree.mismatches) {
    if (mismatch.point.isOwn) continue;
    const list = isExplained(mismatch) ? findings : contradictions;
    list.add(
      list === findings ? "head_mismatch" : "contradicts_head",
      mismatchText(mismatch),
      mismatch.point.place,
    );
  }
}

/** Says which sizes were signed or kept and are not reached. */
function sayUnreached({ tree, notes, pass, findings, contradictions, newest }: Evidence): void {
  const size = pass.index;
  const largest = Math.max(notes?.end() ?? 0, newest?.checkpoint.size ?? 0);
  if (largest > size) {
    findings.add(
      "shorter_than_checkpoint",
      `the log ends with record ${size - 1}, and its own checkpoint is of ${many(largest, "record")}`,
    );
  }
  for (const point of tree.unreached) {
    if (point.isOwn) continue;
    contradictions.add(
      "behind_head",
      `the log has ${many(size, "record")}, fewer than ${point.what}: records were taken away`,
      point.place,
    );
  }
}

function trustOf({ newest, receipts, given, tree, contradictions, options, marks, pass }: Evidence): Trust {
  const isHeld = (size: number): boolean =>
    contradictions.count === 0 &&
    size <= pass.index &&
    !tree.mismatches.some(({ point }) => point.size === size);
  const { cosigned, anchors } = receipts;
  const isWitnessed = cosigned !== null && cosigned.quorum && isHeld(cosigned.size);
  const headSize = given.length === 0 ? null : Math.max(...given.map(({ size }) => size));
  const held = anchors.filter(({ size }) => isHeld(size));
  const nextAt = cosigned === null ? null : (marks.get(cosigned.size) ?? null);
  const exposure = isWitnessed ? (nextAt === null ? 0 : Math.max(0, (options.now - nextAt) / 1000)) : null;
  return {
    level:
      newest === null
        ? "none"
        : isWitnessed
          ? "witnessed"
          : held.length > 0
            ? "anchored"
            : headSize !== null && isHeld(headSize)
              ? "head"
              : "self-signed",
    quorum: options.policy === undefined ? null : options.policy.quorum === "none" || isWitnessed,
    witnessedSize: isWitnessed ? cosigned.size : 0,
    witnesses: cosigned?.witnesses ?? [],
    anchors: held,
    exposureSeconds: exposure,
    headSize,
  };
}

/** What was asked for and is not there. */
function missingTrust({ options, pass, newest, given }: Evidence, trust: Trust): Finding[] {
  const missing: Finding[] = [];
  const ask = (message: string): void => {
    missing.push({ code: "trust_missing", message, place: null });
  };
  if (trust.quorum === false) {
    const who =
      trust.witnesses.length === 0
        ? "no witness of the policy has"
        : `only ${trust.witnesses.map(({ name }) => name).join(", ")} has`;
    ask(`the policy's quorum was not reached: ${who} cosigned a checkpoint of this log`);
  }
  for (const requirement of new Set(options.require ?? [])) {
    if (requirement === "witnessed" && trust.level !== "witnessed" && trust.quorum !== false)
      ask("a witnessed checkpoint is required, and there is no policy that says whose cosignatures count");
    if (requirement === "anchored" && trust.anchors.length === 0)
      ask("an anchor is required, and no receipt of one is in the log");
    if (requirement === "head" && given.length === 0) ask("a kept head is required, and none was given");
    if (requirement === "signed" && pass.index > (newest?.checkpoint.size ?? 0))
      ask(
        `all records must be signed, and the last ${many(pass.index - (newest?.checkpoint.size ?? 0), "record")} are not`,
      );
  }
  return missing;
}

function joined(contradictions: Findings, findings: Findings, missing: readonly Finding[]): Listed<Finding> {
  const [a, b] = [contradictions.listed(), findings.listed()];
  return {
    count: a.count + b.count + missing.length,
    first: [...a.first, ...b.first, ...missing].slice(0, 20),
  };
}

function summaryOf({
  outcome,
  size,
  log,
  problems,
  trust,
  signed,
}: Omit<Verdict, "notCovered" | "summary">): string {
  const first = problems.first[0]?.message ?? "";
  switch (outcome) {
    case "valid":
      if (size === 0) return "the log is empty";
      return `${many(size, "record")} of \`${log?.origin ?? ""}\` hold, ${signed?.size === size ? "all" : many(signed?.size ?? 0, "record")} signed, ${trust.level === "witnessed" ? `witnessed up to record ${trust.witnessedSize - 1}` : "not witnessed"}`;
    case "untrusted":
      return `the log holds, and has less trust than was asked for: ${first}`;
    case "contradicted":
      return `the log contradicts what was kept of it: ${first}`;
    case "invalid":
      return `the log does not hold: ${first}`;
  }
}

function emptyHistory(): Verdict["history"] {
  const none = { count: 0, first: [] };
  return {
    ...{ starts: 0, closes: 0, recoveries: none, gaps: none, lost: 0, clockSteps: 0, unrecordedSteps: none },
    ...{ silences: none, retention: none, redactions: 0, rotations: 0, types: {} },
  };
}
