import type { Act } from "../attack.js";
import type { Action } from "../../rein/index.js";
import { DAY, MINUTE, SECOND } from "./desk.js";
import type { Desk, Ending, Steps } from "./desk.js";
import type { WorkKind } from "./kind.js";
import { personOf } from "./words.js";

/** UTC. */
const LUNCH = { from: 12.5, to: 13.25 };

/** Agents that talk to people and use tools; model calls are priced, and everything is told with its conversation. */
export const LLM: readonly WorkKind[] = [
  {
    id: "llm-support",
    title:
      "talks to customers, answers again when they come back, looks them and their orders up, refunds small amounts, and asks a person before it cancels",
    domain: "llm",
    horizonMs: 4 * DAY,
    *run(desk) {
      const first = desk.between(0, 500);
      for (const i of desk.times(6, 22)) {
        yield* atWork(desk);
        const customer = first + i;
        const talk = new Talk(desk, "support_agent");
        yield* talk.lookUp(customer);
        for (const _ of desk.times(2, 7)) yield* talk.reply(customer);
        if (desk.chance(0.35)) {
          yield* desk.wait(desk.about(30 * MINUTE));
          yield* atWork(desk);
          if (desk.chance(0.5)) yield* talk.lookUp(customer);
          for (const _ of desk.times(1, 3)) yield* talk.reply(customer);
        }
        if (desk.chance(0.15)) {
          const amount = desk.chance(0.8) ? desk.amount(5, 49) : desk.amount(50, 180);
          yield* talk.use(
            "refund_order",
            { order: desk.between(1_000, 9_999), amount },
            { ms: 900, result: "done" },
          );
        }
        if (desk.chance(0.08))
          yield* talk.use("cancel_order", { order: desk.between(1_000, 9_999) }, { ms: 700 });
        yield* desk.wait(desk.about(5 * MINUTE));
      }
    },
  },
  {
    id: "llm-research",
    title: "researches with sub-agents that search and read side by side",
    domain: "llm",
    *run(desk) {
      const planner = new Talk(desk, "research_agent");
      yield* planner.complete(0.06);
      const workers = desk.times(2, 8).map((i) => new Talk(desk, `research_agent/worker-${i}`, planner.id));
      for (const _ of desk.times(4, 14)) {
        yield* desk.together(workers.map((worker) => worker.researchStep()));
        yield* desk.wait(desk.about(4 * SECOND));
      }
      for (const _ of desk.times(1, 4)) yield* planner.complete(0.08, 20 * SECOND);
      yield* planner.use("write_document", { title: desk.text(3), text: desk.text(30) }, { ms: 200 });
    },
  },
  {
    id: "llm-documents",
    title: "reads documents one by one and files what is in them",
    domain: "llm",
    *run(desk) {
      const batch = desk.between(20, 45);
      let talk = new Talk(desk, "filing_agent");
      for (const i of desk.times(60, 220)) {
        if (i % batch === batch - 1) {
          talk = new Talk(desk, "filing_agent");
          yield* desk.wait(desk.about(5 * MINUTE));
        }
        yield* talk.attempt("read_document", { document: i }, 0.02);
        yield* talk.complete(0.004, 3 * SECOND);
        yield* talk.use("update_record", { document: i, kind: desk.text(1) }, { ms: 150, result: "saved" });
        yield* desk.wait(desk.about(3 * SECOND));
      }
    },
  },
  {
    id: "llm-analyst",
    title: "asks a database, corrects its statements, calculates and draws",
    domain: "llm",
    *run(desk) {
      for (const question of desk.times(3, 9)) {
        const talk = new Talk(desk, "analyst_agent");
        for (const _ of desk.times(2, 8)) {
          yield* talk.complete(0.02);
          const ok = !desk.chance(0.15);
          const result = ok ? desk.text(16) : `error: no column ${desk.text(1)}`;
          const statement = `select ${desk.text(1)} from ${desk.text(1)} where ${desk.text(1)} > 3`;
          yield* talk.use("sql_query", { statement }, { ms: desk.about(2 * SECOND), ok, result });
        }
        yield* talk.use("run_python", { code: desk.text(20) }, { ms: desk.about(3 * SECOND) });
        yield* talk.use("draw_chart", { question, title: desk.text(3) }, { ms: 600 });
        yield* talk.use("send_message", { to: "team", text: desk.text(8) }, { ms: 200, result: "sent" });
        yield* desk.wait(desk.about(12 * MINUTE));
      }
    },
  },
  {
    id: "llm-chat",
    title: "chats: long answers that are streamed, pauses while somebody reads",
    domain: "llm",
    *run(desk) {
      for (const _ of desk.times(2, 6)) {
        const talk = new Talk(desk, "chat_agent");
        for (const __ of desk.times(3, 20)) {
          yield* talk.complete(0.03, 25 * SECOND);
          if (desk.chance(0.2)) yield* talk.attempt("web_search", { query: desk.text(3) }, 0.03);
          yield* desk.wait(desk.about(50 * SECOND));
        }
        yield* desk.wait(desk.about(30 * MINUTE));
      }
    },
  },
  {
    id: "llm-back-office",
    title: "checks bills against orders, books them, and pays once a person agreed",
    domain: "llm",
    horizonMs: 2 * DAY,
    *run(desk) {
      for (const bill of desk.times(8, 30)) {
        yield* atWork(desk);
        const talk = new Talk(desk, "office_agent");
        yield* talk.attempt("read_document", { document: `bill-${bill}` }, 0.01);
        yield* talk.complete(0.02);
        yield* talk.attempt("get_order", { order: desk.between(1_000, 9_999) }, 0.02);
        yield* talk.use("list_payments", { supplier: desk.text(1) }, { ms: 300 });
        if (desk.chance(0.12)) {
          const to = `${personOf(bill)}@supplier.example`;
          yield* talk.use("send_email", { to, subject: desk.text(3) }, { ms: 500, result: "sent" });
        } else {
          yield* talk.use("create_booking", { bill, account: desk.text(1) }, { ms: 300, result: "booked" });
          const amount = desk.amount(20, 2_400);
          if (desk.chance(0.5))
            yield* talk.use("make_payment", { bill, amount }, { ms: 800, result: "paid" });
        }
        yield* desk.wait(desk.about(5 * MINUTE));
      }
    },
  },
  {
    id: "llm-export",
    title: "starts long jobs, asks whether they are done, and reads what they made",
    domain: "llm",
    *run(desk) {
      const asks = desk.pick(["get_job_status", "check_ticket_status", "poll_export"]);
      for (const _ of desk.times(2, 6)) {
        const talk = new Talk(desk, "report_agent");
        yield* talk.complete(0.02);
        const job = desk.between(10_000, 99_999);
        yield* talk.use("start_export", { job, query: desk.text(3) }, { ms: 400, result: "started" });
        for (const __ of desk.times(10, 25)) {
          yield* desk.wait(desk.between(10, 30) * SECOND);
          yield* talk.use(asks, { job }, { ms: 150, result: "running" });
        }
        yield* talk.use(asks, { job }, { ms: 150, result: "done" });
        yield* talk.attempt("read_export", { job }, 0.02);
        for (const __ of desk.times(1, 3)) yield* talk.complete(0.04, 15 * SECOND);
        yield* talk.use("send_message", { to: "team", text: desk.text(8) }, { ms: 200, result: "sent" });
        yield* desk.wait(desk.about(15 * MINUTE));
      }
    },
  },
  {
    id: "llm-watch",
    title: "reads the same dashboards for hours, thinks about them now and then, and writes when one is off",
    domain: "llm",
    *run(desk) {
      const boards = desk.times(0, 3).map((i) => `board-${i}`);
      const everyMs = desk.between(1, 4) * MINUTE;
      for (const _ of desk.times(2, 4)) {
        const talk = new Talk(desk, "watch_agent");
        for (const round of desk.times(10, 40)) {
          const isOff = desk.chance(0.04);
          for (const board of boards)
            yield* talk.use(
              "get_dashboard",
              { board },
              { ms: 300, result: isOff ? `red: ${desk.text(2)}` : "all green" },
            );
          yield* talk.use(
            "get_metrics",
            { of: "api" },
            { ms: 200, result: `p95 ${desk.between(180, 260)} ms` },
          );
          if (round % 10 === 9 || isOff) yield* talk.complete(0.01);
          if (isOff)
            yield* talk.use(
              "send_message",
              { to: "on-call", text: desk.text(6) },
              { ms: 200, result: "sent" },
            );
          yield* desk.wait(everyMs);
        }
      }
    },
  },
];

/**
 * Waits while nobody works, at lunch too. What chance gives does not depend on when it comes here: an agent that was
 * held up has the same work before it.
 */
function* atWork(desk: Desk): Steps {
  const beginsMs = desk.about(5 * MINUTE);
  const { atMs } = desk;
  if (desk.hour >= LUNCH.from && desk.hour < LUNCH.to) yield* desk.hours(LUNCH.to, 24);
  yield* desk.hours(9, 17.5);
  if (desk.atMs > atMs) yield* desk.wait(beginsMs);
}

/** What one agent does in one conversation. */
class Talk {
  readonly id: string;
  readonly #desk: Desk;
  readonly #source: string;

  constructor(desk: Desk, source: string, id = `${desk.text(1)}-${desk.between(10_000, 99_999)}`) {
    this.#desk = desk;
    this.#source = source;
    this.id = id;
  }

  *use(series: string, args: Action["args"], ending?: Ending): Steps {
    yield* this.#desk.act(this.#action(series, args), ending);
  }

  *attempt(series: string, args: Action["args"], failing: number): Steps {
    const desk = this.#desk;
    yield* desk.attempt(this.#action(series, args), failing, { ms: desk.about(600), result: desk.text(12) });
  }

  /** One answer to a customer. */
  *reply(customer: number): Steps {
    const desk = this.#desk;
    yield* this.complete(0.015);
    if (desk.chance(0.5)) yield* this.attempt("search_articles", { query: desk.text(2) }, 0.02);
    if (desk.chance(0.5)) yield* this.attempt("get_order", { order: desk.between(1_000, 9_999) }, 0.03);
    yield* this.use(
      "send_message",
      { to: personOf(customer), text: desk.text(9) },
      { ms: 300, result: "sent" },
    );
    yield* desk.wait(desk.about(25 * SECOND));
  }

  *lookUp(customer: number): Steps {
    const { source, series, tags, args } = this.#action("get_customer", { id: customer });
    yield* this.#desk.act({ source, series, args, tags: { ...tags, customer } }, { ms: 200 });
  }

  /** A model's answer: reserved is what it may cost, booked what it did cost. */
  *complete(usd: number, ms = 6 * SECOND): Steps {
    const { action, ending } = this.#completion(usd, ms);
    yield* this.#desk.act(action, ending);
  }

  /** What a sub-agent does next, for `together`. */
  researchStep(): Act {
    const desk = this.#desk;
    const kind = desk.between(0, 9);
    if (kind < 3)
      return desk.plan(this.#action("web_search", { query: desk.text(3) }), { ms: desk.about(900) });
    if (kind < 7) {
      const ok = !desk.chance(0.06);
      const query = desk.chance(0.03) ? "?page=2" : "";
      const url = `https://${desk.text(1)}.example/${desk.between(1, 9_999)}${query}`;
      return desk.plan(this.#action("read_page", { url }), { ms: desk.about(1_200), ok });
    }
    const { action, ending } = this.#completion(0.012, 5 * SECOND);
    return desk.plan(action, ending);
  }

  #completion(usd: number, ms: number): { readonly action: Action; readonly ending: Ending } {
    const desk = this.#desk;
    const tokens = desk.between(1_500, 12_000);
    const share = desk.amount(0.3, 1);
    return {
      action: { ...this.#action("llm", { prompt: desk.text(8) }), cost: { usd, tokens } },
      ending: {
        ms: desk.about(ms),
        result: desk.text(12),
        cost: { usd: usd * share, tokens: Math.round(tokens * share) },
      },
    };
  }

  #action(series: string, args: Action["args"]): Action {
    return { source: this.#source, series, tags: { conversation: this.id }, args };
  }
}
