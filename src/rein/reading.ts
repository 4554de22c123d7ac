import { resolve } from "node:path";
import { isLog, logDirIn, LogTail, readLog } from "../audit/index.js";
import type { Disk } from "../core/disk.js";
import { InvalidInputError } from "../core/errors.js";
import { ENGINE_EVENTS, Player } from "../engine/index.js";
import type { Effect, Engine, EngineEvent } from "../engine/index.js";
import { readDirStore } from "../store/index.js";
import type { DirStoreView, Identity } from "../store/index.js";
import { downtime, replayTail, restartFacts } from "./recovery.js";
import type { Recovered, TailRecord } from "./recovery.js";
import { fromStored } from "./saved.js";
import { realSystem } from "./system.js";
import type { System } from "./system.js";

export interface ReadOptions {
  readonly system?: System | undefined;
  /** Who reads; what the system says of this process when absent. */
  readonly identity?: Identity | undefined;
  /** Hears of each record after the snapshot, as it is read. */
  readonly onRecord?: ((record: TailRecord) => void) | undefined;
  /** Hears of what followed from the records that `poll` takes in: halts, alerts, questions to humans. */
  readonly onEffect?: ((effect: Effect) => void) | undefined;
}

/**
 * A disk whose files are as long as they were when they were opened: what their owner appends while they are read is
 * for the next look.
 */
export function steadyDisk(disk: Disk): Disk {
  return {
    ...disk,
    openToRead(path) {
      const file = disk.openToRead(path);
      return {
        bytes: file.bytes,
        read(target, position) {
          const room = file.bytes - position;
          return room <= 0
            ? 0
            : file.read(room < target.length ? target.subarray(0, room) : target, position);
        },
        close: () => {
          file.close();
        },
      };
    },
  };
}

/** While we read, the owner may save a snapshot and remove the records that only the one before it needed. */
const TRIES = 3;

/**
 * The state in a directory as anybody may look at it who may read its files: nothing is written, no ownership is
 * taken, and the process that owns it may go on meanwhile. What it has decided is there within its flush interval.
 */
export class StateReader {
  readonly dir: string;
  /** The log's directory. */
  readonly log: string;
  readonly store: DirStoreView;
  readonly recovered: Recovered;
  readonly #system: System;
  readonly #onRecord: (record: TailRecord) => void;
  readonly #onEffect: (effect: Effect) => void;
  readonly #player: Player;
  /** Null: the records are kept elsewhere, or there are none yet. */
  readonly #tail: LogTail | null;
  /** The run whose records belong to the state. */
  #boot: string | null;
  /** Wall time and monotonic time of the newest record. */
  at: number;
  mono: number;

  /**
   * @throws InvalidInputError when the directory holds no governor's state; ReinError `store_damaged`,
   *   `record_damaged`, `store_newer`, `store_failed`, `record_failed`
   */
  static open(dir: string, options: ReadOptions = {}): StateReader {
    const { system = realSystem, identity } = options;
    const steady = { ...options, system: { ...system, disk: steadyDisk(system.disk) } };
    for (let i = 1; ; i++) {
      const store = readDirStore(dir, { disk: system.disk, ...(identity !== undefined && { identity }) });
      try {
        return new StateReader(resolve(dir), store, steady);
      } catch (error) {
        if (i === TRIES || store.owner?.isAlive !== true || InvalidInputError.isInstance(error)) throw error;
      }
    }
  }

  private constructor(
    dir: string,
    store: DirStoreView,
    {
      system,
      onRecord = () => undefined,
      onEffect = () => undefined,
    }: ReadOptions & { readonly system: System },
  ) {
    this.dir = dir;
    this.store = store;
    this.#system = system;
    this.#onRecord = onRecord;
    this.#onEffect = onEffect;
    const { snapshot } = store;
    if (snapshot === null) {
      throw new InvalidInputError("dir", `\`${dir}\` holds no state of a governor`, {
        help: "give the `dir` that the governor was opened with, Rein.open({ dir })",
      });
    }
    const saved = fromStored(snapshot);
    const read = { end: saved.position };
    this.log = saved.log ?? logDirIn(dir);
    this.recovered = replayTail(saved, this.#read(saved.position, read));
    this.#boot = this.recovered.boot;
    this.#tail = read.end === null ? null : new LogTail({ disk: system.disk, dir: this.log, from: read.end });
    this.#player = new Player(this.recovered.engine);
    this.at = this.recovered.at;
    this.mono = this.recovered.mono;
  }

  get engine(): Engine {
    return this.#player.engine;
  }

  /** Whether a process governed with this state when it was opened. */
  get isRunning(): boolean {
    return this.store.owner?.isAlive === true;
  }

  /** Number of records that have been read, or are in the snapshot. */
  get position(): number | null {
    return this.#tail?.position ?? null;
  }

  /**
   * Takes in what has been recorded since the last look, up to a few megabytes; returns how many records. Only for the
   * engine's own version. What is read here is not checked for damage: for that, open the state anew.
   *
   * @throws ReinError `record_damaged` when a record does not fit the state
   */
  poll(): number {
    if (this.recovered.commandsOnly !== null || this.#tail === null) return 0;
    const records = this.#tail.poll();
    for (const record of records) {
      if (record.type === "open" && record["follows"] === this.#boot) this.#boot = record["boot"] as string;
      if (record["boot"] !== this.#boot) continue;
      this.#onRecord(record);
      if (typeof record["at"] === "number") this.at = record["at"];
      if (typeof record["mono"] === "number") this.mono = Math.max(this.mono, record["mono"]);
      if (!ENGINE_EVENTS.has(record.type)) continue;
      this.#player.apply(record as unknown as EngineEvent);
      for (const effect of this.engine.takeEffects()) this.#onEffect(effect);
    }
    return records.length;
  }

  /** Monotonic time at a wall time: by the machine's own clock where it is the same machine. */
  monoAt(now: number): number {
    return this.mono + this.#downMs(now);
  }

  /** Puts the state into the form in which the next start will find it, where nobody runs. */
  restart(now: number): ReturnType<typeof restartFacts> {
    const downMs = this.#downMs(now);
    const facts = restartFacts(this.recovered, this.store, downMs);
    this.engine.restart(facts, now, this.mono + downMs);
    this.engine.takeEffects();
    this.at = now;
    this.mono += downMs;
    return facts;
  }

  #downMs(now: number): number {
    const machine = this.#system.machineTime();
    const time = { at: now, machine: machine && { ...machine, mono: 0 } };
    return downtime({ ...this.recovered, at: this.at, mono: this.mono }, time);
  }

  *#read(from: number | null, read: { end: number | null }): IterableIterator<TailRecord> {
    const { disk } = this.#system;
    const dir = this.log;
    // Without records, and with a snapshot that has none behind it, there are none to read.
    if (!isLog(disk, dir) && from === null) return;
    const records = readLog({ disk, dir, from: from ?? undefined, withBlobs: true });
    let step = records.next();
    for (; step.done !== true; step = records.next()) {
      this.#onRecord(step.value);
      yield step.value;
    }
    read.end = step.value;
  }
}
