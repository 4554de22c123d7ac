import { canonicalJson } from "../../src/core/canonical.js";
import type { Disk } from "../../src/core/disk.js";
import { replaceFile, writeAll } from "../../src/audit/log/files.js";
import { hashesPath, logPlaces, makeDirDurably, rangePath, segmentPath } from "../../src/audit/log/layout.js";
import { piecesOf } from "../../src/audit/log/leaf.js";
import { Vault } from "../../src/audit/privacy/index.js";
import type { AppendToLog, Erasure, KeptValue } from "../../src/audit/privacy/index.js";
import { CompactRange, hashToBase64, hashToBytes, leafHash } from "../../src/audit/tree/index.js";
import type { Hash } from "../../src/audit/tree/index.js";

/** A field whose value is to be kept: `args`, or the name of a tag. */
export interface Kept {
  readonly field: string;
  readonly value: unknown;
  readonly subject?: string;
}

/** A log with a vault as its writer makes it, without what the writer does besides. */
export class KeptLog {
  readonly range = new CompactRange();
  readonly leaves: Hash[] = [];
  readonly lines: string[] = [];
  vault: Vault;
  #first = 0;
  readonly #disk: Disk;
  readonly #dir: string;

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
    makeDirDurably(disk, logPlaces(dir).segments);
    for (const path of [segmentPath(dir, 0), hashesPath(dir, 0)]) disk.openToAppend(path).close();
    disk.syncDirNow(logPlaces(dir).segments);
    this.vault = new Vault({ disk, dir, segment: 0, size: 0, signed: 0 });
  }

  get size(): number {
    return this.lines.length;
  }

  /** Appends a record with values that are kept; returns its index. */
  append(record: object, ...kept: readonly Kept[]): number {
    const n = this.size;
    const values: KeptValue[] = [];
    const fields: Record<string, object> = {};
    for (const { field, value, subject } of kept) {
      const path = field === "args" ? "args" : `tags/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const sealed = this.vault.commit(path, canonicalJson(value), subject);
      values.push(sealed);
      if (field === "args") fields["args"] = sealed.commitment;
      else fields["tags"] = { ...fields["tags"], [field]: sealed.commitment };
    }
    const { head, tail } = piecesOf({ at: 1_000 * n, ...record, ...(kept.length > 0 && { kept: fields }) });
    for (const value of values) this.vault.keep(n, value);
    this.#write(head + n + tail);
    return n;
  }

  /** A value of each kind of the vault's, in a decision. */
  decide(value: unknown, subject?: string): number {
    return this.append({ type: "gate" }, { field: "args", value, ...(subject !== undefined && { subject }) });
  }

  flush(): void {
    this.vault.write();
    this.vault.sync();
  }

  /** The next leaf begins a segment. */
  cut(): void {
    this.vault.begin(this.size);
    this.vault.write();
    this.#first = this.size;
    const range = this.range.hashes.map((hash) => `${hashToBase64(hash)}\n`).join("");
    replaceFile(this.#disk, rangePath(this.#dir, this.size), range, "nothing");
    for (const path of [segmentPath(this.#dir, this.size), hashesPath(this.#dir, this.size)]) {
      this.#disk.openToAppend(path).close();
    }
    this.#disk.syncDirNow(logPlaces(this.#dir).segments);
  }

  /** What the real one does: the records are durable, and the writer's vault has heard of them. */
  readonly appendToLog: AppendToLog = async (_dir, records) => {
    for (const record of records) {
      this.append(record);
      const { type, what } = record as { type: string; what?: Erasure };
      if (type === "log.redacted") this.vault.forget(what!);
    }
  };

  #write(line: string): void {
    const hash = leafHash(line);
    this.lines.push(line);
    this.leaves.push(hash);
    this.range.append(hash);
    for (const [path, bytes] of [
      [segmentPath(this.#dir, this.#first), Buffer.from(`${line}\n`)],
      [hashesPath(this.#dir, this.#first), hashToBytes(hash)],
    ] as const) {
      const file = this.#disk.openToAppend(path);
      writeAll(file, bytes);
      file.syncNow();
      file.close();
    }
  }
}

/** Every file below a directory with its bytes. */
export function allFiles(disk: Disk, dir: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const name of disk.list(dir)) {
    const path = `${dir}/${name}`;
    if (disk.look(path)?.type === "directory")
      for (const [inner, bytes] of allFiles(disk, path)) files.set(inner, bytes);
    else files.set(path, Buffer.from(disk.read(path)));
  }
  return files;
}
