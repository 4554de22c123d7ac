import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLog } from "../../src/audit/index.js";
import { verifyLog } from "../../src/audit/verify/verify.js";
import { nodeDisk } from "../../src/store/index.js";
import { rein as commandLine } from "../support/command-line.js";
import { act, open } from "../support/open.js";

const mail = {
  source: "agent",
  series: "send_email",
  tags: { recipient: "ann@example.com", tenant: "acme" },
  args: { subject: "a secret plan", to: "ann@example.com" },
};

async function inDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "rein-kept-"));
  try {
    await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** All bytes of all files of a directory, as text. */
function everything(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

test("without being asked to, a governor keeps no value of a tag or an argument anywhere, and equal ones are seen to be equal", () =>
  inDir(async (dir) => {
    const { rein } = await open([], { audit: undefined, dir });
    act(rein, mail);
    act(rein, { ...mail, args: { to: "ann@example.com", subject: "a secret plan" } });
    act(rein, { ...mail, args: { ...mail.args, to: "bob@example.com" } });
    await rein.close();
    expect(everything(dir)).not.toMatch(/ann@example|secret plan/);
    const gates = [...readLog({ disk: nodeDisk, dir: join(dir, "audit") })].filter(
      ({ type }) => type === "gate",
    );
    const [first, again, other] = gates.map(({ args }) => args as string);
    expect(first).toMatch(/^[\w-]{22}$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  }));

test("what is kept can be shown and proven, and erased for a person, and every proof holds on", () =>
  inDir(async (dir) => {
    const { rein } = await open([], {
      dir,
      audit: { keep: { args: true, tags: ["recipient"], subject: "recipient" } },
    });
    act(rein, mail);
    act(rein, { ...mail, tags: { ...mail.tags, recipient: "bob@example.com" }, args: { subject: "hello" } });
    await rein.close();
    const log = join(dir, "audit");
    const verify = (): unknown => {
      const { outcome, problems } = verifyLog({ disk: nodeDisk, dir: log, now: Date.now() });
      return problems.first.length > 0 ? problems.first : outcome;
    };
    expect(verify()).toBe("valid");
    const gates = [...readLog({ disk: nodeDisk, dir: log })].filter(({ type }) => type === "gate");
    expect(gates[0]).toMatchObject({
      kept: { args: { $c: expect.any(String) }, tags: { recipient: { $c: expect.any(String) } } },
    });

    const shown = await commandLine(["audit", "disclose", String(gates[0]!.n), dir]);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain("a secret plan");
    expect(everything(dir)).not.toMatch(/ann@example|secret plan/);

    const erased = await commandLine([
      ...["audit", "erase", dir, "--subject", "ann@example.com", "--by", "alice", "-r", "request 7"],
    ]);
    expect(erased).toMatchObject({ code: 0, err: "" });
    expect(verify()).toBe("valid");
    const after = await commandLine(["audit", "disclose", String(gates[0]!.n), dir]);
    expect(after.out).not.toContain("a secret plan");
    expect(after.code).toBe(4);
    const other = await commandLine(["audit", "disclose", String(gates[1]!.n), dir]);
    expect(other.out).toContain("hello");
  }));

test("`keep` without a log is refused", async () => {
  await expect(open([], { audit: { keep: { args: true } } })).rejects.toMatchObject({
    code: "invalid_input",
  });
});
