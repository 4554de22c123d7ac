import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SCORE_DEFAULTS } from "./settings.js";
import { LaneScore } from "./lane-score.js";
import type { RegimeSlice, ScoreSettings } from "./settings.js";

const D = SCORE_DEFAULTS;
const HOUR = 3_600_000;
const SECOND = 1000;

/** A lane with a clock of its own: one event a second. */
class Driver {
  readonly lane = new LaneScore();
  now = 0;
  constructor(readonly settings: ScoreSettings = D) {}

  settle(oks: readonly (0 | 1)[], times = 1, slice: RegimeSlice = 0): this {
    for (let i = 0; i < times; i++) {
      for (const ok of oks) this.lane.settle(ok === 1, NaN, slice, (this.now += SECOND), this.settings);
    }
    return this;
  }

  realize(cents: readonly number[], times = 1, capitalPct = NaN, predicted = NaN): this {
    for (let i = 0; i < times; i++) {
      for (const each of cents) {
        this.lane.realize(each, predicted, capitalPct, 0, (this.now += SECOND), this.settings);
      }
    }
    return this;
  }

  get health() {
    return this.lane.health(0);
  }

  sentence(slice: RegimeSlice = 0) {
    return this.lane.sentence(slice, this.now, this.settings);
  }

  size(slice: RegimeSlice = 0) {
    return this.lane.sizeMultiplier(slice, this.now, this.settings);
  }
}

describe("status", () => {
  test("a new lane is yellow with the least size, and turns green with its twentieth good sample", () => {
    const d = new Driver();
    expect([d.health, d.size()]).toEqual(["yellow", 0.25]);
    expect(d.settle([1], 19).health).toBe("yellow");
    expect(d.sentence()).toContain("it has fewer than 20 samples");
    expect(d.settle([1]).health).toBe("green");
    expect(d.size()).toBeCloseTo(1, 2);
  });

  test("settle says when the status changes", () => {
    const lane = new LaneScore();
    const said = Array.from({ length: 30 }, (_, i) => lane.settle(true, NaN, 0, i, D));
    expect(said.indexOf(true)).toBe(19);
    expect(said.filter(Boolean)).toHaveLength(1);
  });

  test("a new lane that always fails is red with its twentieth attempt and black within 130, whatever the debounce", () => {
    const d = new Driver();
    expect(d.settle([0], 19).health).toBe("yellow");
    expect(d.settle([0]).health).toBe("red");
    expect(d.size()).toBe(0);
    expect(d.settle([0], 110).health).toBe("black");
    expect(d.sentence()).toMatch(
      /success is below 5 %, proven at 1 in 140.*e-value \d+ against `at least 5 %`/,
    );
  });

  test("a lane that turns bad after a long good history is red within 40 events and black within 200", () => {
    const d = new Driver().settle([1, 1, 1, 0], 2500);
    expect(d.health).toBe("green");
    expect(d.settle([0], 40).health).toBe("red");
    expect(d.settle([0], 160).health).toBe("black");
  });

  test("debounce holds a change back, but never the first fall and never black", () => {
    const d = new Driver({ ...D, redCooldownHours: 0 }).settle([1], 20).settle([0], 40);
    expect(d.health).toBe("red");
    const yellow = new Driver().settle([1], 20);
    yellow.settle([1, 0, 0, 0, 0, 0, 0], 10);
    expect(yellow.health).toBe("green");
    yellow.now += 300 * SECOND;
    expect(yellow.settle([0]).health).not.toBe("green");
  });

  test("slippage above the limit makes a lane red", () => {
    const lane = new LaneScore();
    for (let i = 0; i < 40; i++) lane.settle(true, 5 + (i % 3), 0, i * SECOND, D);
    expect(lane.health(0)).toBe("red");
    expect(lane.sentence(0, 40 * SECOND, D)).toContain("mean slippage 5.98 cents is above 3 cents");
  });

  test("an axis without data is no penalty: results alone, or outcomes alone, make a lane green", () => {
    expect(new Driver().settle([1], 20).health).toBe("green");
    expect(new Driver().realize([5, 3, 8, -2], 5).health).toBe("green");
  });

  test("a negative edge is yellow, red, then black, and says so", () => {
    const d = new Driver().realize([-9, 3, -8, 2, -7, 1, -6, -5], 3);
    expect(d.health).toBe("red");
    expect(d.sentence()).toContain("the mean result is likely negative");
    d.realize([-9, 3, -28, 2, -17], 100);
    expect(d.health).toBe("black");
    expect(d.sentence()).toContain("`mean at least -2 cents`");
  });

  test("clearly less than was predicted is yellow, not red", () => {
    const d = new Driver().realize([5, 4, 6, 5], 8, NaN, 12);
    expect(d.health).toBe("yellow");
    expect(d.sentence()).toContain("results miss the prediction by 6.99 cents");
  });

  test("capital falls count at once and in every regime, and are black from ten samples on", () => {
    const d = new Driver().realize([1], 1, -0.03);
    expect(d.health).toBe("yellow");
    d.realize([1], 1, -0.12);
    expect([0, 1, 2].map((slice) => d.lane.health(slice as RegimeSlice))).toEqual(["red", "red", "red"]);
    d.realize([1], 8, -0.12);
    expect(d.health).toBe("black");
    expect(d.sentence()).toContain("capital stands at -12 %, limit -10 %");
  });

  test("a strategy that works in calm and dies in shock is two strategies", () => {
    const d = new Driver();
    for (let i = 0; i < 40; i++) d.settle([1, 1, 1, 1, 1, 1, 1, 1, 1, 0], 1, 0).settle([0], 8, 2);
    expect([d.lane.health(0), d.lane.health(1), d.lane.health(2)]).toEqual(["green", "yellow", "black"]);
    expect([d.size(0) > 0.9, d.size(2)]).toEqual([true, 0]);
    expect(d.sentence(2)).toContain("success in this regime now");
  });
});

describe("red and back", () => {
  function red(settings: ScoreSettings = D): Driver {
    const d = new Driver(settings).settle([0], 20);
    expect(d.health).toBe("red");
    return d;
  }

  test("probes may pass after the cool-down, not before", () => {
    const d = red();
    expect(d.lane.mayProbe(0, d.now, D)).toBe(false);
    expect(d.lane.msUntilProbe(0, d.now, D)).toBe(2 * HOUR);
    expect(d.lane.mayProbe(0, d.now + 2 * HOUR, D)).toBe(true);
    expect(d.lane.sizeMultiplier(0, d.now + 2 * HOUR, D)).toBe(0.1);
  });

  test("ten good probes revive it, nine do not, and outcomes before the end of the cool-down are no probes", () => {
    const d = red().settle([1], 15);
    expect(d.health).toBe("red");
    d.now += 2 * HOUR;
    expect(d.settle([1], 9).health).toBe("red");
    expect(d.settle([1]).health).toBe("yellow");
    expect(d.settle([1], 30).health).not.toBe("red");
  });

  test("bad probes start a new cool-down", () => {
    const d = red();
    d.now += 2 * HOUR;
    d.settle([0], 10);
    expect(d.lane.msUntilProbe(0, d.now, D)).toBe(2 * HOUR);
  });

  test("a lane whose natural success is 0.3 revives", () => {
    const d = red();
    d.now += 2 * HOUR;
    d.settle([0, 1, 0, 0, 1, 0, 0, 1, 0, 0], 5);
    expect(d.health).toBe("yellow");
  });

  test("a lane that lost by its results revives by its results, not by actions that work", () => {
    const d = new Driver().realize([-9, 3, -8, 2, -7, 1], 4);
    expect(d.health).toBe("red");
    d.now += 2 * HOUR;
    expect(d.settle([1], 30).health).toBe("red");
    expect(d.realize([8, 9, 7], 10).health).toBe("yellow");
  });

  test("black stays black until an operator revives it, whose tests begin anew", () => {
    const d = new Driver().settle([0], 150);
    d.now += 1000 * HOUR;
    expect(d.settle([1], 500).health).toBe("black");
    expect(d.lane.msUntilProbe(0, d.now, D)).toBe(Infinity);
    d.lane.revive(d.now);
    expect([d.health, d.lane.sinceMono(0)]).toEqual(["yellow", d.now]);
    expect(d.sentence()).toContain("an operator revived it");
    expect(d.settle([1], 40).health).toBe("green");
    expect(d.settle([0], 200).health).toBe("black");
  });

  test("after a restart green is yellow, and the rest as it was", () => {
    const d = new Driver().settle([1], 30).settle([0], 150, 2);
    d.lane.demote(d.now);
    expect([d.health, d.lane.health(2)]).toEqual(["yellow", "black"]);
  });
});

describe("time", () => {
  test("an idle lane forgets: its size falls, it is forgotten, and is yellow with the next event", () => {
    const d = new Driver().settle([1], 100);
    expect(d.size()).toBeCloseTo(1, 2);
    d.now += 96 * HOUR;
    expect(d.size()).toBeLessThan(0.6);
    expect(d.lane.isForgotten(d.now, D)).toBe(false);
    expect(d.lane.isForgotten(d.now + 24 * 30 * HOUR, D)).toBe(true);
    d.now += 24 * 30 * HOUR;
    expect(d.settle([1]).health).toBe("yellow");
  });

  test("a killed lane is never forgotten, and one under suspicion is not either", () => {
    const d = new Driver().settle([0], 150);
    expect(d.lane.isForgotten(1e12, D)).toBe(false);
    expect(new Driver().settle([0], 60).lane.isForgotten(1e12, D)).toBe(false);
  });

  test("one failure a month for years kills in the end", () => {
    const d = new Driver();
    for (let i = 0; i < 130; i++) {
      d.now += 30 * 24 * HOUR;
      d.settle([0]);
    }
    expect(d.health).toBe("black");
  });

  test("time that goes backwards counts as the last time seen", () => {
    const lane = new LaneScore();
    lane.settle(true, NaN, 0, 10 * HOUR, D);
    lane.settle(true, NaN, 0, 0, D);
    const twin = new LaneScore();
    for (let i = 0; i < 2; i++) twin.settle(true, NaN, 0, 10 * HOUR, D);
    expect(lane.image()).toEqual(twin.image());
  });
});

describe("bad input", () => {
  test("numbers that are not finite teach nothing and are counted; NaN is just not told", () => {
    const lane = new LaneScore();
    lane.settle(true, NaN, 0, 0, D);
    expect(lane.skipped).toBe(0);
    lane.settle(true, Infinity, 0, NaN, D);
    lane.realize(NaN, NaN, NaN, 0, 0, D);
    lane.realize(1, -Infinity, Infinity, 0, 0, D);
    expect(lane.skipped).toBe(5);
  });

  test("a result may come before any outcome", () => {
    const lane = new LaneScore();
    expect(() => lane.realize(3, 2, -0.01, 2, 5, D)).not.toThrow();
    expect(lane.health(2)).toBe("yellow");
    expect(lane.sentence(2, 5, D)).toMatch(/mean result 1\.\d+ cents/);
  });

  test("an image of something else is refused", () => {
    expect(() => new LaneScore().restore({ lane: [1], edge: null, skipped: 0 })).toThrow(TypeError);
    expect(() => new LaneScore().restore({})).toThrow(TypeError);
  });
});

describe("properties", () => {
  const event = fc.record({
    ok: fc.boolean(),
    cents: fc.oneof(fc.double(), fc.integer({ min: -50, max: 50 })),
    other: fc.oneof(fc.double(), fc.constant(NaN)),
    capital: fc.oneof(fc.double({ min: -0.2, max: 0.2 }), fc.constant(NaN)),
    slice: fc.constantFrom(0 as const, 1 as const, 2 as const),
    gap: fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: -1e9, max: 1e10 })),
    kind: fc.integer({ min: 0, max: 20 }),
  });
  type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

  function feed(lane: LaneScore, events: readonly Event[], from = 0): unknown[] {
    let now = from;
    return events.map(({ ok, cents, other, capital, slice, gap, kind }) => {
      now += gap;
      if (kind === 20) lane.revive(now);
      else if (kind === 19) lane.demote(now);
      else if (kind > 12) lane.realize(cents, other, capital, slice, now, D);
      else lane.settle(ok, other, slice, now, D);
      return [lane.health(slice), lane.sizeMultiplier(slice, now, D), lane.sentence(slice, now, D)];
    });
  }

  test("a restored lane goes on bit for bit the same", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.array(event, { maxLength: 40 }), (before, after) => {
        const lane = new LaneScore();
        feed(lane, before);
        const restored = new LaneScore();
        restored.restore(JSON.parse(JSON.stringify(lane.image())));
        expect(restored.image()).toEqual(lane.image());
        expect(feed(restored, after, 1e9)).toEqual(feed(lane, after, 1e9));
        expect(restored.image()).toEqual(lane.image());
      }),
      { numRuns: 60 },
    );
  });

  test("whatever comes in, the state stays finite, sizes stay in [0, 1], and a look changes nothing", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const lane = new LaneScore();
        feed(lane, events);
        const image = JSON.stringify(lane.image());
        for (const slice of [0, 1, 2] as const) {
          const size = lane.sizeMultiplier(slice, 1e6, D);
          expect(size >= 0 && size <= 1).toBe(true);
          expect(lane.sentence(slice, 1e6, D)).not.toMatch(/NaN|undefined|Infinity/);
        }
        lane.view(1e6, D);
        lane.isForgotten(1e6, D);
        expect(JSON.stringify(lane.image())).toBe(image);
        expect(image).not.toMatch(/[[,]null/);
      }),
      { numRuns: 60 },
    );
  });

  test("a lane as new has no image", () => {
    expect(new LaneScore().image()).toBeNull();
    const lane = new LaneScore();
    lane.restore(null);
    expect(lane.image()).toBeNull();
  });
});

describe("view", () => {
  test("shows what the lane believes and how good its own forecasts were", () => {
    const d = new Driver().settle([1, 1, 1, 0], 50).realize([4], 12, -0.01);
    const view = d.lane.view(d.now, D);
    expect(view).toMatchObject({ capitalPct: -0.01, skipped: 0, forecasts: { count: 200 } });
    expect(view.forecasts!.logLoss).toBeLessThan(0.62);
    expect(view.forecasts!.brier).toBeLessThan(0.21);
    const [normal, stressed] = view.slices;
    expect(normal).toMatchObject({ regime: "normal", status: "green", slippageCents: null });
    expect(normal!.interval[0]).toBeLessThan(0.75);
    expect(normal!.interval[1]).toBeGreaterThan(0.75);
    expect(stressed).toMatchObject({ regime: "stressed", attempts: 0, edge: null });
  });
});

describe("slices that nobody has needed", () => {
  test("looking at one adds nothing to the lane", () => {
    const d = new Driver().settle([1], 30);
    const before = JSON.stringify(d.lane.image());
    expect(d.lane.health(2)).toBe("yellow");
    expect(d.sentence(2)).toContain("it is new");
    expect(d.size(2)).toBe(0.25);
    expect(d.lane.mayProbe(2, d.now, D)).toBe(false);
    expect(d.lane.sinceMono(1)).toBe(SECOND);
    expect(d.lane.view(d.now, D).slices).toHaveLength(3);
    expect(JSON.stringify(d.lane.image())).toBe(before);
  });

  test("what the capital says it says in all of them", () => {
    const d = new Driver().settle([1], 30).realize([1], 1, -0.06);
    expect(([0, 1, 2] as const).map((slice) => d.lane.health(slice))).toEqual(["red", "red", "red"]);
  });

  test("a lane goes on bit for bit when one is added after it was restored", () => {
    const d = new Driver().settle([1, 0], 20);
    const copy = new Driver();
    copy.lane.restore(JSON.parse(JSON.stringify(d.lane.image())));
    copy.now = d.now;
    d.settle([1, 1, 0], 10, 1).settle([0], 30, 2);
    copy.settle([1, 1, 0], 10, 1).settle([0], 30, 2);
    expect(copy.lane.image()).toEqual(d.lane.image());
  });
});
