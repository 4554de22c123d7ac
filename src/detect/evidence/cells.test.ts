import { expect, test } from "vitest";
import { doubles, reserve } from "./cells.js";

test("what is reserved is zero, and nobody else's", () => {
  const places = Array.from({ length: 500 }, (_, i) => ({ ...reserve(1 + (i % 40)), length: 1 + (i % 40) }));
  places.forEach(({ cells, at, length }, i) => {
    expect(cells.slice(at, at + length)).toEqual(new Array(length).fill(0));
    cells.fill(i + 0.5, at, at + length);
  });
  places.forEach(({ cells, at, length }, i) => {
    expect(cells.slice(at, at + length)).toEqual(new Array(length).fill(i + 0.5));
  });
});

test("what is reserved one after the other lies side by side", () => {
  const places = Array.from({ length: 100 }, () => reserve(16));
  const arrays = new Set(places.map(({ cells }) => cells));
  expect(arrays.size).toBeLessThanOrEqual(14);
});

test("doubles are zeros", () => {
  expect(doubles(3)).toEqual([0, 0, 0]);
});
