import { ReinError } from "../core/errors.js";
import { checkTotal, grantsOf, plainHalt } from "./asks.js";
import type { Ledger } from "./ledger.js";
import type { Ownership } from "./ownership.js";
import type { Saving } from "./saving.js";
import { storeFailed } from "./store-errors.js";
import type { AllowanceAsk, OpenStore, StoredHalt, StoredSnapshot } from "./store.js";
import type { Found } from "./survey.js";

/** A directory that this process owns. */
export interface OpenDirStore extends OpenStore {
  grantNow(asks: readonly AllowanceAsk[]): readonly number[];
  addHaltNow(halt: StoredHalt): void;
  /** Gives a sign of life to other machines and containers, and finds out whether the store is lost; every few seconds. */
  heartbeat(): void;
  /** Somebody who has this directory no more may still write records there: what they write must not count. */
  readonly mustFence: boolean;
  /** That has been seen to. */
  fenced(): void;
  /** Looks whether the store is still ours. @throws ReinError `store_in_use`; errors of the system: then nobody knows */
  mustBeMine(): void;
  /** The file whose time of change is the sign of life, for whoever gives it in our place. */
  readonly ownerFile: string;
  /** What the owner file says for as long as it is ours. */
  readonly nonce: string;
}

export interface OpenDirParts {
  readonly name: string;
  readonly secret: Uint8Array;
  readonly found: Found;
  readonly notes: readonly string[];
  readonly mustExhaust: boolean;
  readonly ownership: Ownership;
  readonly ledger: Ledger;
  readonly saving: Saving;
}

export class OpenDir implements OpenDirStore {
  readonly secret: Uint8Array;
  readonly snapshot: StoredSnapshot | null;
  readonly allowances: ReadonlyMap<string, number>;
  readonly halts: ReadonlyMap<string, StoredHalt>;
  readonly notes: readonly string[];
  readonly mustExhaust: boolean;
  readonly mustFence: boolean;
  readonly ownerFile: string;
  readonly nonce: string;
  readonly #parts: OpenDirParts;
  #isClosed = false;

  constructor(parts: OpenDirParts) {
    const { secret, found, notes, mustExhaust, ownership } = parts;
    this.#parts = parts;
    this.secret = secret;
    this.snapshot = found.snapshot;
    this.allowances = found.books.totals;
    this.halts = found.books.halts;
    this.notes = notes;
    this.mustExhaust = mustExhaust;
    this.mustFence = ownership.mustFence;
    this.ownerFile = ownership.path;
    this.nonce = ownership.nonce;
  }

  get isLost(): boolean {
    return !this.#isClosed && this.#parts.ownership.isLost;
  }

  // Not an async function: whoever saves knows of a grant in the very step in which the ledger takes it for known.
  grant(asks: readonly AllowanceAsk[]): Promise<readonly number[]> {
    try {
      this.#mustBeOpen();
      const grants = grantsOf(asks);
      return this.#parts.ledger.change({ grants }, () => this.#totalsOf(asks));
    } catch (error) {
      return Promise.reject(storeFailed(`write to \`${this.#parts.name}\``, error));
    }
  }

  grantNow(asks: readonly AllowanceAsk[]): readonly number[] {
    this.#mustBeOpen();
    this.#parts.ledger.changeNow({ grants: grantsOf(asks) });
    return this.#totalsOf(asks);
  }

  async addHalt(halt: StoredHalt): Promise<void> {
    this.#mustBeOpen();
    await this.#parts.ledger.change({ halt: plainHalt(halt) }, () => undefined);
  }

  addHaltNow(halt: StoredHalt): void {
    this.#mustBeOpen();
    this.#parts.ledger.changeNow({ halt: plainHalt(halt) });
  }

  async endHalt(id: string): Promise<void> {
    this.#mustBeOpen();
    await this.#parts.ledger.change({ end: id }, () => undefined);
  }

  async save(snapshot: StoredSnapshot, totals: ReadonlyMap<string, number>): Promise<void> {
    this.#mustBeOpen();
    for (const [account, total] of totals) checkTotal(account, total);
    await this.#parts.saving.save(snapshot, totals);
  }

  fenced(): void {
    this.#parts.ownership.fenced();
  }

  mustBeMine(): void {
    this.#mustBeOpen();
    this.#parts.ownership.mustBeMine();
  }

  heartbeat(): void {
    if (!this.#isClosed) this.#parts.ownership.heartbeat();
  }

  /** May be called again when it failed. */
  async close(): Promise<void> {
    const { ledger, saving, ownership, name } = this.#parts;
    this.#isClosed = true;
    await saving.drain();
    await ledger.drain();
    ledger.close();
    try {
      ownership.release();
    } catch (error) {
      throw storeFailed(`let \`${name}\` go`, error);
    }
  }

  #totalsOf(asks: readonly AllowanceAsk[]): readonly number[] {
    const { totals } = this.#parts.ledger.books;
    return asks.map(({ account }) => totals.get(account) ?? 0);
  }

  #mustBeOpen(): void {
    if (!this.#isClosed) return;
    throw new ReinError("closed", `\`${this.#parts.name}\` is closed`, { help: "open the store again" });
  }
}
