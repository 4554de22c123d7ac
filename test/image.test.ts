import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../src/core/canonical.js";
import { Engine, IMAGE_FORMAT, migrateImage, Player } from "../src/engine/index.js";
import type { EngineEvent, EngineImage } from "../src/engine/index.js";
import { ReinConfig } from "../src/index.js";
import type { RuleInput } from "../src/index.js";
import { Driver } from "./support/driver.js";
import { anyPolicy, history } from "./support/histories.js";

type Opening = { rules: never; mode: never; limits: never };

/** What a run wrote down: its opening, and the events that the engine was given. */
async function recordOf(policy: never, steps: never, caps: object) {
  const driver = await Driver.open(policy, { config: new ReinConfig(caps) });
  for (const step of steps as never[]) await driver.run(step);
  return written(driver);
}

async function written(driver: Driver) {
  await driver.rein.flush();
  const [opening, ...events] = driver.sink.records as [Opening, ...{ type: string }[]];
  return { opening, events: events.filter(({ type }) => !["receipt", "clock"].includes(type)) };
}

const stored = (image: EngineImage): EngineImage => JSON.parse(JSON.stringify(image)) as EngineImage;

test("an engine restored from an image decides as the one that went on, bit for bit", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyPolicy,
      history({ rare: true }),
      fc.constantFrom(
        {},
        { maxLanes: 3, maxKeysPerRule: 2, maxHalts: 2, maxApprovals: 2, maxInFlight: 5 },
        { permitTtlSeconds: 1 },
      ),
      fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
      async (policy, steps, caps, picks) => {
        const { opening, events } = await recordOf(policy as never, steps as never, caps);
        const { rules, mode, limits } = opening;
        const through = new Player(new Engine({ rules, mode, limits }));
        let stopping = new Player(new Engine({ rules, mode, limits }));
        const stops = new Set(picks.map((pick) => pick % Math.max(1, events.length)));
        events.forEach((event, i) => {
          const a = through.apply(event as unknown as EngineEvent);
          const b = stopping.apply(event as unknown as EngineEvent);
          expect([b?.seq, b?.verdict, b?.refusal, b?.wouldBlock]).toEqual([
            a?.seq,
            a?.verdict,
            a?.refusal,
            a?.wouldBlock,
          ]);
          if (!stops.has(i)) return;
          const image = stored(stopping.engine.image());
          expect(canonicalJson(stored(through.engine.image()))).toBe(canonicalJson(image));
          stopping = new Player(Engine.restore(image));
        });
        expect(canonicalJson(stored(stopping.engine.image()))).toBe(
          canonicalJson(stored(through.engine.image())),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test("looking at the state changes nothing that is kept", async () => {
  await fc.assert(
    fc.asyncProperty(anyPolicy, history({ rare: true }), async (policy, steps) => {
      const { opening, events } = await recordOf(policy as never, steps as never, {});
      const { rules, mode, limits } = opening;
      const [quiet, watched] = [0, 1].map(() => new Player(new Engine({ rules, mode, limits })));
      for (const event of events as unknown as EngineEvent[]) {
        quiet!.apply(event);
        watched!.apply(event);
        for (const { guard, meter } of watched!.engine.budgets()) {
          meter.takenAt(event.mono);
          guard.snapshot(event.mono);
        }
        for (const guard of watched!.engine.guards) {
          for (const counter of guard.table.all()) counter.snapshot(event.mono);
        }
      }
      expect(canonicalJson(stored(watched!.engine.image()))).toBe(
        canonicalJson(stored(quiet!.engine.image())),
      );
    }),
    { numRuns: 150 },
  );
});

test("an image of an older format is brought up to date, a newer one is refused", () => {
  const steps = new Map<number, (image: object) => Readonly<Record<string, unknown>>>([
    [1, (image: object) => ({ ...image, format: 2, renamed: "x" })],
    [2, (image: object) => ({ ...image, format: 3, added: [] })],
  ]);
  expect(migrateImage({ format: 1, seq: 7 }, steps, 3)).toEqual({
    format: 3,
    seq: 7,
    renamed: "x",
    added: [],
  });
  expect(() => migrateImage({ format: IMAGE_FORMAT + 1 })).toThrow(/format/);
  expect(() => migrateImage({ format: 0 })).toThrow();
  expect(() => migrateImage("nonsense")).toThrow(/not one of an engine/);
});

test("time limits that change while an action runs are restored as they are", async () => {
  const rules = (limit: string): RuleInput[] => [
    { id: "look", kind: "timeout", limit: "10s", mode: "shadow" },
    { id: "stop", kind: "timeout", limit, then: "halt" },
  ];
  const driver = await Driver.open(rules("1h"));
  const run = { source: "a", series: "b" };
  driver.rein.gate(run);
  driver.clock.advance(20_000);
  driver.rein.setPolicy([{ id: "stop", kind: "timeout", limit: "2h", match: { series: "other" } }]);
  driver.rein.setPolicy(rules("3h"));
  driver.rein.gate(run);
  driver.rein.setPolicy(rules("1m"));
  for (let i = 0; i < 10; i++) {
    driver.clock.advance(10_000);
    driver.rein.gate(run);
  }
  const { opening, events } = await written(driver);
  const through = new Player(new Engine(opening));
  let stopping = new Player(new Engine(opening));
  for (const event of events as unknown as EngineEvent[]) {
    expect(stopping.apply(event)?.verdict).toBe(through.apply(event)?.verdict);
    const image = stored(stopping.engine.image());
    expect(stored(through.engine.image())).toEqual(image);
    stopping = new Player(Engine.restore(image));
  }
  expect(through.engine.halts.size).toBeGreaterThan(0);
});

test("what a name beyond the cap does goes on teaching all of those after a restore", async () => {
  const driver = await Driver.open(
    [{ kind: "score", settings: { execMinAttempts: 1, minSamplesForKill: 1 } }],
    { config: new ReinConfig({ maxLanes: 1 }) },
  );
  driver.rein.gate({ source: "a", series: "b" });
  const stranger = driver.rein.gate({ source: "stranger", series: "b" });
  stranger.permit?.settle({ ok: false });
  const { opening, events } = await written(driver);
  const through = new Player(new Engine(opening));
  let stopping = new Player(new Engine(opening));
  for (const event of events as unknown as EngineEvent[]) {
    stopping = new Player(Engine.restore(stored(stopping.engine.image())));
    stopping.apply(event);
    through.apply(event);
    expect(stored(stopping.engine.image())).toEqual(stored(through.engine.image()));
  }
  expect(through.engine.lanes.shared).not.toBeNull();
});

test("format 1 knew one time limit for each action, and format 2 no detectors", () => {
  const timeout = { rule: { id: "slow", kind: "timeout", limit: "2m" }, enforced: true, key: {} };
  const image = {
    ...{ format: 1, limits: { maxLanes: 3 }, signals: [["feed", 1, 2]] },
    ...{ open: [{ seq: 1, timeout }], expired: [{ seq: 2, timeout: null }] },
  };
  expect(migrateImage(image)).toEqual({
    format: IMAGE_FORMAT,
    limits: { maxLanes: 3, regimeTickMs: 30_000, falseAlarmsPerMillion: 10 },
    signals: [["feed", 1, 2, null]],
    weather: null,
    open: [{ seq: 1, timeouts: [timeout], args: null }],
    expired: [{ seq: 2, timeouts: [], args: null }],
  });
});
