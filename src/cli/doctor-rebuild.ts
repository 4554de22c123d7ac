import { hostname } from "node:os";
import { isLog, readLog } from "../audit/index.js";
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
import { newBoot } from "../rein/desk.js";
import { MAX_ORDERS, replayTail } from "../rein/recovery.js";
import type { TailRecord } from "../rein/recovery.js";
import { fromStored, toStored } from "../rein/saved.js";
import type { SavedState } from "../rein/saved.js";
import type { OpenDirStore, OpenStore } from "../store/index.js";
import { appendRecords } from "./doctor-records.js";
import type { SetAside } from "./doctor-records.js";
import type { LogOfDir } from "./log-of-dir.js";

export interface RebuildOptions {
  readonly store: OpenDirStore;
  readonly log: LogOfDir;
  readonly disk: Disk;
  readonly now: number;
  readonly by: string;
  /** Why the state cannot be restored in the ordinary way. */
  readonly why: string;
  /** What was mended before, one sentence each. */
  readonly done: readonly string[];
  /** Sets the log aside, when it is damaged: called when all has been read that it tells. */
  readonly setAside: (() => SetAside) | null;
}

/** Why everything is halted after a repair. */
export const HALT_REASON = "the state was damaged and repaired: look at it, then resume";

/**
 * Makes a state from what the snapshot and the records still tell, where they do not fit together any more: as much of
 * it as they do, and for the rest the strictest that it can have been. It is saved, and put into the records, so that
 * they can be replayed from there on. May die at any moment and be run again.
 *
 * @returns what was set aside
 * @throws ReinError `store_damaged` when the records do not even say which rules there were
 */
export async function rebuildState(options: RebuildOptions): Promise<SetAside | null> {
  const { store, log, disk, now, by, why, done, setAside } = options;
  const { engine, mono, orders } = recallSaved(store, disk, log.dir) ?? recall(disk, log.dir);
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
  const state: SavedState = {
    engine: image,
    position: null,
    boot: newBoot(),
    clean: false,
    rulesFrom: rulesFrom(engine),
    machine: null,
    orders: orders.slice(-MAX_ORDERS),
    ...(!log.isOwn && { log: log.dir }),
  };
  const save = (position: number | null): Promise<void> =>
    store.save(toStored({ ...state, position }), new Map(store.allowances));
  // Without the log this is all that tells what was commanded: it comes before that is moved away.
  await save(null);
  // Others may write to a log that is elsewhere, and what they need of it is theirs to say.
  if (!log.isOwn) return null;
  const aside = setAside?.() ?? null;
  const common = { boot: state.boot, at: now, mono };
  const kept = typeof aside?.name === "string" ? [...done, `the log is kept as \`${aside.name}\``] : done;
  const position = appendRecords({ disk, dir: log.dir, now, store, previous: aside?.previous }, [
    { type: "gap", ...common, lost: null, reason: "the state was made anew" },
    { type: "recovered", ...common, by, host: hostname(), why, done: kept },
    { type: "state", ...common, image },
  ]);
  await save(position);
  return aside;
}

/** Records from a place on, up to what cannot be read. */
function* readable(disk: Disk, dir: string, from: number | null): Generator<LogRecord, void, void> {
  if (from === null || !isLog(disk, dir)) return;
  try {
    yield* readLog({ disk, dir, from: from === 0 ? undefined : from, withBlobs: true });
  } catch {
    // What comes behind it may be anything.
  }
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
  return replayTail(saved, commandsAfter(disk, dir, saved));
}

/** With a gap before them, so that commands are taken whether or not everything else fits. */
function* commandsAfter(
  disk: Disk,
  dir: string,
  { position }: SavedState,
): Generator<TailRecord, void, void> {
  yield { type: "gap" };
  yield* readable(disk, dir, position);
}

/** What the records still tell. An event that does not fit any more is left out: nothing it could loosen is loosened. */
function recall(disk: Disk, dir: string): Recalled {
  let player: Player | null = null;
  let mono = 0;
  const orders: string[] = [];
  for (const record of readable(disk, dir, 0)) {
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
