import { describe, expect, test } from "vitest";
import { lineage, MAX_SOURCE_DEPTH } from "./source-path.js";

describe("lineage", () => {
  test("a source comes with its ancestors, itself first", () => {
    expect(lineage("a/b/c")).toEqual(["a/b/c", "a/b", "a"]);
    expect(lineage("a")).toEqual(["a"]);
  });

  test.each(["", "/", "/a", "a/", "a//b", "//", "a/b/"])(
    "%j has an empty segment and no lineage",
    (source) => {
      expect(lineage(source)).toBeNull();
    },
  );

  test("the deepest source that is allowed has a lineage, one deeper has none", () => {
    const deepest = Array.from({ length: MAX_SOURCE_DEPTH }, () => "a").join("/");
    expect(lineage(deepest)).toHaveLength(MAX_SOURCE_DEPTH);
    expect(lineage(`${deepest}/a`)).toBeNull();
    expect(lineage("a/".repeat(1_000_000))).toBeNull();
  });
});
