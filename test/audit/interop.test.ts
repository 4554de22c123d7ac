import { spawnSync } from "node:child_process";
import { createHash, createPublicKey } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical.js";
import { inclusionProof, writeTiles } from "../../src/audit/tree/index.js";
import { leafHash, rootOf, writeLog } from "./make-log.js";
import type { LogFiles, MadeLog } from "./make-log.js";
import { MUTANTS } from "./mutants/index.js";
import { copyOf, leavesOf } from "./mutants/tools.js";
import type { Mutant } from "./mutants/tools.js";
import { SHAPES } from "./shapes.js";
import { askGo, goPrograms, has, missing } from "./verifiers.js";

const temp = mkdtempSync(join(tmpdir(), "rein-interop-"));
afterAll(() => {
  rmSync(temp, { recursive: true, force: true });
}, 120_000);

/** A log as files in a directory. */
interface Placed {
  readonly log: MadeLog;
  readonly dir: string;
}

interface Corpus extends Placed {
  readonly name: string;
  readonly mutants: readonly (Placed & { readonly mutant: Mutant })[];
}

const corpora: readonly Corpus[] = SHAPES.map(({ name, make }, i) => {
  const log = make();
  const place = (copy: MadeLog, to: string): Placed => {
    const dir = join(temp, String(i), to);
    writeLog(
      copy.files,
      dir,
      to === "log" ? undefined : { files: log.files, dir: join(temp, String(i), "log") },
    );
    return { log: copy, dir };
  };
  const placed = place(log, "log");
  const mutants = MUTANTS.flatMap((mutant, at) => {
    const copy = copyOf(log);
    return mutant.mutate(copy) === false ? [] : [{ mutant, ...place(copy, String(at)) }];
  });
  return { name, ...placed, mutants };
});

/** Names of the mutants that a program takes for sound, of those that it could see. */
function missed(
  { mutants }: Corpus,
  sees: (mutant: Mutant) => boolean,
  accepts: (placed: Placed) => boolean,
): string[] {
  const seen = mutants.filter(({ mutant }) => sees(mutant));
  expect(seen.length).toBeGreaterThan(40);
  return seen.filter((each) => accepts(each)).map(({ mutant }) => mutant.name);
}

describe("Go (golang.org/x/mod/sumdb)", () => {
  const programs = goPrograms(temp, ["verify-log", "goverify-full"]);

  describe.skipIf(programs["verify-log"] === undefined).each(corpora)(
    "our program, on a log with $name",
    (corpus) => {
      const verify = (dir: string, ...heads: readonly string[]): number =>
        askGo(programs["verify-log"]!, [dir, corpus.log.logKey.vkey, ...heads]).code;

      test("it accepts the log, and the log with its own checkpoint as a head", () => {
        const { code, output } = askGo(programs["verify-log"]!, [corpus.dir, join(corpus.dir, "vkey")]);
        expect(output).toMatch(/^VALID/m);
        expect(code).toBe(0);
        expect(verify(corpus.dir, join(corpus.dir, "checkpoint"))).toBe(0);
      });

      test("it rejects every mutant whose leaves or notes are not the ones that were signed", () => {
        expect(
          missed(
            corpus,
            ({ foreign }) => foreign !== "none",
            ({ dir }) => verify(dir) !== 2,
          ),
        ).toEqual([]);
      });

      test("with a head that was kept, it rejects what contradicts it", () => {
        const { mutants } = corpus;
        const needing = mutants.filter(
          ({ mutant }) => mutant.withHead === "contradiction" && mutant.alone === "valid",
        );
        expect(needing.length).toBeGreaterThan(4);
        const codes = needing.map(({ mutant, dir }) => [
          mutant.name,
          verify(dir, join(corpus.dir, "checkpoint")),
        ]);
        expect(codes).toEqual(needing.map(({ mutant }) => [mutant.name, 3]));
      });
    },
  );

  describe.skipIf(programs["goverify-full"] === undefined).each(corpora)(
    "the program of others, on a log with $name",
    (corpus) => {
      const accepts = ({ log, dir }: Placed): boolean => {
        const leaves = join(temp, "leaves.jsonl");
        writeFileSync(
          leaves,
          Buffer.concat(leavesOf(log.files).flatMap(({ line }) => [line, Buffer.from("\n")])),
        );
        return (
          askGo(programs["goverify-full"]!, [corpus.log.logKey.vkey, join(dir, "checkpoint"), leaves])
            .code === 0
        );
      };

      test("it accepts the log", () => {
        expect(accepts(corpus)).toBe(true);
      });

      test("it rejects every mutant whose newest note or leaves are not the ones that were signed", () => {
        expect(missed(corpus, ({ foreign }) => foreign === "newest note", accepts)).toEqual([]);
      });
    },
  );
});

describe("Go, on tiles (C2SP tlog-tiles)", () => {
  const program = goPrograms(temp, ["goverify-tiles"])["goverify-tiles"];

  test.skipIf(program === undefined).each(corpora)(
    "it accepts what we export of a log with $name",
    ({ log }) => {
      const dir = mkdtempSync(join(temp, "tiles-"));
      const lines = leavesOf(log.files).map(({ line }) => line);
      const size = Number(log.files.get("checkpoint")!.toString().split("\n")[1]);
      writeTiles(lines.slice(0, size), (path, bytes) => {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), bytes);
      });
      writeFileSync(join(dir, "checkpoint"), log.files.get("checkpoint")!);
      writeFileSync(join(dir, "vkey"), log.files.get("vkey")!);
      const verify = () => askGo(program!, [dir, join(dir, "vkey")]);
      expect(verify()).toMatchObject({ code: 0, output: expect.stringContaining("OK") });

      const tile = join(dir, "tile", "0", `000.p/${size}`);
      const bytes = readFileSync(tile);
      writeFileSync(tile, bytes.fill(bytes[40]! ^ 1, 40, 41));
      expect(verify()).toMatchObject({ code: 1, output: expect.stringContaining("FAIL") });
    },
  );
});

describe("@sigstore/verify", () => {
  const sigstore = loadSigstore();

  describe.skipIf(sigstore === undefined).each(corpora)("on a log with $name", (corpus) => {
    /** Its checkpoint, and our inclusion proof of each leaf that it covers. */
    const check = ({ log }: Placed): void => {
      const { verifyCheckpoint, verifyMerkleInclusion } = sigstore!;
      const envelope = log.files.get("checkpoint")?.toString() ?? "";
      const [, id = "", key = ""] = splitAt(corpus.log.logKey.vkey, "+", 3);
      const publicKey = createPublicKey({
        key: Buffer.concat([
          Buffer.from("302a300506032b6570032100", "hex"),
          Buffer.from(key, "base64").subarray(1),
        ]),
        format: "der",
        type: "spki",
      });
      const tlog = { logID: Buffer.from(id, "hex"), baseURL: corpus.log.origin, publicKey };
      const checkpoint = verifyCheckpoint({ inclusionProof: { checkpoint: { envelope } } }, [tlog]);
      const lines = leavesOf(log.files).map(({ line }) => line);
      const size = Number(checkpoint.logSize);
      if (lines.length < size) throw new Error("there are fewer leaves than it says");
      const hashes = lines.slice(0, size).map((line) => leafHash(line));
      const subtrees = new Map<string, string>();
      const nodeAt = (level: number, index: number): string => {
        const name = `${level}/${index}`;
        const known =
          subtrees.get(name) ?? rootOf(hashes.slice(index << level, (index + 1) << level)).toString("latin1");
        subtrees.set(name, known);
        return known;
      };
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, nodeAt).map((hash) => Buffer.from(hash, "latin1"));
        const entry = {
          canonicalizedBody: lines[index]!,
          inclusionProof: { logIndex: String(index), hashes: proof },
        };
        verifyMerkleInclusion(entry, checkpoint);
      }
    };
    const accepts = (placed: Placed): boolean => {
      try {
        check(placed);
        return true;
      } catch {
        return false;
      }
    };

    test("it accepts the checkpoint, and our inclusion proof of every record", () => {
      check(corpus);
    });

    test("it rejects every mutant whose newest note or leaves are not the ones that were signed", () => {
      expect(missed(corpus, ({ foreign }) => foreign === "newest note", accepts)).toEqual([]);
    });
  });
});

describe("openssl, by hand", () => {
  const isHere = has("openssl", "version") && has("bash", "--version");
  const readme = readFileSync(fileURLToPath(new URL("../../verifiers/README.md", import.meta.url)), "utf8");
  const script = /```sh\n(# by hand\n[^`]*)```/.exec(readme)?.[1] ?? "";
  const run = (dir: string) =>
    spawnSync("bash", ["-euo", "pipefail", "-c", script], {
      cwd: temp,
      env: { ...process.env, LOG: dir },
      encoding: "utf8",
    });

  test.skipIf(!isHere).each(corpora)(
    "the lines in the README verify the checkpoint of a log with $name",
    ({ log, dir }) => {
      const { stdout, status } = run(dir);
      expect(stdout).toContain("Signature Verified Successfully");
      expect(status).toBe(0);
      // And they print the hash of the first leaf.
      const first = leavesOf(log.files)[0]!.line;
      expect(stdout).toContain(createHash("sha256").update("\0").update(first).digest("hex"));
    },
  );

  test.skipIf(!isHere)("they reject a checkpoint that says something else", () => {
    const files: LogFiles = copyOf(corpora[0]!.log).files;
    files.set(
      "checkpoint",
      Buffer.from(
        files
          .get("checkpoint")!
          .toString()
          .replace(/\n(\d+)\n/, "\n1$1\n"),
      ),
    );
    writeLog(files, join(temp, "changed"));
    expect(run(join(temp, "changed")).stdout).not.toContain("Successfully");
  });
});

describe("canonicalize (RFC 8785)", () => {
  let canonicalize: ((value: unknown) => string | undefined) | undefined;
  beforeAll(async () => {
    canonicalize = await loadCanonicalize();
  });

  test("every record of our logs is its own canonical form", ({ skip }) => {
    skip(canonicalize === undefined);
    for (const { log } of corpora) {
      for (const { line } of leavesOf(log.files)) {
        expect(canonicalize!(JSON.parse(line.toString()))).toBe(line.toString());
      }
    }
  });

  test("our canonical form is theirs", ({ skip }) => {
    skip(canonicalize === undefined);
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary", noUnicodeString: false } as object), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize!(value));
      }),
      { numRuns: 2000 },
    );
  });
});

/** The parts that are used; they are not exported, so that the version is pinned. */
interface Sigstore {
  readonly verifyCheckpoint: (entry: object, tlogs: readonly object[]) => { readonly logSize: bigint };
  readonly verifyMerkleInclusion: (entry: object, checkpoint: object) => void;
}

function loadSigstore(): Sigstore | undefined {
  const require = createRequire(import.meta.url);
  try {
    const { verifyCheckpoint } = require("@sigstore/verify/dist/tlog/checkpoint.js") as Sigstore;
    const { verifyMerkleInclusion } = require("@sigstore/verify/dist/tlog/merkle.js") as Sigstore;
    return { verifyCheckpoint, verifyMerkleInclusion };
  } catch {
    missing("the package `@sigstore/verify` is not here");
    return undefined;
  }
}

async function loadCanonicalize(): Promise<((value: unknown) => string | undefined) | undefined> {
  try {
    return (await import("canonicalize")).default;
  } catch {
    missing("the package `canonicalize` is not here");
    return undefined;
  }
}

function splitAt(text: string, separator: string, parts: number): string[] {
  const pieces = text.split(separator);
  return [...pieces.slice(0, parts - 1), pieces.slice(parts - 1).join(separator)];
}
