import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRunning, until } from "../../test/support/loopback.js";
import { ProcessGroup } from "./process-group.js";

function leader(command: string): ChildProcess & { readonly pid: number } {
  const child = spawn(command, { shell: true, detached: true, stdio: ["ignore", "pipe", "inherit"] });
  return child as ChildProcess & { readonly pid: number };
}

test("a group is gone when its last member is, and once", async () => {
  const child = leader("sleep 0.1 & echo $!");
  let gone = 0;
  let member = 0;
  child.stdout!.on("data", (line: Buffer) => (member = Number(line)));
  new ProcessGroup(child, child.pid, () => (gone += 1));
  await once(child, "exit");
  expect([isRunning(member), gone]).toEqual([true, 0]);
  await until(() => gone > 0);
  expect([isRunning(member), gone]).toEqual([false, 1]);
});

test("stopping twice, and stopping what is gone, does nothing", async () => {
  const child = leader("sleep 1000");
  let gone = 0;
  const group = new ProcessGroup(child, child.pid, () => (gone += 1));
  group.stop(0);
  group.stop(1000);
  await until(() => gone === 1);
  group.stop(0);
  expect(gone).toBe(1);
});

test("however many groups there are, one listener waits for this process to exit, and none when they are gone", async () => {
  const before = process.listenerCount("exit");
  let gone = 0;
  const groups = Array.from({ length: 20 }, () => leader("sleep 1000")).map(
    (child) => new ProcessGroup(child, child.pid, () => (gone += 1)),
  );
  expect(process.listenerCount("exit")).toBe(before + 1);
  for (const group of groups) group.stop(0);
  await until(() => gone === 20);
  expect(process.listenerCount("exit")).toBe(before);
});

/** Leads a group that a second process joins and dies in, and whose parent is neither in the group nor waits for it. */
const KEEPS_A_ZOMBIE = `
  my $leader = $$;
  $| = 1;
  if (fork() == 0) {
    setpgrp(0, 0);
    my $member = fork();
    if ($member == 0) { setpgrp(0, $leader); exit 0; }
    print "$$\\n$member\\n";
  }
  sleep 1000;
`;
const hasPerl = spawnSync("perl", ["-v"]).status === 0;

test.runIf(process.platform === "linux" && hasPerl)(
  "a group of zombies that nobody reaps is gone",
  async () => {
    const child = spawn("perl", ["-e", KEEPS_A_ZOMBIE], {
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.on("data", (lines: Buffer) => (printed += String(lines)));
    let gone = 0;
    new ProcessGroup(child, child.pid!, () => (gone += 1));
    await until(() => printed.split("\n").length === 3);
    const [keeper, member] = printed.split("\n").map(Number);
    await until(() => !isRunning(member!));
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(process.kill(-child.pid!, 0)).toBe(true);
    await until(() => gone === 1);
    process.kill(keeper!, "SIGKILL");
  },
);

describe("when this process exits", () => {
  const dir = mkdtempSync(join(tmpdir(), "rein-"));
  const module = join(dir, "process-group.mjs");

  beforeAll(() => {
    const source = readFileSync(new URL("process-group.ts", import.meta.url), "utf8");
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    writeFileSync(module, ts.transpileModule(source, { compilerOptions: options }).outputText);
  });

  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  test.each(["process.exit(0)", "throw new Error('crash')", "child.unref(), child.stdout.unref()"])(
    "its groups end: %s",
    async (end) => {
      const script = `
        import { spawn } from "node:child_process";
        import { ProcessGroup } from ${JSON.stringify(module)};
        const child = spawn("sleep 1000 & echo $!; sleep 1000", { shell: true, detached: true, stdio: ["ignore", "pipe", "ignore"] });
        new ProcessGroup(child, child.pid, () => {});
        child.stdout.once("data", (line) => { console.log(child.pid, String(line)); ${end}; });
      `;
      const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      const pids = (await text(parent.stdout)).trim().split(" ").map(Number);
      expect(pids).toHaveLength(2);
      await until(() => pids.filter(isRunning).length === 0);
    },
  );
});
