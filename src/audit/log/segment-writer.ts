import type { AppendableFile, Disk } from "../../core/disk.js";
import { HASH_BYTES } from "../tree/index.js";
import { writeAll } from "./files.js";
import { hashesPath, logPlaces, segmentPath } from "./layout.js";
import { rebuildHashes } from "./hash-cache.js";

/** The segment that is written to, and the cache of its leaves' hashes. */
export class SegmentWriter {
  readonly first: number;
  /** Bytes of it that are known to be written. */
  bytes: number;
  /** A sync failed: what it was for may be lost whatever later ones say (systems report a lost write once). */
  failed = false;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: AppendableFile;
  /** Undefined: it could not be written, and is made again by whoever needs it. */
  #hashes: AppendableFile | undefined;
  #hashBytes: number;
  #hasThrown = false;

  /** @param leaves whole lines that are in it already @param fresh it must not exist. @throws the system's error */
  constructor(disk: Disk, dir: string, first: number, leaves: number, fresh: boolean) {
    this.first = first;
    this.#disk = disk;
    this.#path = segmentPath(dir, first);
    this.#file = disk.openToAppend(this.#path, fresh);
    this.bytes = this.#file.bytes;
    this.#hashBytes = leaves * HASH_BYTES;
    try {
      if (fresh) disk.syncDirNow(logPlaces(dir).segments);
      const path = hashesPath(dir, first);
      const there = disk.look(path)?.bytes ?? 0;
      if (there < this.#hashBytes) rebuildHashes(disk, dir, first, leaves);
      this.#hashes = disk.openToAppend(path);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** Writes lines; when it throws, what the disk took is not written again: `bytes` says how far it came. */
  append(lines: Uint8Array): void {
    if (this.#hasThrown) this.#cutStray();
    const from = this.bytes;
    while (this.bytes - from < lines.length) {
      const taken = this.#write(this.bytes === from ? lines : lines.subarray(this.bytes - from));
      if (taken <= 0) throw Object.assign(new Error("the disk took nothing"), { code: "ENOSPC" });
      this.bytes += taken;
    }
  }

  /** Writes hashes of lines that were written. It is a cache: what fails is left to whoever needs it. */
  appendHashes(hashes: Uint8Array): void {
    const file = this.#hashes;
    if (file === undefined) return;
    try {
      if (file.bytes !== this.#hashBytes) file.truncate(this.#hashBytes);
      writeAll(file, hashes);
      this.#hashBytes += hashes.length;
    } catch {
      this.#hashes = undefined;
      file.close();
    }
  }

  /** @throws the system's error: from then on the segment is `failed` */
  sync(): void {
    try {
      this.#file.syncNow();
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }

  close(): void {
    this.#file.close();
    this.#hashes?.close();
    this.#hashes = undefined;
  }

  #write(bytes: Uint8Array): number {
    try {
      return this.#file.write(bytes);
    } catch (error) {
      this.#hasThrown = true;
      throw error;
    }
  }

  /** A write that throws may have written something all the same. */
  #cutStray(): void {
    if ((this.#disk.look(this.#path)?.bytes ?? this.bytes) > this.bytes) this.#file.truncate(this.bytes);
    this.#hasThrown = false;
  }
}
