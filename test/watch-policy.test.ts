import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CompiledPolicy, Rein, ReinError } from "../src/index.js";
import { compilePolicy, InvalidInputError, loadPolicy, PolicyError } from "../src/index.js";
import type { Opened } from "./support/open.js";
import { act, hear, open } from "./support/open.js";

const EVERY_MS = 10;

let dir: string;
let path: string;
let opened: Opened[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "rein-watch-"));
  path = join(dir, "policy.yaml");
  opened = [];
});

afterEach(async () => {
  for (const { rein } of opened) await rein.close();
  rmSync(dir, { recursive: true });
});

const daily = (limit: number): string =>
  `- {kind: budget, measure: calls, limit: ${limit}, window: 1d, per: source}\n`;
const digestOf = (limit: number): string =>
  compilePolicy([{ kind: "budget", measure: "calls", limit, window: "1d", per: "source" }]).digest;

interface Watched extends Opened {
  readonly errors: ReinError[];
  readonly changes: CompiledPolicy[];
  readonly stop: () => void;
}

async function watched(text: string, file = path): Promise<Watched> {
  if (text !== "") writeFileSync(file, text);
  const one = await open([]);
  opened.push(one);
  const [errors, changes]: [ReinError[], CompiledPolicy[]] = [[], []];
  const stop = await one.rein.watchPolicy(file, {
    everyMs: EVERY_MS,
    onError: (error) => errors.push(error),
    onChange: (policy) => changes.push(policy),
  });
  return { ...one, errors, changes, stop };
}

/** As an editor does that never leaves half a file behind. */
function replace(text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

const eventually = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 10_000, interval: EVERY_MS });
const inForce = (rein: Rein, limit: number): Promise<void> =>
  eventually(() => {
    expect(rein.policy.digest).toBe(digestOf(limit));
  });

/** Passes when another governor has followed a file over several versions: whoever looks as often has looked, too. */
async function manyLooks(): Promise<void> {
  const witness = join(dir, "witness.yaml");
  const { rein, stop } = await watched(daily(1), witness);
  for (let limit = 2; limit <= 5; limit++) {
    writeFileSync(witness, daily(limit));
    await inForce(rein, limit);
  }
  stop();
}

describe("a watched policy file", () => {
  test("is in force at once, and so is each later version; what was spent stays spent", async () => {
    const { rein, changes, sink } = await watched(daily(2));
    expect(rein.policy.digest).toBe((await loadPolicy(path)).digest);
    const spend = (): string => act(rein, { source: "a", series: "x" });
    expect([spend(), spend(), spend()]).toEqual(["ok", "ok", "budget_exhausted"]);
    writeFileSync(path, `# raised by one\n${daily(3)}`);
    await inForce(rein, 3);
    expect([spend(), spend()]).toEqual(["ok", "budget_exhausted"]);
    replace(daily(1));
    await inForce(rein, 1);
    expect(spend()).toBe("budget_exhausted");
    expect(changes.map(({ digest }) => digest)).toEqual([digestOf(3), digestOf(1)]);

    await rein.flush();
    const records = sink.records.filter((record) => (record as { type: string }).type === "policy");
    expect(records).toMatchObject([2, 3, 1].map((limit) => ({ digest: digestOf(limit), file: path })));
  });

  test("that becomes bad changes nothing, and is told once with its place", async () => {
    const { rein, errors, logger } = await watched(daily(2));
    const alerts = hear(rein, "alert");
    replace(`${daily(2)}- kind: budget\n  limit: much\n`);
    await eventually(() => {
      expect(errors).toHaveLength(1);
    });
    expect(PolicyError.isInstance(errors[0]) && errors[0].issues).toContainEqual(
      expect.objectContaining({ file: path, line: 3, column: 3, index: 1 }),
    );
    expect(rein.policy.digest).toBe(digestOf(2));
    replace(daily(4));
    await inForce(rein, 4);
    expect(errors).toHaveLength(1);
    expect(alerts).toMatchObject([
      { code: "policy_refused", message: expect.stringContaining(`${path}, line 3, column 3, rule 2`) },
    ]);
    expect(logger.lines.filter(({ level }) => level === "error")).toEqual([
      { level: "error", message: expect.stringContaining("NOT in force") },
    ]);
  });

  test.each<[string, () => void, RegExp]>([
    ["is removed", () => rmSync(path), /ENOENT/],
    ["is emptied", () => writeFileSync(path, ""), /is empty/],
    ["has only remarks left", () => replace("# nothing\n"), /is empty/],
    ["becomes a directory", () => (rmSync(path), mkdirSync(path)), /is a directory/],
    ["becomes binary", () => replace("\0\0"), /binary/],
    ["becomes a link to nowhere", () => (rmSync(path), symlinkSync("nowhere", path)), /ENOENT/],
  ])("that %s changes nothing, and is followed again later", async (_what, happen, message) => {
    const { rein, errors } = await watched(daily(2));
    happen();
    await eventually(() => {
      expect(errors).toHaveLength(1);
    });
    expect(errors[0]!.message).toMatch(message);
    expect(rein.policy.digest).toBe(digestOf(2));
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, daily(5));
    await inForce(rein, 5);
    expect(errors).toHaveLength(1);
  });

  test("can be a link that is swapped, as those of mounted configurations are", async () => {
    for (const limit of [1, 2]) {
      mkdirSync(join(dir, `v${limit}`));
      writeFileSync(join(dir, `v${limit}`, "policy.yaml"), daily(limit));
    }
    symlinkSync("v1", join(dir, "..data"));
    symlinkSync(join("..data", "policy.yaml"), path);
    const { rein } = await watched("");
    expect(rein.policy.digest).toBe(digestOf(1));
    symlinkSync("v2", join(dir, "..data_tmp"));
    renameSync(join(dir, "..data_tmp"), join(dir, "..data"));
    await inForce(rein, 2);
  });

  test("is in force in no version that was overwritten at once", async () => {
    const { rein, changes } = await watched(daily(1));
    for (let limit = 100; limit > 2; limit--) writeFileSync(path, daily(limit));
    writeFileSync(path, daily(2));
    await inForce(rein, 2);
    expect(changes.map(({ digest }) => digest)).toEqual([digestOf(2)]);
  });

  test("is still read when its times are old enough to rely on", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    try {
      const { rein } = await watched(daily(1));
      await manyLooks();
      replace(daily(2));
      await inForce(rein, 2);
      rmSync(path);
      writeFileSync(path, daily(3));
      await inForce(rein, 3);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("watching", () => {
  test("does not begin with a file that is bad, and changes nothing then", async () => {
    const one = await open([{ kind: "access", effect: "deny" }]);
    opened.push(one);
    const { digest } = one.rein.policy;
    await expect(one.rein.watchPolicy(path)).rejects.toSatisfy(PolicyError.isInstance);
    writeFileSync(path, "- kind: lop");
    await expect(one.rein.watchPolicy(path, { everyMs: EVERY_MS })).rejects.toSatisfy(PolicyError.isInstance);
    writeFileSync(path, daily(1));
    await manyLooks();
    expect(one.rein.policy.digest).toBe(digest);
  });

  test("ends when it is stopped, when another file is watched, and with the governor", async () => {
    const { rein, stop, changes, errors } = await watched(daily(1));
    const other = join(dir, "other.yaml");
    writeFileSync(other, daily(7));
    await rein.watchPolicy(other, { everyMs: EVERY_MS });
    replace(daily(2));
    writeFileSync(other, daily(8));
    await inForce(rein, 8);
    await rein.close();
    writeFileSync(other, daily(9));
    stop();
    stop();
    await manyLooks();
    expect(rein.policy.digest).toBe(digestOf(8));
    expect([changes, errors]).toEqual([[], []]);
    await expect(rein.watchPolicy(other)).rejects.toMatchObject({ code: "closed" });
  });

  test("does not keep the process alive", async () => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    const { rein } = await watched(daily(1));
    replace(daily(2));
    await inForce(rein, 2);
    const ours = timers.mock.results.filter((_result, i) => timers.mock.calls[i]![1] === EVERY_MS);
    timers.mockRestore();
    expect(ours.length).toBeGreaterThan(1);
    for (const { value } of ours) expect((value as NodeJS.Timeout).hasRef()).toBe(false);
  });

  test("goes on when a listener throws or rejects", async () => {
    writeFileSync(path, daily(1));
    const one = await open([]);
    opened.push(one);
    await one.rein.watchPolicy(path, {
      everyMs: EVERY_MS,
      onError: () => {
        throw new Error("no ear");
      },
      onChange: () => Promise.reject(new Error("no time")),
    });
    replace("");
    await eventually(() => {
      expect(one.logger.lines.some(({ message }) => message.includes("no ear"))).toBe(true);
    });
    replace(daily(2));
    await eventually(() => {
      expect(one.logger.lines.some(({ message }) => message.includes("no time"))).toBe(true);
    });
    replace(daily(3));
    await inForce(one.rein, 3);
  });

  test.each<[string, unknown]>([
    ["everyMs", { everyMs: 0 }],
    ["everyMs", { everyMs: NaN }],
    ["onError", { onError: "shout" }],
    ["onEror", { onEror: () => undefined }],
    ["options", null],
  ])("refuses a bad option: %s", async (field, options) => {
    const one = await open([]);
    opened.push(one);
    writeFileSync(path, daily(1));
    await expect(one.rein.watchPolicy(path, options as never)).rejects.toSatisfy(
      (error) => InvalidInputError.isInstance(error) && error.field === field,
    );
  });
});

test("whatever happens to the file, only whole good versions come in force, and the last one does", async () => {
  const limit = fc.integer({ min: 1, max: 50 });
  const step = fc.oneof(
    limit.map((n) => ({ name: `write ${n}`, run: () => writeFileSync(path, daily(n)) })),
    limit.map((n) => ({ name: `replace by ${n}`, run: () => replace(daily(n)) })),
    fc.constant({ name: "spoil", run: () => replace("- kind: budget\n") }),
    fc.constant({ name: "empty", run: () => writeFileSync(path, "") }),
    fc.constant({ name: "remove", run: () => rmSync(path, { recursive: true, force: true }) }),
    fc.constant({ name: "look", run: () => new Promise((resolve) => setTimeout(resolve, 3 * EVERY_MS)) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), limit, async (steps, last) => {
      rmSync(path, { recursive: true, force: true });
      const { rein, changes, stop } = await watched(daily(1));
      for (const { run } of steps) await run();
      replace(daily(last));
      await inForce(rein, last);
      stop();
      const good = new Set(Array.from({ length: 50 }, (_, i) => digestOf(i + 1)));
      expect(changes.every(({ digest }) => good.has(digest))).toBe(true);
    }),
    { numRuns: 25 },
  );
});
