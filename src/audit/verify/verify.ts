import type { Disk } from "../../core/disk.js";
import { InvalidInputError } from "../../core/errors.js";
import { isLog, logPlaces, segmentPath } from "../log/layout.js";
import { parseVkey } from "../note/index.js";
import type { TlogPolicy } from "../note/tlog-policy.js";
import { VaultCheck } from "../privacy/check-vault.js";
import { CompactRange } from "../tree/index.js";
import { Chronicle } from "./chronicle.js";
import { Epochs } from "./epochs.js";
import { Findings } from "./findings.js";
import { identify } from "./genesis.js";
import type { Identity, TrustedKey } from "./genesis.js";
import { notedRange } from "./hash-cache.js";
import { headPoints, keptHead, readHeads } from "./heads.js";
import type { GivenHead, ReadHead } from "./heads.js";
import { LogPass } from "./log-pass.js";
import { newestNote, NoteCheck } from "./note-check.js";
import type { OwnNote } from "./note-check.js";
import { fileAt, mustBeFiles, smallFile } from "./places.js";
import { planSegments } from "./segment-plan.js";
import type { SegmentPlan } from "./segment-plan.js";
import { TreeCheck } from "./tree-check.js";
import type { Point } from "./tree-check.js";
import { readReceipts } from "./trust.js";
import type { Receipts } from "./trust.js";
import type { Verdict } from "./verdict.js";
import { concludeMissing, conclude } from "./conclude.js";

/** What may be asked for beyond that the log holds. */
export type Requirement = "head" | "anchored" | "witnessed" | "signed";

export interface VerifyOptions {
  readonly disk: Disk;
  /** The log's directory. */
  readonly dir: string;
  /** Whom to trust; see C2SP tlog-policy. */
  readonly policy?: TlogPolicy | undefined;
  /** The log's verifier key, as whoever checks knows it. */
  readonly vkey?: string | undefined;
  /** What was kept of the log elsewhere. */
  readonly heads?: readonly GivenHead[] | undefined;
  /** A kept checkpoint: records before it are not read again. */
  readonly since?: GivenHead | undefined;
  readonly require?: readonly Requirement[] | undefined;
  /** The longest that a run may write nothing; 30 s. */
  readonly silenceMs?: number | undefined;
  /** Wall time, ms since 1970. */
  readonly now: number;
  /** Hears how many bytes of the log were read, and of how many. */
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined;
}

/** Everything that was found, for the verdict. */
export interface Evidence {
  readonly options: VerifyOptions;
  readonly identity: Identity | null;
  readonly newest: OwnNote | null;
  readonly findings: Findings;
  readonly contradictions: Findings;
  readonly warnings: Findings;
  readonly pass: LogPass;
  readonly chronicle: Chronicle;
  readonly tree: TreeCheck;
  readonly notes: NoteCheck | null;
  readonly epochs: Epochs;
  readonly receipts: Receipts;
  /** Given by whoever checks, as far as they are of this log. */
  readonly given: readonly Point[];
  readonly headCount: number;
  readonly marks: ReadonlyMap<number, number | null>;
  readonly from: number;
  readonly startedAt: number;
}

const SILENCE_MS = 30_000;

/**
 * Checks a log from its first byte to its last: that every line is a strict leaf in its place, that the leaves lead to
 * the root of every checkpoint that was ever signed, that epochs are sealed, that nothing that was kept elsewhere says
 * otherwise. Reads each file once, in large pieces, with memory that does not grow with the log.
 *
 * Whatever is in the directory is an answer, never an error.
 *
 * @throws InvalidInputError when there is no log to check and nothing that there should be one; ReinError `key_invalid`,
 *   `head_invalid` for what was given
 */
export function verifyLog(options: VerifyOptions): Verdict {
  const { disk, dir, since } = options;
  const trusted = trustedKeys(options);
  const heads = [...(options.heads ?? []), ...(since === undefined ? [] : [since])].flatMap(readHeads);
  if (!isLog(disk, dir)) {
    if (heads.length > 0) return concludeMissing(options, heads);
    throw new InvalidInputError("dir", `there is no audit log in \`${dir}\``, {
      help: "give the log's directory (it holds `checkpoint` and `seg`), or the state directory of a governor",
    });
  }
  const evidence = examine(options, trusted, heads, since === undefined ? 0 : sinceSize(since));
  // What was noted of the tree may be wrong: then everything is read.
  const isDoubtful =
    evidence.from > 0 && (evidence.tree.mismatchCount > 0 || evidence.contradictions.count > 0);
  return conclude(isDoubtful ? examine(options, trusted, heads, 0) : evidence);
}

function trustedKeys({ vkey, policy }: VerifyOptions): TrustedKey[] {
  const given: TrustedKey[] = vkey === undefined ? [] : [{ verifier: parseVkey(vkey.trim()), from: "given" }];
  return [
    ...given,
    ...(policy?.logs ?? []).map(({ verifier }): TrustedKey => ({ verifier, from: "policy" })),
  ];
}

function sinceSize(since: GivenHead): number {
  return Math.max(...readHeads(since).map(({ size }) => size));
}

function examine(
  options: VerifyOptions,
  trusted: readonly TrustedKey[],
  heads: readonly ReadHead[],
  sinceRecord: number,
): Evidence {
  const { disk, dir, now, silenceMs = SILENCE_MS, onProgress } = options;
  const startedAt = performance.now();
  const [findings, contradictions, warnings] = [new Findings(), new Findings(), new Findings()];
  // Notes before lines: what was signed then is there by now, whoever writes meanwhile.
  let plan = planSegments(disk, dir, new Findings(), new Findings());
  const identity = identify(disk, dir, plan, trusted, findings, warnings);
  const own = identity === null ? null : newestOf(options, identity, plan, findings, warnings);
  const signed = own?.newest?.checkpoint.size ?? 0;
  const kept = keptHead(disk, dir, findings);
  const given =
    identity === null ? [] : headPoints(heads, identity.facts.origin, identity.verifier, contradictions);
  const ours =
    identity === null || kept === null
      ? []
      : headPoints([kept], identity.facts.origin, identity.verifier, contradictions);
  if (identity === null && plan.length === 0)
    for (const { name, size } of kept === null ? heads : [...heads, kept])
      contradictions.add(
        "missing_log",
        `the log has no records, and the head in \`${name}\` says that it had ${size}`,
      );
  const receipts = readReceipts(disk, dir, identity?.verifier ?? null, options.policy ?? null, warnings);
  const points = [
    ...(own?.point === null || own === null ? [] : [own.point]),
    ...given,
    ...ours,
    ...receipts.points,
  ];
  plan = planSegments(disk, dir, findings, warnings);
  const [from, range] = startOf(disk, dir, plan, sinceRecord);
  const tree = new TreeCheck(
    points.filter(({ size }) => size >= from),
    ({ file, index }) => {
      warnings.add(
        "cache_wrong",
        `\`${file.replace(/jsonl$/, "hashes")}\` has another hash for record ${index} than its line; it is only a cache`,
        fileAt(dir, `${dir}/${file.replace(/jsonl$/, "hashes")}`),
      );
    },
    range,
  );
  const chronicle = new Chronicle(silenceMs);
  const epochs = new Epochs(identity?.facts.origin ?? "", signed, findings);
  if (from > 0) epochs.skip();
  if (own?.newest) {
    const { note, checkpoint } = own.newest;
    epochs.newest = { note, size: checkpoint.size, place: fileAt(dir, logPlaces(dir).checkpoint) };
  }
  const notes =
    identity === null || plan.length === 0
      ? null
      : new NoteCheck({
          ...{
            disk,
            dir,
            tree,
            findings,
            warnings,
            from,
            isJustBegun: isJustBegun(disk, dir, plan),
            origin: identity.facts.origin,
            verifier: identity.verifier,
          },
          onNote: (note, size, place) => epochs.note(note, size, place),
        });
  const marks = new Map<number, number | null>([
    [signed, null],
    ...(receipts.cosigned === null ? [] : [[receipts.cosigned.size, null] as const]),
  ]);
  const vault = vaultCheck(disk, dir, plan, from, warnings);
  const total = plan.reduce((sum, { bytes, first }) => (first < from ? sum : sum + bytes), 0);
  let read = 0;
  const pass = new LogPass({
    ...{ disk, dir, plan, signed, marks, tree, notes, epochs, chronicle, findings, warnings, from },
    onLeaf: vault?.onLeaf,
    onBytes: (bytes) => onProgress?.((read += bytes), total),
  });
  try {
    pass.run();
    vault?.finish(pass.index, findings);
  } finally {
    notes?.close();
  }
  const headCount = given.length + ours.length;
  const evidence = {
    options: { ...options, now },
    identity,
    newest: own?.newest ?? null,
    findings,
    contradictions,
    warnings,
  };
  return {
    ...evidence,
    pass,
    chronicle,
    tree,
    notes,
    epochs,
    receipts,
    given,
    headCount,
    marks,
    from,
    startedAt,
  };
}

function newestOf(
  { disk, dir }: VerifyOptions,
  { facts, verifier }: Identity,
  plan: readonly SegmentPlan[],
  findings: Findings,
  warnings: Findings,
): ReturnType<typeof newestNote> {
  const isEmpty = plan.every(({ bytes, isRemoved }) => bytes === 0 && !isRemoved);
  // A log without records needs no checkpoint; one that was there is looked at all the same.
  const found = newestNote(
    disk,
    dir,
    facts.origin,
    verifier,
    isEmpty ? new Findings() : findings,
    isEmpty ? new Findings() : warnings,
  );
  if (isEmpty || found.newest !== null) return found;
  if (isJustBegun(disk, dir, plan))
    warnings.add(
      "just_begun",
      "the log has one record, and nothing is signed yet: whoever made it died then",
    );
  else findings.add("unsigned", "the log has records, and no checkpoint that its key has signed");
  return found;
}

/** Whether there is no more than the first record, which is signed before anything else is recorded. */
function isJustBegun(disk: Disk, dir: string, plan: readonly SegmentPlan[]): boolean {
  const [only, ...others] = plan;
  if (only?.first !== 0 || others.length > 0 || only.isRemoved) return false;
  const { text } = smallFile(disk, segmentPath(dir, 0), FIRST_RECORD_BYTES_MAX);
  return text !== undefined && text.split("\n").length <= 2;
}

/** The first record is shorter, even when it says what it goes on from. */
const FIRST_RECORD_BYTES_MAX = 8192;

/** Where to begin: at the segment of a record whose tree before it was noted. */
function startOf(
  disk: Disk,
  dir: string,
  plan: readonly SegmentPlan[],
  record: number,
): [number, CompactRange] {
  const segment = plan.findLast(({ first, isRemoved }) => first <= record && !isRemoved);
  const range =
    segment === undefined || segment.first === 0 ? undefined : notedRange(disk, dir, segment.first);
  return range === undefined ? [0, new CompactRange()] : [range.size, range];
}

function vaultCheck(
  disk: Disk,
  dir: string,
  plan: readonly SegmentPlan[],
  from: number,
  warnings: Findings,
):
  | {
      readonly onLeaf: (leaf: Readonly<Record<string, unknown>>) => void;
      readonly finish: (size: number, findings: Findings) => void;
    }
  | undefined {
  let check: VaultCheck | undefined;
  const safely = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      warnings.add(
        "vault_unreadable",
        `the vault cannot be checked: ${error instanceof Error ? error.message : String(error)}`,
      );
      check = undefined;
    }
  };
  const first = Math.max(from, plan.find(({ isRemoved }) => !isRemoved)?.first ?? 0);
  safely(() => {
    mustBeFiles(disk, logPlaces(dir).vault, 1);
    check = new VaultCheck({ disk, dir, from: first });
  });
  return {
    onLeaf: (leaf) => {
      safely(() => check?.leaf(leaf as Parameters<VaultCheck["leaf"]>[0]));
    },
    finish: (size, findings) => {
      safely(() => {
        const report = check?.finish(size);
        for (const { file, line, n, why } of report?.mismatches ?? [])
          findings.add("vault_mismatch", `a kept value is not the one that was committed to: ${why}`, {
            ...fileAt(dir, file),
            line,
            index: n ?? null,
          });
      });
    },
  };
}
