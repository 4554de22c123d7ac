import type { Action } from "../../rein/index.js";
import { DAY, MINUTE, SECOND } from "./desk.js";
import type { Desk, Steps } from "./desk.js";
import type { WorkKind } from "./kind.js";
import { domainOf, personOf } from "./words.js";

/** Where some of the customers of a business have their address; the others have one of their own company. */
const SHARED_DOMAINS = ["gmail.example", "outlook.example", "mail.example"] as const;

/** Agents that write to people: one call for each recipient, told with its address and its domain. */
export const MAIL: readonly WorkKind[] = [
  {
    id: "mail-ticket-replies",
    title: "answers some thirty tickets in a day, each with one mail",
    domain: "mail",
    horizonMs: 2 * DAY,
    *run(desk) {
      const tickets = desk.between(24, 36);
      const backlog = desk.between(3, 8);
      const first = desk.between(0, 500);
      for (let i = 0; i < tickets; i++) {
        yield* desk.officeHours();
        yield* read(desk, "support_agent", `ticket-${first + i}`);
        yield* desk.attempt(tool("support_agent", "search_customer", { name: personOf(first + i) }), 0.02, {
          ms: 300,
        });
        if (desk.chance(0.4))
          yield* desk.act(tool("support_agent", "get_order", { order: desk.between(1_000, 9_999) }), {
            ms: 200,
          });
        yield* write(desk, "support_agent");
        yield* send(desk, "support_agent", first + i, "support");
        // What has come in over night is done at once; the others are answered when they come.
        yield* desk.wait(desk.about(i < backlog ? 90 * SECOND : 12 * MINUTE));
      }
    },
  },
  {
    id: "mail-campaign",
    title: "writes to a few hundred known customers, slowly, over some days",
    domain: "mail",
    horizonMs: 7 * DAY,
    *run(desk) {
      const customers = desk.between(120, 320);
      const campaign = `campaign-${desk.text(1)}`;
      const everyMs = desk.between(230, 330) * SECOND;
      yield* desk.act(tool("outreach_agent", "list_customers", { segment: desk.text(1) }), { ms: 900 });
      for (let n = 0; n < customers; n++) {
        yield* desk.officeHours();
        yield* write(desk, "outreach_agent", 0.002);
        yield* send(desk, "outreach_agent", n, campaign);
        yield* desk.wait(desk.about(everyMs));
      }
      yield* desk.act(tool("outreach_agent", "update_crm", { campaign, sent: customers }), { ms: 400 });
    },
  },
  {
    id: "mail-leads",
    title: "looks companies up and writes to each, and once more when nobody answers for some days",
    domain: "mail",
    horizonMs: 7 * DAY,
    *run(desk) {
      const leads = desk.between(10, 22);
      const first = desk.between(0, 80);
      for (const isReminder of [false, true]) {
        for (let n = first; n < first + leads; n++) {
          if (isReminder && desk.chance(0.6)) continue;
          yield* desk.officeHours();
          if (!isReminder) {
            yield* desk.attempt(tool("sales_agent", "web_search", { query: domainOf(n) }), 0.03, { ms: 800 });
            yield* desk.attempt(tool("sales_agent", "read_page", { url: `https://${domainOf(n)}/` }), 0.05, {
              ms: desk.about(900),
            });
          }
          yield* write(desk, "sales_agent");
          yield* send(desk, "sales_agent", n, "leads", { company: domainOf(n) });
          yield* desk.wait(desk.about(7 * MINUTE));
        }
        if (!isReminder) yield* desk.wait(desk.between(26, 60) * 60 * MINUTE);
      }
    },
  },
  {
    id: "mail-threads",
    title: "answers customers who write back, some of them twice and three times on the same day",
    domain: "mail",
    horizonMs: 2 * DAY,
    *run(desk) {
      const source = "support_agent";
      const first = desk.between(0, 500);
      let open = desk.times(6, 12).map((i) => ({ n: first + i, replies: desk.between(1, 3), sent: 0 }));
      while (open.length > 0) {
        for (const thread of open) {
          yield* desk.officeHours();
          yield* read(desk, source, `mail-${thread.n}-${thread.sent}`);
          yield* write(desk, source);
          const answers = `<${thread.n}.${thread.sent}@customer.example>`;
          yield* send(desk, source, thread.n, "support", { answers });
          thread.sent += 1;
          yield* desk.wait(desk.about(4 * MINUTE));
        }
        open = open.filter(({ sent, replies }) => sent < replies);
        yield* desk.wait(desk.about(30 * MINUTE));
      }
    },
  },
  {
    id: "mail-newsletter",
    title: "writes a newsletter, shows it to two colleagues, and sends it to lists that a person agrees to",
    domain: "mail",
    horizonMs: 2 * DAY,
    *run(desk) {
      const source = "comms_agent";
      const campaign = `newsletter-${desk.text(1)}`;
      for (const i of desk.times(3, 8))
        yield* desk.act(tool(source, "read_document", { document: `${desk.text(1)}-${i}` }), { ms: 300 });
      const drafts = desk.between(1, 3);
      const colleague = desk.between(0, 40);
      for (let draft = 0; draft < drafts; draft++) {
        yield* desk.officeHours();
        yield* write(desk, source, 0.03);
        const answers = draft > 0 ? `<draft.${draft}@corp.example>` : undefined;
        for (const i of [0, 1]) {
          yield* send(desk, source, colleague + i, campaign, { company: "corp.example", answers });
          yield* desk.wait(desk.about(MINUTE));
        }
        yield* desk.wait(desk.about(40 * MINUTE));
      }
      for (const i of desk.times(1, 5)) {
        yield* desk.officeHours();
        const recipient = `readers-${desk.text(1)}-${i}@lists.example`;
        const tags = { recipient, domain: "lists.example", campaign };
        const args = { to: recipient, subject: desk.text(4), body: desk.text(14) };
        yield* desk.act({ source, series: "send_newsletter", tags, args }, { ms: 900, result: "queued" });
        yield* desk.wait(desk.about(10 * MINUTE));
      }
    },
  },
  {
    id: "mail-team-news",
    title: "prepares the news of the week for the house, with attachments and posts that a person looks at",
    domain: "mail",
    horizonMs: 2 * DAY,
    *run(desk) {
      const source = "comms_agent";
      for (const i of desk.times(6, 14)) {
        yield* desk.act(tool(source, "read_document", { document: `${desk.text(1)}-${i}` }), { ms: 300 });
        yield* desk.wait(desk.about(30 * SECOND));
      }
      yield* write(desk, source, 0.04);
      for (const i of desk.times(1, 3)) {
        yield* desk.officeHours();
        const tags = {
          recipient: i === 0 ? "all@corp.example" : `team-${i}@corp.example`,
          domain: "corp.example",
        };
        const args = { to: tags.recipient, subject: desk.text(3), attachments: [`${desk.text(1)}.pdf`] };
        yield* desk.act({ source, series: "send_email", tags, args }, { ms: 700, result: "sent" });
        yield* desk.wait(desk.about(10 * MINUTE));
      }
      for (const _ of desk.times(1, 4)) {
        yield* desk.act(tool(source, "post_update", { channel: desk.text(1), text: desk.text(8) }), {
          ms: 500,
        });
        yield* desk.wait(desk.about(15 * MINUTE));
      }
    },
  },
  {
    id: "mail-meetings",
    title: "finds times for meetings, invites, moves them, and reminds by text message",
    domain: "mail",
    horizonMs: 2 * DAY,
    *run(desk) {
      const source = "calendar_agent";
      const first = desk.between(0, 500);
      let guest = first;
      for (const meeting of desk.times(2, 5)) {
        yield* desk.officeHours();
        const guests = desk.between(2, 4);
        for (let i = 0; i < guests; i++)
          yield* desk.act(tool(source, "get_calendar", { of: personOf(guest + i) }), { ms: 250 });
        yield* write(desk, source);
        yield* desk.act(tool(source, "create_event", { meeting, title: desk.text(3) }), { ms: 300 });
        for (let i = 0; i < guests; i++) {
          yield* send(desk, source, guest + i, "meetings");
          yield* desk.wait(desk.about(20 * SECOND));
        }
        guest += guests;
        yield* desk.wait(desk.about(70 * MINUTE));
        if (desk.chance(0.3))
          yield* desk.act(tool(source, "move_event", { meeting, by: desk.text(1) }), { ms: 300 });
      }
      yield* desk.officeHours();
      for (const i of desk.times(1, 4)) {
        const n = guest + i;
        const tags = { recipient: `+44 20 7946 0${100 + n}`, domain: "sms" };
        yield* desk.act(
          {
            source,
            series: "send_sms",
            cost: { usd: 0.04 },
            tags,
            args: { to: tags.recipient, text: desk.text(6) },
          },
          { ms: 600, result: "queued" },
        );
        yield* desk.wait(desk.about(40 * SECOND));
      }
    },
  },
  {
    id: "mail-inbox",
    title: "sorts an inbox: reads, labels, archives, drafts, and seldom answers itself",
    domain: "mail",
    horizonMs: 2 * DAY,
    *run(desk) {
      const source = "inbox_agent";
      const mails = desk.between(40, 110);
      for (let n = 0; n < mails; n++) {
        if (n % 25 === 0) {
          yield* desk.officeHours();
          yield* desk.attempt(tool(source, "list_emails", { page: n / 25 }), 0.02, { ms: 400 });
        }
        yield* read(desk, source, `mail-${n}`);
        if (desk.chance(0.6))
          yield* desk.act(tool(source, "label_email", { id: n, label: desk.text(1) }), { ms: 100 });
        if (desk.chance(0.5))
          yield* desk.act(tool(source, "archive_email", { id: n }), { ms: 100, result: "ok" });
        if (desk.chance(0.1))
          yield* desk.act(tool(source, "draft_reply", { id: n, text: desk.text(9) }), { ms: 200 });
        if (desk.chance(0.05)) yield* send(desk, source, n, "inbox");
        yield* desk.wait(desk.about(n % 25 < 20 ? 8 * SECOND : 2 * MINUTE));
      }
    },
  },
];

function tool(source: string, series: string, args: Readonly<Record<string, unknown>>): Action {
  return { source, series, args };
}

function* read(desk: Desk, source: string, id: string): Steps {
  yield* desk.attempt(tool(source, "read_email", { id }), 0.01, {
    ms: desk.about(250),
    result: desk.text(12),
  });
}

/** A model writes the text. */
function* write(desk: Desk, source: string, usd = 0.012): Steps {
  const cost = { usd, tokens: desk.between(900, 4_000) };
  yield* desk.act(
    { source, series: "chat_completion", cost, args: { prompt: desk.text(6) } },
    { ms: desk.about(5 * SECOND), result: desk.text(12), cost: { ...cost, usd: usd / 2 } },
  );
}

interface Letter {
  /** Where its recipient works; many have their address elsewhere. */
  readonly company?: string;
  /** The message that it answers. */
  readonly answers?: string | undefined;
}

/** One mail to the nth person; one in seventy comes back. */
function* send(desk: Desk, source: string, n: number, campaign: string, letter: Letter = {}): Steps {
  const { company, answers } = letter;
  const domain = company ?? (n % 9 === 4 ? SHARED_DOMAINS[n % SHARED_DOMAINS.length]! : domainOf(n >> 1));
  const recipient = `${personOf(n)}@${domain}`;
  const about = answers === undefined ? {} : { in_reply_to: answers };
  const args = { to: recipient, subject: desk.text(3), body: desk.text(10), ...about };
  const ok = !desk.chance(0.014);
  const result = ok ? "sent" : "bounced";
  yield* desk.act(
    { source, series: "send_email", tags: { recipient, domain, campaign }, args },
    { ms: desk.about(600), ok, result },
  );
}
