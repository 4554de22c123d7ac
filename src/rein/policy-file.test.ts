import { isUtf8 } from "node:buffer";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { InvalidInputError, PolicyError, type PolicyIssue } from "../core/errors.js";
import { loadPolicy } from "./load-policy.js";
import { compilePolicyFile } from "./policy-file.js";

const dir = mkdtempSync(join(tmpdir(), "rein-policy-"));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

let made = 0;
function file(extension: string, content: string | Uint8Array): string {
  const path = join(dir, `${++made}.${extension}`);
  writeFileSync(path, content);
  return path;
}

async function refusal(path: string): Promise<PolicyIssue> {
  const error: unknown = await loadPolicy(path).catch((e: unknown) => e);
  if (!PolicyError.isInstance(error)) throw new Error(`not refused: ${String(error)}`);
  expect(error.issues).toHaveLength(1);
  expect(error.message).toContain(path);
  expect(error.issues[0]!.file).toBe(path);
  return error.issues[0]!;
}

const RULE = "kind: loop, repeats: 3";

test("each kind of file is read as what its name says", async () => {
  const digests = await Promise.all(
    [
      file("yaml", `[{${RULE}}]`),
      file("YML", `- {${RULE}}`),
      file("json", `{"rules":[{"kind":"loop","repeats":3}]}`),
    ].map(async (path) => (await loadPolicy(path)).digest),
  );
  expect(new Set(digests).size).toBe(1);
});

test("what is wrong in a file is told with file, line and column", async () => {
  const path = file("yaml", `- {${RULE}}\n- kind: loop\n  repeats: none\n`);
  expect(await refusal(path)).toMatchObject({ index: 1, line: 3, column: 3 });
  const error: unknown = await loadPolicy(path).catch((e: unknown) => e);
  expect((error as Error).message).toContain(`${path}, line 3, column 3, rule 2: \`repeats\` must be`);
});

describe("a file is refused that", () => {
  test("is not there, a directory, a link to nowhere or to itself", async () => {
    expect((await refusal(join(dir, "none.yaml"))).message).toMatch(/cannot be read: ENOENT/);
    mkdirSync(join(dir, "folder.txt"));
    expect((await refusal(join(dir, "folder.txt"))).message).toMatch(/is a directory/);
    symlinkSync("nowhere", join(dir, "link.json"));
    expect((await refusal(join(dir, "link.json"))).message).toMatch(/ENOENT/);
    symlinkSync("loop.md", join(dir, "loop.md"));
    expect((await refusal(join(dir, "loop.md"))).message).toMatch(/ELOOP/);
  });

  test("is a pipe that nobody writes to, or a device without an end", async () => {
    const pipe = join(dir, "pipe.yaml");
    execFileSync("mkfifo", [pipe]);
    expect((await refusal(pipe)).message).toMatch(/not a plain file/);
    symlinkSync("/dev/zero", join(dir, "zero.txt"));
    expect((await refusal(join(dir, "zero.txt"))).message).toMatch(/not a plain file/);
  });

  test.skipIf(process.getuid?.() === 0)("may not be read", async () => {
    const path = file("yaml", "[]");
    chmodSync(path, 0);
    expect((await refusal(path)).message).toMatch(/EACCES/);
  });

  test("is of no known kind", async () => {
    for (const name of ["policy", "policy.toml", "policy.yaml.bak", ".json"])
      expect((await refusal(join(dir, name))).message).toMatch(/no known format/);
    await expect(loadPolicy("")).rejects.toSatisfy(InvalidInputError.isInstance);
    await expect(loadPolicy(undefined as never)).rejects.toSatisfy(InvalidInputError.isInstance);
  });

  test("has 100 MB, and it is not read", async () => {
    const path = file("yaml", "[]");
    truncateSync(path, 100_000_000);
    expect((await refusal(path)).message).toMatch(/100000000 bytes, more than the 4194304/);
  });

  test("is empty, or has nothing but remarks", async () => {
    for (const extension of ["yaml", "json", "txt", "md"]) {
      expect((await refusal(file(extension, ""))).message).toMatch(/is empty/);
      expect((await refusal(file(extension, "\ufeff \n"))).message).toMatch(/is empty/);
    }
    for (const extension of ["yaml", "txt", "md"])
      expect((await refusal(file(extension, "# rules\n"))).message).toMatch(/is empty/);
  });

  test("is UTF-16", async () => {
    const little = Buffer.from("\ufeff- {}", "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()])
      expect(await refusal(file("yaml", bytes))).toMatchObject({
        line: 1,
        message: expect.stringMatching(/UTF-16/),
        help: expect.stringMatching(/UTF-8/),
      });
    expect((await refusal(file("txt", Buffer.from("Cap it", "utf16le")))).message).toMatch(/binary/);
  });

  test.each<[string, number[], number, number, number]>([
    ["Latin-1", [0x63, 0x61, 0x66, 0xe9, 0x0a], 4, 2, 5],
    ["a character that is cut off at the end", [0xe2, 0x82], 1, 2, 2],
    ["one that is cut off in the middle", [0x78, 0xf0, 0x9f, 0x98, 0x78], 2, 2, 3],
    ["a surrogate", [0xed, 0xa0, 0x80], 1, 2, 2],
    ["a character in two bytes too many", [0xc0, 0xaf], 1, 2, 2],
  ])("is not UTF-8: %s", async (_what, bytes, at, line, column) => {
    const before = Buffer.from("# é\r\n#");
    const path = file("yaml", Buffer.concat([before, Buffer.from(bytes)]));
    const offset = before.length - 1 + at;
    expect(await refusal(path)).toMatchObject({
      line,
      column,
      message: expect.stringContaining(`byte ${offset} `),
    });
  });

  test("is binary", async () => {
    const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
    expect((await refusal(file("yaml", png))).message).toMatch(/binary data, not text \(byte 0 is 0x89\)/);
    expect(await refusal(file("json", "[\n\0]"))).toMatchObject({ line: 2, column: 1 });
  });
});

test("no bytes do anything but compile or be refused, with the place where they stop being text", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc
      .tuple(fc.string({ unit: "binary", maxLength: 30 }), fc.uint8Array({ maxLength: 3 }), fc.string())
      .map(([before, middle, after]) => Buffer.concat([Buffer.from(before), middle, Buffer.from(after)])),
  );
  fc.assert(
    fc.property(bytes, fc.constantFrom("a.yaml", "a.json", "a.txt", "a.md"), (content, path) => {
      try {
        compilePolicyFile(path, content);
      } catch (error) {
        if (!PolicyError.isInstance(error)) throw error;
        const at = /byte (\d+) is/.exec(error.message)?.[1];
        if (at === undefined) return;
        // All before that byte is text, and with it nothing that follows makes it text.
        const before = Buffer.from(content).subarray(0, Number(at));
        expect(isUtf8(before)).toBe(true);
        for (let more = 1; more <= 4; more++)
          expect(isUtf8(Buffer.from(content).subarray(Number(at), Number(at) + more))).toBe(false);
      }
    }),
    { numRuns: 1500 },
  );
});
