import { accept, either } from "../entry.js";
import type { Entry } from "../entry.js";
import { run } from "../script.js";

const A = { by: "a" };
const B = { by: "b" };
const EMAIL = { does: "send_email" };

/** Five a minute for every agent by itself. */
const FIVE_A_MINUTE = run()
  .ok(3, A)
  .ok(2, { by: "a", does: "send_email" })
  .no(A)
  .ok(5, B)
  .no(B)
  .wait("59999ms")
  .no(A)
  .wait("1ms")
  .ok(5, A)
  .no(A);

/** The same from planner/x and planner/y counts for planner. */
const FIVE_A_MINUTE_WITH_SUB_AGENTS = run()
  .ok(3, { by: "planner/x" })
  .ok(2, { by: "planner/y" })
  .no({ by: "planner/z" })
  .no({ by: "planner" })
  .ok(5, { by: "writer" });

/** A hundred a second for all together. */
const HUNDRED_A_SECOND = run()
  .ok(60, A)
  .ok(40, { by: "b", does: "send_email" })
  .no(A)
  .no({ by: "c" })
  .wait("999ms")
  .no(B)
  .wait("1ms")
  .ok(100, B)
  .no(A);

const TEN_EMAILS_AN_HOUR = run()
  .ok(6, { by: "a", does: "send_email" })
  .ok(4, { by: "b", does: "send_bulk_email" })
  .no({ by: "b", does: "send_email" })
  .no({ by: "c", does: "send_email" })
  .ok(20, { by: "a", does: "search" })
  .wait("59m59s999ms")
  .no(EMAIL)
  .wait("1ms")
  .ok(EMAIL);

const ALERT_OVER_TWENTY = run().ok(20, A).calm().ok(A).alert().ok(20, B).calm();

const HALT_OVER_TWENTY = run()
  .ok(20, A)
  .no(A)
  .no({ by: "a", does: "send_email" })
  .ok(B)
  .wait("2d")
  .no(A)
  .resume()
  .ok(A);

const PAUSE_TEN_MINUTES = run().ok(20, A).no(A).ok(B).wait("9m59s999ms").no(A).wait("1ms").ok(20, A).no(A);

const SEARCH_IS_FREE = run()
  .ok(50, { by: "a", does: "search" })
  .ok(10, { by: "a", does: "read_file" })
  .no({ by: "a", does: "read_file" })
  .ok({ by: "a", does: "search" })
  .ok(10, { by: "b", does: "read_file" });

const DELETES = run()
  .ok({ does: "delete_file" })
  .ok({ does: "delete_user" })
  .no({ does: "delete_file" })
  .ok(9, { does: "undelete_file" })
  .ok(9, { does: "search" })
  .wait("1h")
  .ok({ does: "delete_file" });

/** Limits on actions in a window. */
export const RATE: readonly Entry[] = [
  ...accept(
    [
      "Cap each caller at 8 requests per second with bursts of 16",
      "cap every caller at eight requests a second, with bursts of sixteen",
      "Limit each agent to 8 requests per second with a burst of 16",
      "Every agent may make up to 8 calls per second with bursts of up to 16.",
      "Throttle each caller to 8 requests/s with bursts of 16",
      "Rate limit each caller to 8 requests per second, allowing bursts of 16",
    ],
    run()
      .ok(16, A)
      .no(A)
      .ok(16, B)
      .no(B)
      .wait("124ms")
      .no(A)
      .wait("1ms")
      .ok(A)
      .no(A)
      .wait("1s")
      .ok(8, A)
      .no(A),
  ),
  ...accept(
    [
      "Limit each agent to 5 calls per minute",
      "limit every agent to five requests a minute.",
      "No agent may make more than 5 calls per minute",
      "No agent can make more than five calls a minute",
      "An agent must not make more than 5 calls per minute",
      "Each agent is allowed at most 5 actions per minute",
      "Each agent gets at most 5 requests per minute",
      "Every caller may make up to 5 requests per minute.",
      "Don't let any agent make more than 5 requests per minute",
      "Never let an agent make more than 5 calls in a minute",
      "Allow at most 5 calls per minute per agent",
      "At most 5 requests per minute per agent",
      "Max 5 calls per minute per agent",
      "Maximum of 5 calls per minute for each agent",
      "Per agent, at most 5 calls a minute",
      "No more than 5 calls per 60 seconds for each agent",
      "Calls by each agent are limited to 5 per minute",
      "Each agent's calls are capped at 5 per minute",
      "Restrict every source to 5 operations per minute",
      "Throttle each bot to 5 tool calls a minute",
      "Cap each agent at 5 actions per minute",
      "Please limit each agent to 5 calls per minute.",
      "LIMIT EACH AGENT TO 5 CALLS PER MINUTE",
      "Each agent may make fewer than 6 calls per minute",
      "Limit each agent to 5 calls within any 60 seconds",
      "Limit each agent to 5 calls every minute",
    ],
    FIVE_A_MINUTE,
  ),
  ...accept(
    ["Limit each agent to 5 calls per minute", "Cap each caller at five requests per minute"],
    FIVE_A_MINUTE_WITH_SUB_AGENTS,
  ),
  ...either(
    [
      "5 requests per minute per agent",
      "5 calls/min per agent",
      "Each agent: 5 calls/min max",
      "Calls per agent: no more than 5 a minute",
      "Five calls a minute is the most any agent may make",
      "Agents may each make no more than five calls a minute",
      "If an agent has made 5 calls in the last minute, block its next call",
      "If an agent makes more than 5 calls in a minute, block the call",
      "I want each agent limited to 5 calls per minute",
      "Make sure no agent makes more than 5 calls per minute",
      "Cap each agent at 5 calls per minute, no bursts",
    ],
    FIVE_A_MINUTE,
  ),
  ...accept(
    [
      "Set a global limit of 100 requests per second across the system",
      "Cap the whole system at 100 requests per second",
      "All agents together may make at most 100 requests per second",
      "Globally, allow no more than 100 requests per second",
      "Across all agents, at most 100 calls per second",
      "Allow at most 100 calls per second across all agents",
      "Limit all agents together to one hundred requests a second",
      "Cap all agents together at 100 actions per second",
      "No more than 100 requests per second globally",
    ],
    HUNDRED_A_SECOND,
  ),
  ...either(
    [
      "Limit everyone combined to 100 requests a second",
      "At most 100 calls per second in total across all agents",
      "The system as a whole may handle 100 requests per second at most",
    ],
    HUNDRED_A_SECOND,
  ),
  ...accept(
    [
      "Send at most 10 emails per hour",
      "Send no more than ten emails an hour",
      "No more than 10 emails per hour",
      "At most 10 emails an hour, please",
      "Please don't send more than 10 emails per hour",
      "Never send more than 10 emails per hour",
      "Cap emails at 10 per hour",
      "Limit emails to 10 an hour across all agents",
      "Do not send more than 10 emails within an hour",
      "Allow up to 10 emails every hour",
      "Emails are limited to 10 per hour",
    ],
    TEN_EMAILS_AN_HOUR,
  ),
  ...either(
    ["Emails: at most 10 per hour", "10 emails an hour, tops", "Max emails per hour: 10"],
    TEN_EMAILS_AN_HOUR,
  ),
  ...either("Limit each agent to 5 per minute", FIVE_A_MINUTE),
  // What is no word of ours may be the name of a tool, and then it must be no more than that.
  ...either(
    "Cap each agent at 5 flurbs per minute",
    run().ok(5, { does: "flurb" }).no({ does: "flurb" }).ok(9).ok(5, { by: "b", does: "flurb" }),
  ),
  ...accept(
    ["At most 3 requests every 5 seconds per agent", "Allow each agent 3 requests per 5 seconds"],
    run().ok(3, A).no(A).ok(3, B).wait("4999ms").no(A).wait("1ms").ok(3, A).no(A),
  ),
  ...accept(
    ["At most 20 searches per hour per agent", "Each agent may run up to 20 searches an hour"],
    run()
      .ok(20, { by: "a", does: "web_search" })
      .no({ by: "a", does: "web_search" })
      .no({ by: "a", does: "search" })
      .ok(5, { by: "a", does: "send_email" })
      .ok(20, { by: "b", does: "search" })
      .wait("1h")
      .ok({ by: "a", does: "search" }),
  ),
  ...accept(
    ["No more than 1,000 API calls a day for each agent", "Each agent may make at most 1k requests per day"],
    run().ok(1000, A).no(A).ok(B).wait("11h59m").no(A).until("2026-01-06T00:00:00Z").no(A).wait("12h").ok(A),
  ),
  ...accept(
    "Cap each tool at 2 calls per 1.5 hours",
    run()
      .ok({ by: "a", does: "search" })
      .ok({ by: "b", does: "search" })
      .no({ by: "c", does: "search" })
      .ok(2, { by: "a", does: "read" })
      .wait("89m")
      .no({ does: "search" })
      .wait("1m")
      .ok({ does: "search" }),
  ),
  ...accept(
    ["At most 10 calls per half hour for each tool", "Limit each tool to 10 calls per 30 minutes"],
    run().ok(10).no().ok(10, { does: "read" }).wait("29m59s999ms").no().wait("1ms").ok(10).no(),
  ),
  ...accept(
    ["Limit each agent to 10 calls per 90s", "Cap each agent at 10 calls every 90 seconds"],
    run().ok(10, A).no(A).wait("89999ms").no(A).ok(B).wait("1ms").ok(A),
  ),
  ...accept(
    [
      "Let each agent make one call every ten seconds",
      "At most one call per 10 seconds for every agent",
      "No agent may make more than one call every ten seconds",
    ],
    run().ok(A).no(A).ok(B).wait("9999ms").no(A).wait("1ms").ok(A).no(A),
  ),
  ...accept(
    "At most 5 calls per week per agent",
    run().ok(5, A).no(A).ok(B).wait("6d").no(A).wait("23h59m").no(A).wait("1m").ok(A),
  ),
  ...accept(
    [
      "At most one email per minute per recipient",
      "Send each recipient at most one email per minute",
      "No recipient may get more than one email a minute",
    ],
    run()
      .ok({ does: "send_email", tags: { recipient: "bob" } })
      .no({ by: "b", does: "send_email", tags: { recipient: "bob" } })
      .ok({ does: "send_email", tags: { recipient: "ann" } })
      .ok(5, { does: "search", tags: { recipient: "bob" } })
      .wait("1m")
      .ok({ does: "send_email", tags: { recipient: "bob" } }),
  ),
  ...accept(
    ["Limit each user to 10 calls an hour", "No more than 10 calls an hour per user"],
    run()
      .ok(10, { tags: { user: "u1" } })
      .no({ by: "b", tags: { user: "u1" } })
      .ok(10, { tags: { user: "u2" } })
      .wait("1h")
      .ok({ tags: { user: "u1" } }),
  ),
  ...accept(
    ["Per tenant, no more than 2 calls a second", "Cap each tenant at 2 requests per second"],
    run()
      .ok(2, { tags: { tenant: "acme" } })
      .no({ by: "b", does: "read", tags: { tenant: "acme" } })
      .ok(2, { tags: { tenant: "globex" } })
      .wait("1s")
      .ok({ tags: { tenant: "acme" } }),
  ),
  ...accept(
    "Cap each model at 60 requests per minute",
    run()
      .ok(60, { tags: { model: "gpt" } })
      .no({ tags: { model: "gpt" } })
      .ok({ tags: { model: "opus" } }),
  ),
  ...accept(
    ["Per conversation, at most 5 tool calls per hour", "Limit each conversation to 5 tool calls an hour"],
    run()
      .ok(5, { tags: { conversation: "1" } })
      .no({ tags: { conversation: "1" } })
      .ok({ tags: { conversation: "2" } }),
  ),
  ...accept(
    ["At most 30 requests per minute per domain", "Make no more than 30 requests a minute to each domain"],
    run()
      .ok(30, { tags: { domain: "x.org" } })
      .no({ by: "b", tags: { domain: "x.org" } })
      .ok({ tags: { domain: "y.org" } }),
  ),
  ...accept(
    "Cap each tag `campaign` at 3 actions per hour",
    run()
      .ok(3, { tags: { campaign: "x" } })
      .no({ tags: { campaign: "x" } })
      .ok({ tags: { campaign: "y" } }),
  ),
  ...accept(
    [
      "Each agent may call each tool at most 10 times per minute",
      "At most 10 calls per minute per agent and tool",
      "Limit every agent to 10 calls per minute on each tool",
    ],
    run()
      .ok(10, { by: "a", does: "search" })
      .no({ by: "a", does: "search" })
      .ok(10, { by: "a", does: "read" })
      .no({ by: "a", does: "read" })
      .ok(10, { by: "b", does: "search" }),
  ),
  ...accept(
    [
      "No tool may be called more than 10 times per minute",
      "Each tool may be called at most ten times a minute",
    ],
    run()
      .ok(6, { by: "a", does: "search" })
      .ok(4, { by: "b", does: "search" })
      .no({ by: "c", does: "search" })
      .ok(10, { by: "a", does: "read" })
      .no({ by: "a", does: "read" }),
  ),
  ...accept(
    [
      "The research agent may send at most 10 emails per hour",
      "Let the research agent send no more than 10 emails an hour",
      "The research agent may not send more than ten emails per hour",
    ],
    run()
      .ok(10, { by: "research_agent", does: "send_email" })
      .no({ by: "research_agent", does: "send_email" })
      .ok(15, { by: "research_agent", does: "search" })
      .ok(15, { by: "writer", does: "send_email" }),
  ),
  ...accept(
    [
      "The research agent can't make more than 10 calls per hour",
      "Cap the research agent at 10 calls an hour",
    ],
    run()
      .ok(10, { by: "research-agent" })
      .no({ by: "research-agent", does: "read" })
      .ok(15, { by: "writer" }),
  ),
  ...accept(
    ["`billing-bot` may make at most 3 calls per minute", "Limit billing-bot to three calls a minute"],
    run()
      .ok({ by: "billing-bot" })
      .ok(2, { by: "billing-bot/helper" })
      .no({ by: "billing-bot" })
      .ok(9, { by: "billing" }),
  ),
  ...accept(
    [
      "At most 2 calls per hour to anything starting with `delete_`",
      "Limit anything starting with `delete_` to 2 calls per hour",
      "Limit tools whose name starts with delete_ to 2 calls an hour",
      "Cap `delete_*` at 2 calls per hour",
      "Allow at most 2 calls to delete_* per hour",
    ],
    DELETES,
  ),
  ...accept("Cap all agents together at 2 actions per hour where the tool is `delete_*`", DELETES),
  ...accept(
    [
      "Limit send_email and send_sms to 5 calls per hour, all agents together",
      "Allow at most 5 calls per hour to `send_email` or `send_sms`",
    ],
    run()
      .ok(3, { by: "a", does: "send_email" })
      .ok(2, { by: "b", does: "send_sms" })
      .no({ by: "a", does: "send_email" })
      .no({ by: "c", does: "send_sms" })
      .ok(9, { does: "send_fax" }),
  ),
  ...either(
    "Limit send_email and send_sms to 5 calls per hour each",
    run().ok(5, { does: "send_email" }).no({ by: "b", does: "send_email" }).ok(5, { does: "send_sms" }).ok(9),
  ),
  ...accept(
    [
      "Cap every agent except the supervisor at 10 calls a minute",
      "Limit each agent other than the supervisor to 10 calls per minute",
      "Every agent but the supervisor may make at most 10 calls per minute",
    ],
    run().ok(10, A).no(A).ok(50, { by: "supervisor" }).ok(10, B),
  ),
  ...accept(
    [
      "Each agent may make at most 10 calls a minute, excluding search",
      "Limit each agent to 10 calls per minute, except for search",
      "At most 10 calls per minute per agent, not counting `search`",
      "Cap each agent at 10 calls a minute unless the tool is search",
      "Cap each agent at 10 calls per minute unless the series is `search`",
      "Except for `search`, each agent may make at most 10 calls per minute",
      "Cap each agent at 10 actions per minute except where the tool is `search`",
    ],
    SEARCH_IS_FREE,
  ),
  ...accept(
    "Limit each agent to 3 calls a minute, excluding search and read_file",
    run()
      .ok(9, { does: "search" })
      .ok(9, { does: "read_file" })
      .ok(3, { does: "write_file" })
      .no({ does: "write_file" })
      .ok({ does: "search" }),
  ),
  ...accept(
    ["On weekends, cap each agent at 2 calls per hour", "Cap each agent at 2 calls per hour on weekends"],
    run("2026-01-09T23:00:00Z")
      .ok(9, A)
      .until("2026-01-10T00:00:00Z")
      .ok(2, A)
      .no(A)
      .ok(2, B)
      .wait("1h")
      .ok(A),
  ),
  ...accept(
    [
      "Between 22:00 and 06:00 UTC, each agent may make at most 2 calls per hour",
      "From 10pm to 6am UTC, limit each agent to 2 calls per hour",
    ],
    run("2026-01-05T21:00:00Z")
      .ok(9, A)
      .until("2026-01-05T22:00:00Z")
      .ok(2, A)
      .no(A)
      .ok(B)
      .until("2026-01-06T05:59:59Z")
      .ok(2, A)
      .no(A)
      .until("2026-01-06T06:00:00Z")
      .ok(9, A),
  ),
  ...accept(
    ["On Mondays and Tuesdays, each agent may make at most 2 calls per hour"],
    run("2026-01-06T22:00:00Z")
      .ok(2, A)
      .no(A)
      .until("2026-01-07T00:00:00Z")
      .ok(9, A)
      .until("2026-01-12T00:00:00Z")
      .ok(2, A)
      .no(A),
  ),
  ...accept(
    [
      "When the regime is shock, cap each agent at 1 call per minute",
      "Cap each agent at 1 call per minute when the regime is shock",
      "During a shock, limit each agent to one call per minute",
    ],
    { kind: "rate", limit: 1, window: "1m", per: "source", match: { regime: "shock" } },
    run().ok(5, A),
  ),
  ...accept(
    [
      "When the regime is stressed or shock, limit each agent to 1 call per minute",
      "In a stressed or shock regime, each agent may make at most 1 call per minute",
    ],
    { kind: "rate", limit: 1, window: "1m", per: "source", match: { regime: ["stressed", "shock"] } },
    run().ok(5, A).signal("latency").ok(A).no(A).ok(B),
  ),
  ...accept(
    [
      "In shadow: cap each caller at 8 requests per minute",
      "In shadow mode, cap each caller at 8 requests per minute",
      "Cap each caller at 8 requests per minute, in shadow",
      "Shadow: limit every agent to 8 calls a minute",
    ],
    run().ok(8, A).shadow(A).ok(8, B).wait("1m").ok(A),
  ),
  ...accept("Enforced: Cap each agent at 2 actions per hour", run().ok(2, A).no(A).ok(B)),
  ...accept(
    [
      "Alert me when an agent makes more than 20 calls in a minute",
      "Warn when any agent makes more than 20 calls per minute",
      "Notify us if any agent exceeds 20 calls per minute",
      "Flag any agent that makes more than 20 calls per minute",
      "If an agent makes more than 20 requests in one minute, send an alert",
      "Raise an alert when an agent makes over 20 calls a minute",
      "Cap each agent at 20 actions per minute; otherwise only alert",
      "Detect agents making more than 20 calls per minute",
    ],
    ALERT_OVER_TWENTY,
  ),
  ...accept(
    [
      "Warn if all agents together make more than 20 calls per minute",
      "Alert when the whole system exceeds 20 requests per minute",
    ],
    run().ok(15, A).ok(5, B).calm().ok(B).alert(),
  ),
  ...accept(
    [
      "Halt an agent that makes more than 20 calls in a minute",
      "Kill any agent that makes more than 20 calls per minute",
      "If an agent makes more than twenty calls in a minute, shut it down",
      "Freeze any agent making more than 20 calls a minute until resumed",
      "Cap each agent at 20 actions per minute; otherwise halt",
      "Halt any agent exceeding 20 calls per minute",
    ],
    HALT_OVER_TWENTY,
  ),
  ...accept(
    [
      "If an agent makes more than 20 calls in a minute, pause it for 10 minutes",
      "Pause any agent for 10 minutes when it makes more than 20 calls in a minute",
      "When an agent makes more than 20 calls per minute, block it for ten minutes",
      "Stop an agent for 10 minutes if it makes more than 20 calls in a minute",
      "Halt any agent for 10 minutes if it makes more than 20 calls a minute",
      "Cap each agent at 20 actions per minute; otherwise halt for 10 minutes",
    ],
    PAUSE_TEN_MINUTES,
  ),
  // The agent is to be stopped, and not only its e-mails.
  ...either(
    [
      "Kill any agent that sends more than 20 emails in an hour",
      "Halt an agent that sends more than 20 emails in an hour",
    ],
    run()
      .ok(20, { by: "a", does: "send_email" })
      .no({ by: "a", does: "send_email" })
      .no({ by: "a", does: "search" })
      .ok({ by: "b", does: "send_email" })
      .wait("2d")
      .no({ by: "a", does: "send_email" }),
  ),
  ...accept(
    [
      "Ask a human before an agent sends more than 5 emails per hour",
      "Require approval when an agent sends more than 5 emails an hour",
      "If an agent sends more than 5 emails in an hour, ask a human",
    ],
    run()
      .ok(5, { by: "a", does: "send_email" })
      .ask({ by: "a", does: "send_email" })
      .ok({ by: "b", does: "send_email" })
      .ok({ by: "a", does: "search" })
      .wait("1h")
      .ok({ by: "a", does: "send_email" }),
  ),
  ...accept(
    [
      "Limit each caller to 2 requests per second, burst 10",
      "Throttle every agent to 2 calls/s, with bursts of up to 10",
      "Each caller may make at most 2 requests a second, with a burst of ten",
      "At most 2 requests per second per agent with bursts of 10 calls",
    ],
    run().ok(10, A).no(A).ok(B).wait("499ms").no(A).wait("1ms").ok(A).no(A).wait("1s").ok(2, A).no(A),
  ),
  ...accept(
    [
      "Cap the system at 50 calls per second with bursts of 60",
      "Across the system, at most 50 calls a second, bursting to 60",
    ],
    run().ok(30, A).ok(30, B).no(A).wait("19ms").no(B).wait("1ms").ok(B).no(A),
  ),
  ...accept(
    [
      "Limit each agent to 120 calls per minute with bursts of 10",
      "Cap every agent at 120 requests a minute, in bursts of at most 10",
    ],
    run().ok(10, A).no(A).ok(B).wait("499ms").no(A).wait("1ms").ok(A).no(A),
  ),
  ...accept(
    [
      "The researcher may search at most 5 times a minute",
      "Let the researcher search no more than five times per minute",
    ],
    run()
      .ok(5, { by: "researcher", does: "web_search" })
      .no({ by: "researcher", does: "web_search" })
      .ok(9, { by: "researcher", does: "read_page" })
      .ok(9, { by: "writer", does: "web_search" }),
  ),
  ...accept(
    "Place at most 4 orders per minute",
    run()
      .ok(4, { does: "place_order" })
      .no({ by: "b", does: "place_order" })
      .ok(9, { does: "cancel" })
      .wait("1m")
      .ok({ does: "place_order" }),
  ),
  ...accept(
    ["Each agent may post at most twice an hour", "Let each agent post no more than two times per hour"],
    run()
      .ok(2, { by: "a", does: "post_message" })
      .no({ by: "a", does: "post_message" })
      .ok(2, { by: "b", does: "post_message" })
      .ok(9, { by: "a", does: "read" }),
  ),
  ...accept(
    ["No agent may delete more than one file per hour", "Each agent may delete at most one file an hour"],
    run()
      .ok({ by: "a", does: "delete_file" })
      .no({ by: "a", does: "delete_file" })
      .ok({ by: "b", does: "delete_file" })
      .ok(9, { by: "a", does: "read_file" })
      .ok(9, { by: "a", does: "delete_row" }),
  ),
  ...accept(
    "Outside 09:00 to 17:00 UTC, each agent may make at most 1 call per minute",
    run("2026-01-05T08:58:00Z")
      .ok(A)
      .no(A)
      .until("2026-01-05T09:00:00Z")
      .ok(9, A)
      .until("2026-01-05T17:00:00Z")
      .ok(A)
      .no(A),
  ),
];
