import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReinError } from "../../core/errors.js";
import { CompactRange, inclusionProof, leafHash } from "../tree/index.js";
import type { NodeAt } from "../tree/index.js";
import { formatCheckpoint } from "./checkpoint.js";
import { cosignatureSigner } from "./cosignature.js";
import { ed25519Signer, parseVkey } from "./keys.js";
import type { NoteSigner } from "./keys.js";
import { formatNote, parseNote, signNote } from "./note.js";
import { parseTlogPolicy } from "./tlog-policy.js";
import { formatTlogProof, parseTlogProof, verifyTlogProof } from "./tlog-proof.js";
import type { TlogProof } from "./tlog-proof.js";
import { evaluateTlogPolicy } from "./trust.js";

const ORIGIN = "example.com/log";
const newKey = () => generateKeyPairSync("ed25519").privateKey;
const logKey = newKey();
const log = ed25519Signer(ORIGIN, logKey);
/** Witness i says 1000 + i. */
const witnesses = Array.from({ length: 6 }, (_, i) =>
  cosignatureSigner(`witness${i}.example`, newKey(), () => 1000 + i),
);
const [w0, w1, w2, w3, w4, w5] = witnesses as [
  NoteSigner,
  NoteSigner,
  NoteSigner,
  NoteSigner,
  NoteSigner,
  NoteSigner,
];

const LEAVES = Array.from({ length: 13 }, (_, i) => `{"n":${i},"type":"x"}`);
const nodeAt: NodeAt = (level, index) => {
  const range = new CompactRange();
  for (const leaf of LEAVES.slice(index * 2 ** level, (index + 1) * 2 ** level)) range.append(leafHash(leaf));
  return range.root();
};
const tree = new CompactRange();
for (const leaf of LEAVES) tree.append(leafHash(leaf));
const TEXT = formatCheckpoint({ origin: ORIGIN, size: LEAVES.length, root: tree.root() });

/** The example of the specification. */
const POLICY = `
# two organisations
log ${log.vkey} https://log.example/

witness X1 ${w0.vkey}
witness X2 ${w1.vkey}
witness X3 ${w2.vkey}
group X-witnesses 2 X1 X2 X3

  # indented
witness Y1 ${w3.vkey}\thttps://y1.example/
\twitness   Y2 ${w4.vkey}
witness Y3 ${w5.vkey}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

function thrownBy(run: () => unknown): ReinError {
  try {
    run();
  } catch (error) {
    if (ReinError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

function proofOf(index: number, signers: readonly NoteSigner[]): TlogProof {
  return {
    index,
    hashes: inclusionProof(index, LEAVES.length, nodeAt),
    checkpoint: signNote(TEXT, signers),
  };
}

describe("policies", () => {
  const policy = parseTlogPolicy(POLICY);

  test("the example of the specification is read", () => {
    expect(policy.logs.map(({ verifier, url }) => [verifier.name, url])).toEqual([
      [ORIGIN, "https://log.example/"],
    ]);
    expect(policy.witnesses.map(({ name }) => name)).toEqual(["X1", "X2", "X3", "Y1", "Y2", "Y3"]);
    expect(policy.witnesses[3]!.url).toBe("https://y1.example/");
    expect(policy.groups).toEqual([
      { name: "X-witnesses", threshold: 2, members: ["X1", "X2", "X3"] },
      { name: "Y-witnesses", threshold: 1, members: ["Y1", "Y2", "Y3"] },
      { name: "X-and-Y", threshold: 2, members: ["X-witnesses", "Y-witnesses"] },
    ]);
    expect(policy.quorum).toBe("X-and-Y");
    expect(parseTlogPolicy(Buffer.from(POLICY)).groups).toEqual(policy.groups);
    expect(parseTlogPolicy(POLICY.trimEnd()).quorum).toBe("X-and-Y");
  });

  test("the quorum is reached by every set of witnesses that has two of X and one of Y, and by no other", () => {
    for (let set = 0; set < 64; set++) {
      const cosigners = witnesses.filter((_, i) => (set >> i) % 2 === 1);
      const verdict = evaluateTlogPolicy(policy, parseNote(signNote(TEXT, [...cosigners, log])));
      const x = cosigners.filter((one) => [w0, w1, w2].includes(one)).length;
      const y = cosigners.length - x;
      expect(verdict.quorum).toBe(x >= 2 && y >= 1 ? "reached" : "missed");
      expect(verdict.log).toBe(policy.logs[0]);
      const times = cosigners.map((one) => 1000 + witnesses.indexOf(one));
      expect(verdict.witnesses.map(({ time }) => time)).toEqual(times);
      expect([verdict.earliest, verdict.latest]).toEqual(
        times.length === 0 ? [undefined, undefined] : [times[0], times.at(-1)],
      );
    }
  });

  test("a witness that cosigned twice counts once, with its newest time", () => {
    const key = newKey();
    let now = 50;
    const witness = cosignatureSigner("w.example", key, () => now);
    const second = cosignatureSigner("v.example", newKey(), () => 7);
    const two = parseTlogPolicy(
      `log ${log.vkey}\nwitness w ${witness.vkey}\nwitness v ${second.vkey}\ngroup g 2 w v\nquorum g\n`,
    );
    const first = parseNote(signNote(TEXT, [log, witness])).signatures;
    now = 90;
    const signatures = [...first, ...parseNote(signNote(TEXT, [witness])).signatures];
    const verdict = evaluateTlogPolicy(two, { text: TEXT, signatures });
    expect(verdict.witnesses.map(({ time }) => time)).toEqual([90]);
    expect(verdict.quorum).toBe("missed");
  });

  test("a log's key counts for the origin that it is named as only", () => {
    const text = TEXT.replace(ORIGIN, "example.com/other");
    expect(evaluateTlogPolicy(policy, parseNote(signNote(text, [log, w0]))).log).toBeUndefined();
    const twin = ed25519Signer("example.com/twin", logKey);
    expect(evaluateTlogPolicy(policy, parseNote(signNote(TEXT, [twin]))).log).toBeUndefined();
  });

  test("without a quorum no witness is asked for, and those that cosigned are named all the same", () => {
    const lax = parseTlogPolicy(`log ${log.vkey}\nwitness w ${w0.vkey}\nquorum none\n`);
    const verdict = evaluateTlogPolicy(lax, parseNote(signNote(TEXT, [log, w0])));
    expect(verdict.quorum).toBe("none");
    expect(verdict.witnesses.map(({ witness }) => witness.name)).toEqual(["w"]);
  });

  test("a forged cosignature of a known witness spoils the note", () => {
    const note = parseNote(signNote(TEXT, [log, w0]));
    const signatures = note.signatures.map((line) => ({
      ...line,
      signature: Uint8Array.from(line.signature),
    }));
    signatures[1]!.signature[20]! ^= 1;
    expect(thrownBy(() => evaluateTlogPolicy(policy, { ...note, signatures })).code).toBe("note_invalid");
  });

  const L = `log ${log.vkey}`;
  const W = `witness a ${w0.vkey}`;
  const V = `witness b ${w1.vkey}`;
  test.each([
    ["", /no quorum line/],
    [L, /no quorum line/],
    ["quorum none\nquorum none", /^line 2 .*quorum line already/],
    ["quorum", /^line 1 .*another form/],
    ["quorum a", /^line 1 .*no line above defines `a`/],
    [`quorum a\n${W}`, /^line 1 .*no line above defines `a`/],
    [`${W}\nquorum a b`, /^line 2 .*another form/],
    ["log", /^line 1 .*another form/],
    [`${L} u v`, /^line 1 .*another form/],
    [`log nonsense`, /^line 1 .*no verifier key/],
    [`log ${log.vkey.slice(0, -4)}`, /^line 1 of the policy: /],
    [`log ${w0.vkey}`, /^line 1 .*not for a log/],
    [`witness a ${log.vkey}`, /^line 1 .*not for a witness/],
    [`${L}\n\n${L}`, /^line 3 .*same key is on line 1/],
    [`log ${log.vkey}\nlog ${ed25519Signer("other.example", logKey).vkey}`, /^line 2 .*same key/],
    [`${W}\nwitness b ${w0.vkey}`, /^line 2 .*same key/],
    [`${W}\nwitness a ${w1.vkey}`, /^line 2 .*name `a` is taken, see line 1/],
    [`witness none ${w1.vkey}`, /^line 1 .*`none`/],
    [`${W}\ngroup none any a`, /^line 2 .*`none`/],
    [`${W}\ngroup g any none`, /^line 2 .*no line above defines `none`/],
    [`${W}\ngroup g any g`, /^line 2 .*no line above defines `g`/],
    [`${W}\ngroup a any a`, /^line 2 .*name `a` is taken/],
    [`${W}\ngroup g any`, /^line 2 .*another form/],
    [`${W}\ngroup g 0 a`, /^line 2 .*`0` of 1 members/],
    [`${W}\ngroup g 2 a`, /^line 2 .*`2` of 1 members/],
    [`${W}\ngroup g 01 a`, /^line 2 .*`01` of 1/],
    [`${W}\ngroup g +1 a`, /^line 2 .*`\+1` of 1/],
    [`${W}\ngroup g -1 a`, /^line 2 .*`-1` of 1/],
    [`${W}\ngroup g 1e0 a`, /^line 2 .*`1e0` of 1/],
    [`${W}\ngroup g 2 a a`, /^line 2 .*`a` is a member already/],
    [`${W}\n${V}\ngroup g any a b\ngroup h any a`, /^line 4 .*`a` is a member already, see line 3/],
    ["quorum none\r", /^line 1 .*control character/],
    ["# \u0007\nquorum none", /^line 1 .*control character/],
    ["quorom none", /^line 1 .*`quorom` is no keyword/],
    ["constructor a", /^line 1 .*`constructor` is no keyword/],
    ["\u00a0quorum none", /^line 1 .*no keyword/],
  ])("%j is refused", (text, message) => {
    const error = thrownBy(() => parseTlogPolicy(text));
    expect(error.code).toBe("trust_invalid");
    expect(error.message).toMatch(message);
    expect(error.help).toBeTypeOf("string");
  });

  test("names are octets, also ones that are not UTF-8", () => {
    const policyOf = (a: Buffer, b: Buffer, quorum: Buffer): Buffer =>
      Buffer.concat([
        ...[
          Buffer.from("witness "),
          a,
          Buffer.from(` ${w0.vkey}\nwitness `),
          b,
          Buffer.from(` ${w1.vkey}\nquorum `),
        ],
        ...[quorum, Buffer.from("\n")],
      ]);
    const [kelvin, k] = [Buffer.from("\u212a"), Buffer.from("K")];
    expect(parseTlogPolicy(policyOf(kelvin, k, k)).quorum).toBe("K");
    const [a, b] = [Buffer.of(0xff, 0xfe), Buffer.of(0xff, 0xfd)];
    expect(parseTlogPolicy(policyOf(a, b, b)).witnesses.map(({ name }) => name)).toEqual([
      "\u00ff\u00fe",
      "\u00ff\u00fd",
    ]);
    expect(thrownBy(() => parseTlogPolicy(policyOf(a, a, a))).message).toMatch(/taken/);
  });

  test("groups may be in each other however deep, and there is a bound", () => {
    const chain = (groups: number): string =>
      `${W}\n${Array.from({ length: groups }, (_, i) => `group g${i} all ${i === 0 ? "a" : `g${i - 1}`}`).join("\n")}\nquorum g${groups - 1}\n`;
    const deep = parseTlogPolicy(chain(1000));
    expect(evaluateTlogPolicy(deep, parseNote(signNote(TEXT, [w0]))).quorum).toBe("reached");
    expect(evaluateTlogPolicy(deep, parseNote(signNote(TEXT, [w1]))).quorum).toBe("missed");
    expect(thrownBy(() => parseTlogPolicy(chain(2000))).message).toMatch(/more than 1024/);
    expect(thrownBy(() => parseTlogPolicy("#".repeat(2 ** 20 + 1))).message).toMatch(/bytes/);
  });
});

describe("a checkpoint of a public log", () => {
  /** TrustFabric's staging log for certificates, with lines of a signature type that is not known here. */
  const NOTE = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;
  const PUBLIC = `log arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f
witness trustfabric transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM
witness smartit witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO
witness remora remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2
witness mullvad witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv
witness geomys witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G
`;

  test("its log's signature and its four witnesses' cosignatures are verified", () => {
    const policyOf = (count: number) =>
      parseTlogPolicy(`${PUBLIC}group all ${count} trustfabric smartit remora mullvad geomys\nquorum all\n`);
    const verdict = evaluateTlogPolicy(policyOf(4), parseNote(NOTE));
    expect(verdict).toMatchObject({ quorum: "reached", earliest: 0x6a122120, latest: 0x6a122120 });
    expect(verdict.log).toBeDefined();
    expect(verdict.witnesses.map(({ witness }) => witness.name)).toEqual([
      "trustfabric",
      "smartit",
      "remora",
      "mullvad",
    ]);
    expect(evaluateTlogPolicy(policyOf(5), parseNote(NOTE)).quorum).toBe("missed");
    const altered = parseNote(NOTE.replace("1432088532", "1432088531"));
    expect(thrownBy(() => evaluateTlogPolicy(policyOf(1), altered)).code).toBe("note_invalid");
  });
});

describe("proofs", () => {
  const policy = parseTlogPolicy(POLICY);
  const cosigned = [log, w0, w1, w3];

  test("every leaf's proof comes back and is verified, offline, by a policy or by keys", () => {
    LEAVES.forEach((leaf, index) => {
      const extra = index % 2 === 0 ? { extra: Buffer.from(`extra ${index}`) } : {};
      const text = formatTlogProof({ ...proofOf(index, cosigned), ...extra });
      const proof = parseTlogProof(Buffer.from(text));
      expect(proof.index).toBe(index);
      expect(proof.extra === undefined ? undefined : Buffer.from(proof.extra)).toEqual(extra.extra);
      expect(formatTlogProof(proof)).toBe(text);
      const verified = verifyTlogProof(proof, leaf, policy);
      expect(verified).toMatchObject({
        index,
        checkpoint: { origin: ORIGIN, size: 13 },
        trust: { quorum: "reached" },
      });
      expect(verifyTlogProof(proof, Buffer.from(leaf), [parseVkey(log.vkey)]).trust).toBeUndefined();
    });
  });

  test("it looks as the specification says", () => {
    const lines = formatTlogProof({ ...proofOf(12, [log]), extra: Buffer.from("x") }).split("\n");
    expect(lines[0]).toBe("c2sp.org/tlog-proof@v1");
    expect(lines[1]).toBe("extra eA==");
    expect(lines[2]).toBe("index 12");
    expect(lines[3]).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(lines[5]).toBe("");
    expect(lines.slice(6).join("\n")).toBe(signNote(TEXT, [log]));
  });

  test("the proof of the only leaf has no hashes", () => {
    const text = formatCheckpoint({ origin: ORIGIN, size: 1, root: leafHash("a") });
    const proof = parseTlogProof(
      formatTlogProof({ index: 0, hashes: [], checkpoint: signNote(text, [log]) }),
    );
    expect(verifyTlogProof(proof, "a", [parseVkey(log.vkey)]).index).toBe(0);
  });

  test("another leaf, index, path or checkpoint is not accepted", () => {
    const proof = proofOf(5, cosigned);
    const refused = (changed: Partial<TlogProof>, leaf = LEAVES[5]!): string =>
      thrownBy(() => verifyTlogProof({ ...proof, ...changed }, leaf, policy)).message;
    expect(refused({}, LEAVES[6])).toMatch(/not leaf 5/);
    expect(refused({}, `${LEAVES[5]!}\n`)).toMatch(/not leaf 5/);
    expect(refused({ index: 4 })).toMatch(/not leaf 4/);
    expect(refused({ index: 13 })).toMatch(/not leaf 13/);
    expect(refused({ hashes: proof.hashes.slice(1) })).toMatch(/not leaf/);
    expect(refused({ hashes: [...proof.hashes].reverse() })).toMatch(/not leaf/);
    expect(refused({ checkpoint: signNote(TEXT, [w0, w1, w3]) })).toMatch(/no trusted key/);
    expect(refused({ checkpoint: signNote(TEXT, [log, w0, w3]) })).toMatch(/too few witnesses/);
    expect(refused({ checkpoint: proof.checkpoint.replace("\n13\n", "\n12\n") })).toMatch(
      /signature .* is wrong/,
    );
    expect(refused({ checkpoint: "nonsense" })).toMatch(/empty line/);
  });

  test("keys of others, and a witness that is named like the log, do not make a proof trusted", () => {
    const proof = proofOf(5, [log]);
    const stranger = parseVkey(ed25519Signer(ORIGIN, newKey()).vkey);
    expect(thrownBy(() => verifyTlogProof(proof, LEAVES[5]!, [stranger])).message).toMatch(/no trusted key/);
    expect(thrownBy(() => verifyTlogProof(proof, LEAVES[5]!, [])).message).toMatch(/no trusted key/);
    const twin = cosignatureSigner(ORIGIN, newKey(), () => 1);
    const forged = { ...proof, checkpoint: signNote(TEXT, [twin]) };
    expect(thrownBy(() => verifyTlogProof(forged, LEAVES[5]!, [parseVkey(twin.vkey)])).message).toMatch(
      /no trusted/,
    );
  });

  test("what is no proof is refused", () => {
    const text = formatTlogProof({ ...proofOf(5, [log]), extra: Buffer.from("x") });
    const [, , , hash = ""] = text.split("\n");
    const bad: (string | Uint8Array)[] = [
      "",
      "\n\n",
      text.slice(1),
      ` ${text}`,
      `\ufeff${text}`,
      text.replace("@v1", "@v2"),
      text.replace("extra eA==", "extra eA="),
      text.replace("extra eA==", "extra eB=="),
      text.replace("extra eA==", "extra "),
      text.replace("extra eA==\n", "extra eA==\nextra eA==\n"),
      text.replace("index 5", "index 05"),
      text.replace("index 5", "index -5"),
      text.replace("index 5", "index  5"),
      text.replace("index 5", "index 9007199254740992"),
      text.replace("index 5\n", ""),
      text.replace("index 5", "5"),
      text.replace(`${hash}\n`, `${hash.slice(1)}\n`),
      text.replace(`${hash}\n`, `${hash}\r\n`),
      text.replace(`${hash}\n`, `${hash}\n`.repeat(64)),
      text.replace(`${hash}\n`, "\n"),
      text.replace("\n\n", "\n"),
      text.slice(0, -1),
      Buffer.concat([Buffer.from(text), Buffer.of(0xff)]),
      Buffer.alloc(3_000_000, "x"),
    ];
    for (const one of bad) expect(thrownBy(() => parseTlogProof(one)).code).toBe("note_invalid");
    expect(thrownBy(() => formatTlogProof({ ...proofOf(5, [log]), index: -1 })).code).toBe("note_invalid");
    expect(thrownBy(() => formatTlogProof({ ...proofOf(5, [log]), hashes: ["short"] })).code).toBe(
      "note_invalid",
    );
  });
});

describe("hostile files", () => {
  const note = signNote(TEXT, [log, w0, w1]);
  const proof = formatTlogProof({ ...proofOf(5, [log, w0]), extra: Buffer.from("x") });
  const policy = parseTlogPolicy(POLICY);

  const READERS: readonly [string, string, (bytes: Uint8Array) => unknown][] = [
    ["note", note, (bytes) => evaluateTlogPolicy(policy, parseNote(bytes))],
    ["proof", proof, (bytes) => verifyTlogProof(parseTlogProof(bytes), LEAVES[5]!, policy)],
    ["policy", POLICY, (bytes) => parseTlogPolicy(bytes)],
    ["key", log.vkey, (bytes) => parseVkey(Buffer.from(bytes).toString())],
  ];

  test.each(READERS)("a mutated %s is read or refused with a typed error", (_, original, read) => {
    const bytes = Buffer.from(original);
    const edit = fc.record({
      at: fc.nat(bytes.length),
      remove: fc.nat(12),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 6 }),
        fc
          .constantFrom("\n", "\n\n", " ", "+", "=", "— ", "#", "\r", "\0", "none", "99999999999999999999")
          .map((s) => Buffer.from(s)),
        fc.tuple(fc.nat(bytes.length), fc.nat(80)).map(([from, count]) => bytes.subarray(from, from + count)),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let mutant: Buffer = bytes;
        for (const { at, remove, insert } of edits) {
          mutant = Buffer.concat([mutant.subarray(0, at), insert, mutant.subarray(at + remove)]);
        }
        try {
          read(mutant);
        } catch (error) {
          if (!ReinError.isInstance(error)) throw error;
          expect(["note_invalid", "trust_invalid", "key_invalid"]).toContain(error.code);
          expect(error.message.length).toBeLessThan(400);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test.each(READERS)("random bytes for a %s are refused with a typed error", (_, _original, read) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(["note_invalid", "trust_invalid", "key_invalid"]).toContain(thrownBy(() => read(bytes)).code);
      }),
      { numRuns: 1000 },
    );
  });

  test("the largest and most tangled of them are refused within a moment", () => {
    const MiB = 2 ** 20;
    const line = note.split("\n\n")[1]!.split("\n")[1]!;
    const texts = [
      "\n".repeat(MiB),
      "— ".repeat(MiB / 4),
      `a\n\n${"— x AAAA".repeat(MiB / 10)}\n`,
      `a\n\n— ${"x".repeat(MiB - 100)} \n`,
      `a\n\n— x ${"A".repeat(MiB - 100)}\n`,
      `${TEXT}\n${`${line}\n`.repeat(100)}`,
      `c2sp.org/tlog-proof@v1\nindex 0\n${"A".repeat(MiB)}\n\n${note}`,
      `c2sp.org/tlog-proof@v1\nextra ${"A".repeat(MiB)}\nindex 0\n\n${note}`,
      "+".repeat(MiB),
      `${"x".repeat(4000)}+`,
      " \t".repeat(MiB / 2),
      `group g 1 ${"x ".repeat(MiB / 3)}`,
      `${"a ".repeat(MiB / 3)}`,
      `# x\n`.repeat(MiB / 4),
      "quorum none\n".repeat(MiB / 16),
    ];
    for (const text of texts) {
      for (const [, , read] of READERS) {
        const start = performance.now();
        try {
          read(Buffer.from(text));
        } catch (error) {
          expect(error).toBeInstanceOf(ReinError);
        }
        expect(performance.now() - start).toBeLessThan(2000);
      }
    }
  });

  test("nothing that a policy of many logs is asked takes long", () => {
    const keys = Array.from(
      { length: 1000 },
      (_, i) => `log ${ed25519Signer(`l${i}.example`, newKey()).vkey}`,
    );
    const many = parseTlogPolicy(`${keys.join("\n")}\nlog ${log.vkey}\nquorum none\n`);
    const signatures = Array.from({ length: 100 }, () => parseNote(note).signatures[0]!);
    const start = performance.now();
    expect(evaluateTlogPolicy(many, parseNote(formatNote(TEXT, signatures))).log?.verifier.name).toBe(ORIGIN);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
