import { join } from "node:path";
import type { Disk } from "../../core/disk.js";
import { messageOf } from "../../core/errors.js";
import type { Head } from "../log/head.js";
import { formatNote, verifiedBy } from "../note/index.js";
import type { NoteSigner, NoteVerifier } from "../note/index.js";
import { EMPTY_ROOT, verifyConsistency } from "../tree/index.js";
import { parseAddCheckpoint } from "./add-checkpoint.js";
import type { AddCheckpointRequest } from "./add-checkpoint.js";
import { keepEvidence } from "./evidence.js";
import type { Contradiction } from "./evidence.js";
import { WitnessState } from "./witness-state.js";

/** Bytes that a request may have: a proof, and a checkpoint with a hundred signatures. */
export const MAX_REQUEST_BYTES = 256 * 1024;

export interface WitnessOptions {
  /** Cosigns, see `cosignatureSigner`. */
  readonly signer: NoteSigner;
  /** Keys of the logs that are witnessed, each named by its log's origin. */
  readonly logs: readonly NoteVerifier[];
  readonly disk: Disk;
  /** Where the state is kept, for this key alone. */
  readonly dir: string;
  /** Wall time in ms. */
  readonly now: () => number;
  readonly onEvent?: ((event: WitnessEvent) => void) | undefined;
}

/** What a witness did about a request, for its operator. */
export interface WitnessEvent {
  readonly kind: "cosigned" | "refused" | "contradiction" | "failed";
  readonly status: number;
  readonly message: string;
  readonly origin?: string;
  readonly size?: number;
  /** Where the evidence is. */
  readonly evidence?: string;
}

/** An answer over HTTP. */
export interface WitnessAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * A witness of logs (C2SP tlog-witness): cosigns a checkpoint when it continues the one before it, so that a log can
 * show nobody a history that differs from the one its witnesses saw. What it has seen is on the disk before it answers.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #logs = new Map<string, { readonly verifiers: NoteVerifier[]; readonly state: WitnessState }>();

  constructor(options: WitnessOptions) {
    this.#options = options;
    for (const verifier of options.logs) {
      const known = this.#logs.get(verifier.name);
      if (known !== undefined) known.verifiers.push(verifier);
      else {
        const state = new WitnessState(options.disk, options.dir, verifier.name);
        this.#logs.set(verifier.name, { verifiers: [verifier], state });
      }
    }
  }

  /** Origins of the logs that are witnessed. */
  get origins(): readonly string[] {
    return [...this.#logs.keys()];
  }

  /**
   * Answers a request to `add-checkpoint`. Looks at the kept head and keeps the new one in one go: nothing else runs in
   * this process meanwhile, and between processes the swap decides. Never throws.
   */
  addCheckpoint(body: Uint8Array): WitnessAnswer {
    let request: AddCheckpointRequest;
    try {
      request = parseAddCheckpoint(body);
    } catch (error) {
      return this.#refuse(400, messageOf(error));
    }
    try {
      return this.#answer(request);
    } catch (error) {
      const message = `the state of the witness cannot be read or kept: ${messageOf(error)}`;
      this.#tell({ kind: "failed", status: 500, message, origin: request.checkpoint.origin });
      return text(500, "the witness cannot keep its state");
    }
  }

  #answer(request: AddCheckpointRequest): WitnessAnswer {
    const { oldSize, proof, note, noteText, checkpoint } = request;
    const { origin, size, root } = checkpoint;
    const log = this.#logs.get(origin);
    if (log === undefined) return this.#refuse(404, "this witness does not know the log", request);
    if (!isSignedBy(request, log.verifiers)) {
      return this.#refuse(403, "the checkpoint is not signed by a key of the log", request);
    }
    if (oldSize > size) return this.#refuse(400, "the old size is beyond the checkpoint", request);
    const kept = log.state.read();
    const keptSize = kept?.size ?? 0;
    const keptRoot = kept?.root ?? EMPTY_ROOT;
    if (oldSize !== keptSize) return this.#conflict(keptSize, request);
    if (size === keptSize && root !== keptRoot) {
      this.#contradiction("fork", request, kept, log.state);
      return this.#conflict(keptSize, request);
    }
    const isProven = oldSize === 0 ? proof.length === 0 : provesGrowth(keptSize, keptRoot, request);
    if (!isProven) {
      this.#contradiction("unproven", request, kept, log.state);
      return this.#refuse(422, "the consistency proof does not verify", request);
    }
    if (!log.state.advance(kept, { origin, size, root }, noteText)) {
      return this.#conflict(log.state.read()?.size ?? 0, request);
    }
    const { name, keyId } = this.#options.signer;
    const signature = this.#options.signer.sign(Buffer.from(note.text));
    const line = formatNote(note.text, [{ name, keyId, signature }]).slice(note.text.length + 1);
    this.#tell({ kind: "cosigned", status: 200, message: `cosigned ${size} leaves`, origin, size });
    return { status: 200, type: "text/plain; charset=utf-8", body: line };
  }

  #conflict(size: number, request: AddCheckpointRequest): WitnessAnswer {
    this.#refuse(409, `the last checkpoint that was cosigned has ${size} leaves`, request);
    return { status: 409, type: "text/x.tlog.size", body: `${size}\n` };
  }

  #contradiction(
    kind: Contradiction["kind"],
    { checkpoint: { origin, size }, noteText, proof }: AddCheckpointRequest,
    kept: Head | null,
    state: WitnessState,
  ): void {
    const { disk, dir, signer, now } = this.#options;
    const evidence = keepEvidence(disk, join(dir, "evidence"), {
      ...{ kind, origin, by: signer.name, at: now() },
      ...{ oldSize: kept?.size ?? 0, newSize: size },
      ...{ oldNote: kept === null ? undefined : state.noteOf(kept), newNote: noteText, proof },
    });
    this.#tell({
      kind: "contradiction",
      status: kind === "fork" ? 409 : 422,
      message:
        kind === "fork"
          ? "SECURITY ERROR: the log signed two trees of the same size"
          : "SECURITY ERROR: no valid proof that the checkpoint continues the one before it",
      ...{ origin, size, ...(evidence !== undefined && { evidence }) },
    });
  }

  #refuse(status: number, message: string, request?: AddCheckpointRequest): WitnessAnswer {
    const { origin, size } = request?.checkpoint ?? {};
    this.#tell({
      ...{ kind: "refused", status, message },
      ...(origin !== undefined && size !== undefined && { origin, size }),
    });
    return text(status, message);
  }

  #tell(event: WitnessEvent): void {
    this.#options.onEvent?.(event);
  }
}

function isSignedBy({ note }: AddCheckpointRequest, verifiers: readonly NoteVerifier[]): boolean {
  try {
    return verifiedBy(note, verifiers).length > 0;
  } catch {
    return false;
  }
}

function provesGrowth(from: number, fromRoot: string, { checkpoint, proof }: AddCheckpointRequest): boolean {
  return verifyConsistency(from, checkpoint.size, fromRoot, checkpoint.root, proof);
}

function text(status: number, message: string): WitnessAnswer {
  return { status, type: "text/plain; charset=utf-8", body: `${message}\n` };
}
