import { canonicalJson } from "../../core/canonical.js";
import type { Engine, Halt, HaltImage, HaltInfo } from "../../engine/index.js";

/** Which halts of one policy's engine go with those of the record. */
export class RecordedHalts {
  readonly #engine: Engine;
  /** By the id that they have in the record. */
  readonly #own = new Map<string, string>();

  /** @param engine new, or restored from what was recorded */
  constructor(engine: Engine) {
    this.#engine = engine;
    for (const { info } of engine.halts.all()) this.#own.set(info.id, info.id);
  }

  /** @param recorded undefined: nobody knows what it is called in the record */
  made(own: Halt, recorded: Halt | undefined): void {
    if (recorded !== undefined) this.#own.set(recorded.info.id, own.info.id);
  }

  /**
   * The halts here that end with one of the record. One that a rule made goes with that of the same rule and key; where
   * this policy's rule counts by other keys, with all that the two have in common.
   */
  idsOf(recorded: string, halt: Halt | undefined): readonly string[] {
    const { halts } = this.#engine;
    const known = this.#own.get(recorded);
    if (known !== undefined) return halts.get(known) === undefined ? [] : [known];
    const rule = halt?.info.rule;
    if (rule === undefined) return [];
    const byRule = [...halts.all()].filter(({ info }) => info.rule === rule);
    const key = canonicalJson(halt!.key);
    const same = byRule.filter((own) => canonicalJson(own.key) === key);
    // A rule may have halted the same twice: the two that were made at one time belong together.
    const best = same.find(({ info }) => info.at === halt!.info.at) ?? same[0];
    const meant = best === undefined ? byRule.filter((own) => overlap(own.key, halt!.key)) : [best];
    return meant.map(({ info }) => info.id);
  }

  /** Has an operator's halts in force that are so in the record, and no others: what was commanded between is missing. */
  agree(recorded: readonly HaltImage[], at: number, mono: number): void {
    const engine = this.#engine;
    const missing = new Set(recorded.filter(({ rule }) => rule === undefined));
    for (const { info } of [...engine.halts.all()]) {
      if (info.rule !== undefined) continue;
      const same = [...missing].find((halt) => this.#own.get(halt.id) === info.id || isSame(halt, info));
      if (same === undefined) engine.resume(info.id, "backtest", "it is no longer in the record", at, mono);
      else {
        this.#own.set(same.id, info.id);
        missing.delete(same);
      }
    }
    for (const { id, named, key, by, reason, until } of missing) {
      const forMs = until === null ? undefined : Math.max(0, until - mono);
      this.#own.set(id, engine.halt({ scope: named, key, by, reason, forMs }, at, mono).info.id);
    }
  }
}

/** Whether an action can belong to both keys. */
function overlap(a: Halt["key"], b: Halt["key"]): boolean {
  return (
    agree(a.source, b.source) &&
    agree(a.series, b.series) &&
    Object.entries(a.tags ?? {}).every(([name, value]) => agree(value, b.tags?.[name]))
  );
}

function agree(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

/** One whose name in the record nobody knew. */
function isSame(halt: HaltImage, info: HaltInfo): boolean {
  return halt.at === info.at && halt.by === info.by && halt.reason === info.reason;
}
