import fc from "fast-check";
import { expect, test } from "vitest";
import { randomSource } from "../../random.js";
import type { Call } from "./read.js";
import { HONEST, splice } from "./streams.js";

const call = fc.record({
  call: fc.integer(),
  result: fc.nat(),
  like: fc.nat(),
  failed: fc.boolean(),
});
const sessionOf = (calls: readonly Call[]) => ({ isSolved: true, calls });

test("a splice is the beginning of a session, and then its last calls again and again", () => {
  fc.assert(
    fc.property(
      fc.array(call, { maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom("exact" as const, "volatile" as const),
      fc.integer(),
      (calls, period, mode, seed) => {
        const made = splice(sessionOf(calls), period, mode, randomSource(seed));
        if (made === null) {
          expect(calls.length).toBeLessThan(Math.max(3, period));
          return;
        }
        const { before, loop } = made;
        expect(before).toEqual(calls.slice(0, before.length));
        expect(loop).toHaveLength(15 * period);
        const all = [...before, ...loop].map((one) =>
          mode === "exact" ? one : { ...one, result: one.result === 0 },
        );
        for (let i = before.length; i < all.length; i++) expect(all[i]).toEqual(all[i - period]);
      },
    ),
  );
});

test.each(HONEST)("$name: the same calls for the same seed, others for another", ({ make, name }) => {
  expect(make(randomSource(1))).toEqual(make(randomSource(1)));
  if (!name.startsWith("looking")) expect(make(randomSource(1))).not.toEqual(make(randomSource(2)));
});
