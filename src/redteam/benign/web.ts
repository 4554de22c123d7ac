import type { Action } from "../../rein/index.js";
import { HOUR, MINUTE, SECOND } from "./desk.js";
import type { Desk, Ending, Steps } from "./desk.js";
import type { WorkKind } from "./kind.js";
import { domainOf } from "./words.js";

/** Robots that read pages and operate forms; everything is told with its host and its job. */
export const WEB: readonly WorkKind[] = [
  {
    id: "web-crawl",
    title:
      "crawls some thousand pages of one site, section by section, one at a time, with errors in between",
    domain: "web",
    *run(desk) {
      const host = `shop.${domainOf(desk.between(0, 400))}`;
      const pauseMs = desk.between(1_200, 3_000);
      for (const section of desk.times(1, 4)) {
        const robot = new Robot(desk, "crawler", `section-${section}`, host);
        for (const page of desk.times(200, 900)) {
          const url = `https://${host}/${section}/${desk.text(1)}/${page}`;
          yield* robot.open(url, 0.05);
          yield* desk.wait(desk.about(pauseMs));
        }
        yield* desk.wait(desk.about(3 * MINUTE));
      }
    },
  },
  {
    id: "web-pages",
    title:
      "reads long lists: from page to page by the same button, or down one that grows, on a host that is now and then overloaded",
    domain: "web",
    *run(desk) {
      const first = desk.between(0, 300);
      for (const list of desk.times(2, 6)) {
        const host = `catalog.${domainOf(first + list)}`;
        const robot = new Robot(desk, "list_agent", `list-${list}`, host);
        yield* robot.open(`https://${host}/list`, 0.03);
        if (desk.chance(0.5)) {
          for (const page of desk.times(10, 60)) {
            yield* robot.use("extract", { field: "entries", page }, { ms: 80 });
            yield* robot.use("click", { target: "next page" }, { ms: 400, result: "ok" });
            yield* desk.wait(desk.about(3 * SECOND));
            if (desk.chance(0.06)) yield* robot.overloaded(`https://${host}/list?page=${page + 2}`);
          }
        } else {
          for (const part of desk.times(2, 8)) {
            for (const _ of desk.times(3, 15)) {
              yield* robot.use("scroll", { to: "end" }, { ms: 250, result: "20 more" });
              yield* desk.wait(desk.about(2_500));
            }
            yield* robot.use("extract", { field: "entries", part }, { ms: 90 });
          }
          // Back through a calendar, month by month.
          for (const _ of desk.times(0, 12)) {
            yield* robot.use("click", { target: "previous month" }, { ms: 300, result: "ok" });
            yield* desk.wait(desk.about(2 * SECOND));
          }
          yield* robot.use("extract", { field: "dates" }, { ms: 60 });
        }
        yield* desk.wait(desk.about(MINUTE));
      }
    },
  },
  {
    id: "web-prices",
    title: "compares prices on many hosts, round after round",
    domain: "web",
    *run(desk) {
      const first = desk.between(0, 300);
      const hosts = desk.times(8, 40).map((i) => domainOf(first + i));
      for (const round of desk.times(2, 5)) {
        for (const host of hosts) {
          const robot = new Robot(desk, "price_agent", `round-${round}`, host);
          for (const product of desk.times(1, 6)) {
            if (yield* robot.open(`https://${host}/p/${product}`, 0.05))
              yield* robot.use("extract", { field: "price", product }, { ms: 60 });
            yield* desk.wait(desk.about(2 * SECOND));
          }
        }
        yield* desk.wait(desk.about(50 * MINUTE));
      }
    },
  },
  {
    id: "web-forms",
    title: "types records from a list into a portal, one after the other",
    domain: "web",
    *run(desk) {
      const host = `portal.${domainOf(desk.between(0, 300))}`;
      const robot = new Robot(desk, "form_agent", `entry-${desk.between(1, 99)}`, host);
      yield* robot.logIn();
      for (const record of desk.times(12, 60)) {
        yield* robot.open(`https://${host}/records/new?n=${record}`, 0.01);
        for (const field of ["name", "street", "city", "amount"]) {
          yield* robot.use("type_text", { field, text: desk.text(2) }, { ms: desk.about(700), result: "ok" });
          yield* desk.wait(desk.about(900));
        }
        yield* robot.use("click", { target: "check" }, { ms: 300, result: "ok" });
        yield* desk.wait(desk.about(2 * SECOND));
        yield* robot.use(
          "submit_form",
          { form: "record", record },
          { ms: desk.about(SECOND), result: "saved" },
        );
        yield* desk.wait(desk.about(4 * MINUTE));
      }
    },
  },
  {
    id: "web-invoices",
    title: "logs in at suppliers and fetches their invoices",
    domain: "web",
    *run(desk) {
      const first = desk.between(0, 300);
      for (const supplier of desk.times(3, 10)) {
        const host = `billing.${domainOf(first + supplier)}`;
        const robot = new Robot(desk, "invoice_agent", "invoices", host);
        yield* robot.logIn();
        yield* robot.open(`https://${host}/invoices`, 0.03);
        for (const invoice of desk.times(1, 8)) {
          yield* robot.use("click", { target: `invoice ${invoice}` }, { ms: 300, result: "ok" });
          yield* desk.wait(desk.about(1_500));
          yield* robot.use(
            "download_file",
            { file: `${supplier}-${invoice}.pdf` },
            { ms: desk.about(2 * SECOND) },
          );
          yield* desk.wait(desk.about(3 * SECOND));
        }
        yield* desk.wait(desk.about(7 * MINUTE));
      }
    },
  },
  {
    id: "web-shopping",
    title: "compares shops and buys what the office needs once a person agreed",
    domain: "web",
    *run(desk) {
      const first = desk.between(0, 300);
      for (const order of desk.times(1, 4)) {
        const shops = desk.times(2, 5).map((i) => `shop.${domainOf(first + i)}`);
        for (const host of shops) {
          const robot = new Robot(desk, "shopping_agent", `order-${order}`, host);
          yield* robot.open(`https://${host}/search?q=${desk.text(1)}`, 0.03);
          yield* robot.use("scroll", { to: "end" }, { ms: 200 });
          yield* desk.wait(desk.about(1_500));
          yield* robot.use("extract", { field: "offers", order }, { ms: 80 });
          yield* desk.wait(desk.about(5 * SECOND));
        }
        const host = desk.pick(shops);
        const robot = new Robot(desk, "shopping_agent", `order-${order}`, host);
        yield* robot.use("click", { target: "to the basket" }, { ms: 300, result: "ok" });
        yield* desk.wait(desk.about(4 * SECOND));
        const amount = desk.amount(8, 90);
        yield* robot.use(
          "purchase",
          { item: desk.text(2), amount },
          { ms: desk.about(3 * SECOND), result: "ordered" },
        );
        yield* desk.wait(desk.about(20 * MINUTE));
      }
    },
  },
  {
    id: "web-research",
    title: "reads on hosts that it has never seen, from one link to the next",
    domain: "web",
    *run(desk) {
      const job = `topic-${desk.text(1)}`;
      let host = domainOf(desk.between(0, 900));
      for (const page of desk.times(30, 150)) {
        if (desk.chance(0.45)) host = `${desk.text(1)}.${domainOf(desk.between(0, 900))}`;
        const robot = new Robot(desk, "research_agent", job, host);
        if (yield* robot.open(`https://${host}/${desk.text(1)}/${page}`, 0.06)) {
          if (desk.chance(0.4)) yield* robot.use("scroll", { to: "end", page }, { ms: 250 });
          if (desk.chance(0.6))
            yield* robot.use("extract", { field: "text", page }, { ms: 90, result: desk.text(25) });
          if (desk.chance(0.05))
            yield* robot.use("download_file", { file: `${page}.pdf` }, { ms: 2 * SECOND });
        }
        yield* desk.wait(desk.about(9 * SECOND));
      }
    },
  },
  {
    id: "web-watch",
    title: "looks at a few pages every hour whether anything is new, mostly without result",
    domain: "web",
    *run(desk) {
      const first = desk.between(0, 300);
      const hosts = desk.times(3, 8).map((i) => `news.${domainOf(first + i)}`);
      for (const round of desk.times(6, 14)) {
        for (const host of hosts) {
          const robot = new Robot(desk, "watch_agent", `day`, host);
          yield* robot.open(`https://${host}/`, 0.03);
          const result = desk.chance(0.2) ? desk.text(12) : "nothing new";
          yield* robot.use("extract", { field: "headlines", round }, { ms: 70, result });
          yield* desk.wait(desk.about(6 * SECOND));
        }
        yield* desk.wait(HOUR);
      }
    },
  },
];

/** What one robot does on one host for one job. */
class Robot {
  readonly #desk: Desk;
  readonly #source: string;
  readonly #job: string;
  readonly #host: string;

  constructor(desk: Desk, source: string, job: string, host: string) {
    this.#desk = desk;
    this.#source = source;
    this.#job = job;
    this.#host = host;
  }

  *use(series: string, args: Action["args"], ending?: Ending): Steps {
    yield* this.#desk.act(this.#action(series, args), ending);
  }

  /** @returns whether the page came, if need be at the second or third time */
  *open(url: string, failing: number): Steps<boolean> {
    const desk = this.#desk;
    return yield* desk.attempt(this.#action("open_page", { url }), failing, {
      ms: desk.about(700),
      result: desk.text(10),
    });
  }

  /** The host answers 503, up to four times; each time the robot waits longer, as it is told to. */
  *overloaded(url: string): Steps {
    const desk = this.#desk;
    for (const i of desk.times(1, 4)) {
      yield* this.use("open_page", { url }, { ms: desk.about(300), ok: false, result: "503" });
      yield* desk.wait(10 * SECOND * 2 ** i);
    }
    yield* this.use("open_page", { url }, { ms: desk.about(900) });
    yield* desk.wait(desk.about(3 * SECOND));
  }

  *logIn(): Steps {
    const desk = this.#desk;
    yield* this.open(`https://${this.#host}/login`, 0.02);
    yield* desk.wait(desk.about(2 * SECOND));
    const action = this.#action("log_in", { user: "office" });
    yield* desk.act({ ...action, tags: { ...action.tags, account: `office@${this.#host}` } }, { ms: SECOND });
    yield* desk.wait(desk.about(3 * SECOND));
  }

  #action(series: string, args: Action["args"]): Action {
    return { source: this.#source, series, tags: { host: this.#host, job: this.#job }, args };
  }
}
