import { FakeContent } from "./fake-file.js";
import type { SeededRandom } from "./seeded-random.js";

/** A file, directory or link of the fake disk. */
export interface FakeNode {
  readonly type: "file" | "directory" | "link";
  mode: number;
  readonly uid: number | undefined;
  changedAt: number;
  links: number;
  /** Of a file. */
  content: FakeContent;
  /** Of a directory: as programs see it, and as the platter has it for certain. */
  readonly entries: Map<string, FakeNode>;
  readonly base: Map<string, FakeNode>;
  /** Of a link. */
  readonly target: string;
  /** Failed syncs; each handle hears of each once, as on Linux. */
  errors: number;
  /** Those of a directory that nobody has heard of yet. */
  unheard: number;
}

export interface NameChange {
  readonly dir: FakeNode;
  readonly name: string;
  /** Null takes the name away. */
  readonly node: FakeNode | null;
}

/** One rename, link, creation or removal: it survives as a whole or not at all. */
export interface TreeChange {
  readonly changes: readonly NameChange[];
  fate: "pending" | "limbo" | "durable";
}

export function newNode(type: FakeNode["type"], fields: Partial<FakeNode> = {}): FakeNode {
  return {
    type,
    mode: type === "directory" ? 0o700 : 0o600,
    uid: undefined,
    changedAt: 0,
    links: type === "directory" ? 2 : 0,
    content: new FakeContent(),
    entries: new Map(),
    base: new Map(),
    target: "",
    errors: 0,
    unheard: 0,
    ...fields,
  };
}

/** Directories and the changes to them that are not certain yet. */
export class FakeTree {
  readonly root: FakeNode;
  usedBytes = 0;
  #log: TreeChange[] = [];

  constructor(root = newNode("directory")) {
    this.root = root;
    visit(root, (node) => {
      this.usedBytes += node.content.length;
    });
  }

  change(...changes: readonly NameChange[]): void {
    for (const { dir, name, node } of changes) {
      this.#drop(dir, name);
      if (node === null) continue;
      dir.entries.set(name, node);
      if (node.type !== "directory") node.links++;
    }
    this.#log.push({ changes, fate: "pending" });
  }

  /** What a sync of this directory that begins now covers. */
  unsynced(dir: FakeNode): readonly TreeChange[] {
    return this.#log.filter(
      ({ fate, changes }) => fate === "pending" && changes.some((change) => change.dir === dir),
    );
  }

  synced(changes: readonly TreeChange[], fate: "durable" | "limbo"): void {
    for (const change of changes) if (change.fate === "pending") change.fate = fate;
    // A certain change goes into the base unless an uncertain one of the same name came before it.
    const blocked = new Map<FakeNode, Set<string>>();
    this.#log = this.#log.filter((change) => {
      const free = change.changes.every(({ dir, name }) => blocked.get(dir)?.has(name) !== true);
      if (change.fate === "durable" && free) {
        applyToBase(change);
        return false;
      }
      for (const { dir, name } of change.changes) {
        blocked.set(dir, (blocked.get(dir) ?? new Set()).add(name));
      }
      return true;
    });
  }

  /** What a power failure leaves. */
  survive(random: SeededRandom): FakeTree {
    for (const change of this.#log) {
      if (change.fate === "durable" || random.chance(0.5)) applyToBase(change);
    }
    const copies = new Map<FakeNode, FakeNode>();
    const copy = (node: FakeNode): FakeNode => {
      const known = copies.get(node);
      if (known !== undefined) {
        if (node.type !== "directory") known.links++;
        return known;
      }
      const { mode, uid, changedAt, target } = node;
      const content = node.type === "file" ? node.content.survive(random) : new FakeContent();
      const made = newNode(node.type, { mode, uid, changedAt, target, content });
      if (node.type !== "directory") made.links = 1;
      copies.set(node, made);
      for (const [name, child] of node.base) {
        const childCopy = copy(child);
        made.entries.set(name, childCopy);
        made.base.set(name, childCopy);
      }
      return made;
    };
    return new FakeTree(copy(this.root));
  }

  #drop(dir: FakeNode, name: string): void {
    const old = dir.entries.get(name);
    if (old === undefined) return;
    dir.entries.delete(name);
    if (old.type === "directory") return;
    old.links--;
    if (old.links === 0) this.usedBytes -= old.content.length;
  }
}

function applyToBase({ changes }: TreeChange): void {
  for (const { dir, name, node } of changes) {
    if (node === null) dir.base.delete(name);
    else dir.base.set(name, node);
  }
}

function visit(node: FakeNode, see: (node: FakeNode) => void, seen = new Set<FakeNode>()): void {
  if (seen.has(node)) return;
  seen.add(node);
  see(node);
  for (const child of node.entries.values()) visit(child, see, seen);
}
