import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { writeLog } from "./make-log.js";
import type { LogFiles, MadeLog } from "./make-log.js";
import { copyOf, leavesOf, segmentsOf, sizeSigned } from "./mutants/tools.js";
import { SHAPES } from "./shapes.js";
import { askOurs, askPython, hasPython } from "./verifiers.js";

/** How many changes of each shape. More: REIN_BYTE_CHANGES=5000 */
const CHANGES = Number(process.env["REIN_BYTE_CHANGES"] ?? 400);
const SEED = Number(process.env["REIN_SEED"] ?? 5);

const temp = mkdtempSync(join(tmpdir(), "rein-bytes-"));
afterAll(() => {
  rmSync(temp, { recursive: true, force: true });
}, 120_000);

interface Change {
  readonly path: string;
  readonly at: number;
  readonly what: string;
  readonly bytes: Buffer;
}

/** One small change of one file, at a place and of a kind that nobody chose. */
function changeOf(files: LogFiles, random: SeededRandom): Change {
  const paths = [...files.keys()].filter((path) => files.get(path)!.length > 0).sort();
  const path = paths[random.below(paths.length)]!;
  const bytes = files.get(path)!;
  const at = random.below(bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + 1)];
  const other = Buffer.from([random.below(256)]);
  const kinds: readonly (readonly [string, () => Buffer])[] = [
    [`bit flipped`, () => Buffer.concat([before, Buffer.from([bytes[at]! ^ (1 << random.below(8))]), after])],
    [`byte set to ${other[0]}`, () => Buffer.concat([before, other, after])],
    [`byte ${other[0]} inserted`, () => Buffer.concat([before, other, bytes.subarray(at)])],
    [`byte removed`, () => Buffer.concat([before, after])],
    [`cut`, () => before],
    [`cut from the front`, () => bytes.subarray(at)],
    [`zeros to the end`, () => Buffer.concat([before, Buffer.alloc(bytes.length - at)])],
    [
      `a stretch twice`,
      () => Buffer.concat([before, bytes.subarray(Math.max(0, at - 100), at), bytes.subarray(at)]),
    ],
  ];
  const [what, make] = kinds[random.below(kinds.length)]!;
  return { path, at, what, bytes: make() };
}

/** Whether signed lines, or a value that one of them stands for, are not what they were. */
function isSignedPartChanged(log: MadeLog, { path, bytes }: Change): boolean {
  const was = log.files.get(path)!;
  if (bytes.equals(was)) return false;
  if (path.startsWith("blobs/")) return true;
  if (!path.endsWith(".jsonl")) return false;
  const segments = segmentsOf(log.files);
  const next = segments[segments.findIndex((each) => each.path === path) + 1]?.first ?? Infinity;
  const first = segments.find((each) => each.path === path)!.first;
  const signed = Math.min(sizeSigned(log.files), next) - first;
  const length = leavesOf(log.files)
    .filter(({ segment }) => segment.path === path)
    .slice(0, Math.max(0, signed))
    .reduce((sum, { line }) => sum + line.length + 1, 0);
  return !bytes.subarray(0, length).equals(was.subarray(0, length));
}

describe.skipIf(!hasPython()).each(SHAPES)("any byte of a log with $name", ({ name, make }) => {
  const log = make();
  const dir = join(temp, name);
  writeLog(log.files, dir);
  const random = new SeededRandom(SEED);
  const changes = Array.from({ length: CHANGES }, () => changeOf(log.files, random));
  const dirs = changes.map(({ path, bytes }, i) => {
    const copy = copyOf(log);
    copy.files.set(path, bytes);
    writeLog(copy.files, join(temp, `${name} ${i}`), { files: log.files, dir });
    return join(temp, `${name} ${i}`);
  });

  test(
    `may change: two verifiers that have nothing in common agree (seed ${SEED})`,
    { timeout: 600_000 },
    () => {
      const asks = dirs.map((each) => ({ dir: each, vkey: log.logKey.vkey }));
      const [ours, python] = [asks.map(askOurs), askPython(asks)];
      const differences = changes.flatMap(({ path, at, what }, i) => {
        const [a, b] = [ours[i]!, python[i]!];
        // What a power failure leaves of the newest note, one may warn of and the other refuse: all notes are elsewhere.
        const isAgreed = (a.code === 0) === (b.code === 0) || path === "checkpoint";
        return isAgreed ? [] : [{ path, at, what, ours: a, python: b }];
      });
      expect(differences).toEqual([]);
      const passed = changes.filter((change, i) => ours[i]!.code === 0 && isSignedPartChanged(log, change));
      expect(passed.map(({ path, at, what }) => ({ path, at, what }))).toEqual([]);
    },
  );
});
