import { expect, test } from "vitest";
import { describeRules, PackWorld } from "./support/pack.js";

const PACK = "llm-agent";
const START = "2026-01-05T12:00:00Z";
const MINUTE = 60_000;

const agent = { source: "support_agent" };
const search = { ...agent, series: "search" };
const llm = (usd: number, tokens = 2000) => ({ ...agent, series: "llm", cost: { usd, tokens } });

describeRules(PACK, START, {
  "Let each agent spend at most $20 a day, taking $0 where no cost is named": (world) => {
    const call = (i: number) => ({ ...llm(2), tags: { conversation: `c${i}` } });
    world.passes(call, 10);
    world.refuses(
      { ...llm(0.01), tags: { conversation: "c10" } },
      "Let each agent spend at most $20 a day, taking $0 where no cost is named",
    );
    world.passes({ ...llm(0.01), source: "other_agent", tags: { conversation: "c11" } });
    world.wait(24 * 60 * MINUTE);
    world.passes({ ...llm(2), tags: { conversation: "c12" } });
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
  "Halt everything when spending exceeds $100 a day, taking $0 where no cost is named": (world) => {
    const sentence = "Halt everything when spending exceeds $100 a day, taking $0 where no cost is named";
    const call = (i: number) => ({
      ...llm(2),
      source: `agent_${Math.floor(i / 10)}`,
      tags: { conversation: `c${i}` },
    });
    world.passes(call, 50);
    world.refuses(call(50), sentence);
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
  "At most 200 calls per conversation": (world) => {
    const call = { ...search, tags: { conversation: "c1" } };
    world.passes(call, 200, MINUTE);
    world.refuses(call, "At most 200 calls per conversation");
    world.passes({ ...call, tags: { conversation: "c2" } });
  },
  "Send at most 12 emails or messages per conversation": (world) => {
    const tags = { conversation: "c1" };
    world.passes({ ...agent, series: "send_email", tags }, 6);
    world.passes({ ...agent, series: "send_message", tags }, 6);
    world.refuses(
      { ...agent, series: "send_message", tags },
      "Send at most 12 emails or messages per conversation",
    );
    world.passes({ ...agent, series: "list_messages", tags });
  },
  "Each agent may send at most 60 emails or messages per hour": (world) => {
    const mail = (i: number) => ({ ...agent, series: "send_email", tags: { conversation: `c${i}` } });
    world.passes(mail, 60, 30_000);
    world.wait(29 * MINUTE);
    world.refuses(mail(60), "Each agent may send at most 60 emails or messages per hour");
    world.wait(MINUTE);
    world.passes(mail(60));
  },
  "Ask a human before deletions, removals and cancellations": (world) => {
    for (const series of ["delete_customer", "remove_tag", "cancelSubscription"])
      world.asks({ ...agent, series }, "Ask a human before deletions, removals and cancellations");
    world.passes({ ...agent, series: "read_customer" });
  },
  "Halt any agent that makes more than 5 deletions in a minute": (world) => {
    const sentence = "Halt any agent that makes more than 5 deletions in a minute";
    const remove = { ...agent, series: "delete_email" };
    for (let i = 0; i < 5; i++) world.asks(remove, "Ask a human before deletions, removals and cancellations");
    world.refuses(remove, sentence);
    world.wait(MINUTE * 60);
    expect(world.try(search)).not.toBe("ok");
    world.passes({ ...search, source: "other_agent" });
  },
  "Require approval before any refund, payment or transfer over $50": (world) => {
    const refund = (usd: number) => ({ ...agent, series: "refund_order", cost: { usd } });
    world.passes({ ...refund(2), tags: { conversation: "c1" } });
    world.asks(
      { ...agent, series: "make_payment", cost: { usd: 0 }, args: {} },
      "Require approval before any refund, payment or transfer over $50",
    );
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
    world.passes({ ...agent, series: "refund_order", cost: { usd: 0 }, args: { order: i }, tags });
    world.wait(8 * MINUTE);
  }
  expect(world.count("send_message")).toBe(240);
});

test("two agents that talk to each other for eleven days cost $40 a day at most, and then nothing: not $47,000", async () => {
  const world = await PackWorld.open(PACK, START);
  let spent = 0;
  const days = 11;
  // A call every 20 seconds, dearer every day, and each of them succeeds.
  for (let day = 0; day < days; day++) {
    for (let i = 0; i < 4320; i++) {
      const source = i % 2 === 0 ? "analyst" : "verifier";
      const usd = 0.02 * 1.6 ** day;
      if (world.try({ source, series: "llm", cost: { usd, tokens: 3000 }, tags: { conversation: "loop" } }) === "ok")
        spent += usd;
      world.wait(20_000);
    }
  }
  expect(world.count("llm")).toBe(100);
  expect(spent).toBeLessThanOrEqual(2);
});

test("without a conversation named, the same two agents stay within their days", async () => {
  const world = await PackWorld.open(PACK, START);
  let spent = 0;
  for (let i = 0; i < 2000; i++) {
    const action = { source: i % 2 === 0 ? "analyst" : "verifier", series: "llm", cost: { usd: 0.5, tokens: 3000 } };
    if (world.try(action) === "ok") spent += 0.5;
    world.wait(20_000);
  }
  // Actions without the tag are all of one conversation.
  expect(spent).toBe(2);
});

test("an agent that empties a mailbox asks first, and is halted at the sixth deletion even where somebody says yes", async () => {
  const world = await PackWorld.open(PACK, START);
  const remove = (i: number) => ({ ...agent, series: "delete_email", args: { id: i } });
  expect(world.storms(remove, 200, 500)).toBe(0);

  const hasty = await PackWorld.open(PACK, START);
  hasty.rein.on("approval", () => undefined);
  let deleted = 0;
  for (let i = 0; i < 200; i++) {
    const decision = hasty.rein.gate(remove(i));
    if (decision.verdict === "approve") {
      hasty.rein.approve(decision.refusal.approvalId ?? "", { by: "ada", reason: "yes, yes" });
      if (hasty.try(remove(i)) === "ok") deleted++;
    }
    hasty.wait(500);
  }
  expect(deleted).toBe(5);
  expect(hasty.halts()).toHaveLength(1);
});

test("a call that is retried for 63 hours after a refusal costs what one conversation may", async () => {
  const world = await PackWorld.open(PACK, START);
  const ask = { ...llm(0.02), tags: { conversation: "c1" } };
  const through = world.storms(ask, (63 * 3600) / 10, 10_000);
  expect(through * 0.02).toBeLessThanOrEqual(2);
});

test("13,508 identical reads end at the two hundredth", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms({ ...agent, series: "read_file", tags: { conversation: "c1" } }, 13_508, 1000)).toBe(200);
});
