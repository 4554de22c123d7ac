/**
 * Where state outlives a process: allowances, halts and snapshots. A store that one process owns (memory, a
 * directory) relies on its owner's engine for the limits; one that several share (Redis) enforces them itself, in one
 * atomic step per call, and is told what it needs for that.
 *
 * The conformance suite `storeConformance` of `rein/testing` says what every store must do.
 */
export interface Store {
  /** How messages name it, such as `` `./rein_state` ``. */
  readonly name: string;
  /**
   * Takes the store over and reads what is there. Opening it writes nothing that a second opening would read
   * differently: a process may die right after.
   *
   * @throws ReinError `store_in_use` (names the owner), `store_damaged`, `store_newer`, `store_failed`
   */
  open(): Promise<OpenStore>;
}

export interface OpenStore {
  /** 32 random bytes that stay the same for as long as the store does: the key of pseudonyms. */
  readonly secret: Uint8Array;
  /** The newest snapshot, as it was saved; null in a new store. */
  readonly snapshot: StoredSnapshot | null;
  /** What has been granted so far, by account; see {@link AllowanceAsk}. */
  readonly allowances: ReadonlyMap<string, number>;
  /** Halts in force, by id. */
  readonly halts: ReadonlyMap<string, StoredHalt>;
  /** What somebody should hear who starts with this store, such as a stale owner that was pushed aside. */
  readonly notes: readonly string[];
  /**
   * Whether a repair may have lost some of what was spent or stopped: every budget then counts as spent and everything
   * is halted until somebody resumes it. The first {@link OpenStore.save} that resolves ends it, so the state that is
   * saved has to say so from then on.
   */
  readonly mustExhaust: boolean;

  /**
   * Raises allowances, ahead of need; resolves with the new total of each once it is durable. One call is one atomic
   * step: when it rejects, nothing was granted.
   *
   * @throws ReinError `store_failed`, `store_in_use` when the store is lost
   */
  grant(asks: readonly AllowanceAsk[]): Promise<readonly number[]>;
  /** The same, waited for; absent where waiting would mean a network. */
  grantNow?(asks: readonly AllowanceAsk[]): readonly number[];

  /** Keeps a halt; resolves when it is durable. It has reached the system when the call returns, where the store can. */
  addHalt(halt: StoredHalt): Promise<void>;
  /** The same, waited for; absent where waiting would mean a network. */
  addHaltNow?(halt: StoredHalt): void;
  /** Forgets a halt; one that is not there is no error. */
  endHalt(id: string): Promise<void>;

  /**
   * Keeps a snapshot and resolves when it is durable; older ones may then go.
   *
   * `totals` are all accounts from now on: one that is missing is forgotten, one whose total is lower gives the
   * difference back. What is granted between this call and its end is kept on top, and so is what had been asked for
   * and not answered before it. Of several calls that wait for their turn the last one's snapshot is written for all.
   *
   * @throws ReinError `store_failed`; the snapshot before then still stands
   */
  save(snapshot: StoredSnapshot, totals: ReadonlyMap<string, number>): Promise<void>;

  /** Whether somebody else has taken the store over: nothing may be spent or said in its name any more. */
  readonly isLost: boolean;
  /** Lets the store go; resolves when the next process may have it. */
  close(): Promise<void>;
}

/** Asks for quota that is then spent without asking. */
export interface AllowanceAsk {
  /** The counter it is for: an opaque text, the same for as long as the counter lives. */
  readonly account: string;
  /** Everything granted to the account so far, in whole units (micro-units, or actions). */
  readonly from: number;
  /** What the total should become: above `from`. */
  readonly to: number;
  /** The limit, and how what is spent of it comes back, for stores that several processes share. */
  readonly limit: number;
  readonly window: AllowanceWindow;
}

export type AllowanceWindow =
  | { readonly rollingMs: number }
  /** Wall time at which the running period began. */
  | { readonly periodFrom: number }
  | "forever";

/** A halt as plain data, with the id it is ended by. */
export interface StoredHalt {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface StoredSnapshot {
  /** Version of `state`; a store keeps it, and does not read it. */
  readonly format: number;
  /** Wall time in ms at which it was taken. */
  readonly at: number;
  /** JSON-safe. */
  readonly state: unknown;
}
