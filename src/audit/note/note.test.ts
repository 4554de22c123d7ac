import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReinError } from "../../core/errors.js";
import { EMPTY_ROOT, hashFromBytes } from "../tree/index.js";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint.js";
import { cosignatureSigner, cosignatureTime } from "./cosignature.js";
import { ed25519Verify } from "./ed25519.js";
import { ed25519Signer, isKeyName, parseVkey } from "./keys.js";
import {
  formatNote,
  formatSignatureLines,
  MAX_NOTE_BYTES,
  parseNote,
  parseSignatureLines,
  signNote,
  verifiedBy,
  verifiedSignatures,
} from "./note.js";
import { formatVkey } from "./vkey.js";

/** From the documentation of golang.org/x/mod/sumdb/note and from C2SP signed-note. */
const KNOWN = [
  {
    vkey: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    note:
      "If you think cryptography is the answer to your problem,\n" +
      "then you don't know what your problem is.\n" +
      "\n" +
      "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
  },
  {
    vkey: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    note:
      "This is an example message.\n" +
      "\n" +
      "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
  },
];
const PETER = KNOWN[0]!;

const key = generateKeyPairSync("ed25519").privateKey;
const other = generateKeyPairSync("ed25519").privateKey;
const signer = ed25519Signer("example.com/log", key);
const verifier = parseVkey(signer.vkey);
const TEXT = formatCheckpoint({ origin: "example.com/log", size: 7, root: EMPTY_ROOT });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (ReinError.isInstance(error)) return error.code;
    throw error;
  }
  return "nothing thrown";
}

describe("notes that others signed", () => {
  test.each(KNOWN)("$vkey", ({ vkey, note }) => {
    const parsed = parseNote(note);
    const known = parseVkey(vkey);
    expect(verifiedBy(parsed, [known])).toEqual([known]);
    expect(formatNote(parsed.text, parsed.signatures)).toBe(note);
    expect(verifiedBy(parseNote(Buffer.from(note)), [known])).toEqual([known]);
  });

  test("no altered byte of them is accepted", () => {
    const bytes = Buffer.from(PETER.note);
    const known = parseVkey(PETER.vkey);
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 2, 0x20, 0x80]) {
        const altered = Buffer.from(bytes);
        altered[at]! ^= flip;
        let accepted: readonly unknown[] = [];
        try {
          accepted = verifiedBy(parseNote(altered), [known]);
        } catch (error) {
          expect(error).toMatchObject({ code: "note_invalid" });
        }
        expect(accepted).toEqual([]);
      }
    }
  });

  test("verifier keys of transparency-dev/formats are read as there", () => {
    expect(parseVkey("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6").type).toBe(1);
    expect(parseVkey("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2").type).toBe(4);
    for (const wrong of [
      "bananas.sigstore.dev+12344556",
      "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
      "rekor.sigstore.dev+12345678+AwEB",
      "TEST+NOT_A_NU+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
      "TEST+00000000+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
    ]) {
      expect(codeOf(() => parseVkey(wrong))).toBe("key_invalid");
    }
  });
});

describe("keys", () => {
  test("a name has no spaces, no plus and no control characters", () => {
    for (const name of ["example.com/log", "x", "журнал.example/1", "example.com/log/e/0", "a\u200bb"]) {
      expect(isKeyName(name)).toBe(true);
    }
    for (const name of [
      "",
      " ",
      "a b",
      "a+b",
      "a\u00a0b",
      "a\u0085b",
      "a\u3000b",
      "a\nb",
      "a\u0001b",
      "a\ud800",
    ]) {
      expect(isKeyName(name)).toBe(false);
      expect(codeOf(() => ed25519Signer(name, key))).toBe("key_invalid");
      expect(codeOf(() => cosignatureSigner(name, key, () => 0))).toBe("key_invalid");
    }
  });

  test("one changed character makes a verifier key unreadable", () => {
    const vkey = signer.vkey;
    for (let at = 0; at < vkey.length; at++) {
      const changed = vkey[at] === "x" ? "y" : "x";
      const altered = vkey.slice(0, at) + changed + vkey.slice(at + 1);
      expect(codeOf(() => parseVkey(altered))).toBe("key_invalid");
      expect(codeOf(() => parseVkey(vkey.slice(0, at)))).toBe("key_invalid");
    }
    for (const altered of [`${vkey}\n`, ` ${vkey}`, `${vkey}=`, `${vkey}+`, vkey.repeat(99)]) {
      expect(codeOf(() => parseVkey(altered))).toBe("key_invalid");
    }
  });

  test("keys of other signature types are named as such", () => {
    const mldsa = formatVkey("w.example", 6, new Uint8Array(1312));
    expect(() => parseVkey(mldsa)).toThrow(/`w.example` has signature type 0x06/);
    expect(() => parseVkey(formatVkey("w.example", 1, new Uint8Array(31)))).toThrow(/31 bytes and not 32/);
  });

  test("the type of a key is part of its id", () => {
    const cosigner = cosignatureSigner(signer.name, key, () => 0);
    expect(cosigner.keyId).not.toBe(signer.keyId);
    expect(parseVkey(cosigner.vkey)).toMatchObject({ type: 4, name: signer.name, keyId: cosigner.keyId });
  });

  test("other keys than private Ed25519 keys do not sign", () => {
    const pair = generateKeyPairSync("ed25519");
    const curve = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    expect(codeOf(() => ed25519Signer("x", pair.publicKey))).toBe("key_invalid");
    expect(codeOf(() => ed25519Signer("x", curve))).toBe("key_invalid");
  });
});

describe("notes", () => {
  test("what is signed is verified by who signed, in the order of the lines", () => {
    const second = ed25519Signer("example.com/log/e/0", other);
    const stranger = parseVkey(ed25519Signer("example.com/log", other).vkey);
    const note = parseNote(signNote(TEXT, [second, signer]));
    expect(note.text).toBe(TEXT);
    expect(verifiedBy(note, [verifier, stranger, parseVkey(second.vkey)]).map(({ vkey }) => vkey)).toEqual([
      second.vkey,
      signer.vkey,
    ]);
    expect(verifiedBy(note, [stranger])).toEqual([]);
  });

  test("a known key's wrong signature spoils the note, an unknown key's does not", () => {
    const note = parseNote(signNote(TEXT, [signer]));
    const forged = { ...note.signatures[0]!, signature: new Uint8Array(64) };
    for (const signatures of [[forged], [...note.signatures, forged], [forged, ...note.signatures]]) {
      expect(codeOf(() => verifiedBy({ text: TEXT, signatures }, [verifier]))).toBe("note_invalid");
    }
    const unknown = { ...forged, keyId: (forged.keyId + 1) % 2 ** 32 };
    expect(verifiedBy({ text: TEXT, signatures: [...note.signatures, unknown] }, [verifier])).toEqual([
      verifier,
    ]);
  });

  test("the same signature twice counts once", () => {
    const note = parseNote(signNote(TEXT, [signer, signer]));
    expect(note.signatures).toHaveLength(2);
    expect(verifiedBy(note, [verifier])).toEqual([verifier]);
  });

  test("signature lines alone come back, and can be added to the note", () => {
    const cosigner = cosignatureSigner("witness.example/w1", other, () => 5);
    const answer = signNote(TEXT, [cosigner]).slice(TEXT.length + 1);
    const added = parseSignatureLines(answer);
    expect(formatSignatureLines(added)).toBe(answer);
    const note = formatNote(TEXT, [...parseNote(signNote(TEXT, [signer])).signatures, ...added]);
    expect(verifiedBy(parseNote(note), [verifier, parseVkey(cosigner.vkey)])).toHaveLength(2);
    for (const bad of ["", "\n", answer.slice(0, -1), `${answer}\n`, `\n${answer}`, answer.repeat(101)]) {
      expect(codeOf(() => parseSignatureLines(bad))).toBe("note_invalid");
    }
  });

  test("two trusted keys with one name and id are not told apart by luck", () => {
    const note = parseNote(signNote(TEXT, [signer]));
    const double = { ...verifier, vkey: "another" };
    expect(codeOf(() => verifiedBy(note, [verifier, double]))).toBe("note_invalid");
    expect(verifiedBy(note, [verifier, parseVkey(signer.vkey)])).toEqual([verifier]);
  });

  test("a text may have empty lines: the last one divides", () => {
    const text = "a\n\nb\n\n\nc\n";
    expect(parseNote(signNote(text, [signer])).text).toBe(text);
    expect(verifiedBy(parseNote(signNote("\n", [signer])), [verifier])).toEqual([verifier]);
  });

  test("what comes back from any text is that text", () => {
    const line = fc.string({ unit: "grapheme" }).map((s) => s.replace(/[\0-\x1f]|\p{Cs}/gu, ""));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
        const text = `${lines.join("\n")}\n`;
        const note = signNote(text, [signer]);
        expect(parseNote(note).text).toBe(text);
        expect(verifiedBy(parseNote(Buffer.from(note)), [verifier])).toEqual([verifier]);
      }),
    );
  });

  test("what is no note is refused", () => {
    const note = signNote(TEXT, [signer]);
    const [, line = ""] = note.split("\n\n");
    const bad: (string | Uint8Array)[] = [
      "",
      "\n",
      "\n\n",
      "text\n",
      "text\n\n",
      "text\n\nno signature\n",
      note.slice(0, -1),
      `${note}\n`,
      `${note}trailing\n`,
      note.replace("\n\n", "\n"),
      note.replace("7", "7\r"),
      note.replace("7", "7\t"),
      note.replace("7", "7\0"),
      note.replace("7", "7\ud800"),
      note.replace("— ", "- "),
      note.replace("— ", "—  "),
      note.replace("— example", "— +example"),
      note.replace("— example", "—\u00a0example"),
      note.replace(/=\n$/, "\n"),
      note.replace(/=\n$/, "==\n"),
      note.replace(/=\n$/, "= \n"),
      `text\n\n— x AAAA\n`,
      `text\n\n— x AAAAAA==\n`,
      `text\n\n${line.repeat(101)}`,
      `${"x".repeat(MAX_NOTE_BYTES)}${note}`,
      Buffer.concat([Buffer.of(0xff), Buffer.from(note)]),
      Buffer.concat([Buffer.of(0xed, 0xa0, 0x80), Buffer.from(note)]),
    ];
    for (const bytes of bad) expect(codeOf(() => parseNote(bytes))).toBe("note_invalid");
    expect(parseNote(`text\n\n${line.repeat(100)}`).signatures).toHaveLength(100);
    // A byte order mark is a part of the text, and not swallowed.
    expect(parseNote(Buffer.from(`\ufeff${note}`)).text).toBe(`\ufeff${TEXT}`);
  });

  test("what is no note is not written", () => {
    expect(codeOf(() => signNote("no newline", [signer]))).toBe("note_invalid");
    expect(codeOf(() => signNote("tab\t\n", [signer]))).toBe("note_invalid");
    expect(codeOf(() => signNote("x\n", []))).toBe("note_invalid");
    expect(codeOf(() => signNote("x\ud800\n", [signer]))).toBe("note_invalid");
    const line = { name: "a b", keyId: 1, signature: new Uint8Array(64) };
    expect(codeOf(() => formatNote("x\n", [line]))).toBe("note_invalid");
    expect(codeOf(() => formatNote("x\n", [{ ...line, name: "ab", signature: new Uint8Array(0) }]))).toBe(
      "note_invalid",
    );
  });
});

describe("checkpoints", () => {
  const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hashFromBytes(bytes));

  test("every checkpoint comes back", () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.maxSafeNat(), hashes, (origin, size, root) => {
        const text = formatCheckpoint({ origin, size, root });
        expect(parseCheckpoint(text)).toEqual({ origin, size, root });
        expect(parseCheckpoint(`${text}extension line\nanother\n`)).toEqual({ origin, size, root });
      }),
    );
  });

  test("what is no checkpoint is refused", () => {
    const root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for (const text of [
      "",
      "\n",
      `a\n1\n`,
      `a\n1\n${root}`,
      `\n1\n${root}\n`,
      `a\n01\n${root}\n`,
      `a\n+1\n${root}\n`,
      `a\n-1\n${root}\n`,
      `a\n1e3\n${root}\n`,
      `a\n0x1\n${root}\n`,
      `a\n\n${root}\n`,
      `a\n 1\n${root}\n`,
      `a\n9007199254740992\n${root}\n`,
      `a\n99999999999999999999\n${root}\n`,
      `a\n1\n${root.slice(1)}\n`,
      `a\n1\n${root.replace("U=", "V=")}\n`,
      `a\n1\n${root} \n`,
      `a\n1\n${root}\n\n`,
      `a\n1\n${root}\n\nx\n`,
      `a\u0001\n1\n${root}\n`,
    ]) {
      expect(codeOf(() => parseCheckpoint(text))).toBe("note_invalid");
    }
    expect(parseCheckpoint(`a\n9007199254740991\n${root}\n`).size).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("what is no checkpoint is not written", () => {
    const fine = { origin: "a", size: 1, root: EMPTY_ROOT };
    for (const wrong of [
      { origin: "" },
      { origin: "a\nb" },
      { size: -1 },
      { size: 0.5 },
      { root: "short" },
    ]) {
      expect(codeOf(() => formatCheckpoint({ ...fine, ...wrong }))).toBe("note_invalid");
    }
  });
});

describe("cosignatures", () => {
  const witness = cosignatureSigner("witness.example/w1", other, () => 1_727_964_367.9);
  const known = parseVkey(witness.vkey);

  test("a witness's signature says when it was made", () => {
    const note = parseNote(signNote(TEXT, [signer, witness]));
    const verified = verifiedSignatures(note, [verifier, known]);
    expect(verified.map((one) => [one.verifier.name, cosignatureTime(one.signature)])).toEqual([
      ["example.com/log", undefined],
      ["witness.example/w1", 1_727_964_367],
    ]);
  });

  test("the time of a cosignature of transparency-dev/formats is read as there", () => {
    const base64 =
      "ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA==";
    expect(cosignatureTime(Buffer.from(base64, "base64").subarray(4))).toBe(1_727_964_367);
  });

  test("another time, text or kind of signature is not accepted", () => {
    const note = parseNote(signNote(TEXT, [witness]));
    const [line] = note.signatures;
    const later = Uint8Array.from(line!.signature);
    later[7]!++;
    expect(codeOf(() => verifiedBy({ ...note, signatures: [{ ...line!, signature: later }] }, [known]))).toBe(
      "note_invalid",
    );
    expect(codeOf(() => verifiedBy({ ...note, text: `${TEXT}x\n` }, [known]))).toBe("note_invalid");
    for (const bytes of [0, 8, 64, 71, 73])
      expect(known.verify(Buffer.from(TEXT), new Uint8Array(bytes))).toBe(false);
    expect(known.verify(Buffer.from(TEXT), new Uint8Array(72).fill(0xff))).toBe(false);
    expect(
      parseVkey(ed25519Signer("witness.example/w1", other).vkey).verify(Buffer.from(TEXT), line!.signature),
    ).toBe(false);
  });
});

describe("edge cases of Ed25519", () => {
  const file = fileURLToPath(
    new URL("../../../../shared/data/audit-vectors/ed25519/ed25519vectors.json", import.meta.url),
  );
  const present = existsSync(file);
  if (!present) {
    console.warn(
      "SKIPPED: the Ed25519 vectors are not here (../shared/data/audit-vectors/ed25519), so the edge cases are NOT recorded",
    );
  }

  interface Vector {
    readonly number: number;
    readonly key: string;
    readonly sig: string;
    readonly msg: string;
    readonly flags: readonly string[] | null;
  }

  test.skipIf(!present)(
    "Node takes sound signatures, and none with a low-order residue or a non-canonical R, whatever its OpenSSL",
    () => {
      const vectors = JSON.parse(readFileSync(file, "utf8")) as Vector[];
      expect(vectors).toHaveLength(914);
      const taken = { refusable: [0, 0], lowOrder: [0, 0], sound: [0, 0] };
      for (const { key, sig, msg, flags } of vectors) {
        const has = (...names: readonly string[]): boolean =>
          flags?.some((flag) => names.includes(flag)) ?? false;
        const kind = has("low_order_residue", "non_canonical_R")
          ? "refusable"
          : has("low_order_A", "low_order_R")
            ? "lowOrder"
            : "sound";
        const accepted = ed25519Verify(Buffer.from(key, "hex"))(Buffer.from(msg), Buffer.from(sig, "hex"));
        taken[kind][accepted ? 0 : 1]! += 1;
      }
      expect(taken.refusable).toEqual([0, 706]);
      expect(taken.sound).toEqual([43, 0]);
      // Points of low order: OpenSSL 3.0 takes them where the equation holds, 3.5 takes none. No real key has one.
      expect([
        [165, 0],
        [0, 165],
      ]).toContainEqual(taken.lowOrder);
    },
  );
});
