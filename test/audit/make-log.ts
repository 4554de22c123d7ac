import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * A log made from the description of the format alone, with nothing of `src`: what wrote the logs that the verifiers
 * are tried on should not be what they are written after.
 */

/** Files of a log directory by path from its root, with forward slashes. */
export type LogFiles = Map<string, Buffer>;

/** A key with the name that it signs under. */
export interface NamedKey {
  readonly name: string;
  readonly key: KeyObject;
  readonly vkey: string;
}

/** A log, and what only its owner (or a thief) has. */
export interface MadeLog {
  readonly origin: string;
  readonly files: LogFiles;
  readonly logKey: NamedKey;
  /** By epoch; those before the last one are destroyed in real life. */
  readonly epochKeys: readonly NamedKey[];
}

export type Fields = Readonly<Record<string, unknown>>;

const AT = 1_790_000_000_000;

/** A key that is the same in every run. */
export function namedKey(name: string, seed: string): NamedKey {
  const secret = createHash("sha256").update(seed).digest();
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), secret]);
  return keyNamed(name, createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}

/** A private key as it signs under a name. */
export function keyNamed(name: string, key: KeyObject): NamedKey {
  const raw = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const typed = Buffer.concat([Buffer.from([1]), raw]);
  return { name, key, vkey: `${name}+${keyId(name, typed).toString("hex")}+${typed.toString("base64")}` };
}

function keyId(name: string, typed: Buffer): Buffer {
  return createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, 4);
}

/** RFC 8785, by recursion. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, member]) => member !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

export function leafHash(line: Uint8Array | string): Buffer {
  return createHash("sha256")
    .update(Buffer.from([0]))
    .update(line)
    .digest();
}

/** Root of RFC 6962 as its section 2.1 says it: by halves. */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return createHash("sha256").digest();
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  let half = 1;
  while (half * 2 < hashes.length) half *= 2;
  const node = createHash("sha256").update(Buffer.from([1]));
  return node
    .update(rootOf(hashes.slice(0, half)))
    .update(rootOf(hashes.slice(half)))
    .digest();
}

export function checkpointText(origin: string, size: number, root: Buffer): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

export function signatureLine(by: NamedKey, text: string): string {
  const id = Buffer.from(by.vkey.split("+")[1] ?? "", "hex");
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), by.key)]);
  return `— ${by.name} ${signature.toString("base64")}\n`;
}

export function signedNote(text: string, by: readonly NamedKey[]): string {
  return `${text}\n${by.map((key) => signatureLine(key, text)).join("")}`;
}

/** A kept head, the first of its directory. */
export function headText(head: {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}): string {
  return `${JSON.stringify({ generation: 1, origin: head.origin, size: head.size, root: head.root })}\n`;
}

export function segmentName(first: number, kind = "jsonl"): string {
  return `seg/${String(first).padStart(16, "0")}.${kind}`;
}

/** Writes a log leaf by leaf. Times are ten milliseconds apart. */
export class LogMaker {
  readonly origin: string;
  readonly #seed: string;
  readonly #logKey: NamedKey;
  readonly #epochKeys: NamedKey[];
  readonly #files: LogFiles = new Map();
  readonly #hashes: Buffer[] = [];
  readonly #notes: string[] = [];
  #first = 0;
  #signed = 0;
  #lines: Buffer[] = [];

  constructor(origin: string, seed = origin) {
    this.origin = origin;
    this.#seed = seed;
    this.#logKey = namedKey(origin, `${seed} log`);
    this.#epochKeys = [this.#epochKey(0)];
    this.leaf("log.begin", {
      epoch: 0,
      epochKey: this.#epochKeys[0]?.vkey,
      format: 1,
      origin,
      software: "rein 0.1.0",
      vkey: this.#logKey.vkey,
    });
  }

  get size(): number {
    return this.#hashes.length;
  }

  /** Appends a record; `blobs` are the values of fields that stand in files of their own. */
  leaf(type: string, fields: Fields = {}, blobs: Fields = {}): number {
    const n = this.size;
    const large: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(blobs)) {
      const bytes = Buffer.from(canonical(value));
      large[field] = { $blob: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
      this.#files.set(`blobs/${String(n).padStart(16, "0")}.${field}.json`, bytes);
    }
    const line = Buffer.from(canonical({ at: AT + n * 10, ...fields, ...large, n, type }));
    this.#lines.push(line);
    this.#hashes.push(leafHash(line));
    return n;
  }

  /** Signs what is there; a seal is signed by the key of the epoch too. */
  checkpoint(seal?: NamedKey): void {
    const text = checkpointText(this.origin, this.size, rootOf(this.#hashes));
    this.#notes.push(signedNote(text, seal === undefined ? [this.#logKey] : [this.#logKey, seal]));
    this.#signed = this.size;
  }

  /** Ends the segment as the writer does by itself: the next epoch is announced, this one is sealed. */
  rotate(): void {
    const epoch = this.#epochKeys.length;
    const [old, next] = [this.#epochKeys[epoch - 1], this.#epochKey(epoch)];
    this.leaf("key.rotate", { epoch, vkey: next.vkey });
    this.#epochKeys.push(next);
    this.checkpoint(old);
    this.#cut(Buffer.alloc(0));
  }

  /**
   * The writer dies and leaves `stray` after its last whole line. The next one goes on in a segment of its own, which
   * begins with what was written and not signed: in the old one that no longer counts.
   */
  crash(stray: Buffer): void {
    const segment = this.#first;
    const from = this.#signed;
    const unsigned = this.#lines.slice(from - segment);
    this.#cut(stray);
    this.#first = from;
    this.#lines = unsigned;
    const file = `after-${String(this.size).padStart(16, "0")}`;
    if (stray.length > 0) this.#files.set(`quarantine/${file}`, stray);
    this.leaf("log.recovered", {
      bytes: stray.length,
      file: stray.length > 0 ? file : null,
      from,
      segment,
      sha256: stray.length > 0 ? createHash("sha256").update(stray).digest("hex") : null,
      why: `record ${this.size} is not a whole line`,
    });
    this.leaf("log.open", { mono: 0, writer: "0b0b0b0b" });
  }

  /** What is on the disk; `tail` comes after the last whole line. */
  made(tail = Buffer.alloc(0)): MadeLog {
    this.#cut(tail);
    const newest = this.#notes.at(-1) ?? "";
    const [origin = "", size = "0", root = ""] = newest.split("\n");
    this.#files.set("vkey", Buffer.from(`${this.#logKey.vkey}\n`));
    this.#files.set("checkpoints", Buffer.from(this.#notes.join("")));
    this.#files.set("checkpoint", Buffer.from(newest));
    this.#files.set("head/head.00000001", Buffer.from(headText({ origin, size: Number(size), root })));
    return {
      origin: this.origin,
      files: this.#files,
      logKey: this.#logKey,
      epochKeys: this.#epochKeys,
    };
  }

  #epochKey(epoch: number): NamedKey {
    return namedKey(`${this.origin}/e/${epoch}`, `${this.#seed} epoch ${epoch}`);
  }

  #cut(stray: Buffer): void {
    const body = this.#lines.flatMap((line) => [line, Buffer.from("\n")]);
    this.#files.set(segmentName(this.#first), Buffer.concat([...body, stray]));
    this.#files.set(segmentName(this.#first, "hashes"), Buffer.concat(this.#hashes.slice(this.#first)));
    this.#first = this.size;
    this.#lines = [];
  }
}

/** Puts a log into a directory; files that are the same as in another log's directory get a second name only. */
export function writeLog(
  files: LogFiles,
  dir: string,
  like?: { readonly files: LogFiles; readonly dir: string },
): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    if (like?.files.get(path)?.equals(bytes) === true) linkSync(join(like.dir, path), join(dir, path));
    else writeFileSync(join(dir, path), bytes);
  }
}
