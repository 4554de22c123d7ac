import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runDemo } from "../examples/demo/demo.js";
import type { DemoResult } from "../examples/demo/demo.js";
import { ruleOf } from "../examples/demo/policy.js";
import { Screen } from "../examples/demo/terminal.js";
import { build } from "./support/built.js";

const temp = mkdtempSync(join(tmpdir(), "rein-demo-"));
let result: DemoResult;
let shown = "";

beforeAll(async () => {
  // It would ask for colours where there is no terminal.
  vi.stubEnv("FORCE_COLOR", undefined);
  vi.stubEnv("REIN_DEMO_CLI", build().cli);
  vi.stubEnv("REIN_DEMO_DIR", join(temp, "state"));
  const pipe = {
    isTTY: false,
    write(text: string) {
      shown += text;
      return true;
    },
  };
  result = await runDemo(new Screen(pipe as NodeJS.WriteStream));
}, 120_000);

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temp, { recursive: true, force: true });
});

describe("the demo", () => {
  it("leaves a log that verifies, and notices a refusal that was made an approval", () => {
    expect(result.log).toMatchObject({ isValid: true, isForgeryFound: true });
    expect(result.log.records).toBeGreaterThan(100);
  });

  it("lets honest work through untouched", () => {
    const { withoutRein, withRein } = result.honestWork;
    expect(withRein).toEqual(withoutRein);
    expect(withRein).toMatchObject({ attempted: 10, allowed: 10, failed: 0 });
  });

  it("burns $200 in a retry loop without Rein, and never more than the budget with it", () => {
    const { withoutRein, withRein } = result.retryLoop;
    expect(withoutRein).toMatchObject({ attempted: 400, requests: 400, billedUsd: 200 });
    expect(withRein.requests).toBe(withRein.allowed);
    expect(withRein.billedTodayUsd).toBeLessThanOrEqual(5);
    expect(withRein.refusal).toContain(`\`${ruleOf("budget").id}\``);
  });

  it("mails 80 wrong people without Rein, and a minute's worth at most with it", () => {
    const { withoutRein, withRein } = result.wrongList;
    expect(withoutRein).toMatchObject({ attempted: 80, mails: 80, wrongPeople: 80 });
    expect(withRein.wrongPeople).toBe(withRein.allowed);
    expect(withRein.mailsToday).toBeLessThanOrEqual(10);
    expect(withRein.refusal).toContain(`\`${ruleOf("rate").id}\``);
  });

  it("trades on stale prices without Rein, and never with it, by the broker's clock", () => {
    const { withoutRein, withRein } = result.deadFeed;
    expect(withoutRein.staleOrders).toBeGreaterThan(0);
    expect(withRein.orders).toBe(withRein.allowed);
    expect(withRein.orders).toBeGreaterThan(0);
    expect(withRein.staleOrders).toBe(0);
    expect(withRein.refusal).toContain(`\`${ruleOf("stale").id}\``);
  });

  it("cannot stop slow tools without Rein, and lets no fenced one act after the halt with it", () => {
    const { withoutRein, withRein } = result.slowTools;
    expect(withoutRein).toMatchObject({ attempted: 21, deletionsAfterStop: 20, exportsAfterStop: 1 });
    expect(withRein).toMatchObject({ attempted: 21, allowed: 21, deletionsAfterStop: 0 });
  });

  it("gets a receipt that names the one tool it could not stop", () => {
    const { receipt, exportsAfterStop } = result.slowTools.withRein;
    const fates = receipt?.inFlight.map(({ series, fate }) => `${series} ${fate}`);
    expect(receipt?.complete).toBe(false);
    expect(fates).toHaveLength(21);
    expect(new Set(fates)).toEqual(new Set(["delete_customer aborted", "export_backup unknown"]));
    expect(exportsAfterStop).toBe(1);
  });

  it("passes its own checks", () => {
    expect(result.checks.filter(({ holds }) => !holds)).toEqual([]);
  });

  it("fits 80 columns, without escape codes where nobody can see colours", () => {
    const lines = shown.split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(shown).not.toMatch(/[\u001b\r]/);
  });
});
