import { expect, test } from "vitest";
import type { Action } from "../src/index.js";
import { describeRules, PackWorld } from "./support/pack.js";

const PACK = "mail-outreach";
/** A Monday, ten o'clock in London. */
const START = "2026-01-05T10:00:00Z";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A mail to the nth person, of whom no two share a domain. */
function mail(n: number, more: Partial<Action> = {}): Action {
  const [recipient, domain] = [`ada@d${n}.test`, `d${n}.test`];
  const tags = { recipient, domain, campaign: "spring", ...more.tags };
  return { source: "outreach", series: "send_email", args: { to: recipient }, ...more, tags };
}

const by = (source: string): Partial<Action> => ({ source });

describeRules(PACK, START, {
  "At most 1 `send*` call per recipient per day": (world) => {
    world.passes(mail(1));
    world.refuses(mail(1), "At most 1 `send*` call per recipient per day");
    world.refuses(
      mail(1, { ...by("other"), series: "sendSms" }),
      "At most 1 `send*` call per recipient per day",
    );
    world.passes(mail(2));
    world.wait(DAY);
    world.passes(mail(1));
  },
  "At most 40 `send*` calls per day per domain": (world) => {
    const colleague = (i: number): Action =>
      mail(0, { ...by(`agent_${i % 5}`), tags: { recipient: `p${i}@big.test`, domain: "big.test" } });
    world.passes(colleague, 40, MINUTE);
    world.refuses(colleague(40), "At most 40 `send*` calls per day per domain");
    world.passes(mail(1));
  },
  "At most 500 `send*` calls in total per tag `campaign`": (world) => {
    // A hundred a day, by ten agents, from Monday to Friday.
    for (let i = 0; i < 500; i++) {
      if (i > 0 && i % 100 === 0) world.wait(DAY - 100 * MINUTE);
      world.passes(mail(i, by(`agent_${i % 10}`)));
      world.wait(MINUTE);
    }
    world.refuses(mail(500), "At most 500 `send*` calls in total per tag `campaign`");
    world.passes(mail(500, { tags: { campaign: "autumn" } }));
  },
  "All agents together may make at most 200 `send*` calls per day": (world) => {
    world.passes((i) => mail(i, by(`agent_${i % 20}`)), 200, MINUTE);
    world.refuses(mail(200), "All agents together may make at most 200 `send*` calls per day");
  },
  "Each agent may make at most 20 `send*` calls per hour": (world) => {
    world.passes((i) => mail(i), 20, MINUTE);
    world.refuses(mail(20), "Each agent may make at most 20 `send*` calls per hour");
    world.passes(mail(20, by("other")));
    world.passes({ source: "outreach", series: "read_email" });
    world.wait(40 * MINUTE);
    world.passes(mail(21));
  },
  "Halt any agent that makes more than 8 `send*` calls in a minute": (world) => {
    world.passes((i) => mail(i), 8, 1000);
    world.refuses(mail(8), "Halt any agent that makes more than 8 `send*` calls in a minute");
    world.wait(DAY);
    expect(world.try(mail(9))).not.toBe("ok");
    world.passes(mail(9, by("other")));
  },
  "Alert when an agent makes more than 15 `send*` calls an hour": async (world) => {
    const sentence = "Alert when an agent makes more than 15 `send*` calls an hour";
    world.passes((i) => mail(i), 15, MINUTE);
    expect(await world.isAlerted(sentence)).toBe(false);
    world.passes(mail(15));
    expect(await world.isAlerted(sentence)).toBe(true);
  },
  "Halt an agent that enumerates recipients": (world) => {
    const bounce = (n: number): Action => mail(n, { tags: { recipient: `abuse@d${n}.test` } });
    for (let n = 0; n < 5; n++, world.wait(MINUTE)) expect(world.try(bounce(n))).not.toBe("ok");
    world.passes(mail(1));
    expect(world.halts()).toHaveLength(0);
    world.storms(bounce, 40, MINUTE);
    expect(world.rein.snapshot().halts[0]?.rule).toBe(world.idOf("Halt an agent that enumerates recipients"));
    expect(world.try(mail(2))).not.toBe("ok");
    world.passes(mail(2, by("other")));
  },
  "Never send anything to `no-reply@*` or `abuse@*`": (world) => {
    const sentence = "Never send anything to `no-reply@*` or `abuse@*`";
    world.refuses(mail(1, { tags: { recipient: "no-reply@shop.test" } }), sentence);
    world.refuses(mail(2, { args: { cc: ["ada@d2.test", "abuse@isp.test"] } }), sentence);
    world.passes(mail(1));
  },
  "Ask a human before sending anything to `all@*` or `everyone@*`": (world) => {
    world.asks(
      mail(1, { tags: { recipient: "all@corp.test" } }),
      "Ask a human before sending anything to `all@*` or `everyone@*`",
    );
    world.passes(mail(1, { tags: { recipient: "alla@corp.test" } }));
  },
  "Ask a human before sending anything where argument `attachments` is given": (world) => {
    world.asks(
      mail(1, { args: { attachments: ["salaries.xlsx"] } }),
      "Ask a human before sending anything where argument `attachments` is given",
    );
    world.passes(mail(2));
  },
  "Never send anything where argument `bcc` is given": (world) => {
    world.refuses(
      mail(1, { args: { bcc: "thief@evil.test" } }),
      "Never send anything where argument `bcc` is given",
    );
    world.passes(mail(1));
  },
  "Ask a human before posts": (world) => {
    world.asks({ source: "outreach", series: "post_update" }, "Ask a human before posts");
    world.passes({ source: "outreach", series: "draft_update" });
  },
  "Never delete emails": (world) => {
    world.refuses({ source: "outreach", series: "delete_email" }, "Never delete emails");
    world.refuses({ source: "outreach", series: "bulkDeleteMails" }, "Never delete emails");
    world.passes({ source: "outreach", series: "archive_email" });
  },
  "Only allow `send_email` on weekdays between 08:00 and 18:00 London time": (world) => {
    const sentence = "Only allow `send_email` on weekdays between 08:00 and 18:00 London time";
    world.wait(8 * HOUR - 1);
    world.passes(mail(1));
    world.wait(1);
    world.refuses(mail(2), sentence);
    world.wait(14 * HOUR);
    world.passes(mail(2));
    world.wait(4 * DAY);
    world.refuses(mail(3), sentence);
  },
  "Never call `send_sms` between 20:00 and 09:00 London time": (world) => {
    const text = (n: number): Action => mail(n, { series: "send_sms" });
    world.wait(10 * HOUR - 1);
    world.passes(text(1));
    world.wait(1);
    world.refuses(text(2), "Never call `send_sms` between 20:00 and 09:00 London time");
    world.wait(13 * HOUR);
    world.passes(text(2));
  },
  "Pause a domain for 1 hour after 3 failures in a row": (world) => {
    const to = (n: number): Action =>
      mail(0, { tags: { recipient: `p${n}@full.test`, domain: "full.test" } });
    world.passes(to, 3, MINUTE, { ok: false });
    world.refuses(to(3), "Pause a domain for 1 hour after 3 failures in a row");
    world.passes(mail(1));
    world.wait(HOUR);
    world.passes(to(3));
  },
  "Spend at most $10 a day, taking $0 where no cost is named": (world) => {
    const sentence = "Spend at most $10 a day, taking $0 where no cost is named";
    const draft = (usd: number): Action => ({ source: "writer", series: "llm", cost: { usd } });
    world.passes(draft(2.5), 4);
    world.refuses(draft(0.01), sentence);
    world.passes(mail(1));
  },
});

test("an honest week of a campaign of 300 feels nothing", async () => {
  const world = await PackWorld.open(PACK, START);
  for (let day = 0; day < 5; day++) {
    for (let i = 0; i < 60; i++) {
      world.passes({ source: "outreach", series: "read_email" });
      world.passes({ source: "outreach", series: "llm", cost: { usd: 0.05 } });
      world.passes(mail(day * 60 + i), 1, 0, { ok: i % 20 !== 0 });
      world.wait(6 * MINUTE);
    }
    world.wait(DAY - 6 * HOUR);
  }
  expect(world.count("send_email")).toBe(300);
});

test("80 mails to the wrong list are 8, and the agent is halted until somebody has looked", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms((i) => mail(i), 80, 200)).toBe(8);
  expect(world.halts()).toHaveLength(1);
  world.wait(HOUR);
  expect(world.storms((i) => mail(100 + i), 80, 200)).toBe(0);
});

test("a wrong list that is mailed slowly is 20 an hour, and the alert comes at the sixteenth", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms((i) => mail(i), 59, MINUTE)).toBe(20);
  expect(await world.isAlerted("Alert when an agent makes more than 15 `send*` calls an hour")).toBe(true);
});

test("a mailbox of 200 mails is not emptied, however often it is tried", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms({ source: "inbox", series: "delete_email" }, 200, 100)).toBe(0);
});

test("many agents at once do not mail more than one may in a day", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms((i) => mail(i, by(`agent_${i}`)), 5000, 1000)).toBe(200);
});
