import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Rein } from "../rein/index.js";
import type { Io } from "./io.js";
import { addTop } from "./top.js";
import type { TopSystem } from "./top.js";
import { TrafficModel, WINDOW_S } from "./top-model.js";

const AGENT = { source: "agent", series: "send" };
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

let root: string;
let dir: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rein-top-"));
  dir = join(root, "state");
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const governor = () =>
  Rein.open({
    ...{ dir, mode: "enforce", logger: SILENT },
    policy: [{ id: "cap", kind: "rate", limit: 2, window: "1h" }],
  });

/** A program around the view: what happens between two refreshes, and the key that is pressed in the end. */
class Around implements TopSystem {
  refreshes = 0;
  readonly #between: readonly (() => Promise<void>)[];
  #press: (key: string) => void = () => undefined;
  isStopped = false;

  constructor(between: readonly (() => Promise<void>)[]) {
    this.#between = between;
  }

  now(): number {
    return Date.now();
  }

  async sleep(): Promise<void> {
    const step = this.#between[this.refreshes++];
    if (step === undefined) this.#press("q");
    else await step();
  }

  onKey(listener: (key: string) => void): () => void {
    this.#press = listener;
    return () => {
      this.isStopped = true;
    };
  }

  isUnread(): boolean {
    return false;
  }
}

interface Shown {
  readonly running: boolean;
  readonly decisions: number;
  readonly mode: string;
  readonly halts: readonly { readonly id: string }[];
  readonly lanes: readonly { readonly allowed: number; readonly refused: number }[];
  readonly news: readonly { readonly kind: string; readonly text: string; readonly decision?: string }[];
}

async function top(system: TopSystem, ...argv: string[]): Promise<{ out: string; code: number }> {
  let [out, code] = ["", -1];
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    ...{ isTTY: false, columns: 80, env: {} },
  };
  const program = new Command("rein").exitOverride().configureOutput({ writeErr: () => undefined });
  addTop(program, io, (result) => (code = result), system);
  await program.parseAsync(["top", "--dir", dir, ...argv], { from: "user" });
  return { out, code };
}

const documents = (out: string): Shown[] =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Shown);

describe("rein top", () => {
  test("follows what is decided, over the end of a process and the start of the next", async () => {
    let rein = await governor();
    const ids: string[] = [];
    const around = new Around([
      async () => {
        for (let i = 0; i < 3; i++) ids.push(rein.gate(AGENT).id);
        await rein.halt({ reason: "enough", by: "alice", deadlineMs: 0 });
        await rein.flush();
      },
      () => rein.close(),
      async () => {
        rein = await governor();
        await rein.resume({ halt: "h1", by: "alice" });
        ids.push(rein.gate(AGENT).id);
        await rein.flush();
      },
    ]);
    const { out, code } = await top(around, "--json");
    await rein.close();
    expect(code).toBe(0);
    expect(around.isStopped).toBe(true);
    const [fresh, busy, ended, again] = documents(out);
    expect(fresh).toMatchObject({ running: true, decisions: 0, lanes: [], news: [] });
    expect(busy).toMatchObject({
      ...{ running: true, decisions: 3, halts: [{ id: "h1" }] },
      lanes: [{ allowed: 2, refused: 1 }],
    });
    expect(busy!.news.map(({ kind }) => kind)).toEqual(["halt", "refused"]);
    expect(busy!.news[1]!.decision).toBe(ids[2]);
    expect(ended).toMatchObject({ running: false, decisions: 3, lanes: [{ allowed: 2, refused: 1 }] });
    // What was read before is not counted again, and the id is the new run's.
    expect(again).toMatchObject({
      running: true,
      decisions: 4,
      halts: [],
      lanes: [{ allowed: 2, refused: 2 }],
    });
    expect(again!.news[0]!.decision).toBe(ids[3]);
  });

  test("into a pipe it prints one block for each refresh", async () => {
    const rein = await governor();
    const { out } = await top(new Around([() => Promise.resolve()]));
    await rein.close();
    expect(out.match(/^Running: process/gm)).toHaveLength(2);
    expect(out).not.toContain("\u001b");
  });

  test("ends when nobody reads any more", async () => {
    const rein = await governor();
    let looks = 0;
    const around = new Around([]);
    around.isUnread = () => looks++ > 0;
    around.sleep = () => Promise.resolve();
    expect(await top(around)).toMatchObject({ code: 0 });
    await rein.close();
  });

  test("a state that cannot be read for a while is told, and looked for again", async () => {
    let rein = await governor();
    const { out } = await top(
      new Around([
        async () => {
          await rein.close();
          rmSync(dir, { recursive: true });
        },
        async () => {
          rein = await governor();
          await rein.flush();
        },
      ]),
    );
    await rein.close();
    const blocks = out.split("\n\n\n").join("\n\n");
    expect(blocks).toMatch(/! .*no such file or directory|! there is no directory/);
    expect(blocks.trimEnd().match(/^Running: process/gm)!.length).toBeGreaterThanOrEqual(2);
  });

  test.each(["50ms", "2h", "soon"])("an interval of %s is refused", async (interval) => {
    await expect(top(new Around([]), "--interval", interval)).rejects.toThrow(/100ms to 1h/);
  });
});

describe("what happens in a minute", () => {
  const gate = (seq: number, at: number, fields: object = {}) => ({
    ...{ type: "gate", seq, at, mono: at, source: "a", series: "x", verdict: "allow" },
    ...fields,
  });
  const refused = { verdict: "block", code: "rate_limited", rule: "cap" };

  test("rates are those of the last seconds, and what is older than a minute is gone", () => {
    const model = new TrafficModel();
    for (let i = 0; i < 100; i++) model.note(gate(i + 1, i * 1000));
    const { allowed, lanes, allowedPerS } = model.look(99_500);
    expect(allowed).toHaveLength(WINDOW_S);
    expect(lanes).toMatchObject([{ allowed: WINDOW_S, refused: 0 }]);
    expect(allowedPerS).toBe(1);
    expect(model.look(99_500 + WINDOW_S * 1000).lanes).toEqual([]);
  });

  test("what was counted is not counted again when the records are read anew", () => {
    const model = new TrafficModel();
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 3; i++) model.note(gate(i + 1, 1000, i === 2 ? refused : {}));
    expect(model.look(1500).lanes).toMatchObject([{ allowed: 2, refused: 1, codes: [["rate_limited", 1]] }]);
  });

  test("the same refusal over and over is one piece of news, with the newest decision", () => {
    const model = new TrafficModel();
    for (let i = 1; i <= 40; i++) model.note(gate(i, 1000 + i, { ...refused, boot: "AAAAAAAA" }));
    expect(model.look(2000).news).toEqual([
      {
        at: 1040,
        kind: "refused",
        text: "`x` by `a`: rate_limited (cap)",
        times: 40,
        decision: "AAAAAAAA.14",
      },
    ]);
  });

  test("a change of the regime is news, with its evidence and its own time", () => {
    const model = new TrafficModel();
    model.noteEffect(
      { type: "regime", from: "normal", to: "shock", reason: "`load` swings", at: 1000 },
      5000,
    );
    expect(model.look(5000).news).toEqual([
      { at: 1000, kind: "regime", text: "the regime went from normal to shock: `load` swings", times: 1 },
    ]);
  });

  test("names without number take no memory without number", () => {
    const model = new TrafficModel();
    for (let i = 1; i <= 5000; i++) model.note(gate(i, 1000, { source: `agent-${i}`, ...refused }));
    const { lanes, news } = model.look(1500);
    expect(lanes.length).toBe(1001);
    expect(lanes[0]).toMatchObject({ name: null, refused: 4000 });
    expect(news.length).toBe(50);
  });
});
