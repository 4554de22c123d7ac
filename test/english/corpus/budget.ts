import { accept, either } from "../entry.js";
import type { Entry } from "../entry.js";
import { run } from "../script.js";

const spends = (usd: number, by = "a") => ({ by, does: "buy", usd });

const FIFTY_A_DAY = run()
  .ok(spends(30))
  .no(spends(20.01))
  .ok(spends(20))
  .no(spends(0.01))
  .ok({ by: "a" })
  .ok(spends(50, "b"))
  .until("2026-01-06T00:00:00Z")
  .no(spends(1))
  .wait("11h59m59s")
  .no(spends(1))
  .wait("1s")
  .ok(spends(50));

const TEN_AN_HOUR_TOGETHER = run()
  .ok(spends(6))
  .ok(spends(4, "b"))
  .no(spends(0.01, "c"))
  .wait("59m59s999ms")
  .no(spends(0.01))
  .wait("1ms")
  .ok(spends(10));

const UNDER_TEN = run().no(spends(10)).ok(spends(9.999999)).no(spends(0.01, "b")).wait("1h").ok(spends(9));

const TODAY = run()
  .ok(spends(300))
  .ok(spends(200, "b"))
  .no(spends(0.01))
  .until("2026-01-05T23:59:59.999Z")
  .no(spends(0.01, "c"))
  .until("2026-01-06T00:00:00Z")
  .ok(spends(500))
  .no(spends(0.01));

const NEVER_AGAIN = run()
  .ok(spends(600))
  .ok(spends(400, "b"))
  .no(spends(0.01))
  .wait("400d")
  .no(spends(0.01))
  .ok();

const run1 = (usd: number, id: string, by = "a") => ({ by, does: "buy", usd, tags: { run: id } });

/** Sums of money, tokens or calls. */
export const BUDGET: readonly Entry[] = [
  ...accept(
    [
      "Spend at most $50 a day per agent, excluding search",
      "Each agent may spend at most $50 per day, excluding search",
      "Cap spending at $50 per day per agent, except for search",
    ],
    run()
      .ok(spends(50))
      .no(spends(0.01))
      .ok({ by: "a", does: "search", usd: 100 })
      .ok(spends(50, "b"))
      .wait("23h59m59s999ms")
      .no(spends(0.01))
      .wait("1ms")
      .ok(spends(50)),
  ),
  ...accept(
    [
      "Each agent may spend up to $50 a day",
      "Spend at most $50 a day per agent",
      "Cap spending at $50 per day per agent",
      "No agent may spend more than 50 dollars in 24 hours",
      "No agent may spend over $50 in any rolling 24 hours",
      "Limit each agent's spending to fifty dollars a day",
      "Give each agent a daily budget of $50",
      "Each agent has a budget of $50 per day",
      "Let each agent spend at most $50 per day",
      "Limit spending to $50 per agent per day",
      "Don't let any agent spend more than $50 a day",
      "Every agent can spend a maximum of 50 USD per day",
      "An agent must not spend more than $50.00 per day",
      "Never let an agent spend more than $50 in a day",
    ],
    FIFTY_A_DAY,
  ),
  ...either(
    [
      "$50 a day per agent",
      "$50/day per agent, max",
      "Daily budget: $50 per agent",
      "The budget is $50 per agent per day",
      "Make sure that no agent spends more than $50 in any 24 hours",
      "Each agent's daily spend must stay at or below $50",
    ],
    FIFTY_A_DAY,
  ),
  ...accept(
    [
      "All agents together may spend no more than $500 today",
      "Spend no more than $500 today across all agents",
      "Spend at most $500 per calendar day",
      "Do not spend more than $500 today, all agents together",
      "Cap spending at $500 per calendar day in UTC",
    ],
    TODAY,
  ),
  ...either(["Spend at most $500 since midnight", "Today's spending must not exceed $500"], TODAY),
  ...accept(
    [
      "Spend at most $500 per calendar day in New York time",
      "Spend no more than $500 per calendar day, New York time",
    ],
    run()
      .ok(spends(500))
      .no(spends(1, "b"))
      .until("2026-01-06T04:59:59.999Z")
      .no(spends(1))
      .until("2026-01-06T05:00:00Z")
      .ok(spends(500)),
  ),
  ...accept(
    "Spend at most $500 per calendar month",
    run()
      .ok(spends(500))
      .no(spends(1, "b"))
      .until("2026-01-31T23:59:59.999Z")
      .no(spends(1))
      .until("2026-02-01T00:00:00Z")
      .ok(spends(500)),
  ),
  ...accept(
    "Spend at most $500 per calendar week",
    run()
      .ok(spends(500))
      .no(spends(1))
      .until("2026-01-11T23:59:59Z")
      .no(spends(1))
      .until("2026-01-12T00:00:00Z")
      .ok(spends(1)),
  ),
  ...accept(
    [
      "Never spend more than $1,000 in total",
      "Spend at most $1000 in total",
      "All agents together may spend at most $1,000 in total",
      "Spend no more than 1,000 dollars altogether",
      "Spend at most $1k ever",
      "Cap total spending at $1,000 forever",
    ],
    NEVER_AGAIN,
  ),
  ...either(
    [
      "The total spend must never exceed $1,000",
      "Never let total spending exceed $1,000",
      "Lifetime budget of $1000",
    ],
    NEVER_AGAIN,
  ),
  ...accept(
    [
      "Spend at most $5 per run",
      "No run may spend more than $5",
      "Each run may spend at most $5",
      "Cap spending at $5 per run",
    ],
    run()
      .ok(run1(3, "r1"))
      .ok(run1(2, "r1", "b"))
      .no(run1(0.01, "r1"))
      .ok(run1(5, "r2"))
      .wait("300d")
      .no(run1(0.01, "r1")),
  ),
  ...either("No run may cost more than $5", run().ok(run1(3, "r1")).no(run1(2.01, "r1")).ok(run1(5, "r2"))),
  ...accept(
    ["Cap spending per customer at $20 a week", "Spend at most $20 a week per customer"],
    run()
      .ok({ does: "buy", usd: 20, tags: { customer: "x" } })
      .no({ by: "b", does: "buy", usd: 1, tags: { customer: "x" } })
      .ok({ does: "buy", usd: 20, tags: { customer: "y" } })
      .wait("6d")
      .no({ does: "buy", usd: 1, tags: { customer: "x" } })
      .wait("1d")
      .ok({ does: "buy", usd: 1, tags: { customer: "x" } }),
  ),
  ...accept(
    [
      "At most 100k tokens per hour per agent",
      "Each agent may use at most 100,000 tokens an hour",
      "Limit token usage to 100,000 tokens per hour per agent",
      "Let each agent use at most 100000 tokens per hour",
      "No agent may consume more than 100k tokens per hour",
    ],
    run()
      .ok({ by: "a", tokens: 60_000 })
      .ok({ by: "a", tokens: 40_000 })
      .no({ by: "a", tokens: 1 })
      .ok({ by: "b", tokens: 100_000 })
      .wait("1h")
      .ok({ by: "a", tokens: 100_000 }),
  ),
  ...accept(
    [
      "Let the writer use at most 2 million tokens a day",
      "The writer may use no more than 2M tokens per day",
    ],
    run()
      .ok({ by: "writer", tokens: 2_000_000 })
      .no({ by: "writer", tokens: 1 })
      .ok({ by: "reader", tokens: 5_000_000 })
      .wait("1d")
      .ok({ by: "writer", tokens: 1 }),
  ),
  ...accept(
    "Use at most 50,000 tokens per hour for each model",
    run()
      .ok({ tokens: 50_000, tags: { model: "x" } })
      .no({ by: "b", tokens: 1, tags: { model: "x" } })
      .ok({ tokens: 50_000, tags: { model: "y" } }),
  ),
  ...accept(
    ["Spend at most €30 a day per agent", "No agent may spend more than 30 euros a day"],
    run()
      .ok({ cost: { eur: 30 } })
      .no({ cost: { eur: 0.01 } })
      .ok({ by: "b", cost: { eur: 30 } }),
  ),
  ...accept(
    ["Spend at most £10 an hour", "Spend no more than ten pounds per hour"],
    run()
      .ok({ cost: { gbp: 10 } })
      .no({ by: "b", cost: { gbp: 0.01 } })
      .wait("1h")
      .ok({ cost: { gbp: 10 } }),
  ),
  ...accept(
    [
      "Spend no more than 50 cents per hour",
      "Spend at most $0.50 an hour",
      "Let all agents together spend at most 50 cents an hour",
    ],
    run().ok(spends(0.5)).no(spends(0.000001, "b")).wait("1h").ok(spends(0.5)),
  ),
  ...accept(
    [
      "Spend less than $10 an hour",
      "Spend under 10 dollars an hour",
      "All agents together must spend less than $10 per hour",
    ],
    UNDER_TEN,
  ),
  ...accept(
    [
      "Spend at most USD 10 per hour",
      "Spend at most 10 USD an hour",
      "Spend no more than $10 per hour across all agents",
      "Cap spending at $10 an hour",
      "Limit spending to $10 per hour",
      "Do not spend more than $10 per hour",
      "Don't spend more than ten dollars an hour.",
      "The whole system may spend at most $10 per hour",
      "Let all agents together spend at most $10 per hour",
    ],
    TEN_AN_HOUR_TOGETHER,
  ),
  ...accept(
    "Spend at most $2.50 every 15 minutes",
    run().ok(spends(2.5)).no(spends(0.01)).wait("14m59s").no(spends(0.01)).wait("1s").ok(spends(2.5)),
  ),
  ...accept(
    [
      "The research agent may spend at most $20 a day on search",
      "Let the research agent spend no more than $20 per day on search",
    ],
    run()
      .ok({ by: "research_agent", does: "web_search", usd: 20 })
      .no({ by: "research_agent", does: "web_search", usd: 1 })
      .ok({ by: "research_agent", does: "buy", usd: 100 })
      .ok({ by: "writer", does: "web_search", usd: 100 }),
  ),
  ...accept(
    [
      "Alert when spending exceeds $100 a day",
      "Warn us when all agents together spend more than $100 in a day",
      "Notify me if we spend more than $100 per day",
      "Let all agents together spend at most $100 per day; otherwise only alert",
    ],
    run().ok(spends(60)).ok(spends(40, "b")).calm().ok(spends(1)).alert(),
  ),
  ...accept(
    ["Warn when any agent spends more than $40 in a day", "Alert if an agent spends over $40 a day"],
    run().ok(spends(40)).ok(spends(40, "b")).calm().ok(spends(1)).alert(),
  ),
  ...accept(
    [
      "Halt everything when spending exceeds $1000 in a day",
      "Shut everything down if all agents together spend more than $1,000 a day",
      "Let all agents together spend at most $1000 per day; otherwise halt",
    ],
    run()
      .ok(spends(1000))
      .no(spends(0.01))
      .no({ by: "b" })
      .wait("2d")
      .no({ by: "c" })
      .resume()
      .ok({ by: "c" }),
  ),
  ...accept(
    [
      "Shut down an agent that spends more than $20 in an hour",
      "Kill any agent that spends over $20 an hour",
      "Halt an agent when it spends more than $20 in one hour",
    ],
    run()
      .ok(spends(20))
      .no(spends(0.01))
      .no({ by: "a" })
      .ok({ by: "b" })
      .wait("2d")
      .no({ by: "a" })
      .resume()
      .ok({ by: "a" }),
  ),
  ...accept(
    [
      "Ask a human before an agent spends more than $20 in a day",
      "Require approval when an agent spends more than $20 a day",
      "Let each agent spend at most $20 per day; otherwise ask a human",
    ],
    run().ok(spends(20)).ask(spends(0.01)).ok(spends(20, "b")).wait("1d").ok(spends(1)),
  ),
  ...accept(
    "Let each agent spend at most $50 per day, taking $1 where no cost is named",
    run()
      .ok(50, { by: "a", cost: {} })
      .no({ by: "a", cost: {} })
      .ok({ by: "b", usd: 50 })
      .no({ by: "b", usd: 0.01 }),
  ),
  ...accept(
    [
      "Allow at most 3 tool calls per run",
      "Each run may make at most 3 calls",
      "No run may make more than three tool calls",
    ],
    run()
      .ok(3, { tags: { run: "r1" } })
      .no({ by: "b", tags: { run: "r1" } })
      .ok(3, { tags: { run: "r2" } })
      .wait("99d")
      .no({ tags: { run: "r1" } }),
  ),
  ...either(
    ["No more than 3 emails per conversation", "Send at most 3 emails per conversation"],
    run()
      .ok(3, { does: "send_email", tags: { conversation: "1" } })
      .no({ does: "send_email", tags: { conversation: "1" } })
      .ok({ does: "send_email", tags: { conversation: "2" } })
      .ok(5, { tags: { conversation: "1" } })
      .wait("99d")
      .no({ does: "send_email", tags: { conversation: "1" } }),
  ),
  ...accept(
    [
      "Send at most 100 emails altogether",
      "Send no more than 100 emails in total",
      "Never send more than 100 emails ever",
    ],
    run()
      .ok(60, { does: "send_email" })
      .ok(40, { by: "b", does: "send_email" })
      .no({ does: "send_email" })
      .ok(5)
      .wait("99d")
      .no({ does: "send_email" }),
  ),
  ...accept(
    "Let each agent use at most 5 of `credits` per day",
    run()
      .ok({ cost: { credits: 5 } })
      .no({ cost: { credits: 0.5 } })
      .ok({ by: "b", cost: { credits: 5 } }),
  ),
  ...either(
    "Each agent may use at most 5 credits per day",
    run()
      .ok({ cost: { credits: 5 } })
      .no({ cost: { credits: 0.5 } })
      .ok({ by: "b", cost: { credits: 5 } }),
  ),
  ...accept(
    "Spend at most $300 per 30 days",
    run().ok(spends(300)).no(spends(1, "b")).wait("29d").no(spends(1)).wait("1d").ok(spends(300)),
  ),
  ...accept(
    ["On weekdays, spend at most $10 an hour", "Spend at most $10 an hour on weekdays"],
    run().ok(spends(10)).no(spends(1)).until("2026-01-10T12:00:00Z").ok(spends(100)),
  ),
  ...accept(
    ["Spend at most $100 a day on emails", "No more than $100 a day may be spent on emails"],
    run().ok({ does: "send_email", usd: 100 }).no({ by: "b", does: "send_email", usd: 1 }).ok(spends(500)),
  ),
  ...accept(
    ["`planner` may spend at most $5 an hour", "Let `planner` spend at most $5 an hour"],
    run()
      .ok({ by: "planner/researcher", does: "buy", usd: 3 })
      .ok({ by: "planner", does: "buy", usd: 2 })
      .no({ by: "planner/x", does: "buy", usd: 0.01 })
      .ok(spends(500, "writer")),
  ),
];
