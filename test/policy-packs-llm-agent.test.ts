import { expect, test } from "vitest";
import { describeRules, PackWorld } from "./support/pack.js";

const PACK = "llm-agent";
const START = "2026-01-05T12:00:00Z";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const agent = { source: "support_agent" };
const search = { ...agent, series: "search" };
const llm = (usd: number, tokens = 2000) => ({ ...agent, series: "llm", cost: { usd, tokens } });
/** Twenty agents in turn, with two tools, in conversations of a hundred calls. */
const crowd = (i: number) => ({
  source: `agent_${i % 20}`,
  series: i % 40 < 20 ? "search" : "read_order",
  tags: { conversation: `c${Math.floor(i / 100)}` },
});
/** One of twenty customers, each in a conversation of its own. */
const known = (i: number) => ({
  source: `agent_${i % 3}`,
  series: "get_customer",
  tags: { customer: String(i % 20), conversation: `c${i % 20}` },
});

describeRules(PACK, START, {
  "Let each agent spend at most $10 a day, taking $0 where no cost is named": (world) => {
    const call = (i: number) => ({ ...llm(2), tags: { conversation: `c${i}` } });
    world.passes(call, 5, 30 * MINUTE);
    world.refuses(
      { ...llm(0.01), tags: { conversation: "c10" } },
      "Let each agent spend at most $10 a day, taking $0 where no cost is named",
    );
    world.passes({ ...llm(0.01), source: "other_agent", tags: { conversation: "c11" } });
    world.wait(24 * HOUR);
    world.passes({ ...llm(2), tags: { conversation: "c12" } });
  },
  "Let each agent spend at most $25 a week, taking $0 where no cost is named": (world) => {
    const call = (i: number) => ({ ...llm(i === 12 ? 1 : 2), tags: { conversation: `c${i}` } });
    world.passes(call, 13, 6 * HOUR);
    world.refuses(call(13), "Let each agent spend at most $25 a week, taking $0 where no cost is named");
    world.passes({ ...call(14), source: "other_agent" });
    world.wait(7 * 24 * HOUR);
    world.passes(call(15));
  },
  "Spend at most $2 per conversation, taking $0 where no cost is named": (world) => {
    const talk = { ...llm(0.5), tags: { conversation: "c1" } };
    world.passes(talk, 4);
    world.refuses(talk, "Spend at most $2 per conversation, taking $0 where no cost is named");
    world.passes({ ...talk, cost: { usd: 0, tokens: 10 } });
    world.passes({ ...talk, tags: { conversation: "c2" } });
  },
  "No single `llm` call above 100k tokens": (world) => {
    world.passes(llm(0.1, 100_000));
    world.refuses(llm(0.1, 100_001), "No single `llm` call above 100k tokens");
    world.refuses({ ...agent, series: "llm" }, "No single `llm` call above 100k tokens");
  },
  "All agents together may spend at most $10 an hour, taking $0 where no cost is named": (world) => {
    const call = (i: number) => ({ ...llm(2), source: `agent_${i}`, tags: { conversation: `c${i}` } });
    world.passes(call, 5);
    world.refuses(
      call(5),
      "All agents together may spend at most $10 an hour, taking $0 where no cost is named",
    );
    world.wait(HOUR);
    world.passes(call(5));
  },
  "Use no more than 4 million tokens per day across all agents, taking 0 tokens where no cost is named": (
    world,
  ) => {
    const sentence =
      "Use no more than 4 million tokens per day across all agents, taking 0 tokens where no cost is named";
    const call = (i: number) => ({ ...llm(0.01, 100_000), source: `agent_${i % 4}` });
    world.passes(call, 40, 2000);
    world.refuses({ ...llm(0.01, 1), source: "another_agent" }, sentence);
    world.passes(search);
    world.wait(24 * HOUR);
    world.passes(call(41));
  },
  "Halt everything when spending exceeds $40 a day, taking $0 where no cost is named": (world) => {
    const sentence = "Halt everything when spending exceeds $40 a day, taking $0 where no cost is named";
    const call = (i: number) => ({ ...llm(2), source: `agent_${i % 5}`, tags: { conversation: `c${i}` } });
    world.passes(call, 20, 13 * MINUTE);
    world.refuses(call(20), sentence);
    expect(world.halts()).toHaveLength(1);
    expect(world.try({ source: "somebody_else", series: "search" })).not.toBe("ok");
  },
  "Cap each caller at 60 requests per minute with bursts of 30": (world) => {
    const tools = (i: number) => ({ ...agent, series: `tool_${i % 4}` });
    world.passes(tools, 30);
    world.refuses(tools(2), "Cap each caller at 60 requests per minute with bursts of 30");
    world.wait(1000);
    world.passes(tools(2));
  },
  "At most 20 calls per minute per tool for each agent": (world) => {
    world.passes(search, 20);
    world.refuses(search, "At most 20 calls per minute per tool for each agent");
    world.passes({ ...agent, series: "read_order" });
  },
  "Let each combination of tool and tag `conversation` make at most 150 calls in total": (world) => {
    const call = { ...search, tags: { conversation: "c1" } };
    world.passes(call, 150, MINUTE);
    world.refuses(
      { ...call, source: "other_agent" },
      "Let each combination of tool and tag `conversation` make at most 150 calls in total",
    );
    world.passes({ ...call, series: "read_order" });
    world.passes({ ...call, tags: { conversation: "c2" } });
  },
  "At most 200 calls per conversation": (world) => {
    const call = (i: number) => ({
      ...agent,
      series: i % 2 === 0 ? "search" : "read_order",
      tags: { conversation: "c1" },
    });
    world.passes(call, 200, MINUTE);
    world.refuses(call(200), "At most 200 calls per conversation");
    world.passes({ ...call(201), tags: { conversation: "c2" } });
  },
  "At most 12 `send*` calls per conversation": (world) => {
    const tags = { conversation: "c1" };
    world.passes({ ...agent, series: "send_email", tags }, 6);
    world.passes({ ...agent, series: "sendMessage", tags }, 6);
    world.refuses({ ...agent, series: "sendMessage", tags }, "At most 12 `send*` calls per conversation");
    world.passes({ ...agent, series: "list_messages", tags });
  },
  "Each agent may make at most 60 `send*` calls per hour": (world) => {
    const mail = (i: number) => ({ ...agent, series: "send_email", tags: { conversation: `c${i % 20}` } });
    world.passes(mail, 60, 30_000);
    world.wait(29 * MINUTE);
    world.refuses(mail(60), "Each agent may make at most 60 `send*` calls per hour");
    world.wait(MINUTE);
    world.passes(mail(60));
  },
  "All agents together may make at most 600 `send*` calls a day": (world) => {
    const mail = (i: number) => ({
      source: `agent_${i % 10}`,
      series: "send_email",
      tags: { conversation: `c${Math.floor(i / 12)}` },
    });
    world.passes(mail, 600, MINUTE);
    world.refuses(
      { ...mail(600), source: "another_agent" },
      "All agents together may make at most 600 `send*` calls a day",
    );
    world.passes(search);
  },
  "Ask a human before actions where argument `url` is `**=**`": (world) => {
    const sentence = "Ask a human before actions where argument `url` is `**=**`";
    const fetch = (series: string, url: string) => ({ ...agent, series, args: { url } });
    world.asks(fetch("fetch_url", "https://img.test/p.png?d=4711"), sentence);
    world.asks(fetch("loadImage", "https://cms.test/pixel.png?part=1"), sentence);
    world.asks(fetch("preview", "https://img.test/p.png?d=4711"), sentence);
    world.passes(fetch("fetch_url", "https://docs.test/returns/page/2"));
  },
  "Ask a human before delegations": (world) => {
    world.asks({ ...agent, series: "delegate_task" }, "Ask a human before delegations");
    world.passes({ ...agent, series: "read_task" });
  },
  "Ask a human before deletions, removals and cancellations": (world) => {
    for (const series of ["delete_customer", "remove_tag", "cancelSubscription"])
      world.asks({ ...agent, series }, "Ask a human before deletions, removals and cancellations");
    world.passes({ ...agent, series: "read_customer" });
  },
  "Ask a human before tools with the word `purge`, `erase`, `wipe`, `destroy` or `trash`": (world) => {
    const sentence = "Ask a human before tools with the word `purge`, `erase`, `wipe`, `destroy` or `trash`";
    for (const series of ["purgeQueue", "erase_profile", "wipe_notes", "destroy_session", "trash_mail"])
      world.asks({ ...agent, series }, sentence);
    world.passes({ ...agent, series: "read_notes" });
  },
  "Halt any agent that makes more than 5 deletions in a minute": (world) => {
    const sentence = "Halt any agent that makes more than 5 deletions in a minute";
    const remove = { ...agent, series: "delete_email" };
    for (let i = 0; i < 5; i++)
      world.asks(remove, "Ask a human before deletions, removals and cancellations");
    world.refuses(remove, sentence);
    world.wait(HOUR);
    expect(world.try(search)).not.toBe("ok");
    world.passes({ ...search, source: "other_agent" });
  },
  "Ask a human before any refund except where argument `amount` is under 50": (world) => {
    const sentence = "Ask a human before any refund except where argument `amount` is under 50";
    world.passes({ ...agent, series: "refund_order", args: { amount: 49.99 } });
    world.asks({ ...agent, series: "refund_order", args: { amount: 50 } }, sentence);
    world.asks({ ...agent, series: "refund_order" }, sentence);
    world.asks({ ...agent, series: "refund_order", args: { amount: "all of it" } }, sentence);
  },
  "Ask a human before tools with the word `reimburse`, `chargeback`, `credit`, `compensate` or `voucher`, except `list_*`, `get_*` and `read_*`":
    (world) => {
      const sentence =
        "Ask a human before tools with the word `reimburse`, `chargeback`, `credit`, `compensate` or `voucher`, except `list_*`, `get_*` and `read_*`";
      for (const series of ["issue_credit", "reimburseCustomer", "create_voucher"])
        world.asks({ ...agent, series }, sentence);
      world.passes({ ...agent, series: "get_credit_note" });
    },
  "Ask a human before payments and transfers, except `list_*`, `get_*` and `read_*`": (world) => {
    const sentence = "Ask a human before payments and transfers, except `list_*`, `get_*` and `read_*`";
    for (const series of ["makePayment", "transfer_funds", "pay_invoice"])
      world.asks({ ...agent, series }, sentence);
    world.passes({ ...agent, series: "list_payments" });
  },
  "Ask a human before actions where argument `amount` is over 49.99, except `list_*`, `get_*` and `read_*`": (
    world,
  ) => {
    const sentence =
      "Ask a human before actions where argument `amount` is over 49.99, except `list_*`, `get_*` and `read_*`";
    const give = (amount: number) => ({ ...agent, series: "make_it_good", args: { amount } });
    world.passes(give(49.99));
    world.asks(give(50), sentence);
    world.passes({ ...agent, series: "list_orders", args: { amount: 500 } });
  },
  "All agents together may make at most 5 refunds per hour; otherwise ask a human": (world) => {
    const refund = (i: number) => ({
      ...{ source: `agent_${i}`, series: "refund_order", args: { amount: 20 } },
      tags: { conversation: `c${i}` },
    });
    world.passes(refund, 5, MINUTE);
    world.asks(refund(5), "All agents together may make at most 5 refunds per hour; otherwise ask a human");
    world.wait(HOUR);
    world.passes(refund(6));
  },
  "All agents together may make at most 15 refunds per day; otherwise ask a human": (world) => {
    const refund = (i: number) => ({
      ...{ source: `agent_${i % 3}`, series: "refund_order", args: { amount: 20 } },
      tags: { conversation: `c${i}` },
    });
    world.passes(refund, 15, HOUR);
    world.asks(refund(15), "All agents together may make at most 15 refunds per day; otherwise ask a human");
    world.wait(24 * HOUR);
    world.passes(refund(16));
  },
  "Cap all agents together at 5 actions per hour where argument `amount` is over 0 except where the tool is `get_*` or `list_*` or `read_*`; otherwise ask a human":
    (world) => {
      const sentence =
        "Cap all agents together at 5 actions per hour where argument `amount` is over 0 except where the tool is `get_*` or `list_*` or `read_*`; otherwise ask a human";
      const give = (i: number) => ({
        source: `agent_${i}`,
        series: "make_it_good",
        args: { amount: 20 },
      });
      world.passes(give, 5, MINUTE);
      world.asks(give(5), sentence);
      world.passes({ ...give(5), args: { amount: 0 } });
      world.wait(HOUR);
      world.passes(give(6));
    },
  "Never drop or truncate anything": (world) => {
    world.passes({ ...agent, series: "list_tables" });
    world.refuses({ ...agent, series: "drop_table" }, "Never drop or truncate anything");
    world.refuses({ ...agent, series: "truncateTable" }, "Never drop or truncate anything");
  },
  "Pause a tool for 5 minutes after 5 failures in a row": (world) => {
    world.passes(search, 5, 1000, { ok: false });
    world.refuses(search, "Pause a tool for 5 minutes after 5 failures in a row");
    world.passes({ ...agent, series: "read_order" });
    world.wait(5 * MINUTE);
    world.passes(search);
  },
  "Block an agent for 10 minutes when more than half of its calls fail within 10 minutes": (world) => {
    const sentence = "Block an agent for 10 minutes when more than half of its calls fail within 10 minutes";
    const tool = (i: number) => ({ ...agent, series: `tool_${i % 6}` });
    world.passes(tool, 4, 2000);
    world.passes(tool, 6, 2000, { ok: false });
    world.refuses({ ...agent, series: "another_tool" }, sentence);
    world.passes({ source: "other_agent", series: "another_tool" });
    world.wait(10 * MINUTE);
    world.passes({ ...agent, series: "another_tool" });
  },
  "Pause a tool for 1 hour when more than 80 percent of its calls fail within an hour": (world) => {
    const ask = (i: number) => ({ source: `agent_${i}`, series: "search" });
    // Never five in a row: four of five, and one more.
    for (let i = 0; i < 11; i++) {
      world.passes(ask(i), 1, MINUTE, { ok: i % 5 === 4 });
    }
    world.refuses(
      ask(11),
      "Pause a tool for 1 hour when more than 80 percent of its calls fail within an hour",
    );
    world.passes({ ...ask(11), series: "read_order" });
    world.wait(HOUR);
    world.passes(ask(11));
  },
  "Block an agent for 12 hours when more than 80 percent of its calls fail within a day": (world) => {
    const tool = (i: number) => ({ ...agent, series: `tool_${i % 6}` });
    world.passes(tool, 10, 2 * MINUTE, { ok: false });
    world.refuses(
      tool(10),
      "Block an agent for 12 hours when more than 80 percent of its calls fail within a day",
    );
    world.passes({ ...tool(10), source: "other_agent" });
    world.wait(12 * HOUR);
    world.passes(tool(10));
  },
  "Block anything starting with `admin`": (world) => {
    world.refuses({ ...agent, series: "admin_users" }, "Block anything starting with `admin`");
    world.passes({ ...agent, series: "list_admins" });
  },
  "Ask a human before tools with the word `grant`, `role`, `permission`, `impersonate`, `iam`, `mfa`, `vault`, `secret`, `password` or `credential`":
    (world) => {
      const sentence =
        "Ask a human before tools with the word `grant`, `role`, `permission`, `impersonate`, `iam`, `mfa`, `vault`, `secret`, `password` or `credential`";
      for (const series of ["grant_role", "reset_mfa", "readSecret", "iam.createKey", "set_password"])
        world.asks({ ...agent, series }, sentence);
      world.passes({ ...agent, series: "read_ticket" });
    },
  "Ask a human when an agent uses more than 12 new tools within a day": (world) => {
    const tool = (i: number) => ({ ...agent, series: `tool_${i}` });
    world.passes(tool, 12, MINUTE);
    world.asks(tool(12), "Ask a human when an agent uses more than 12 new tools within a day");
    world.passes(tool(3));
    world.passes({ ...tool(13), source: "other_agent" });
    world.wait(24 * HOUR);
    world.passes(tool(14));
  },
  "Block an agent for 10 minutes when more than 70 percent of its calls are denied within a minute": (
    world,
  ) => {
    const sentence =
      "Block an agent for 10 minutes when more than 70 percent of its calls are denied within a minute";
    const tries = (i: number) => ({ ...agent, series: `admin_${i}` });
    world.passes(search, 3);
    expect(world.storms(tries, 7, 1000)).toBe(0);
    world.passes(search);
    expect(world.storms((i) => tries(7 + i), 8, 1000)).toBe(0);
    world.refuses({ ...agent, series: "reset_mfa" }, sentence);
    world.passes({ ...search, source: "other_agent" });
    world.wait(10 * MINUTE);
    world.passes(search);
  },
  "Halt any conversation that brings more than 5 new customers within an hour": (world) => {
    const sentence = "Halt any conversation that brings more than 5 new customers within an hour";
    const look = (customer: number, conversation = "c1") => ({
      ...agent,
      series: "get_customer",
      tags: { customer: String(customer), conversation },
    });
    world.passes(look, 5, MINUTE);
    world.passes(look(3));
    world.refuses(look(5), sentence);
    world.wait(60 * MINUTE);
    expect(world.try(look(0))).not.toBe("ok");
    world.passes((i) => look(6 + i, `c${2 + i}`), 15, 2000);
  },
  "Ask a human when more than 25 new customers appear within an hour": (world) => {
    const look = (customer: number) => ({
      source: `agent_${customer % 3}`,
      series: "get_customer",
      tags: { customer: String(customer), conversation: `c${customer}` },
    });
    world.passes(look, 25, 4000);
    world.asks(look(25), "Ask a human when more than 25 new customers appear within an hour");
    world.passes(look(3));
    world.wait(HOUR);
    world.passes(look(26));
  },
  "All agents together may make at most 60 `*customer*` calls per hour; otherwise ask a human": (world) => {
    world.passes(known, 60, 4000);
    world.asks(
      known(60),
      "All agents together may make at most 60 `*customer*` calls per hour; otherwise ask a human",
    );
    world.wait(HOUR);
    world.passes(known(61));
  },
  "All agents together may make at most 200 `*customer*` calls per day; otherwise ask a human": (world) => {
    world.passes(known, 200, 65_000);
    world.asks(
      known(200),
      "All agents together may make at most 200 `*customer*` calls per day; otherwise ask a human",
    );
    world.wait(24 * HOUR);
    world.passes(known(201));
  },
  "Stop an agent that makes the same call 6 times in a row, except tools with the word `status`, `poll`, `metric` or `dashboard`":
    (world) => {
      const sentence =
        "Stop an agent that makes the same call 6 times in a row, except tools with the word `status`, `poll`, `metric` or `dashboard`";
      const read = { ...agent, series: "read_file", args: { path: "a.txt" } };
      for (let i = 0; i < 5; i++) expect(world.try(read)).toBe("ok");
      world.refuses(read, sentence);
      world.passes({ ...read, source: "other_agent" });
      world.passes(search);
      for (let i = 0; i < 4; i++) expect(world.try(read)).toBe("ok");
      expect(world.try(read, { ok: true, progress: true })).toBe("ok");
      expect(world.try(read)).toBe("ok");
      const poll = { ...agent, series: "get_job_status", args: { job: 7 } };
      for (let i = 0; i < 25; i++, world.wait(10_000)) expect(world.try(poll)).toBe("ok");
    },
  "Stop an agent that spends more than $1 without progress": (world) => {
    const sentence = "Stop an agent that spends more than $1 without progress";
    // Two questions in turn, so that no call is the same as the one before.
    const ask = (i: number) => ({ ...llm(0.2), args: { question: i % 2 } });
    for (let i = 0; i < 8; i++) expect(world.try(ask(i))).toBe("ok");
    world.refuses(ask(8), sentence);
    world.passes({ ...ask(0), source: "other_agent" });
    world.wait(MINUTE);
    world.passes(llm(0.2));
  },
  "Detect runaway callers at 5x baseline": async (world) => {
    const sentence = "Detect runaway callers at 5x baseline";
    const call = (i: number) => ({ ...agent, series: `tool_${i % 6}`, args: { i } });
    for (let i = 0; i < 60; i++, world.wait(MINUTE)) world.try(call(i));
    expect(await world.isAlerted(sentence)).toBe(false);
    for (let i = 0; i < 600; i++, world.wait(500)) world.try(call(i));
    expect(await world.isAlerted(sentence)).toBe(true);
  },
  "Alert on a deny storm": async (world) => {
    world.passes(search, 20);
    expect(await world.isAlerted("Alert on a deny storm")).toBe(false);
    world.storms({ ...agent, series: "drop_table" }, 40, 1000);
    expect(await world.isAlerted("Alert on a deny storm")).toBe(true);
  },
  "At most 10 calls at once per agent": (world) => {
    const held = Array.from({ length: 10 }, (_, i) => world.holds({ ...agent, series: `tool_${i}` }));
    world.refuses({ ...agent, series: "search" }, "At most 10 calls at once per agent");
    held[0]!.settle({ ok: true });
    world.passes(search);
  },
  "Kill any call that runs longer than 2 minutes": (world) => {
    const permit = world.holds(search);
    world.wait(2 * MINUTE - 1);
    expect(permit.signal.aborted).toBe(false);
    world.wait(1);
    expect(permit.signal.aborted).toBe(true);
    expect(() => permit.check()).toThrow();
  },
  "Set a global limit of 600 requests per minute across the system": (world) => {
    world.passes(crowd, 600, 50);
    world.refuses(crowd(600), "Set a global limit of 600 requests per minute across the system");
    world.wait(MINUTE);
    world.passes(crowd(600));
  },
  "All agents together may make at most 4,000 calls a day": (world) => {
    const call = (i: number) => ({ ...crowd(i), series: `tool_${i % 8}` });
    world.passes(call, 4_000, 20_000);
    world.refuses(call(4_000), "All agents together may make at most 4,000 calls a day");
  },
  "Cap each tool at 400 actions per hour except where the tool is `llm`": (world) => {
    const call = (i: number) => ({ ...crowd(i), series: "search" });
    world.passes(call, 400, 5_000);
    world.refuses(call(400), "Cap each tool at 400 actions per hour except where the tool is `llm`");
    world.passes({ ...call(400), series: "read_order" });
    world.passes({ ...call(400), series: "llm", cost: { tokens: 10 } });
  },
  "Cap each tool at 1000 actions per day except where the tool is `llm`": (world) => {
    const call = (i: number) => ({ ...crowd(i), series: "search" });
    world.passes(call, 1000, 30_000);
    world.refuses(call(1000), "Cap each tool at 1000 actions per day except where the tool is `llm`");
    world.passes({ ...call(1000), series: "read_order" });
  },
  "Block when more than 20 new agents appear within an hour": (world) => {
    world.passes(crowd, 20, 1000);
    const another = { ...search, source: "agent_20" };
    world.refuses(another, "Block when more than 20 new agents appear within an hour");
    world.passes(crowd, 20, 1000);
    world.wait(60 * MINUTE);
    world.passes(another);
  },
  "Ask a human when more than 60 new conversations appear within an hour": (world) => {
    const begin = (i: number) => ({ ...search, source: `agent_${i % 3}`, tags: { conversation: `c${i}` } });
    world.passes(begin, 60, 5_000);
    world.asks(begin(60), "Ask a human when more than 60 new conversations appear within an hour");
    world.passes(begin(7));
    world.wait(HOUR);
    world.passes(begin(61));
  },
  "At most 50 calls at once across all agents": (world) => {
    const held = Array.from({ length: 50 }, (_, i) => world.holds(crowd(i)));
    world.refuses(crowd(50), "At most 50 calls at once across all agents");
    held[0]!.settle({ ok: true });
    world.passes(crowd(50));
  },
  "Never allow calls that mention `**rein.policy**` or `**rein_state**`": (world) => {
    const sentence = "Never allow calls that mention `**rein.policy**` or `**rein_state**`";
    const save = (path: string) => ({ source: "agent", series: "write_file", args: { path } });
    for (const path of ["rein.policy.txt", "/srv/app/rein_state/journal.7"])
      world.refuses(save(path), sentence);
    world.passes(save("notes.txt"));
  },
});

test("an honest day of forty conversations feels nothing", async () => {
  const world = await PackWorld.open(PACK, START);
  for (let i = 0; i < 40; i++) {
    const tags = { conversation: `c${i}` };
    for (let turn = 0; turn < 6; turn++) {
      world.passes({ ...llm(0.03, 6000), tags });
      world.passes({ ...search, tags });
      if (turn % 2 === 0) world.passes({ ...agent, series: "read_order", tags });
      world.passes({ ...agent, series: "send_message", tags });
      world.wait(20_000);
    }
    if (i % 4 === 0) world.passes({ ...agent, series: "refund_order", args: { amount: 12.5 }, tags });
    world.wait(8 * MINUTE);
  }
  expect(world.count("send_message")).toBe(240);
});

/** Two agents that answer each other: a call every 20 seconds, dearer every day, and each of them succeeds. */
function talkTo(world: PackWorld, days: number, tags: (day: number) => Record<string, string>): number {
  let cents = 0;
  for (let i = 0; i < days * 4320; i++) {
    const day = Math.floor(i / 4320);
    const price = 2 + 2 * day;
    const call = {
      ...{ source: i % 2 === 0 ? "analyst" : "verifier", series: "llm", tags: tags(day) },
      args: { messages: i },
    };
    if (world.try({ ...call, cost: { usd: price / 100, tokens: 3000 } }) === "ok") cents += price;
    world.wait(20_000);
  }
  return cents / 100;
}

test("two agents that talk to each other for eleven days spend $2, not $47,000", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(talkTo(world, 11, () => ({ conversation: "loop" }))).toBe(2);
  expect(world.count("llm")).toBe(100);
});

test("and where each day looks like a new conversation, $2 a day", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(talkTo(world, 11, (day) => ({ conversation: `day ${day}` }))).toBeLessThanOrEqual(22);
});

test("an agent that empties a mailbox of 200 deletes none, and five where somebody says yes to everything", async () => {
  const remove = (i: number) => ({ ...agent, series: "delete_email", args: { id: i } });
  const world = await PackWorld.open(PACK, START);
  expect(world.storms(remove, 200, 500)).toBe(0);

  const hasty = await PackWorld.open(PACK, START);
  for (let i = 0; i < 200; i++) {
    const { refusal } = hasty.rein.gate(remove(i));
    if (refusal?.approvalId !== undefined) {
      hasty.rein.approve(refusal.approvalId, { by: "ada", reason: "yes, yes" });
      hasty.try(remove(i));
    }
    hasty.wait(500);
  }
  expect(hasty.count("delete_email")).toBe(5);
  expect(hasty.halts()).toHaveLength(1);
});

test("a paid call that is tried again for 63 hours costs $0.10, and $2 where it is never quite the same", async () => {
  const ask = { ...llm(0.02), tags: { conversation: "c1" } };
  const world = await PackWorld.open(PACK, START);
  expect(world.storms(ask, (63 * 3600) / 10, 10_000)).toBe(5);
  const other = await PackWorld.open(PACK, START);
  const varied = (i: number) => ({ ...ask, args: { attempt: i } });
  expect(other.storms(varied, (63 * 3600) / 10, 10_000)).toBe(100);
});

test("13,508 identical reads end at the fifth, and at the hundred and fiftieth where they differ", async () => {
  const read = { ...agent, series: "read_file", tags: { conversation: "c1" } };
  const world = await PackWorld.open(PACK, START);
  expect(world.storms(read, 13_508, 1000)).toBe(5);
  const other = await PackWorld.open(PACK, START);
  expect(other.storms((i) => ({ ...read, args: { line: i } }), 13_508, 1000)).toBe(150);
});

test("$200 in four minutes is $2, in as many conversations as one likes $10", async () => {
  const paid = (tags: (i: number) => Record<string, string>) => (i: number) => ({
    ...agent,
    series: "lookup",
    args: { page: i },
    cost: { usd: 0.5 },
    tags: tags(i),
  });
  const one = await PackWorld.open(PACK, START);
  expect(
    one.storms(
      paid(() => ({ conversation: "c1" })),
      400,
      600,
    ),
  ).toBe(4);
  const many = await PackWorld.open(PACK, START);
  expect(
    many.storms(
      paid((i) => ({ conversation: `c${i}` })),
      400,
      600,
    ),
  ).toBe(20);
});
