import type { Action } from "../../rein/index.js";
import { DAY, HOUR, MINUTE, SECOND } from "./desk.js";
import type { Desk, Ending, Steps } from "./desk.js";
import type { WorkKind } from "./kind.js";

/** Agents that look after servers; everything is told with its service and its environment. */
export const OPS: readonly WorkKind[] = [
  {
    id: "ops-deploy",
    title: "deploys a service to staging, then, with a person's word, to production, and watches it",
    domain: "ops",
    horizonMs: 2 * DAY,
    *run(desk) {
      yield* desk.hours(9, 14);
      yield* desk.wait(desk.about(20 * MINUTE));
      const staging = new Service(desk, "deploy_agent", "staging");
      const production = new Service(desk, "deploy_agent", "production", staging.name);
      const version = `${desk.text(1)}-${desk.between(10, 99)}`;
      yield* staging.use("run_pipeline", { version }, { ms: desk.about(4 * MINUTE) });
      for (const service of [staging, production]) {
        yield* service.use("deploy_service", { version }, { ms: desk.about(MINUTE), result: "deployed" });
        for (const _ of desk.times(3, 8)) {
          yield* service.metrics();
          yield* service.logs();
          yield* desk.wait(desk.about(MINUTE));
        }
      }
    },
  },
  {
    id: "ops-incident",
    title:
      "is called for a service that is slow: reads, restarts one instance after the other, and looks again",
    domain: "ops",
    *run(desk) {
      yield* desk.wait(desk.between(0, 12) * HOUR);
      const service = new Service(desk, "sre_agent", "production");
      for (const _ of desk.times(3, 10)) {
        yield* service.metrics();
        yield* service.logs();
      }
      yield* service.think();
      for (const instance of desk.times(1, 5)) {
        yield* service.use(
          "restart_service",
          { instance },
          { ms: desk.about(20 * SECOND), result: "running" },
        );
        yield* desk.wait(desk.about(90 * SECOND));
        yield* service.metrics();
      }
      for (const _ of desk.times(2, 6)) {
        yield* desk.wait(desk.about(3 * MINUTE));
        yield* service.logs();
        yield* service.metrics();
      }
      yield* service.think();
      yield* service.use("write_report", { text: desk.text(12) }, { ms: 200 });
    },
  },
  {
    id: "ops-logs",
    title: "reads the logs of many services and sums up what is new",
    domain: "ops",
    *run(desk) {
      for (const i of desk.times(30, 90)) {
        const service = new Service(desk, "log_agent", "production");
        yield* service.logs();
        if (desk.chance(0.4))
          yield* service.use("search_logs", { pattern: desk.text(1), page: i }, { ms: 700 });
        if (desk.chance(0.5)) yield* service.think();
        yield* desk.wait(desk.about(8 * SECOND));
      }
    },
  },
  {
    id: "ops-scaling",
    title: "looks at load through the day and scales up and down",
    domain: "ops",
    *run(desk) {
      const services = desk.times(2, 5).map(() => new Service(desk, "capacity_agent", "production"));
      for (const _ of desk.times(20, 70)) {
        for (const service of services) yield* service.metrics();
        if (desk.chance(0.2)) {
          const replicas = desk.between(2, 12);
          yield* desk.pick(services).use("scale_service", { replicas }, { ms: desk.about(15 * SECOND) });
        }
        yield* desk.wait(desk.about(7 * MINUTE));
      }
    },
  },
  {
    id: "ops-backups",
    title: "proves backups by restoring them on staging, and removes a few old ones once a person agreed",
    domain: "ops",
    *run(desk) {
      for (const i of desk.times(2, 6)) {
        const source = "backup_agent";
        const service = new Service(desk, source, "production");
        yield* service.use("list_backups", { page: i }, { ms: 900, result: desk.text(15) });
        const staging = new Service(desk, source, "staging", service.name);
        const backup = desk.text(2);
        yield* staging.use("restore_backup", { backup }, { ms: desk.about(4 * MINUTE), result: "begun" });
        // What is large takes an hour, and says nothing new on the way.
        for (const _ of desk.times(0, 60)) {
          yield* staging.use("get_restore_status", { backup }, { ms: 250, result: "restoring" });
          yield* desk.wait(MINUTE);
        }
        yield* staging.query(`select count(*) from ${desk.text(1)}`);
        yield* staging.query(`select max(changed) from ${desk.text(1)}`);
        if (desk.chance(0.4)) {
          const args = { backup: `${desk.text(2)} of last year` };
          yield* staging.use("delete_backup", args, { ms: desk.about(5 * SECOND), result: "deleted" });
        }
        yield* desk.wait(desk.about(20 * MINUTE));
      }
    },
  },
  {
    id: "ops-database",
    title: "finds slow queries, tries indexes on staging and has the migration approved",
    domain: "ops",
    *run(desk) {
      const staging = new Service(desk, "dba_agent", "staging");
      const production = new Service(desk, "dba_agent", "production", staging.name);
      for (const _ of desk.times(4, 16)) {
        yield* production.query(
          `explain analyze select ${desk.text(1)} from ${desk.text(1)} where ${desk.text(1)} = 1`,
        );
        yield* desk.wait(desk.about(20 * SECOND));
        if (desk.chance(0.4)) yield* staging.think();
      }
      for (const i of desk.times(1, 4)) {
        const args = {
          name: `${desk.text(1)}-${i}`,
          statement: `create index on ${desk.text(1)} (${desk.text(1)})`,
        };
        for (const service of [staging, production]) {
          yield* service.use("run_migration", args, { ms: desk.about(4 * MINUTE), result: "applied" });
          // The index is built behind it, and is not ready for long.
          for (const _ of desk.times(0, 20)) {
            yield* service.use("get_migration_status", { name: args.name }, { ms: 200, result: "building" });
            yield* desk.wait(desk.between(10, 30) * SECOND);
          }
          yield* service.metrics();
        }
        yield* desk.wait(desk.about(15 * MINUTE));
      }
    },
  },
  {
    id: "ops-watch",
    title:
      "stays with one service after a change, and asks for the same figure and the same log again and again",
    domain: "ops",
    *run(desk) {
      const service = new Service(desk, "sre_agent", "production");
      const everyMs = desk.between(10, 30) * SECOND;
      for (const _ of desk.times(1, 4)) {
        const metric = desk.pick(["cpu", "latency", "errors"]);
        for (const _ of desk.times(12, 40)) {
          yield* service.metric(metric);
          yield* desk.wait(everyMs);
        }
        for (const _ of desk.times(8, 20)) {
          yield* service.use("tail_log", { lines: 50 }, { ms: 300, result: "no new lines" });
          yield* desk.wait(everyMs);
        }
        yield* service.think();
      }
      yield* service.use("write_report", { text: desk.text(12) }, { ms: 200 });
    },
  },
  {
    id: "ops-terraform",
    title: "plans changes of infrastructure and applies each once a person agreed",
    domain: "ops",
    *run(desk) {
      for (const i of desk.times(1, 4)) {
        const service = new Service(desk, "infra_agent", desk.pick(["staging", "production"]));
        yield* service.use(
          "read_file",
          { path: `infra/${service.name}.tf` },
          { ms: 20, result: desk.text(20) },
        );
        yield* service.think();
        yield* service.use("edit_file", { path: `infra/${service.name}.tf`, text: desk.text(9) }, { ms: 30 });
        yield* service.use(
          "terraform_plan",
          { change: i },
          { ms: desk.about(30 * SECOND), result: desk.text(10) },
        );
        yield* service.use(
          "terraform_apply",
          { change: i },
          { ms: desk.about(2 * MINUTE), result: "applied" },
        );
        for (const _ of desk.times(1, 3)) yield* service.metrics();
        yield* desk.wait(desk.about(25 * MINUTE));
      }
    },
  },
];

/** What one agent does to one service. */
class Service {
  readonly name: string;
  readonly #desk: Desk;
  readonly #source: string;
  readonly #env: string;

  constructor(desk: Desk, source: string, env: string, name = `${desk.text(1)}-${desk.text(1)}`) {
    this.#desk = desk;
    this.#source = source;
    this.#env = env;
    this.name = name;
  }

  *use(series: string, args: Readonly<Record<string, unknown>>, ending?: Ending): Steps {
    yield* this.#desk.act(this.#action(series, args), ending);
  }

  *logs(): Steps {
    const desk = this.#desk;
    const args = { since: `${desk.between(1, 60)}m` };
    yield* desk.attempt(this.#action("read_logs", args), 0.02, {
      ms: desk.about(600),
      result: desk.text(20),
    });
  }

  /** Load, latency and errors: one question each. To rules, answers that differ in numbers only are the same. */
  *metrics(): Steps {
    for (const metric of ["cpu", "latency", "errors"]) yield* this.metric(metric);
  }

  *metric(metric: string): Steps {
    const desk = this.#desk;
    const result = `${metric}: ${desk.amount(0, 100)}`;
    yield* desk.attempt(this.#action("get_metrics", { metric }), 0.01, { ms: desk.about(200), result });
  }

  *query(statement: string): Steps {
    yield* this.use("run_query", { statement }, { ms: this.#desk.about(SECOND), result: this.#desk.text(8) });
  }

  *think(): Steps {
    const desk = this.#desk;
    const cost = { usd: desk.amount(0.01, 0.08, 4), tokens: desk.between(3_000, 25_000) };
    const action = { ...this.#action("chat_completion", { prompt: desk.text(8) }), cost };
    yield* desk.act(action, { ms: desk.about(9 * SECOND), result: desk.text(12) });
  }

  #action(series: string, args: Readonly<Record<string, unknown>>): Action {
    const tags = { service: this.name, env: this.#env };
    return { source: this.#source, series, tags, args: { service: this.name, ...args } };
  }
}
