import { expect, test } from "vitest";
import type { Action } from "../src/index.js";
import { describeRules, PackWorld } from "./support/pack.js";

const PACK = "trading";
/** A Monday, ten o'clock in New York. */
const START = "2026-01-05T15:00:00Z";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const order = (usd: number, market = "ACME", source = "trader"): Action => ({
  source,
  series: "place_order",
  cost: { usd },
  tags: { market },
});
const cancel: Action = { source: "trader", series: "cancel_order" };
const quote: Action = { source: "trader", series: "get_quote" };

/** Prices arrive, and an account that is whole. */
function ready(world: PackWorld, current = 10_000): void {
  world.rein.signal("price_feed", 100);
  world.rein.balance({ start: 10_000, current });
}

/** Orders with fresh prices, so many seconds apart. */
function trades(world: PackWorld, times: number, everySeconds: number, make: (i: number) => Action): number {
  let through = 0;
  for (let i = 0; i < times; i++) {
    world.rein.signal("price_feed", 100);
    if (world.try(make(i)) === "ok") through++;
    for (let s = 0; s < everySeconds; s++) world.wait(SECOND);
  }
  world.rein.signal("price_feed", 100);
  return through;
}

describeRules(PACK, START, {
  "Stop `place_order` when losses exceed 3 percent": (world) => {
    ready(world, 9_700);
    world.passes(order(100));
    ready(world, 9_699.99);
    world.refuses(order(100, "OTHER"), "Stop `place_order` when losses exceed 3 percent");
    world.passes(cancel);
    expect(world.halts()).toEqual([]);
    ready(world, 9_800);
    world.passes(order(100, "OTHER"));
  },
  "Halt the portfolio when losses exceed 5 percent": (world) => {
    ready(world, 9_500);
    world.passes(quote);
    ready(world, 9_499.99);
    expect(world.halts()).toHaveLength(1);
    expect(world.rein.snapshot().halts[0]?.rule).toBe(
      world.idOf("Halt the portfolio when losses exceed 5 percent"),
    );
    world.wait(24 * HOUR);
    expect(world.try(quote)).not.toBe("ok");
  },
  "Halt everything when the drawdown from the peak exceeds 10 percent": async (world) => {
    // Three per cent a day: no day is a bad one, and the fourth makes a tenth of all.
    ready(world);
    for (const current of [9_700, 9_409, 9_127]) {
      world.wait(24 * HOUR);
      world.rein.balance({ start: Math.floor(current / 0.97), current });
      world.rein.signal("price_feed", 100);
      world.passes(order(100));
    }
    world.wait(24 * HOUR);
    world.rein.balance({ start: 9_127, current: 8_950 });
    expect(world.rein.snapshot().halts[0]?.rule).toBe(
      world.idOf("Halt everything when the drawdown from the peak exceeds 10 percent"),
    );
    await Promise.resolve();
  },
  "Stop `place_order` when the balance falls below $1,000": (world) => {
    world.rein.signal("price_feed", 100);
    world.rein.balance({ start: 1_010, current: 1_000 });
    world.passes(order(100));
    world.rein.balance({ start: 1_010, current: 999.99 });
    world.refuses(order(100), "Stop `place_order` when the balance falls below $1,000");
    world.passes(cancel);
  },
  "Stop `place_order` when the price feed is older than 5 seconds": (world) => {
    const sentence = "Stop `place_order` when the price feed is older than 5 seconds";
    world.rein.balance({ start: 10_000, current: 10_000 });
    world.refuses(order(100), sentence);
    world.rein.signal("price_feed", 100);
    world.passes(order(100));
    world.wait(5 * SECOND);
    world.passes(order(100));
    world.wait(1);
    world.refuses(order(100, "OTHER"), sentence);
    world.passes(cancel);
    world.rein.signal("price_feed", 101);
    world.passes(order(100, "OTHER"));
  },
  "Only allow `place_order` on weekdays between 09:30 and 16:00 New York time": (world) => {
    const sentence = "Only allow `place_order` on weekdays between 09:30 and 16:00 New York time";
    const at = (ms: number): void => {
      world.wait(ms);
      ready(world);
    };
    at(6 * HOUR - 1);
    world.passes(order(100));
    at(1);
    world.refuses(order(100, "OTHER"), sentence);
    at(17.5 * HOUR - 1);
    world.refuses(order(100, "OTHER"), sentence);
    at(1);
    world.passes(order(100));
    at(4 * 24 * HOUR + 3 * HOUR);
    world.refuses(order(100), sentence);
    world.passes(cancel);
  },
  "Never allow `place_order` when the regime is shock": (world) => {
    const sentence = "Never allow `place_order` when the regime is shock";
    world.rein.balance({ start: 10_000, current: 10_000 });
    // Prices that hardly move for an hour, and then move by a tenth at a time.
    const minutes = (count: number, swing: number): void => {
      for (let i = 0; i < count * 60; i++, world.wait(SECOND))
        world.rein.signal("price_feed", 100 + swing * Math.sin(i * i));
      world.rein.signal("price_feed", 100);
    };
    minutes(60, 0.05);
    world.passes(order(10));
    minutes(5, 20);
    world.refuses(order(10, "OTHER"), sentence);
    world.passes(cancel);
  },
  "No single `place_order` above $500": (world) => {
    ready(world);
    world.asks(order(500), "Ask a human before any `place_order` over $250");
    world.refuses(order(500.01, "OTHER"), "No single `place_order` above $500");
    world.refuses({ source: "trader", series: "place_order" }, "No single `place_order` above $500");
  },
  "Ask a human before any `place_order` over $250": (world) => {
    ready(world);
    world.passes(order(250));
    world.asks(order(250.01, "OTHER"), "Ask a human before any `place_order` over $250");
  },
  "Each strategy may spend at most $2,000 a day, taking $0 where no cost is named": (world) => {
    ready(world);
    expect(trades(world, 8, 10, () => order(250))).toBe(8);
    world.refuses(
      order(1, "OTHER"),
      "Each strategy may spend at most $2,000 a day, taking $0 where no cost is named",
    );
    world.passes(order(1, "OTHER", "pairs_trader"));
    world.passes(cancel);
  },
  "Let all agents together spend at most $5,000 a day, taking $0 where no cost is named": (world) => {
    ready(world);
    const strategy = (i: number): Action => order(250, "ACME", `trader_${i % 5}`);
    expect(trades(world, 20, 10, strategy)).toBe(20);
    world.refuses(
      order(1, "OTHER", "trader_9"),
      "Let all agents together spend at most $5,000 a day, taking $0 where no cost is named",
    );
  },
  "At most 150 `place_order` calls per day per strategy": (world) => {
    ready(world);
    expect(trades(world, 150, 120, () => order(10))).toBe(150);
    world.refuses(order(10, "OTHER"), "At most 150 `place_order` calls per day per strategy");
    world.passes(order(10, "OTHER", "pairs_trader"));
  },
  "At most 10 `place_order` calls per minute per strategy": (world) => {
    ready(world);
    expect(trades(world, 10, 2, () => order(10))).toBe(10);
    world.refuses(order(10, "OTHER"), "At most 10 `place_order` calls per minute per strategy");
    world.passes(order(10, "OTHER", "pairs_trader"));
    world.wait(40 * SECOND);
    ready(world);
    world.passes(order(10, "OTHER"));
  },
  "At most 1 `place_order` call per second per tag `market`": (world) => {
    ready(world);
    world.passes(order(10));
    world.refuses(
      order(10, "ACME", "pairs_trader"),
      "At most 1 `place_order` call per second per tag `market`",
    );
    world.passes(order(10, "GLOBEX"));
    world.wait(SECOND);
    world.passes(order(10));
  },
  "At most 3 `place_order` calls at once per strategy": (world) => {
    ready(world);
    const held = [0, 1, 2].map((i) => world.holds(order(10, `M${i}`)));
    world.refuses(order(10, "M3"), "At most 3 `place_order` calls at once per strategy");
    held[0]!.settle({ ok: true });
    world.passes(order(10, "M3"));
  },
  "All agents together may make at most 20 `place_order` calls per minute": (world) => {
    ready(world);
    expect(trades(world, 20, 1, (i) => order(10, `M${i}`, `trader_${i % 5}`))).toBe(20);
    world.refuses(
      order(10, "OTHER", "trader_9"),
      "All agents together may make at most 20 `place_order` calls per minute",
    );
  },
  "All agents together may make at most 100 `place_order` calls per hour": (world) => {
    ready(world);
    expect(trades(world, 100, 10, (i) => order(10, `M${i}`, `trader_${i % 5}`))).toBe(100);
    world.refuses(
      order(10, "OTHER", "trader_9"),
      "All agents together may make at most 100 `place_order` calls per hour",
    );
  },
  "All agents together may make at most 300 `place_order` calls per day": (world) => {
    ready(world);
    expect(trades(world, 300, 60, (i) => order(10, `M${i}`, `trader_${i % 5}`))).toBe(300);
    world.refuses(
      order(10, "OTHER", "trader_9"),
      "All agents together may make at most 300 `place_order` calls per day",
    );
  },
  "At most 6 `place_order` calls at once across all agents": (world) => {
    ready(world);
    const held = Array.from({ length: 6 }, (_, i) => world.holds(order(10, `M${i}`, `trader_${i % 3}`)));
    world.refuses(order(10, "M6", "trader_9"), "At most 6 `place_order` calls at once across all agents");
    held[0]!.settle({ ok: true });
    world.passes(order(10, "M6", "trader_9"));
  },
  "Kill any `place_order` that takes longer than 10 seconds": (world) => {
    ready(world);
    const permit = world.holds(order(10));
    world.wait(10 * SECOND - 1);
    expect(permit.signal.aborted).toBe(false);
    world.wait(1);
    expect(permit.signal.aborted).toBe(true);
  },
  "All agents together may spend at most $50 a day, taking $0 where no cost is named, except `place_order`": (
    world,
  ) => {
    const sentence =
      "All agents together may spend at most $50 a day, taking $0 where no cost is named, except `place_order`";
    ready(world);
    world.passes(order(100));
    world.passes({ source: "trader", series: "llm", cost: { usd: 10 } }, 4);
    world.passes({ source: "treasury_agent", series: "send_tokens", cost: { usd: 10 } });
    for (const series of ["placeOrder", "submit_order", "send_tokens"])
      world.refuses({ source: "trader", series, cost: { usd: 0.01 } }, sentence);
    world.passes(quote);
    world.passes(order(100, "OTHER"));
  },
  "Block when more than 6 new agents appear within a week": (world) => {
    ready(world);
    world.passes((i) => ({ source: `trader_${i}`, series: "get_quote" }), 6, MINUTE);
    const another: Action = { source: "trader_6", series: "get_quote" };
    world.refuses(another, "Block when more than 6 new agents appear within a week");
    world.passes({ source: "trader_2", series: "get_quote" });
    world.wait(7 * 24 * HOUR);
    world.passes(another);
  },
  "All agents together may make at most 20,000 calls a day": (world) => {
    world.passes(quote, 20_000, SECOND);
    world.refuses(quote, "All agents together may make at most 20,000 calls a day");
  },
  "Pause a strategy for 15 minutes after 4 failures in a row": (world) => {
    ready(world);
    for (const market of ["A", "B", "C", "D"]) world.passes(order(10, market), 1, 0, { ok: false });
    world.refuses(order(10, "E"), "Pause a strategy for 15 minutes after 4 failures in a row");
    world.passes(order(10, "E", "pairs_trader"));
    world.wait(15 * MINUTE);
    ready(world);
    world.passes(order(10, "E"));
  },
  "Halt any strategy that makes more than 60 `place_order` calls in an hour": (world) => {
    ready(world);
    expect(trades(world, 60, 10, () => order(10))).toBe(60);
    world.refuses(order(10), "Halt any strategy that makes more than 60 `place_order` calls in an hour");
    world.wait(HOUR);
    ready(world);
    expect(world.try(order(10))).not.toBe("ok");
    world.passes(order(10, "OTHER", "pairs_trader"));
  },
  "Warn when an agent cancels more than 20 orders a minute": async (world) => {
    const sentence = "Warn when an agent cancels more than 20 orders a minute";
    world.passes(cancel, 20);
    expect(await world.isAlerted(sentence)).toBe(false);
    world.passes(cancel);
    expect(await world.isAlerted(sentence)).toBe(true);
  },
  "Pause a strategy for 15 minutes when its calls keep being denied, except `cancel_order`": (world) => {
    const sentence =
      "Pause a strategy for 15 minutes when its calls keep being denied, except `cancel_order`";
    ready(world);
    world.storms({ source: "trader", series: "withdraw_funds" }, 5);
    world.passes(order(10));
    world.storms({ source: "trader", series: "withdraw_funds" }, 60);
    world.refuses(quote, sentence);
    world.passes(cancel);
    world.passes(order(10, "OTHER", "pairs_trader"));
    world.wait(15 * MINUTE);
    world.passes(quote);
  },
  "Require 30 samples before killing a strategy": (world) => {
    // Each order loses half of what it costs.
    const lose = (times: number): number => {
      let through = 0;
      for (let i = 0; i < times; i++, world.wait(10 * SECOND)) {
        ready(world);
        if (world.try(order(10)) !== "ok") continue;
        world.rein.realize({ source: "trader", series: "place_order", pnl: -5, predictedEdge: 1 });
        through++;
      }
      ready(world);
      return through;
    };
    expect(lose(29)).toBe(29);
    world.passes(order(10, "OTHER"));
    expect(lose(20)).toBe(1);
    expect(world.rein.gate(order(10)).refusal?.code).toBe("lane_red");
    world.passes(order(10, "OTHER", "pairs_trader"));
    world.passes(cancel);
  },
  "Cool down red strategies for 24 hours": (world) => {
    const lose = (): void => {
      ready(world);
      if (world.try(order(10)) === "ok")
        world.rein.realize({ source: "trader", series: "place_order", pnl: -5, predictedEdge: 1 });
      world.wait(10 * SECOND);
    };
    for (let i = 0; i < 40; i++) lose();
    ready(world);
    const decision = world.rein.gate(order(10));
    expect(decision.refusal?.code).toBe("lane_red");
    expect(decision.refusal?.retryAfterMs).toBeGreaterThan(23.8 * HOUR);
  },
  "Only the trader may call `place_order`": (world) => {
    ready(world);
    world.passes(order(10));
    world.passes(order(10, "OTHER", "momentum_trader"));
    world.refuses(order(10, "THIRD", "research"), "Only the trader may call `place_order`");
  },
  "Never allow withdrawals or transfers": (world) => {
    for (const series of ["withdraw_funds", "create_withdrawal", "transferTokens"])
      world.refuses({ source: "trader", series }, "Never allow withdrawals or transfers");
    world.passes(quote);
  },
  "Never allow calls that mention `**rein.policy**` or `**rein_state**`": (world) => {
    const sentence = "Never allow calls that mention `**rein.policy**` or `**rein_state**`";
    const save = (path: string) => ({ source: "agent", series: "save_file", args: { path } });
    for (const path of ["rein.policy.txt", "/srv/app/rein_state/journal.7"])
      world.refuses(save(path), sentence);
    world.passes(save("notes.txt"));
  },
});

test("an honest day of sixty orders in six markets feels nothing", async () => {
  const world = await PackWorld.open(PACK, START);
  for (let i = 0; i < 60; i++) {
    ready(world, 10_000 + 20 * Math.sin(i));
    world.passes(quote);
    world.passes(order(30, `M${i % 6}`, i % 2 === 0 ? "momentum_trader" : "pairs_trader"));
    if (i % 5 === 0) world.passes(cancel);
    world.wait(5 * MINUTE);
  }
  expect(world.count("place_order")).toBe(60);
});

test("not one order is placed after the price feed died, and cancelling goes on", async () => {
  const world = await PackWorld.open(PACK, START);
  ready(world);
  const before = trades(world, 5, 1, (i) => order(50, `M${i}`));
  world.wait(5 * SECOND + 1);
  const after = world.storms((i) => order(50, `M${i}`), 500, SECOND);
  expect([before, after]).toEqual([5, 0]);
  world.passes(cancel);
});

test("52 million tokens instead of 52 thousand is one order too large", async () => {
  const world = await PackWorld.open(PACK, START);
  ready(world);
  expect(world.storms(order(250_000), 10, SECOND)).toBe(0);
  expect(world.storms({ source: "trader", series: "transfer_tokens", cost: { usd: 250_000 } }, 10)).toBe(0);
});

test("somebody who took over the agent cannot move $106,200 out of the account", async () => {
  const world = await PackWorld.open(PACK, START);
  ready(world);
  const ways = ["transfer_eth", "withdraw", "wallet/transfer", "createWithdrawal"];
  const attempt = (i: number): Action => ({
    source: "trader",
    series: ways[i % ways.length]!,
    cost: { usd: 100 },
  });
  expect(world.storms(attempt, 1062, 100)).toBe(0);
});

test("a strategy that trades without end places 40 orders a day at $50, not 23,400", async () => {
  const world = await PackWorld.open(PACK, START);
  ready(world);
  expect(trades(world, 2000, 1, (i) => order(50, `M${i % 20}`))).toBeLessThanOrEqual(40);
});
