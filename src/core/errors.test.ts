import { describe, expect, test } from "vitest";
import type * as errors from "./errors.js";
import {
  ActionRefused,
  ConfigError,
  HaltedError,
  InvalidInputError,
  PolicyError,
  ReinError,
} from "./errors.js";
import type { Refusal } from "./refusal.js";

const refusal: Refusal = {
  code: "rate_limited",
  message: "the limit is reached",
  retryable: true,
  retryAfterMs: 5,
};

const examples: readonly (readonly [ReinError, { isInstance(value: unknown): boolean }])[] = [
  [new ActionRefused(refusal), ActionRefused],
  [new HaltedError("timed_out", "it took too long", { rule: "slow" }), HaltedError],
  [new PolicyError([]), PolicyError],
  [new ConfigError("REIN_X", "bad"), ConfigError],
  [new InvalidInputError("cost", "bad"), InvalidInputError],
];

describe("errors", () => {
  test("every error is a ReinError, and an instance of its own class alone", () => {
    for (const [error, own] of examples) {
      expect(ReinError.isInstance(error)).toBe(true);
      expect(error).toBeInstanceOf(Error);
      for (const [, type] of examples) expect(type.isInstance(error)).toBe(type === own);
    }
  });

  test("nothing else is one", () => {
    for (const value of [undefined, null, "x", {}, new Error("x")])
      expect(ReinError.isInstance(value)).toBe(false);
  });

  test("an error of a second copy of the package is known", async () => {
    const path = "./errors.js?copy";
    const copy = (await import(/* @vite-ignore */ path)) as typeof errors;
    expect(copy.HaltedError).not.toBe(HaltedError);
    const error: unknown = new copy.HaltedError("halted", "stopped", { haltId: "h1" });
    expect(error).not.toBeInstanceOf(HaltedError);
    expect(HaltedError.isInstance(error) && error.haltId).toBe("h1");
    expect(ReinError.isInstance(error)).toBe(true);
    expect(ConfigError.isInstance(error)).toBe(false);
  });

  test("name, code, help and cause are kept", () => {
    const cause = new Error("disk");
    const error = new ReinError("record_failed", "the record was not written", {
      help: "free some space",
      cause,
    });
    expect(error).toMatchObject({ code: "record_failed", help: "free some space", cause, name: "ReinError" });
    expect(new ConfigError("REIN_X", "bad").name).toBe("ConfigError");
    expect("help" in new ReinError("closed", "closed")).toBe(false);
    expect("cause" in new ReinError("closed", "closed")).toBe(false);
  });

  test("a refusal stays a value inside the error", () => {
    const error = new ActionRefused(refusal);
    expect(error.refusal).toBe(refusal);
    expect(error.message).toBe(refusal.message);
    expect(error.code).toBe("action_refused");
  });

  test("a policy error lists every issue with its place and help", () => {
    const error = new PolicyError([
      { index: 0, path: "limit", message: "`limit` must be a number", help: "write 5" },
      { index: 2, path: "", line: 7, column: 3, message: "the rule is empty" },
      { index: -1, path: "", message: "the policy is too large" },
      { index: 3, path: "", file: "a.txt", line: 4, message: "no", help: "yes", didYouMean: ["A", "B"] },
    ]);
    expect(error.message).toBe(
      [
        "the policy has 4 problems:",
        "  rule 1: `limit` must be a number (write 5)",
        "  line 7, column 3, rule 3: the rule is empty",
        "  policy: the policy is too large",
        "  a.txt, line 4, rule 4: no (yes; did you mean: A | or: B)",
      ].join("\n"),
    );
    expect(error.issues).toHaveLength(4);
  });

  test("ten thousand issues are all kept and not all printed", () => {
    const issues = Array.from({ length: 10_000 }, (_, index) => ({ index, path: "", message: "bad" }));
    const error = new PolicyError(issues);
    expect(error.issues).toHaveLength(10_000);
    expect(error.message.length).toBeLessThan(20_000);
    expect(error.message).toContain("and 9800 more");
  });
});
