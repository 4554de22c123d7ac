import { describe, expect, test } from "vitest";
import { Regime } from "./regime.js";

const SECOND = 1000;

/** Uniform in [0, 1): mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal. */
function noise(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Ticks once per second, one value per signal and tick; returns the states after each tick. */
function play(
  regime: Regime,
  values: (i: number) => Readonly<Record<string, number>>,
  from: number,
  to: number,
) {
  const states: string[] = [];
  for (let i = from; i < to; i++) {
    for (const [name, value] of Object.entries(values(i))) regime.push(name, value, i * SECOND);
    regime.tick(i * SECOND + 500);
    states.push(regime.state);
  }
  return states;
}

const share = (states: readonly string[], state: string) =>
  states.filter((each) => each === state).length / states.length;

describe("the regime of one signal", () => {
  test("is normal without signals, unknown for twenty ticks, and then normal", () => {
    const regime = new Regime();
    expect(regime.tick(0)).toBe(false);
    expect(regime.state).toBe("normal");
    const next = noise(1);
    const states = play(regime, () => ({ p99: 100 + 5 * next() }), 1, 500);
    expect(states.slice(0, 19)).toEqual(new Array(19).fill("unknown"));
    expect(new Set(states.slice(19))).toEqual(new Set(["normal"]));
    expect(regime.normal + regime.stressed + regime.shock).toBeCloseTo(1, 12);
    expect(regime.sentence()).toBe("no signal is unusual");
  });

  test("is a shock soon after the spread grew fourfold, says so, and is over when it has shrunk again", () => {
    const regime = new Regime();
    const next = noise(2);
    play(regime, () => ({ p99_latency: 100 + 5 * next() }), 0, 400);
    const wild = play(regime, () => ({ p99_latency: 100 + 20 * next() }), 400, 440);
    expect(wild.indexOf("shock")).toBeGreaterThanOrEqual(0);
    expect(wild.indexOf("shock")).toBeLessThan(25);
    expect(regime.sentence()).toMatch(
      /^`p99_latency` runs at [2-6]\.\d times its usual spread \(shock with probability (0\.9|1)/,
    );
    const calm = play(regime, () => ({ p99_latency: 100 + 5 * next() }), 440, 540);
    expect(calm.at(-1)).toBe("normal");
  });

  test("stays what it was after a single wild value", () => {
    for (const wild of [50, 1e6, -1e99]) {
      const regime = new Regime();
      const next = noise(3);
      const states = play(regime, (i) => ({ x: i === 300 ? wild : next() }), 0, 400);
      expect(states.slice(20)).not.toContain("shock");
    }
  });

  test("a jump to another level is a shock, a recorded change, and the usual after a while", () => {
    const regime = new Regime();
    const next = noise(4);
    play(regime, () => ({ queue: 10 + next() }), 0, 300);
    const changes = [];
    const states: string[] = [];
    for (let i = 300; i < 500; i++) {
      states.push(...play(regime, () => ({ queue: 40 + next() }), i, i + 1));
      changes.push(...regime.changes);
    }
    expect(states.slice(0, 5)).toContain("shock");
    expect(states.at(-1)).toBe("normal");
    expect(states.lastIndexOf("shock")).toBeGreaterThan(30);
    expect(states.lastIndexOf("shock")).toBeLessThan(90);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ signal: "queue" });
    expect(changes[0]!.from).toBeCloseTo(10, 0);
    expect(Math.abs(changes[0]!.to - 40)).toBeLessThan(2);
    expect(changes[0]!.ticksAgo).toBeLessThan(10);
    expect(regime.signals()[0]!.usual).toBeCloseTo(40, 0);
  });

  test.each([0, 5, -3e7])(
    "a constant of %d never divides by zero, and rounding errors are no shock",
    (level) => {
      const regime = new Regime();
      const next = noise(5);
      const constant = play(regime, () => ({ x: level }), 0, 300);
      const wiggling = play(regime, () => ({ x: level * (1 + 1e-14 * next()) + 1e-12 * next() }), 300, 900);
      expect(new Set([...constant.slice(20), ...wiggling])).toEqual(new Set(["normal"]));
    },
  );

  test("what was constant and then moves is a shock, and learns the new spread", () => {
    const regime = new Regime();
    const next = noise(6);
    play(regime, () => ({ errors: 0 }), 0, 300);
    const states = play(regime, () => ({ errors: Math.abs(next()) }), 300, 600);
    expect(states.slice(0, 5)).toContain("shock");
    expect(states.at(-1)).toBe("normal");
  });

  test("flips rarely where nothing happens, whatever the noise is like", () => {
    const next = noise(7);
    const kinds: Readonly<Record<string, () => number>> = {
      normal: next,
      heavy: () => next() / Math.sqrt((next() ** 2 + next() ** 2 + next() ** 2 + next() ** 2) / 4),
      skewed: () => Math.exp(0.5 * next()),
      counts: () => Math.floor(3 * Math.abs(next())),
    };
    for (const [name, draw] of Object.entries(kinds)) {
      const regime = new Regime();
      const states = play(regime, () => ({ x: draw() }), 0, 3000).slice(20);
      expect(share(states, "normal"), name).toBeGreaterThan(0.95);
      expect(share(states, "shock"), name).toBeLessThan(0.01);
    }
  });
});

describe("silence", () => {
  test("of a feed beyond its own rhythm is unknown, with the reason, and ends when it is back", () => {
    const regime = new Regime();
    const next = noise(8);
    const every5 = (i: number): Record<string, number> => (i % 5 === 0 ? { feed: next() } : {});
    play(regime, (i) => ({ other: next(), ...every5(i) }), 0, 400);
    expect(regime.state).toBe("normal");
    const silent = play(regime, () => ({ other: next() }), 400, 525);
    expect(silent.indexOf("unknown")).toBeGreaterThan(6);
    expect(silent.indexOf("unknown")).toBeLessThan(20);
    expect(regime.sentence()).toBe("`feed` has not arrived for 2m10s, usually every 5s");
    expect(regime.signals().map(({ name, stale }) => [name, stale])).toEqual([
      ["other", false],
      ["feed", true],
    ]);
    play(regime, () => ({ other: next(), feed: next() }), 525, 526);
    expect(regime.state).toBe("normal");
  });

  test("of a machine that slept is nothing", () => {
    const regime = new Regime();
    const next = noise(9);
    play(regime, () => ({ x: next() }), 0, 100);
    regime.tick(1e9);
    expect(regime.state).toBe("normal");
    regime.push("x", 0, 1e9 + 600);
    regime.tick(1e9 + SECOND);
    expect(regime.state).toBe("normal");
  });

  test("of a forgotten signal is nothing", () => {
    const regime = new Regime();
    const next = noise(10);
    play(regime, () => ({ a: next(), b: next() }), 0, 100);
    play(regime, () => ({ a: next() }), 100, 200);
    expect(regime.state).toBe("unknown");
    regime.forget("b");
    play(regime, () => ({ a: next() }), 200, 201);
    expect(regime.state).toBe("normal");
  });

  test("one value a month is harmless", () => {
    const regime = new Regime();
    const next = noise(11);
    const month = 30 * 86_400 * SECOND;
    for (let i = 0; i < 60; i++) {
      regime.push("bill", 100 + next(), i * month);
      for (let tick = 0; tick < 40; tick++) regime.tick(i * month + (tick * month) / 40);
    }
    expect(regime.state).toBe("normal");
  });
});

describe("many signals", () => {
  test("do not raise the rate of false alarms", () => {
    const next = noise(12);
    const draw = () => next() / Math.sqrt((next() ** 2 + next() ** 2 + next() ** 2 + next() ** 2) / 4);
    const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
    const states = play(new Regime(), () => Object.fromEntries(names.map((name) => [name, draw()])), 0, 400);
    expect(share(states.slice(20), "normal")).toBeGreaterThan(0.97);
  });

  test("hide no shock of one of them", () => {
    const next = noise(13);
    const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
    const values = (i: number) =>
      Object.fromEntries(names.map((name) => [name, next() * (name === "s7" && i >= 100 ? 8 : 1)]));
    const regime = new Regime();
    const states = play(regime, values, 0, 140);
    expect(states.slice(20, 100)).not.toContain("shock");
    expect(states.slice(100, 120)).toContain("shock");
    expect(regime.sentence()).toContain("`s7` runs at");
  });

  test("of all of which each is somewhat unusual are stressed together", () => {
    const next = noise(14);
    const names = Array.from({ length: 12 }, (_, i) => `s${i}`);
    const values = (i: number) =>
      Object.fromEntries(names.map((name) => [name, next() * (i >= 200 ? 2.2 : 1)]));
    expect(play(new Regime(), values, 0, 260).slice(200)).toContain("stressed");
  });
});

describe("bad input", () => {
  test("is counted, changes nothing, and is no arrival", () => {
    const regime = new Regime();
    const other = new Regime();
    const next = noise(15);
    for (let i = 0; i < 300; i++) {
      const value = next();
      for (const bad of [NaN, Infinity, -Infinity, 1e101]) regime.push("x", bad, i * SECOND);
      for (const each of [regime, other]) {
        each.push("x", value, i * SECOND);
        each.tick(i * SECOND);
      }
    }
    expect(regime.skipped).toBe(1200);
    expect(regime.signals()).toEqual(other.signals());
    for (let i = 300; i < 400; i++) {
      regime.push("x", NaN, i * SECOND);
      regime.tick(i * SECOND);
    }
    expect(regime.state).toBe("unknown");
  });

  test("time that goes back, stands still or is no number is harmless", () => {
    const regime = new Regime();
    const next = noise(16);
    for (let i = 0; i < 300; i++) {
      const mono = [i * SECOND, -5, NaN, Infinity, 7][i % 5]!;
      regime.push("x", next(), mono);
      regime.tick(mono);
    }
    expect(regime.state).toBe("normal");
    expect(Number.isFinite(regime.sinceMono)).toBe(true);
  });

  test("a hundred thousand values in one tick are one value", () => {
    const regime = new Regime();
    const next = noise(17);
    play(regime, () => ({ x: next() }), 0, 100);
    for (let i = 0; i < 100_000; i++) regime.push("x", next(), 100 * SECOND);
    regime.tick(100 * SECOND);
    expect(regime.state).toBe("normal");
    expect(Math.abs(regime.signals()[0]!.value)).toBeLessThan(0.02);
  });

  test("the largest values that are taken do not break it", () => {
    const regime = new Regime();
    for (let i = 0; i < 200; i++) {
      regime.push("x", i % 3 === 0 ? 1e100 : i % 3 === 1 ? -1e100 : 0, i * SECOND);
      regime.tick(i * SECOND);
    }
    const { normal, stressed, shock } = regime;
    expect(normal + stressed + shock).toBeCloseTo(1, 12);
    JSON.parse(JSON.stringify(regime.image()), (_, value: unknown) => {
      if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
      return value;
    });
  });
});

describe("a value that halves for ever", () => {
  test("is normal down to the smallest double, and what comes then breaks nothing", () => {
    const regime = new Regime();
    let x = 1;
    const states = play(regime, () => ({ x: (x /= 2) }), 0, 1200);
    expect(share(states.slice(100), "normal")).toBe(1);
    play(regime, (i) => ({ x: [1e100, 1e-300, -1e100][i % 3]! }), 1200, 1300);
    const { normal, stressed, shock } = regime;
    expect(normal + stressed + shock).toBeCloseTo(1, 12);
    expect(JSON.stringify(regime.image())).not.toContain("null,null");
    expect(Number.isFinite(regime.signals()[0]!.z)).toBe(true);
  });
});

describe("a restored regime", () => {
  test("goes on bit for bit the same, from any tick", () => {
    for (const cut of [0, 1, 12, 20, 55, 203, 260, 330]) {
      const draw = noise(18);
      const values = Array.from({ length: 400 }, (_, i) => draw() * (i > 250 ? 6 : 1) + (i > 200 ? 30 : 0));
      const feed = (regime: Regime, i: number) => {
        regime.push("a", values[i]!, i * SECOND);
        if (i % 3 === 0 && i < 300) regime.push("b", values[399 - i]!, i * SECOND);
        if (i % 50 === 0) regime.push("b", NaN, i * SECOND);
        return regime.tick(i * SECOND + 10);
      };
      const original = new Regime();
      for (let i = 0; i < cut; i++) feed(original, i);
      const copy = new Regime();
      copy.restore(JSON.parse(JSON.stringify(original.image())));
      expect(copy.changes).toEqual(original.changes);
      for (let i = cut; i < 400; i++) {
        expect(feed(copy, i)).toBe(feed(original, i));
        expect(copy.shock).toBe(original.shock);
        expect(copy.changes).toEqual(original.changes);
      }
      expect(copy.sentence()).toBe(original.sentence());
      expect(JSON.stringify(copy.image())).toBe(JSON.stringify(original.image()));
    }
  });

  test("goes on bit for bit the same when signals wander, turn and grow", () => {
    for (const cut of [5, 19, 20, 21, 60, 210, 330]) {
      const draws = ["a random walk", "a geometric walk", "a price in cents that mostly stands still"].map(
        (name) => WALKS[name]!(19),
      );
      const next = noise(20);
      const rows = Array.from({ length: 400 }, (_, i) => [
        ...draws.map((draw) => draw(1)),
        i < 200 ? next() : i * next(),
      ]);
      const feed = (regime: Regime, i: number) => {
        rows[i]!.forEach((value, k) => regime.push(`s${k}`, value, i * SECOND));
        regime.tick(i * SECOND + 10);
        return JSON.stringify([regime.state, regime.normal, regime.shock, regime.signals()]);
      };
      const original = new Regime();
      for (let i = 0; i < cut; i++) feed(original, i);
      const copy = new Regime();
      copy.restore(JSON.parse(JSON.stringify(original.image())));
      for (let i = cut; i < 400; i++) expect(feed(copy, i)).toBe(feed(original, i));
      expect(JSON.stringify(copy.image())).toBe(JSON.stringify(original.image()));
    }
  });

  test("that is new has no image", () => {
    expect(new Regime().image()).toBeNull();
  });
});

/** Signals without a usual level; `scale` is how much wider than usual they swing. */
const WALKS: Readonly<Record<string, (seed: number) => (scale: number) => number>> = {
  "a random walk": (seed) => {
    const next = noise(seed);
    let x = 100;
    return (scale) => (x += scale * next());
  },
  "a random walk with drift": (seed) => {
    const next = noise(seed);
    let x = 100;
    return (scale) => (x += 0.3 + scale * next());
  },
  "a random walk with heavy tails": (seed) => {
    const next = noise(seed);
    let x = 1000;
    return (scale) =>
      (x += (scale * next()) / Math.sqrt((next() ** 2 + next() ** 2 + next() ** 2 + next() ** 2) / 4));
  },
  "a geometric walk": (seed) => {
    const next = noise(seed);
    let x = 100;
    return (scale) => (x *= Math.exp(0.02 * scale * next()));
  },
  "a price in cents that mostly stands still": (seed) => {
    const next = noise(seed);
    let x = 100;
    return (scale) => Math.round((x += 0.004 * scale * next()) * 100) / 100;
  },
  "a cumulative sum": (seed) => {
    const next = uniform(seed);
    let x = 0;
    return (scale) => (x -= scale * Math.log(1 - next()));
  },
};

describe("a signal that wanders", () => {
  test.each(Object.entries(WALKS))("%s is normal, and never changes its level", (_, make) => {
    for (let seed = 31; seed < 33; seed++) {
      const regime = new Regime();
      const draw = make(seed);
      play(regime, () => ({ x: draw(1) }), 0, 100);
      const states: string[] = [];
      for (let i = 100; i < 5100; i++) {
        states.push(...play(regime, () => ({ x: draw(1) }), i, i + 1));
        expect(regime.changes).toEqual([]);
      }
      expect(share(states, "normal")).toBeGreaterThan(0.99);
      expect(regime.signals()[0]!.wanders).toBe(true);
    }
  });

  test.each([1, 0.1, -2.5])("a counter in steps of %d is normal", (step) => {
    const regime = new Regime();
    let count = 1e6;
    const states = play(regime, () => ({ x: (count += step) }), 0, 5000);
    expect(new Set(states.slice(20))).toEqual(new Set(["normal"]));
  });

  test.each(Object.entries(WALKS).slice(0, 4))(
    "%s that swings three times as wide is unusual soon, and normal again later",
    (_, make) => {
      const delays: number[] = [];
      for (let seed = 41; seed < 52; seed++) {
        const regime = new Regime();
        const draw = make(seed);
        play(regime, () => ({ x: draw(1) }), 0, 600);
        const wild = play(regime, () => ({ x: draw(3) }), 600, 640);
        delays.push(wild.findIndex((state) => state === "stressed" || state === "shock") + 1);
        play(regime, () => ({ x: draw(1) }), 640, 700);
        expect(
          share(
            play(regime, () => ({ x: draw(1) }), 700, 800),
            "normal",
          ),
        ).toBeGreaterThan(0.8);
      }
      delays.sort((a, b) => a - b);
      expect(delays[0]).toBeGreaterThan(0);
      expect(delays[5]).toBeLessThanOrEqual(15);
      expect(delays[10]).toBeLessThanOrEqual(30);
    },
  );

  test("says how much it moves, and where it was expected", () => {
    const regime = new Regime();
    const draw = WALKS["a random walk"]!(53);
    play(regime, () => ({ price: draw(1) }), 0, 400);
    const before = regime.signals()[0]!.value;
    play(regime, () => ({ price: draw(4) }), 400, 401);
    const { usual, spread, value, z } = regime.signals()[0]!;
    expect(Math.abs(usual - before)).toBeLessThan(0.3);
    expect(spread).toBeGreaterThan(0.7);
    expect(spread).toBeLessThan(1.4);
    expect(z).toBeCloseTo((value - usual) / spread, 0);
    play(regime, () => ({ price: draw(4) }), 401, 430);
    expect(regime.sentence()).toMatch(
      /^`price` moves [2-6]\.\d times as much per tick as usual \(shock with probability (0\.9|1)/,
    );
  });

  test("and comes to rest around a level has a usual level again", () => {
    const regime = new Regime();
    const next = noise(54);
    const draw = WALKS["a random walk"]!(55);
    play(regime, () => ({ x: draw(1) }), 0, 500);
    const level = regime.signals()[0]!.value;
    play(regime, () => ({ x: level + next() }), 500, 1000);
    expect(regime.signals()[0]!.wanders).toBe(false);
    expect(regime.signals()[0]!.usual).toBeCloseTo(level, 0);
    expect(regime.state).toBe("normal");
  });

  test("is not what jumps to another level once", () => {
    for (let seed = 61; seed < 71; seed++) {
      const regime = new Regime();
      const next = noise(seed);
      play(regime, () => ({ x: next() }), 0, 200);
      for (let i = 200; i < 500; i++) {
        play(regime, () => ({ x: 15 + next() }), i, i + 1);
        expect(regime.signals()[0]!.wanders).toBe(false);
      }
      expect(regime.state).toBe("normal");
    }
  });

  test("is not what swings three times as wide around its level, which is unusual", () => {
    for (let seed = 71; seed < 81; seed++) {
      const regime = new Regime();
      const next = noise(seed);
      play(regime, () => ({ x: next() }), 0, 400);
      const wild = play(regime, () => ({ x: 3 * next() }), 400, 430);
      expect(wild.filter((state) => state !== "normal").length).toBeGreaterThan(0);
      expect(regime.signals()[0]!.wanders).toBe(false);
    }
  });
});
