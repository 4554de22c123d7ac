import type { Position, RecordLog, SegmentSink } from "../audit/index.js";
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
  readonly log: RecordLog;
  /** The records that go with the state; null: they are kept elsewhere, and the state stands for itself. */
  readonly segments: SegmentSink | null;
  readonly logger: Logger;
  readonly machine: () => MachineTime | null;
  readonly orders: () => readonly string[];
  /** See SavedState: what was known of them before. */
  readonly latestAt: number;
  readonly modeBefore: Mode | undefined;
}

/** A snapshot is due after this many bytes of records: reading them again takes less than a second. */
const SNAPSHOT_AFTER_BYTES = 16 * 2 ** 20;
/** Taking snapshots may take this share of the time at most … */
const BUSY_SHARE = 0.1;
/** … as long as there are not so many bytes: a start must not take longer because a governor is busy. */
const SNAPSHOT_AT_LAST_BYTES = 2 * SNAPSHOT_AFTER_BYTES;

/** What makes a governor's state outlive its process: allowances, halts, commands and snapshots. */
export class Keeping {
  readonly #parts: KeepingParts;
  readonly allowances: Allowances;
  /** Where the rules in force came from. */
  rulesFrom: SavedState["rulesFrom"];
  #latestAt: number;
  #saving: Promise<void> | null = null;
  /** Where the last snapshot was taken, and what it cost. */
  #savedAt: Position | null = null;
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
    const { log, logger, segments } = this.#parts;
    this.#unsaved = true;
    if (segments === null) {
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

  /** Called now and then: begins a new segment of the records when one is full, and takes a snapshot when they are long. */
  async tend(): Promise<void> {
    if (this.#parts.log.wantsRotation || this.#isLong()) await this.checkpoint();
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
  async saveFirst(inNewSegment: boolean): Promise<void> {
    await this.#store(false, inNewSegment);
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

  async #store(clean: boolean, inNewSegment = false): Promise<void> {
    const { store, engine, timeline, log, segments } = this.#parts;
    // Most of the records reach the disk while others work, so that the sync below is short.
    if (segments !== null) await log.flush(true);
    const started = performance.now();
    this.#parts.tick();
    const { at, mono } = timeline;
    // A governor that is closed ticks no more, and its last image is of this moment all the same.
    engine.advance(at, mono);
    if (segments !== null) log.event({ type: "image", at, mono });
    // Whether or not it can be used: taking it leaves traces in the engine, and the record says that it was taken.
    const image = engine.image();
    // A snapshot may not lie ahead of the records.
    if (segments !== null) log.writeNow(true);
    if (segments !== null && (inNewSegment || log.wantsRotation)) {
      log.rotate([{ type: "state", at, mono, image }]);
      log.writeNow(true);
    }
    const position = segments === null ? null : segments.position;
    const machine = this.#parts.machine();
    const state: SavedState = {
      engine: image,
      position,
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
    if (segments !== null) segments.keepFrom = position!.segment;
    if (this.#unsaved && segments === null) await this.#store(clean);
  }

  #isLong(): boolean {
    const { segments, timeline } = this.#parts;
    if (segments === null || this.#savedAt === null) return false;
    const { segment, offset } = segments.position;
    const behind = segment === this.#savedAt.segment ? offset - this.#savedAt.offset : Infinity;
    if (behind < SNAPSHOT_AFTER_BYTES) return false;
    return behind >= SNAPSHOT_AT_LAST_BYTES || timeline.mono - this.#savedMono >= this.#tookMs / BUSY_SHARE;
  }

  #haltFailed(halt: Halt): (error: unknown) => void {
    return (error) => {
      this.#parts.logger.error(
        `halt ${halt.info.id} holds, but it cannot be written down and may not survive a restart: ${messageOf(error)}`,
      );
    };
  }
}
