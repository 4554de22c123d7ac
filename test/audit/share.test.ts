import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { addressKind, shareAddress } from "../../src/audit/share/address.js";
import * as frames from "../../src/audit/share/frames.js";
import { Outbox } from "../../src/audit/share/outbox.js";
import { proofOf, shareToken } from "../../src/audit/share/token.js";
import { nodeDisk } from "../../src/store/node-disk.js";
import { newDir, soundLog, temp, TestPeer } from "./share-support.js";

const peers: TestPeer[] = [];
const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const peer of peers.splice(0)) peer.peer.abandon();
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => {
  rmSync(temp, { recursive: true, force: true });
});

function newPeer(
  dir: string,
  boot: string,
  options: ConstructorParameters<typeof TestPeer>[2] = {},
): TestPeer {
  const peer = new TestPeer(dir, boot, options);
  peers.push(peer);
  return peer;
}

const start = (...given: Parameters<typeof newPeer>): Promise<TestPeer> => newPeer(...given).start();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const addressOf = (dir: string): string => shareAddress(dir, shareToken(nodeDisk, dir)).path;

/** Somebody who talks to a log by hand. */
class Caller {
  readonly heard: (readonly [type: number, said: Readonly<Record<string, unknown>>])[] = [];
  readonly socket: Socket;
  readonly ended: Promise<void>;
  readonly #reader = new frames.FrameReader(frames.MAX_FRAME);
  readonly #waiting: (() => void)[] = [];

  constructor(path: string) {
    this.socket = connect({ path });
    sockets.push(this.socket);
    this.socket.on("error", () => undefined);
    this.socket.on("data", (chunk: Buffer) => {
      this.#reader.push(chunk, (type, payload) => {
        this.heard.push([type, type === frames.ACK ? {} : frames.readJson(Buffer.from(payload))]);
      });
      for (const callback of this.#waiting.splice(0)) callback();
    });
    this.ended = new Promise((resolve) => {
      this.socket.on("close", () => {
        resolve();
      });
    });
  }

  async frame(type: number): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const found = this.heard.find(([heard]) => heard === type);
      if (found !== undefined) return found[1];
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Goes through the door as one who knows the token. */
  async join(token: string, boot: string): Promise<void> {
    const { nonce } = await this.frame(frames.HELLO);
    const mine = "ab".repeat(32);
    const proof = proofOf(token, "client", nonce as string, mine);
    const standing = { boot, since: null, signed: -1 };
    this.socket.write(frames.jsonFrame(frames.JOIN, { version: 1, nonce: mine, proof, ...standing }));
    await this.frame(frames.WELCOME);
  }

  /** Sends one record. */
  send(head: string, tail: string, number = 0): void {
    const frame = Buffer.alloc(frames.RECORDS_HEADER + 4 + Buffer.byteLength(head + tail));
    frame.writeUInt16LE(Buffer.byteLength(head), frames.RECORDS_HEADER);
    frame.writeUInt16LE(Buffer.byteLength(tail), frames.RECORDS_HEADER + 2);
    frame.write(head + tail, frames.RECORDS_HEADER + 4);
    frames.beginRecords(frame, number, 1);
    this.socket.write(frame);
  }
}

describe("frames", () => {
  test("come out as they went in, wherever the stream is cut", () => {
    const value = fc.array(fc.tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 300 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(value, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(
          sent.map(([type, payload]) => {
            const frame = Buffer.alloc(5 + payload.length);
            frame.writeUInt32LE(1 + payload.length, 0);
            frame[4] = type;
            frame.set(payload, 5);
            return frame;
          }),
        );
        const reader = new frames.FrameReader(1000);
        const got: [number, Uint8Array][] = [];
        for (let at = 0, k = 0; at < stream.length; k++) {
          const end = at + cuts[k % cuts.length]!;
          reader.push(Buffer.from(stream.subarray(at, end)), (type, payload) =>
            got.push([type, Uint8Array.from(payload)]),
          );
          at = end;
        }
        expect(got).toEqual(sent);
      }),
    );
  });

  test("that are too long are refused before they are there", () => {
    const reader = new frames.FrameReader(1000);
    const head = Buffer.from([0xff, 0xff, 0xff, 0x7f, 1]);
    expect(() => {
      reader.push(head, () => undefined);
    }).toThrow(frames.ProtocolError);
  });
});

test("an outbox gives out every record that was not released, in order, from where it is told to", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 600 }),
      pad: fc.integer({ min: 0, max: 20_000 }),
    }),
    fc.record({ kind: fc.constant("rewind" as const), back: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant("release" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const outbox = new Outbox();
      let given = 0;
      let released = -1;
      const take = (): void => {
        outbox.seal();
        for (let parcel = outbox.take(); parcel !== undefined; parcel = outbox.take()) {
          frames.readRecords(parcel.frame.subarray(5), (number, headFrom, tailFrom, end) => {
            if (number < given) return;
            expect(number).toBe(given++);
            const payload = parcel.frame.subarray(5);
            expect(payload.toString("utf8", headFrom, tailFrom)).toBe(`é${number}`);
            expect(payload[tailFrom]).toBe(0x78);
            expect(end - tailFrom).toBe(1 + (number % 7 === 0 ? 30 : 0));
          });
        }
        expect(given).toBe(outbox.next);
      };
      for (const one of steps) {
        if (one.kind === "append") {
          for (let k = 0; k < one.count; k++)
            outbox.append(`é${outbox.next}`, outbox.next % 7 === 0 ? `x${"y".repeat(30)}` : "x");
        } else if (one.kind === "rewind") {
          outbox.seal();
          given = Math.max(released + 1, Math.floor(outbox.next * one.back));
          outbox.rewind(given - 1);
        } else {
          outbox.seal();
          released = Math.max(released, Math.floor(given * one.share) - 1);
          outbox.release(released);
        }
        take();
      }
      outbox.release(outbox.next - 1);
      expect(outbox.bytes).toBe(0);
    }),
    { numRuns: 50 },
  );
});

describe("a log that several write", () => {
  test("has the records of all of them once, each one's in order, and large values with theirs", async () => {
    const dir = newDir();
    const [a, b, c] = [await start(dir, "a"), await start(dir, "b"), await start(dir, "c")];
    for (let round = 0; round < 40; round++) {
      for (const peer of [a, b, c]) peer.append(1 + ((round * 7) % 50), "é".repeat(round));
      if (round % 10 === 3) for (const peer of [a, b, c]) peer.appendLarge("ü".repeat(400_000));
      if (round % 4 === 0) await sleep(1);
    }
    await Promise.all([a, b, c].map((peer) => peer.durable()));
    for (const peer of [c, b, a]) peer.close();
    const { counts, records } = soundLog(dir);
    expect(counts).toEqual(new Map([a, b, c].map(({ boot, count }) => [boot, count])));
    expect(records.filter(({ image }) => image === "ü".repeat(400_000))).toHaveLength(12);
  });

  test("goes on with another writer when its writer ends, quickly and with nothing lost", async () => {
    const dir = newDir();
    const all = await Promise.all(["a", "b", "c"].map((boot) => start(dir, boot)));
    const gaps: number[] = [];
    for (let round = 0; round < 10; round++) {
      for (const peer of all) peer.append(300);
      const at = all.findIndex(({ peer }) => peer.isLeading);
      const [leader] = all.splice(at, 1);
      await leader!.durable();
      leader!.close();
      const since = performance.now();
      for (const peer of all) peer.append(300);
      await Promise.all(all.map((peer) => peer.durable()));
      gaps.push(performance.now() - since);
      all.push(await start(dir, `next-${round}`));
    }
    await Promise.all(all.map((peer) => peer.durable()));
    for (const peer of all) peer.close();
    const { counts } = soundLog(dir);
    for (const { boot, count } of peers) expect([boot, counts.get(boot) ?? 0]).toEqual([boot, count]);
    console.log(`change of writers, ms: ${gaps.map((ms) => ms.toFixed(0)).join(" ")}`);
  });

  test("is not mixed up with another one, and is the same one by whatever path", async () => {
    const [one, two] = [newDir(), newDir()];
    const link = `${one}-link`;
    const a = await start(one, "a");
    symlinkSync(one, link);
    const [b, c] = [await start(two, "b"), await start(link, "c")];
    expect([a, b, c].map(({ peer }) => peer.isLeading)).toEqual([true, true, false]);
    for (const peer of [a, b, c]) peer.append(10);
    await Promise.all([a, b, c].map((peer) => peer.durable()));
    for (const peer of [c, b, a]) peer.close();
    expect([...soundLog(one).counts.keys()].sort()).toEqual(["a", "c"]);
    expect([...soundLog(two).counts.keys()]).toEqual(["b"]);
  });

  test("cuts segments and changes epochs as others do", async () => {
    const dir = newDir();
    const segmentLeaves = 64;
    const a = await start(dir, "a", { segmentLeaves });
    const b = await start(dir, "b", { segmentLeaves });
    for (let round = 0; round < 20; round++) {
      a.append(17);
      b.append(23);
      await b.durable();
    }
    await a.durable();
    a.close();
    b.append(100);
    await b.durable();
    b.close();
    const { counts, records } = soundLog(dir);
    expect(counts).toEqual(
      new Map([
        ["a", 340],
        ["b", 560],
      ]),
    );
    expect(records.filter(({ type }) => type === "key.rotate").length).toBeGreaterThan(10);
  });

  test("keeps nothing that is signed in memory", async () => {
    const dir = newDir();
    const [a, b] = [await start(dir, "a"), await start(dir, "b")];
    for (const peer of [a, b]) peer.append(2000);
    await Promise.all([a, b].map((peer) => peer.durable()));
    await Promise.all([a, b].map((peer) => peer.until(() => peer.peer.ack.signed === peer.count - 1)));
    expect([a.peer.backlog, b.peer.backlog]).toEqual([0, 0]);
  });
});

describe("strangers", () => {
  test("without the token are refused, and hear nothing but a number", async () => {
    const dir = newDir();
    const a = await start(dir, "a");
    const caller = new Caller(addressOf(dir));
    const { nonce } = await caller.frame(frames.HELLO);
    const proof = proofOf("00".repeat(32), "client", nonce as string, "cd".repeat(32));
    const standing = { boot: "b", since: null, signed: -1 };
    caller.socket.write(
      frames.jsonFrame(frames.JOIN, { version: 1, nonce: "cd".repeat(32), proof, ...standing }),
    );
    expect(await caller.frame(frames.BYE)).toMatchObject({ code: "stranger" });
    await caller.ended;
    a.append(5);
    await a.durable();
    a.close();
    expect(soundLog(dir).counts).toEqual(new Map([["a", 5]]));
  });

  test("who say nothing are sent away", async () => {
    const dir = newDir();
    await start(dir, "a");
    const caller = new Caller(addressOf(dir));
    const since = performance.now();
    await caller.ended;
    expect(performance.now() - since).toBeLessThan(3_000);
  });

  test("who send noise lose their connection, and nobody else loses anything", async () => {
    const dir = newDir();
    const [a, b] = [await start(dir, "a"), await start(dir, "b")];
    const token = shareToken(nodeDisk, dir);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 5000 }),
        fc.boolean(),
        async (noise, isIn) => {
          const caller = new Caller(addressOf(dir));
          if (isIn) await caller.join(token, "noisy");
          caller.socket.end(noise);
          await caller.ended;
          for (const peer of [a, b]) peer.append(1);
        },
      ),
      { numRuns: 60 },
    );
    await Promise.all([a, b].map((peer) => peer.durable()));
    for (const peer of [b, a]) peer.close();
    expect(soundLog(dir).counts).toEqual(
      new Map([
        ["a", 60],
        ["b", 60],
      ]),
    );
  });

  test("with the token still cannot put anything into the log that is no leaf of theirs", async () => {
    const dir = newDir();
    const a = await start(dir, "a");
    const token = shareToken(nodeDisk, dir);
    const ref = `{"$blob":"${"00".repeat(32)}","bytes":2}`;
    const bad: [head: string, tail: string, number?: number][] = [
      ['{"boot":"x","i":0,"n":', ',"type":"log.close"}'],
      ['{"boot":"x","i":0,"n":', ',"type":"key.rotate"}'],
      ['{"boot":"x","i":0,"n":', ',"type":"anchor.receipt"}'],
      ['{"boot":"a","i":0,"n":', ',"type":"test"}'],
      ['{"i":0,"n":', ',"type":"test"}'],
      ['{"boot":"x","i":1,"n":', ',"type":"test"}'],
      ['{"boot":"x","n":', ',"type":"test"}'],
      ['{"i":0,"boot":"x","n":', ',"type":"test"}'],
      ['{"boot":"x","i":0,"n":', ',"type":"test"} '],
      ['{"boot":"x","i":0,"n":', ',"type":"test"}\n{}'],
      ['{"boot":"x","i":0,"n":', ',"n":7,"type":"test"}'],
      ['{"boot":"x","i":0,"n":1', ',"type":"test"}'],
      ['{"boot":"x","i":0,"n":', "}"],
      [`{"boot":"x","i":0,"image":${ref},"n":`, ',"type":"test"}'],
      ['{"boot":"x","i":3,"n":', ',"type":"test"}', 3],
      ['{"boot":"x","i":0,"n":', `,"pad":"${"x".repeat(65_500)}","type":"t"}`],
    ];
    for (const [head, tail, number] of bad) {
      const caller = new Caller(addressOf(dir));
      await caller.join(token, "x");
      caller.send(head, tail, number);
      expect([head, await caller.frame(frames.BYE)]).toMatchObject([head, { code: "protocol" }]);
      await caller.ended;
    }
    const caller = new Caller(addressOf(dir));
    await caller.join(token, "x");
    caller.send('{"boot":"x","i":0,"n":', ',"type":"test"}');
    await caller.frame(frames.ACK);
    a.append(3);
    await a.durable();
    a.close();
    expect(soundLog(dir).counts).toEqual(
      new Map([
        ["x", 1],
        ["a", 3],
      ]),
    );
  });

  test("who sit at the address are known as such, and nothing is told to them", async () => {
    const dir = newDir();
    mkdirSync(dir);
    const heard: Buffer[] = [];
    const squatter = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => heard.push(chunk));
      socket.write(frames.jsonFrame(frames.HELLO, { version: 1, nonce: "ab".repeat(32) }));
      socket.write(
        frames.jsonFrame(frames.WELCOME, { proof: "cd".repeat(32), last: -1, size: 0, segments: 1 }),
      );
    });
    servers.push(squatter);
    await new Promise<void>((resolve) => squatter.listen({ path: addressOf(dir) }, resolve));
    const a = newPeer(dir, "a");
    a.append(1);
    await expect(a.start()).rejects.toMatchObject({ code: "record_failed" });
    const token = shareToken(nodeDisk, dir);
    expect(Buffer.concat(heard).toString("latin1")).not.toContain(token);
    expect(Buffer.concat(heard).toString("latin1")).not.toContain('"type":"test"');
    // As soon as they are gone, everything goes its way.
    await new Promise<void>((resolve) => {
      squatter.close(() => {
        resolve();
      });
      a.peer.sync();
      void a.until(() => a.peer.isConnected);
    });
    await a.durable();
    a.close();
    expect(soundLog(dir).counts).toEqual(new Map([["a", 1]]));
  });

  test("may not read the token", async () => {
    const dir = newDir();
    await start(dir, "a");
    expect(statSync(join(dir, "keys")).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, "keys", "share.token")).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(dir, "keys")).filter((name) => name.startsWith("share"))).toEqual([
      "share.token",
    ]);
  });
});

describe("while nobody can write the log", () => {
  /** Somebody who has no business here, and stays until he is told to go. */
  async function squat(dir: string): Promise<() => Promise<void>> {
    mkdirSync(dir, { recursive: true });
    const squatter = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.write(frames.jsonFrame(frames.BYE, { code: "stranger", message: "go away" }));
      socket.end();
    });
    await new Promise<void>((resolve) => squatter.listen({ path: addressOf(dir) }, resolve));
    return () =>
      new Promise((resolve) => {
        squatter.close(() => {
          resolve();
        });
      });
  }

  test("records wait in a spool where that is wanted, and are in the log once when it is back", async () => {
    const dir = newDir();
    const leave = await squat(dir);
    const a = await start(dir, "a", { spool: true });
    a.append(400);
    a.appendLarge("ü".repeat(300_000));
    a.append(10);
    await a.durable();
    expect([a.peer.isConnected, a.peer.isSpooling, a.news.filter((news) => news !== null)]).toEqual([
      false,
      true,
      [],
    ]);
    expect(a.warnings.join()).toContain("unsigned");
    expect(readdirSync(join(dir, "spool"))).toEqual(["a.jsonl"]);
    await leave();
    await a.until(() => a.peer.isConnected);
    a.append(10);
    a.peer.checkpoint();
    await a.until(() => a.peer.ack.signed === a.count - 1);
    expect(a.peer.isSpooling).toBe(false);
    expect(readdirSync(join(dir, "spool"))).toEqual([]);
    a.close();
    expect(soundLog(dir).counts).toEqual(new Map([["a", 421]]));
  });

  test("what a process that died has left in its spool is taken into the log by the next that writes it", async () => {
    const dir = newDir();
    const leave = await squat(dir);
    const [a, b] = [await start(dir, "a", { spool: true }), await start(dir, "b", { spool: true })];
    for (const peer of [a, b]) peer.append(300);
    a.appendLarge("ü".repeat(30_000));
    await Promise.all([a, b].map((peer) => peer.durable()));
    a.peer.abandon();
    // It died while it wrote.
    appendFileSync(join(dir, "spool", "a.jsonl"), '{"boot":"a","i":301,"mo');
    await leave();
    const c = await start(dir, "c");
    await b.until(() => b.peer.isConnected);
    while (readdirSync(join(dir, "spool")).length > 0) await sleep(20);
    b.append(10);
    await b.durable();
    for (const peer of [c, b]) peer.close();
    expect(soundLog(dir).counts).toEqual(
      new Map([
        ["a", 301],
        ["b", 310],
      ]),
    );
  });

  test("there is no spool where it is not wanted, and nothing is said to be written", async () => {
    const dir = newDir();
    const leave = await squat(dir);
    const a = newPeer(dir, "a");
    await expect(a.start()).rejects.toMatchObject({ code: "record_failed" });
    a.append(10);
    a.peer.sync();
    await sleep(100);
    expect(a.peer.ack.written).toBe(-1);
    expect(existsSync(join(dir, "spool"))).toBe(false);
    await leave();
  });
});

describe.skipIf(addressKind() === "pipe")("where a socket is a file", () => {
  test("one that nobody listens on any more is taken over", async () => {
    const dir = newDir();
    const a = await start(dir, "a", { kind: "file" });
    a.append(5);
    await a.durable();
    a.close();
    // What a killed process leaves: a name on which nobody answers. A plain file in its place is left alone.
    writeFileSync(join(dir, "dead"), "");
    const { path } = shareAddress(dir, shareToken(nodeDisk, dir), "file");
    const { spawnSync } = await import("node:child_process");
    const program = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", program]);
    expect(statSync(path).isSocket()).toBe(true);
    const [b, c] = [await start(dir, "b", { kind: "file" }), await start(dir, "c", { kind: "file" })];
    expect([b.peer.isLeading, c.peer.isLeading]).toEqual([true, false]);
    for (const peer of [b, c]) peer.append(5);
    await Promise.all([b, c].map((peer) => peer.durable()));
    for (const peer of [c, b]) peer.close();
    expect(soundLog(dir).counts).toEqual(
      new Map([
        ["a", 5],
        ["b", 5],
        ["c", 5],
      ]),
    );
  });
});

describe.skipIf(addressKind() !== "abstract")("processes that do not see each other's sockets", () => {
  test("cannot both write: the first is told, and the log stays sound", async () => {
    const dir = newDir();
    const a = await start(dir, "a");
    const guest = await start(dir, "guest");
    for (const peer of [a, guest]) peer.append(50);
    await Promise.all([a, guest].map((peer) => peer.durable()));
    // As in another container that shares the volume: the same directory, and no way to the first.
    const b = await start(dir, "b", { kind: "file" });
    expect(b.peer.isLeading).toBe(true);
    b.append(50);
    await b.durable();
    for (const peer of [a, guest]) peer.append(50);
    await Promise.all([a, guest].map((peer) => peer.until(() => typeof peer.news.at(-1) === "string")));
    expect(a.peer.isLeading).toBe(false);
    expect(a.warnings.join()).toContain("cannot be reached from here");
    b.append(50);
    await b.durable();
    const { counts } = soundLog(dir);
    expect(counts.get("b")).toBe(100);
    expect([counts.get("a"), counts.get("guest")]).toEqual([50, 50]);
    b.close();
    soundLog(dir);
  });
});
