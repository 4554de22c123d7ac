import { MINUTE, SECOND } from "./desk.js";
import type { Act } from "../attack.js";
import type { Desk, Steps } from "./desk.js";
import type { WorkKind } from "./kind.js";

/** When the market in New York opens, UTC, in winter, and when it is too late to begin: it closes at 21. */
const HOURS = { from: 14.5, to: 17 };
/** About three times what a price usually moves from one report to the next, as a share of it. */
const MOVE = 0.0006;
/** How often the market data breaks off while prices are followed, and for how many seconds. */
const BREAKS = { share: 0.06, fromS: 8, toS: 45 };

/** Strategies that trade small amounts while prices arrive; each order is told with its market and its worth. */
export const TRADING: readonly WorkKind[] = [
  {
    id: "trading-momentum",
    title: "follows moves of a market: buys, holds for some minutes, sells",
    domain: "trading",
    *run(desk) {
      const floor = new Floor(desk, "momentum_trader", "ACME");
      yield* floor.open();
      for (const _ of desk.times(4, 9)) {
        yield* floor.follow(desk.about(5 * MINUTE));
        yield* floor.roundTrip(0.55, desk.between(30, 110), desk.about(4 * MINUTE));
      }
      yield* floor.close();
    },
  },
  {
    id: "trading-maker",
    title: "quotes small amounts on both sides, and cancels and renews when prices move",
    domain: "trading",
    *run(desk) {
      const floor = new Floor(desk, "maker_trader", "KXBTC");
      yield* floor.open();
      for (const _ of desk.times(10, 22)) {
        for (const side of ["buy", "sell"]) {
          yield* floor.order(side, desk.between(10, 40));
          yield* floor.follow(desk.between(2, 5) * SECOND);
        }
        yield* floor.follow(desk.about(3 * MINUTE));
        for (const _ of desk.times(0, 5)) yield* floor.cancel();
        yield* floor.book(0.8, 0.2, 0.6);
      }
      yield* floor.close();
    },
  },
  {
    id: "trading-pairs",
    title: "buys one market and sells another at the same time, and goes back when they meet",
    domain: "trading",
    *run(desk) {
      const floor = new Floor(desk, "trader/pairs", "LEFT");
      yield* floor.open();
      for (const _ of desk.times(3, 6)) {
        const usd = desk.between(40, 120);
        for (const [left, right] of [["buy", "sell"] as const, ["sell", "buy"] as const]) {
          yield* floor.follow(desk.about(6 * MINUTE));
          yield* floor.both([left, "LEFT"], [right, "RIGHT"], usd / 2);
        }
        yield* floor.book(0.7, 0.4, 1.2);
      }
      yield* floor.close();
    },
  },
  {
    id: "trading-rebalance",
    title: "brings a portfolio back to its weights once, soon after the market has opened",
    domain: "trading",
    *run(desk) {
      const floor = new Floor(desk, "rebalance_trader", "FUND");
      yield* floor.open();
      yield* floor.ask("get_positions");
      for (const i of desk.times(6, 14)) {
        yield* floor.follow(desk.between(8, 25) * SECOND);
        yield* floor.order(
          desk.pick(["buy", "sell"]),
          desk.chance(0.12) ? desk.between(260, 340) : desk.between(20, 110),
          `ASSET${i}`,
        );
      }
      yield* floor.ask("get_positions");
      yield* floor.close();
    },
  },
  {
    id: "trading-accumulate",
    title: "buys a little at regular times",
    domain: "trading",
    *run(desk) {
      const floor = new Floor(desk, "accumulate_trader", desk.pick(["BTC", "ETH", "GOLD"]));
      const usd = desk.between(20, 90);
      yield* floor.open();
      for (const _ of desk.times(4, 10)) {
        yield* floor.order("buy", usd);
        yield* floor.follow(10 * MINUTE);
        yield* floor.balance();
      }
      yield* floor.close();
    },
  },
  {
    id: "trading-scalper",
    title: "makes many small trades, of which three in five pay",
    domain: "trading",
    *run(desk) {
      const floor = new Floor(desk, "scalp_trader", "INDEX");
      yield* floor.open();
      for (const _ of desk.times(28, 45)) {
        yield* floor.follow(desk.about(100 * SECOND));
        yield* floor.roundTrip(0.6, desk.between(8, 18), desk.about(50 * SECOND));
      }
      yield* floor.close();
    },
  },
];

/** One strategy, its market and its account. */
class Floor {
  readonly #desk: Desk;
  readonly #source: string;
  readonly #market: string;
  readonly #start: number;
  readonly #everyMs: number;
  #price: number;
  /** In USD, since the morning. */
  #gain = 0;

  constructor(desk: Desk, source: string, market: string) {
    this.#desk = desk;
    this.#source = source;
    this.#market = market;
    this.#start = desk.between(4, 30) * 1_000;
    this.#everyMs = desk.between(2, 4) * SECOND;
    this.#price = desk.between(20, 400);
  }

  /** Begins while prices arrive, as they do all day, and watches them before the first trade. */
  *open(): Steps {
    yield* this.#desk.hours(HOURS.from, HOURS.to);
    yield* this.balance();
    yield* this.follow(this.#desk.between(30, 75) * MINUTE);
  }

  *close(): Steps {
    yield* this.follow(MINUTE);
    yield* this.balance();
    yield* this.ask("get_fills");
  }

  /** Prices arrive; now and then they break off, and the next one that comes has moved on. */
  *follow(ms: number): Steps {
    const desk = this.#desk;
    const untilMs = desk.atMs + ms;
    if (desk.chance(BREAKS.share)) {
      const missed = desk.between(BREAKS.fromS, BREAKS.toS) * SECOND;
      yield* desk.wait(missed);
      for (let gone = 0; gone < missed; gone += this.#everyMs) this.#move();
    }
    do {
      this.#move();
      yield* desk.tell({ do: "signal", name: "price_feed", value: this.#price });
      yield* desk.wait(this.#everyMs);
    } while (desk.atMs < untilMs);
  }

  #move(): void {
    const desk = this.#desk;
    // The mean of three is bell-shaped enough for a price.
    const step = (desk.amount(-1, 1, 4) + desk.amount(-1, 1, 4) + desk.amount(-1, 1, 4)) / 3;
    this.#price *= 1 + step * MOVE;
  }

  *ask(series: string): Steps {
    const desk = this.#desk;
    const args = { market: this.#market };
    yield* desk.act({ source: this.#source, series, args }, { ms: desk.about(150), result: desk.text(6) });
  }

  /** One in fifty is rejected, and is then tried once more. */
  *order(side: string, usd: number, market = this.#market): Steps {
    const desk = this.#desk;
    const plan = this.#orderOf(side, usd, market);
    if (desk.chance(0.02)) {
      yield* desk.act(plan.action, { ms: 80, ok: false, result: `rejected: ${desk.text(2)}` });
      yield* this.follow(3 * SECOND);
    }
    yield* desk.act(plan.action, { ms: desk.about(250), result: `filled: ${desk.text(2)}` });
    yield* this.balance();
  }

  *both(left: readonly [string, string], right: readonly [string, string], usd: number): Steps {
    yield* this.#desk.together([
      this.#orderOf(left[0], usd, left[1]),
      this.#orderOf(right[0], usd, right[1]),
    ]);
    yield* this.balance();
  }

  *cancel(): Steps {
    const desk = this.#desk;
    const args = { order: desk.between(1_000, 9_999) };
    yield* desk.act({ source: this.#source, series: "cancel_order", args }, { ms: 90, result: "cancelled" });
  }

  *roundTrip(gaining: number, usd: number, ms: number): Steps {
    yield* this.order("buy", usd);
    yield* this.follow(ms);
    yield* this.order("sell", usd);
    yield* this.book(gaining, usd * 0.004, usd * 0.012);
  }

  /**
   * A closed trade, which gains or loses from `low` to `high`; what was foreseen is what it makes on average.
   *
   * @param gaining the share of trades that gain
   */
  *book(gaining: number, low: number, high: number): Steps {
    const desk = this.#desk;
    const size = desk.amount(low, high, 4);
    const pnl = desk.chance(gaining) ? size : -size;
    this.#gain += pnl;
    const predictedEdge = ((low + high) / 2) * (2 * gaining - 1);
    yield* desk.tell({
      ...{ do: "realize", source: this.#source, series: "place_order", pnl, predictedEdge },
      capitalPct: this.#gain / this.#start,
    });
    yield* this.balance();
  }

  /** Within one or two per cent of the morning's. */
  *balance(): Steps {
    const drift = this.#start * this.#desk.amount(-0.004, 0.004, 5);
    const current = this.#start + this.#gain + drift;
    yield* this.#desk.tell({ do: "balance", start: this.#start, current });
  }

  #orderOf(side: string, usd: number, market: string): Act {
    const args = { side, market, usd, price: Number(this.#price.toFixed(2)) };
    return this.#desk.plan(
      { source: this.#source, series: "place_order", cost: { usd }, tags: { market }, args },
      { ms: this.#desk.about(250) },
    );
  }
}
