import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Rein } from "../../rein/index.js";
import { dirStore } from "../../store/index.js";

// What an agent can do that can write to the files of the governor. It is no mutation of an attack, for no rule can
// help against it: these files have to be out of the agent's reach, and docs/redteam.md says so.

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rein-tampering-"));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

test("a policy file that an agent loosens is in force, and everybody is told", async () => {
  const file = join(dir, "policy.txt");
  await writeFile(file, "Never allow payments\n");
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const rein = await Rein.open({ mode: "enforce", logger: { info: say, warn: say, error: say } });
  try {
    let stop: () => void = () => undefined;
    await new Promise<void>((resolve, reject) => {
      rein
        .watchPolicy(file, { everyMs: 5, onChange: () => resolve() })
        .then(async (end) => {
          stop = end;
          expect(pay(rein)).toBe(false);
          await writeFile(file, "Never allow refunds\n");
        })
        .catch(reject);
    });
    stop();
    expect(pay(rein)).toBe(true);
    expect(lines.join("\n")).toContain("was changed: its 1 rules are in force now");
  } finally {
    await rein.close();
  }
});

test("a policy file that an agent breaks changes nothing", async () => {
  const file = join(dir, "policy.txt");
  await writeFile(file, "Never allow payments\n");
  const rein = await Rein.open({ mode: "enforce", logger: SILENT });
  try {
    await new Promise<void>((resolve, reject) => {
      rein
        .watchPolicy(file, { everyMs: 5, onError: () => resolve() })
        .then(() => writeFile(file, "Do whatever you like\n"))
        .catch(reject);
    });
    expect(pay(rein)).toBe(false);
  } finally {
    await rein.close();
  }
});

test("a state directory that is put back to an older copy, or removed, gives quota back", async () => {
  const state = join(dir, "state");
  const copy = join(dir, "copy");
  expect(await paid(state, 2)).toBe(2);
  await cp(state, copy, { recursive: true });
  expect(await paid(state, 20)).toBe(3);
  expect(await paid(state, 20)).toBe(0);
  await rm(state, { recursive: true });
  await cp(copy, state, { recursive: true });
  expect(await paid(state, 20)).toBe(3);
  await rm(state, { recursive: true });
  expect(await paid(state, 20)).toBe(5);
});

test("a state directory from which a file is taken gives no quota back", async () => {
  const state = join(dir, "state");
  expect(await paid(state, 20)).toBe(5);
  const names = (await readdir(state)).filter((name) => !name.startsWith("owner"));
  for (const name of names) {
    const copy = join(dir, `without ${name}`);
    await cp(state, copy, { recursive: true });
    await rm(join(copy, name));
    expect(await paid(copy, 20).catch(() => 0)).toBe(0);
  }
});

/** How many of so many payments are let through. */
async function paid(state: string, times: number): Promise<number> {
  const policy = "Spend at most $5 a day";
  const rein = await Rein.open({ policy, store: dirStore(state), mode: "enforce", logger: SILENT });
  let count = 0;
  for (let i = 0; i < times; i++) if (pay(rein)) count += 1;
  await rein.close();
  return count;
}

function pay(rein: Rein): boolean {
  const decision = rein.gate({ source: "agent", series: "make_payment", cost: { usd: 1 } });
  if (decision.allowed) decision.permit.settle({ ok: true });
  return decision.allowed;
}
