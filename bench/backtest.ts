import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RuleInput } from "rein";
import type { Bench, Metric, Result, RunOptions } from "./bench.js";
import { gateAndSettle, inTurn, openRein, THOUSAND_LANES, TWENTY_RULES, withDirectory } from "./workload.js";

/** What a backtest of a million decisions may take, in ms, on two cores. */
const TIME_BAR_MS = 60_000;
/** How many times as much memory ten times the decisions may take. */
const MEMORY_BAR = 1.25;

/**
 * The heap that it gets, in MiB. With the usual one of some GiB the collector lets the garbage of a longer run lie for
 * longer, and resident memory says nothing of what is kept.
 */
const HEAP_MB = 96;
const YOUNG_MB = 2;

/** The command, from its start to its report, with a heap of 96 MiB. */
export const BACKTEST: readonly Bench[] = [
  {
    name: "backtest/log",
    about:
      "`rein backtest` of a governor's own log (20 rules, 1,000 lanes), which is verified first; one policy of 21 rules",
    run: (options) => measured(options, recordLog, 1),
  },
  {
    name: "backtest/log-4",
    about: "the same under three policies at once, against a fourth",
    run: (options) => measured(options, recordLog, 3),
  },
  {
    name: "backtest/sessions",
    about: "recorded sessions of fifty actions, each with a governor of its own; one policy of 21 rules",
    run: (options) => measured(options, writeSessions, 1),
  },
];

interface Recorded {
  readonly path: string;
  /** Decisions of one source in a minute that are a little fewer than there are. */
  readonly perMinute: number;
}

/** Writes a history of so many decisions into a directory. */
type Recorder = (dir: string, decisions: number) => Promise<Recorded> | Recorded;

const REIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const PEAK = new URL("backtest-peak.js", import.meta.url).href;

async function measured({ quick }: RunOptions, record: Recorder, policies: number): Promise<Result> {
  const [few, many] = quick ? [1e4, 1e5] : [1e5, 1e6];
  const runs: Run[] = [];
  for (const decisions of [few, many])
    runs.push(await withDirectory(async (dir) => backtest(dir, await record(dir, decisions), policies)));
  const [small, large] = runs as [Run, Run];
  const metrics: Metric[] = [
    { name: "time", unit: "ms", value: large.ms, bar: TIME_BAR_MS },
    { name: "decisions a second", unit: "count", value: Math.round((1000 * many) / large.ms) },
    { name: "peak RSS at a tenth", unit: "MB", value: small.peakBytes / 2 ** 20 },
    { name: "peak RSS", unit: "MB", value: large.peakBytes / 2 ** 20 },
    {
      name: "RSS against a tenth",
      unit: "x",
      value: large.peakBytes / small.peakBytes,
      ...(!quick && { bar: MEMORY_BAR }),
    },
  ];
  return {
    metrics,
    notes: [
      `${many} decisions, and ${few} for a tenth`,
      `refused now: ${large.refused.join(", ")} of ${large.decisions}`,
    ],
  };
}

interface Run {
  readonly ms: number;
  readonly peakBytes: number;
  readonly decisions: number;
  /** Decisions that each policy refuses and the record does not. */
  readonly refused: readonly number[];
}

/** What of the command's report is looked at. */
interface Report {
  readonly recorded: { readonly decisions: number };
  readonly policies: readonly { readonly refusedNow: { readonly count: number } }[];
}

function backtest(dir: string, history: Recorded, count: number): Run {
  const files = Array.from({ length: count }, (_, i) =>
    policyFile(dir, `try-${i}.json`, stricter(history.perMinute - i)),
  );
  const against = count === 1 ? [] : ["--against", policyFile(dir, "against.json", TWENTY_RULES)];
  const peak = join(dir, "peak");
  const begun = performance.now();
  const out = execFileSync(
    process.execPath,
    [
      `--max-old-space-size=${HEAP_MB}`,
      `--max-semi-space-size=${YOUNG_MB}`,
      "--import",
      PEAK,
      REIN,
      "backtest",
      history.path,
      ...files.flatMap((file) => ["-p", file]),
      ...against,
      "--json",
    ],
    { env: { ...process.env, REIN_BENCH_PEAK: peak }, maxBuffer: 1 << 26 },
  );
  const ms = performance.now() - begun;
  const { recorded, policies } = JSON.parse(out.toString("utf8")) as Report;
  return {
    ...{ ms, peakBytes: Number(readFileSync(peak, "utf8")), decisions: recorded.decisions },
    refused: policies.map(({ refusedNow }) => refusedNow.count),
  };
}

/** The recorded policy without what nobody signals in a session, and two limits, of which one is reached now and then. */
function stricter(perMinute: number): readonly RuleInput[] {
  return [
    ...TWENTY_RULES.filter(({ kind }) => kind !== "stale"),
    { id: "try-rate", kind: "rate", limit: perMinute, window: "1m", per: "source" },
    { id: "try-spend", kind: "budget", measure: "usd", limit: 1e6, window: "1h", per: "series" },
  ];
}

function policyFile(dir: string, name: string, rules: readonly RuleInput[]): string {
  const path = join(dir, name);
  writeFileSync(path, JSON.stringify(rules));
  return path;
}

/** Virtual ms between two decisions: a million take a quarter of an hour, ten a second for each source. */
const STEP_MS = 1;
/** Decisions after which the log is waited for: a queue that is full refuses. */
const PIECE = 5000;

/** Through the public API, on a clock that goes on with each decision. */
async function recordLog(dir: string, decisions: number): Promise<Recorded> {
  const state = join(dir, "state");
  let ms = 0;
  const clock = { now: () => Date.UTC(2026, 0, 5, 12) + ms, mono: () => ms };
  const rein = await openRein(TWENTY_RULES, { dir: state, clock });
  const call = gateAndSettle(rein, inTurn(THOUSAND_LANES));
  for (let i = 0; i < decisions; i++) {
    ms += STEP_MS;
    call();
    if (i % PIECE === 0) await rein.flush();
  }
  await rein.close();
  return { path: state, perMinute: 590 };
}

const SESSION_ACTIONS = 50;

/** One agent with ten tools in each. */
function writeSessions(dir: string, decisions: number): Recorded {
  const path = join(dir, "sessions.jsonl");
  const file = openSync(path, "w");
  for (let id = 0; id * SESSION_ACTIONS < decisions; id++) {
    const events = Array.from({ length: SESSION_ACTIONS }, (_, i) => ({
      ...{ source: `agent-${id % 100}`, series: `tool_${i % 10}`, cost: { usd: 0.02 } },
      ...{ ok: true, latencyMs: 200 },
    }));
    writeSync(file, `${JSON.stringify({ id: `session-${id}`, events })}\n`);
  }
  closeSync(file);
  return { path, perMinute: 48 };
}
