import { expect, test } from "vitest";
import { StoreMachine } from "../../test/support/store-machine.js";
import { ReinError } from "../core/errors.js";
import { SeededRandom } from "../testing/seeded-random.js";
import { dirStore, type AllowanceAsk, type OpenDirStore } from "./index.js";

/** More of them find more: `CRASH_SEEDS=20000 npx vitest run src/store/crashes.test.ts`. */
const SEEDS = Number(process.env.CRASH_SEEDS ?? 1_000);
const FIRST_SEED = Number(process.env.CRASH_FIRST_SEED ?? 1);
const LIVES = 4;

test(
  "what was granted, halted and saved is there after any crash, and nothing else",
  { timeout: 3_600_000 },
  async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      try {
        await new History(seed).run();
      } catch (error) {
        throw new Error(
          `seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
    }
  },
);

/** What must hold after a crash, if the newest snapshot is then the one that this belongs to. */
interface Outcome {
  readonly floor: Map<string, number>;
}

/** One machine, whose processes die again and again, and what was promised to them. */
class History {
  readonly #random: SeededRandom;
  readonly #machine: StoreMachine;
  readonly #accounts: readonly string[];
  /** By number of the snapshot. */
  #outcomes = new Map<number, Outcome>([[0, { floor: new Map() }]]);
  readonly #asked = new Map<string, number>();
  readonly #haltsKept = new Set<string>();
  readonly #haltsEnded = new Set<string>();
  /** Halts whose fate nobody was told. */
  readonly #haltsOpen = new Set<string>();
  #secret: string | undefined;
  #snapshots = 0;
  #halts = 0;
  /** Totals as this process knows them. */
  #totals = new Map<string, number>();
  #failing = false;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    const hops = new SeededRandom(seed + 1);
    this.#machine = new StoreMachine({
      seed,
      syncDelay: async () => {
        for (let i = hops.below(6); i >= 0; i--) await Promise.resolve();
      },
    });
    this.#accounts = ["a", "b", "a longer name that fills a sector ".repeat(12)].slice(
      0,
      1 + this.#random.below(3),
    );
  }

  async run(): Promise<void> {
    for (let life = 0; life < LIVES; life++) {
      const store = await this.#open();
      this.#check(store);
      await this.#live(store);
    }
    this.#machine.disk.fault = undefined;
    this.#check(await this.#open());
  }

  /** Opens the directory, dying at it now and then. */
  async #open(): Promise<OpenDirStore> {
    for (let attempt = 0; ; attempt++) {
      const { disk } = this.#machine;
      disk.fault = undefined;
      if (attempt < 4 && this.#random.chance(0.3)) disk.dieAt(disk.operations + 1 + this.#random.below(70));
      if (attempt < 4 && this.#random.chance(0.1)) this.#failNow(0.05);
      try {
        const store = await dirStore(this.#machine.dir, this.#machine.process()).open();
        disk.fault = undefined;
        if (!disk.isDead) return store;
      } catch (error) {
        if (!ReinError.isInstance(error) || error.code !== "store_failed") throw error;
      }
      this.#die();
    }
  }

  #check(store: OpenDirStore): void {
    const landed = (store.snapshot?.state as { n: number } | undefined)?.n ?? 0;
    const outcome = this.#outcomes.get(landed);
    if (outcome === undefined)
      throw new Error(`snapshot ${landed} is back, of ${[...this.#outcomes.keys()].join()}`);
    for (const [account, floor] of outcome.floor) {
      const total = store.allowances.get(account) ?? 0;
      if (total < floor) throw new Error(`${account.slice(0, 5)} has ${total}, was granted ${floor}`);
    }
    for (const [account, total] of store.allowances) {
      const asked = this.#asked.get(account) ?? 0;
      if (total > asked) throw new Error(`${account.slice(0, 5)} has ${total}, asked for was ${asked}`);
    }
    for (const id of this.#haltsKept) if (!store.halts.has(id)) throw new Error(`halt ${id} is forgotten`);
    for (const id of this.#haltsEnded) if (store.halts.has(id)) throw new Error(`halt ${id} is back`);
    for (const id of store.halts.keys()) {
      if (!this.#haltsKept.has(id) && !this.#haltsOpen.has(id)) throw new Error(`halt ${id} is unknown`);
    }
    const secret = Buffer.from(store.secret).toString("hex");
    expect(this.#secret ?? secret).toBe(secret);
    expect(store.mustExhaust).toBe(false);
    this.#secret = secret;

    // What was found is now as certain as what was promised.
    this.#totals = new Map(store.allowances);
    this.#outcomes = new Map([[landed, { floor: new Map(store.allowances) }]]);
    for (const id of this.#haltsOpen) (store.halts.has(id) ? this.#haltsKept : this.#haltsEnded).add(id);
    this.#haltsOpen.clear();
  }

  async #live(store: OpenDirStore): Promise<void> {
    const { disk } = this.#machine;
    const random = this.#random;
    if (random.chance(0.7)) disk.dieAt(disk.operations + 1 + random.below(120));
    this.#failing = false;
    if (random.chance(0.4)) {
      this.#failing = true;
      this.#failNow(0.1);
    }
    const calls: Promise<void>[] = [];
    for (let i = random.below(40); i > 0 && !disk.isDead; i--) {
      calls.push(this.#act(store));
      for (let hops = random.below(8); hops > 0; hops--) await Promise.resolve();
      if (random.chance(0.15)) await Promise.all(calls);
    }
    if (random.chance(0.4)) await Promise.all(calls);
    if (random.chance(0.15)) {
      disk.fault = undefined;
      await store.close().catch(() => undefined);
      if (!disk.isDead && random.chance(0.5)) return;
    }
    this.#die();
    await Promise.all(calls);
  }

  async #act(store: OpenDirStore): Promise<void> {
    const random = this.#random;
    const { disk } = this.#machine;
    try {
      const what = random.below(20);
      if (what < 8) await this.#grant(store, false);
      else if (what < 12) await this.#grant(store, true);
      else if (what < 14) await this.#halt(store, false);
      else if (what < 15) await this.#halt(store, true);
      else if (what < 17) await this.#endHalt(store);
      else if (what < 19) await this.#save(store);
      else store.heartbeat();
    } catch (error) {
      if (!ReinError.isInstance(error) || error.code !== "store_failed") throw error;
      if (!this.#failing && !disk.isDead) throw error;
    }
  }

  async #grant(store: OpenDirStore, isNow: boolean): Promise<void> {
    const accounts = this.#accounts.filter(() => this.#random.chance(0.6));
    const asks = accounts.map((account): AllowanceAsk => {
      const from = this.#totals.get(account) ?? 0;
      const to = from + 1 + this.#random.below(9);
      this.#asked.set(account, Math.max(to, this.#asked.get(account) ?? 0));
      return { account, from, to, limit: 1e9, window: "forever" };
    });
    const totals = isNow ? store.grantNow(asks) : await store.grant(asks);
    totals.forEach((total, i) => {
      const { account, to } = asks[i]!;
      if (total < to) throw new Error(`got ${total}, less than ${to}`);
      this.#totals.set(account, Math.max(total, this.#totals.get(account) ?? 0));
      for (const { floor } of this.#outcomes.values())
        floor.set(account, Math.max(total, floor.get(account) ?? 0));
    });
  }

  async #halt(store: OpenDirStore, isNow: boolean): Promise<void> {
    const id = `h${++this.#halts}`;
    this.#haltsOpen.add(id);
    if (isNow) store.addHaltNow({ id });
    else await store.addHalt({ id });
    this.#haltsOpen.delete(id);
    this.#haltsKept.add(id);
  }

  async #endHalt(store: OpenDirStore): Promise<void> {
    const [id] = this.#haltsKept;
    if (id === undefined) return;
    this.#haltsKept.delete(id);
    this.#haltsOpen.add(id);
    await store.endHalt(id);
    this.#haltsOpen.delete(id);
    this.#haltsEnded.add(id);
  }

  async #save(store: OpenDirStore): Promise<void> {
    const n = ++this.#snapshots;
    const totals = new Map<string, number>();
    for (const [account, total] of this.#totals) {
      if (!this.#random.chance(0.1))
        totals.set(account, total - (this.#random.chance(0.5) ? this.#random.below(5) : 0));
    }
    for (const [account, total] of totals) if (total < 0) totals.set(account, 0);
    this.#totals = new Map(totals);
    this.#outcomes.set(n, { floor: new Map(totals) });
    const filler = "x".repeat(this.#random.below(2_000));
    await store.save({ format: 1, at: n, state: { n, filler } }, totals);
    for (const older of this.#outcomes.keys()) if (older < n) this.#outcomes.delete(older);
  }

  #failNow(share: number): void {
    const random = new SeededRandom(this.#random.bits());
    this.#machine.disk.fault = (operation) => {
      if (operation === "look" || operation === "list" || !random.chance(share)) return undefined;
      return random.pick(["EIO", "ENOSPC"]);
    };
  }

  #die(): void {
    // A name whose sync failed looks durable to the next process, and nothing could tell it: only a restart of the
    // machine clears that up. Whoever has a disk that fails syncs should restart.
    const hasFailed = this.#machine.disk.fault !== undefined;
    if (this.#random.chance(0.3) && !hasFailed) this.#machine.kill();
    else this.#machine.crash();
  }
}
