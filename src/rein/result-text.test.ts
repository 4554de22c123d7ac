import { expect, test } from "vitest";
import { resultText } from "./result-text.js";

test("equal results have equal texts, whatever the order of their fields", () => {
  expect(resultText({ b: [1, { c: "x" }], a: null })).toBe(resultText({ a: null, b: [1, { c: "x" }] }));
  expect(resultText({ a: 1 })).not.toBe(resultText({ a: 2 }));
  expect(resultText([1, 2])).not.toBe(resultText([1, 2, 2]));
  expect(resultText(new Uint8Array([1, 2]))).not.toBe(resultText(new Uint8Array([1, 3])));
});

test("what has nothing to compare, or cannot be read, has no text", () => {
  expect(resultText(undefined)).toBeNull();
  expect(resultText(() => 1)).toBeNull();
  expect(resultText(new Map([[1, 2]]))).toBeNull();
  expect(resultText(new Response("body"))).toBeNull();
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("no");
      },
    },
  );
  expect(resultText(hostile)).toBeNull();
  expect(resultText({})).toBe("{}");
});

test("circles, depth and size are bounded", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  expect(resultText(circle)!.length).toBeLessThan(200);
  const large = { rows: Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: "x".repeat(50) })) };
  expect(resultText(large)!.length).toBeLessThan(40_000);
  expect(resultText("y".repeat(1_000_000))!.length).toBeLessThan(20_000);
  expect(resultText(`${"y".repeat(50_000)}a`)).not.toBe(resultText(`${"y".repeat(50_000)}b`));
});
