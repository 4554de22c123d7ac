import { accept, either } from "../entry.js";
import type { Entry } from "../entry.js";
import { run } from "../script.js";

const TRADE = { does: "trade" };

/** Everything, until somebody resumes. */
const HALT_AT_FIVE = run()
  .balance(100, 95)
  .ok()
  .ok({ by: "b", does: "trade" })
  .balance(100, 94.99)
  .no()
  .no({ by: "b", does: "trade" })
  .balance(100, 100)
  .no()
  .resume()
  .ok();

const HALT_TRADING_AT_FIVE = run()
  .balance(100, 95)
  .ok(TRADE)
  .balance(100, 94.99)
  .no(TRADE)
  .no({ by: "b", does: "place_trade" })
  .ok()
  .balance(100, 100)
  .no(TRADE)
  .resume()
  .ok(TRADE);

/** Trading, while it lasts. */
const STOP_TRADING_AT_FIVE = run()
  .balance(100, 95)
  .ok(TRADE)
  .balance(100, 94.99)
  .no(TRADE)
  .no({ by: "b", does: "place_trade" })
  .ok()
  .balance(100, 96)
  .ok(TRADE);

/** From the highest balance, not from the start of the day. */
const TRADING_TO_TEN_FROM_PEAK = run()
  .balance(100, 200)
  .balance(100, 180)
  .ok(TRADE)
  .balance(100, 179.99)
  .no(TRADE)
  .ok()
  .balance(100, 190)
  .ok(TRADE);

const FLOOR_25 = run()
  .balance(100, 25)
  .ok()
  .balance(100, 24.99)
  .no()
  .no({ by: "b", does: "trade" })
  .balance(100, 25)
  .ok();

const FLOOR_25_TRADING = run()
  .balance(100, 25)
  .ok(TRADE)
  .balance(100, 24.99)
  .no(TRADE)
  .ok()
  .balance(100, 26)
  .ok(TRADE);

const TOOL_FIVE_IN_A_ROW = run()
  .fail(4)
  .ok()
  .fail(3, { by: "a" })
  .fail(2, { by: "b" })
  .no()
  .no({ by: "c" })
  .ok({ does: "read" })
  .wait("4m59s999ms")
  .no()
  .wait("1ms")
  .ok()
  .fail(4)
  .ok();

const AGENT_FIVE_IN_A_ROW = run()
  .fail(3, { by: "a" })
  .fail(2, { by: "a", does: "read" })
  .no({ by: "a" })
  .no({ by: "a", does: "buy" })
  .ok({ by: "b" })
  .wait("9m59s999ms")
  .no({ by: "a" })
  .wait("1ms")
  .ok({ by: "a" });

/** Six of ten are more than half, four are not; how long it lasts is what no sentence here says. */
const HALF_FAIL = run()
  .ok(6, { does: "read" })
  .fail(4, { does: "read" })
  .ok({ does: "read" })
  .ok(4)
  .fail(6)
  .no()
  .no({ by: "b" })
  .ok({ does: "read" });

const FEED_30 = run()
  .no(TRADE)
  .signal("price_feed")
  .ok(TRADE)
  .wait("29900ms")
  .ok({ by: "b", does: "place_trade" })
  .wait("101ms")
  .no(TRADE)
  .no({ by: "b", does: "place_trade" })
  .ok()
  .signal("price_feed")
  .ok(TRADE);

const FEED_30_HALT = run()
  .signal("price_feed")
  .wait("29900ms")
  .ok(TRADE)
  .wait("101ms")
  .no(TRADE)
  .ok()
  .signal("price_feed")
  .no(TRADE)
  .resume()
  .ok(TRADE);

export const LOSS: readonly Entry[] = [
  ...accept(
    [
      "Halt the portfolio when losses exceed 5 percent",
      "Halt the portfolio if losses exceed 5%",
      "Halt everything when losses exceed five percent",
      "If losses exceed 5 percent, halt everything",
      "When losses are more than 5%, halt the portfolio",
      "Shut everything down when we lose more than 5 percent",
      "Halt when the loss is over 5%",
      "Kill everything once losses exceed 5 percent",
      "Freeze everything when losses exceed 5% until resumed",
      "Halt all agents when losses exceed 5 percent",
      "Halt actions when the loss since the start of the day is more than 5%",
    ],
    HALT_AT_FIVE,
  ),
  ...either(
    [
      "Losses over 5 percent halt everything",
      "Halt on a 5 percent loss",
      "Halt when we're down more than 5%",
    ],
    HALT_AT_FIVE,
  ),
  ...accept(
    [
      "Halt all trading when losses exceed 5 percent",
      "Shut down trading if losses exceed 5%",
      "Halt trading if we lose more than 5 percent today",
    ],
    HALT_TRADING_AT_FIVE,
  ),
  ...accept(
    [
      "Stop trading when losses exceed 5 percent",
      "If losses are greater than 5%, stop trading",
      "Block trades while losses are above 5 percent",
      "Stop trading when daily losses exceed 5 percent",
      "No trading while losses exceed 5 percent",
      "Stop trading when the loss since the start of the day exceeds 5%",
    ],
    STOP_TRADING_AT_FIVE,
  ),
  ...accept(
    [
      "Stop trading when the drawdown exceeds 10 percent",
      "Stop trading when the drawdown from the peak is more than 10%",
      "Block trades while the loss since the peak is above 10 percent",
    ],
    TRADING_TO_TEN_FROM_PEAK,
  ),
  ...accept(
    [
      "Stop trading when the loss since the start exceeds 8 percent",
      "Stop trading if we have lost more than 8 percent since the start",
    ],
    run().balance(100, 110).ok(TRADE).balance(90, 92).ok(TRADE).balance(90, 91.9).no(TRADE).ok(),
  ),
  ...accept(
    [
      "Stop trading when losses exceed $500",
      "Block trades while today's loss is more than $500",
      "Stop trading when daily losses exceed 500 dollars",
    ],
    run()
      .balance(10_000, 9500)
      .ok(TRADE)
      .balance(10_000, 9499.99)
      .no(TRADE)
      .ok()
      .balance(10_000, 9700)
      .ok(TRADE),
  ),
  ...accept(
    [
      "Halt trading for an hour when losses exceed 3 percent",
      "Pause trading for one hour when losses exceed 3%",
    ],
    run()
      .balance(100, 97)
      .ok(TRADE)
      .balance(100, 96.99)
      .no(TRADE)
      .ok()
      .balance(100, 100)
      .wait("59m59s999ms")
      .no(TRADE)
      .wait("1ms")
      .ok(TRADE),
  ),
  ...accept(
    [
      "Alert when losses exceed 2 percent",
      "Warn me when losses are more than 2%",
      "Send an alert if we lose more than 2 percent",
    ],
    run().balance(100, 98).calm().ok().balance(100, 97.99).alert().ok(),
  ),
  ...accept(
    "Ask a human before any trade when losses exceed 2 percent",
    run().balance(100, 98).ok(TRADE).balance(100, 97.99).ask(TRADE).ok(),
  ),
  ...accept(
    [
      "Stop trading when the loss of account `eu` exceeds 5 percent",
      "Stop actions where the tool has the word `trade` when the loss since the start of the day of account `eu` is more than 5%",
    ],
    run().balance(100, 10, "us").balance(100, 95, "eu").ok(TRADE).balance(100, 94, "eu").no(TRADE).ok(),
  ),
];

export const FLOOR: readonly Entry[] = [
  ...accept(
    [
      "Stop when the balance falls below $25",
      "Stop everything when the balance falls below $25",
      "Stop everything if the balance drops below 25 dollars",
      "Block everything while the balance is below $25",
      "If the balance is less than $25, stop everything",
      "When the balance goes under $25, stop",
      "Stop actions when the balance is below $25",
      "Pause everything while the balance is under $25",
    ],
    FLOOR_25,
  ),
  ...either(
    ["Never let the balance fall below $25", "Keep the balance above $24.99", "Balance floor: $25"],
    FLOOR_25,
  ),
  ...accept(
    [
      "Stop trading when the balance falls below $25",
      "Block trades while the balance is below $25",
      "No trading while the balance is below $25",
      "If the balance falls below $25, pause trading",
    ],
    FLOOR_25_TRADING,
  ),
  ...accept(
    [
      "Halt when the balance falls below $25",
      "Shut down when the balance drops below $25",
      "Halt everything if the balance is less than $25",
    ],
    run().balance(100, 25).ok().balance(100, 24.99).no().balance(100, 100).no({ by: "b" }).resume().ok(),
  ),
  ...accept(
    [
      "Halt trading when the balance of account `eu` falls below $100",
      "If the balance of account eu drops below $100, halt trading",
    ],
    run()
      .balance(200, 50, "us")
      .ok(TRADE)
      .balance(200, 100, "eu")
      .ok(TRADE)
      .balance(200, 99, "eu")
      .no(TRADE)
      .ok(),
  ),
  ...accept(
    ["Alert when the balance falls below $40", "Warn us if the balance drops under $40"],
    run().balance(100, 40).calm().balance(100, 39).alert().ok(),
  ),
];

export const ERRORS: readonly Entry[] = [
  ...accept(
    [
      "Pause a tool for 5 minutes after 5 failures in a row",
      "If a tool fails 5 times in a row, pause it for 5 minutes",
      "Pause any tool for 5 minutes when it fails five times in a row",
      "After 5 consecutive failures, block the tool for 5 minutes",
      "Block a tool for 5 minutes after five consecutive failures",
      "When a tool fails five times in a row, block it for five minutes",
      "Pause each tool for 5 minutes after 5 errors in a row",
      "Stop a tool for 5 minutes after it fails 5 times in a row",
      "Stop actions for 5 minutes when each tool fails 5 times in a row",
      "If any tool has 5 failures in a row, stop it for 5 minutes",
    ],
    TOOL_FIVE_IN_A_ROW,
  ),
  ...either(
    [
      "5 failures in a row: pause the tool for 5 minutes",
      "Give a tool a 5 minute break after 5 straight failures",
    ],
    TOOL_FIVE_IN_A_ROW,
  ),
  ...accept(
    [
      "If an agent fails 5 times in a row, pause it for 10 minutes",
      "Pause an agent for 10 minutes after 5 failures in a row",
      "Pause any agent that fails five times in a row for 10 minutes",
      "After five consecutive failures, pause the agent for 10 minutes",
    ],
    AGENT_FIVE_IN_A_ROW,
  ),
  ...accept(
    [
      "Pause the payment tool for 1 minute after 3 failures in a row",
      "Block payments for 1 minute after 3 failures in a row",
    ],
    run()
      .fail(3, { does: "send_payment" })
      .no({ does: "send_payment" })
      .ok()
      .fail(5)
      .ok()
      .wait("59999ms")
      .no({ does: "send_payment" })
      .wait("1ms")
      .ok({ does: "send_payment" }),
  ),
  ...accept(
    [
      "Block a tool when more than half of its calls fail within a minute",
      "Pause a tool when more than half of its calls fail within 1 minute",
      "Stop a tool if more than 50 percent of its calls fail in a minute",
    ],
    HALF_FAIL,
  ),
  // Exactly half is not more than half.
  ...accept(
    "Pause a tool when over half of its calls fail within one minute",
    run().ok(10).fail(10).ok(1).fail(2).no().ok({ does: "read" }),
  ),
  ...accept(
    [
      "Halt an agent when at least 8 in 10 of its calls fail within 5 minutes",
      "Halt an agent when at least 80% of its calls fail within 5 minutes",
    ],
    run()
      .ok(2, { by: "a" })
      .fail(8, { by: "a" })
      .no({ by: "a" })
      .ok({ by: "b" })
      .wait("2d")
      .no({ by: "a" })
      .resume()
      .ok({ by: "a" }),
  ),
  ...accept(
    [
      "Pause a tool for 1 minute when its failure rate exceeds 20 percent over 5 minutes",
      "If a tool's failure rate goes above 20% within 5 minutes, pause it for 1 minute",
    ],
    run().ok(10).fail(3).no().ok({ does: "read" }).wait("59999ms").no().wait("1ms").ok(),
  ),
  ...accept(
    ["Alert when a tool fails 3 times in a row", "Warn when any tool fails three times in a row"],
    run().fail(2).ok().fail(2).calm().fail().alert().ok(),
  ),
  ...accept(
    [
      "Halt an agent after 10 failures in a row",
      "Kill any agent that fails 10 times in a row",
      "If an agent fails ten times in a row, shut it down",
    ],
    run()
      .fail(10, { by: "a" })
      .no({ by: "a" })
      .no({ by: "a", does: "read" })
      .ok({ by: "b" })
      .wait("2d")
      .no({ by: "a" })
      .resume()
      .ok({ by: "a" }),
  ),
  ...accept(
    [
      "Stop actions for 5 minutes when each tool fails 5 times in a row, until 2 probes succeed",
      "Pause a tool for 5 minutes after 5 failures in a row, until 2 probes succeed",
    ],
    { kind: "errors", consecutive: 5, per: "series", for: "5m", probes: 2 },
    run().fail(5).no().wait("5m").ok().fail().no(),
  ),
  ...accept(
    "Stop actions for 1 minute when at least 50% of the actions of each tool fail within 1 minute, counting from 4",
    run().ok(2).fail().fail().no().ok({ does: "read" }).wait("1m").ok(),
  ),
];

export const STALE: readonly Entry[] = [
  ...accept(
    [
      "Stop trading when the price feed is older than 30 seconds",
      "Block trades when the price feed is more than 30 seconds old",
      "Stop trading if the price feed has not updated for 30 seconds",
      "No trading while the price feed is older than 30 seconds",
      "When the price feed is older than 30 seconds, stop trading",
      "Block trades while `price_feed` is older than 30 seconds",
      "Pause trading when price_feed is more than 30s old",
      "If the price feed is older than half a minute, stop trading",
      "Stop trading when the price feed is stale for more than 30 seconds",
      "Stop actions where the tool has the word `trade` when signal `price_feed` is older than 30 seconds",
      "Never trade when the price feed is older than 30 seconds",
    ],
    FEED_30,
  ),
  ...either(
    [
      "Stop trading if no price feed update arrives for 30 seconds",
      "Stop trading when the price feed goes quiet for more than 30 seconds",
      "Don't trade on prices older than 30 seconds",
    ],
    FEED_30,
  ),
  ...accept(
    [
      "Halt trading when the price feed is older than 30 seconds",
      "Halt trading if `price_feed` is older than 30 seconds",
    ],
    FEED_30_HALT,
  ),
  ...accept(
    [
      "Stop everything when the `heartbeat` signal is older than 5 seconds",
      "Block everything while signal `heartbeat` is older than 5 seconds",
      "Stop everything if heartbeat is older than 5 seconds",
    ],
    run()
      .no()
      .signal("heartbeat")
      .ok()
      .wait("5s")
      .ok({ by: "b", does: "trade" })
      .wait("1ms")
      .no()
      .signal("heartbeat")
      .ok(),
  ),
  ...accept(
    ["Alert when the price feed is older than 1 minute", "Warn if the price feed is more than a minute old"],
    run().signal("price_feed").wait("60s").calm().wait("1s").alert().ok(TRADE),
  ),
];
