import type { AppendableFile, Disk, FileFacts, ReadableFile } from "../core/disk.js";
import { FakeContent } from "./fake-file.js";
import { type FakeNode, FakeTree, newNode } from "./fake-tree.js";
import { SeededRandom } from "./seeded-random.js";

/** What a program asks a disk for; `sync` and `syncDir` stand for both ways of waiting. */
export type DiskOperation =
  | "makeDir"
  | "list"
  | "look"
  | "read"
  | "openToRead"
  | "openToAppend"
  | "rename"
  | "link"
  | "remove"
  | "touch"
  | "syncDir"
  | "readPiece"
  | "write"
  | "truncate"
  | "sync";

/** Returns the code of the error that an operation fails with, such as `ENOSPC`; undefined lets it pass. */
export type DiskFault = (operation: DiskOperation, path: string) => string | undefined;

export interface FakeDiskOptions {
  /** Decides what crashes leave. */
  readonly seed?: number;
  /** Wall time in ms, for times of change. */
  readonly now?: () => number;
  /** Owner of everything that is made; without it files have none, and nobody looks at owners. */
  readonly uid?: number;
  /** Bytes that all files together may have. */
  readonly capacityBytes?: number;
  /** How long a sync that is not waited for takes; a microtask by default. */
  readonly syncDelay?: () => Promise<void>;
}

/** Thrown by a disk whose process is dead: nothing that such a process still does reaches anything. */
export class DiskDied extends Error {
  override readonly name = "DiskDied";
}

const CHANGES: ReadonlySet<DiskOperation> = new Set([
  ...(["makeDir", "openToAppend", "rename", "link", "remove", "touch", "write", "truncate"] as const),
]);

/**
 * A disk in memory that does to unsynced writes what real ones do at a power failure: loses, tears, zero-fills and
 * reorders them by sectors of 512 bytes, and names apart from contents. The same seed and the same calls give the
 * same disk.
 *
 * @example
 * ```ts
 * import { FakeDisk } from "rein/testing";
 *
 * const disk = new FakeDisk({ seed: 7 });
 * disk.makeDir("/state");
 * disk.openToAppend("/state/notes").write(new TextEncoder().encode("gone?"));
 * const afterPowerFailure = disk.crash();
 * ```
 */
export class FakeDisk implements Disk {
  /** Asked before every operation. */
  fault: DiskFault | undefined;
  /** Everything that changes something fails with EROFS. */
  isReadOnly = false;
  capacityBytes: number;
  readonly #options: FakeDiskOptions;
  readonly #random: SeededRandom;
  readonly #tree: FakeTree;
  readonly #failNext: { readonly operation: DiskOperation; readonly code: string }[] = [];
  #operations = 0;
  #dieAt = Infinity;
  #dead = false;

  /** @param tree what is on it; for this class itself */
  constructor(options: FakeDiskOptions = {}, tree = new FakeTree()) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed ?? 1);
    this.#tree = tree;
    this.capacityBytes = options.capacityBytes ?? Infinity;
  }

  /** Operations so far. */
  get operations(): number {
    return this.#operations;
  }

  get usedBytes(): number {
    return this.#tree.usedBytes;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** The next operation of this kind fails with `code`. */
  failNext(operation: DiskOperation, code: string): void {
    this.#failNext.push({ operation, code });
  }

  /** Operation number `n` (the first is 1) and all after it throw {@link DiskDied}; whether that one still happened is open. */
  dieAt(n: number): void {
    this.#dieAt = n;
  }

  /** The power fails: this disk is dead; the one returned has what survived, as a freshly started machine sees it. */
  crash(): FakeDisk {
    this.#dead = true;
    return this.#successor(this.#tree.survive(this.#random));
  }

  /** The process dies and the machine runs on: nothing is lost, and nothing more is synced than was. */
  kill(): FakeDisk {
    this.#dead = true;
    return this.#successor(this.#tree);
  }

  /** Puts something there, durably and past all rules: what a test begins with, or what somebody tampered with. */
  plant(path: string, what: Partial<FakeNode> & { readonly bytes?: Uint8Array | string } = {}): void {
    const { bytes = "", type = "file", ...fields } = what;
    const content = new FakeContent(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    const [dir, name] = this.#parentOf(path);
    const node = newNode(type, { uid: this.#options.uid, changedAt: this.#now(), content, ...fields });
    this.#tree.change({ dir, name, node });
    if (fields.links !== undefined) node.links = fields.links;
    this.#tree.usedBytes += content.length;
    this.#tree.synced(this.#tree.unsynced(dir), "durable");
  }

  /** Changes the bytes of a file as damage does: past all rules, durably. */
  damage(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const node = this.#file(path, "write");
    const changed = new FakeContent(change(node.content.bytes.slice()));
    this.#tree.usedBytes += changed.length - node.content.length;
    node.content = changed;
  }

  makeDir(path: string): void {
    this.#run("makeDir", path, () => {
      let at = this.#tree.root;
      for (const name of namesOf(path)) {
        let next = at.entries.get(name);
        if (next === undefined) {
          next = this.#newNode("directory");
          this.#tree.change({ dir: at, name, node: next });
        }
        if (next.type !== "directory") throw systemError("EEXIST", "makeDir", path);
        at = next;
      }
    });
  }

  list(path: string): string[] {
    return this.#run("list", path, () => [...this.#dir(path, "list").entries.keys()].sort());
  }

  look(path: string): FileFacts | undefined {
    return this.#run("look", path, () => {
      const node = this.#find(path);
      if (node === undefined) return undefined;
      const { type, mode, uid, links, changedAt, content } = node;
      return { type, bytes: content.length, mode, uid, links, changedAt };
    });
  }

  read(path: string): Uint8Array {
    return this.#run("read", path, () => this.#file(path, "read").content.bytes.slice());
  }

  openToRead(path: string): ReadableFile {
    return this.#run("openToRead", path, () => {
      const node = this.#file(path, "openToRead");
      return {
        bytes: node.content.length,
        read: (target, position) =>
          this.#run("readPiece", path, () => {
            const piece = node.content.bytes.subarray(position, position + target.length);
            target.set(piece);
            return piece.length;
          }),
        close: () => undefined,
      };
    });
  }

  openToAppend(path: string, fresh = false): AppendableFile {
    return this.#run("openToAppend", path, () => {
      const there = this.#find(path);
      if (there !== undefined && fresh) throw systemError("EEXIST", "openToAppend", path);
      if (there === undefined) {
        const [dir, name] = this.#parentOf(path);
        this.#tree.change({ dir, name, node: this.#newNode("file") });
      }
      return this.#handle(path, this.#file(path, "openToAppend"));
    });
  }

  rename(from: string, to: string): void {
    this.#run("rename", from, () => {
      const node = this.#find(from);
      if (node === undefined) throw systemError("ENOENT", "rename", from);
      const [fromDir, fromName] = this.#parentOf(from);
      const [toDir, toName] = this.#parentOf(to);
      if (toDir.entries.get(toName) === node) return;
      node.changedAt = this.#now();
      // In this order the file always has a name, so that its bytes stay counted.
      this.#tree.change({ dir: toDir, name: toName, node }, { dir: fromDir, name: fromName, node: null });
    });
  }

  link(from: string, to: string): void {
    this.#run("link", from, () => {
      const node = this.#file(from, "link");
      if (this.#find(to) !== undefined) throw systemError("EEXIST", "link", to);
      const [dir, name] = this.#parentOf(to);
      node.changedAt = this.#now();
      this.#tree.change({ dir, name, node });
    });
  }

  remove(path: string): void {
    this.#run("remove", path, () => {
      const node = this.#find(path);
      if (node === undefined) throw systemError("ENOENT", "remove", path);
      if (node.type === "directory") throw systemError("EPERM", "remove", path);
      const [dir, name] = this.#parentOf(path);
      this.#tree.change({ dir, name, node: null });
    });
  }

  touch(path: string): void {
    this.#run("touch", path, () => {
      const node = this.#find(path);
      if (node === undefined) throw systemError("ENOENT", "touch", path);
      node.changedAt = this.#now();
    });
  }

  async syncDir(path: string): Promise<void> {
    const { node, covered, error } = this.#beginSyncDir(path);
    // A failure is known to the system before the one who asked hears of it.
    const errors = node.errors;
    if (error !== undefined) node.unheard++;
    await this.#delay();
    if (error !== undefined) node.unheard--;
    this.#mustLive("syncDir", path);
    if (error !== undefined) throw error;
    if (node.errors > errors) throw systemError("EIO", "syncDir", path);
    this.#tree.synced(covered, "durable");
  }

  syncDirNow(path: string): void {
    const { node, covered, error } = this.#beginSyncDir(path);
    if (error !== undefined) throw error;
    if (node.unheard > 0) throw systemError("EIO", "syncDir", path);
    this.#tree.synced(covered, "durable");
  }

  #beginSyncDir(path: string) {
    const node = this.#dir(path, "syncDir");
    const begun = this.#beginSync(
      "syncDir",
      path,
      () => this.#tree.unsynced(node),
      (changes, fate) => this.#tree.synced(changes, fate),
    );
    if (begun.error !== undefined) node.errors++;
    return { node, ...begun };
  }

  #handle(path: string, node: FakeNode): AppendableFile {
    let heard = node.errors;
    let isFull = false;
    const begin = () => {
      const begun = this.#beginSync(
        "sync",
        path,
        () => node.content.unsynced(),
        (changes, fate) => node.content.synced(changes, fate),
      );
      if (begun.error !== undefined) node.errors++;
      return begun;
    };
    /** Each handle hears of each failed sync once, whichever handle asked for it. */
    const hear = (error: Error | undefined): void => {
      const hasMissed = heard < node.errors;
      heard = node.errors;
      if (error !== undefined) throw error;
      if (hasMissed) throw systemError("EIO", "sync", path);
    };
    const write = (bytes: Uint8Array): number => {
      if (this.#countsAsLast("write", path)) {
        this.#append(node, bytes.subarray(0, this.#random.below(bytes.length + 1)));
        throw new DiskDied(`died in a write to ${path}`);
      }
      const fault = this.#faultOf("write", path);
      if (fault !== undefined || isFull) {
        // A full disk takes what fits, and says no the next time; others may have taken a part when they fail.
        const taken = isFull ? 0 : this.#append(node, bytes.subarray(0, this.#random.below(bytes.length)));
        isFull = fault?.code === "ENOSPC" && taken > 0;
        if (isFull) return taken;
        throw fault ?? systemError("ENOSPC", "write", path);
      }
      const taken = Math.min(bytes.length, Math.max(0, this.capacityBytes - this.usedBytes));
      if (taken === 0 && bytes.length > 0) throw systemError("ENOSPC", "write", path);
      return this.#append(node, bytes.subarray(0, taken));
    };
    return {
      get bytes() {
        return node.content.length;
      },
      write,
      truncate: (bytes) =>
        this.#run("truncate", path, () => {
          if (node.links > 0) this.#tree.usedBytes += bytes - node.content.length;
          node.content.truncate(bytes);
          node.changedAt = this.#now();
        }),
      sync: async () => {
        const { covered, error } = begin();
        await this.#delay();
        this.#mustLive("sync", path);
        hear(error);
        node.content.synced(covered, "durable");
      },
      syncNow: () => {
        const { covered, error } = begin();
        hear(error);
        node.content.synced(covered, "durable");
      },
      close: () => undefined,
    };
  }

  #append(node: FakeNode, bytes: Uint8Array): number {
    if (bytes.length > 0) node.content.append(bytes);
    if (node.links > 0) this.#tree.usedBytes += bytes.length;
    node.changedAt = this.#now();
    return bytes.length;
  }

  /** Runs one operation, unless the process dies of it or it is to fail. */
  #run<T>(operation: DiskOperation, path: string, action: () => T): T {
    if (this.#countsAsLast(operation, path)) {
      if (this.#random.chance(0.5)) attempt(action);
      throw new DiskDied(`died in ${operation} of ${path}`);
    }
    const fault = this.#faultOf(operation, path);
    if (fault !== undefined) throw fault;
    return action();
  }

  #beginSync<T>(
    operation: "sync" | "syncDir",
    path: string,
    unsynced: () => readonly T[],
    synced: (changes: readonly T[], fate: "durable" | "limbo") => void,
  ): { readonly covered: readonly T[]; readonly error: SystemError | undefined } {
    if (this.#countsAsLast(operation, path)) {
      if (this.#random.chance(0.5)) synced(unsynced(), "durable");
      throw new DiskDied(`died in ${operation} of ${path}`);
    }
    const error = this.#faultOf(operation, path);
    const covered = unsynced();
    if (error !== undefined) synced(covered, "limbo");
    return { covered, error };
  }

  /** Counts an operation; tells whether the process dies of it. */
  #countsAsLast(operation: DiskOperation, path: string): boolean {
    this.#mustLive(operation, path);
    this.#operations++;
    this.#dead = this.#operations >= this.#dieAt;
    return this.#dead;
  }

  #mustLive(operation: DiskOperation, path: string): void {
    if (this.#dead) throw new DiskDied(`no ${operation} of ${path}: the process is dead`);
  }

  #faultOf(operation: DiskOperation, path: string): SystemError | undefined {
    const next = this.#failNext.findIndex((fault) => fault.operation === operation);
    const planned = next < 0 ? undefined : this.#failNext.splice(next, 1)[0]?.code;
    const readOnly = this.isReadOnly && CHANGES.has(operation) ? "EROFS" : undefined;
    const code = planned ?? readOnly ?? this.fault?.(operation, path);
    return code === undefined ? undefined : systemError(code, operation, path);
  }

  #delay(): Promise<void> {
    return this.#options.syncDelay?.() ?? Promise.resolve();
  }

  #now(): number {
    return this.#options.now?.() ?? 0;
  }

  #newNode(type: FakeNode["type"]): FakeNode {
    return newNode(type, { uid: this.#options.uid, changedAt: this.#now() });
  }

  #successor(tree: FakeTree): FakeDisk {
    const { capacityBytes } = this;
    return new FakeDisk({ ...this.#options, seed: this.#random.bits(), capacityBytes }, tree);
  }

  /** What is at a path; a link at its end is not followed unless the path goes on with `/.`. */
  #find(path: string): FakeNode | undefined {
    let at: FakeNode | undefined = this.#tree.root;
    for (const name of namesOf(path)) {
      if (at?.type === "link") at = this.#find(at.target);
      if (at === undefined) return undefined;
      if (name === ".") continue;
      if (at.type !== "directory") throw systemError("ENOTDIR", "look", path);
      at = at.entries.get(name);
    }
    return at;
  }

  #file(path: string, operation: DiskOperation): FakeNode {
    const node = this.#find(path);
    if (node === undefined) throw systemError("ENOENT", operation, path);
    if (node.type === "directory") throw systemError("EISDIR", operation, path);
    if (node.type === "link") throw systemError("ELOOP", operation, path);
    return node;
  }

  #dir(path: string, operation: DiskOperation): FakeNode {
    const node = this.#find(`${path}/.`);
    if (node === undefined) throw systemError("ENOENT", operation, path);
    if (node.type !== "directory") throw systemError("ENOTDIR", operation, path);
    return node;
  }

  #parentOf(path: string): readonly [FakeNode, string] {
    const names = namesOf(path);
    const name = names.pop() ?? "";
    return [this.#dir(`/${names.join("/")}`, "look"), name];
  }
}

interface SystemError extends Error {
  readonly code: string;
}

function systemError(code: string, operation: DiskOperation, path: string): SystemError {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code, syscall: operation, path });
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch {
    // It would have failed; the process died of it anyway.
  }
}
