import type { AppendableFile, Disk } from "../core/disk.js";
import { segmentPath } from "./segment-files.js";
import { SUM_BYTES_MAX, sumLine } from "./segment-lines.js";

/** Room that is kept for the next chunk. */
const ROOM_BYTES_MAX = 1 << 23;

/** The segment that is written to: chunks, each closed by a sum line, and what of them is known to be durable. */
export class OpenSegment {
  readonly number: number;
  /** End of the last whole chunk. */
  offset: number;
  /** Bytes known to be durable. */
  synced: number;
  /** A sync failed: what it was for may be lost whatever later ones say, so nothing here is trusted to last. */
  failed = false;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: AppendableFile;
  /**
   * Its own handle for syncs in the background: a system tells of a lost write once per handle, and the one handle
   * must not take the news away from the other.
   */
  readonly #flusher: AppendableFile;
  /** Chunks are put together here one after the other: fresh memory costs more than what is done to it. */
  #buffer = Buffer.alloc(0);
  /** The chunk of which the disk has not taken everything yet. */
  #pending: Uint8Array | undefined;
  #there = 0;
  /** The last write threw. */
  #hasThrown = false;
  /** The sync that runs, and the one that waits for it to end. */
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #closed = false;

  /** @param fresh it must not exist */
  constructor(disk: Disk, dir: string, number: number, fresh: boolean) {
    this.number = number;
    this.#disk = disk;
    this.#path = segmentPath(dir, number);
    this.#file = disk.openToAppend(this.#path, fresh);
    try {
      this.#flusher = disk.openToAppend(this.#path);
    } catch (error) {
      this.#file.close();
      throw error;
    }
    this.offset = this.synced = this.#file.bytes;
  }

  get hasPending(): boolean {
    return this.#pending !== undefined;
  }

  /** Takes lines as a chunk; `finish` writes it. */
  stage(lines: string): void {
    // No character takes more than three bytes; asking for the exact number costs more than writing.
    const chunk = this.#room(lines.length * 3 + SUM_BYTES_MAX);
    const bytes = chunk.write(lines);
    const sum = sumLine(this.number, this.offset, chunk.subarray(0, bytes), this.synced);
    // Not a Buffer, whose `slice` is no copy: a disk may keep what it is given, and this memory is used again.
    this.#pending = new Uint8Array(chunk.buffer, chunk.byteOffset, bytes + chunk.write(sum, bytes));
    this.#there = 0;
  }

  /** Writes what is left of the chunk; when it throws, what the disk took is not written again. */
  finish(): void {
    const chunk = this.#pending;
    if (chunk === undefined) return;
    if (this.#hasThrown) this.#cutStray();
    while (this.#there < chunk.length) {
      const taken = this.#write(this.#there === 0 ? chunk : chunk.subarray(this.#there));
      if (taken <= 0) throw Object.assign(new Error("the disk took nothing"), { code: "ENOSPC" });
      this.#there += taken;
    }
    this.#pending = undefined;
    this.offset += chunk.length;
  }

  /** Resolves when all chunks that were whole at the call are durable. Callers at the same time share one sync. */
  async sync(): Promise<void> {
    this.#check();
    if (this.synced === this.offset) return;
    if (this.#queued !== undefined) return this.#queued;
    if (this.#running === undefined) return (this.#running = this.#flush());
    // What runs may have begun before the last write.
    this.#queued = this.#running
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        this.#check();
        return (this.#running = this.#flush());
      });
    return this.#queued;
  }

  /** The same, waited for. */
  syncNow(): void {
    this.#check();
    if (this.synced === this.offset) return;
    try {
      this.#file.syncNow();
    } catch (error) {
      this.failed = true;
      throw error;
    }
    this.synced = this.offset;
  }

  /** Notes in the segment that all of it is durable, if it is. The note itself is only worth something when it lasts. */
  seal(): void {
    if (this.failed || this.hasPending || this.synced < this.offset) return;
    this.stage("");
    this.finish();
  }

  /** Lets go of the file as soon as no sync is running on it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
    await (this.#queued ?? this.#running)?.catch(() => undefined);
    this.#flusher.close();
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
    const end = this.offset + this.#there;
    const bytes = this.#disk.look(this.#path)?.bytes ?? end;
    if (bytes > end) this.#file.truncate(end);
    this.#hasThrown = false;
  }

  #room(bytes: number): Buffer {
    if (bytes > ROOM_BYTES_MAX) return Buffer.allocUnsafeSlow(bytes);
    if (this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafeSlow(Math.max(bytes, 1 << 16));
    return this.#buffer;
  }

  async #flush(): Promise<void> {
    const target = this.offset;
    try {
      await this.#flusher.sync();
    } catch (error) {
      this.failed = true;
      throw error;
    } finally {
      this.#running = undefined;
    }
    // Another handle may have been told of a loss meanwhile.
    this.#check();
    this.synced = Math.max(this.synced, target);
  }

  #check(): void {
    if (!this.failed) return;
    throw Object.assign(new Error(`the disk failed to confirm what was written to segment ${this.number}`), {
      code: "EIO",
    });
  }
}
