import { describe, expect, test } from "vitest";
import type { Permit, Rein } from "../src/index.js";
import { ActionRefused, HaltedError, ReinError } from "../src/index.js";
import { answer, breathe, open } from "./support/open.js";

const pay = { source: "agent", series: "pay" };
const budget = { kind: "budget", measure: "usd", limit: 10, window: "1d", assume: 0 } as const;

function codeThrownBy(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return ReinError.isInstance(error) ? error.code : String(error);
  }
  return undefined;
}

describe("a governed function", () => {
  test("is the function: its arguments, its `this`, its answer, its errors", async () => {
    const { rein } = await open([]);
    const till = {
      owner: "ann",
      pay: rein.governed({ source: "agent" }, async function pay(this: unknown, ...args: number[]) {
        if (args.length === 0) throw new RangeError("nothing to pay");
        return [(this as { owner: string }).owner, ...args];
      }),
    };
    expect(await till.pay(1, 2)).toEqual(["ann", 1, 2]);
    await expect(till.pay()).rejects.toThrow(RangeError);
    expect(till.pay.name).toBe("pay");
    const sync = rein.governed(pay, (n: number) => n + 1);
    expect(await sync(1)).toBe(2);
    const throwing = rein.governed(pay, () => {
      throw new RangeError("at once");
    });
    await expect(throwing()).rejects.toThrow("at once");
    expect(rein.snapshot().inFlight).toEqual([]);
  });

  test("does not run when it is refused, and says why in words for the model", async () => {
    const { rein } = await open([{ id: "no", kind: "access", effect: "deny" }]);
    let runs = 0;
    const call = rein.governed(pay, () => (runs += 1))();
    const error: unknown = await call.catch((e: unknown) => e);
    expect(ActionRefused.isInstance(error) && error.refusal).toMatchObject({
      code: "access_denied",
      rule: "no",
    });
    expect(String(error)).toContain("`pay` by `agent`");
    expect(runs).toBe(0);
  });

  test("says what a call may cost, whom it is for and what it does, from its arguments", async () => {
    const { rein } = await open([
      budget,
      { kind: "access", effect: "deny", match: { tags: { to: "*@evil.org" } } },
      { kind: "access", effect: "deny", match: { args: { amount: { over: 5 } }, series: "one" } },
      { kind: "access", effect: "deny", match: { args: { "1": "secret" }, series: "two" } },
    ]);
    const one = rein.governed(
      {
        source: "agent",
        series: "one",
        cost: (order) => ({ usd: order.amount }),
        tags: ({ to }) => ({ to }),
        outcome: (paid) => ({ cost: { usd: paid } }),
      },
      async ({ amount }: { amount: number; to: string }) => amount / 2,
    );
    expect(await one({ amount: 4, to: "a@x.org" })).toBe(2);
    expect(rein.budgets()).toMatchObject([{ spent: 2, reserved: 0 }]);
    await expect(one({ amount: 4, to: "a@evil.org" })).rejects.toThrow(ActionRefused);
    await expect(one({ amount: 6, to: "a@x.org" })).rejects.toThrow(ActionRefused);
    const two = rein.governed({ source: "agent", series: "two" }, (_path: string, what: string) => what);
    await expect(two("p", "secret")).rejects.toThrow(ActionRefused);
    expect(await two("secret", "p")).toBe("p");
  });

  test("whose cost, tags or args function fails is not run", async () => {
    const { rein } = await open([]);
    const fail = (): never => {
      throw new Error("no price");
    };
    for (const field of ["cost", "tags", "args"]) {
      let runs = 0;
      await expect(rein.governed({ ...pay, [field]: fail }, () => (runs += 1))()).rejects.toThrow("no price");
      expect([runs, rein.snapshot().decisions]).toEqual([0, 0]);
    }
  });

  test.each<[string, () => unknown, number]>([
    ["throws", () => { throw new Error("x"); }, 4], // prettier-ignore
    ["throws what cannot be printed", () => { throw Object.create(null); }, 4], // prettier-ignore
    ["gives a cost that is not a number", () => ({ cost: { usd: NaN } }), 4],
    ["gives an ok that is text", () => ({ ok: "yes" }), 4],
    ["gives nothing", () => null, 4],
    ["gives a cost and an ok that is text", () => ({ ok: 1, cost: { usd: 1 } }), 1],
    ["gives what it did cost", () => ({ cost: { usd: 3 } }), 3],
  ])("whose outcome function %s still answers, and is booked", async (_what, outcome, spent) => {
    const { rein } = await open([budget]);
    const call = rein.governed({ ...pay, cost: { usd: 4 }, outcome: outcome as never }, async () => "done");
    expect(await call()).toBe("done");
    expect(rein.budgets()).toMatchObject([{ spent, reserved: 0 }]);
  });

  test("that is halted rejects at once, whatever its body does, and the body's end is still booked", async () => {
    const { rein } = await open([budget]);
    let finish: (value: string) => void = () => undefined;
    const call = rein.governed(
      { ...pay, cost: { usd: 4 }, outcome: () => ({ cost: { usd: 1 } }) },
      () => new Promise<string>((resolve) => (finish = resolve)),
    )();
    const receipt = await rein.halt({ by: "alice", reason: "enough", deadlineMs: 0 });
    await expect(call).rejects.toMatchObject({ code: "halted", haltId: receipt.id });
    expect(receipt).toMatchObject({ complete: false, inFlight: [{ fate: "unknown" }] });
    finish("late");
    await breathe();
    expect(rein.snapshot().inFlight).toEqual([]);
    expect(rein.budgets()).toMatchObject([{ spent: 1, reserved: 0 }]);
  });

  test("that runs too long rejects when its time is over, though it ignores its signal", async () => {
    const { rein, clock } = await open([{ kind: "timeout", limit: "2m", id: "slow" }]);
    const call = rein.governed(pay, () => new Promise(() => undefined))();
    const failed = expect(call).rejects.toMatchObject({ code: "timed_out", rule: "slow" });
    clock.advance(120_000);
    await failed;
  });

  test("halted between the gate's answer and its body never runs, and the receipt knows", async () => {
    const { rein } = await open([]);
    let receipt: Promise<unknown> | undefined;
    rein.on("decision", () => (receipt ??= rein.halt({ by: "alice" })));
    let runs = 0;
    await expect(rein.governed({ ...pay, waitMs: 10 }, () => (runs += 1))()).rejects.toThrow(HaltedError);
    expect(await receipt).toMatchObject({ complete: true, inFlight: [{ fate: "aborted" }] });
    expect(runs).toBe(0);
  });

  test("waits as long as it may for a retryable refusal to pass", async () => {
    const { rein, clock } = await open([{ kind: "rate", limit: 1, window: "1s" }]);
    const call = rein.governed({ ...pay, waitMs: 5000 }, () => clock.mono());
    expect(await call()).toBe(0);
    const second = call();
    await breathe();
    clock.advance(1000);
    expect(await second).toBe(1000);
  });

  test("must be a function with a name and a source", async () => {
    const { rein } = await open([]);
    for (const fn of [undefined, null, 5, {}]) {
      expect(codeThrownBy(() => rein.governed(pay, fn as never))).toBe("not_governable");
    }
    expect(codeThrownBy(() => rein.governed({ source: "agent" }, () => 1))).toBe("not_governable");
    expect(codeThrownBy(() => rein.governed({ series: "x" } as never, () => 1))).toBe("not_governable");
    expect(codeThrownBy(() => rein.governed(null as never, () => 1))).toBe("not_governable");
    expect(codeThrownBy(() => rein.governed(null as never))).toBe("not_governable");
  });
});

describe("rein.current()", () => {
  test("is the permit of the innermost governed call of this Rein, wherever its code runs", async () => {
    const [{ rein }, { rein: other }] = [await open([]), await open([])];
    const seen: (string | undefined)[] = [];
    const look = (of: Rein): void => void seen.push(of.current()?.series);
    look(rein);
    const inner = rein.governed({ source: "a", series: "inner" }, async () => {
      await Promise.resolve();
      look(rein);
      look(other);
    });
    await rein.governed({ source: "a", series: "outer" }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      look(rein);
      await inner();
      look(rein);
    })();
    look(rein);
    expect(seen).toEqual([undefined, "outer", "inner", undefined, "outer", undefined]);
  });

  test("lets a body report its own outcome, and its signal is made when it is asked for", async () => {
    const { rein } = await open([budget]);
    let permit: Permit | undefined;
    await rein.governed({ ...pay, cost: { usd: 4 } }, async () => {
      permit = rein.current()!;
      expect(permit.signal).toBe(permit.signal);
      permit.check();
      permit.settle({ ok: true, cost: { usd: 2 } });
    })();
    expect(codeThrownBy(() => permit!.check())).toBe("already_settled");
    expect(rein.budgets()).toMatchObject([{ spent: 2, reserved: 0 }]);
  });
});

describe("governed tools", () => {
  test("each key is a series, and what is no tool is not taken in silence", async () => {
    const { rein } = await open([{ kind: "access", effect: "deny", match: { series: "delete_*" } }]);
    const tools = rein.governTools(
      { source: "agent" },
      { search: (q: string) => `found ${q}`, delete_all: () => "gone" },
    );
    expect(await tools.search("x")).toBe("found x");
    await expect(tools.delete_all()).rejects.toThrow(ActionRefused);
    expect(Object.keys(tools)).toEqual(["search", "delete_all"]);
    expect(codeThrownBy(() => rein.governTools({ source: "a" }, { search: "x" as never }))).toBe(
      "not_governable",
    );
    const odd: Record<string, () => number> = {};
    Object.defineProperty(odd, "__proto__", { value: () => 7, enumerable: true });
    expect(await Object.entries(rein.governTools({ source: "a" }, odd))[0]![1]()).toBe(7);
  });
});

describe("the decorator", () => {
  test("governs methods, static ones and those with odd names too", async () => {
    const { rein } = await open([{ kind: "access", effect: "deny", match: { series: ["wipe", "renamed"] } }]);
    const odd: unique symbol = Symbol.for("odd");
    class Tools {
      readonly name = "tools";
      @rein.governed({ source: "agent" })
      async send(to: string): Promise<string> {
        return `${this.name} to ${to}, under ${rein.current()?.series}`;
      }
      @rein.governed({ source: "agent" })
      static async wipe(): Promise<void> {}
      @rein.governed({ source: "agent", series: "renamed" })
      async [odd](): Promise<void> {}
    }
    expect(await new Tools().send("ann")).toBe("tools to ann, under send");
    await expect(Tools.wipe()).rejects.toThrow(ActionRefused);
    await expect(new Tools()[odd]()).rejects.toThrow(ActionRefused);
  });

  test("compiled as a legacy one, or on what is no method, says what to do", async () => {
    const { rein } = await open([]);
    const decorate = rein.governed({ source: "agent" }) as unknown as (...args: unknown[]) => unknown;
    const fn = (): void => undefined;
    expect(codeThrownBy(() => decorate({}, "send", { value: fn }))).toBe("legacy_decorator");
    expect(codeThrownBy(() => decorate(class {}))).toBe("legacy_decorator");
    expect(codeThrownBy(() => decorate(fn, { kind: "getter", name: "x" }))).toBe("not_governable");
    expect(codeThrownBy(() => decorate(undefined, { kind: "field", name: "x" }))).toBe("not_governable");
  });
});

describe("a governed generator", () => {
  /** Counts, and waits for `go` before each step after the first. */
  async function* counting(
    seen: string[],
    go: () => Promise<void> = () => Promise.resolve(),
  ): AsyncGenerator<number, string> {
    try {
      for (let i = 0; i < 3; i++) {
        if (i > 0) await go();
        seen.push(`step ${i}`);
        yield i;
      }
      return "end";
    } finally {
      seen.push("closed");
    }
  }

  async function opened(go?: () => Promise<void>) {
    const seen: string[] = [];
    const bench = await open([{ kind: "errors", consecutive: 1 }]);
    const stream = await bench.rein.governed({ source: "a", series: "stream" }, () => counting(seen, go))();
    return { ...bench, stream, seen };
  }

  const fresh = { source: "a", series: "stream" };

  test("is in flight until it ends, and its steps run under its permit", async () => {
    const { rein, stream } = await opened();
    expect(rein.snapshot().inFlight).toHaveLength(1);
    const items: unknown[] = [];
    for (let item = await stream.next(); ; item = await stream.next()) {
      items.push(item.value);
      if (item.done === true) break;
    }
    expect(items).toEqual([0, 1, 2, "end"]);
    expect(rein.snapshot().inFlight).toEqual([]);
  });

  test("that its reader leaves early is closed, and that is no failure", async () => {
    const { rein, stream, seen } = await opened();
    for await (const item of stream) if (item === 1) break;
    expect(seen.at(-1)).toBe("closed");
    expect(rein.snapshot().inFlight).toEqual([]);
    expect(answer(rein, fresh)).toBe("ok");
  });

  test("that fails is a failure", async () => {
    const { rein, stream } = await opened(() => Promise.reject(new Error("cut")));
    await stream.next();
    await expect(stream.next()).rejects.toThrow("cut");
    expect(answer(rein, fresh)).toBe("breaker_open");
  });

  test("halted between two steps ends there, also when nobody reads on", async () => {
    const { rein, stream, seen } = await opened();
    await stream.next();
    expect(await rein.halt({})).toMatchObject({ complete: true, inFlight: [{ fate: "aborted" }] });
    expect(seen).toEqual(["step 0", "closed"]);
    await expect(stream.next()).rejects.toThrow(HaltedError);
    const unread = await opened();
    expect(await unread.rein.halt({})).toMatchObject({ complete: true, inFlight: [{ fate: "aborted" }] });
    expect(unread.seen).toEqual([]);
  });

  test("halted in a step that hangs: the reader hears at once, and the receipt does not pretend", async () => {
    let go: () => void = () => undefined;
    const { rein, stream, seen } = await opened(() => new Promise((resolve) => (go = resolve)));
    await stream.next();
    const hanging = stream.next();
    const receipt = await rein.halt({ deadlineMs: 0 });
    await expect(hanging).rejects.toThrow(HaltedError);
    expect(receipt).toMatchObject({ complete: false, inFlight: [{ fate: "unknown" }] });
    go();
    await breathe();
    expect(rein.snapshot().inFlight).toEqual([]);
    expect(seen.at(-1)).toBe("closed");
  });

  test("may settle its own permit and go on", async () => {
    const { rein } = await open([]);
    const stream = await rein.governed({ source: "a", series: "s" }, async function* () {
      rein.current()!.settle({ ok: true });
      yield 1;
      yield 2;
    })();
    const items: number[] = [];
    for await (const item of stream) items.push(item);
    expect(items).toEqual([1, 2]);
  });

  test("without a `return` of its own is governed all the same", async () => {
    const { rein } = await open([]);
    const bare = {
      next: () => Promise.resolve({ done: false, value: 1 }),
      [Symbol.asyncIterator]: () => bare,
    };
    const stream = (await rein.governed(
      { source: "a", series: "s" },
      () => bare,
    )()) as unknown as AsyncGenerator<number>;
    for await (const item of stream) if (item === 1) break;
    expect(rein.snapshot().inFlight).toEqual([]);
  });
});
