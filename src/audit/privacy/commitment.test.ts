import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../core/canonical.js";
import { commitmentOf, isCommitment, readSalt, SaltPool, saltText } from "./commitment.js";
import { keptFields, keptPath } from "./kept-path.js";
import { openBox, sealBox } from "./sealed-box.js";

const json = fc.jsonValue().map((value) => canonicalJson(value));

test("a commitment is SHA-256 of domain, salt and canonical value, whatever its length", () => {
  const pool = new SaltPool();
  const long = canonicalJson("\u20ac".repeat(40_000));
  fc.assert(
    fc.property(fc.oneof(json, fc.constant(long)), (canonical) => {
      const salt = pool.next();
      const expected = createHash("sha256")
        .update("rein/commit/v1")
        .update(Buffer.from(salt, "latin1"))
        .update(canonical, "utf8")
        .digest("base64url");
      expect(commitmentOf(salt, canonical)).toBe(expected);
      expect(isCommitment({ $c: expected })).toBe(true);
      expect(readSalt(saltText(salt))).toBe(salt);
    }),
  );
});

test("equal values have different commitments", () => {
  const pool = new SaltPool();
  const seen = new Set(Array.from({ length: 3_000 }, () => commitmentOf(pool.next(), '"alice@example.com"')));
  expect(seen.size).toBe(3_000);
});

test("only an object with a commitment and nothing else is one", () => {
  const $c = commitmentOf("0123456789abcdef", "1");
  for (const other of [
    null,
    $c,
    [$c],
    {},
    { $c, x: 1 },
    { $c: { $c } },
    { $c: `${$c}=` },
    { $c: $c.slice(1) },
  ]) {
    expect(isCommitment(other)).toBe(false);
  }
});

test("no two fields of a leaf have the same path, whatever the names", () => {
  const $c = commitmentOf("0123456789abcdef", "1");
  const name = fc.string({
    unit: fc.constantFrom("a", "/", "~", "0", "1", ".", "$", "c", "\u00e9"),
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (paths) => {
      const kept: Record<string, unknown> = {};
      for (const path of paths) {
        let at = kept;
        for (const [i, each] of path.entries()) {
          const inner =
            i === path.length - 1 ? { $c } : ((at[each] as Record<string, unknown> | undefined) ?? {});
          Object.defineProperty(at, each, {
            value: inner,
            enumerable: true,
            configurable: true,
            writable: true,
          });
          at = inner;
          if ("$c" in at && typeof at["$c"] === "string") break;
        }
      }
      const found = keptFields({ kept }).map(({ path }) => path);
      expect(new Set(found).size).toBe(found.length);
      for (const path of found) expect(path.split("/").length).toBeGreaterThan(0);
    }),
  );
  expect(keptPath("tags", "a/b~c")).toBe("tags/a~1b~0c");
});

test("a box opens under its key, for its commitment, unchanged, and never else", () => {
  const pool = new SaltPool();
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(bytes, bytes, json, fc.nat(), (key, other, canonical, where) => {
      const opening = { salt: pool.next(), canonical };
      const commitment = commitmentOf(opening.salt, canonical);
      const box = sealBox(key, pool.take(12), commitment, opening);
      expect(openBox(key, commitment, box)).toEqual(opening);
      expect(openBox(key, commitmentOf(opening.salt, `${canonical} `), box)).toBeUndefined();
      if (!Buffer.from(key).equals(other)) expect(openBox(other, commitment, box)).toBe("other key");
      const changed = Buffer.from(box, "base64url");
      changed[where % changed.length]! ^= 1;
      expect(openBox(key, commitment, changed.toString("base64url"))).not.toEqual(opening);
    }),
  );
});
