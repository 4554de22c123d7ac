import { expect, test } from "vitest";
import { holds, shown, shownMeasured } from "./numbers.js";

test.each([
  [0, "0"],
  [12, "12"],
  [500_000, "500,000"],
  [-3, "-3"],
  [60.2345, "60.23"],
  [0.648, "0.648"],
  [12_345.678, "12,346"],
  [0.00012345, "0.0001235"],
  [0.0000123, "0.0000123"],
  [1e12, "1000000000000"],
  [NaN, "NaN"],
  [Infinity, "∞"],
  [-Infinity, "-∞"],
])("%d is shown as %s", (value, text) => {
  expect(shown(value)).toBe(text);
});

test("a value just short of its bar is not shown as the bar", () => {
  const bar = { name: "", want: ">=", target: 0.65 } as const;
  expect(shownMeasured({ ...bar, value: 0.64999 })).toBe("0.64999");
  expect(shownMeasured({ ...bar, value: 0.65 })).toBe("0.65");
  expect(shownMeasured({ ...bar, value: 0.6512345 })).toBe("0.6512");
});

test("a number on its bar holds, NaN never does", () => {
  expect(holds({ name: "", want: ">=", target: 60, value: 60 })).toBe(true);
  expect(holds({ name: "", want: "<=", target: 60, value: 60 })).toBe(true);
  expect(holds({ name: "", want: ">=", target: 60, value: 59.9 })).toBe(false);
  expect(holds({ name: "", want: ">=", target: 60, value: NaN })).toBe(false);
  expect(holds({ name: "", want: "<=", target: 60, value: NaN })).toBe(false);
});
