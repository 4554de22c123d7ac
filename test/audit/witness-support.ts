import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { writeAll } from "../../src/audit/log/files.js";
import { hashesPath, logPlaces, makeDirDurably, segmentPath } from "../../src/audit/log/layout.js";
import {
  cosignatureSigner,
  ed25519Signer,
  formatCheckpoint,
  parseVkey,
  signNote,
} from "../../src/audit/note/index.js";
import type { NoteSigner, NoteVerifier } from "../../src/audit/note/index.js";
import {
  CompactRange,
  consistencyProof,
  hashToBytes,
  leafHash,
  nodeHash,
} from "../../src/audit/tree/index.js";
import type { Hash } from "../../src/audit/tree/index.js";
import type { Disk } from "../../src/core/disk.js";

export const ORIGIN = "example.com/agents";

/** A log whose leaves are made up: what it says of itself is right, whatever size is asked for. */
export class MadeLog {
  readonly origin: string;
  readonly signer: NoteSigner;
  readonly key: KeyObject;
  /** Lines of the leaves. */
  readonly lines: string[] = [];
  readonly #hashes: Hash[] = [];

  constructor(origin = ORIGIN, key = generateKeyPairSync("ed25519").privateKey) {
    this.origin = origin;
    this.key = key;
    this.signer = ed25519Signer(origin, key);
  }

  get vkey(): string {
    return this.signer.vkey;
  }

  get verifier(): NoteVerifier {
    return parseVkey(this.vkey);
  }

  get size(): number {
    return this.lines.length;
  }

  /** Leaves up to a size; another salt makes other leaves. */
  growTo(size: number, salt = ""): this {
    while (this.size < size) {
      const n = this.size;
      this.lines.push(`{"at":${n},"n":${n},"salt":"${salt}","type":"tick"}`);
      this.#hashes.push(leafHash(this.lines[n]!));
    }
    return this;
  }

  /** The same log up to a size, under the same key, which goes on otherwise. */
  fork(size: number, to: number, salt = "fork"): MadeLog {
    const fork = new MadeLog(this.origin, this.key);
    for (const line of this.lines.slice(0, size)) {
      fork.lines.push(line);
      fork.#hashes.push(leafHash(line));
    }
    return fork.growTo(to, salt);
  }

  root(size = this.size): Hash {
    const range = new CompactRange();
    for (const hash of this.#hashes.slice(0, size)) range.append(hash);
    return range.root();
  }

  note(size = this.size, signers: readonly NoteSigner[] = [this.signer]): string {
    return signNote(formatCheckpoint({ origin: this.origin, size, root: this.root(size) }), signers);
  }

  readonly nodeAt = (level: number, index: number): Hash =>
    level === 0
      ? this.#hashes[index]!
      : nodeHash(this.nodeAt(level - 1, 2 * index), this.nodeAt(level - 1, 2 * index + 1));

  readonly proofOf = (from: number, to: number): Hash[] => consistencyProof(from, to, this.nodeAt);

  /** Writes the log as format 1 has it, in segments that begin at these leaves. */
  write(disk: Disk, dir: string, cuts: readonly number[] = [0]): void {
    makeDirDurably(disk, logPlaces(dir).segments);
    const put = (path: string, bytes: Uint8Array): void => {
      if (disk.look(path) !== undefined) disk.remove(path);
      const file = disk.openToAppend(path);
      writeAll(file, bytes);
      file.close();
    };
    cuts.forEach((first, i) => {
      const end = cuts[i + 1] ?? this.size;
      put(
        segmentPath(dir, first),
        Buffer.from(
          this.lines
            .slice(first, end)
            .map((line) => `${line}\n`)
            .join(""),
        ),
      );
      put(hashesPath(dir, first), Buffer.concat(this.#hashes.slice(first, end).map(hashToBytes)));
    });
    put(logPlaces(dir).vkey, Buffer.from(`${this.vkey}\n`));
    put(logPlaces(dir).checkpoint, Buffer.from(this.note()));
  }
}

/** A witness's key, and what its cosignatures are verified with. */
export function witnessSigner(name: string, now: () => number = () => Date.now() / 1000): NoteSigner {
  return cosignatureSigner(name, generateKeyPairSync("ed25519").privateKey, now);
}
