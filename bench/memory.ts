import { ReinConfig } from "rein";
import type { Action, Rein, RuleInput } from "rein";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { liveBytes } from "./heap.js";
import { timeEach } from "./timing.js";
import { gateAndSettle, openRein, TWENTY_RULES } from "./workload.js";

const PER_RECIPIENT: RuleInput = {
  id: "per-recipient",
  kind: "rate",
  limit: 1_000_000,
  window: "1h",
  per: "tag:recipient",
};

/** Names that somebody invents must not cost memory without end. */
export const MEMORY: readonly Bench[] = [
  {
    name: "memory/sources",
    about: "20 rules, every action from a source never seen before",
    run: (options) =>
      invented(
        TWENTY_RULES,
        (i) => ({ source: `agent-${i}`, series: "search", cost: { usd: 0.02 } }),
        options,
      ),
  },
  {
    name: "memory/tag-values",
    about: "20 rules and one per recipient, every action to a recipient never seen before",
    run: (options) =>
      invented(
        [...TWENTY_RULES, PER_RECIPIENT],
        (i) => ({
          source: "agent-1",
          series: "search",
          cost: { usd: 0.02 },
          tags: { recipient: `user-${i}` },
        }),
        options,
      ),
  },
];

/** Most that the heap may still grow once every table is full, in MB: a leak of 10 bytes a name would show. */
const GROWTH_BAR_MB = 10;

async function invented(
  rules: readonly RuleInput[],
  actionOf: (i: number) => Action,
  { quick }: RunOptions,
): Promise<Result> {
  const { maxLanes, maxKeysPerRule } = new ReinConfig();
  const rein = await openRein(rules);
  const [few, many] = quick ? [5e4, 2e5] : [1e5, 1e6];
  const before = liveBytes();
  let next = 0;
  const call = gateAndSettle(rein, () => actionOf(next++));
  const upTo = (names: number): Metric[] => {
    const at = `at ${names / 1000}k`;
    const spread = timeEach(call, names - next);
    return [
      { name: `p50 ${at}`, unit: "us", value: spread.p50 },
      { name: `p99 ${at}`, unit: "us", value: spread.p99 },
      { name: `used ${at}`, unit: "MB", value: megabytes(liveBytes() - before) },
    ];
  };
  const metrics = [...upTo(few), ...upTo(many)];
  return {
    metrics: [
      { name: "used before", unit: "MB", value: megabytes(before) },
      ...metrics,
      {
        name: "growth between",
        unit: "MB",
        value: metrics[5]!.value - metrics[2]!.value,
        bar: GROWTH_BAR_MB,
      },
      { name: "lanes kept", unit: "count", value: rein.snapshot().lanes.length, bar: maxLanes },
      // One more for all the keys beyond the cap together.
      { name: "keys of a rule", unit: "count", value: mostKeys(rein), bar: maxKeysPerRule + 1 },
    ],
    notes: [`caps: MAX_LANES ${maxLanes}, MAX_KEYS_PER_RULE ${maxKeysPerRule}`],
  };
}

/** Counters of the rule that has most of them. */
function mostKeys(rein: Rein): number {
  const { budgets, counters } = rein.snapshot();
  const perRule = new Map<string, number>();
  for (const { rule } of [...budgets, ...counters]) perRule.set(rule, (perRule.get(rule) ?? 0) + 1);
  return Math.max(...perRule.values());
}

function megabytes(bytes: number): number {
  return bytes / 2 ** 20;
}
