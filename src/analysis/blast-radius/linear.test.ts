import fc from "fast-check";
import { expect, test } from "vitest";
import { solve } from "./linear.js";

test("finds the optimum of a textbook example", () => {
  const rows = [
    { of: [1, 0], limit: 4 },
    { of: [0, 2], limit: 12 },
    { of: [3, 2], limit: 18 },
  ];
  expect(solve({ gain: [3, 5], rows })!.value).toBeCloseTo(36, 9);
});

test("a column that nothing limits gains without end", () => {
  expect(solve({ gain: [1, 1], rows: [{ of: [1, 0], limit: 5 }] })).toBeNull();
});

test("no feasible plan gains more than the value, and the plan that is told gains as much", () => {
  const number = fc.nat({ max: 20 });
  const task = fc.integer({ min: 1, max: 6 }).chain((n) =>
    fc.record({
      gain: fc.array(number, { minLength: n, maxLength: n }),
      rows: fc.array(fc.record({ of: fc.array(number, { minLength: n, maxLength: n }), limit: number }), {
        minLength: 1,
        maxLength: 6,
      }),
      way: fc.array(fc.nat({ max: 100 }), { minLength: n, maxLength: n }),
    }),
  );
  fc.assert(
    fc.property(task, ({ gain, rows, way }) => {
      const answer = solve({ gain, rows });
      if (answer === null) return;
      const dot = (a: readonly number[], b: readonly number[]): number =>
        a.reduce((sum, x, i) => sum + x * b[i]!, 0);
      // As far as one can go in some direction.
      const far = Math.min(
        ...rows.map(({ of, limit }) => (dot(of, way) === 0 ? Infinity : limit / dot(of, way))),
      );
      if (far < Infinity) expect(far * dot(gain, way)).toBeLessThanOrEqual(answer.value * (1 + 1e-9) + 1e-9);
      expect(dot(gain, answer.x)).toBeGreaterThanOrEqual(answer.value * (1 - 1e-6) - 1e-6);
    }),
  );
});
