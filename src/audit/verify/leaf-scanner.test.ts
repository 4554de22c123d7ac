import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../core/canonical.js";
import { readLeaf } from "../log/leaf.js";
import { LeafScanner } from "./leaf-scanner.js";

const scanner = new LeafScanner();

function verdictOn(line: Buffer): string | undefined {
  return scanner.scan(Buffer.concat([Buffer.from("\0"), line, Buffer.from("\n")]), 1);
}

/** What the slow and plain way says. */
function slowVerdictOn(line: Buffer): string | undefined {
  if (line.length > 65_535) return "is longer than 65535 bytes";
  const text = line.toString("utf8");
  if (!Buffer.from(text).equals(line)) return "is not UTF-8";
  const leaf = readLeaf(text);
  return typeof leaf === "string" ? leaf : undefined;
}

function agree(line: Buffer): void {
  expect({ line: line.toString(), verdict: verdictOn(line) }).toEqual({
    line: line.toString(),
    verdict: slowVerdictOn(line),
  });
}

const name = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "10",
    "2",
    "at",
    "boot",
    "mono",
    "seq",
    "é",
    "\ud83d\ude00",
    "\ufb33",
    "$blob",
    "",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, -0, 1e21, 1e-7, 2 ** 53, -1, 0.5, 999_999_999_999_999, 1_000_000_000_000_000),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie("any")), { maxLength: 4 }).map((fields) => objectOf(fields)),
  ),
})).any;

/** Own properties all, `__proto__` too. */
function objectOf(fields: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [key, each] of fields)
    Object.defineProperty(object, key, { value: each, enumerable: true, configurable: true, writable: true });
  return object;
}

const leaf = fc
  .tuple(
    fc.array(fc.tuple(name, value), { maxLength: 5 }),
    fc.nat(),
    fc.constantFrom("gate", "é", 'a"b', "log.open"),
  )
  .map(([fields, n, type]) => objectOf([...fields, ["n", n], ["type", type]]));

describe("the quick reading of a leaf", () => {
  test("canonical leaves are sound, and their fields are read", () => {
    fc.assert(
      fc.property(leaf, (record) => {
        const line = Buffer.from(canonicalJson(record));
        expect(verdictOn(line)).toBeUndefined();
        const { n, type, at, mono, boot } = JSON.parse(line.toString()) as Record<string, unknown>;
        expect(scanner.n).toBe(n);
        expect(scanner.type).toBe(type);
        expect(scanner.at).toBe(typeof at === "number" ? at : NaN);
        expect(scanner.mono).toBe(typeof mono === "number" ? mono : NaN);
        expect(scanner.boot).toBe(typeof boot === "string" ? boot : "");
        expect(scanner.end).toBe(1 + line.length);
      }),
      { numRuns: 2000 },
    );
  });

  test("it says what parsing and printing again says, for lines that somebody changed", () => {
    fc.assert(
      fc.property(
        leaf,
        fc.array(
          fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom("set", "insert", "cut")),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        (record, edits) => {
          let line = Buffer.from(canonicalJson(record));
          for (const [place, byte, how] of edits) {
            if (byte === 10) continue;
            const at = place % (line.length + 1);
            const rest = line.subarray(how === "insert" ? at : at + 1);
            line = Buffer.concat([
              line.subarray(0, at),
              ...(how === "cut" ? [] : [Buffer.from([byte])]),
              rest,
            ]);
          }
          agree(line);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test("decimal numbers are sound in the one form that ECMAScript prints", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(0|[1-9][0-9]{0,12})\.[0-9]{1,12}$/), (number) => {
        agree(Buffer.from(`{"at":${number},"n":1,"type":"x"}`));
        if (String(Number(number)) === number) expect(scanner.at).toBe(Number(number));
      }),
      { numRuns: 5000 },
    );
  });

  test("it says the same of other ways to write the same", () => {
    fc.assert(
      fc.property(leaf, fc.boolean(), (record, spaced) => {
        agree(Buffer.from(JSON.stringify(record, null, spaced ? 1 : 0).replaceAll("\n", " ")));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    `{"n":1,"n":1,"type":"x"}`,
    `{"a":{"b":1,"b":2},"n":1,"type":"x"}`,
    `{"n":01,"type":"x"}`,
    `{"n":-0,"type":"x"}`,
    `{"n":1.0,"type":"x"}`,
    `{"n":1e0,"type":"x"}`,
    `{"n":9007199254740993,"type":"x"}`,
    `{"n":1,"type":"x","v":1e21}`,
    `{"n":1,"type":"x","v":1e+21}`,
    `{"n":1,"type":"x","v":1E+21}`,
    `{"n":1,"type":"x","v":1${"0".repeat(400)}}`,
    ...[
      "0.1",
      "0.10",
      "0.000001",
      "0.0000001",
      "0.0000012",
      "1.5",
      "1.",
      ".5",
      "00.5",
      "0.0",
      "123456789012.345",
      "1234567890123.456",
    ].map((number) => `{"n":1,"type":"x","v":${number}}`),
    `{"n":1,"type":"\\u0041"}`,
    `{"n":1,"type":"x","v":"\\/"}`,
    `{"n":1,"type":"x","v":"\\u000a"}`,
    `{"n":1,"type":"x","v":"\\u001f"}`,
    `{"n":1,"type":"x","v":"\\u001F"}`,
    `{"n":1,"type":"x","v":"\\ud800"}`,
    `{"n":1,"type":"x","v":"\\ud83d\\ude00"}`,
    `{"n":1,"type":"x","v":"\t"}`,
    `{"n":1,"type":"x"} `,
    ` {"n":1,"type":"x"}`,
    `\ufeff{"n":1,"type":"x"}`,
    `{"n":1,"type":"x",}`,
    `{"n":1,"type":"x"}}`,
    `{"n":1,"type":"x"`,
    `{"n":"1","type":"x"}`,
    `{"n":1,"type":""}`,
    `{"n":1,"type":7}`,
    `{"n":1}`,
    `{}`,
    `[]`,
    ``,
    `null`,
    `{"10":1,"2":1,"n":1,"type":"x"}`,
    `{"2":1,"10":1,"n":1,"type":"x"}`,
    `{"__proto__":{"n":7},"n":1,"type":"x"}`,
    `{"n":1,"type":"x","v":tru}`,
    `{"n":1,"type":"x","v":[1,]}`,
    `{"n":1,"type":"x","v":${"[".repeat(62)}${"]".repeat(62)}}`,
    `{"n":1,"type":"x","v":${"[".repeat(63)}${"]".repeat(63)}}`,
    `{"n":1,"type":"x","v":${"[".repeat(64)}${"]".repeat(64)}}`,
    `{"n":1,"type":"x","v":"${"x".repeat(65_500)}"}`,
    `{"n":1,"type":"x","v":"${"x".repeat(65_600)}"}`,
  ])("it says the same of %s", (line) => {
    agree(Buffer.from(line));
  });

  test("nesting without end is no leaf, and no error", () => {
    const line = `{"n":1,"type":"x","v":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
    expect(verdictOn(Buffer.from(line))).toContain("canonical");
  });

  test("bytes that are no UTF-8 are found wherever they are", () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc3]]) {
      const line = Buffer.concat([
        Buffer.from(`{"n":1,"type":"x","v":"`),
        Buffer.from(bytes),
        Buffer.from(`"}`),
      ]);
      expect(verdictOn(line)).toBe("is not UTF-8");
    }
  });
});

const jcs = fileURLToPath(new URL("../../../../shared/data/audit-vectors/jcs/", import.meta.url));

describe.skipIf(!existsSync(jcs))("the vectors of RFC 8785", () => {
  const names = existsSync(jcs) ? readdirSync(`${jcs}input`) : [];
  test.each(names)("%s: the output is a sound leaf, the input only when it is the same", (file) => {
    const input = readFileSync(`${jcs}input/${file}`, "utf8").trim().replaceAll("\n", "");
    const output = readFileSync(`${jcs}output/${file}`, "utf8").trim();
    const around = (text: string): Buffer => Buffer.from(`{"a":${text},"n":1,"type":"x"}`);
    expect(verdictOn(around(output))).toBeUndefined();
    expect(verdictOn(around(input)) === undefined).toBe(input === output);
  });
});
