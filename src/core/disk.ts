/**
 * The file operations that state and records are kept with, so that tests can put a disk under them that loses and
 * tears what was not synced. Paths are absolute. Errors are those of the system, with `code` ENOENT, ENOSPC, EIO,
 * EROFS, EACCES …
 */
export interface Disk {
  /** Makes a directory and the ones above it, for their owner only (0700); nothing when it is there. */
  makeDir(path: string): void;
  /** Names in a directory, sorted. */
  list(path: string): string[];
  /** What is at a path, links not followed; undefined when nothing is. */
  look(path: string): FileFacts | undefined;
  /** A whole file. */
  read(path: string): Uint8Array;
  /** Opens a file to read pieces of it. */
  openToRead(path: string): ReadableFile;
  /** Opens a file to append to it, made for its owner only (0600) when it is missing; `fresh`: EEXIST when it is there. */
  openToAppend(path: string, fresh?: boolean): AppendableFile;
  rename(from: string, to: string): void;
  /** Gives a file a second name; EEXIST when the name is taken, which makes it the way to be the first. */
  link(from: string, to: string): void;
  remove(path: string): void;
  /** Sets a file's time of change to now. */
  touch(path: string): void;
  /** Resolves when new names, renames and removals in a directory would survive a power failure. */
  syncDir(path: string): Promise<void>;
  /** The same, waited for. */
  syncDirNow(path: string): void;
}

export interface FileFacts {
  readonly type: "file" | "directory" | "link" | "other";
  readonly bytes: number;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  /** Owner; undefined where the system has none. */
  readonly uid: number | undefined;
  /** Names that the file has. */
  readonly links: number;
  /** Time of change, ms since 1970. */
  readonly changedAt: number;
}

export interface ReadableFile {
  readonly bytes: number;
  /** Reads from `position` into `target`; returns how many bytes, 0 at the end. */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

export interface AppendableFile {
  /** Bytes in the file, as far as this handle has seen. */
  readonly bytes: number;
  /** Appends; returns how many bytes were taken, which a full disk makes fewer. */
  write(bytes: Uint8Array): number;
  /** Cuts the end off. */
  truncate(bytes: number): void;
  /** Resolves when what was written would survive a power failure (fdatasync). */
  sync(): Promise<void>;
  /** The same, waited for. */
  syncNow(): void;
  close(): void;
}
