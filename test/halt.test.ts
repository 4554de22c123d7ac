import { describe, expect, test } from "vitest";
import type { Action, HaltReceipt, Rein, Scope } from "../src/index.js";
import { HaltedError } from "../src/index.js";
import { act, answer, breathe, hear, open, permitFor } from "./support/open.js";

const by = "ann";
const fates = ({ inFlight }: HaltReceipt): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { fate } of inFlight) counts[fate] = (counts[fate] ?? 0) + 1;
  return counts;
};

/** Runs steps for ever, as deaf as a tool can be: it looks at no signal, only `check` stands before its effects. */
function deafTool(rein: Rein, effects: number[], fenced: boolean) {
  return async (id: number): Promise<void> => {
    const permit = rein.current()!;
    for (let step = 0; step < 50; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      try {
        if (fenced) permit.check();
      } catch {
        // It does not even take no for an answer.
        continue;
      }
      effects.push(id);
    }
  };
}

describe("the receipt tells the truth", () => {
  test("200 calls that ignore their signal but pass a fence make no effect after halt resolves", async () => {
    const { rein } = await open([]);
    const effects: number[] = [];
    const call = rein.governed({ source: "swarm", series: "write" }, deafTool(rein, effects, true));
    const calls = Array.from({ length: 200 }, (_, id) => call(id));
    const settled = Promise.allSettled(calls);
    await breathe();
    await breathe();
    const halting = rein.halt({ by, reason: "enough" });
    const before = effects.length;
    const receipt = await halting;
    expect(before).toBeGreaterThanOrEqual(200);
    expect(effects).toHaveLength(before);
    expect(receipt.complete).toBe(true);
    expect(receipt.inFlight).toHaveLength(200);
    expect(receipt.inFlight.every(({ fate }) => fate !== "unknown")).toBe(true);
    expect(receipt.processes).toMatchObject([{ pid: process.pid, acknowledged: true }]);
    for (const { status } of await settled) expect(status).toBe("rejected");
    await breathe();
    expect(effects).toHaveLength(before);
    expect(rein.snapshot().inFlight).toEqual([]);
  });

  test("unfenced calls that do not end before the deadline are named, and complete is false, loudly", async () => {
    const { rein, clock, logger } = await open([]);
    const ends = new Map<string, () => void>();
    const call = rein.governed(
      { source: "agent", series: "write" },
      (name: string) => new Promise<void>((resolve) => ends.set(name, resolve)),
    );
    const calls = [call("slow"), call("quick"), call("stuck")];
    const ids = rein.snapshot().inFlight.map(({ id }) => id);
    let receipt: HaltReceipt | undefined;
    const halting = rein.halt({ by, deadlineMs: 1000 }).then((answer) => (receipt = answer));
    for (const one of calls) await expect(one).rejects.toThrow(HaltedError);
    ends.get("quick")!();
    await breathe();
    clock.advance(999);
    await breathe();
    expect(receipt).toBeUndefined();
    ends.get("slow")!();
    await breathe();
    clock.advance(1);
    await halting;
    expect(receipt!.complete).toBe(false);
    expect(receipt!.inFlight.map(({ id, fate }) => [id, fate])).toEqual([
      [ids[0], "completed"],
      [ids[1], "completed"],
      [ids[2], "unknown"],
    ]);
    const [loud] = logger.lines.filter(({ level }) => level === "error");
    expect(loud!.message).toContain("NOT complete");
    expect(loud!.message).toContain(ids[2]);
  });

  test("it waits no longer than the last call, and says how each ended", async () => {
    const { rein } = await open([]);
    const run = (body: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> =>
      rein.governed({ source: "a", series: "b" }, () => body(rein.current()!.signal))();
    const calls = Promise.allSettled([
      run(async () => breathe()),
      run(
        (signal) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("cut")))),
      ),
      run(async (signal) => {
        await breathe();
        signal.throwIfAborted();
      }),
    ]);
    const receipt = await rein.halt({ by });
    expect(receipt.inFlight.map(({ fate }) => fate)).toEqual(["completed", "aborted", "aborted"]);
    expect(receipt.complete).toBe(true);
    expect((await calls).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });

  test("a permit that ends while it is told is in it, and so is one that expired or was settled over an open fence", async () => {
    const { rein, clock } = await open([]);
    const action = { source: "a", series: "b" };
    const expired = permitFor(rein, action);
    clock.advance(900_000);
    expect(() => expired.check()).toThrow(HaltedError);
    const prompt = permitFor(rein, action);
    prompt.signal.addEventListener("abort", () => prompt.settle({ ok: false }));
    const fenced = permitFor(rein, action);
    const stopped: string[] = [];
    fenced.attach(() => {
      throw new Error("a fence that cannot be shut");
    });
    const detach = fenced.attach((reason) => {
      stopped.push(reason.code);
      detach();
    });
    fenced.settle({ ok: true });
    const receipt = await rein.halt({ by, deadlineMs: 0 });
    expect(stopped).toEqual(["halted"]);
    expect(Object.fromEntries(receipt.inFlight.map(({ id, fate }) => [id, fate]))).toEqual({
      [expired.id]: "unknown",
      [prompt.id]: "aborted",
      [fenced.id]: "unknown",
    });
  });

  test("called from inside a governed call it does not wait for its own caller, and does not claim that it ended", async () => {
    const { rein } = await open([]);
    let receipt: HaltReceipt | undefined;
    const outer = rein.governed({ source: "a", series: "outer" }, async () => {
      await rein.governed({ source: "a", series: "inner" }, async () => {
        receipt = await rein.halt({ by: "watchdog" });
      })();
    });
    await expect(outer()).rejects.toThrow(HaltedError);
    await breathe();
    expect(receipt).toMatchObject({ complete: false, inFlight: [{ series: "outer" }, { series: "inner" }] });
    expect(fates(receipt!)).toEqual({ unknown: 2 });
  });

  test("closing while a halt waits ends the permits, not the truth", async () => {
    const { rein, clock } = await open([]);
    const permit = permitFor(rein, { source: "a", series: "b" });
    const halting = rein.halt({ by, deadlineMs: 100 });
    await rein.close();
    clock.advance(100);
    expect(await halting).toMatchObject({ complete: false, inFlight: [{ id: permit.id, fate: "unknown" }] });
  });
});

describe("a halt stops its scope, and nothing else", () => {
  const actions: readonly Action[] = [
    { source: "planner", series: "search" },
    { source: "planner/reader", series: "send_email", tags: { to: "ann@x.org" } },
    { source: "planner/reader/deep", series: "search", tags: { to: "bob@y.org" } },
    { source: "planner2", series: "send_email", tags: { to: "ann@x.org", run: 7 } },
    { source: "trader", series: "buy" },
  ];

  test.each<[Scope, readonly number[]]>([
    ["all", [0, 1, 2, 3, 4]],
    [{ source: "planner" }, [0, 1, 2]],
    [{ source: "planner/reader" }, [1, 2]],
    [{ source: "planner/*" }, [1]],
    [{ source: "planner/**" }, [1, 2]],
    [{ source: "planner*" }, [0, 3]],
    [{ source: ["trader", "planner2"] }, [3, 4]],
    [{ series: "send_*" }, [1, 3]],
    [{ series: "~emails" }, [1, 3]],
    [{ series: "~end" }, []],
    [{ source: "~readers" }, [1, 2]],
    [{ source: "~planner", tags: { to: "~org ann" } }, [1, 3]],
    [{ source: "planner", series: "search" }, [0, 2]],
    [{ tags: { to: "*@x.org" } }, [1, 3]],
    [{ tags: { to: "*@x.org", run: "7" } }, [3]],
    [{ source: "planner", tags: { to: "**" } }, [1, 2]],
    [{ source: "nobody" }, []],
  ])("%j", async (scope, stopped) => {
    const { rein } = await open([]);
    const permits = actions.map((action) => permitFor(rein, action));
    const receipt = await rein.halt({ scope, by, deadlineMs: 0 });
    const expected = actions.map((_, i) => stopped.includes(i));
    expect(permits.map(({ signal }) => signal.aborted)).toEqual(expected);
    expect(receipt.inFlight.map(({ id }) => id)).toEqual(stopped.map((i) => permits[i]!.id));
    expect(receipt.complete).toBe(stopped.length === 0);
    expect(actions.map((action) => answer(rein, action) === "halted")).toEqual(expected);
    await rein.resume({ halt: receipt.id, by });
    expect(actions.map((action) => answer(rein, action))).toEqual(actions.map(() => "ok"));
    // A resume does not bring permits back to life.
    permits.forEach((permit, i) => {
      if (stopped.includes(i)) expect(() => permit.check()).toThrow(HaltedError);
      else permit.check();
    });
  });

  test("the refusal tells a model to stop, who stopped it and why, and not to try again", async () => {
    const { rein } = await open([]);
    const { id } = await rein.halt({ by, reason: "the list is wrong" });
    const { refusal } = rein.gate(actions[0]!);
    expect(refusal).toMatchObject({ code: "halted", retryable: false });
    for (const part of [id, by, "the list is wrong", "do not retry"])
      expect(refusal!.message).toContain(part);
  });

  test("what it refuses takes nothing and feeds nothing", async () => {
    const { rein } = await open([
      { kind: "rate", limit: 1, window: "1h" },
      { kind: "budget", measure: "usd", limit: 1, window: "forever", assume: 1 },
      { kind: "access", effect: "deny", match: { series: "denied" }, then: "halt" },
    ]);
    const { id } = await rein.halt({ by });
    for (const series of ["buy", "denied"]) expect(answer(rein, { source: "a", series })).toBe("halted");
    await rein.resume({ halt: id, by });
    expect(rein.snapshot().halts).toEqual([]);
    expect(answer(rein, actions[4]!)).toBe("ok");
  });
});

describe("halts are counted", () => {
  const action = { source: "trader/eu", series: "buy" };

  test("a scope runs again when each of its halts is resumed, in any order, once each", async () => {
    const { rein } = await open([]);
    const heard = hear(rein, "halt");
    const halts = [
      await rein.halt({ by }),
      await rein.halt({ scope: { source: "trader" }, by }),
      await rein.halt({ scope: { series: "buy" }, by }),
    ];
    expect(halts.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    for (const i of [1, 0, 2]) {
      expect(answer(rein, action)).toBe("halted");
      await rein.resume({ halt: halts[i]!.id, by, reason: "mended" });
      await expect(rein.resume({ halt: halts[i]!.id, by })).rejects.toMatchObject({ code: "unknown_halt" });
    }
    expect(permitFor(rein, action).epoch).toBe(3);
    await breathe();
    expect(heard.map(({ resumed }) => resumed?.reason)).toEqual([
      undefined,
      undefined,
      undefined,
      "mended",
      "mended",
      "mended",
    ]);
  });

  test("two at once are two, and both receipts wait for the same calls", async () => {
    const { rein } = await open([]);
    const call = rein.governed({ source: "a", series: "b" }, async () => {
      await breathe();
      rein.current()!.check();
    })();
    const receipts = Promise.all([rein.halt({ by: "ann" }), rein.halt({ by: "bob" })]);
    await expect(call).rejects.toMatchObject({ haltId: "h1" });
    expect((await receipts).map(fates)).toEqual([{ aborted: 1 }, { aborted: 1 }]);
    await rein.resume({ halt: "h1", by });
    expect(answer(rein, action)).toBe("halted");
  });
});

describe("halts by rules", () => {
  const loss = { id: "stop", kind: "loss", limitPct: 5, then: "halt" } as const;

  test("come with the bad report, void what is in flight, and end after their time", async () => {
    const { rein, clock } = await open([{ ...loss, for: "10m" }]);
    const heard = hear(rein, "halt");
    const permit = permitFor(rein, { source: "a", series: "b" });
    rein.balance({ start: 100, current: 94 });
    expect(permit.signal.reason).toMatchObject({ code: "halted", rule: "stop" });
    rein.balance({ start: 100, current: 93 });
    expect(rein.snapshot().halts).toMatchObject([{ by: "rule:stop", scope: "all" }]);
    clock.advance(599_999);
    expect(rein.snapshot().halts).toHaveLength(1);
    rein.balance({ start: 100, current: 99 });
    clock.advance(1);
    expect(answer(rein, { source: "a", series: "b" })).toBe("ok");
    await breathe();
    expect(heard.map(({ resumed }) => resumed?.by)).toEqual([undefined, "rein"]);
  });

  test("resumed while the reason lasts, the next action halts again", async () => {
    const { rein } = await open([loss]);
    rein.balance({ start: 100, current: 90 });
    await rein.resume({ halt: "h1", by });
    expect(answer(rein, { source: "a", series: "b" })).toBe("loss_limit");
    expect(answer(rein, { source: "a", series: "b" })).toBe("halted");
    expect(rein.snapshot().halts).toMatchObject([{ id: "h2", rule: "stop" }]);
  });

  test("stop beside an operator's, and one of them ending does not end the other", async () => {
    const { rein, clock } = await open([
      { kind: "access", effect: "deny", match: { series: "b" }, then: "halt", for: "1s" },
    ]);
    answer(rein, { source: "a", series: "b" });
    await rein.halt({ scope: { source: "a" }, by });
    clock.advance(1000);
    expect(answer(rein, { source: "a", series: "b" })).toBe("halted");
    expect(rein.snapshot().halts).toMatchObject([{ by }]);
  });

  test("over tags stop what was in flight before their rule came, too", async () => {
    const { rein } = await open([]);
    const permits = ["ann@x.org", "bob@y.org"].map((to) =>
      permitFor(rein, { source: "a", series: "send", tags: { to } }),
    );
    rein.setPolicy([
      { kind: "rate", limit: 1, window: "1h", match: { tags: { to: "*@x.org" } }, then: "halt" },
    ]);
    const mail = { source: "a", series: "send", tags: { to: "cat@x.org" } };
    for (let i = 0; i < 2; i++) answer(rein, mail);
    expect(answer(rein, mail)).toBe("halted");
    expect(() => permits[0]!.check()).toThrow(HaltedError);
    expect(answer(rein, { ...mail, tags: { to: "bob@y.org" } })).toBe("ok");
  });
});

describe("a halt while a policy is swapped", () => {
  test("outlives the swap, in either order, and the counters come along", async () => {
    const rules = (limit: number) => [{ kind: "rate", limit, window: "1h" }] as const;
    const { rein } = await open(rules(2));
    const action = { source: "a", series: "b" };
    const running = rein.governed(action, async () => {
      await breathe();
      rein.current()!.check();
    })();
    const halting = rein.halt({ by });
    rein.setPolicy(rules(3));
    await expect(running).rejects.toThrow(HaltedError);
    expect(await halting).toMatchObject({ complete: true, inFlight: [{ fate: "aborted" }] });
    rein.setPolicy(rules(2));
    expect(answer(rein, action)).toBe("halted");
    await rein.resume({ halt: (await halting).id, by });
    expect([act(rein, action), act(rein, action)]).toEqual(["ok", "rate_limited"]);
  });

  test("a listener may halt and swap: nothing deadlocks, nothing slips through", async () => {
    const { rein } = await open([
      { id: "deny", kind: "access", effect: "deny", match: { series: "bad" }, then: "alert" },
    ]);
    let receipt: Promise<HaltReceipt> | undefined;
    rein.on("alert", () => {
      receipt = rein.halt({ scope: { source: "a" }, by: "watchdog" });
      rein.setPolicy([]);
    });
    const effects: string[] = [];
    const call = rein.governed({ source: "a", series: "bad" }, async () => {
      await breathe();
      rein.current()!.check();
      effects.push("done");
    })();
    await expect(call).rejects.toThrow(HaltedError);
    expect(await receipt).toMatchObject({ complete: true });
    expect(effects).toEqual([]);
  });
});

test("every fence is shut before anybody hears of the halt, however many permits there are", async () => {
  const { rein } = await open([]);
  const permits = Array.from({ length: 20 }, () => rein.gate({ source: "agent", series: "x" }).permit!);
  const passed: number[] = [];
  for (const permit of permits) {
    permit.signal.addEventListener("abort", () => {
      permits.forEach((other, i) => {
        try {
          other.check();
          passed.push(i);
        } catch (error) {
          expect(error).toBeInstanceOf(HaltedError);
        }
      });
    });
  }
  await rein.halt({ by: "test", deadlineMs: 0 });
  expect(permits.every((permit) => permit.signal.aborted)).toBe(true);
  expect(passed).toEqual([]);
});
