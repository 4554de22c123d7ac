import fc from "fast-check";
import { expect, test } from "vitest";
import { hash32 } from "./hash.js";

test("the hashes stay what they are: they are in images and logs", () => {
  expect(["", "a", "get_user", "é"].map(hash32)).toMatchInlineSnapshot(`
    [
      1,
      721651713,
      1651851299,
      -928481645,
    ]
  `);
});

test("a hash is a 32-bit whole number, never 0", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(hash32(text)).toBe(hash32(text) | 0);
      expect(hash32(text)).not.toBe(0);
    }),
  );
});

test("texts that differ a little have different hashes", () => {
  const texts = new Set<string>([""]);
  for (let i = 0; i < 20_000; i++)
    texts
      .add(`call ${i}`)
      .add(`${i}`)
      .add("\0".repeat(i % 500));
  // Of 40,501 random 32-bit numbers 0.19 pairs are alike in the mean.
  expect(new Set([...texts].map(hash32)).size).toBeGreaterThanOrEqual(texts.size - 3);
});
