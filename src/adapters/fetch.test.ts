import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { Dripping, Loopback, until } from "../../test/support/loopback.js";
import { InvalidInputError, Rein, ReinError } from "../index.js";
import type { Permit } from "../index.js";
import { MemoryLogger } from "../testing/index.js";
import { governedFetch } from "./fetch.js";

let rein: Rein;
let permit: Permit;
let server: Loopback;
let dripping: Dripping;

beforeEach(async () => {
  rein = await Rein.open({ mode: "enforce", policy: { rules: [] }, logger: new MemoryLogger() });
  permit = rein.gate({ source: "agent", series: "call" }).permit!;
  dripping = new Dripping();
  server = await Loopback.start((request, response) => {
    const { pathname } = new URL(request.url!, "http://loopback");
    if (pathname === "/drip") return dripping.answer(request, response);
    if (pathname === "/moved") return void response.writeHead(302, { location: "/json" }).end();
    if (pathname === "/odd") return void response.writeHead(999, "Odd").end("odd");
    if (pathname === "/empty") return void response.writeHead(204).end();
    if (pathname === "/form") {
      const type = { "content-type": "application/x-www-form-urlencoded" };
      return void response.writeHead(200, type).end("a=1&b=2");
    }
    if (pathname === "/echo") {
      response.setHeader("x-method", request.method!);
      return void request.pipe(response);
    }
    const headers = ["content-type", "application/json", "set-cookie", "a=1", "set-cookie", "b=2"];
    return void response.writeHead(201, "Made", headers).end('{"ok":true}');
  });
});

afterEach(async () => {
  await rein.close();
  await server.close();
});

/** Once the action is settled, only its fenced effects keep it in flight. */
function settledAndOver(): boolean {
  permit.settle({ ok: true });
  return permit.isOver;
}

describe("it can take the place of fetch", () => {
  test("it has the type of fetch", () => {
    const dropIn: typeof fetch = governedFetch;
    expect(dropIn).toBe(governedFetch);
    expectTypeOf(governedFetch).toExtend<typeof fetch>();
  });

  test("the response says of itself what that of fetch says", async () => {
    for (const path of ["json", "moved", "odd", "empty", "form", "nothing"]) {
      const plain = await fetch(server.url + path);
      const governed = await governedFetch(server.url + path, { permit });
      expect(governed).toBeInstanceOf(Response);
      expect(Object.prototype.toString.call(governed)).toBe("[object Response]");
      for (const name of ["ok", "redirected", "status", "statusText", "type", "url", "bodyUsed"] as const) {
        expect([path, name, governed[name]]).toEqual([path, name, plain[name]]);
      }
      const ofServer = ([name]: [string, string]): boolean => name !== "date";
      expect([...governed.headers].filter(ofServer)).toEqual([...plain.headers].filter(ofServer));
      expect(governed.headers.getSetCookie()).toEqual(plain.headers.getSetCookie());
      expect(() => governed.headers.set("x", "y")).toThrow(TypeError);
      expect(governed.body === null).toBe(plain.body === null);
      expect(await governed.text()).toBe(await plain.text());
      expect(governed.bodyUsed).toBe(plain.bodyUsed);
    }
  });

  test("the body reads in every way that of fetch does", async () => {
    const get = (path = "json"): Promise<Response> => governedFetch(server.url + path, { permit });
    expect(await (await get()).json()).toEqual({ ok: true });
    expect((await (await get()).arrayBuffer()).byteLength).toBe(11);
    const blob = await (await get()).blob();
    expect([blob.type, await blob.text()]).toEqual(["application/json", '{"ok":true}']);
    expect([...(await (await get("form")).formData())]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await get()).body!) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('{"ok":true}');
    const reader = (await get()).body!.getReader({ mode: "byob" });
    const part = await reader.read(new Uint8Array(4));
    expect(Buffer.from(part.value!).toString()).toBe('{"ok');
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(64));
      if (done) break;
      rest += Buffer.from(value).toString();
    }
    expect(rest).toBe('":true}');
    const response = await get();
    await response.text();
    await expect(response.text()).rejects.toThrow(TypeError);
  });

  test("a clone, and the clone of a clone, is a whole response", async () => {
    const response = await governedFetch(server.url + "moved", { permit });
    const copy = response.clone().clone();
    expect([copy.url, copy.redirected, copy.status, copy.statusText]).toEqual([
      server.url + "json",
      true,
      201,
      "Made",
    ]);
    expect(await copy.json()).toEqual({ ok: true });
    expect(await response.json()).toEqual({ ok: true });
    expect(() => response.clone()).toThrow(TypeError);
    expect(new Response(null, response).status).toBe(201);
  });

  test("it sends what fetch would send, from a Request too, in either place", async () => {
    const request = (): Request => new Request(server.url + "echo", { method: "PUT", body: "hello" });
    for (const sent of [
      () => governedFetch(request(), { permit }),
      () => governedFetch(new URL(server.url + "echo"), { method: "PUT", body: "hello", permit }),
      () => governedFetch(server.url + "echo", Object.assign(request(), { permit })),
    ]) {
      const response = await sent();
      expect([response.headers.get("x-method"), await response.text()]).toEqual(["PUT", "hello"]);
    }
  });

  test("it sends streams of every kind, and refuses what fetch refuses", async () => {
    const send = (body: NonNullable<RequestInit["body"]>): Promise<Response> =>
      governedFetch(server.url + "echo", { method: "POST", body, duplex: "half", permit });
    const words = (): Readable => Readable.from([Buffer.from("two "), Buffer.from("words")]);
    expect(await (await send(words())).text()).toBe("two words");
    expect(await (await send(Readable.toWeb(words()) as ReadableStream)).text()).toBe("two words");
    expect(await (await send(new Blob(["blob"]))).text()).toBe("blob");
    const used = new Response("used").body!;
    await used.getReader().read();
    await expect(send(used)).rejects.toThrow(TypeError);
    const form = new FormData();
    form.set("name", "value");
    expect((await (await send(form)).text()).includes('name="name"')).toBe(true);
  });

  test("it still works when it is made the global fetch", async () => {
    const before = globalThis.fetch;
    globalThis.fetch = governedFetch;
    try {
      const read = rein.governed({ source: "agent", series: "read" }, async () =>
        (await fetch(server.url)).json(),
      );
      expect(await read()).toEqual({ ok: true });
      await expect(fetch(server.url)).rejects.toMatchObject({ code: "no_permit" });
    } finally {
      globalThis.fetch = before;
    }
  });

  test("a failed request fails as with fetch, and is over", async () => {
    const { url } = server;
    await server.close();
    await expect(governedFetch(url, { permit })).rejects.toThrow(TypeError);
    await expect(governedFetch("no url", { permit })).rejects.toThrow(TypeError);
    await expect(governedFetch(url, { permit, signal: {} as AbortSignal })).rejects.toThrow(TypeError);
    expect(settledAndOver()).toBe(true);
    server = await Loopback.start(() => undefined);
  });
});

describe("permits", () => {
  test("without a permit nothing is sent", async () => {
    const error: unknown = await governedFetch(server.url).catch((caught: unknown) => caught);
    expect(ReinError.isInstance(error) && [error.code, error.help]).toEqual([
      "no_permit",
      expect.stringContaining("rein.governed"),
    ]);
    expect(server.connections).toBe(0);
  });

  test("what is no permit is refused, and nothing is sent", async () => {
    for (const fake of [null, {}, "permit", { check: true, attach: 1 }]) {
      const call = governedFetch(server.url, { permit: fake as unknown as Permit });
      await expect(call).rejects.toBeInstanceOf(InvalidInputError);
    }
    expect(server.connections).toBe(0);
  });

  test("a settled permit cannot start a request", async () => {
    permit.settle({ ok: true });
    await expect(governedFetch(server.url, { permit })).rejects.toMatchObject({ code: "already_settled" });
    expect(server.connections).toBe(0);
  });

  test("an explicit permit does not do without the one of the running call", async () => {
    let late!: () => Promise<Response>;
    const call = rein.governed({ source: "agent", series: "leaky" }, () => {
      let resume!: () => void;
      const resumed = new Promise<void>((resolve) => (resume = resolve));
      const request = resumed.then(() => governedFetch(server.url, { permit }));
      late = () => {
        resume();
        return request;
      };
    });
    await call();
    await expect(late()).rejects.toMatchObject({ code: "already_settled" });
    expect(server.connections).toBe(0);
  });
});

describe("when the request is over", () => {
  test("a body that was read to its end is over", async () => {
    await (await governedFetch(server.url, { permit })).text();
    expect(settledAndOver()).toBe(true);
  });

  test("a response without a body is over", async () => {
    await governedFetch(server.url, { permit, method: "HEAD" });
    await governedFetch(server.url + "empty", { permit });
    expect(settledAndOver()).toBe(true);
  });

  test("a body that goes on is not over, and cancelling ends it", async () => {
    const response = await governedFetch(server.url + "drip", { permit });
    await response.body!.cancel();
    await until(() => dripping.closed === 1);
    expect(settledAndOver()).toBe(true);
  });

  test("an unread body is not over", async () => {
    const response = await governedFetch(server.url + "drip", { permit });
    expect(settledAndOver()).toBe(false);
    await response.body!.cancel();
    expect(permit.isOver).toBe(true);
  });

  test("a body that the server breaks off is over", async () => {
    await server.close();
    server = await Loopback.start((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("part");
      setImmediate(() => response.destroy());
    });
    const response = await governedFetch(server.url, { permit });
    await expect(response.text()).rejects.toThrow(TypeError);
    expect(settledAndOver()).toBe(true);
  });

  test("both halves of a clone have to end", async () => {
    const response = await governedFetch(server.url, { permit });
    const copy = response.clone();
    await Promise.all([response.text(), copy.text()]);
    expect(settledAndOver()).toBe(true);
  });

  test("a response that was dropped unread is over when it is collected, and its connection closed", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    await governedFetch(server.url + "drip", { permit });
    permit.settle({ ok: true });
    expect(permit.isOver).toBe(false);
    await until(() => {
      collect();
      return permit.isOver && dripping.closed === 1;
    });
  });

  test("a body is not collected while somebody holds only its stream or its reader", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { body } = await governedFetch(server.url + "drip", { permit });
    for (let i = 0; i < 5; i++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const reader = body!.getReader();
    for (let i = 0; i < 5; i++) {
      collect();
      expect((await reader.read()).done).toBe(false);
    }
    await reader.cancel();
  });
});

describe("the caller's own abort", () => {
  test.each(["before", "after"])("keeps its reason %s the headers", async (when) => {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const path = when === "before" ? "never" : "drip";
    if (when === "before") {
      await server.close();
      server = await Loopback.start(() => undefined);
    }
    const call = governedFetch(server.url + path, { permit, signal: controller.signal });
    if (when === "before") {
      await until(() => server.requests === 1);
      controller.abort(reason);
      await expect(call).rejects.toBe(reason);
    } else {
      const reader = (await call).body!.getReader();
      await reader.read();
      controller.abort(reason);
      const read = (async () => {
        for (;;) await reader.read();
      })();
      await expect(read).rejects.toBe(reason);
      await expect(reader.closed).rejects.toBe(reason);
    }
    await until(() => server.answering === 0);
    expect(settledAndOver()).toBe(true);
    expect(permit.fate).toBe("completed");
  });

  test("an aborted signal sends nothing, that of a Request is followed, and null follows none", async () => {
    const aborted = AbortSignal.abort("no");
    await expect(governedFetch(server.url, { permit, signal: aborted })).rejects.toBe("no");
    const request = new Request(server.url, { signal: aborted });
    await expect(governedFetch(request, { permit })).rejects.toBe("no");
    expect(server.connections).toBe(0);
    expect((await governedFetch(request, { permit, signal: null })).status).toBe(201);
  });

  test("a signal that outlives the request is let go", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: unknown[]) => {
      listeners += 1;
      (addEventListener as (...all: unknown[]) => void).apply(signal, args);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      listeners -= 1;
      (removeEventListener as (...all: unknown[]) => void).apply(signal, args);
    };
    await (await governedFetch(server.url, { permit, signal })).text();
    expect(listeners).toBe(0);
  });
});
