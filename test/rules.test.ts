import { describe, expect, test } from "vitest";
import type { RefusalCode, RuleInput, RuleKind } from "../src/index.js";
import { act, answer, breathe, hear, open, permitFor } from "./support/open.js";
import type { Opened } from "./support/open.js";

const trade = { source: "agent", series: "trade", cost: { usd: 2 } };
const other = { source: "agent", series: "search", cost: { usd: 2 } };

interface Pressed {
  readonly rule: RuleInput;
  readonly code: RefusalCode;
  readonly retryable: boolean;
  /** Brings it so far that the rule refuses the next `trade`. */
  press(opened: Opened): unknown;
}

const nothing = (): void => undefined;

const KINDS: Readonly<Partial<Record<RuleKind, Pressed>>> = {
  rate: {
    rule: { kind: "rate", limit: 1, window: "1h" },
    code: "rate_limited",
    retryable: true,
    press: ({ rein }) => act(rein, trade),
  },
  budget: {
    rule: { kind: "budget", measure: "usd", limit: 3, window: "1d" },
    code: "budget_exhausted",
    retryable: true,
    press: ({ rein }) => act(rein, trade),
  },
  concurrency: {
    rule: { kind: "concurrency", limit: 1 },
    code: "concurrency_limited",
    retryable: true,
    press: ({ rein }) => permitFor(rein, trade),
  },
  access: {
    rule: { kind: "access", effect: "deny" },
    code: "access_denied",
    retryable: false,
    press: nothing,
  },
  size: {
    rule: { kind: "size", measure: "usd", limit: 1 },
    code: "too_large",
    retryable: false,
    press: nothing,
  },
  loss: {
    rule: { kind: "loss", limitPct: 5 },
    code: "loss_limit",
    retryable: false,
    press: ({ rein }) => {
      rein.balance({ start: 100, current: 90 });
    },
  },
  floor: {
    rule: { kind: "floor", limit: 25 },
    code: "balance_floor",
    retryable: false,
    press: ({ rein }) => {
      rein.balance({ start: 100, current: 20 });
    },
  },
  errors: {
    rule: { kind: "errors", consecutive: 2 },
    code: "breaker_open",
    retryable: true,
    press: ({ rein }) => [act(rein, trade, { ok: false }), act(rein, trade, { ok: false })],
  },
  stale: {
    rule: { kind: "stale", signal: "feed", maxAge: "30s" },
    code: "signal_stale",
    retryable: true,
    press: nothing,
  },
};

const match = { series: "trade" };

describe.each(Object.entries(KINDS))("a %s rule", (_kind, { rule, code, retryable, press }) => {
  async function pressed(fields: object): Promise<Opened> {
    const opened = await open([{ match, ...rule, id: "the-rule", ...fields }]);
    press(opened);
    return opened;
  }

  test("refuses what breaks it with its code, its name and words to act on, and nothing else", async () => {
    const { rein } = await pressed({});
    const decision = rein.gate(trade);
    expect(decision).toMatchObject({
      allowed: false,
      verdict: "block",
      refusal: { code, rule: "the-rule", retryable },
    });
    expect(decision.refusal!.message).toMatch(/^[^\n]{20,300}$/);
    expect(answer(rein, other)).toBe("ok");
    expect(rein.snapshot().halts).toEqual([]);
  });

  test("with `alert` tells and lets pass", async () => {
    const { rein, ...rest } = await open([{ ...rule, match, then: "alert", id: "the-rule" }]);
    const alerts = hear(rein, "alert");
    press({ rein, ...rest });
    const decision = rein.gate(trade);
    expect(decision).toMatchObject({ allowed: true, verdict: "allow" });
    expect(decision.wouldBlock).toBeUndefined();
    await breathe();
    expect(alerts.length).toBeGreaterThan(0);
    for (const alert of alerts) expect(alert).toMatchObject({ code: "rule_tripped", rule: "the-rule" });
  });

  test("with `halt` stops what it matches, once, until an operator resumes it", async () => {
    const { rein } = await pressed({ then: "halt" });
    expect(answer(rein, trade)).not.toBe("ok");
    expect(rein.gate(trade).refusal).toMatchObject({ code: "halted", rule: "the-rule", retryable: false });
    expect(answer(rein, other)).toBe("ok");
    const { halts } = rein.snapshot();
    expect(halts).toMatchObject([{ rule: "the-rule", by: "rule:the-rule" }]);
    await rein.resume({ halt: halts[0]!.id, by: "alice" });
    expect(rein.snapshot().halts).toEqual([]);
  });

  test("with `halt` and `for` stops for that time, and not a millisecond longer", async () => {
    const { rein, clock } = await pressed({ then: "halt", for: "1m" });
    rein.gate(trade);
    clock.advance(59_999);
    expect(answer(rein, trade)).toBe("halted");
    clock.advance(1);
    expect(rein.snapshot().halts).toEqual([]);
  });

  test("with `approve` asks a human, and the answer holds for exactly this action, once", async () => {
    const { rein } = await pressed({ then: "approve" });
    const asked = rein.gate(trade);
    expect(asked).toMatchObject({
      verdict: "approve",
      refusal: { code: "approval_required", retryable: true },
    });
    rein.approve(asked.refusal!.approvalId!, { by: "alice" });
    expect(answer(rein, { ...trade, cost: { usd: 2.01 } })).toBe("approval_required");
    expect(act(rein, trade)).toBe("ok");
    expect(answer(rein, trade)).toBe("approval_required");
  });

  test("in shadow lets pass, and says what it would have done", async () => {
    const { rein } = await pressed({ mode: "shadow" });
    expect(rein.gate(trade)).toMatchObject({ allowed: true, wouldBlock: { code, rule: "the-rule" } });
  });

  test("leaves alone what it excepts", async () => {
    const { rein } = await pressed({ match: { except: { series: "trade" } } });
    expect(answer(rein, trade)).toBe("ok");
  });
});

test("of all that refuse, the strictest is named, and among equals the first by id", async () => {
  const rules: RuleInput[] = [
    { id: "c-alert", kind: "access", effect: "deny", then: "alert" },
    { id: "d-approve", kind: "access", effect: "approve" },
    { id: "y-block", kind: "access", effect: "deny" },
    { id: "x-block", kind: "size", measure: "usd", limit: 1 },
    { id: "z-halt", kind: "access", effect: "deny", then: "halt" },
  ];
  const named = async (...ids: string[]): Promise<string | undefined> => {
    const { rein } = await open(rules.filter(({ id }) => ids.includes(id!)));
    return rein.gate(trade).refusal?.rule;
  };
  expect(await named("c-alert", "d-approve")).toBe("d-approve");
  expect(await named("d-approve", "y-block", "x-block")).toBe("x-block");
  expect(await named("d-approve", "y-block", "x-block", "z-halt")).toBe("z-halt");
});
