import { lchownSync } from "node:fs";
import { join } from "node:path";
import { anchorHead, LogTree, readHead } from "../audit/anchor/index.js";
import type { Anchor, Anchored, SignedHead } from "../audit/anchor/index.js";
import { isMissing, logPlaces, namesIn } from "../audit/log/layout.js";
import { evaluateTlogPolicy, parseCheckpoint, parseNote, parseVkey } from "../audit/note/index.js";
import type { NoteVerifier, SignedNote, TlogPolicy } from "../audit/note/index.js";
import { cosign, keepCosigned, keepEvidence, lastCosigned } from "../audit/witness/index.js";
import type { Cosignature, WitnessAddress, WitnessProblem } from "../audit/witness/index.js";
import { InvalidInputError, messageOf } from "../core/errors.js";
import { nodeDisk } from "../store/index.js";

export interface RoundOptions {
  /** Of the log. */
  readonly dir: string;
  readonly policy: TlogPolicy | null;
  readonly anchors: readonly Anchor[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What came of showing the newest head of a log around. */
export interface Round extends Anchored {
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** Nothing was done: all of it was shown in the round before. */
  readonly isUnchanged: boolean;
  /** Whether the log's key is the one that the policy names; false: it is what the log itself says. */
  readonly isKeyTrusted: boolean;
  readonly cosignatures: readonly Cosignature[];
  readonly witnessProblems: readonly WitnessProblem[];
  /** Of the newest head; `none` when nobody was asked. */
  readonly quorum: "reached" | "missed" | "none";
  /** Where the notes that contradict each other are. */
  readonly evidence: readonly string[];
  /** Everybody who was asked has the head. */
  readonly isDone: boolean;
  readonly isContradicted: boolean;
}

/** How often something is begun anew because the log has grown meanwhile. */
export const ATTEMPTS_MAX = 5;

/** Shows the heads of one log around, round after round. */
export class Rounds {
  readonly #options: RoundOptions;
  readonly #tree: LogTree;
  readonly #verifiers: readonly NoteVerifier[];
  readonly #isKeyTrusted: boolean;
  /** The note that everybody has. */
  #done = "";

  /** @throws InvalidInputError; ReinError `key_invalid` */
  constructor(options: RoundOptions) {
    this.#options = options;
    this.#tree = new LogTree(nodeDisk, options.dir);
    const { verifiers, isTrusted } = logKeys(options.dir, options.policy);
    this.#verifiers = verifiers;
    this.#isKeyTrusted = isTrusted;
  }

  /** @throws InvalidInputError; ReinError `record_damaged`, `note_invalid`; the system's errors */
  async next(): Promise<Round> {
    for (let attempt = 1; ; attempt++) {
      const round = await this.#round();
      // Another process may have shown a newer head around meanwhile: then this one is old, and the log was not cut.
      const isOld = round.isContradicted && newestHead(this.#options.dir, this.#verifiers).size > round.size;
      if (!isOld || attempt === ATTEMPTS_MAX) return round;
    }
  }

  async #round(): Promise<Round> {
    const { dir, policy, anchors, timeoutMs, signal } = this.#options;
    const head = newestHead(dir, this.#verifiers);
    const { origin, size } = head;
    const facts = { origin, size, isKeyTrusted: this.#isKeyTrusted };
    if (head.noteText === this.#done) return { ...NOTHING, ...facts };
    this.#tree.extendTo(size, head.root);
    try {
      const [witnessed, anchored] = await Promise.all([
        this.#cosign(head, policy),
        anchorHead({
          ...{ disk: nodeDisk, dir, head, anchors, verifiers: this.#verifiers, log: this.#tree },
          ...{ now: Date.now, timeoutMs, signal },
        }),
      ]);
      const isContradicted =
        witnessed.witnessProblems.some((problem) => problem.isContradiction) ||
        anchored.problems.some(({ contradiction }) => contradiction !== undefined);
      const isDone = anchored.problems.length === 0 && witnessed.witnessProblems.length === 0;
      if (isDone) this.#done = head.noteText;
      const evidence: readonly string[] = isContradicted
        ? evidenceOf(dir, this.#verifiers, head, anchored)
        : [];
      return { ...facts, ...anchored, ...witnessed, evidence, isUnchanged: false, isDone, isContradicted };
    } finally {
      giveToOwner(dir);
    }
  }

  async #cosign(
    { noteText, size }: SignedHead,
    policy: TlogPolicy | null,
  ): Promise<Pick<Round, "cosignatures" | "witnessProblems" | "quorum">> {
    const witnesses = witnessesOf(policy);
    if (policy === null || witnesses.length === 0) {
      return { cosignatures: [], witnessProblems: [], quorum: "none" };
    }
    const { dir, timeoutMs, signal } = this.#options;
    const isEnough = (note: SignedNote): boolean => quorumOf(policy, note) === "reached";
    const { note, cosignatures, problems } = await cosign({
      ...{ note: noteText, witnesses, timeoutMs, signal },
      proofOf: (from, to) => this.#tree.proofOf(from, to),
      lastSizes: lastCosigned(
        nodeDisk,
        dir,
        witnesses.map(({ verifier }) => verifier),
      ),
    });
    if (cosignatures.length > 0) keepCosigned(nodeDisk, dir, note, isEnough);
    const parsed = parseNote(note);
    const quorum = parseCheckpoint(parsed.text).size === size ? quorumOf(policy, parsed) : "missed";
    return { cosignatures, witnessProblems: problems, quorum };
  }
}

const NOTHING: Omit<Round, "origin" | "size" | "isKeyTrusted"> = {
  ...{ receipts: [], unchanged: [], problems: [], cosignatures: [], witnessProblems: [], evidence: [] },
  quorum: "none",
  isUnchanged: true,
  isDone: true,
  isContradicted: false,
};

/** Keys that a log's checkpoints are signed with: those of the policy, or the one that the log itself names. */
export function logKeys(
  dir: string,
  policy: TlogPolicy | null,
): { readonly verifiers: readonly NoteVerifier[]; readonly isTrusted: boolean } {
  if (policy !== null && policy.logs.length > 0) {
    return { verifiers: policy.logs.map(({ verifier }) => verifier), isTrusted: true };
  }
  const path = logPlaces(dir).vkey;
  try {
    return { verifiers: [parseVkey(Buffer.from(nodeDisk.read(path)).toString().trim())], isTrusted: false };
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new InvalidInputError("dir", `\`${path}\` is missing, and no policy names the log's key`, {
      help: "give a --policy with a line `log VKEY`",
    });
  }
}

/** The newest checkpoint that a log has published. */
export function newestHead(dir: string, verifiers: readonly NoteVerifier[]): SignedHead {
  const path = logPlaces(dir).checkpoint;
  let noteText: string;
  let origin: string;
  try {
    noteText = new TextDecoder().decode(nodeDisk.read(path));
    ({ origin } = parseCheckpoint(parseNote(noteText).text));
  } catch (cause) {
    throw new InvalidInputError("dir", `\`${path}\` is no checkpoint of a log: ${messageOf(cause)}`, {
      help: "give the directory of a log, or of a governor that has one and has started once",
      cause,
    });
  }
  const head = readHead(noteText, origin, verifiers);
  if (typeof head !== "string") return head;
  throw new InvalidInputError("dir", `the checkpoint \`${path}\` ${head}`, {
    help: "check that the policy has the key of this log; if it has, run `rein audit verify`",
  });
}

function witnessesOf(policy: TlogPolicy | null): WitnessAddress[] {
  return (policy?.witnesses ?? []).flatMap(({ name, verifier, url }) =>
    url === undefined ? [] : [{ name, verifier, url }],
  );
}

function quorumOf(policy: TlogPolicy, note: SignedNote): Round["quorum"] {
  try {
    return evaluateTlogPolicy(policy, note).quorum;
  } catch {
    return "missed";
  }
}

/** What an anchor holds against the log, and the head of the log: both are signed by its key. */
function evidenceOf(
  dir: string,
  verifiers: readonly NoteVerifier[],
  head: SignedHead,
  { problems }: Anchored,
): string[] {
  if (newestHead(dir, verifiers).size > head.size) return [];
  return problems.flatMap(({ contradiction, noteText, where }) => {
    if (contradiction === undefined || noteText === undefined) return [];
    const oldSize = parseCheckpoint(parseNote(noteText).text).size;
    const path = keepEvidence(nodeDisk, join(logPlaces(dir).receipts, "evidence"), {
      ...{
        kind: oldSize === head.size ? "fork" : "unproven",
        origin: head.origin,
        by: where,
        at: Date.now(),
      },
      ...{ oldSize, newSize: head.size, oldNote: noteText, newNote: head.noteText, proof: [] },
    } as const);
    return path === undefined ? [] : [path];
  });
}

/** What root has made belongs to the user who runs the log. */
function giveToOwner(dir: string): void {
  const uid = nodeDisk.look(dir)?.uid;
  if (process.geteuid?.() !== 0 || uid === undefined || uid === 0) return;
  const { receipts } = logPlaces(dir);
  const give = (path: string): void => {
    if (nodeDisk.look(path)?.uid === 0) lchownSync(path, uid, -1);
  };
  give(receipts);
  for (const name of namesIn(nodeDisk, receipts)) give(join(receipts, name));
  const evidence = join(receipts, "evidence");
  for (const name of namesIn(nodeDisk, evidence)) give(join(evidence, name));
}
