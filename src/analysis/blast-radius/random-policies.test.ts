import { describe, expect, test } from "vitest";
import { compileGlob } from "../../core/glob.js";
import { MICRO } from "../../core/measure.js";
import { compilePolicy } from "../../policy/index.js";
import type { CompiledPolicy, RuleInput } from "../../policy/index.js";
import { Trial } from "../boundary/trial.js";
import { blastRadius } from "./index.js";
import type { BlastLine, BlastRadius } from "./index.js";
import { numbersFrom } from "../../../test/support/numbers-from.js";

const SEEDS = Array.from({ length: 25 }, (_, i) => i + 1);

describe("random policies", () => {
  test("no agent that tries at random gets past a bound", () => {
    for (const seed of SEEDS) {
      const { policy, horizonMs } = compiled(seed);
      const radius = blastRadius(policy, { horizonMs, attack: false });
      for (const source of ["agent", "intern", "bot-7", "planner/x", "my_trader"]) {
        const done = chaos(policy, horizonMs, source, seed);
        for (const line of radius.lines)
          expect(
            takenOf(line, done, radius),
            `seed ${seed}, ${source}, ${JSON.stringify(line)}`,
          ).toBeLessThanOrEqual((line.bound ?? Infinity) + 1e-6);
      }
    }
  });

  test(
    "the search never gets past a bound either, and reaches 95 % of nearly all",
    { timeout: 90_000 },
    () => {
      const lines = SEEDS.flatMap((seed) => {
        const { policy, horizonMs } = compiled(seed);
        return blastRadius(policy, { horizonMs }).lines.filter(({ bound }) => bound !== null && bound > 0);
      });
      expect(lines.length).toBeGreaterThan(40);
      for (const { reached, bound } of lines)
        expect(reached!.amount).toBeLessThanOrEqual(bound! * (1 + 1e-9));
      const tight = lines.filter(({ reached }) => reached!.isTight).length;
      expect(tight / lines.length).toBeGreaterThan(0.9);
    },
  );

  test("the sentence that is offered makes a bound", () => {
    for (const seed of SEEDS) {
      const { policy, horizonMs } = compiled(seed);
      for (const line of blastRadius(policy, { horizonMs, attack: false }).lines) {
        if (line.bound !== null) continue;
        expect(line.because).not.toBe("");
        const mended = compilePolicy([...policy.rules, line.remedy!] as RuleInput[]);
        const after = blastRadius(mended, { horizonMs, attack: false });
        const same = after.lines.find(
          ({ measure, series }) => measure === line.measure && isAbout(series, line.series),
        );
        expect(same?.bound, `seed ${seed}: ${line.remedy!}`).not.toBeNull();
      }
    }
  });
});

interface Done {
  readonly series: string;
  readonly usd: number;
}

function compiled(seed: number): { readonly policy: CompiledPolicy; readonly horizonMs: number } {
  const { rules, horizonMs } = randomPolicy(seed);
  return { policy: compilePolicy(rules), horizonMs };
}

/** Another agent than the one of the search: it knows nothing and tries everything. */
function chaos({ rules }: CompiledPolicy, horizonMs: number, source: string, seed: number): readonly Done[] {
  const random = numbersFrom(seed + 1000);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const trial = Trial.of(rules, {
    at: Date.UTC(2026, 0, 5, 12) + Math.floor(random() * 86_400_000),
    regime: "normal",
  });
  const done: Done[] = [];
  for (let i = 0; i < 400 && trial.elapsedMs < horizonMs; i++) {
    const series = pick([
      "send_x",
      "send_email",
      "read_it",
      "delete_it",
      "pay",
      "my_email",
      "tool",
      "send_deleted",
    ]);
    const name = pick([series, `${series}2`]);
    const usd = pick([0, 0.5, 1, 2, 5, 20, 45, 100]);
    const answer = trial.run({
      source: pick([source, `${source}/helper`, `${source}/trader`]),
      series: name,
      cost: { usd: usd * MICRO },
      tags: { task: pick(["a", "b", "c"]), ...(random() < 0.3 && { env: "prod" }) },
      args: random() < 0.3 ? { force: true } : {},
    });
    if (answer.allowed) done.push({ series: name, usd });
    const step = pick([0, 0, 1, 1_000, 10_000, horizonMs / 50]);
    if (trial.elapsedMs + step < horizonMs) trial.wait(Math.floor(step));
    else break;
  }
  return done;
}

function takenOf({ measure, series }: BlastLine, done: readonly Done[], { lines }: BlastRadius): number {
  const globs =
    series === "other" ? lines.flatMap((line) => (Array.isArray(line.series) ? line.series : [])) : series;
  const sum = (of: readonly Done[]): number =>
    of.reduce((so, { usd }) => so + (measure === "calls" ? 1 : usd), 0);
  if (globs === "all") return sum(done);
  if (series === "other")
    return sum(done.filter(({ series: name }) => !globs.some((glob) => compileGlob(glob)(name))));
  // Each by itself is at most this.
  return Math.max(
    ...(globs as readonly string[]).map((glob) => sum(done.filter((each) => compileGlob(glob)(each.series)))),
  );
}

function isAbout(series: BlastLine["series"], before: BlastLine["series"]): boolean {
  if (typeof before === "string") return series === before;
  return Array.isArray(series) && series.includes(before[0]!);
}

/** A policy of a few rules over few names, and a horizon: the same for the same seed. */
function randomPolicy(seed: number): {
  readonly rules: readonly RuleInput[];
  readonly horizonMs: number;
} {
  const random = numbersFrom(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const some = <T>(share: number, value: () => T): T | undefined => (random() < share ? value() : undefined);
  const clause = (share: number): object => ({
    ...field(
      "series",
      some(share, () => [pick(SERIES)]),
    ),
    ...field(
      "source",
      some(share / 4, () => [pick(SOURCES)]),
    ),
    ...field(
      "costOver",
      some(share / 6, () => ({ usd: pick([1, 5, 20]) })),
    ),
    ...field(
      "costUnder",
      some(share / 8, () => ({ usd: pick([30, 60]) })),
    ),
    ...field(
      "tags",
      some(share / 8, () => ({ env: ["prod"] })),
    ),
    ...field(
      "args",
      some(share / 8, () => ({ force: { equals: true } })),
    ),
  });
  const match = (share: number): object => {
    const own = clause(share);
    const except = some(0.2, () => clause(1));
    const all = {
      ...own,
      ...field("except", except !== undefined && Object.keys(except).length > 0 ? [except] : undefined),
    };
    return field("match", Object.keys(all).length > 0 ? all : undefined);
  };
  const common = (share: number): object => ({
    ...match(share),
    ...field(
      "per",
      some(0.4, () => [pick(["source", "source", "series", "tag:task"])]),
    ),
    ...field(
      "then",
      some(0.2, () => pick(["halt", "alert"])),
    ),
  });
  const rules = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, i): RuleInput => {
    const id = `r${i}`;
    const kind = pick(["rate", "rate", "bucket", "budget", "budget", "calls", "size", "deny", "allow"]);
    const window = pick(WINDOWS);
    const limit = pick([1, 2, 5, 10, 30, 100]);
    if (kind === "rate") return { id, kind, limit, window, ...common(0.5) };
    if (kind === "bucket")
      return { id, kind: "rate", limit, window, burst: pick([1, 4, 20]), ...common(0.5) };
    if (kind === "size") return { id, kind, measure: "usd", limit: limit / 2, ...match(0.5) };
    if (kind === "deny") return { id, kind: "access", effect: "deny", ...match(1) };
    if (kind === "allow") return { id, kind: "access", effect: "allow", ...match(0.9) };
    const measure = kind === "calls" ? "calls" : "usd";
    const period = random() < 0.3 ? pick(PERIODS) : window;
    return {
      id,
      kind: "budget",
      measure,
      limit,
      window: period,
      ...(kind === "budget" && { assume: 0 }),
      ...common(0.4),
    };
  });
  return { rules, horizonMs: pick([600_000, 3_600_000, 10_000_000, 86_400_000]) };
}

const SERIES = ["send*", "send_email", "read_*", "~delete", "pay", "*_email"] as const;
const SOURCES = ["intern", "bot-*", "planner/**", "~trader"] as const;
const WINDOWS = ["10s", "1m", "7m", "1h", "90m", "1d"] as const;
const PERIODS = [
  "forever",
  { calendar: "day", timeZone: "UTC" },
  { calendar: "hour", timeZone: "UTC" },
] as const;

function field(name: string, value: unknown): object {
  return value === undefined ? {} : { [name]: value };
}
