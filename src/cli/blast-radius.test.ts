import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, expect, test } from "vitest";
import { addBlastRadius } from "./blast-radius.js";

const dir = mkdtempSync(join(tmpdir(), "rein-blast-"));
const policy = join(dir, "policy.txt");
writeFileSync(
  policy,
  "At most 10 `send` calls per hour\nSpend at most $5 a day, taking $0 where no cost is named\n",
);

afterAll(() => {
  rmSync(dir, { recursive: true });
});

test("prints the bound, what was reached, the rule, and the sentence that is missing", async () => {
  const { code, out } = await blast("--policy", policy);
  expect(code).toBe(0);
  expect(out).toMatch(/send +240 +240 +100 % +rate-1: 10 per hour in 24 windows/);
  expect(out).toMatch(/everything together +\$5\.00 +\$5\.00 +100 %/);
  expect(out).toMatch(/unbounded +everything together, because no rule counts a tool that no rule names/);
  expect(out).toMatch(/add +Cap all agents together/);
});

test("a bound above its --max fails the check, and so does none", async () => {
  expect((await blast("--policy", policy, "--max", "usd=5", "--no-attack")).code).toBe(0);
  const tooMuch = await blast("--policy", policy, "--max", "usd=4.99", "--no-attack");
  expect(tooMuch.code).toBe(2);
  expect(tooMuch.out).toMatch(
    /too much +everything together: \$5\.00 are possible, at most \$4\.99 were asked for/,
  );
  expect((await blast("--policy", policy, "--max", "calls=1000000", "--no-attack")).code).toBe(2);
});

test("the JSON document has every line, and the exit code", async () => {
  const { out } = await blast(
    "--policy",
    policy,
    "--json",
    "--series",
    "send",
    "--horizon",
    "2h",
    "--max",
    "calls=19",
  );
  const { lines, excesses, exitCode } = JSON.parse(out) as Record<string, unknown>;
  expect(lines).toMatchObject([
    {
      measure: "calls",
      series: ["send"],
      bound: 20,
      reached: { share: 1 },
      chain: [{ rule: "rate-1", lets: 20 }],
    },
    { measure: "usd", bound: 5 },
  ]);
  expect(excesses).toEqual([{ measure: "calls", series: ["send"], max: 19, bound: 20 }]);
  expect(exitCode).toBe(2);
});

test.each([
  [["--policy", policy, "--horizon", "soon"], /24h/],
  [["--policy", policy, "--max", "usd"], /usd=100/],
  [["--policy", policy, "--max", "mails=3"], /no rule of the policy counts `mails`/],
  [["--policy", policy, "--approvals", "3"], /none, all/],
  [["--policy", policy, "--series", "sent"], /no rule that limits anything names the series `sent`/],
  [[], /--policy/],
])("%j is told what is wrong", async (argv, message) => {
  await expect(blast(...argv)).rejects.toThrow(message);
});

async function blast(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let out = "";
  let code = 0;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  const io = {
    stdout: (text: string) => (out += text),
    stderr: () => undefined,
    isTTY: false,
    columns: 120,
    env: {},
  };
  addBlastRadius(program, io, (result) => (code = result));
  program.commands[0]!.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(["blast-radius", ...argv], { from: "user" });
  return { code, out };
}
