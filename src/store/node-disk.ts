import * as fs from "node:fs";
import { promisify } from "node:util";
import type { AppendableFile, Disk, FileFacts, ReadableFile } from "../core/disk.js";
import { codeOf } from "./disk-files.js";

const { constants } = fs;
const syncFile = promisify(fs.fdatasync);
const syncWhole = promisify(fs.fsync);
const openFile = promisify(fs.open);
const closeFile = promisify(fs.close);

// A link in the place of a file would have us write wherever somebody pointed it. Windows has no such flag.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const READ = constants.O_RDONLY | NO_FOLLOW;
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | NO_FOLLOW;

/** What systems answer that cannot sync a directory; it then needs none, or there is nothing to be done about it. */
const CANNOT_SYNC_DIR = new Set(["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);
const CANNOT_OPEN_DIR = new Set(["EPERM", "EISDIR", "EACCES", "EBADF"]);

/** The disk of this machine. */
export const nodeDisk: Disk = {
  makeDir(path) {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  list: (path) => fs.readdirSync(path).sort(),
  look(path) {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined ? undefined : factsOf(stats);
  },
  read(path) {
    const fd = fs.openSync(path, READ);
    try {
      return fs.readFileSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
  openToRead: (path) => new NodeReadableFile(fs.openSync(path, READ)),
  openToAppend(path, fresh = false) {
    const fd = fs.openSync(path, fresh ? APPEND | constants.O_EXCL : APPEND, 0o600);
    try {
      return new NodeAppendableFile(fd);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  },
  rename: (from, to) => fs.renameSync(from, to),
  link: (from, to) => fs.linkSync(from, to),
  remove: (path) => fs.unlinkSync(path),
  touch(path) {
    const now = new Date();
    fs.lutimesSync(path, now, now);
  },
  async syncDir(path) {
    await tolerantly(async () => {
      const fd = await openFile(path, constants.O_RDONLY);
      try {
        await syncWhole(fd);
      } finally {
        await closeFile(fd);
      }
    });
  },
  syncDirNow(path) {
    try {
      const fd = fs.openSync(path, constants.O_RDONLY);
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    } catch (error) {
      if (!isNoDirSync(error)) throw error;
    }
  },
};

class NodeReadableFile implements ReadableFile {
  readonly bytes: number;
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
    this.bytes = fs.fstatSync(fd).size;
  }

  read(target: Uint8Array, position: number): number {
    return fs.readSync(this.#fd, target, 0, target.length, position);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

class NodeAppendableFile implements AppendableFile {
  readonly #fd: number;
  #bytes: number;

  constructor(fd: number) {
    this.#fd = fd;
    this.#bytes = fs.fstatSync(fd).size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Uint8Array): number {
    const taken = fs.writeSync(this.#fd, bytes);
    this.#bytes += taken;
    return taken;
  }

  truncate(bytes: number): void {
    fs.ftruncateSync(this.#fd, bytes);
    this.#bytes = bytes;
  }

  sync(): Promise<void> {
    return syncFile(this.#fd);
  }

  syncNow(): void {
    fs.fdatasyncSync(this.#fd);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

function factsOf(stats: fs.Stats): FileFacts {
  return {
    type: typeOf(stats),
    bytes: stats.size,
    mode: stats.mode & 0o7777,
    uid: process.getuid === undefined ? undefined : stats.uid,
    links: stats.nlink,
    // The time that the file system itself sets, by its own clock, whatever a program asks for: the only one by which
    // machines that share a disk can be compared.
    changedAt: stats.ctimeMs,
  };
}

function typeOf(stats: fs.Stats): FileFacts["type"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "link" : "other";
}

async function tolerantly(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isNoDirSync(error)) throw error;
  }
}

function isNoDirSync(error: unknown): boolean {
  const code = codeOf(error) ?? "";
  return CANNOT_SYNC_DIR.has(code) || (process.platform === "win32" && CANNOT_OPEN_DIR.has(code));
}
