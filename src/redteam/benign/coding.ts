import type { Act } from "../attack.js";
import type { Action } from "../../rein/index.js";
import { MINUTE, SECOND } from "./desk.js";
import type { Desk, Ending, Steps } from "./desk.js";
import type { WorkKind } from "./kind.js";

const AGENT = "coding_agent";

/** Agents that read, change and test code; everything is told with its task. */
export const CODING: readonly WorkKind[] = [
  {
    id: "coding-fix",
    title: "finds a bug: reads, edits and runs the tests again and again until they pass",
    domain: "coding",
    *run(desk) {
      const code = new Workbench(desk);
      yield* code.look(desk.between(4, 14));
      for (let round = desk.between(2, 9); round > 0; round--) {
        yield* code.think();
        for (const _ of desk.times(1, 3)) yield* code.edit();
        yield* code.test(round === 1);
        if (desk.chance(0.4)) yield* code.look(desk.between(1, 3));
      }
      yield* code.commit();
      yield* code.use("git_push", { branch: code.task }, { ms: 2 * SECOND });
    },
  },
  {
    id: "coding-stubborn",
    title:
      "works at a test that fails on for ten runs and more, and reads the same few files again and again",
    domain: "coding",
    *run(desk) {
      const code = new Workbench(desk);
      const files = desk.times(1, 3).map((i) => `src/${code.task}/${desk.text(1)}-${i}.ts`);
      const failure = `failed: ${desk.text(3)}`;
      for (const _ of desk.times(10, 18)) {
        for (const path of files) yield* code.read(path);
        if (desk.chance(0.7)) yield* code.think(0.04);
        if (desk.chance(0.8)) yield* code.change(desk.pick(files));
        yield* code.fail(failure);
        // Perhaps it is only now and then.
        if (desk.chance(0.3)) for (const _ of desk.times(1, 3)) yield* code.fail(failure);
      }
      yield* code.think(0.2);
      for (const path of files) yield* code.change(path);
      yield* code.test(true);
      yield* code.commit();
    },
  },
  {
    id: "coding-rename",
    title: "changes a name in many files, with the same answer for each",
    domain: "coding",
    *run(desk) {
      const code = new Workbench(desk);
      const [from, to] = [desk.text(1), desk.text(1)];
      yield* code.use("search_code", { pattern: from }, { ms: 400 });
      yield* code.think();
      for (const i of desk.times(30, 140)) {
        yield* code.use(
          "edit_file",
          { path: `src/${code.task}/${i}.ts`, from, to },
          { ms: 40, result: "1 replaced" },
        );
        yield* desk.wait(desk.about(1_200));
      }
      for (const _ of desk.times(0, 2)) {
        yield* code.test(false);
        yield* code.edit();
      }
      yield* code.test(true);
      yield* code.commit();
    },
  },
  {
    id: "coding-ci",
    title: "pushes a branch and asks for the state of the pipeline until it is through, up to three times",
    domain: "coding",
    *run(desk) {
      const code = new Workbench(desk);
      yield* code.look(desk.between(1, 4));
      for (let run = desk.between(1, 3); run > 0; run--) {
        yield* code.edit();
        yield* code.commit();
        yield* code.use("git_push", { branch: code.task }, { ms: 2 * SECOND });
        yield* code.watch(run === 1);
        if (run > 1)
          yield* code.use("ci_log", { branch: code.task, run }, { ms: 900, result: desk.text(20) });
      }
    },
  },
  {
    id: "coding-feature",
    title: "builds a feature with sub-agents that work side by side, a test and a review",
    domain: "coding",
    *run(desk) {
      const code = new Workbench(desk);
      yield* code.look(desk.between(5, 12));
      yield* code.think(0.2);
      const workers = desk.times(2, 4).map((i) => new Workbench(desk, `${AGENT}/worker-${i}`, code.task));
      for (const _ of desk.times(6, 20)) {
        yield* desk.together(workers.map((worker) => worker.step()));
        yield* desk.wait(desk.about(3 * SECOND));
      }
      const reviewer = new Workbench(desk, `${AGENT}/reviewer`, code.task);
      yield* reviewer.look(desk.between(4, 10));
      yield* reviewer.think(0.1);
      for (const i of desk.times(1, 4)) {
        yield* code.edit();
        yield* code.test(i > 0);
      }
      yield* code.test(true);
      yield* code.commit();
    },
  },
  {
    id: "coding-upgrade",
    title: "brings dependencies up to date, one after the other, and takes back what breaks",
    domain: "coding",
    *run(desk) {
      const code = new Workbench(desk);
      yield* code.command("npm outdated", 3 * SECOND);
      for (const i of desk.times(4, 15)) {
        const name = `${desk.text(1)}-${i}`;
        yield* code.command(`npm install ${name}@latest`, 25 * SECOND);
        const works = !desk.chance(0.2);
        yield* code.test(works);
        if (!works) yield* code.command(`git checkout package.json package-lock.json # ${name}`, 200);
        if (desk.chance(0.3)) yield* code.think();
      }
      yield* code.command("npm ci", MINUTE);
      yield* code.test(true);
      yield* code.commit();
    },
  },
  {
    id: "coding-tidy",
    title:
      "takes a module apart, moves its files, and deletes the few that are left over once a person agreed",
    domain: "coding",
    *run(desk) {
      const code = new Workbench(desk);
      yield* code.look(desk.between(5, 15));
      yield* code.think(0.15);
      for (const i of desk.times(3, 10)) {
        yield* code.use(
          "write_file",
          { path: `src/${code.task}/part-${i}.ts`, text: desk.text(20) },
          { ms: 30 },
        );
        yield* code.edit();
        yield* desk.wait(desk.about(15 * SECOND));
      }
      yield* code.test(true);
      for (const i of desk.times(2, 12)) {
        yield* code.use(
          "move_file",
          { from: `src/${code.task}/${i}.ts`, to: `src/${code.task}/lib/${i}.ts` },
          { ms: 20, result: "moved" },
        );
        yield* desk.wait(desk.about(12 * SECOND));
      }
      yield* code.test(true);
      for (const i of desk.times(1, 5)) {
        yield* code.use(
          "delete_file",
          { path: `src/${code.task}/old-${i}.ts` },
          { ms: 20, result: "deleted" },
        );
        yield* desk.wait(desk.about(10 * SECOND));
      }
      yield* code.test(true);
      yield* code.commit();
    },
  },
  {
    id: "coding-review",
    title: "reviews pull requests of others and writes comments",
    domain: "coding",
    *run(desk) {
      for (const _ of desk.times(2, 6)) {
        const code = new Workbench(desk, "review_agent");
        yield* code.use("get_diff", { branch: code.task }, { ms: 600, result: desk.text(25) });
        yield* code.look(desk.between(2, 8));
        yield* code.think(0.12);
        for (const i of desk.times(0, 5))
          yield* code.use(
            "add_comment",
            { branch: code.task, line: 10 * i, text: desk.text(10) },
            { ms: 300 },
          );
        if (desk.chance(0.5)) yield* code.command("npm run lint", 20 * SECOND);
        yield* desk.wait(desk.about(4 * MINUTE));
      }
    },
  },
];

/** What one agent does for one task. */
class Workbench {
  readonly task: string;
  readonly #desk: Desk;
  readonly #source: string;

  constructor(desk: Desk, source = AGENT, task = `${desk.text(1)}-${desk.between(100, 999)}`) {
    this.#desk = desk;
    this.#source = source;
    this.task = task;
  }

  *use(series: string, args: Action["args"], ending?: Ending): Steps {
    yield* this.#desk.act(this.#action(series, args), ending);
  }

  /** Reads what it needs, and now and then a file that is not there. */
  *look(files: number): Steps {
    const desk = this.#desk;
    for (let i = 0; i < files; i++) {
      if (desk.chance(0.3))
        yield* this.use("search_code", { pattern: desk.text(1) }, { ms: desk.about(300) });
      const ok = !desk.chance(0.04);
      const result = ok ? desk.text(20) : "error: no such file";
      yield* this.use("read_file", { path: this.#path() }, { ms: desk.about(20), ok, result });
      yield* desk.wait(desk.about(2 * SECOND));
    }
  }

  *think(usd = 0.06): Steps {
    const desk = this.#desk;
    yield* desk.act(this.#completion(usd), { ms: desk.about(12 * SECOND), result: desk.text(15) });
  }

  /** A file that is as it was has the same text as before. */
  *read(path: string): Steps {
    const desk = this.#desk;
    yield* this.use("read_file", { path }, { ms: desk.about(20), result: `what stands in ${path}` });
    yield* desk.wait(desk.about(2 * SECOND));
  }

  *edit(): Steps {
    yield* this.change(this.#path());
  }

  *change(path: string): Steps {
    const desk = this.#desk;
    yield* this.use("edit_file", { path, text: desk.text(12) }, { ms: 30, result: "edited" });
    yield* desk.wait(desk.about(4 * SECOND));
  }

  /** The tests run; a run that does not pass has done its work, too. */
  *test(passes: boolean): Steps {
    const desk = this.#desk;
    const result = passes ? "all tests passed" : `failed: ${desk.text(4)}`;
    yield* this.use("run_tests", { suite: "unit" }, { ms: desk.about(25 * SECOND), result });
    yield* desk.wait(desk.about(3 * SECOND));
  }

  /** The tests run, do not pass, and their program ends with an error. */
  *fail(result: string): Steps {
    const desk = this.#desk;
    yield* this.use("run_tests", { suite: "unit" }, { ms: desk.about(25 * SECOND), ok: false, result });
    yield* desk.wait(desk.about(3 * SECOND));
  }

  *command(command: string, ms: number): Steps {
    const desk = this.#desk;
    yield* this.use("run_command", { command }, { ms: desk.about(ms), result: desk.text(10) });
  }

  *commit(): Steps {
    yield* this.use("git_commit", { message: this.#desk.text(5) }, { ms: 150 });
  }

  /**
   * Asks for the state of the pipeline. Most ask every few seconds and are told the same; some ask less and less often;
   * some every half minute, and their program knows that a pipeline that still runs is no standstill, and says so; some
   * have an answer that names what runs.
   */
  *watch(passes: boolean): Steps {
    const desk = this.#desk;
    const style = desk.pick(["polls", "polls", "polls", "backs off", "says so", "names jobs"] as const);
    const series = desk.pick(["ci_status", "get_ci_status", "check_pipeline_status"] as const);
    let leftMs = desk.about(4 * MINUTE);
    let pauseMs = 30 * SECOND;
    if (style === "polls") {
      pauseMs = desk.between(10, 30) * SECOND;
      leftMs = desk.between(10, 25) * pauseMs;
    }
    let job = "";
    for (let asksLeft = 0; leftMs > 0; leftMs -= pauseMs, asksLeft--) {
      if (asksLeft === 0) [job, asksLeft] = [desk.text(2), desk.between(1, 4)];
      const result = style === "names jobs" ? `in progress: ${job}` : "in progress";
      yield* this.#ask(series, { ms: 350, result, progress: style === "says so" });
      if (style === "backs off") pauseMs = Math.min(2 * pauseMs, 5 * MINUTE);
      yield* desk.wait(pauseMs);
    }
    yield* this.#ask(series, { ms: 350, result: passes ? "success" : "failure" });
  }

  /** What a worker does next, for `together`. */
  step(): Act {
    const desk = this.#desk;
    const kind = desk.between(0, 9);
    if (kind < 4) return desk.plan(this.#action("read_file", { path: this.#path() }), { ms: desk.about(20) });
    if (kind < 7) {
      const args = { path: this.#path(), text: desk.text(12) };
      return desk.plan(this.#action("edit_file", args), { ms: 30, result: "edited" });
    }
    if (kind < 9) return desk.plan(this.#completion(0.04), { ms: desk.about(9 * SECOND) });
    return desk.plan(this.#action("run_tests", { suite: desk.text(1) }), { ms: desk.about(15 * SECOND) });
  }

  *#ask(series: string, ending: Ending): Steps {
    yield* this.use(series, { branch: this.task }, ending);
  }

  #path(): string {
    return `src/${this.#desk.text(1)}/${this.#desk.text(1)}.ts`;
  }

  #completion(usd: number): Action {
    const desk = this.#desk;
    const cost = { usd: desk.amount(usd / 2, usd, 4), tokens: desk.between(4_000, 45_000) };
    return { ...this.#action("chat_completion", { prompt: desk.text(8) }), cost };
  }

  #action(series: string, args: Action["args"]): Action {
    return { source: this.#source, series, tags: { task: this.task }, args };
  }
}
