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

const ACTS =
  "Only allow `~send`, `~post`, `~draft`, `~read`, `~get`, `~list`, `~search`, `~find`, `~lookup`, `~chat` and `~llm`";
const RECORDS = "Only allow `~label`, `~archive`, `~update`, `~create` and `~move`";

describeRules(PACK, START, {
  [ACTS]: (world) => {
    for (const series of ["dispatch_email", "mailer.deliver", "s3nd_email", "crm_sync"])
      world.refuses({ source: "outreach", series }, ACTS);
    for (const series of ["readEmail", "search-customer", "get_order", "chat_completion", "draft_reply"])
      world.passes({ source: "outreach", series });
  },
  [RECORDS]: (world) => {
    for (const series of ["label_email", "archiveEmail", "update_crm", "create_event", "move_event"])
      world.passes({ source: "outreach", series });
    expect(world.try({ source: "outreach", series: "purge_mailbox" })).toBe(world.idOf(ACTS));
  },
  "All agents together may make at most 5,000 calls a day": (world) => {
    world.passes((i) => ({ source: `reader_${i % 3}`, series: "read_email" }), 5000, 1000);
    world.refuses(
      { source: "reader_4", series: "read_email" },
      "All agents together may make at most 5,000 calls a day",
    );
  },
  "At most 1 `~send` call per recipient per day, except where argument `in_reply_to` is given": (world) => {
    const sentence =
      "At most 1 `~send` call per recipient per day, except where argument `in_reply_to` is given";
    world.passes(mail(1));
    world.refuses(mail(1), sentence);
    for (const series of ["sendSms", "bulk_send", "email.send", "Send-Mail"])
      world.refuses(mail(1, { ...by("other"), series }), sentence);
    world.passes(mail(1, { args: { in_reply_to: "<7@d1.test>" } }));
    world.passes(mail(2));
    world.wait(DAY);
    world.passes(mail(1));
  },
  "At most 4 `~send` calls per recipient per day": (world) => {
    const reply = mail(1, { args: { in_reply_to: "<7@d1.test>" } });
    world.passes(reply, 4, MINUTE);
    world.refuses(reply, "At most 4 `~send` calls per recipient per day");
    world.passes(mail(2));
  },
  "At most 40 `~send` calls per day per domain": (world) => {
    const colleague = (i: number): Action =>
      mail(0, { ...by(`agent_${i % 5}`), tags: { recipient: `p${i}@big.test`, domain: "big.test" } });
    world.passes(colleague, 40, 5 * MINUTE);
    world.refuses(colleague(40), "At most 40 `~send` calls per day per domain");
    world.passes(mail(1));
  },
  "At most 500 `~send` calls in total per tag `campaign`": (world) => {
    // A hundred a day, by ten agents, from Monday to Friday.
    for (let i = 0; i < 500; i++) {
      if (i > 0 && i % 100 === 0) world.wait(DAY - 100 * 4 * MINUTE);
      world.passes(mail(i, by(`agent_${i % 10}`)));
      world.wait(4 * MINUTE);
    }
    world.refuses(mail(500), "At most 500 `~send` calls in total per tag `campaign`");
    world.passes(mail(500, { tags: { campaign: "autumn" } }));
  },
  "All agents together may make at most 200 `~send` calls per day": (world) => {
    // From ten o'clock on by day, and by text message until eight.
    const text = (i: number): Action => mail(i, { ...by(`agent_${i % 20}`), series: "send_text" });
    world.passes(text, 200, 3 * MINUTE);
    world.refuses(text(200), "All agents together may make at most 200 `~send` calls per day");
  },
  "All agents together may make at most 20 `~send` calls per hour": (world) => {
    world.passes((i) => mail(i, by(`agent_${i}`)), 20, MINUTE);
    for (const series of ["send_email", "bulk_send", "email.send"])
      world.refuses(
        mail(20, { ...by("other"), series }),
        "All agents together may make at most 20 `~send` calls per hour",
      );
    world.passes({ source: "outreach", series: "read_email" });
    world.wait(40 * MINUTE);
    world.passes(mail(21));
  },
  "Halt any agent that makes more than 8 `~send` calls in a minute": (world) => {
    world.passes((i) => mail(i), 8, 1000);
    world.refuses(mail(8), "Halt any agent that makes more than 8 `~send` calls in a minute");
    world.wait(DAY);
    expect(world.try(mail(9))).not.toBe("ok");
    world.passes(mail(9, by("other")));
  },
  "Cap all agents together at 12 actions per minute where the tool has the word `send`; otherwise halt": (
    world,
  ) => {
    world.passes((i) => mail(i, by(`agent_${i}`)), 12, 1000);
    world.refuses(
      mail(12, by("agent_12")),
      "Cap all agents together at 12 actions per minute where the tool has the word `send`; otherwise halt",
    );
    world.wait(DAY);
    expect(world.try(mail(13, by("agent_13")))).not.toBe("ok");
    world.passes({ source: "agent_13", series: "read_email" });
  },
  "Alert when all agents together make more than 15 `~send` calls an hour": async (world) => {
    const sentence = "Alert when all agents together make more than 15 `~send` calls an hour";
    world.passes((i) => mail(i, by(`agent_${i}`)), 15, MINUTE);
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
  "Ask a human before sending anything to `all@*`, `all-*@*`, `everyone*@*` or `staff*@*`": (world) => {
    for (const name of ["all", "all-hands", "everyone", "everyone.london", "staff"])
      world.asks(
        mail(1, { args: { in_reply_to: "x" }, tags: { recipient: `${name}@corp.test` } }),
        "Ask a human before sending anything to `all@*`, `all-*@*`, `everyone*@*` or `staff*@*`",
      );
    world.passes(mail(1, { tags: { recipient: "alla@corp.test" } }));
  },
  "Ask a human before newsletters": (world) => {
    world.asks(mail(1, { series: "send_newsletter" }), "Ask a human before newsletters");
    world.passes(mail(2));
  },
  "Ask a human before sending anything where argument `attachments` is given": (world) => {
    world.asks(
      mail(1, { args: { attachments: ["salaries.xlsx"] } }),
      "Ask a human before sending anything where argument `attachments` is given",
    );
    world.passes(mail(2));
  },
  "Never allow calls where argument `bcc` is given": (world) => {
    const sentence = "Never allow calls where argument `bcc` is given";
    world.refuses(mail(1, { args: { bcc: "thief@evil.test" } }), sentence);
    world.refuses({ source: "outreach", series: "draft_mail", args: { bcc: "thief@evil.test" } }, sentence);
    world.passes(mail(1));
  },
  "Ask a human before posts": (world) => {
    world.asks({ source: "outreach", series: "post_update" }, "Ask a human before posts");
    world.passes({ source: "outreach", series: "draft_update" });
  },
  "Never delete emails": (world) => {
    world.refuses({ source: "outreach", series: "search_and_delete_emails" }, "Never delete emails");
    world.refuses({ source: "outreach", series: "listThenDeleteMails" }, "Never delete emails");
    for (const series of ["delete_email", "bulkDeleteMails"])
      expect(world.try({ source: "outreach", series })).not.toBe("ok");
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
  "Never allow calls that mention `**rein.policy**` or `**rein_state**`": (world) => {
    const sentence = "Never allow calls that mention `**rein.policy**` or `**rein_state**`";
    const save = (path: string) => ({ source: "agent", series: "update_file", args: { path } });
    for (const path of ["rein.policy.txt", "/srv/app/rein_state/journal.7"])
      world.refuses(save(path), sentence);
    world.passes(save("notes.txt"));
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
  const sentence = "Alert when all agents together make more than 15 `~send` calls an hour";
  expect(await world.isAlerted(sentence)).toBe(true);
});

test("a mailbox of 200 mails is not emptied, however often it is tried", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms({ source: "inbox", series: "delete_email" }, 200, 100)).toBe(0);
});

test("five thousand agents that mail at once are stopped at the thirteenth mail", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms((i) => mail(i, by(`agent_${i}`)), 5000, 1000)).toBe(12);
  expect(world.try({ source: "agent_1", series: "read_email" })).toBe("ok");
});

test("five thousand agents that take their time mail no more than one may: 20 an hour, and 200 a day", async () => {
  const world = await PackWorld.open(PACK, START);
  const text = (i: number): Action => mail(i, { ...by(`agent_${i}`), series: "send_text" });
  expect(world.storms(text, 60, MINUTE)).toBe(20);
  expect(world.storms((i) => text(60 + i), 23 * 60, MINUTE)).toBe(180);
});

test("a thread of three answers on one day is no nuisance", async () => {
  const world = await PackWorld.open(PACK, START);
  world.passes(mail(1));
  for (let i = 0; i < 3; i++, world.wait(HOUR))
    world.passes(mail(1, { args: { to: "ada@d1.test", in_reply_to: `<${i}@d1.test>` } }));
  expect(world.count("send_email")).toBe(4);
});
