import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { formatAddCheckpoint } from "../../src/audit/witness/add-checkpoint.js";
import {
  cosign,
  cosignedPath,
  keepCosigned,
  lastCosigned,
  serveWitness,
  Witness,
} from "../../src/audit/witness/index.js";
import type { ServedWitness, WitnessAddress } from "../../src/audit/witness/index.js";
import { evaluateTlogPolicy, parseNote, parseTlogPolicy, parseVkey } from "../../src/audit/note/index.js";
import { nodeDisk } from "../../src/store/node-disk.js";
import { Loopback } from "../support/loopback.js";
import { MadeLog, witnessSigner } from "./witness-support.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

interface Running extends WitnessAddress {
  readonly served: ServedWitness;
  readonly dir: string;
}

async function start(name: string, log: MadeLog): Promise<Running> {
  const signer = witnessSigner(`witness.example/${name}`);
  const dir = mkdtempSync(join(tmpdir(), "rein-witness-"));
  const witness = new Witness({ signer, logs: [log.verifier], disk: nodeDisk, dir, now: () => Date.now() });
  const served = await serveWitness(witness, { host: "127.0.0.1", port: 0 });
  open.push(served);
  return { name, verifier: parseVkey(signer.vkey), url: served.url, served, dir };
}

function post(url: string, body: string): Promise<Response> {
  return fetch(`${url}/add-checkpoint`, { method: "POST", body });
}

describe("a witness over HTTP", () => {
  test("answers as the specification says, with its content types", async () => {
    const log = new MadeLog().growTo(9);
    const { url, verifier } = await start("w1", log);
    const first = await post(url, formatAddCheckpoint({ oldSize: 0, proof: [], noteText: log.note(5) }));
    expect(first.status).toBe(200);
    expect(parseNote(log.note(5) + (await first.text())).signatures[1]).toMatchObject({
      name: verifier.name,
      keyId: verifier.keyId,
    });
    const second = await post(url, formatAddCheckpoint({ oldSize: 0, proof: [], noteText: log.note(9) }));
    expect(second.status).toBe(409);
    expect(second.headers.get("content-type")).toBe("text/x.tlog.size");
    expect(await second.text()).toBe("5\n");
  });

  test("openssl verifies what it signed: the checkpoint, and the time that the cosignature tells", async () => {
    const log = new MadeLog().growTo(9);
    const { url, verifier } = await start("w1", log);
    const answer = await post(url, formatAddCheckpoint({ oldSize: 0, proof: [], noteText: log.note() }));
    const { text, signatures } = parseNote(log.note() + (await answer.text()));
    const { signature } = signatures[1]!;
    const time = Buffer.from(signature).readBigUInt64BE(0);
    const dir = mkdtempSync(join(tmpdir(), "rein-cosignature-"));
    const key = Buffer.from(verifier.vkey.replace(/^[^+]+\+[0-9a-f]{8}\+/, ""), "base64").subarray(1);
    // SubjectPublicKeyInfo of RFC 8410, section 4.
    writeFileSync(join(dir, "key"), Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]));
    writeFileSync(join(dir, "signature"), signature.subarray(8));
    const verify = (message: string): number | null => {
      writeFileSync(join(dir, "message"), message);
      const files = ["-inkey", "key", "-in", "message", "-sigfile", "signature"];
      const args = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", ...files];
      return spawnSync("openssl", args, { cwd: dir }).status;
    };
    expect(verify(`cosignature/v1\ntime ${time}\n${text}`)).toBe(0);
    expect(verify(`cosignature/v1\ntime ${time + 1n}\n${text}`)).not.toBe(0);
  });

  test("other paths, methods and sizes are refused, and it goes on", async () => {
    const log = new MadeLog().growTo(1);
    const { url } = await start("w1", log);
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405);
    expect((await post(url, "x".repeat(1 << 20))).status).toBe(413);
    const body = formatAddCheckpoint({ oldSize: 0, proof: [], noteText: log.note() });
    expect((await post(url, body)).status).toBe(200);
  });

  test("a request that never ends, and one that breaks off, hold nobody up", async () => {
    const log = new MadeLog().growTo(1);
    const { url } = await start("w1", log);
    const half = connect(Number(new URL(url).port), "127.0.0.1");
    half.write("POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\nold 0");
    const broken = httpRequest(`${url}/add-checkpoint`, {
      method: "POST",
      headers: { "content-length": 500 },
    });
    broken.on("error", () => undefined);
    broken.write("old");
    await new Promise((resolve) => setTimeout(resolve, 50));
    broken.destroy();
    const body = formatAddCheckpoint({ oldSize: 0, proof: [], noteText: log.note() });
    expect((await post(url, body)).status).toBe(200);
    half.destroy();
  });

  test("of many requests at once that all continue the same head, exactly one is cosigned", async () => {
    const log = new MadeLog().growTo(60);
    const { url } = await start("w1", log);
    await post(url, formatAddCheckpoint({ oldSize: 0, proof: [], noteText: log.note(10) }));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const proof = log.proofOf(10, 11 + i);
        return post(url, formatAddCheckpoint({ oldSize: 10, proof, noteText: log.note(11 + i) }));
      }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(49);
  });

  test("a port that is taken is an error that says so", async () => {
    const log = new MadeLog();
    const { url, dir } = await start("w1", log);
    const witness = new Witness({
      ...{ signer: witnessSigner("w"), logs: [], disk: nodeDisk, dir, now: () => 0 },
    });
    const port = Number(new URL(url).port);
    await expect(serveWitness(witness, { host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "witness_failed",
      help: expect.stringContaining("--port"),
    });
  });
});

describe("a log that asks its witnesses", () => {
  test("gets a note that a policy accepts, whatever each of them has seen before", async () => {
    const log = new MadeLog().growTo(100);
    const witnesses = await Promise.all(["w1", "w2", "w3"].map((name) => start(name, log)));
    const policy = parseTlogPolicy(
      [
        `log ${log.vkey}`,
        ...witnesses.map(({ name, verifier, url }) => `witness ${name} ${verifier.vkey} ${url}`),
        "group all-three all w1 w2 w3",
        "quorum all-three",
      ].join("\n"),
    );
    const some = witnesses.slice(0, 2);
    const first = await cosign({ note: log.note(40), witnesses: some, proofOf: log.proofOf });
    expect(first).toMatchObject({ problems: [], cosignatures: [{ witness: "w1" }, { witness: "w2" }] });
    expect(evaluateTlogPolicy(policy, parseNote(first.note)).quorum).toBe("missed");
    const second = await cosign({ note: log.note(90), witnesses, proofOf: log.proofOf });
    expect(second.problems).toEqual([]);
    const verdict = evaluateTlogPolicy(policy, parseNote(second.note));
    expect(verdict.quorum).toBe("reached");
    expect(Math.abs(verdict.latest! - Date.now() / 1000)).toBeLessThan(60);
    const again = await cosign({ note: second.note, witnesses, proofOf: log.proofOf });
    expect(parseNote(again.note).signatures).toHaveLength(4);
  });

  test("one request is enough for those whose last size is known", async () => {
    const log = new MadeLog().growTo(20);
    const witness = await start("w1", log);
    const dir = mkdtempSync(join(tmpdir(), "rein-log-"));
    let requests = 0;
    const counting: typeof fetch = (...call) => {
      requests++;
      return fetch(...call);
    };
    for (const size of [5, 12, 20]) {
      const cosigned = await cosign({
        ...{ note: log.note(size), witnesses: [witness], proofOf: log.proofOf, fetch: counting },
        lastSizes: lastCosigned(nodeDisk, dir, [witness.verifier]),
      });
      expect(cosigned.problems).toEqual([]);
      expect(keepCosigned(nodeDisk, dir, cosigned.note, () => true)).toBe(true);
    }
    expect(requests).toBe(3);
  });

  test("a log that was cut, forked or rewritten hears of it from every witness", async () => {
    const log = new MadeLog().growTo(50);
    const witness = await start("w1", log);
    const witnesses = [witness];
    await cosign({ note: log.note(50), witnesses, proofOf: log.proofOf });
    const problemOf = async (other: MadeLog) =>
      (await cosign({ note: other.note(), witnesses, proofOf: other.proofOf })).problems;
    expect(await problemOf(log.fork(30, 30))).toMatchObject([
      { kind: "ahead", isContradiction: true, witnessSize: 50, message: expect.stringContaining("cut") },
    ]);
    expect(await problemOf(log.fork(49, 50))).toMatchObject([{ kind: "fork", isContradiction: true }]);
    expect(await problemOf(log.fork(20, 70))).toMatchObject([{ kind: "fork", isContradiction: true }]);
    expect(await problemOf(log.growTo(80))).toEqual([]);
  });

  test("one that is down, slow, wrong or lying is named, and does not keep the others from cosigning", async () => {
    const log = new MadeLog().growTo(10);
    const good = await start("good", log);
    const other = witnessSigner("witness.example/other");
    const impostor = await start("impostor", log);
    const answering = async (status: number, body: string, type = "text/plain"): Promise<string> => {
      const server = await Loopback.start((_request, response) => {
        response.writeHead(status, { "content-type": type }).end(body);
      });
      open.push(server);
      return server.url;
    };
    const silent = await Loopback.start(() => undefined);
    open.push(silent);
    const address = (name: string, url: string): WitnessAddress => ({
      ...{ name, url, verifier: parseVkey(other.vkey) },
    });
    const { problems, cosignatures } = await cosign({
      note: log.note(),
      proofOf: log.proofOf,
      timeoutMs: 300,
      witnesses: [
        address("down", "http://127.0.0.1:9"),
        address("slow", silent.url),
        address("endless", await answering(200, "x".repeat(1 << 20))),
        address("empty", await answering(200, "")),
        address("wrong-key", impostor.url),
        address("lost", await answering(409, "never\n", "text/x.tlog.size")),
        address("stubborn", await answering(409, "7\n", "text/x.tlog.size")),
        address("closed", await answering(404, "no such log\n")),
        good,
      ],
    });
    expect(Object.fromEntries(problems.map(({ witness, kind }) => [witness, kind]))).toEqual({
      ...{ down: "unreachable", slow: "unreachable", endless: "unreachable", empty: "bad_answer" },
      ...{ "wrong-key": "bad_answer", lost: "bad_answer", stubborn: "refused", closed: "refused" },
    });
    expect(problems.some(({ isContradiction }) => isContradiction)).toBe(false);
    expect(cosignatures).toMatchObject([{ witness: "good" }]);
  });
});

describe("the newest cosigned checkpoint in the log", () => {
  test("goes forward only, and no better one is given up for a newer one that too few cosigned", async () => {
    const log = new MadeLog().growTo(30);
    const [one, two] = [await start("w1", log), await start("w2", log)];
    const dir = mkdtempSync(join(tmpdir(), "rein-log-"));
    const isEnough = (note: { readonly signatures: readonly unknown[] }): boolean =>
      note.signatures.length > 2;
    const ask = async (size: number, witnesses: WitnessAddress[]) =>
      (await cosign({ note: log.note(size), witnesses, proofOf: log.proofOf })).note;
    const kept = (): string => readFileSync(cosignedPath(dir), "utf8");
    const [a, b] = [await ask(10, [one]), await ask(10, [two])];
    expect(keepCosigned(nodeDisk, dir, a, isEnough)).toBe(true);
    expect(keepCosigned(nodeDisk, dir, b, isEnough)).toBe(true);
    expect(parseNote(kept()).signatures).toHaveLength(3);
    expect(keepCosigned(nodeDisk, dir, await ask(20, [one]), isEnough)).toBe(false);
    const both = await ask(25, [one, two]);
    expect(keepCosigned(nodeDisk, dir, both, isEnough)).toBe(true);
    expect(keepCosigned(nodeDisk, dir, a, isEnough)).toBe(false);
    expect(kept()).toBe(both);
    expect(lastCosigned(nodeDisk, dir, [one.verifier]).get(one.verifier.vkey)).toBe(25);
  });
});
