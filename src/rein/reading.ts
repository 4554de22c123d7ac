import { resolve } from "node:path";
import { readRecords } from "../audit/index.js";
import type { Position } from "../audit/index.js";
import { InvalidInputError } from "../core/errors.js";
import { Player } from "../engine/index.js";
import type { Engine, EngineEvent } from "../engine/index.js";
import { readDirStore } from "../store/index.js";
import type { DirStoreView } from "../store/index.js";
import { downtime, NOT_EVENTS, replayTail, restartFacts } from "./recovery.js";
import type { Recovered, TailRecord } from "./recovery.js";
import { fromStored } from "./saved.js";
import { realSystem } from "./system.js";
import type { System } from "./system.js";

export interface ReadOptions {
  readonly system?: System | undefined;
  /** Hears of each record after the snapshot, as it is read. */
  readonly onRecord?: ((record: TailRecord) => void) | undefined;
}

/**
 * The state in a directory as anybody may look at it who may read its files: nothing is written, no ownership is
 * taken, and the process that owns it may go on meanwhile. What it has decided is there within its flush interval.
 */
export class StateReader {
  readonly dir: string;
  readonly store: DirStoreView;
  readonly recovered: Recovered;
  readonly #system: System;
  readonly #onRecord: (record: TailRecord) => void;
  #player: Player;
  #end: Position | null;
  /** Wall time and monotonic time of the newest record. */
  at: number;
  mono: number;

  /**
   * @throws InvalidInputError when the directory holds no governor's state; ReinError `store_damaged`,
   *   `record_damaged`, `store_newer`, `store_failed`
   */
  static open(dir: string, options: ReadOptions = {}): StateReader {
    return new StateReader(resolve(dir), options);
  }

  private constructor(dir: string, { system = realSystem, onRecord = () => undefined }: ReadOptions) {
    this.dir = dir;
    this.#system = system;
    this.#onRecord = onRecord;
    this.store = readDirStore(dir, { disk: system.disk });
    const { snapshot } = this.store;
    if (snapshot === null) {
      throw new InvalidInputError("dir", `\`${dir}\` holds no state of a governor`, {
        help: "give the `dir` that the governor was opened with, Rein.open({ dir })",
      });
    }
    const saved = fromStored(snapshot);
    this.#end = saved.position;
    this.recovered = replayTail(saved, this.#read(saved.position));
    this.#player = new Player(this.recovered.engine);
    this.at = this.recovered.at;
    this.mono = this.recovered.mono;
  }

  get engine(): Engine {
    return this.#player.engine;
  }

  /** Whether a process governs with this state right now. */
  get isRunning(): boolean {
    return this.store.owner?.isAlive === true;
  }

  /** Takes in what has been recorded since the last look; returns how many records. Only for the engine's own version. */
  poll(): number {
    if (this.recovered.otherEngine || this.#end === null) return 0;
    let count = 0;
    for (const record of this.#read(this.#end)) {
      count += 1;
      if (typeof record["at"] === "number") this.at = record["at"];
      if (typeof record["mono"] === "number") this.mono = Math.max(this.mono, record["mono"]);
      if (NOT_EVENTS.has(record.type)) continue;
      this.#player.apply(record as unknown as EngineEvent);
      this.engine.takeEffects();
    }
    return count;
  }

  /** Puts the state into the form in which the next start will find it, where nobody runs. */
  restart(now: number): ReturnType<typeof restartFacts> {
    const machine = this.#system.machineTime();
    const time = { at: now, machine: machine && { ...machine, mono: 0 } };
    const downMs = downtime(this.recovered, time);
    const facts = restartFacts(this.recovered, this.store, downMs);
    this.engine.restart(facts, now, this.mono + downMs);
    this.engine.takeEffects();
    this.at = now;
    this.mono += downMs;
    return facts;
  }

  *#read(from: Position | null): IterableIterator<TailRecord> {
    const { disk } = this.#system;
    const has = disk.list(this.dir).some((name) => /^records-\d+\.jsonl$/.test(name));
    if (!has) return;
    const records = readRecords({ disk, dir: this.dir, from });
    for (;;) {
      const step = records.next();
      if (step.done === true) {
        this.#end = step.value;
        return;
      }
      this.#onRecord(step.value.record);
      yield step.value.record;
    }
  }
}
