import { accept, either } from "../entry.js";
import type { Entry } from "../entry.js";
import { run } from "../script.js";

const DEPLOY = { does: "run_deployment" };

const THREE_DEPLOYMENTS = run()
  .hold("x", { by: "a", does: "run_deployment" })
  .hold("y", { by: "b", does: "deploy_service" })
  .hold("z", { by: "c", does: "run_deployment" })
  .no({ by: "a", does: "run_deployment" })
  .no({ by: "d", does: "deploy_service" })
  .ok({ by: "a" })
  .end("y")
  .hold("w", { by: "d", does: "run_deployment" })
  .no(DEPLOY);

const TWO_EACH = run()
  .hold("x", { by: "a" })
  .hold("y", { by: "a", does: "read" })
  .no({ by: "a", does: "buy" })
  .hold("z", { by: "b" })
  .hold("w", { by: "b" })
  .no({ by: "b" })
  .end("x")
  .hold("x2", { by: "a" })
  .no({ by: "a" });

const order = (usd: number) => ({ does: "place_order", usd });

const ORDERS_TO_500 = run()
  .ok(order(500))
  .no(order(500.01))
  .ok(20, order(499))
  .no({ by: "b", does: "order", usd: 501 })
  .ok({ does: "buy", usd: 900 });

const EVERY_CALL_TWO_MINUTES = run()
  .hold("x", { by: "a" })
  .hold("y", { by: "b", does: "send_email" })
  .wait("1m59s999ms")
  .running("x")
  .wait("1ms")
  .cut("x")
  .cut("y")
  .ok({ by: "a" })
  .ok({ by: "b", does: "send_email" });

/** Actions in flight, the size of one action, and how long it may run. */
export const CONCURRENCY: readonly Entry[] = [
  ...accept(
    [
      "At most 3 deployments at once",
      "No more than 3 deployments at a time",
      "No more than three deployments at the same time",
      "Allow at most 3 concurrent deployments",
      "Only 3 deployments may run at once",
      "Never run more than three deployments in parallel",
      "Run at most 3 deployments concurrently",
      "At most 3 deployments in flight",
      "Limit deployments to 3 at a time",
      "Up to 3 deployments may run simultaneously",
      "Fewer than 4 deployments at once",
      "Do not run more than 3 deployments at once",
    ],
    THREE_DEPLOYMENTS,
  ),
  ...either(["3 deployments at once, max", "Max concurrent deployments: 3"], THREE_DEPLOYMENTS),
  ...accept(
    [
      "Each agent may have at most 2 calls in flight",
      "Limit each agent to 2 concurrent calls",
      "No agent may have more than 2 requests in flight at once",
      "Let each agent have at most 2 actions in flight",
      "Cap every agent at two calls at a time",
      "At most 2 concurrent calls per agent",
      "An agent may not have more than two calls in flight",
    ],
    TWO_EACH,
  ),
  ...accept(
    [
      "Cap concurrent calls at 5 across all agents",
      "All agents together may have at most 5 calls in flight",
      "At most 5 actions at once across the system",
    ],
    run()
      .hold("1", { by: "a" })
      .hold("2", { by: "b" })
      .hold("3", { by: "a" })
      .hold("4", { by: "c" })
      .hold("5")
      .no({ by: "d" })
      .end("2")
      .hold("6", { by: "d" })
      .no(),
  ),
  ...accept(
    [
      "Only one trade at a time per account",
      "At most one trade at a time per account",
      "Each account may have one trade in flight at most",
    ],
    run()
      .hold("x", { does: "trade", tags: { account: "1" } })
      .no({ by: "b", does: "trade", tags: { account: "1" } })
      .hold("y", { does: "trade", tags: { account: "2" } })
      .ok({ tags: { account: "1" } })
      .end("x")
      .ok({ does: "trade", tags: { account: "1" } }),
  ),
  ...accept(
    [
      "Allow only one deployment at a time",
      "Never run more than one deployment at once",
      "One deployment at a time",
    ],
    run()
      .hold("x", DEPLOY)
      .no({ by: "b", does: "run_deployment" })
      .ok()
      .end("x")
      .hold("y", DEPLOY)
      .no(DEPLOY),
  ),
  ...either("Don't run two deployments at the same time", run().hold("x", DEPLOY).no(DEPLOY).ok()),
  ...accept(
    ["Alert when more than 10 calls are in flight", "Warn if more than ten calls run at once"],
    run()
      .hold("1")
      .hold("2")
      .hold("3")
      .hold("4")
      .hold("5")
      .hold("6")
      .hold("7")
      .hold("8", { by: "b" })
      .hold("9")
      .hold("10")
      .calm()
      .hold("11", { by: "b" })
      .alert(),
  ),
];

export const SIZE: readonly Entry[] = [
  ...accept(
    [
      "No single order above $500",
      "No single order over $500",
      "No order above 500 dollars",
      "No order may exceed $500",
      "An order must not exceed $500",
      "A single order may cost at most $500",
      "Limit each order to $500",
      "Orders may cost at most $500 each",
      "Cap every single order at $500",
      "Block any order over $500",
      "Block orders above $500",
      "Never place an order over $500",
      "Orders over $500 are not allowed",
      "Do not allow orders over $500",
      "Let no single action cost more than $500 where the tool has the word `order`",
      "No single order may cost more than USD 500",
      "Never let an order exceed $500",
      "Orders above $500 are forbidden",
    ],
    ORDERS_TO_500,
  ),
  ...either(
    [
      "Orders: $500 max each",
      "$500 is the most any order may cost",
      "Keep every order at or below $500",
      "Refuse orders bigger than $500",
      "Reject any order larger than $500",
    ],
    ORDERS_TO_500,
  ),
  ...accept(
    [
      "No single call may use more than 4,000 tokens",
      "No call may use more than 4k tokens",
      "Block any call that uses over 4000 tokens",
      "A single call may use at most 4000 tokens",
      "Let no single action use more than 4000 tokens",
    ],
    run()
      .ok({ tokens: 4000 })
      .no({ tokens: 4001 })
      .ok(9, { tokens: 4000 })
      .no({ by: "b", does: "chat", tokens: 5000 }),
  ),
  ...accept(
    [
      "No action may cost more than $1",
      "Block any call that costs over $1",
      "Block any call that costs more than one dollar",
      "No single call above $1",
    ],
    run().ok({ usd: 1 }).no({ usd: 1.01 }).ok(9, { by: "b", usd: 1 }),
  ),
  ...accept(
    [
      "Never spend more than $200 on a single refund",
      "No single refund over $200",
      "No refund may be over $200",
    ],
    run()
      .ok({ does: "refund", usd: 200 })
      .no({ does: "issue_refund", usd: 200.01 })
      .ok({ does: "buy", usd: 900 }),
  ),
  ...accept(
    [
      "Alert on any order above $500",
      "Warn about any order over $500",
      "Alert when a single order exceeds $500",
      "Flag orders above $500",
    ],
    run().ok(order(500)).ok({ does: "buy", usd: 900 }).calm().ok(order(500.01)).alert(),
  ),
  ...accept(
    ["Halt trading when a single trade exceeds $10,000", "If a single trade exceeds $10,000, halt trading"],
    run()
      .ok({ does: "trade", usd: 10_000 })
      .no({ does: "trade", usd: 10_000.01 })
      .no({ by: "b", does: "place_trade", usd: 1 })
      .ok()
      .wait("2d")
      .no({ does: "trade", usd: 1 })
      .resume()
      .ok({ does: "trade", usd: 1 }),
  ),
  ...accept(
    [
      "The intern may not place orders over $100",
      "Never let the intern place an order over $100",
      "No order above $100 by the intern",
    ],
    run()
      .ok({ by: "intern", does: "place_order", usd: 100 })
      .no({ by: "intern", does: "place_order", usd: 101 })
      .ok({ by: "intern", does: "buy", usd: 900 })
      .ok({ by: "trader", does: "place_order", usd: 900 }),
  ),
  ...accept(["In shadow: no single order above $500"], run().ok(order(500)).shadow(order(501))),
  ...accept(
    "No single order above $500 except by the trader",
    run().no(order(501)).ok(order(500)).ok({ by: "trader", does: "place_order", usd: 900 }),
  ),
];

export const TIMEOUT: readonly Entry[] = [
  ...accept(
    [
      "Kill any call that runs longer than 2 minutes",
      "Abort any call that takes more than 2 minutes",
      "Stop any call that runs for more than two minutes",
      "No call may run longer than 2 minutes",
      "No action may take longer than 120 seconds",
      "Cancel any call that runs longer than 2 minutes",
      "Time out every call after 2 minutes",
      "Set a timeout of 2 minutes for every call",
      "Let no action run longer than 2 minutes",
      "Calls may run for at most 2 minutes",
      "If a call takes longer than 2 minutes, kill it",
      "Never let a call run longer than 2 min",
      "Calls time out after 2 minutes",
    ],
    EVERY_CALL_TWO_MINUTES,
  ),
  ...either(
    ["2 minute timeout on all calls", "Every call has two minutes to finish", "Timeout: 2 minutes"],
    EVERY_CALL_TWO_MINUTES,
  ),
  ...accept(
    [
      "Deployments may run for at most 10 minutes",
      "No deployment may run for more than 10 minutes",
      "Kill any deployment that runs longer than 10 minutes",
    ],
    run()
      .hold("x", DEPLOY)
      .hold("y")
      .wait("9m59s999ms")
      .running("x")
      .wait("1ms")
      .cut("x")
      .wait("1ms")
      .running("y")
      .ok(DEPLOY),
  ),
  ...accept(
    ["Alert when a call takes longer than 30 seconds", "Warn about calls that run longer than 30 seconds"],
    run().hold("x").wait("29999ms").calm().wait("1ms").alert().running("x").ok(),
  ),
  ...accept(
    [
      "Kill any search by the researcher that runs longer than 10 seconds",
      "No search by the researcher may run longer than 10 seconds",
    ],
    run()
      .hold("x", { by: "researcher", does: "web_search" })
      .hold("y", { by: "researcher", does: "read" })
      .hold("z", { by: "writer", does: "web_search" })
      .wait("9999ms")
      .running("x")
      .wait("1ms")
      .cut("x")
      .wait("1m")
      .running("y")
      .running("z"),
  ),
  ...accept(
    [
      "Kill any call that runs longer than 1 minute and 30 seconds",
      "Kill any call that runs longer than 90s",
    ],
    run().hold("x").wait("89999ms").running("x").wait("1ms").cut("x").ok(),
  ),
];
