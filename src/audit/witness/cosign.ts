import { messageOf } from "../../core/errors.js";
import {
  cosignatureTime,
  formatNote,
  parseCheckpoint,
  parseNote,
  verifiedSignatures,
} from "../note/index.js";
import type { NoteSignature, NoteVerifier, SignedNote } from "../note/index.js";
import type { Hash } from "../tree/index.js";
import { formatAddCheckpoint } from "./add-checkpoint.js";
import { bodyText } from "./body-text.js";

/** A witness that a log asks. */
export interface WitnessAddress {
  /** What the operator calls it. */
  readonly name: string;
  /** Its key, for cosignatures. */
  readonly verifier: NoteVerifier;
  /** Submission prefix (C2SP tlog-witness). */
  readonly url: string;
}

export interface CosignOptions {
  /** The signed checkpoint. */
  readonly note: string;
  readonly witnesses: readonly WitnessAddress[];
  /** Consistency proof from an older size of the log. What it throws, `cosign` rejects with. */
  readonly proofOf: (from: number, to: number) => readonly Hash[];
  /** Leaves of the last checkpoint that a witness cosigned, by its key; 0 for those that are not known. */
  readonly lastSizes?: ReadonlyMap<string, number>;
  readonly fetch?: typeof fetch;
  /** For each request. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A checkpoint with what the witnesses said to it. */
export interface Cosigned {
  /** The note with the cosignatures that came, one of each witness. */
  readonly note: string;
  readonly cosignatures: readonly Cosignature[];
  readonly problems: readonly WitnessProblem[];
}

export interface Cosignature {
  /** The operator's name for the witness. */
  readonly witness: string;
  readonly vkey: string;
  /** When, by the clock of the witness, in seconds since 1970. */
  readonly time: number;
}

/**
 * Why a witness did not cosign. `unreachable`: no answer. `refused`: it does not want this log or this request. `bad_answer`:
 * what it sent is no cosignature of its key. `ahead`: it has cosigned more leaves than the log has: the log was cut or
 * set back. `fork`: it has cosigned another tree than this one.
 */
export interface WitnessProblem {
  readonly witness: string;
  readonly kind: "unreachable" | "refused" | "bad_answer" | "ahead" | "fork";
  readonly message: string;
  /** The log contradicts what it has shown before: nothing is more serious. */
  readonly isContradiction: boolean;
  /** Leaves that the witness says it has cosigned. */
  readonly witnessSize?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Asks all witnesses at once for cosignatures (C2SP tlog-witness). What a witness does or does not do never rejects.
 *
 * @throws ReinError `note_invalid` when the note is no checkpoint; what `proofOf` throws
 */
export async function cosign(options: CosignOptions): Promise<Cosigned> {
  const note = parseNote(options.note);
  const answers = await Promise.all(options.witnesses.map((witness) => ask(witness, note, options)));
  const signatures = [...note.signatures];
  const cosignatures: Cosignature[] = [];
  const problems: WitnessProblem[] = [];
  for (const answer of answers) {
    if ("kind" in answer) problems.push(answer);
    else {
      cosignatures.push(answer.cosignature);
      const { name, keyId } = answer.line;
      // An older one of the same witness says less.
      const at = signatures.findIndex((each) => each.name === name && each.keyId === keyId);
      if (at >= 0) signatures.splice(at, 1);
      signatures.push(answer.line);
    }
  }
  return { note: formatNote(note.text, signatures), cosignatures, problems };
}

interface Given {
  readonly cosignature: Cosignature;
  readonly line: NoteSignature;
}

async function ask(
  witness: WitnessAddress,
  note: SignedNote,
  options: CosignOptions,
): Promise<Given | WitnessProblem> {
  const { size } = parseCheckpoint(note.text);
  const first = options.lastSizes?.get(witness.verifier.vkey) ?? 0;
  let oldSize = first <= size ? first : 0;
  for (let attempt = 1; ; attempt++) {
    const proof = oldSize === 0 ? [] : options.proofOf(oldSize, size);
    let answer: Answer;
    try {
      answer = await post(witness, formatAddCheckpoint({ oldSize, proof, noteText: options.note }), options);
    } catch (error) {
      return problem(witness, "unreachable", `\`${witness.name}\` gave no answer: ${reasonOf(error)}`);
    }
    if (answer.status === 200) return givenIn(answer.body, witness, note);
    if (answer.status !== 409) return refusal(witness, answer, oldSize, size);
    const known = /^(0|[1-9][0-9]{0,15})\n$/.exec(answer.body)?.[1];
    if (known === undefined || answer.type !== "text/x.tlog.size") {
      return problem(witness, "bad_answer", `\`${witness.name}\` answers 409 without a size`);
    }
    const witnessSize = Number(known);
    if (witnessSize > size) {
      const message = `\`${witness.name}\` has cosigned ${witnessSize} leaves of this log, which now has ${size}: it was cut or set back`;
      return problem(witness, "ahead", message, { witnessSize });
    }
    if (witnessSize === oldSize && oldSize === size) {
      const message = `\`${witness.name}\` has cosigned another tree of ${size} leaves than this one: the log was forked`;
      return problem(witness, "fork", message, { witnessSize });
    }
    // It has moved on since it said so, or does not know what it says; the next round will tell.
    if (attempt === 2) {
      return problem(witness, "refused", `\`${witness.name}\` answers 409 again`, { witnessSize });
    }
    oldSize = witnessSize;
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function post(
  { url }: WitnessAddress,
  body: string,
  { fetch: fetchNow = fetch, timeoutMs = TIMEOUT_MS, signal }: CosignOptions,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetchNow(`${url.replace(/\/+$/, "")}/add-checkpoint`, {
    method: "POST",
    headers: { "content-type": "text/plain; charset=utf-8" },
    body,
    redirect: "error",
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
  });
  const type = (response.headers.get("content-type") ?? "").split(";", 1)[0]!.trim();
  return { status: response.status, type, body: await bodyText(response, MAX_ANSWER_BYTES) };
}

/** Takes the cosignature out of an answer, as the specification proposes: by reading it as part of the note. */
function givenIn(body: string, witness: WitnessAddress, note: SignedNote): Given | WitnessProblem {
  try {
    const signed = verifiedSignatures(parseNote(`${note.text}\n${body}`), [witness.verifier]);
    for (const { signature } of signed) {
      const time = cosignatureTime(signature);
      if (time === undefined) continue;
      const { name, keyId, vkey } = witness.verifier;
      return {
        cosignature: { witness: witness.name, vkey, time },
        line: { name, keyId, signature },
      };
    }
    return problem(witness, "bad_answer", `\`${witness.name}\` answers without a cosignature of its key`);
  } catch (error) {
    return problem(witness, "bad_answer", `\`${witness.name}\` answers badly: ${messageOf(error)}`);
  }
}

function refusal(
  witness: WitnessAddress,
  { status, body }: Answer,
  oldSize: number,
  size: number,
): WitnessProblem {
  const said = body.split("\n", 1)[0]!.slice(0, 200);
  if (status === 422) {
    const message = `\`${witness.name}\` has cosigned ${oldSize} leaves of this log that are not the beginning of these ${size}: the log was forked or rewritten`;
    return problem(witness, "fork", message, { witnessSize: oldSize });
  }
  return problem(witness, "refused", `\`${witness.name}\` answers ${status}: ${said}`);
}

function problem(
  witness: WitnessAddress,
  kind: WitnessProblem["kind"],
  message: string,
  more: { readonly witnessSize?: number } = {},
): WitnessProblem {
  return {
    witness: witness.name,
    kind,
    message,
    isContradiction: kind === "ahead" || kind === "fork",
    ...more,
  };
}

/** What `fetch` says hides its reason. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? messageOf(cause) : messageOf(error);
}
