import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeLog } from "./make-log.js";
import type { MadeLog } from "./make-log.js";
import { MUTANTS } from "./mutants/index.js";
import { copyOf } from "./mutants/tools.js";
import type { Mutant, Verdict } from "./mutants/tools.js";
import { SHAPES } from "./shapes.js";
import { askOurs, askPython, hasPython, verdictOf } from "./verifiers.js";
import type { Ask, Said } from "./verifiers.js";

const temp = mkdtempSync(join(tmpdir(), "rein-tamper-"));
afterAll(() => {
  rmSync(temp, { recursive: true, force: true });
}, 120_000);

interface Case {
  readonly mutant: Mutant;
  readonly dir: string;
}

/** A shape, and all that was made of it. */
interface Corpus {
  readonly name: string;
  readonly log: MadeLog;
  readonly dir: string;
  readonly head: string;
  readonly cases: readonly Case[];
}

const corpora: readonly Corpus[] = SHAPES.map(({ name, make }, i) => {
  const log = make();
  const dir = join(temp, String(i));
  writeLog(log.files, join(dir, "log"));
  const head = join(dir, "kept-head");
  writeFileSync(head, log.files.get("checkpoint")!);
  const cases = MUTANTS.flatMap((mutant, at) => {
    const copy = copyOf(log);
    if (mutant.mutate(copy) === false) return [];
    writeLog(copy.files, join(dir, String(at)), { files: log.files, dir: join(dir, "log") });
    return [{ mutant, dir: join(dir, String(at)) }];
  });
  return { name, log, dir: join(dir, "log"), head, cases };
});

test("there are enough ways to tamper, each with a name of its own", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  const counts = corpora.map(({ cases }) => cases.length);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(60);
  console.log(`tamper corpus: ${MUTANTS.length} mutants; on the shapes: ${counts.join(", ")}`);
});

const VERIFIERS = [
  { name: "of this package", isHere: true, ask: (asks: readonly Ask[]) => asks.map(askOurs) },
  { name: "in Python", isHere: hasPython(), ask: askPython },
];

describe.each(VERIFIERS)("the verifier $name", ({ isHere, ask }) => {
  describe.skipIf(!isHere).each(corpora)("on a log with $name", ({ log, dir, head, cases }) => {
    const hidden = cases.filter(({ mutant }) => mutant.alone === "valid");
    let sound: readonly Said[];
    let alone: readonly Said[];
    let withHead: readonly Said[];
    beforeAll(() => {
      const { vkey } = log.logKey;
      const said = ask([
        ...[{ dir, vkey }, { dir, vkey, head }, { dir }],
        ...cases.map((each) => ({ dir: each.dir, vkey })),
        ...hidden.map((each) => ({ dir: each.dir, vkey, head })),
      ]);
      sound = said.slice(0, 3);
      alone = said.slice(3, 3 + cases.length);
      withHead = said.slice(3 + cases.length);
    }, 300_000);

    test("the log itself is valid", () => {
      for (const answer of sound) expect(answer).toMatchObject({ code: 0 });
    });

    test("not one mutant is missed that the log alone can show", () => {
      expect(missed(cases, alone, (mutant) => mutant.alone)).toEqual([]);
    });

    test("whoever kept the newest checkpoint sees the others, too", () => {
      expect(hidden.length).toBeGreaterThan(4);
      for (const { mutant } of hidden) expect(mutant.withHead).toBe("contradiction");
      expect(missed(hidden, withHead, (mutant) => mutant.withHead ?? mutant.alone)).toEqual([]);
    });
  });
});

/** Mutants of which something else was said than is right. What is invalid may contradict the head beside it, too. */
function missed(
  cases: readonly Case[],
  said: readonly Said[],
  right: (mutant: Mutant) => Verdict,
): (readonly [string, Verdict, string])[] {
  return cases.flatMap(({ mutant }, i) => {
    const [expected, found] = [right(mutant), verdictOf(said[i]!)];
    const isRight = found === expected || (expected === "invalid" && found === "contradiction");
    return isRight ? [] : [[mutant.name, expected, found] as const];
  });
}
