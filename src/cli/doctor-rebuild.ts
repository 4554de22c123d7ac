import { readRecords } from "../audit/index.js";
import type { LogRecord } from "../audit/index.js";
import type { Disk } from "../core/disk.js";
import { ReinError } from "../core/errors.js";
import {
  ENGINE_EVENTS,
  Engine,
  ENGINE_VERSION,
  haltImage,
  lossesOf,
  migrateImage,
  Player,
} from "../engine/index.js";
import type { EngineEvent, HaltImage } from "../engine/index.js";
import { MAX_ORDERS, replayTail } from "../rein/recovery.js";
import { fromStored, toStored } from "../rein/saved.js";
import type { SavedState } from "../rein/saved.js";
import type { OpenDirStore, OpenStore } from "../store/index.js";
import { appendRecords } from "./doctor-records.js";

export interface RebuildOptions {
  readonly store: OpenDirStore;
  readonly dir: string;
  readonly disk: Disk;
  readonly now: number;
  readonly by: string;
  /** Why the state cannot be restored in the ordinary way. */
  readonly why: string;
}

/** Why everything is halted after a repair. */
export const HALT_REASON = "the state was damaged and repaired: look at it, then resume";

/**
 * Makes a state from the records alone, where no snapshot fits them any more: as much of it as they tell, and for the
 * rest the strictest that it can have been. It is saved, and put into the records, so that they can be replayed from
 * there on.
 *
 * @throws ReinError `store_damaged` when the records do not even say which rules there were
 */
export async function rebuildState({ store, dir, disk, now, by, why }: RebuildOptions): Promise<void> {
  const { engine, mono, orders } = recallSaved(store, disk, dir) ?? recall(disk, dir);
  engine.restart(
    {
      ...{ clean: false, nothingIsKnown: true, downMs: 0 },
      losses: lossesOf(engine, store.allowances),
      halts: [...store.halts.values()] as unknown as readonly HaltImage[],
    },
    now,
    mono,
  );
  const halt = engine.halt({ scope: "all", by: `rein doctor (${by})`, reason: HALT_REASON }, now, mono);
  engine.takeEffects();
  await store.addHalt({ ...haltImage(halt) });
  const image = engine.image();
  const position = await appendRecords({ disk, dir, from: null, now, store }, [
    { type: "gap", at: now, lost: null, reason: "the state was made anew" },
    { type: "recovered", at: now, by, why },
    { type: "state", at: now, mono, image },
  ]);
  const state: SavedState = {
    engine: image,
    position,
    clean: false,
    rulesFrom: rulesFrom(engine),
    machine: null,
    orders: orders.slice(-MAX_ORDERS),
  };
  await store.save(toStored(state), new Map(store.allowances));
}

interface Recalled {
  readonly engine: Engine;
  readonly mono: number;
  readonly orders: readonly string[];
}

/** What a sound snapshot tells, with the records after it where they can be read; null without one. */
function recallSaved({ snapshot }: OpenStore, disk: Disk, dir: string): Recalled | null {
  if (snapshot === null) return null;
  const saved = fromStored(snapshot);
  if (saved.engine.engine !== ENGINE_VERSION) return null;
  const records = function* (): IterableIterator<LogRecord> {
    for (const { record } of readRecords({ disk, dir, from: saved.position })) yield record;
  };
  try {
    return replayTail(saved, records());
  } catch {
    return replayTail(saved, []);
  }
}

/** What the records still tell. An event that does not fit any more is left out: nothing it could loosen is loosened. */
function recall(disk: Disk, dir: string): Recalled {
  let player: Player | null = null;
  let mono = 0;
  const orders: string[] = [];
  for (const { record } of readRecords({ disk, dir })) {
    if (typeof record["mono"] === "number") mono = Math.max(mono, record["mono"]);
    if (record.type === "order" && typeof record["id"] === "string") orders.push(record["id"]);
    player = next(player, record);
  }
  if (player === null) {
    throw new ReinError("store_damaged", `the records in \`${dir}\` do not say which rules were in force`, {
      help: "begin with a new directory, and put this one away",
    });
  }
  return { engine: player.engine, mono, orders };
}

function next(player: Player | null, record: LogRecord): Player | null {
  if (record.type === "state") return fromImage(record["image"]) ?? player;
  if (record.type === "open" && player === null) {
    // Whatever it went on from is gone: its rules are what is left.
    const opened = new Player(null);
    tryApply(opened, { ...record, restored: false });
    return opened;
  }
  if (player !== null && ENGINE_EVENTS.has(record.type)) tryApply(player, record);
  return player;
}

function fromImage(value: unknown): Player | null {
  const image = migrateImage(value);
  return image.engine === ENGINE_VERSION ? new Player(Engine.restore(image)) : null;
}

function tryApply(player: Player, record: LogRecord): void {
  try {
    player.apply(record as unknown as EngineEvent);
    player.engine.takeEffects();
  } catch {
    // Such as the end of an action that stood where records are lost.
  }
}

/** Where rules came from, as their ids tell. */
function rulesFrom({ rules }: Engine): SavedState["rulesFrom"] {
  const builtin = rules.filter(({ id }) => id.startsWith("builtin:")).length;
  if (builtin === 0) return "program";
  return builtin === rules.length ? "settings" : "both";
}
