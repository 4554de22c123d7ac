import type { Engine } from "./engine.js";
import type { CounterKey } from "./guards/guard.js";
import { Meter, MeterGuard } from "./guards/meter.js";

/** What a dead process may have spent of one counter beyond what is known: it counts as spent. */
export interface Loss {
  /** What the counter's rule means; see `identify`. */
  readonly rule: string;
  readonly key: CounterKey;
  /** Number of the first decision that the counter took something for. */
  readonly born: number;
  /** Whole units: micro-units, or actions. */
  readonly amount: number;
}

/** The name under which a meter's allowance is kept: the same for as long as the meter lives. */
export function accountOf(meter: Meter): string {
  return JSON.stringify([meter.guard.identity, meter.born, meter.key]);
}

/** Every meter that has used something and spends from allowances only. */
export function* meteredAccounts(engine: Engine): IterableIterator<Meter> {
  for (const guard of engine.guards) {
    if (!(guard instanceof MeterGuard) || !guard.needsAllowance) continue;
    for (const meter of guard.table.all()) if ((meter as Meter).born > 0) yield meter as Meter;
  }
}

/**
 * What had been granted and is not known to have been used, by a process that died: `engine` is in the state that is
 * known, `totals` is everything ever granted by account.
 */
export function lossesOf(engine: Engine, totals: ReadonlyMap<string, number>): Loss[] {
  const guards = new Map(engine.guards.map((guard) => [guard.identity, guard]));
  const losses: Loss[] = [];
  for (const [account, total] of totals) {
    const [rule, born, key] = JSON.parse(account) as [string, number, CounterKey];
    const guard = guards.get(rule);
    if (guard === undefined) continue;
    const meter = guard.table.peek(key);
    const known = meter instanceof Meter && meter.born === born;
    // A counter that is gone was forgotten because it was as new; one that is not known yet was made by what was lost.
    if (!known && born <= engine.seq) continue;
    const amount = known ? total - meter.used : total;
    if (amount > 0) losses.push({ rule, key, born, amount });
  }
  return losses;
}

/** Books losses. */
export function bookLosses(engine: Engine, losses: readonly Loss[], mono: number): void {
  const guards = new Map(engine.guards.map((guard) => [guard.identity, guard]));
  for (const { rule, key, born, amount } of losses) {
    const guard = guards.get(rule);
    if (guard === undefined) continue;
    const meter = guard.table.peek(key) ?? guard.table.get(key, mono);
    if (meter instanceof Meter) meter.lose(amount, born, mono);
  }
}
