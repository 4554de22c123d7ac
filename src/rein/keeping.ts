import type { GovernorLog } from "../audit/index.js";
import { messageOf } from "../core/errors.js";
import { accountOf, haltImage, meteredAccounts } from "../engine/index.js";
import type { Engine, Halt, Meter, Mode } from "../engine/index.js";
import type { OpenStore } from "../store/index.js";
import { Allowances } from "./allowances.js";
import type { Timeline } from "./clock.js";
import type { Logger } from "./logger.js";
import { toStored } from "./saved.js";
import type { MachineTime, SavedState } from "./saved.js";

export interface KeepingParts {
  readonly store: OpenStore;
  readonly engine: Engine;
  /** Lets time pass: what is due is applied, and carried out. */
  readonly tick: () => void;
  readonly timeline: Timeline;
  /** Without a position its records go elsewhere, and the state stands for itself. */
  readonly log: GovernorLog;
  /** The log's directory, where it is not in the state's own. */
  readonly logDir: string | undefined;
  /** Names this run in the records. */
  readonly boot: string;
  readonly logger: Logger;
  readonly machine: () => MachineTime | null;
  readonly orders: () => readonly string[];
  /** See SavedState: what was known of them before. */
  readonly latestAt: number;
  readonly modeBefore: Mode | undefined;
}

/** A snapshot is due after this many records: reading them again takes less than a second. */
const SNAPSHOT_AFTER = 50_000;
/** Taking snapshots may take this share of the time at most … */
const BUSY_SHARE = 0.1;
/** … as long as there are not so many records: a start must not take longer because a governor is busy. */
const SNAPSHOT_AT_LAST = 2 * SNAPSHOT_AFTER;

/** What makes a governor's state outlive its process: allowances, halts, commands and snapshots. */
export class Keeping {
  readonly #parts: KeepingParts;
  readonly allowances: Allowances;
  /** Where the rules in force came from. */
  rulesFrom: SavedState["rulesFrom"];
  #latestAt: number;
  #saving: Promise<void> | null = null;
  /** Where the last snapshot was taken, and what it cost. */
  #savedAt: number | null = null;
  #savedMono = -Infinity;
  #tookMs = 0;
  #failing = false;
  /** Something was said since the last snapshot that only a snapshot would keep. */
  #unsaved = false;

  constructor(parts: KeepingParts, rulesFrom: SavedState["rulesFrom"]) {
    this.#parts = parts;
    this.rulesFrom = rulesFrom;
    this.#latestAt = parts.latestAt;
    this.allowances = new Allowances(parts.store, parts.logger);
  }

  get isLost(): boolean {
    return this.#parts.store.isLost;
  }

  quench(meters: readonly Meter[]): boolean {
    return this.allowances.quench(meters, this.#parts.timeline.mono);
  }

  /** Keeps a halt before anybody is told of it. */
  addHalt(halt: Halt): void {
    const { store } = this.#parts;
    const stored = { ...haltImage(halt) };
    try {
      if (store.addHaltNow === undefined) void store.addHalt(stored).catch(this.#haltFailed(halt));
      else store.addHaltNow(stored);
    } catch (error) {
      this.#haltFailed(halt)(error);
    }
  }

  /** Resolves when a halt that is over is forgotten; until then it would hold after a restart. */
  async endHalt(id: string): Promise<void> {
    try {
      await this.#parts.store.endHalt(id);
    } catch (error) {
      this.#parts.logger.error(
        `the end of halt ${id} cannot be written down, it would hold again after a restart: ${messageOf(error)}`,
      );
    }
  }

  /** Makes what was just recorded survive, and waits for it. False: it may not; somebody has been told. */
  commit(): boolean {
    const { log, logger } = this.#parts;
    this.#unsaved = true;
    if (log.position === undefined) {
      // Without records of its own, the state as a whole must be saved.
      void this.checkpoint();
      return true;
    }
    try {
      log.writeNow(true);
      return true;
    } catch (error) {
      logger.error(`what was commanded may not survive a restart: ${messageOf(error)}`);
      return false;
    }
  }

  /** Called now and then: takes a snapshot when there are many records since the last one, or when they need a state. */
  async tend(): Promise<void> {
    if (this.#parts.log.wantsState || this.#isLong()) await this.checkpoint();
  }

  /** Takes a snapshot; resolves when it is durable, or has failed and been told of. */
  checkpoint(clean = false): Promise<void> {
    if (this.#saving !== null && !clean) return this.#saving;
    const before = this.#saving ?? Promise.resolve();
    this.#saving = (clean ? before.then(() => this.#save(true)) : this.#save(false)).finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  /** @throws what the store throws: nothing may be governed on a state that cannot be kept */
  async saveFirst(withState: boolean): Promise<void> {
    await this.#store(false, withState);
  }

  async #save(clean: boolean): Promise<void> {
    try {
      await this.#store(clean);
      if (this.#failing) this.#parts.logger.warn("state is saved again");
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#parts.logger.error(
          `the state cannot be saved, a restart will take longer or be stricter: ${messageOf(error)}`,
        );
      this.#failing = true;
    }
  }

  async #store(clean: boolean, withState = false): Promise<void> {
    const { store, engine, timeline, log, logDir, boot } = this.#parts;
    const isLogged = log.position !== undefined;
    // Most of the records reach the disk while others work, so that the sync below is short.
    if (isLogged) await log.flush(true);
    const started = performance.now();
    this.#parts.tick();
    const { at, mono } = timeline;
    // A governor that is closed ticks no more, and its last image is of this moment all the same.
    engine.advance(at, mono);
    if (isLogged) log.event({ type: "image", at, mono });
    // Whether or not it can be used: taking it leaves traces in the engine, and the record says that it was taken.
    const image = engine.image();
    if (isLogged && (withState || log.wantsState)) log.event({ type: "state", at, mono, image });
    // A snapshot may not lie ahead of the records.
    if (isLogged) log.writeNow(true);
    const position = log.position ?? null;
    const machine = this.#parts.machine();
    const state: SavedState = {
      engine: image,
      position,
      ...(logDir !== undefined && { log: logDir }),
      boot,
      clean,
      rulesFrom: this.rulesFrom,
      machine,
      orders: [...this.#parts.orders()],
      latestAt: (this.#latestAt = Math.max(this.#latestAt, at)),
      mode: engine.mode === "off" ? (this.#parts.modeBefore ?? "off") : engine.mode,
    };
    const totals = new Map<string, number>();
    for (const meter of meteredAccounts(engine)) {
      // What a process that ends by itself has not used, it gives back.
      totals.set(accountOf(meter), clean ? meter.used : meter.granted);
    }
    this.#unsaved = false;
    const saved = store.save(toStored(state), totals);
    this.#savedMono = mono;
    this.#tookMs = performance.now() - started;
    await saved;
    this.#savedAt = position;
    if (position !== null) log.keepFrom = position;
    else if (this.#unsaved) await this.#store(clean);
  }

  #isLong(): boolean {
    const { log, timeline } = this.#parts;
    if (log.position === undefined || this.#savedAt === null) return false;
    const behind = log.position - this.#savedAt;
    if (behind < SNAPSHOT_AFTER) return false;
    return behind >= SNAPSHOT_AT_LAST || timeline.mono - this.#savedMono >= this.#tookMs / BUSY_SHARE;
  }

  #haltFailed(halt: Halt): (error: unknown) => void {
    return (error) => {
      this.#parts.logger.error(
        `halt ${halt.info.id} holds, but it cannot be written down and may not survive a restart: ${messageOf(error)}`,
      );
    };
  }
}
