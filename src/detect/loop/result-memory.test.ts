import fc from "fast-check";
import { expect, test } from "vitest";
import { ResultMemory } from "./result-memory.js";

test("a result is new the first time a call gives it, and only then", () => {
  const pair = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 }));
  fc.assert(
    fc.property(fc.array(pair), (pairs) => {
      const memory = new ResultMemory();
      const seen = new Set<string>();
      for (const [call, like] of pairs) {
        expect(memory.add(call, like)).toBe(!seen.has(`${call} ${like}`));
        seen.add(`${call} ${like}`);
      }
    }),
  );
});

test("what was never seen counts as new, however much came before", () => {
  const memory = new ResultMemory();
  for (let i = 0; i < 20_000; i++) expect(memory.add(i * 7919, i)).toBe(true);
});

test("what came of late is remembered, whatever came before", () => {
  const memory = new ResultMemory();
  for (let i = 0; i < 20_000; i++) memory.add(i, 1);
  for (let i = 18_000; i < 20_000; i++) expect(memory.add(i, 1)).toBe(false);
});

test("an image goes on as the original would have", () => {
  const memory = new ResultMemory();
  expect(memory.image()).toBeNull();
  for (let i = 0; i < 100; i++) memory.add(i % 17, i % 5);
  const copy = new ResultMemory();
  copy.restore(JSON.parse(JSON.stringify(memory.image())));
  expect(copy.image()).toEqual(memory.image());
  for (let i = 0; i < 100; i++) expect(copy.add(i % 23, i % 5)).toBe(memory.add(i % 23, i % 5));
});
