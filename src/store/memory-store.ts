import { randomBytes } from "node:crypto";
import { ReinError } from "../core/errors.js";
import { checkTotal, grantsOf, plainHalt } from "./asks.js";
import { applyChange, type Change, type MutableBooks, raise } from "./journal-format.js";
import { SECRET_BYTES } from "./secret-file.js";
import { storeFailed } from "./store-errors.js";
import type { AllowanceAsk, OpenStore, Store, StoredHalt, StoredSnapshot } from "./store.js";

/** A store in memory: what it keeps survives closing and opening it, and {@link MemoryStore.crash}, not the process. */
export interface MemoryStore extends Store {
  /** While it is set, nothing can be written: every call rejects with it as the cause. */
  failure: Error | undefined;
  /** Ends the process that has it open, abruptly: what it was not told to be durable is gone. */
  crash(): void;
  /** Lets the next process have it while the one that has it open still runs. */
  pushAside(): void;
}

export interface MemoryStoreOptions {
  readonly secret?: Uint8Array;
  readonly name?: string;
}

/**
 * Keeps state in memory, for tests and for programs whose state may end with them.
 *
 * @example
 * ```js
 * const store = memoryStore();
 * const first = await store.open();
 * await first.grant([{ account: "daily", from: 0, to: 5, limit: 100, window: "forever" }]);
 * store.crash();
 * (await store.open()).allowances.get("daily"); // 5
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new InMemory(options);
}

interface Kept extends MutableBooks {
  snapshot: string | null;
}

class InMemory implements MemoryStore {
  readonly name: string;
  failure: Error | undefined;
  readonly #secret: Uint8Array;
  readonly #kept: Kept = { snapshot: null, totals: new Map(), halts: new Map() };
  #owner: Session | undefined;

  constructor({ name = "memory", secret = randomBytes(SECRET_BYTES) }: MemoryStoreOptions) {
    this.name = name;
    this.#secret = new Uint8Array(secret);
  }

  async open(): Promise<OpenStore> {
    if (this.#owner !== undefined) {
      throw new ReinError("store_in_use", `the store \`${this.name}\` is in use by this process`, {
        help: "close it first, or give each user a store of its own",
      });
    }
    const owns = (session: Session): boolean => this.#owner === session;
    const leave = (session: Session): void => {
      if (owns(session)) this.#owner = undefined;
    };
    this.#owner = new Session(this.name, this.#secret, this.#kept, {
      failure: () => this.failure,
      owns,
      leave,
    });
    return this.#owner;
  }

  crash(): void {
    this.#owner?.die();
    this.#owner = undefined;
  }

  pushAside(): void {
    this.#owner = undefined;
  }
}

interface Ties {
  readonly failure: () => Error | undefined;
  readonly owns: (session: Session) => boolean;
  readonly leave: (session: Session) => void;
}

class Session implements OpenStore {
  readonly secret: Uint8Array;
  readonly snapshot: StoredSnapshot | null;
  readonly allowances: ReadonlyMap<string, number>;
  readonly halts: ReadonlyMap<string, StoredHalt>;
  readonly notes: readonly string[] = [];
  readonly mustExhaust = false;
  readonly #name: string;
  readonly #kept: Kept;
  readonly #ties: Ties;
  /** Kept, and about to be heard of by whoever asked: the totals that they will hear. */
  readonly #unseen = new Map<Change, readonly (readonly [string, number])[]>();
  #isClosed = false;
  #isDead = false;

  constructor(name: string, secret: Uint8Array, kept: Kept, ties: Ties) {
    this.#name = name;
    this.#kept = kept;
    this.#ties = ties;
    this.secret = secret.slice();
    this.snapshot = kept.snapshot === null ? null : (JSON.parse(kept.snapshot) as StoredSnapshot);
    this.allowances = new Map(kept.totals);
    this.halts = new Map(kept.halts);
  }

  get isLost(): boolean {
    return !this.#isClosed && !this.#ties.owns(this);
  }

  // Not an async function: see the one of a directory.
  grant(asks: readonly AllowanceAsk[]): Promise<readonly number[]> {
    return this.#write(
      () => ({ grants: grantsOf(asks) }),
      () => this.#totalsOf(asks),
    );
  }

  grantNow(asks: readonly AllowanceAsk[]): readonly number[] {
    this.#writeNow({ grants: grantsOf(asks) });
    return this.#totalsOf(asks);
  }

  addHalt(halt: StoredHalt): Promise<void> {
    return this.#write(
      () => ({ halt: plainHalt(halt) }),
      () => undefined,
    );
  }

  addHaltNow(halt: StoredHalt): void {
    this.#writeNow({ halt: plainHalt(halt) });
  }

  endHalt(id: string): Promise<void> {
    return this.#write(
      () => ({ end: id }),
      () => undefined,
    );
  }

  async save(snapshot: StoredSnapshot, totals: ReadonlyMap<string, number>): Promise<void> {
    this.#mustWork();
    for (const [account, total] of totals) checkTotal(account, total);
    this.#kept.snapshot = JSON.stringify(snapshot);
    const lowered = new Map(totals);
    for (const heard of this.#unseen.values()) raise(lowered, heard);
    this.#kept.totals.clear();
    raise(this.#kept.totals, lowered);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#isClosed = true;
    this.#ties.leave(this);
  }

  die(): void {
    this.#isDead = true;
  }

  #writeNow(change: Change): void {
    this.#mustWork();
    applyChange(this.#kept, change);
  }

  #write<T>(changeOf: () => Change, result: () => T): Promise<T> {
    let change: Change;
    try {
      this.#mustWork();
      change = changeOf();
    } catch (error) {
      return Promise.reject(storeFailed(`write to \`${this.#name}\``, error));
    }
    const promise = Promise.resolve().then(() => {
      this.#mustWork();
      applyChange(this.#kept, change);
      const grants = "grants" in change ? change.grants : [];
      this.#unseen.set(
        change,
        grants.map(([account]) => [account, this.#kept.totals.get(account) ?? 0]),
      );
      return result();
    });
    const seen = () => this.#unseen.delete(change);
    promise.then(seen, seen);
    return promise;
  }

  #totalsOf(asks: readonly AllowanceAsk[]): readonly number[] {
    return asks.map(({ account }) => this.#kept.totals.get(account) ?? 0);
  }

  #mustWork(): void {
    if (this.#isClosed) {
      throw new ReinError("closed", `the store \`${this.#name}\` is closed`, {
        help: "open the store again",
      });
    }
    if (this.#isDead) throw storeFailed(`write to \`${this.#name}\``, new Error("its process is dead"));
    if (!this.#ties.owns(this)) {
      throw new ReinError("store_in_use", `the store \`${this.#name}\` was taken over by somebody else`, {
        help: "stop this one: what it does no longer counts",
      });
    }
    const failure = this.#ties.failure();
    if (failure !== undefined) throw storeFailed(`write to \`${this.#name}\``, failure);
  }
}
