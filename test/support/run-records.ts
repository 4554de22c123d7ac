import type { RunRecord } from "../../src/analysis/replay.js";
import { Player } from "../../src/engine/index.js";
import type { EngineEvent, EngineImage } from "../../src/engine/index.js";

const NEWS = new Set(["close", "clock", "receipt", "realize"]);

/** The state after the first so many records of a run. */
export function stateAfter(records: readonly RunRecord[], count: number): EngineImage {
  const player = new Player(null);
  for (const record of records.slice(0, count)) {
    if (NEWS.has(record.type)) continue;
    player.apply(record as unknown as EngineEvent);
    player.engine.takeEffects();
  }
  return player.engine.image();
}

/** The record of that state. */
export function stateRecord(records: readonly RunRecord[], count: number): RunRecord {
  return { type: "state", image: JSON.parse(JSON.stringify(stateAfter(records, count))) as unknown };
}
