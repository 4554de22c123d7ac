import type { Action, Rein, RuleInput } from "rein";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { callMetrics, spreadMetrics, timeEach, timeEachPaced } from "./timing.js";
import type { Bars } from "./timing.js";
import {
  actionsOf,
  gateAndSettle,
  inTurn,
  openRein,
  THOUSAND_LANES,
  TWENTY_RULES,
  withDirectory,
} from "./workload.js";

/** Every policy of the thousand: twenty that match and 980 about somebody else. */
function thousandRules(): RuleInput[] {
  const others = Array.from({ length: 980 }, (_, i): RuleInput => ({
    id: `other-${i}`,
    kind: "rate",
    limit: 10,
    window: "1m",
    match: { source: `other-${i}` },
    per: "series",
  }));
  return [...TWENTY_RULES, ...others];
}

const BARS = { p50: 0.5, p99: 3 };

/** The gate's speed; each variant changes one thing of the first. */
export const GATE: readonly Bench[] = [
  {
    name: "gate/recorded",
    about: "gate + settle, 20 rules, 1,000 lanes, recorded to a file; pauses to write",
    run: paced,
  },
  {
    name: "gate/recorded-memory",
    about: "the same, recorded in memory; never pauses",
    run: (options) => paired(TWENTY_RULES, options, {}, THOUSAND_LANES, BARS),
  },
  {
    name: "gate/recorded-file",
    about: "recorded to a file, never pauses: the queue is full and written on the caller's time",
    run: (options) =>
      withDirectory((dir) => paired(TWENTY_RULES, options, { audit: { dir } }, THOUSAND_LANES, BARS)),
  },
  {
    name: "gate/off",
    about: "the same with everything off (ENABLED false): no rule is asked, everything is recorded",
    run: (options) => paired(TWENTY_RULES, options, { config: { enabled: false } }),
  },
  {
    name: "gate/1000-rules",
    about: "1,000 rules, of which the same 20 match",
    run: (options) => paired(thousandRules(), options),
  },
  {
    name: "gate/one-lane",
    about: "20 rules, one lane: what the caches of the processor are worth",
    run: (options) => paired(TWENTY_RULES, options, {}, actionsOf(1, 1)),
  },
  {
    name: "gate/sub-agents",
    about: "20 rules, sources three deep: what is counted per source is charged to three",
    run: (options) => paired(TWENTY_RULES, options, {}, THOUSAND_LANES.map(threeDeep)),
  },
  {
    name: "gate/tags",
    about: "20 rules and one per recipient; actions with two tags",
    run: (options) => paired([...TWENTY_RULES, PER_RECIPIENT], options, {}, THOUSAND_LANES.map(tagged)),
  },
  { name: "gate/denied", about: "gate alone, 20 rules, refused by a deny rule", run: denied },
  { name: "gate/check", about: "permit.check(), the fence", run: checked },
  { name: "gate/flat", about: "the median of gate + settle after 10^3 … 10^6 decisions", run: flat },
];

const PER_RECIPIENT: RuleInput = {
  id: "per-recipient",
  kind: "rate",
  limit: 1_000_000_000,
  window: "1m",
  burst: 1_000_000,
  per: "tag:recipient",
};

function threeDeep(action: Action): Action {
  return { ...action, source: `agent-org/team-${action.source.length}/${action.source}` };
}

function tagged(action: Action, i: number): Action {
  return { ...action, tags: { recipient: `user-${i % 100}@example.com`, tenant: "acme" } };
}

async function paired(
  rules: readonly RuleInput[],
  { quick }: RunOptions,
  options: Parameters<typeof openRein>[1] = {},
  actions: readonly Action[] = THOUSAND_LANES,
  bars: Bars = {},
): Promise<Result> {
  const rein = await openRein(rules, options);
  const metrics = await callMetrics(gateAndSettle(rein, inTurn(actions)), quick, bars);
  await rein.close();
  return { metrics };
}

/** As in a program that awaits its actions: records are written between calls, and not in one. */
function paced({ quick }: RunOptions): Promise<Result> {
  return withDirectory(async (dir) => {
    const rein = await openRein(TWENTY_RULES, { audit: { dir } });
    const call = gateAndSettle(rein, inTurn(THOUSAND_LANES));
    const write = (): Promise<void> => rein.flush();
    await timeEachPaced(call, 200_000, write);
    const spread = await timeEachPaced(call, quick ? 100_000 : 1_000_000, write);
    await rein.close();
    return { metrics: spreadMetrics(spread, BARS) };
  });
}

async function denied({ quick }: RunOptions): Promise<Result> {
  const rein = await openRein(TWENTY_RULES);
  const actions = THOUSAND_LANES.map((action) => ({ ...action, series: `drop_${action.series}` }));
  let next = 0;
  const call = (): void => {
    if (rein.gate(actions[next++ % actions.length]!).allowed) throw new Error("allowed");
  };
  return { metrics: await callMetrics(call, quick) };
}

async function checked({ quick }: RunOptions): Promise<Result> {
  const rein = await openRein(TWENTY_RULES);
  const decision = rein.gate(THOUSAND_LANES[0]!);
  if (!decision.allowed) throw new Error(decision.refusal.message);
  const { permit } = decision;
  return { metrics: await callMetrics(() => permit.check(), quick) };
}

/** How long a decision takes must not depend on how many there were: the lanes are all known from 10^3 on. */
async function flat({ quick }: RunOptions): Promise<Result> {
  // Another governor warms the code up, so that the first decade is not about the compiler.
  warmUp(await openRein(TWENTY_RULES));
  const call = gateAndSettle(await openRein(TWENTY_RULES), inTurn(THOUSAND_LANES));
  const metrics: Metric[] = [];
  let made = 0;
  for (const decade of quick ? [3, 4, 5] : [3, 4, 5, 6]) {
    for (; made < 10 ** decade; made++) call();
    const window = 10 ** decade;
    metrics.push({ name: `p50 after 10^${decade}`, unit: "us", value: timeEach(call, window).p50 });
    made += window;
  }
  const [first, last] = [metrics[0]!, metrics.at(-1)!];
  return { metrics: [...metrics, { name: "last / first", unit: "x", value: last.value / first.value }] };
}

function warmUp(rein: Rein): void {
  const call = gateAndSettle(rein, inTurn(THOUSAND_LANES));
  for (let i = 0; i < 300_000; i++) call();
}
