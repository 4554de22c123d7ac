import { accept, either, refuse } from "../entry.js";
import type { Entry } from "../entry.js";
import { run } from "../script.js";
import type { Deed, Script } from "../script.js";

/** `limit` of a deed within `window`, not one more, and again when the window is over. */
const rate = (limit: number, window: string, deed: Deed = {}, others: readonly Deed[] = []): Script =>
  others
    .reduce((script, other) => script.ok(limit + 1, other), run().ok(limit, deed).no(deed))
    .wait(window)
    .ok(limit, deed)
    .no(deed);

const never = (deeds: readonly Deed[], others: readonly Deed[]): Script =>
  others.reduce(
    (script, other) => script.ok(2, other),
    deeds.reduce((script, deed) => script.no(deed), run()),
  );

const asks = (deeds: readonly Deed[], others: readonly Deed[]): Script =>
  others.reduce(
    (script, other) => script.ok(2, other),
    deeds.reduce((script, deed) => script.ask(deed), run()),
  );

const usd = (amount: number, by = "a", does = "buy"): Deed => ({ by, does, usd: amount });

/** Sentences of all kinds, written by another hand than the others. */
export const AFRESH: readonly Entry[] = [
  // Rates.
  ...accept("Each agent must stay under 30 calls a minute", rate(29, "1m", { by: "a" })),
  ...accept("No bot gets more than 12 requests a minute", rate(12, "1m", { by: "a" })),
  ...accept("Restrict each agent to a maximum of 15 calls per hour", rate(15, "1h", { by: "a" })),
  ...accept(
    "Slack messages are limited to 3 per minute",
    rate(3, "1m", { does: "post_slack_message" }, [{ does: "search" }]),
  ),
  ...accept("At most four tweets per day", rate(4, "1d", { does: "post_tweet" }, [{ does: "search" }])),
  ...accept(
    "Don't post more than 4 tweets a day",
    rate(4, "1d", { does: "post_tweet" }, [{ does: "search" }]),
  ),
  ...accept(
    "The support agent may issue at most 5 refunds per day",
    rate(5, "1d", { by: "support_agent", does: "issue_refund" }, [
      { by: "b", does: "issue_refund" },
      { by: "support_agent", does: "search" },
    ]),
  ),
  ...accept(
    "The support agent must not issue more than five refunds a day",
    rate(5, "1d", { by: "support_agent", does: "issue_refund" }, [{ by: "b", does: "issue_refund" }]),
  ),
  ...accept(
    "Nobody may send more than 20 emails an hour",
    run()
      .ok(20, { by: "a", does: "send_email" })
      .no({ by: "a", does: "send_email" })
      .ok(20, { by: "b", does: "send_email" })
      .ok(5, { by: "a" }),
  ),
  ...accept(
    "Each agent may run at most 6 queries per minute",
    rate(6, "1m", { by: "a", does: "run_query" }, [{ by: "a" }]),
  ),
  ...accept(
    "Web searches are limited to 10 a minute for each agent",
    rate(10, "1m", { by: "a", does: "web_search" }, [{ by: "a", does: "read" }]),
  ),
  ...accept(
    "Limit the crawler to 1 request every 2 seconds",
    rate(1, "2s", { by: "crawler" }, [{ by: "b" }]),
  ),
  ...accept(
    "The crawler may fetch at most one page every two seconds",
    rate(1, "2s", { by: "crawler", does: "fetch_page" }, [{ by: "crawler", does: "send_email" }]),
  ),
  ...accept(
    "Allow at most 2 password resets per user per day",
    run()
      .ok(2, { does: "password_reset", tags: { user: "u" } })
      .no({ does: "password_reset", tags: { user: "u" } })
      .ok({ does: "password_reset", tags: { user: "v" } })
      .ok(5, { tags: { user: "u" } }),
  ),
  ...accept(
    "No customer may receive more than two messages a day",
    run()
      .ok(2, { does: "send_message", tags: { customer: "x" } })
      .no({ by: "b", does: "send_message", tags: { customer: "x" } })
      .ok({ does: "send_message", tags: { customer: "y" } })
      .ok(5, { tags: { customer: "x" } }),
  ),
  ...accept(
    "Cap calls to `openai_chat` at 60 a minute",
    rate(60, "1m", { does: "openai_chat" }, [{ does: "search" }]),
  ),
  ...accept(
    "`openai_chat` may be called at most 60 times per minute",
    rate(60, "1m", { does: "openai_chat" }, [{ does: "search" }]),
  ),
  ...accept(
    "Do not call `openai_chat` more than 60 times a minute",
    rate(60, "1m", { does: "openai_chat" }, [{ does: "search" }]),
  ),
  ...accept(
    "Never call get_quote more than 10 times per second",
    rate(10, "1s", { does: "get_quote" }, [{ does: "search" }]),
  ),
  ...accept(
    "Between 11pm and 5am UTC, allow at most 1 email an hour",
    run("2026-01-05T22:00:00Z")
      .ok(3, { does: "send_email" })
      .until("2026-01-05T23:00:00Z")
      .ok({ does: "send_email" })
      .no({ does: "send_email" })
      .ok(3),
  ),
  ...accept(
    "Every tool is limited to 100 calls per hour",
    run().ok(60, { by: "a" }).ok(40, { by: "b" }).no().ok(100, { does: "read" }).no({ does: "read" }),
  ),
  ...accept(
    "Across all agents, no tool may be called more than 7 times a minute",
    run().ok(4, { by: "a" }).ok(3, { by: "b" }).no({ by: "c" }).ok(7, { does: "read" }),
  ),
  ...accept(
    "Alert me if the scraper makes more than 40 requests in ten minutes",
    run().ok(40, { by: "scraper" }).calm().ok({ by: "scraper" }).alert().ok(60, { by: "b" }).calm(),
  ),
  ...accept("Alert me when an agent makes more than 9 calls in a second", run().ok(9).calm().ok().alert()),
  ...accept(
    "Any agent that makes more than 50 calls in 10 seconds is halted",
    run().ok(50).no().ok({ by: "b" }).wait("1d").no().resume().ok(),
  ),
  ...accept(
    "Suspend any agent for an hour if it makes more than 50 calls in 10 seconds",
    run().ok(50).no().ok({ by: "b" }).wait("59m").no().wait("1m").ok(),
  ),
  ...accept(
    "If any agent makes more than 50 calls within 10 seconds, halt that agent",
    run().ok(50).no().ok({ by: "b" }).wait("1d").no().resume().ok(),
  ),
  ...accept(
    "Each caller is capped at 4 requests per second with a burst of 12",
    run().ok(12).no().ok({ by: "b" }).wait("249ms").no().wait("1ms").ok().no(),
  ),
  // Budgets.
  ...accept(
    "Nobody may spend more than $25 a day",
    run().ok(usd(25)).no(usd(0.01)).ok(usd(25, "b")).wait("1d").ok(usd(25)),
  ),
  ...accept(
    "All agents together have a budget of $2,000 in total",
    run().ok(usd(1500)).ok(usd(500, "b")).no(usd(0.01)).wait("100d").no(usd(0.01)),
  ),
  ...accept(
    "The marketing agent has a budget of $300 a week",
    run()
      .ok(usd(300, "marketing_agent"))
      .no(usd(1, "marketing_agent"))
      .ok(usd(900, "b"))
      .wait("7d")
      .ok(usd(1, "marketing_agent")),
  ),
  ...accept(
    "Do not let the marketing agent spend more than $300 per week",
    run()
      .ok(usd(300, "marketing_agent"))
      .no(usd(1, "marketing_agent"))
      .ok(usd(900, "b"))
      .wait("7d")
      .ok(usd(1, "marketing_agent")),
  ),
  ...accept(
    "Ads may cost at most $75 per day",
    run()
      .ok(usd(75, "a", "buy_ads"))
      .no(usd(1, "b", "buy_ads"))
      .ok(usd(900)),
  ),
  ...accept(
    "Spend no more than $75 a day on ads",
    run()
      .ok(usd(75, "a", "buy_ads"))
      .no(usd(1, "b", "buy_ads"))
      .ok(usd(900)),
  ),
  ...accept(
    "Cap the daily spend of each agent at $12.50",
    run().ok(usd(12.5)).no(usd(0.01)).ok(usd(12.5, "b")).wait("1d").ok(usd(1)),
  ),
  ...accept(
    "Each tenant may spend up to $40 per calendar day",
    run()
      .ok({ usd: 40, tags: { tenant: "x" } })
      .no({ usd: 1, tags: { tenant: "x" } })
      .ok({ usd: 40, tags: { tenant: "y" } })
      .until("2026-01-06T00:00:00Z")
      .ok({ usd: 40, tags: { tenant: "x" } }),
  ),
  ...accept(
    "If spending goes over $100 in an hour, halt everything",
    run().ok(usd(100)).no(usd(1, "b")).no({ by: "c" }).wait("2d").no().resume().ok(),
  ),
  ...accept(
    "Once an agent has spent more than $10 in a day, ask a human",
    run().ok(usd(10)).ask(usd(1)).ok(usd(10, "b")),
  ),
  ...accept(
    "Use no more than 500k tokens per day across all agents",
    run()
      .ok({ tokens: 300_000 })
      .ok({ by: "b", tokens: 200_000 })
      .no({ tokens: 1 })
      .wait("1d")
      .ok({ tokens: 1 }),
  ),
  ...accept(
    "Limit each run to $2 in total",
    run()
      .ok({ usd: 2, tags: { run: "1" } })
      .no({ usd: 0.01, tags: { run: "1" } })
      .ok({ usd: 2, tags: { run: "2" } })
      .wait("50d")
      .no({ usd: 0.01, tags: { run: "1" } }),
  ),
  ...accept(
    "Limit every run to 40 calls",
    run()
      .ok(40, { tags: { run: "1" } })
      .no({ tags: { run: "1" } })
      .ok(40, { tags: { run: "2" } }),
  ),
  ...accept(
    "All agents together must not spend more than $9 an hour",
    run().ok(usd(5)).ok(usd(4, "b")).no(usd(0.01, "c")).wait("1h").ok(usd(9)),
  ),
  // In flight, size, time.
  ...accept(
    "Never more than 2 browser sessions at once",
    run()
      .hold("x", { does: "browser_session" })
      .hold("y", { by: "b", does: "browser_session" })
      .no({ does: "browser_session" })
      .ok(),
  ),
  ...accept(
    "The builder may run only one build at a time",
    run()
      .hold("x", { by: "builder", does: "run_build" })
      .no({ by: "builder", does: "run_build" })
      .ok({ by: "builder" })
      .hold("y", { by: "b", does: "run_build" })
      .end("x")
      .ok({ by: "builder", does: "run_build" }),
  ),
  ...accept(
    "Each tool may have at most 4 calls in flight",
    run()
      .hold("1")
      .hold("2", { by: "b" })
      .hold("3")
      .hold("4")
      .no({ by: "c" })
      .ok({ does: "read" })
      .end("1")
      .ok(),
  ),
  ...accept(
    "No payment over $1,000",
    run()
      .ok(usd(1000, "a", "make_payment"))
      .no(usd(1000.01, "a", "make_payment"))
      .ok(usd(5000)),
  ),
  ...accept(
    "A single payment must not be more than $1,000",
    run()
      .ok(usd(1000, "a", "make_payment"))
      .no(usd(1000.01, "a", "make_payment"))
      .ok(usd(5000)),
  ),
  ...accept(
    "Payments above one thousand dollars are not allowed",
    run()
      .ok(usd(1000, "a", "make_payment"))
      .no(usd(1000.01, "a", "make_payment"))
      .ok(usd(5000)),
  ),
  ...accept(
    "The buyer can't place orders over $250",
    run()
      .ok(usd(250, "buyer", "place_order"))
      .no(usd(251, "buyer", "place_order"))
      .ok(usd(900, "trader", "place_order")),
  ),
  ...accept(
    "Alert when the buyer places an order over $250",
    run()
      .ok(usd(250, "buyer", "place_order"))
      .calm()
      .ok(usd(251, "buyer", "place_order"))
      .alert()
      .ok(usd(900, "b", "place_order"))
      .calm(),
  ),
  ...accept(
    "Tool calls must finish within 45 seconds",
    run().hold("x").wait("44999ms").running("x").wait("1ms").cut("x").ok(),
  ),
  ...accept(
    "Terminate any query that takes longer than 20 seconds",
    run()
      .hold("x", { does: "run_query" })
      .hold("y")
      .wait("19999ms")
      .running("x")
      .wait("1ms")
      .cut("x")
      .running("y")
      .ok({ does: "run_query" }),
  ),
  ...accept(
    "No query may take more than 20 seconds",
    run()
      .hold("x", { does: "run_query" })
      .hold("y")
      .wait("19999ms")
      .running("x")
      .wait("1ms")
      .cut("x")
      .running("y"),
  ),
  // Access.
  ...accept(
    "The summarizer may not delete files",
    never(
      [{ by: "summarizer", does: "delete_file" }],
      [
        { by: "b", does: "delete_file" },
        { by: "summarizer", does: "read_file" },
      ],
    ),
  ),
  ...accept(
    "Never allow the coding agent to push to main",
    never(
      [
        { by: "coding_agent", does: "git_push", args: { branch: "main" } },
        { by: "coding_agent", does: "git_push", tags: { branch: "main" } },
      ],
      [
        { by: "coding_agent", does: "git_push", tags: { branch: "dev" } },
        { by: "b", does: "git_push", tags: { branch: "main" } },
      ],
    ),
  ),
  ...accept(
    "Nobody may push to main",
    never(
      [{ does: "git_push", args: { branch: "main" } }],
      [{ does: "git_push", tags: { branch: "dev" } }, { tags: { branch: "main" } }],
    ),
  ),
  ...accept(
    "Block all shell commands",
    never([{ does: "shell_command" }, { by: "b", does: "run_shell_command" }], [{ does: "search" }]),
  ),
  ...accept(
    "The reporter may only read files",
    never(
      [
        { by: "reporter", does: "write_file" },
        { by: "reporter", does: "send_email" },
      ],
      [
        { by: "reporter", does: "read_file" },
        { by: "b", does: "write_file" },
      ],
    ),
  ),
  ...accept(
    "Only the finance agent may make payments",
    never(
      [{ by: "writer", does: "make_payment" }],
      [
        { by: "finance_agent", does: "make_payment" },
        { by: "writer", does: "search" },
      ],
    ),
  ),
  ...accept(
    "Payments may only be made by the finance agent",
    never(
      [{ by: "writer", does: "make_payment" }],
      [
        { by: "finance_agent", does: "make_payment" },
        { by: "writer", does: "search" },
      ],
    ),
  ),
  ...accept(
    "No agent other than the finance agent may make payments",
    never(
      [{ by: "writer", does: "make_payment" }],
      [
        { by: "finance_agent", does: "make_payment" },
        { by: "writer", does: "search" },
      ],
    ),
  ),
  ...accept(
    "All payments require human approval",
    asks([{ does: "make_payment" }, { by: "b", does: "payment" }], [{ does: "search" }]),
  ),
  ...accept(
    "Payments over $50 must be approved",
    run()
      .ok(usd(50, "a", "payment"))
      .ask(usd(50.01, "a", "payment"))
      .ok(usd(90)),
  ),
  ...accept(
    "Get approval before any payment over $50",
    run()
      .ok(usd(50, "a", "payment"))
      .ask(usd(50.01, "a", "payment"))
      .ok(usd(90)),
  ),
  ...accept(
    "A human has to approve every deployment to production",
    asks([{ does: "deploy", tags: { env: "production" } }], [{ does: "deploy", tags: { env: "dev" } }, {}]),
  ),
  ...accept(
    "Ask a human before calling `drop_table`",
    asks([{ does: "drop_table" }], [{ does: "drop_view" }]),
  ),
  ...accept(
    "Don't let the intern use `prod_db`",
    never([{ by: "intern", does: "prod_db" }], [{ by: "intern" }, { by: "b", does: "prod_db" }]),
  ),
  ...accept(
    "No trades before 09:30 New York time",
    run("2026-01-05T14:00:00Z")
      .no({ does: "trade" })
      .ok()
      .until("2026-01-05T14:30:00Z")
      .ok({ does: "trade" }),
  ),
  ...accept(
    "Trading is not allowed on Sundays",
    run("2026-01-10T12:00:00Z")
      .ok({ does: "trade" })
      .until("2026-01-11T00:00:00Z")
      .no({ does: "trade" })
      .ok()
      .until("2026-01-12T00:00:00Z")
      .ok({ does: "trade" }),
  ),
  ...accept(
    "Emails may be sent only on weekdays",
    run().ok({ does: "send_email" }).until("2026-01-10T01:00:00Z").no({ does: "send_email" }).ok(),
  ),
  ...accept(
    "Only send emails between 8am and 8pm UTC",
    run("2026-01-05T07:59:59Z")
      .no({ does: "send_email" })
      .ok()
      .wait("1s")
      .ok({ does: "send_email" })
      .until("2026-01-05T20:00:00Z")
      .no({ does: "send_email" }),
  ),
  ...accept(
    "Forbid payments on weekends and Fridays",
    run()
      .ok({ does: "payment" })
      .until("2026-01-09T01:00:00Z")
      .no({ does: "payment" })
      .ok()
      .until("2026-01-11T01:00:00Z")
      .no({ does: "payment" }),
  ),
  ...accept(
    "Warn me about every payment over $500",
    run()
      .ok(usd(500, "a", "payment"))
      .calm()
      .ok(usd(501, "a", "payment"))
      .alert(),
  ),
  ...accept(
    "Nobody may email ceo@example.com",
    never(
      [{ does: "send_email", tags: { recipient: "ceo@example.com" } }],
      [{ does: "send_email", tags: { recipient: "x@example.com" } }, {}],
    ),
  ),
  ...accept(
    "Deny everything that starts with `admin_`",
    never([{ does: "admin_reset" }], [{ does: "reset_admin" }, {}]),
  ),
  ...accept(
    "The planner's sub-agents may not make payments",
    never(
      [{ by: "planner/x", does: "make_payment" }],
      [{ by: "planner", does: "make_payment" }, { by: "planner/x" }],
    ),
  ),
  ...accept("In shadow: require approval for all payments", run().shadow({ does: "payment" }).ok()),
  // Health.
  ...accept(
    "Halt all trading when the portfolio is down more than 4 percent",
    run()
      .balance(100, 96)
      .ok({ does: "trade" })
      .balance(100, 95.9)
      .no({ does: "trade" })
      .ok()
      .balance(100, 100)
      .no({ does: "trade" })
      .resume()
      .ok({ does: "trade" }),
  ),
  ...accept(
    "Stop all trading if we are down more than $200 today",
    run()
      .balance(1000, 800)
      .ok({ does: "trade" })
      .balance(1000, 799)
      .no({ does: "trade" })
      .ok()
      .balance(1000, 900)
      .ok({ does: "trade" }),
  ),
  ...accept(
    "Halt everything when the drawdown exceeds 20%",
    run()
      .balance(100, 150)
      .balance(100, 120)
      .ok()
      .balance(100, 119)
      .no()
      .balance(100, 150)
      .no({ by: "b" })
      .resume()
      .ok(),
  ),
  ...accept(
    "Shut down the trader if losses exceed 10 percent",
    run().balance(100, 90).ok({ by: "trader" }).balance(100, 89).no({ by: "trader" }).ok({ by: "b" }),
  ),
  ...accept(
    "If the account balance drops below $500, stop all payments",
    run()
      .balance(1000, 500)
      .ok({ does: "payment" })
      .balance(1000, 499)
      .no({ does: "payment" })
      .ok()
      .balance(1000, 600)
      .ok({ does: "payment" }),
  ),
  ...accept(
    "Halt if the balance goes below $10",
    run().balance(100, 10).ok().balance(100, 9.99).no().balance(100, 50).no().resume().ok(),
  ),
  ...accept(
    "When a tool fails three times in a row, pause it for two minutes",
    run().fail(3).no().ok({ does: "read" }).wait("1m59s").no().wait("1s").ok(),
  ),
  ...accept(
    "Disable a tool for an hour after 4 consecutive errors",
    run().fail(4).no().ok({ does: "read" }).wait("59m59s").no().wait("1s").ok(),
  ),
  ...accept(
    "Stop calling a tool for 30 seconds if it fails twice in a row",
    run().fail(2).no().ok({ does: "read" }).wait("29s").no().wait("1s").ok(),
  ),
  ...accept(
    "Pause an agent when at least 60% of its calls fail within 10 minutes",
    run().ok(4).fail(6).no().no({ does: "read" }).ok({ by: "b" }),
  ),
  ...accept("Alert when an agent's error rate exceeds 30% in 5 minutes", run().ok(9).fail(4).alert().ok()),
  ...accept(
    "Stop trading when `vix_feed` is older than 10 seconds",
    run()
      .no({ does: "trade" })
      .signal("vix_feed")
      .ok({ does: "trade" })
      .wait("10s")
      .ok({ does: "trade" })
      .wait("1ms")
      .no({ does: "trade" })
      .ok(),
  ),
  ...accept(
    "Stop everything if there is no heartbeat for 15 seconds",
    run().signal("heartbeat").ok().wait("14s").ok().wait("1001ms").no().signal("heartbeat").ok(),
  ),
  ...accept(
    "Block orders if the market data is more than 5 seconds old",
    run()
      .signal("market_data")
      .ok({ does: "place_order" })
      .wait("5s")
      .ok({ does: "place_order" })
      .wait("1ms")
      .no({ does: "place_order" })
      .ok(),
  ),
  // Judgement.
  ...accept("Alert if over 40% of calls are denied in 5 minutes", {
    kind: "denials",
    ratePct: 40,
    window: "5m",
    then: "alert",
  }),
  ...accept("Halt everything when more than 100 new customers show up in an hour", {
    kind: "newcomers",
    of: "tag:customer",
    limit: 100,
    window: "1h",
    then: "halt",
  }),
  ...accept("Alert when more than 3 new tools are used within a day", {
    kind: "newcomers",
    of: "series",
    limit: 3,
    window: "1d",
    then: "alert",
  }),
  ...accept("Halt callers that run at more than 8x their normal rate", {
    kind: "runaway",
    multiple: 8,
    per: "source",
    then: "halt",
  }),
  ...accept("Alert when any agent is running at 4 times its normal rate", {
    kind: "runaway",
    multiple: 4,
    per: "source",
    then: "alert",
  }),
  ...accept(
    [
      "Halt an agent that repeats the same call 5 times in a row",
      "Kill an agent after 5 identical calls in a row",
    ],
    { kind: "loop", repeats: 5, per: "source", then: "halt" },
    { kind: "loop", repeats: 5, per: "source", then: "halt", maxPeriod: 1 },
  ),
  ...accept("Require at least 40 samples before a strategy is killed", {
    kind: "score",
    settings: { minSamplesForKill: 40 },
  }),
  ...accept("Debounce status changes for five minutes", {
    kind: "score",
    settings: { debounceSeconds: 300 },
  }),
  ...accept(
    [
      "Never trade without approval",
      "No trades without approval",
      "Nobody may trade without a human's approval",
    ],
    asks([{ does: "trade" }, { by: "b", does: "place_trade" }], [{}]),
  ),
  ...accept(
    ["Agents may send emails only on weekdays", "Agents may send emails on weekdays only"],
    run().ok({ does: "send_email" }).until("2026-01-10T01:00:00Z").no({ does: "send_email" }).ok(),
  ),
  ...accept(
    ["Stop when the balance is $25 or less", "Stop when the balance is at most $25"],
    run().balance(100, 25.01).ok().balance(100, 25).no().balance(100, 30).ok(),
  ),
  ...accept(
    "Never trade unless the regime is normal",
    run().ok({ does: "trade" }).signal("latency").no({ does: "trade" }).ok(),
  ),
  ...accept(
    "Orders of $500 or more need approval",
    run()
      .ok(usd(499.99, "a", "place_order"))
      .ask(usd(500, "a", "place_order"))
      .ok(usd(900)),
  ),
  // Not as sure.
  ...either(
    [
      "The researcher and the writer may each make 5 calls per minute",
      "The researcher and the writer may each make at most 5 calls per minute",
    ],
    run()
      .ok(5, { by: "researcher" })
      .no({ by: "researcher" })
      .ok(5, { by: "writer" })
      .no({ by: "writer" })
      .ok(9),
  ),
  ...either("Emails per hour must not exceed 10", rate(10, "1h", { does: "send_email" }, [{}])),
  ...either("Hourly email limit: 10", rate(10, "1h", { does: "send_email" }, [{}])),
  ...either("The number of emails per hour is limited to 10", rate(10, "1h", { does: "send_email" }, [{}])),
  ...either("Nothing may be deleted", never([{ does: "delete_file" }], [{}])),
  ...either(
    "Trading stops when losses exceed 5 percent",
    run().balance(100, 95).ok({ does: "trade" }).balance(100, 94).no({ does: "trade" }).ok(),
  ),
  ...either(
    "Losses above 5 percent stop all trading",
    run().balance(100, 95).ok({ does: "trade" }).balance(100, 94).no({ does: "trade" }).ok(),
  ),
  ...either(
    "Email bob@example.com at most twice a day",
    run()
      .ok(2, { does: "send_email", tags: { recipient: "bob@example.com" } })
      .no({ does: "send_email", tags: { recipient: "bob@example.com" } })
      .ok(3, { does: "send_email", tags: { recipient: "x" } }),
  ),
  ...either("Stop when the balance falls by $25", run().balance(100, 76).ok().balance(100, 74.99).no()),
  ...either("Detect runaway callers at 5x", { kind: "runaway", multiple: 5, per: "source", then: "alert" }),
  ...either("Ban the scraper", never([{ by: "scraper" }], [{ by: "b" }])),
  ...either(
    "Everyone but the trader is limited to 5 calls per minute",
    run().ok(5).no().ok(9, { by: "trader" }).ok(5, { by: "b" }),
  ),
  ...either(
    "Between calls, each agent must wait at least 2 seconds",
    run().ok().no().ok({ by: "b" }).wait("2s").ok().no(),
  ),
  ...either(
    "Block emails unless they go to bob@example.com",
    run()
      .ok({ does: "send_email", tags: { to: "bob@example.com" } })
      .no({ does: "send_email", tags: { to: "ann@example.com" } })
      .ok(),
  ),
  ...either(
    "Only deploy to staging",
    run()
      .ok({ does: "deploy", tags: { env: "staging" } })
      .no({ does: "deploy", tags: { env: "production" } })
      .ok(),
  ),
  ...either(
    "Deploy only to staging",
    run()
      .ok({ does: "deploy", tags: { env: "staging" } })
      .no({ does: "deploy", tags: { env: "production" } })
      .ok(),
  ),
  ...either(
    "Each agent may spend $50 a day, and the supervisor $500",
    run().ok(usd(50)).no(usd(1)).ok(usd(500, "supervisor")).no(usd(1, "supervisor")),
  ),
  ...either("Allow 5 calls per minute", run().ok(5).no({ by: "b" })),
  ...either(
    "Block payments over $500 or in euros",
    run()
      .no(usd(501, "a", "payment"))
      .no({ does: "payment", cost: { eur: 1 } })
      .ok(usd(1, "a", "payment")),
  ),
  ...either(
    "Halt the trader when it loses more than 5 percent",
    run().balance(100, 94).no({ by: "trader" }).ok({ by: "b" }),
  ),
  ...either(
    "Pause trading for 10 minutes after 3 failed trades in a row",
    run().fail(3, { does: "trade" }).no({ does: "trade" }).ok().wait("10m").ok({ does: "trade" }),
  ),
  // To be refused.
  ...refuse("written by another hand", [
    "Cap each caller at a dozen-ish requests per second",
    "Let the agents do about twenty calls a minute",
    "Limit each agent to 10 calls per minute, give or take",
    "Limit each agent to 10 calls per minute plus 5 for emergencies",
    "Limit each agent to at least 5 and at most 10 calls per minute",
    "Limit agents to 5 calls a minute in general",
    "Limit the researcher and the writer to 5 calls per minute",
    "Kill any agent that runs longer than 1 hour",
    "Limit new agents to 5 calls per minute",
    "Limit large agents to 5 calls per minute",
    "Limit suspicious agents to 5 calls per minute",
    "Limit each agent to 5 slow calls per minute",
    "Limit each agent to 5 successful calls per minute",
    "Limit each agent to 5 failed calls per minute",
    "Limit each agent to 5 unapproved calls per minute",
    "Limit each agent to 5 calls per business day",
    "Limit each agent to 5 calls per working hour",
    "Limit each agent to 5 calls per lunar month",
    "Limit each agent to 5 consecutive calls",
    "Spend at most $50 a day net of refunds",
    "Spend at most $50 a day before tax",
    "Spend at most $50 a day more than yesterday",
    "Spend at most 50% of the balance a day",
    "Spend at most $50 a day per agent unless revenue is up",
    "Spend exactly $50 a day",
    "Spend $50",
    "Never spend money",
    "Each agent should aim for 10 calls per minute",
    "Each agent may make 10 calls per minute or more",
    "Each agent may make up to but not including 10 or 12 calls per minute",
    "Block every third email",
    "Block emails after the fifth one",
    "Block emails until approved by legal",
    "Block duplicate emails",
    "Block long emails",
    "Block emails sent twice",
    "Block risky trades",
    "Block most trades",
    "Block trades that lose money",
    "Block some trades on weekdays",
    "Delay emails by 5 minutes",
    "Queue calls above 10 per minute",
    "Retry failed calls 3 times",
    "Log every call",
    "Encrypt all emails",
    "Send all emails to bob@example.com",
    "Run a backup every day",
    "Delete old files every week",
    "Restart the trader after 5 failures in a row",
    "Charge $5 per call",
    "Ask a human before any refund over $200 or under $5 or on Mondays unless it is raining",
    "Ask a human if unsure",
    "Ask a human within 5 minutes before any refund",
    "Ask a human once a day",
    "Halt when losses exceed 5 percent of the loss limit",
    "Halt when losses exceed 5 percent within an hour",
    "Halt when profits exceed 5 percent",
    "Halt when losses exceed expectations",
    "Halt when losses fall below 5 percent",
    "Halt when losses do not exceed 5 percent",
    "Halt unless losses exceed 5 percent",
    "Stop when the balance rises above $25",
    "Stop when the balance is $25",
    "Stop when the balance falls below $25 twice",
    "Stop trading when the price feed is younger than 30 seconds",
    "Stop trading when the price feed is above 30",
    "Pause a tool for 5 minutes after 5 successes in a row",
    "Pause a tool for 5 minutes before 5 failures in a row",
    "Pause a tool for 5 minutes unless it fails 5 times in a row",
    "Pause a tool after 5 failures in a row for the rest of the day",
    "Kill any call that runs shorter than 2 minutes",
    "Kill any call that runs for exactly 2 minutes",
    "Only allow trades on weekdays between 09:30 and 16:00 local time",
    "Only allow trades on weekdays between 09:30 and 16:00 New York time or when asked nicely",
    "Only allow trades during market hours",
    "Only the trader may usually place orders",
    "Only the trader may place orders, mostly",
    "Never let the intern bot almost delete anything",
    "Let the intern bot delete anything",
    "Let the intern bot never not delete anything",
    "The intern bot must delete everything",
    "The intern bot may delete everything except backups",
    "Require 15 samples after killing a strategy",
    "Require at most 15 samples before killing a strategy",
    "Debounce status changes",
    "Detect runaway callers below 5x baseline",
    "Alert when deny rate falls below 70 percent over a 60 second window",
    "Alert when deny rate exceeds 70 calls over a 60 second window",
    "Halt when fewer than 20 new recipients appear within a minute",
    "Halt when more than 20 old recipients appear within a minute",
    "Stop an agent that makes different calls 6 times in a row",
    "Stop an agent that makes the same call 6 times",
    "At most 3 deployments at once per minute",
    "At most 3 deployments at once in the next hour",
    "No single order above $500 per day in total at once",
    "No two orders above $500",
    "Limit each agent to 5 calls per minute per",
    "Limit each agent to per minute",
    "Limit each agent 5",
    "Limit to 5 calls per minute each agent except",
    "Limit each agent to 5 calls per minute and",
    "unless search, each agent 5 calls per minute unless",
  ]),
];
