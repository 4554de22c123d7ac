import { expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import type { RuleInput } from "../../policy/index.js";
import { blastRadius } from "./index.js";
import { numbersFrom } from "../../../test/support/numbers-from.js";

const HOUR = 3_600_000;
const SEEDS = Array.from({ length: 15 }, (_, i) => i + 1);

test(
  "with opening hours every bound is reached to 95 %, and a longer attack reaches no less",
  { timeout: 120_000 },
  () => {
    for (const seed of SEEDS) {
      const { rules, horizons } = randomHours(seed);
      const policy = compilePolicy([...rules]);
      const before = new Map<string, number>();
      for (const horizonMs of horizons) {
        // It throws where the search gets past a bound.
        for (const line of blastRadius(policy, { horizonMs, measures: ["calls", "usd"] }).lines) {
          if (line.bound === null) continue;
          const { measure, series, reached } = line;
          const told = `seed ${seed}, ${horizonMs / HOUR} hours, ${JSON.stringify(line)}`;
          expect(reached!.amount, told).toBeLessThanOrEqual(line.bound * (1 + 1e-9));
          expect(reached!.share, told).toBeGreaterThanOrEqual(0.95);
          const key = JSON.stringify([measure, series]);
          // The search ends at 999 in a thousand.
          expect(reached!.amount, told).toBeGreaterThanOrEqual((before.get(key) ?? 0) * 0.999);
          before.set(key, reached!.amount);
        }
      }
    }
  },
);

/** Tools with opening hours and a cap each, in zones whose clocks change; horizons in order. */
function randomHours(seed: number): {
  readonly rules: readonly RuleInput[];
  readonly horizons: readonly number[];
} {
  const random = numbersFrom(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const zone = (): string => pick(["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe"]);
  const schedule = (): object => {
    const [from, to] = pick(HOURS);
    const days = pick(DAYS);
    return {
      timeZone: zone(),
      ...(days !== undefined && { days }),
      ...(from !== undefined && { from, to }),
    };
  };
  const series = pick([["pay"], ["pay"], ["pay", "trade"]]);
  const isList = random() < 0.3;
  const rules = series.flatMap((name, i): object[] => {
    const match = { series: [name] };
    const shut = (id: string): object => {
      const hours = schedule();
      const closed =
        random() < 0.5 ? { ...match, schedule: hours } : { ...match, except: [{ schedule: hours }] };
      return { id: `${id}${i}`, kind: "access", effect: "deny", match: closed };
    };
    const list = { id: `list${i}`, kind: "access", effect: "allow" };
    const cap = { id: `cap${i}`, limit: pick([1, 3, 10, 40]), match };
    const isCalendar = random() < 0.3;
    const window = pick(WINDOWS);
    const calendar = { calendar: pick(["day", "week"]), timeZone: zone() };
    const burst = random() < 0.2 ? { burst: pick([1, 5, 20]) } : {};
    return [
      isList ? { ...list, match: { ...match, schedule: schedule() } } : { ...list, match },
      ...(isList ? [] : [shut("shut")]),
      ...(random() < 0.2 ? [shut("also")] : []),
      isCalendar
        ? { ...cap, kind: "budget", measure: "calls", window: calendar }
        : { ...cap, kind: "rate", window, ...burst },
      ...(random() < 0.5
        ? [{ id: `size${i}`, kind: "size", measure: "usd", limit: pick([5, 40]), match }]
        : []),
    ];
  });
  const horizons = [pick([8, 24, 29]), pick([31, 48, 50]), pick([72, 120, 168]), pick([8 * 24, 15 * 24])];
  return { rules: rules as RuleInput[], horizons: horizons.map((hours) => hours * HOUR) };
}

const HOURS = [
  ["09:00", "17:00"],
  ["09:30", "16:00"],
  ["22:00", "06:00"],
  ["00:00", "01:00"],
  ["02:00", "03:00"],
  [undefined, undefined],
] as const;
const DAYS = [
  ["mon"],
  ["sat"],
  ["mon", "tue", "wed", "thu", "fri"],
  ["sat", "sun"],
  ["tue", "thu"],
  ["sun"],
] as const;
const WINDOWS = ["10m", "1h", "90m", "7h", "1d", "30h", "36h", "7d"] as const;
