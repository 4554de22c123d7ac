import { expect, test } from "vitest";
import type { Action } from "../src/index.js";
import { describeRules, PackWorld } from "./support/pack.js";

const PACK = "scraping-rpa";
const START = "2026-01-05T12:00:00Z";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A step of a robot, on a host of its own for each n. */
function on(host: string, series = "open_page", more: Partial<Action> = {}): Action {
  return { source: "robot", series, ...more, tags: { host, job: "prices", ...more.tags } };
}
/** Steps on so many hosts that none has too many. */
const spread =
  (series: string, more: Partial<Action> = {}) =>
  (i: number) =>
    on(`h${i % 50}.test`, series, more);

const TOOLS =
  "`open_page`, `scroll`, `extract`, `click`, `type_text`, `submit_form`, `purchase`, `download_file`";

describeRules(PACK, START, {
  "At most 1 request per second per host with bursts of 5": (world) => {
    world.passes(on("shop.test"), 5);
    world.refuses(on("shop.test", "click"), "At most 1 request per second per host with bursts of 5");
    world.passes(on("other.test"));
    world.wait(SECOND);
    world.passes(on("shop.test"));
  },
  "At most 5,000 requests per day per host": (world) => {
    world.passes((i) => on("shop.test", "extract", { tags: { job: `j${i % 10}` } }), 5000, 2 * SECOND);
    world.refuses(on("shop.test", "extract"), "At most 5,000 requests per day per host");
    world.passes(on("other.test"));
  },
  "At most 2 requests at once per host": (world) => {
    const held = [world.holds(on("shop.test")), world.holds(on("shop.test"))];
    world.refuses(on("shop.test"), "At most 2 requests at once per host");
    world.passes(on("other.test"));
    held[0]!.settle({ ok: true });
    world.passes(on("shop.test"));
  },
  "Pause a host for 15 minutes after 5 failures in a row": (world) => {
    world.passes(on("shop.test"), 5, SECOND, { ok: false });
    world.refuses(on("shop.test"), "Pause a host for 15 minutes after 5 failures in a row");
    world.passes(on("other.test"));
    world.wait(15 * MINUTE);
    world.passes(on("shop.test"));
  },
  "Pause a host for 1 hour when more than 30 percent of its requests fail within 10 minutes, counting from 20":
    (world) => {
      const sentence =
        "Pause a host for 1 hour when more than 30 percent of its requests fail within 10 minutes, counting from 20";
      world.passes(on("shop.test"), 13, 2 * SECOND);
      world.passes(on("shop.test"), 4, 2 * SECOND, { ok: false });
      world.passes(on("shop.test"), 1, 2 * SECOND);
      world.passes(on("shop.test"), 3, 2 * SECOND, { ok: false });
      world.refuses(on("shop.test"), sentence);
      world.passes(on("other.test"));
      world.wait(HOUR);
      world.passes(on("shop.test"));
    },
  "Each job may make at most 2,000 requests in total": (world) => {
    world.passes(spread("extract"), 2000, SECOND);
    world.refuses(on("new.test"), "Each job may make at most 2,000 requests in total");
    world.passes(on("new.test", "extract", { tags: { job: "stock" } }));
  },
  "All agents together may make at most 20,000 requests a day": (world) => {
    const read = (i: number): Action =>
      on(`h${i % 50}.test`, "extract", { source: `robot_${i % 7}`, tags: { job: `j${i % 20}` } });
    world.passes(read, 20_000, SECOND);
    world.refuses(
      on("new.test", "extract", { tags: { job: "new" } }),
      "All agents together may make at most 20,000 requests a day",
    );
  },
  "Spend at most $5 per job, taking $0 where no cost is named": (world) => {
    const paid = (usd: number): Action => on("solver.test", "extract", { cost: { usd } });
    world.passes(paid(1.25), 4);
    world.refuses(
      { ...paid(0.01), tags: { host: "x.test", job: "prices" } },
      "Spend at most $5 per job, taking $0 where no cost is named",
    );
    world.passes(on("shop.test"));
  },
  "Halt everything when spending exceeds $50 a day, taking $0 where no cost is named": (world) => {
    const sentence = "Halt everything when spending exceeds $50 a day, taking $0 where no cost is named";
    const paid = (i: number): Action =>
      on(`h${i}.test`, "extract", { cost: { usd: 5 }, tags: { job: `j${i}` } });
    world.passes(paid, 10);
    world.refuses(paid(10), sentence);
    world.wait(HOUR);
    expect(world.try(on("shop.test"))).not.toBe("ok");
  },
  "Kill any call that takes longer than 1 minute": (world) => {
    const permit = world.holds(on("slow.test"));
    world.wait(MINUTE - 1);
    expect(permit.signal.aborted).toBe(false);
    world.wait(1);
    expect(permit.signal.aborted).toBe(true);
  },
  "Set a global limit of 20 requests per second across the system": (world) => {
    world.passes((i) => on(`h${i}.test`), 20);
    world.refuses(on("new.test"), "Set a global limit of 20 requests per second across the system");
    world.wait(SECOND);
    world.passes(on("new.test"));
  },
  "At most 20 requests at once across all agents": (world) => {
    const held = Array.from({ length: 20 }, (_, i) => world.holds(on(`h${i}.test`)));
    world.wait(2 * SECOND);
    world.refuses(on("new.test"), "At most 20 requests at once across all agents");
    held[0]!.settle({ ok: true });
    world.passes(on("new.test"));
  },
  "Stop an agent that makes the same call 6 times in a row, except `click` and `scroll`": (world) => {
    const sentence = "Stop an agent that makes the same call 6 times in a row, except `click` and `scroll`";
    const read = on("shop.test", "extract", { args: { url: "https://shop.test/prices" } });
    for (let i = 0; i < 5; i++, world.wait(SECOND)) expect(world.try(read)).toBe("ok");
    world.refuses(read, sentence);
    world.passes(on("shop.test"));
    expect(world.try(read)).toBe("ok");
    const further = on("shop.test", "scroll", { args: { to: "end" } });
    for (let i = 0; i < 20; i++, world.wait(SECOND)) expect(world.try(further)).toBe("ok");
  },
  "Stop any job that makes the same call 6 times in a row, except `click` and `scroll`": (world) => {
    const read = (i: number): Action =>
      on("shop.test", "extract", { source: `robot_${i}`, args: { url: "https://shop.test/prices" } });
    for (let i = 0; i < 5; i++, world.wait(SECOND)) expect(world.try(read(i))).toBe("ok");
    world.refuses(
      read(5),
      "Stop any job that makes the same call 6 times in a row, except `click` and `scroll`",
    );
    world.passes(on("shop.test", "extract", { tags: { job: "stock" } }));
  },
  "Stop an agent that makes the same call 100 times in a row": (world) => {
    const further = on("shop.test", "scroll", { args: { to: "end" } });
    for (let i = 0; i < 99; i++, world.wait(SECOND)) expect(world.try(further)).toBe("ok");
    world.refuses(further, "Stop an agent that makes the same call 100 times in a row");
    world.passes(on("shop.test"));
  },
  "Never allow calls where tag `host` is `localhost` or `*.localhost` or `*.local` or `*.internal` or `*.lan` or `*:*`":
    (world) => {
      const sentence =
        "Never allow calls where tag `host` is `localhost` or `*.localhost` or `*.local` or `*.internal` or `*.lan` or `*:*`";
      for (const host of [
        "localhost",
        "app.localhost",
        "printer.local",
        "metadata.google.internal",
        "fe80::a",
      ])
        world.refuses(on(host), sentence);
      world.passes(on("local.test"));
    },
  "Never allow calls where tag `host` is `*.*0` or `*.*1` or `*.*2` or `*.*3` or `*.*4` or `0x*`": (
    world,
  ) => {
    const sentence =
      "Never allow calls where tag `host` is `*.*0` or `*.*1` or `*.*2` or `*.*3` or `*.*4` or `0x*`";
    for (const host of ["127.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "172.16.0.2", "0x7f000001"])
      world.refuses(on(host), sentence);
    world.passes(on("10.shop4.test"));
  },
  "Never allow calls where tag `host` is `*.*5` or `*.*6` or `*.*7` or `*.*8` or `*.*9`": (world) => {
    for (const host of ["10.0.0.7", "110.0.0.5", "172.31.4.8"])
      world.refuses(
        on(host),
        "Never allow calls where tag `host` is `*.*5` or `*.*6` or `*.*7` or `*.*8` or `*.*9`",
      );
    world.passes(on("shop9.test"));
  },
  "Never open anything where tag `host` is `*bank*` or `*.gov`": (world) => {
    world.refuses(on("my.bank.test"), "Never open anything where tag `host` is `*bank*` or `*.gov`");
    world.refuses(on("irs.gov"), "Never open anything where tag `host` is `*bank*` or `*.gov`");
    world.passes(on("gov.test"));
  },
  "Halt an agent that enumerates hosts": (world) => {
    const sentence = "Halt an agent that enumerates hosts";
    const knock = (i: number): Action => on(`10.0.0.${i}`, "open_page", { tags: { job: `j${i}` } });
    expect(world.storms(knock, 5)).toBe(0);
    world.passes(on("shop.test"));
    expect(world.halts()).toHaveLength(0);
    world.storms((i) => knock(10 + i), 40, SECOND);
    expect(world.rein.snapshot().halts[0]?.rule).toBe(world.idOf(sentence));
    expect(world.try(on("shop.test"))).not.toBe("ok");
    world.passes(on("shop.test", "open_page", { source: "robot_2" }));
  },
  "Halt any job that enumerates hosts": (world) => {
    const knock = (i: number): Action => on(`10.0.1.${i}`, "open_page", { source: `robot_${i}` });
    world.storms(knock, 40, SECOND);
    expect(world.rein.snapshot().halts[0]?.rule).toBe(world.idOf("Halt any job that enumerates hosts"));
    expect(world.try(on("shop.test", "open_page", { source: "robot_99" }))).not.toBe("ok");
    world.passes(on("shop.test", "open_page", { source: "robot_99", tags: { job: "stock" } }));
  },
  "Stop everything for 5 minutes when more than half of all requests fail within 10 minutes, counting from 20":
    (world) => {
      const sentence =
        "Stop everything for 5 minutes when more than half of all requests fail within 10 minutes, counting from 20";
      world.passes(spread("open_page"), 9, SECOND);
      world.passes(spread("click"), 11, SECOND, { ok: false });
      world.refuses(on("new.test"), sentence);
      world.wait(5 * MINUTE);
      world.passes(on("new.test"));
    },
  "At most 120 new hosts per hour": (world) => {
    world.passes((i) => on(`h${i}.test`, "open_page", { source: `robot_${i % 9}` }), 120, SECOND);
    world.refuses(on("new.test"), "At most 120 new hosts per hour");
    world.passes(on("h1.test"));
    world.wait(HOUR);
    world.passes(on("new.test"));
  },
  [`Only allow ${TOOLS} and \`log_in\``]: (world) => {
    world.refuses(on("shop.test", "run_script"), `Only allow ${TOOLS} and \`log_in\``);
    world.refuses(on("shop.test", "upload_file"), `Only allow ${TOOLS} and \`log_in\``);
    world.passes(on("shop.test", "scroll"));
  },
  "At most 60 clicks per minute per agent": (world) => {
    world.passes(spread("click"), 60, 100);
    world.refuses(on("new.test", "click"), "At most 60 clicks per minute per agent");
    world.passes(on("new.test", "scroll"));
    world.passes(on("new.test", "click", { source: "robot_2" }));
  },
  "All agents together may make at most 1,500 clicks per hour": (world) => {
    const click = (i: number): Action =>
      on(`h${i % 50}.test`, "click", { source: `robot_${i % 30}`, tags: { job: `j${i % 3}` } });
    world.passes(click, 1500, 2 * SECOND);
    world.refuses(click(1500), "All agents together may make at most 1,500 clicks per hour");
    world.passes(on("new.test", "scroll"));
  },
  "At most 20 `submit_form` calls per hour per agent": (world) => {
    world.passes(spread("submit_form"), 20, MINUTE);
    world.refuses(on("new.test", "submit_form"), "At most 20 `submit_form` calls per hour per agent");
    world.wait(40 * MINUTE);
    world.passes(on("new.test", "submit_form"));
  },
  "All agents together may make at most 40 `submit_form` calls per hour": (world) => {
    const submit = (i: number): Action => on(`h${i % 50}.test`, "submit_form", { source: `robot_${i}` });
    world.passes(submit, 40, MINUTE);
    world.refuses(submit(40), "All agents together may make at most 40 `submit_form` calls per hour");
  },
  "All agents together may make at most 150 `type_text` calls per hour": (world) => {
    const type = (i: number): Action => on(`h${i % 50}.test`, "type_text", { source: `robot_${i}` });
    world.passes(type, 150, SECOND);
    world.refuses(type(150), "All agents together may make at most 150 `type_text` calls per hour");
    world.wait(HOUR);
    world.passes(type(151));
  },
  "Ask a human before any purchase": (world) => {
    world.asks(on("shop.test", "purchase", { args: { amount: 3 } }), "Ask a human before any purchase");
    world.asks(on("shop.test", "purchase"), "Ask a human before any purchase");
    world.passes(on("shop.test", "click"));
  },
  "Never purchase anything where argument `amount` is over 100": (world) => {
    const buy = (amount: number): Action => on("shop.test", "purchase", { args: { amount } });
    world.refuses(buy(100.01), "Never purchase anything where argument `amount` is over 100");
    world.asks(buy(100), "Ask a human before any purchase");
  },
  "At most 10 `log_in` calls per hour per account": (world) => {
    const login = (i: number): Action => on(`h${i}.test`, "log_in", { tags: { account: "ada" } });
    world.passes(login, 10);
    world.refuses(login(10), "At most 10 `log_in` calls per hour per account");
    world.passes(on("h11.test", "log_in", { tags: { account: "bob" } }));
  },
  "All agents together may make at most 40 `log_in` calls per hour": (world) => {
    const login = (i: number): Action => on(`h${i}.test`, "log_in", { tags: { account: `a${i}` } });
    world.passes(login, 40, SECOND);
    world.refuses(login(40), "All agents together may make at most 40 `log_in` calls per hour");
  },
  "Block `type_text` where argument `field` is `*password*` or `*card*`": (world) => {
    const type = (field: string): Action => on("shop.test", "type_text", { args: { field, text: "…" } });
    world.refuses(type("password"), "Block `type_text` where argument `field` is `*password*` or `*card*`");
    world.refuses(
      type("card_number"),
      "Block `type_text` where argument `field` is `*password*` or `*card*`",
    );
    world.passes(type("search"));
  },
  "Ask a human before `extract` where argument `field` is `*email*` or `*phone*` or `*address*`": (world) => {
    const sentence =
      "Ask a human before `extract` where argument `field` is `*email*` or `*phone*` or `*address*`";
    const extract = (field: string): Action => on("shop.test", "extract", { args: { field } });
    for (const field of ["email", "phone_home", "billing_address"]) world.asks(extract(field), sentence);
    world.passes(extract("price"));
  },
  "At most 50 downloads per hour per agent": (world) => {
    world.passes(spread("download_file"), 50, SECOND);
    world.refuses(on("new.test", "download_file"), "At most 50 downloads per hour per agent");
    world.wait(HOUR);
    world.passes(on("new.test", "download_file"));
  },
  "All agents together may make at most 100 downloads per hour": (world) => {
    const download = (i: number): Action => on(`h${i % 50}.test`, "download_file", { source: `robot_${i}` });
    world.passes(download, 100, SECOND);
    world.refuses(download(100), "All agents together may make at most 100 downloads per hour");
  },
  "Alert when an agent opens more than 1,000 pages an hour": async (world) => {
    const sentence = "Alert when an agent opens more than 1,000 pages an hour";
    world.passes(spread("open_page"), 1000, SECOND);
    expect(await world.isAlerted(sentence)).toBe(false);
    world.passes(on("new.test"));
    expect(await world.isAlerted(sentence)).toBe(true);
  },
  "Never allow calls that mention `**rein.policy**` or `**rein_state**`": (world) => {
    const sentence = "Never allow calls that mention `**rein.policy**` or `**rein_state**`";
    const save = (path: string) => ({ source: "agent", series: "open_page", args: { path } });
    for (const path of ["rein.policy.txt", "/srv/app/rein_state/journal.7"])
      world.refuses(save(path), sentence);
    world.passes(save("notes.txt"));
  },
});

test("an honest job over 100 pages of each of ten hosts feels nothing", async () => {
  const world = await PackWorld.open(PACK, START);
  for (let page = 0; page < 100; page++) {
    for (let host = 0; host < 10; host++) {
      world.passes(on(`h${host}.test`), 1, 0, { ok: page % 7 !== 0 });
      world.passes(on(`h${host}.test`, "extract"));
    }
    world.wait(15 * SECOND);
  }
  expect(world.count("open_page")).toBe(1000);
});

test("13,508 identical reads of one page are 5, and as many of different pages what a job may do: 2,000", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms(on("shop.test"), 13_508, SECOND)).toBe(5);
  const other = await PackWorld.open(PACK, START);
  const read = (i: number): Action => on("shop.test", "open_page", { args: { page: i } });
  expect(other.storms(read, 13_508, SECOND)).toBe(2000);
});

test("a robot that is turned on the network behind it reaches none of it", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms((i) => on(`10.0.${i >> 8}.${i & 255}`), 2000, 100)).toBe(0);
  expect(world.storms(on("169.254.169.254", "extract"), 100, 100)).toBe(0);
});

test("a robot that was talked into buying buys nothing until a human agrees", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms(on("shop.test", "purchase", { args: { amount: 99 } }), 200, 2 * SECOND)).toBe(0);
});

test("a host that answers 429 is asked five times and left alone for a quarter of an hour", async () => {
  const world = await PackWorld.open(PACK, START);
  expect(world.storms(on("shop.test"), 15 * 60, SECOND, { ok: false })).toBe(5);
});
