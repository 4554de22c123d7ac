import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { governedSpawn } from "../src/adapters/child-process.js";
import { governedFetch } from "../src/adapters/fetch.js";
import { HaltedError, Rein } from "../src/index.js";
import type { HaltReceipt, RuleInput } from "../src/index.js";
import type { ReinConfigInput } from "../src/rein/index.js";
import { MemoryLogger } from "../src/testing/index.js";
import { Dripping, isRunning, Loopback, until } from "./support/loopback.js";

// Promise 1, on real sockets and processes: what passes a fence is stopped there.

let rein: Rein;
let logger: MemoryLogger;
const reins: Rein[] = [];
const servers: Loopback[] = [];

async function open(rules: readonly RuleInput[] = [], config: ReinConfigInput = {}): Promise<Rein> {
  logger = new MemoryLogger();
  const opened = await Rein.open({ mode: "enforce", policy: { rules }, config, logger });
  reins.push(opened);
  return opened;
}

async function serve(...args: Parameters<typeof Loopback.start>): Promise<Loopback> {
  const server = await Loopback.start(...args);
  servers.push(server);
  return server;
}

const STOP = { by: "alice", reason: "enough" };
const fates = (receipt: HaltReceipt): string[] => receipt.inFlight.map(({ fate }) => fate);

beforeEach(async () => {
  rein = await open();
});

afterEach(async () => {
  for (const opened of reins.splice(0)) await opened.close();
  for (const server of servers.splice(0)) await server.close();
});

describe("fetch", () => {
  test("200 calls that ignore their signal send nothing after the halt has resolved", async () => {
    const server = await serve(() => undefined);
    let go!: () => void;
    const gate = new Promise<void>((resolve) => (go = resolve));
    let refused = 0;
    const stubborn = rein.governed({ source: "agent", series: "post" }, async (late: boolean) => {
      if (late) await gate;
      for (let attempt = 0; attempt < 4; attempt++) {
        await governedFetch(server.url, { method: "POST", body: "again" }).catch(() => (refused += 1));
      }
    });
    const calls = Array.from({ length: 200 }, (_, i) => stubborn(i % 2 === 0));
    const outcomes = Promise.allSettled(calls);
    await until(() => server.requests === 100);

    const halting = rein.halt(STOP);
    go();
    const receipt = await halting;

    expect(receipt.complete).toBe(true);
    expect(receipt.inFlight).toHaveLength(200);
    expect(new Set(fates(receipt))).not.toContain("unknown");
    expect(refused).toBe(800);
    await server.settled();
    expect(server.requests).toBe(100);
    await until(() => server.answering === 0);
    for (const outcome of await outcomes) {
      expect(outcome.status === "rejected" && HaltedError.isInstance(outcome.reason)).toBe(true);
    }
    expect(logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("a call that comes too late opens no connection", async () => {
    const server = await serve((_request, response) => void response.end("done"));
    const { permit } = rein.gate({ source: "agent", series: "post" });
    const receipt = rein.halt({ ...STOP, deadlineMs: 0 });
    await expect(governedFetch(server.url, { permit: permit! })).rejects.toBeInstanceOf(HaltedError);
    await receipt;
    await expect(governedFetch(server.url, { permit: permit! })).rejects.toMatchObject({ code: "halted" });
    await server.settled();
    expect(server.connections).toBe(0);
  });

  test("a download is cut in the middle: the body fails with the halt, the server sees the connection close", async () => {
    const dripping = new Dripping();
    const server = await serve(dripping.answer);
    let received = 0;
    let failure: unknown;
    const download = rein.governed({ source: "agent", series: "download" }, async () => {
      const response = await governedFetch(server.url);
      try {
        for await (const chunk of response.body!) received += chunk.length;
      } catch (error) {
        failure = error;
      }
    });
    const call = download().catch((error: unknown) => error);
    await until(() => received > 20);
    const receipt = await rein.halt(STOP);
    const receivedAtHalt = received;

    expect([receipt.complete, fates(receipt)]).toEqual([true, ["aborted"]]);
    expect(failure).toMatchObject({ name: "HaltedError", haltId: receipt.id });
    expect(await call).toBe(failure);
    await until(() => dripping.closed === 1);
    const { sent } = dripping;
    await server.settled();
    expect([received, dripping.sent]).toEqual([receivedAtHalt, sent]);
  });

  test("a body that nobody reads is cut as well, and fails for whoever reads it later", async () => {
    const dripping = new Dripping();
    const server = await serve(dripping.answer);
    const { permit } = rein.gate({ source: "agent", series: "download" });
    const response = await governedFetch(server.url, { permit: permit! });
    const copy = response.clone();
    const halting = rein.halt(STOP);
    await until(() => dripping.closed === 1);
    await expect(response.text()).rejects.toBeInstanceOf(HaltedError);
    await expect(copy.body!.getReader().closed).rejects.toBeInstanceOf(HaltedError);
    permit!.settle({ ok: false });
    expect(await halting).toMatchObject({ complete: true });
  });

  test("an upload is cut in the middle", async () => {
    const server = await serve(() => undefined);
    let sent = 0;
    let cancelled: unknown;
    const upload = rein.governed({ source: "agent", series: "upload" }, async () => {
      const body = new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setImmediate(resolve));
          sent += 5;
          controller.enqueue(Buffer.from("drip\n"));
        },
        cancel: (reason) => void (cancelled = reason),
      });
      await governedFetch(server.url, { method: "POST", body, duplex: "half" });
    });
    const call = upload();
    call.catch(() => undefined);
    await until(() => server.bytesIn > 100);
    const receipt = await rein.halt(STOP);
    const sentAtHalt = sent;

    expect([receipt.complete, fates(receipt)]).toEqual([true, ["aborted"]]);
    await expect(call).rejects.toBeInstanceOf(HaltedError);
    await until(() => cancelled !== undefined && server.answering === 0);
    expect(cancelled).toBeInstanceOf(HaltedError);
    expect(server.bytesIn).toBeLessThanOrEqual(sentAtHalt);
    expect(sent).toBeLessThanOrEqual(sentAtHalt + 5);
  });

  test("the halt of an outer Rein stops the fetch of an inner one", async () => {
    const server = await serve(() => undefined);
    const inner = await open();
    const call = rein.governed({ source: "planner", series: "plan" }, () =>
      inner.governed({ source: "worker", series: "post" }, () => governedFetch(server.url))(),
    )();
    call.catch(() => undefined);
    await until(() => server.requests === 1);
    const receipt = await rein.halt(STOP);
    expect(receipt).toMatchObject({ complete: true, inFlight: [{ series: "plan", fate: "aborted" }] });
    await expect(call).rejects.toMatchObject({
      haltId: receipt.id,
      message: expect.stringContaining("`plan`"),
    });
    await until(() => server.answering === 0);
    expect((await inner.halt(STOP)).inFlight).toEqual([]);
  });

  test("the halt of an inner Rein leaves the outer one running", async () => {
    const server = await serve(
      (request, response) => void (request.url === "/quick" && response.end("quick")),
    );
    const inner = await open();
    const call = rein.governed({ source: "planner", series: "plan" }, async () => {
      const work = inner.governed({ source: "worker", series: "post" }, () => governedFetch(server.url));
      const failure: unknown = await work().catch((error: unknown) => error);
      const rest = await governedFetch(`${server.url}quick`);
      return [HaltedError.isInstance(failure), await rest.text()];
    })();
    await until(() => server.requests === 1);
    expect(await inner.halt(STOP)).toMatchObject({ complete: true, inFlight: [{ series: "post" }] });
    expect(await call).toEqual([true, "quick"]);
  });

  test("a response that is read in full leaves nothing in flight", async () => {
    const server = await serve((_request, response) => void response.end("done"));
    const read = rein.governed({ source: "agent", series: "read" }, () => governedFetch(server.url));
    const cancelled = await read();
    await cancelled.body!.cancel();
    expect(await (await read()).text()).toBe("done");
    const receipt = await rein.halt(STOP);
    expect([receipt.complete, receipt.inFlight]).toEqual([true, []]);
  });

  test("a body that outlives its settled action is cut by a halt, and named", async () => {
    const dripping = new Dripping();
    const server = await serve(dripping.answer);
    const begin = rein.governed({ source: "agent", series: "download" }, () => governedFetch(server.url));
    const response = await begin();
    const receipt = await rein.halt({ ...STOP, deadlineMs: 2000 });
    expect(receipt).toMatchObject({ complete: true, inFlight: [{ series: "download", fate: "aborted" }] });
    await expect(response.text()).rejects.toBeInstanceOf(HaltedError);
    await until(() => dripping.closed === 1);
  });

  test("a rule that halts cuts it too", async () => {
    const server = await serve(new Dripping().answer);
    const ruled = await open([{ kind: "rate", id: "once", limit: 1, window: "1m", then: "halt" }]);
    const begin = ruled.governed({ source: "agent", series: "download" }, () => governedFetch(server.url));
    const response = await begin();
    await expect(begin()).rejects.toThrow();
    expect(ruled.snapshot().halts).toHaveLength(1);
    await expect(response.text()).rejects.toMatchObject({ name: "HaltedError", rule: "once" });
    await until(() => server.answering === 0);
  });

  test("what outlives its permit by a permit's life is cut, not forgotten", async () => {
    const server = await serve(new Dripping().answer);
    const brief = await open([], { permitTtlSeconds: 0.05 });
    const begin = brief.governed({ source: "agent", series: "download" }, () => governedFetch(server.url));
    const first = await begin();
    const started = performance.now();
    await until(() => performance.now() - started > 60);
    const second = await begin();
    await expect(first.text()).rejects.toMatchObject({ code: "expired" });
    expect((await brief.halt(STOP)).complete).toBe(true);
    await expect(second.text()).rejects.toMatchObject({ code: "halted" });
    await until(() => server.answering === 0);
  });

  test("closing the Rein cuts a body that outlives its settled action", async () => {
    const dripping = new Dripping();
    const server = await serve(dripping.answer);
    const response = await rein.governed({ source: "agent", series: "download" }, () =>
      governedFetch(server.url),
    )();
    await rein.close();
    await expect(response.text()).rejects.toBeInstanceOf(HaltedError);
    await until(() => dripping.closed === 1);
  });

  test("a time limit cuts the request of the one action that broke it", async () => {
    const server = await serve(() => undefined);
    const limited = await open([{ kind: "timeout", id: "quick", limit: "50ms", match: { series: "slow" } }]);
    const call = limited.governed({ source: "agent", series: "slow" }, () => governedFetch(server.url))();
    await expect(call).rejects.toMatchObject({ name: "HaltedError", code: "timed_out" });
    await until(() => server.answering === 0);
  });
});

/** A child that starts a grandchild, says both their ids, and goes on. */
const TREE = `
  const { spawn } = require("node:child_process");
  const below = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  console.log(process.pid, below.pid);
  setInterval(() => {}, 1000);
`;

describe("child processes", () => {
  test("a halt ends the whole tree before it resolves", async () => {
    const pids: number[] = [];
    const work = rein.governed({ source: "coder", series: "run" }, async () => {
      const child = governedSpawn(process.execPath, ["-e", TREE]);
      child.stdout.on("data", (line: Buffer) => pids.push(...String(line).trim().split(" ").map(Number)));
      const [, signal] = await once(child, "exit");
      return signal as string;
    });
    const calls = Promise.allSettled([work(), work(), work()]);
    await until(() => pids.length === 6);
    expect(pids.filter(isRunning)).toHaveLength(6);

    const receipt = await rein.halt(STOP);

    expect(pids.filter(isRunning)).toEqual([]);
    expect([receipt.complete, fates(receipt)]).toEqual([true, ["aborted", "aborted", "aborted"]]);
    for (const call of await calls)
      expect(call).toMatchObject({ status: "rejected", reason: { code: "halted" } });
  });

  test("a grandchild that outlives its parent is in flight until it is gone, though the action is settled", async () => {
    let orphan = 0;
    const start = rein.governed({ source: "coder", series: "serve" }, async () => {
      const child = governedSpawn("sleep 1000 & echo $!", {
        shell: true,
        stdio: ["ignore", "pipe", "ignore"],
      });
      child.stdout.on("data", (line: Buffer) => (orphan = Number(line)));
      await once(child, "exit");
      await until(() => orphan > 0);
    });
    await start();
    expect(isRunning(orphan)).toBe(true);
    const receipt = await rein.halt({ ...STOP, deadlineMs: 2000 });
    expect(receipt).toMatchObject({ complete: true, inFlight: [{ series: "serve", fate: "aborted" }] });
    expect(isRunning(orphan)).toBe(false);
  });

  test("a child that ends by itself leaves nothing in flight", async () => {
    await rein.governed({ source: "coder", series: "run" }, async () =>
      once(governedSpawn("true"), "exit"),
    )();
    expect((await rein.halt(STOP)).inFlight).toEqual([]);
  });

  test("after a halt nothing is started", async () => {
    const { permit } = rein.gate({ source: "coder", series: "run" });
    await rein.halt({ ...STOP, deadlineMs: 0 });
    const children = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "ProcessWrap").length;
    const before = children();
    expect(() => governedSpawn("sleep", ["1000"], { permit: permit! })).toThrow(HaltedError);
    expect(children()).toBe(before);
  });

  test("what a halt cannot wait for is named as unknown", async () => {
    let pid = 0;
    const script = 'process.on("SIGTERM", () => {}); console.log(process.pid); setInterval(() => {}, 1000);';
    const call = rein.governed({ source: "coder", series: "stubborn" }, async () => {
      const child = governedSpawn(process.execPath, ["-e", script], { killGraceMs: 400 });
      child.stdout.on("data", (line: Buffer) => (pid = Number(line)));
      await once(child, "exit");
    })();
    call.catch(() => undefined);
    await until(() => pid > 0);
    const receipt = await rein.halt({ ...STOP, deadlineMs: 50 });
    expect([receipt.complete, fates(receipt)]).toEqual([false, ["unknown"]]);
    expect(logger.lines.some(({ level, message }) => level === "error" && message.includes("stubborn"))).toBe(
      true,
    );
    await until(() => !isRunning(pid));
  });
});
