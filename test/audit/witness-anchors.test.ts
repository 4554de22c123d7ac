import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  anchorHead,
  branchOf,
  checkAnchors,
  fileAnchor,
  gitAnchor,
  headsInSyslog,
  listReceipts,
  LogTree,
  readTimeStamp,
  receiptRecord,
  syslogAnchor,
  timeStampRequest,
  tsaAnchor,
  webhookAnchor,
} from "../../src/audit/anchor/index.js";
import type { Anchor, AnchorPlaces, SignedHead } from "../../src/audit/anchor/index.js";
import { nodeDisk } from "../../src/store/node-disk.js";
import { FakeDisk } from "../../src/testing/fake-disk.js";
import { Loopback, until } from "../support/loopback.js";
import { MadeLog, ORIGIN } from "./witness-support.js";
import { startTsa } from "./witness-tsa.js";
import type { Tsa } from "./witness-tsa.js";

const NOW = Date.UTC(2026, 0, 5, 12);
const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function headOf(log: MadeLog, size = log.size): SignedHead {
  return { origin: log.origin, size, root: log.root(size), noteText: log.note(size) };
}

/** A log on the real disk, and what puts its heads elsewhere. */
class Site {
  readonly dir = mkdtempSync(join(tmpdir(), "rein-log-"));
  readonly elsewhere = mkdtempSync(join(tmpdir(), "rein-elsewhere-"));
  log: MadeLog;

  constructor(log = new MadeLog().growTo(20)) {
    this.log = log;
  }

  view(log = this.log): LogTree {
    log.write(nodeDisk, this.dir);
    const tree = new LogTree(nodeDisk, this.dir);
    tree.extendTo(log.size, log.root());
    return tree;
  }

  put(anchors: readonly Anchor[], log = this.log, size = log.size) {
    return anchorHead({
      ...{ disk: nodeDisk, dir: this.dir, head: headOf(log, size), anchors },
      ...{ verifiers: [this.log.verifier], log: this.view(log), now: () => NOW, timeoutMs: 20_000 },
    });
  }

  check(places: AnchorPlaces, log = this.log) {
    return checkAnchors({
      ...{ disk: nodeDisk, dir: this.dir, origin: ORIGIN, log: this.view(log) },
      ...{ verifiers: [this.log.verifier], timeoutMs: 20_000, ...places },
    });
  }
}

describe("a file on another volume", () => {
  test("gets every head once, in order, and covers the log", async () => {
    const site = new Site();
    const path = join(site.elsewhere, "heads");
    const anchors = [fileAnchor(nodeDisk, path)];
    for (const size of [5, 5, 12, 20]) await site.put(anchors, site.log, size);
    expect(readFileSync(path, "utf8")).toBe([5, 12, 20].map((size) => `${site.log.note(size)}\n`).join(""));
    const { receipts, unchanged } = await site.put(anchors);
    expect({ receipts, unchanged }).toEqual({ receipts: [], unchanged: [{ kind: "file", where: path }] });
    expect(listReceipts(nodeDisk, site.dir).map(receiptRecord)).toMatchObject([
      { type: "anchor.receipt", kind: "file", size: 5, where: path, file: "0000000000000005-file-1.json" },
      { size: 12 },
      { size: 20 },
    ]);
    expect(await site.check({ files: [path] })).toMatchObject({
      covered: [
        { kind: "file", where: path, size: 20, standing: "checked" },
        { kind: "file", size: 20, standing: "claimed", at: NOW },
      ],
      contradictions: [],
      problems: [],
    });
  });

  test("an older head than it has, of the same history, is not added", async () => {
    const site = new Site();
    const path = join(site.elsewhere, "heads");
    await site.put([fileAnchor(nodeDisk, path)]);
    const before = readFileSync(path, "utf8");
    expect(await site.put([fileAnchor(nodeDisk, path)], site.log, 7)).toMatchObject({
      receipts: [],
      problems: [],
    });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test("a log that was cut or forked is told so, and adds nothing", async () => {
    const site = new Site();
    const path = join(site.elsewhere, "heads");
    const anchors = [fileAnchor(nodeDisk, path)];
    await site.put(anchors);
    const before = readFileSync(path, "utf8");
    for (const [log, contradiction] of [
      [site.log.fork(12, 12), "ahead"],
      [site.log.fork(12, 20), "fork"],
      [site.log.fork(12, 30), "fork"],
    ] as const) {
      const { problems } = await site.put(anchors, log);
      expect(problems).toMatchObject([{ kind: "file", contradiction, noteText: site.log.note() }]);
      const { contradictions } = await site.check({ files: [path] }, log);
      expect(contradictions[0]).toMatchObject({ contradiction, standing: "checked", size: 20 });
    }
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test("what a crash tore costs that head only, at every byte of it", async () => {
    const site = new Site();
    const whole = `${site.log.note(5)}\n`;
    const next = `${site.log.note(12)}\n`;
    for (let end = 0; end < Buffer.byteLength(next); end += 3) {
      const path = join(site.elsewhere, `heads-${end}`);
      writeFileSync(path, Buffer.concat([Buffer.from(whole), Buffer.from(next).subarray(0, end)]));
      const { problems } = await site.put([fileAnchor(nodeDisk, path)]);
      expect(problems).toEqual([]);
      const { covered, contradictions } = await site.check({ files: [path] });
      expect(covered.find(({ standing }) => standing === "checked")).toMatchObject({ size: 20 });
      expect(contradictions).toEqual([]);
    }
  });

  test("a volume that is not there, and a list of another log, are errors", async () => {
    const site = new Site();
    const missing = join(site.elsewhere, "not-mounted", "heads");
    const foreign = join(site.elsewhere, "foreign");
    writeFileSync(foreign, `${new MadeLog("example.com/other").growTo(3).note()}\n`);
    const { problems } = await site.put([fileAnchor(nodeDisk, missing), fileAnchor(nodeDisk, foreign)]);
    expect(problems).toMatchObject([
      { message: expect.stringContaining("no directory"), help: expect.stringContaining("mounted") },
      { message: expect.stringContaining("is of the log `example.com/other`") },
    ]);
  });
});

describe("a git repository", () => {
  function repository(site: Site, ...more: string[]): string {
    const path = join(site.elsewhere, `repo${more.length}`);
    execFileSync("git", ["init", "-q", ...more, path]);
    return path;
  }
  const git = (path: string, ...args: string[]): string =>
    execFileSync("git", ["-C", path, ...args], { encoding: "utf8" });

  test.each([[[]], [["--bare"]]])("has a commit for each head, in a branch of its own (%j)", async (more) => {
    const site = new Site();
    const path = repository(site, ...more);
    for (const size of [3, 3, 9, 20]) {
      const { problems } = await site.put([gitAnchor({ repository: path })], site.log, size);
      expect(problems).toEqual([]);
    }
    expect(git(path, "log", "--format=%s %an", branchOf(ORIGIN))).toBe(
      "20 leaves rein audit\n9 leaves rein audit\n3 leaves rein audit\n",
    );
    expect(git(path, "show", `${branchOf(ORIGIN)}:checkpoint`)).toBe(site.log.note());
    expect(git(path, "branch", "--list", "--format=%(refname)")).toBe(`${branchOf(ORIGIN)}\n`);
    expect(await site.check({ repositories: [path] })).toMatchObject({
      covered: [
        { kind: "git", size: 20, standing: "checked" },
        { kind: "git", standing: "claimed" },
      ],
      ...{ contradictions: [], problems: [] },
    });
  });

  test("is pushed to a remote", async () => {
    const site = new Site();
    const remote = repository(site, "--bare");
    const path = repository(site);
    git(path, "remote", "add", "origin", remote);
    const { problems } = await site.put([gitAnchor({ repository: path, push: "origin" })]);
    expect(problems).toEqual([]);
    expect(git(remote, "show", `${branchOf(ORIGIN)}:checkpoint`)).toBe(site.log.note());
  });

  test("a log that was cut or forked is told so, and commits nothing", async () => {
    const site = new Site();
    const path = repository(site);
    await site.put([gitAnchor({ repository: path })]);
    for (const [log, contradiction] of [
      [site.log.fork(12, 12), "ahead"],
      [site.log.fork(12, 30), "fork"],
    ] as const) {
      const { problems } = await site.put([gitAnchor({ repository: path })], log);
      expect(problems).toMatchObject([{ kind: "git", contradiction }]);
      expect((await site.check({ repositories: [path] }, log)).contradictions).toHaveLength(2);
    }
    expect(git(path, "rev-list", "--count", branchOf(ORIGIN))).toBe("1\n");
  });

  test("where there is no repository, that is said", async () => {
    const site = new Site();
    const { problems } = await site.put([gitAnchor({ repository: site.elsewhere })]);
    expect(problems).toMatchObject([{ message: expect.stringContaining("not a git repository") }]);
    expect((await site.check({ repositories: [site.elsewhere] })).problems).toHaveLength(1);
  });
});

describe("syslog", () => {
  test("over UDP, as RFC 5424 says; the lines hold the heads for whoever checks", async () => {
    const site = new Site();
    const socket = createSocket("udp4");
    open.push(socket);
    const got: string[] = [];
    socket.on("message", (message) => got.push(message.toString()));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { problems } = await site.put([syslogAnchor(`udp://127.0.0.1:${socket.address().port}`)]);
    expect(problems).toEqual([]);
    await until(() => got.length > 0, "the datagram is there");
    expect(got[0]).toMatch(
      /^<85>1 2026-01-05T12:00:00\.000Z \S+ rein-audit \d+ checkpoint - checkpoint origin="example\.com\/agents" size=20 root=\S+ note=\S+$/,
    );
    const path = join(site.elsewhere, "syslog");
    writeFileSync(path, `Jan  5 12:00:00 host other: hello\n${got[0]}\n`);
    expect((await site.check({ syslogs: [path] })).covered[0]).toMatchObject({
      ...{ kind: "syslog", size: 20, standing: "checked" },
    });
    const { contradictions } = await site.check({ syslogs: [path] }, site.log.fork(10, 25));
    expect(contradictions[0]).toMatchObject({ kind: "syslog", contradiction: "fork", standing: "checked" });
  });

  test("through `logger` to a unix socket", { timeout: 60_000 }, async () => {
    const site = new Site();
    const path = join(site.elsewhere, "log.sock");
    const program = [
      "import socket, sys",
      "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
      "s.bind(sys.argv[1])",
      "print('ready', flush=True)",
      "print(s.recv(65536).decode(), flush=True)",
    ].join("\n");
    const child = spawn("python3", ["-c", program, path]);
    open.push({ close: () => child.kill() });
    let out = "";
    child.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
    await until(() => out.includes("ready"), "the socket is there");
    const { problems } = await site.put([syslogAnchor(`unix:${path}`)]);
    expect(problems).toEqual([]);
    await until(() => out.includes("checkpoint origin="), "the datagram is there");
    expect(headsInSyslog(out, { origin: ORIGIN, verifiers: [site.log.verifier] })).toMatchObject({
      heads: [{ size: 20 }],
      problems: [],
    });
  });

  test("where nobody listens, that is said", async () => {
    const site = new Site();
    const { problems } = await site.put([syslogAnchor(`unix:${join(site.elsewhere, "nobody")}`)]);
    expect(problems).toMatchObject([{ kind: "syslog", help: expect.stringContaining("udp://") }]);
  });

  test("a place that is none is refused at once", () => {
    expect(() => syslogAnchor("tcp://x")).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });
});

describe("a webhook", () => {
  test("gets the note, or JSON; once for each head; and its address is kept without what is secret", async () => {
    const site = new Site();
    const bodies: string[] = [];
    const server = await Loopback.start((request, response) => {
      request.on("data", (piece: Buffer) => bodies.push(piece.toString()));
      request.on("end", () => response.writeHead(201).end("taken\n"));
    });
    open.push(server);
    const url = `http://127.0.0.1:${server.port}/heads?token=secret`;
    const { receipts, problems } = await site.put([webhookAnchor({ url })]);
    expect(problems).toEqual([]);
    expect(bodies).toEqual([site.log.note()]);
    expect(receipts[0]).toMatchObject({
      where: `http://127.0.0.1:${server.port}/heads`,
      detail: { status: 201 },
      data: Buffer.from("taken\n").toString("base64"),
    });
    expect(JSON.stringify(receipts)).not.toContain("secret");
    expect((await site.put([webhookAnchor({ url })])).unchanged).toHaveLength(1);
    await site.put([webhookAnchor({ url, json: true })], site.log, 5);
    expect(JSON.parse(bodies[1]!)).toMatchObject({
      origin: ORIGIN,
      size: 5,
      at: NOW,
      note: site.log.note(5),
    });
    expect((await site.check({})).covered).toMatchObject([
      { kind: "webhook", size: 20, standing: "claimed" },
    ]);
  });

  test("one that refuses, moves or never answers is named, and keeps no other from its head", async () => {
    const site = new Site();
    const answering = async (handler: Parameters<typeof Loopback.start>[0]): Promise<string> => {
      const server = await Loopback.start(handler);
      open.push(server);
      return server.url;
    };
    const refusing = await answering((_, response) => response.writeHead(500).end("no"));
    const moved = await answering((_, response) => response.writeHead(302, { location: "/x" }).end());
    const path = join(site.elsewhere, "heads");
    const { problems, receipts } = await site.put([
      ...[refusing, moved, "http://127.0.0.1:9/"].map((url) => webhookAnchor({ url })),
      fileAnchor(nodeDisk, path),
    ]);
    expect(problems).toHaveLength(3);
    expect(receipts).toMatchObject([{ kind: "file" }]);
  });
});

describe("a time-stamping authority (RFC 3161)", () => {
  let tsa: Tsa;
  beforeAll(async () => {
    tsa = await startTsa();
    return () => tsa.server.close();
  });

  test("stamps a head; openssl verifies it against the authority's certificates, then and later", async () => {
    const site = new Site();
    const { receipts, problems } = await site.put([tsaAnchor({ url: tsa.url, caFile: tsa.caFile })]);
    expect(problems).toEqual([]);
    const { detail } = receipts[0]!;
    expect(detail).toMatchObject({ verified: "yes", serial: expect.stringMatching(/^[0-9a-f]+$/) });
    expect(Math.abs(Number(detail["stampedAt"]) - Date.now())).toBeLessThan(60_000);
    expect((await site.check({ tsaCa: tsa.caFile })).covered).toMatchObject([
      { kind: "tsa", size: 20, standing: "checked", at: detail["stampedAt"] },
    ]);
    expect((await site.check({})).covered).toMatchObject([{ kind: "tsa", standing: "claimed" }]);
    const { contradictions } = await site.check({ tsaCa: tsa.caFile }, site.log.fork(3, 20));
    expect(contradictions).toMatchObject([{ kind: "tsa", contradiction: "fork", standing: "checked" }]);
  });

  test("openssl reads our request as one for this data", () => {
    const site = new Site();
    const [query, data] = [join(site.elsewhere, "q.tsq"), Buffer.from("some data")];
    for (const nonce of [Buffer.from([0, 0, 1]), Buffer.from("ff00000000000001", "hex")]) {
      writeFileSync(query, timeStampRequest(data, nonce));
      const text = execFileSync("openssl", ["ts", "-query", "-in", query, "-text"], {
        encoding: "utf8",
        stdio: "pipe",
      });
      expect(text).toContain("Hash Algorithm: sha256");
      expect(text).toContain("Certificate required: yes");
      expect(text.replace(/[^0-9a-fA-F]/g, "").toLowerCase()).toContain(
        nonce.toString("hex").replace(/^0+/, ""),
      );
    }
  });

  test("a stamp for other data, of another authority, or changed in any byte that is signed proves nothing", async () => {
    const site = new Site();
    const other = await startTsa();
    open.push(other.server);
    const { problems } = await site.put([tsaAnchor({ url: tsa.url, caFile: other.caFile })]);
    expect(problems).toMatchObject([{ kind: "tsa", message: expect.stringContaining("does not verify") }]);
    const { receipts } = await site.put([tsaAnchor({ url: tsa.url })]);
    expect(receipts[0]!.detail).toMatchObject({ verified: "no" });
    const { covered, problems: found } = await site.check({ tsaCa: other.caFile });
    expect(covered).toMatchObject([{ standing: "claimed" }]);
    expect(found).toHaveLength(1);
    const reply = Buffer.from(receipts[0]!.data!, "base64");
    expect(() => readTimeStamp(reply, Buffer.from("other data"))).toThrow("it is about other data");
    tsa.answer = reply;
    const replayed = await site.put([tsaAnchor({ url: tsa.url })], site.log, 7);
    expect(replayed.problems).toMatchObject([{ message: expect.stringContaining("other data") }]);
    tsa.answer = null;
  });

  test("whatever is answered, reading it ends in a time or in an error of ours", async () => {
    const site = new Site();
    const { receipts } = await site.put([tsaAnchor({ url: tsa.url })]);
    const reply = Buffer.from(receipts[0]!.data!, "base64");
    const data = Buffer.from(site.log.note());
    for (let at = 0; at < Math.min(300, reply.length); at++) {
      for (const change of [1, 0x80, 0xff]) {
        const changed = Buffer.from(reply);
        changed[at]! ^= change;
        try {
          expect(readTimeStamp(changed, data).at).toBeTypeOf("number");
        } catch (error) {
          expect(error).toMatchObject({ code: "anchor_failed" });
        }
      }
      expect(() => readTimeStamp(reply.subarray(0, at), data)).toThrow(
        expect.objectContaining({ code: "anchor_failed" }),
      );
    }
  });

  test("a refusal of the authority says why", async () => {
    const site = new Site();
    tsa.answer = Buffer.from("30053003020102", "hex");
    const { problems } = await site.put([tsaAnchor({ url: tsa.url })]);
    tsa.answer = null;
    expect(problems).toMatchObject([{ message: expect.stringContaining("rejection") }]);
  });
});

describe("receipts", () => {
  test("do not grow without end: the newest, and one a day", async () => {
    const log = new MadeLog().growTo(260);
    const disk = new FakeDisk();
    log.write(disk, "/log");
    disk.makeDir("/elsewhere");
    const tree = new LogTree(disk, "/log");
    tree.extendTo(260, log.root());
    for (let size = 1; size <= 260; size++) {
      await anchorHead({
        ...{ disk, dir: "/log", head: headOf(log, size), anchors: [fileAnchor(disk, "/elsewhere/heads")] },
        // Twelve hours apart.
        ...{ log: tree, verifiers: [log.verifier], now: () => NOW + size * 43_200_000, timeoutMs: 1000 },
      });
    }
    const sizes = listReceipts(disk, "/log").map(({ size }) => size);
    expect(sizes.length).toBeLessThanOrEqual(210);
    expect(sizes.slice(-100)).toEqual(Array.from({ length: 100 }, (_, i) => 161 + i));
    expect(sizes[0]).toBe(1);
  });

  test("one that was changed counts for nothing", async () => {
    const site = new Site();
    await site.put([fileAnchor(nodeDisk, join(site.elsewhere, "heads"))], site.log, 9);
    const path = join(site.dir, "receipts", "0000000000000009-file-1.json");
    const receipt = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...receipt, size: 20 }));
    const { covered, problems } = await site.check({});
    expect(covered).toEqual([]);
    expect(problems).toEqual([
      "the receipt `0000000000000009-file-1.json` is about another head than its note",
    ]);
  });
});
