import { accept, either } from "../entry.js";
import type { Entry } from "../entry.js";
import { run } from "../script.js";

const NO_DELETING_INTERN = run()
  .no({ by: "intern_bot", does: "delete_file" })
  .no({ by: "intern_bot", does: "deleteUser" })
  .no({ by: "intern_bot/helper", does: "delete_file" })
  .ok({ by: "intern_bot", does: "read_file" })
  .ok({ by: "planner", does: "delete_file" });

const refund = (usd: number) => ({ does: "issue_refund", usd });

const REFUNDS = run()
  .ok(refund(200))
  .ask(refund(200.01))
  .ask({ by: "b", does: "refund", usd: 5000 })
  .ok({ does: "buy", usd: 5000 });

const MARKET_HOURS = run("2026-01-05T12:00:00Z")
  .no({ does: "trade" })
  .ok()
  .until("2026-01-05T14:29:59.999Z")
  .no({ does: "place_trade" })
  .until("2026-01-05T14:30:00Z")
  .ok({ does: "trade" })
  .until("2026-01-05T20:59:59.999Z")
  .ok({ by: "b", does: "trade" })
  .until("2026-01-05T21:00:00Z")
  .no({ does: "trade" })
  .ok()
  .until("2026-01-10T16:00:00Z")
  .no({ does: "trade" })
  .ok({ does: "send_email" });

const ONLY_THE_TRADER = run()
  .ok({ by: "trader", does: "place_order" })
  .ok({ by: "trader", does: "search" })
  .no({ by: "writer", does: "place_order" })
  .ok({ by: "writer", does: "search" });

const ONLY_SEARCHES = run()
  .ok({ by: "researcher", does: "web_search" })
  .no({ by: "researcher", does: "send_email" })
  .no({ by: "researcher", does: "delete_file" })
  .ok({ by: "writer", does: "send_email" });

const ONLY_TWO_TOOLS = run()
  .ok({ does: "search" })
  .ok({ by: "b", does: "read_file" })
  .no({ does: "send_email" })
  .no({ by: "b", does: "write_file" });

const NO_DEPLOYS_TO_PRODUCTION = run()
  .no({ does: "deploy", tags: { env: "production" } })
  .no({ by: "b", does: "deploy", args: { target: "production" } })
  .ok({ does: "deploy", tags: { env: "staging" } })
  .ok({ does: "search", tags: { env: "production" } });

const NO_FRIDAYS = run()
  .ok({ does: "run_deployment" })
  .until("2026-01-08T23:59:59Z")
  .ok({ does: "run_deployment" })
  .until("2026-01-09T00:00:00Z")
  .no({ does: "run_deployment" })
  .ok()
  .until("2026-01-10T00:00:00Z")
  .ok({ does: "run_deployment" });

const NO_WEEKENDS = run()
  .ok({ does: "trade" })
  .until("2026-01-10T00:00:00Z")
  .no({ does: "place_trade" })
  .ok()
  .until("2026-01-11T23:59:59Z")
  .no({ does: "trade" })
  .until("2026-01-12T00:00:00Z")
  .ok({ does: "trade" });

/** Who may do what, when, and what a human is asked about. */
export const ACCESS: readonly Entry[] = [
  ...accept(
    [
      "Never let the intern bot delete anything",
      "The intern bot must not delete anything",
      "The intern bot may not delete anything",
      "the intern bot may never delete anything.",
      "The intern bot must never delete anything",
      "The intern bot is not allowed to delete anything",
      "The intern bot can't delete anything",
      "Block the intern bot from deleting anything",
      "Stop the intern bot from deleting anything",
      "Prevent the intern bot from deleting anything",
      "Forbid the intern bot to delete anything",
      "Forbid the intern bot from deleting anything",
      "Do not allow the intern bot to delete anything",
      "Don't let the intern bot delete anything",
      "Prohibit the intern bot from deleting anything",
    ],
    NO_DELETING_INTERN,
  ),
  ...either(
    [
      "No deleting for the intern bot",
      "The intern bot is forbidden from deleting anything",
      "The intern bot should never delete anything",
    ],
    NO_DELETING_INTERN,
  ),
  ...accept(
    [
      "Nobody may delete files",
      "Never delete files",
      "No agent may delete files",
      "Agents must not delete files",
      "Do not delete files",
      "Don't let anyone delete files",
      "Forbid deleting files",
    ],
    run()
      .no({ does: "delete_file" })
      .no({ by: "b", does: "delete_files" })
      .ok({ does: "read_file" })
      .ok({ does: "delete_row" })
      .ok(),
  ),
  ...either(
    ["Block all deletions", "Deletions are forbidden", "No deletions"],
    run().no({ does: "delete_file" }).no({ by: "b", does: "delete_row" }).ok(),
  ),
  ...accept(
    [
      "Block `drop_table`",
      "Never call drop_table",
      "Forbid drop_table",
      "`drop_table` is forbidden",
      "Nobody may call drop_table",
      "Calls to drop_table are not allowed",
      "Do not allow `drop_table`",
      "No agent may use drop_table",
      "drop_table is never allowed",
      "Never allow actions where the tool is `drop_table`",
    ],
    run()
      .no({ does: "drop_table" })
      .no({ by: "b", does: "drop_table" })
      .ok({ does: "drop_tables" })
      .ok({ does: "table" })
      .ok(),
  ),
  ...accept(
    [
      "Block anything starting with `delete_`",
      "Never allow delete_*",
      "No agent may call anything starting with `delete_`",
      "Forbid tools whose name starts with `delete_`",
    ],
    run().no({ does: "delete_file" }).no({ by: "b", does: "delete_all" }).ok({ does: "undelete_file" }).ok(),
  ),
  ...accept(
    [
      "Block everything from the scraper",
      "The scraper may not do anything",
      "Block all actions by the scraper",
      "Never let the scraper do anything",
    ],
    run().no({ by: "scraper" }).no({ by: "scraper", does: "send_email" }).ok({ by: "b" }),
  ),
  ...accept(
    [
      "Ask a human before any refund over $200",
      "Require approval for refunds over $200",
      "Refunds over $200 need approval",
      "Refunds above $200 require approval",
      "Any refund of more than $200 requires human approval",
      "Refunds over two hundred dollars must be approved by a human",
      "A human must approve every refund over $200",
      "If a refund is over $200, ask a human",
      "Ask for approval before any refund above $200",
      "Ask a human before actions where the tool has the word `refund` and the cost is over $200",
      "Every refund over $200 needs human approval",
    ],
    REFUNDS,
  ),
  ...either(
    [
      "Get sign-off before any refund above $200",
      "Check with a human before refunding more than $200",
      "Refunds bigger than $200 go to a human first",
      "Hold refunds over $200 for approval",
    ],
    REFUNDS,
  ),
  ...accept(
    [
      "Ask a human before deleting anything",
      "Ask me before anything is deleted",
      "Deleting anything requires approval",
      "Require approval before deleting anything",
    ],
    run().ask({ does: "delete_file" }).ask({ by: "b", does: "delete_user" }).ok({ does: "read_file" }),
  ),
  ...accept(
    [
      "Ask a human before any deployment",
      "Every deployment needs approval",
      "Require approval for deployments",
      "Deployments need approval",
    ],
    run().ask({ does: "run_deployment" }).ask({ by: "b", does: "deploy_service" }).ok(),
  ),
  ...accept(
    [
      "Require approval for deployments to production",
      "Ask a human before any deployment to production",
      "Deployments to production need approval",
    ],
    run()
      .ask({ does: "run_deployment", tags: { env: "production" } })
      .ask({ by: "b", does: "run_deployment", args: { target: "production" } })
      .ok({ does: "run_deployment", tags: { env: "staging" } })
      .ok({ does: "search", tags: { env: "production" } }),
  ),
  ...accept(
    [
      "Never deploy to production",
      "Nobody may deploy to production",
      "Do not deploy to production",
      "No agent may deploy to production",
    ],
    NO_DEPLOYS_TO_PRODUCTION,
  ),
  ...accept(
    ["Never deploy to production on Fridays", "On Fridays, nobody may deploy to production"],
    run("2026-01-08T23:00:00Z")
      .ok({ does: "deploy", tags: { env: "production" } })
      .until("2026-01-09T00:00:00Z")
      .no({ does: "deploy", tags: { env: "production" } })
      .ok({ does: "deploy", tags: { env: "staging" } })
      .until("2026-01-10T00:00:00Z")
      .ok({ does: "deploy", tags: { env: "production" } }),
  ),
  ...accept(
    [
      "No deployments on Fridays",
      "Block deployments on Fridays",
      "Never allow deployments on Fridays",
      "On Fridays, block all deployments",
      "Deployments are not allowed on Fridays",
    ],
    NO_FRIDAYS,
  ),
  ...accept(
    [
      "No trading on weekends",
      "Block trades on weekends",
      "Never trade on weekends",
      "Trading is forbidden on weekends",
    ],
    NO_WEEKENDS,
  ),
  ...accept(
    "Block deployments on Fridays and weekends",
    run()
      .ok({ does: "deployment" })
      .until("2026-01-09T12:00:00Z")
      .no({ does: "deployment" })
      .until("2026-01-11T12:00:00Z")
      .no({ does: "deployment" })
      .ok()
      .until("2026-01-12T12:00:00Z")
      .ok({ does: "deployment" }),
  ),
  ...accept(
    [
      "Block emails between 22:00 and 06:00 UTC",
      "Never send emails between 10pm and 6am UTC",
      "No emails between 22:00 and 06:00",
    ],
    run("2026-01-05T21:59:59Z")
      .ok({ does: "send_email" })
      .wait("1s")
      .no({ does: "send_email" })
      .ok()
      .until("2026-01-06T05:59:59.999Z")
      .no({ does: "send_email" })
      .wait("1ms")
      .ok({ does: "send_email" }),
  ),
  ...accept(
    [
      "Only allow trades on weekdays between 09:30 and 16:00 New York time",
      "Trades are only allowed on weekdays between 9:30am and 4pm New York time",
      "Allow trading only on weekdays from 09:30 to 16:00 New York time",
      "Only trade on weekdays between 9:30 and 16:00 New York time",
      "Trading is only allowed on weekdays between 09:30 and 16:00 New York time",
      "Only allow trades between 09:30 and 16:00 New York time on weekdays",
      "Block trades except on weekdays between 09:30 and 16:00 New York time",
      "Never trade unless it is a weekday between 09:30 and 16:00 New York time",
      "Only allow trades on weekdays between 09:30 and 16:00 in America/New_York",
      "Trades may only be placed on weekdays between 09:30 and 16:00 New York time",
    ],
    MARKET_HOURS,
  ),
  ...accept(
    [
      "Block trades outside 09:30 to 16:00 New York time",
      "No trading outside 09:30 to 16:00 New York time",
      "Only allow trades between 09:30 and 16:00 New York time",
    ],
    run("2026-01-10T14:00:00Z")
      .no({ does: "trade" })
      .ok()
      .until("2026-01-10T14:30:00Z")
      .ok({ does: "trade" })
      .until("2026-01-10T21:00:00Z")
      .no({ does: "trade" }),
  ),
  ...accept(
    "Only allow emails on weekdays between 9 a.m. and 5 p.m. London time",
    run("2026-07-06T07:59:59Z")
      .no({ does: "send_email" })
      .ok()
      .wait("1s")
      .ok({ does: "send_email" })
      .until("2026-07-06T16:00:00Z")
      .no({ does: "send_email" }),
  ),
  ...accept(
    [
      "Only the trader may place orders",
      "Only the trader is allowed to place orders",
      "Nobody but the trader may place orders",
      "No agent except the trader may place orders",
      "Nobody except the trader may place orders",
      "Only let the trader place orders",
      "Orders may only be placed by the trader",
      "No one other than the trader may place orders",
    ],
    ONLY_THE_TRADER,
  ),
  ...accept(
    [
      "The researcher may only search",
      "Let the researcher only search",
      "The researcher can only search",
      "The researcher is only allowed to search",
    ],
    ONLY_SEARCHES,
  ),
  ...accept(
    [
      "Only allow search and read_file",
      "Allow only `search` and `read_file`",
      "Allow only search and read_file",
      "Agents may only use search and read_file",
      "Allow only actions where the tool is `search` or `read_file`",
      "Only search and read_file are allowed",
      "Allow nothing but search and read_file",
      "Block everything except search and read_file",
      "Nothing but `search` and `read_file` is allowed",
    ],
    ONLY_TWO_TOOLS,
  ),
  ...accept(
    [
      "The research agent may only use search and read_file",
      "The research agent may only call `search` and `read_file`",
      "Let the research agent use only search and read_file",
    ],
    run()
      .ok({ by: "research_agent", does: "search" })
      .ok({ by: "research_agent", does: "read_file" })
      .no({ by: "research_agent", does: "send_email" })
      .ok({ by: "writer", does: "send_email" }),
  ),
  ...accept(
    [
      "Never email bob@example.com",
      "Do not send emails to bob@example.com",
      "Block emails to bob@example.com",
      "Never send email to `bob@example.com`",
    ],
    run()
      .no({ does: "send_email", tags: { recipient: "bob@example.com" } })
      .no({ by: "b", does: "send_email", args: { to: "bob@example.com" } })
      .ok({ does: "send_email", tags: { recipient: "ann@example.com" } })
      .ok({ does: "search", args: { to: "bob@example.com" } }),
  ),
  ...accept(
    [
      "Alert when anyone deletes a file",
      "Warn whenever an agent deletes a file",
      "Notify me when a file is deleted",
    ],
    run().ok({ does: "read_file" }).calm().ok({ does: "delete_file" }).alert(),
  ),
  ...accept(
    ["Alert on every deployment", "Notify me of every deployment", "Warn me on any deployment"],
    run().ok().calm().ok({ does: "run_deployment" }).alert(),
  ),
  // The bot is to be stopped, and not only its deleting.
  ...either(
    "Halt the intern bot if it deletes anything",
    run()
      .ok({ by: "intern_bot", does: "read_file" })
      .no({ by: "intern_bot", does: "delete_file" })
      .no({ by: "intern_bot", does: "read_file" })
      .ok({ by: "b", does: "delete_file" }),
  ),
  ...accept(
    ["Never let sub-agents of the planner send emails", "Sub-agents of `planner` may not send emails"],
    run()
      .no({ by: "planner/helper", does: "send_email" })
      .no({ by: "planner/helper/deep", does: "send_email" })
      .ok({ by: "planner", does: "send_email" })
      .ok({ by: "writer/helper", does: "send_email" })
      .ok({ by: "planner/helper" }),
  ),
  ...accept(
    ["Sub-agents may not send emails", "Never let a sub-agent send emails"],
    run()
      .no({ by: "planner/helper", does: "send_email" })
      .ok({ by: "planner", does: "send_email" })
      .ok({ by: "planner/helper" }),
  ),
  ...accept(
    [
      "Never allow write_file when argument `path` is `/etc/**`",
      "Block write_file where the argument `path` is `/etc/**`",
      "Never allow actions where the tool is `write_file` and argument `path` is `/etc/**`",
    ],
    run()
      .no({ does: "write_file", args: { path: "/etc/ssh/key" } })
      .ok({ does: "write_file", args: { path: "/tmp/x" } })
      .ok({ does: "read_file", args: { path: "/etc/ssh/key" } }),
  ),
  ...accept(
    [
      "Block actions where tag `env` is `prod`",
      "Never allow actions where tag `env` is `prod`",
      "Block all calls when the tag `env` is `prod`",
    ],
    run()
      .no({ tags: { env: "prod" } })
      .no({ by: "b", does: "read", tags: { env: "prod" } })
      .ok({ tags: { env: "dev" } })
      .ok(),
  ),
  ...accept(
    [
      "Ask a human before calling `wire_transfer` when argument `amount` is over 1000",
      "Ask a human before wire_transfer where argument `amount` is over 1,000",
    ],
    run()
      .ask({ does: "wire_transfer", args: { amount: 1001 } })
      .ok({ does: "wire_transfer", args: { amount: 1000 } })
      .ok({ does: "buy", args: { amount: 5000 } }),
  ),
  ...accept(
    [
      "No agent except the supervisor may delete anything",
      "Only the supervisor may delete anything",
      "Nobody other than the supervisor may delete anything",
    ],
    run()
      .no({ by: "writer", does: "delete_file" })
      .ok({ by: "supervisor", does: "delete_file" })
      .ok({ by: "writer", does: "read" }),
  ),
  ...accept(
    ["Nobody may use `payroll_*`", "Block all calls to `payroll_*`"],
    run().no({ does: "payroll_run" }).no({ by: "b", does: "payroll_read" }).ok({ does: "run_payroll" }),
  ),
  ...accept(
    ["Block emails when the regime is shock", "No emails during a shock"],
    { kind: "access", effect: "deny", match: { series: "~email", regime: "shock" } },
    { kind: "access", effect: "deny", match: { series: "~emails", regime: "shock" } },
    run().ok({ does: "send_email" }).ok(),
  ),
  ...accept(
    ["Orders under $5 are not allowed", "Block orders under $5", "Never place orders below $5"],
    run()
      .no({ does: "place_order", usd: 4.99 })
      .ok({ does: "place_order", usd: 5 })
      .ok({ does: "buy", usd: 1 }),
  ),
  ...accept(
    [
      "In shadow: never let the intern bot delete anything",
      "In shadow mode, block the intern bot from deleting anything",
    ],
    run()
      .shadow({ by: "intern_bot", does: "delete_file" })
      .ok({ by: "intern_bot", does: "read_file" })
      .ok({ by: "planner", does: "delete_file" }),
  ),
  ...accept(
    "The trader and the broker may not send emails",
    run()
      .no({ by: "trader", does: "send_email" })
      .no({ by: "broker", does: "send_email" })
      .ok({ by: "writer", does: "send_email" })
      .ok({ by: "trader", does: "trade" }),
  ),
  ...either(
    "Neither the trader nor the broker may send emails",
    run()
      .no({ by: "trader", does: "send_email" })
      .no({ by: "broker", does: "send_email" })
      .ok({ by: "writer", does: "send_email" }),
  ),
  ...accept(
    ["Block emails and payments by the intern", "The intern may not send emails or make payments"],
    run()
      .no({ by: "intern", does: "send_email" })
      .no({ by: "intern", does: "make_payment" })
      .ok({ by: "intern", does: "search" })
      .ok({ by: "writer", does: "send_email" }),
  ),
  ...accept("Never run shell_exec", run().no({ does: "shell_exec" }).ok({ does: "shell" }).ok()),
  // A halt of everything, and not of that tool alone.
  ...either(
    [
      "Halt everything when anyone calls drop_database",
      "Shut everything down if an agent calls `drop_database`",
    ],
    run().ok().no({ does: "drop_database" }).no().no({ by: "b", does: "send_email" }).resume().ok(),
  ),
  ...either(
    [
      "Never allow emails to anyone but bob@example.com",
      "Only allow emails to bob@example.com",
      "Emails may only go to bob@example.com",
    ],
    run()
      .ok({ does: "send_email", tags: { recipient: "bob@example.com" } })
      .no({ does: "send_email", tags: { recipient: "ann@example.com" } })
      .ok({ does: "search" }),
  ),
  ...either(
    ["Payments are allowed except under $100", "Payments are only allowed except under $100"],
    run().ok({ does: "send_payment", usd: 100 }).no({ does: "send_payment", usd: 99.99 }).ok(),
  ),
  ...either(
    [
      "Trading is allowed except on weekends",
      "Trading is only allowed except on weekends",
      "Trade except on weekends",
    ],
    NO_WEEKENDS,
  ),
  ...accept(
    ["Only allow payments under $100", "Payments are only allowed under $100"],
    run()
      .ok({ does: "send_payment", usd: 99.99 })
      .no({ does: "send_payment", usd: 100 })
      .ok({ does: "buy", usd: 500 }),
  ),
  ...either(
    [
      "Never send emails where tag `bcc` is given",
      "Never send emails when the tag bcc is set",
      "Block emails where tag `bcc` exists",
    ],
    run()
      .no({ does: "send_email", tags: { bcc: "ann@example.com" } })
      .no({ does: "send_email", tags: { bcc: "given" } })
      .ok({ does: "send_email" })
      .ok({ does: "search", tags: { bcc: "ann@example.com" } }),
  ),
];
