import { test } from "vitest";
import { open, answer, act, breathe, gateAny } from "./support/open.js";
import { calendarAnswer } from "../src/rein/calendar.js";

const probe = (name: string, fn: () => Promise<unknown>) => test(name, async () => {
  let out: unknown;
  try { out = await fn(); } catch (e) { out = "THREW " + String((e as Error)?.stack ?? e).slice(0, 300); }
  console.log("PROBE", name, "=>", JSON.stringify(out));
});

probe("allowlist then approve unlisted", async () => {
  const { rein } = await open([{ kind: "access", effect: "allow", match: { series: "search" }, then: "approve" }]);
  return rein.gate({ source: "a", series: "mail" }).refusal;
});
probe("halt per missing tag", async () => {
  const { rein } = await open([{ kind: "rate", limit: 1, window: "1h", per: "tag:to", then: "halt" }]);
  const r = [1, 2, 3, 4].map(() => answer(rein, { source: "a", series: "mail" }));
  return { r, halts: rein.snapshot().halts.length };
});
probe("halts at cap", async () => {
  const { rein } = await open([], { config: { maxHalts: 2 } });
  const h = [];
  for (const s of ["a", "b", "c"]) h.push(await rein.halt({ scope: { source: s }, by: s }));
  const before = ["a", "b", "c", "d"].map((source) => answer(rein, { source, series: "x" }));
  await rein.resume({ halt: h[2]!.id, by: "c" });
  const after = ["a", "b", "c", "d"].map((source) => answer(rein, { source, series: "x" }));
  return { before, after, scopes: h.map((x) => x.scope) };
});
probe("tag halt widened at cap", async () => {
  const { rein } = await open([], { config: { maxHalts: 1 } });
  const p = rein.gate({ source: "a", series: "x" }).permit!;
  const r = await rein.halt({ scope: { tags: { to: "x" } }, deadlineMs: 0 });
  let chk = "passes"; try { p.check(); } catch (e) { chk = (e as Error).message; }
  return { r, chk };
});
probe("swept counter", async () => {
  const { rein, clock } = await open([{ kind: "rate", limit: 1, window: "1s", per: "source" }], { config: { maxKeysPerRule: 2 } });
  act(rein, { source: "a", series: "s1" }); act(rein, { source: "b", series: "s1" });
  clock.advance(2000);
  act(rein, { source: "c", series: "s1" });
  return [act(rein, { source: "a", series: "s1" }), act(rein, { source: "a", series: "s2" })];
});
probe("swept overflow", async () => {
  const { rein, clock } = await open([{ kind: "rate", limit: 1, window: "1s", per: "source" }], { config: { maxKeysPerRule: 1 } });
  act(rein, { source: "a", series: "s" }); act(rein, { source: "b", series: "s" }); act(rein, { source: "c", series: "s" });
  clock.advance(2000);
  act(rein, { source: "a", series: "s" });
  return ["b", "c", "d", "e"].map((source) => act(rein, { source, series: "s" }));
});
probe("swept budget", async () => {
  const { rein, clock } = await open([{ kind: "budget", measure: "usd", limit: 10, window: "1s", per: "source" }], { config: { maxKeysPerRule: 2 } });
  for (const s of ["a", "b"]) act(rein, { source: s, series: "s1", cost: { usd: 1 } });
  clock.advance(2000);
  act(rein, { source: "c", series: "s1", cost: { usd: 1 } });
  return [act(rein, { source: "a", series: "s1", cost: { usd: 10 } }), act(rein, { source: "a", series: "s2", cost: { usd: 10 } }), rein.budgets()];
});
probe("tags getter twice", async () => {
  const { rein } = await open([{ kind: "concurrency", limit: 1 }]);
  let n = 0;
  const action = { source: "a", series: "x", get tags() { if (++n > 1) throw new Error("boom"); return { to: "x" }; } };
  const d = gateAny(rein, action);
  const again = answer(rein, { source: "a", series: "x" });
  let halt: unknown; try { halt = await rein.halt({ deadlineMs: 0 }); } catch (e) { halt = String(e); }
  return { d: d.refusal, again, halt, inFlight: rein.snapshot().inFlight };
});
probe("throw weird", async () => {
  const { rein } = await open([]);
  return gateAny(rein, { get source() { throw Object.create(null); } }).refusal;
});
probe("numbers for records", async () => {
  const { rein } = await open([]);
  return [{ cost: 5 }, { cost: [] }, { cost: [5] }, { cost: true }, { tags: 5 }, { tags: "ab" }, { tags: ["x"] }, { cost: () => 1 }].map((x) => answer(rein, { source: "a", series: "x", ...x } as never));
});
probe("waiting stale mono", async () => {
  const { rein, clock } = await open([{ kind: "rate", limit: 1, window: "2s" }]);
  act(rein, { source: "a", series: "x" });
  clock.advance(1000);
  const before = rein.admit({ source: "a", series: "x" }, { waitMs: 1500 });
  await breathe(); clock.advance(1000); await breathe();
  const first = (await before).allowed;
  clock.advance(1000);
  clock.advance(300);
  const p = rein.admit({ source: "a", series: "x" }, { waitMs: 1000 });
  await breathe(); clock.advance(700); await breathe(); 
  return [first, (await p).allowed];
});
probe("record failed burns", async () => {
  const { rein, sink } = await open([{ id: "r", kind: "rate", limit: 1, window: "1h" }, { id: "b", kind: "budget", measure: "calls", limit: 5, window: "forever" }, { id: "e", kind: "errors", consecutive: 1 }], {});
  void sink;
  return rein.budgets();
});
probe("weird outcome ok", async () => {
  const { rein } = await open([]);
  let unhandled: unknown; process.once("unhandledRejection", (e) => { unhandled = String(e); });
  const f = rein.governed({ source: "a", series: "x", outcome: () => ({ ok: "yes" }) as never }, async () => 1);
  const r = await Promise.race([f().then((v) => ["ok", v], (e) => ["err", String(e)]), new Promise((res) => setTimeout(() => res("hangs"), 20))]);
  return { r, unhandled };
});
probe("listener halts at decision", async () => {
  const { rein, clock } = await open([]);
  let receipt: Promise<unknown> | undefined;
  rein.on("decision", () => { receipt ??= rein.halt({ deadlineMs: 100 }); });
  let ran = false;
  const f = rein.governed({ source: "a", series: "x", waitMs: 10 }, async () => { ran = true; });
  const r = await f().then(() => "ok", (e) => String(e));
  await breathe(); clock.advance(100); await breathe();
  return { r, ran, receipt: await receipt, inFlight: rein.snapshot().inFlight };
});
probe("abort listener settles", async () => {
  const { rein } = await open([]);
  const p = rein.gate({ source: "a", series: "x" }).permit!;
  p.signal.addEventListener("abort", () => p.settle({ ok: false }));
  return rein.halt({});
});
probe("builtins lost", async () => {
  const { rein } = await open([{ kind: "rate", limit: 5, window: "1s" }], { builtins: true });
  rein.setPolicy([{ kind: "rate", limit: 6, window: "1s" }]);
  return rein.policy.rules.map((r) => r.id);
});
probe("account default", async () => {
  const { rein } = await open([{ kind: "floor", limit: 25 }]);
  rein.balance({ account: "other", start: 100, current: 1 });
  return answer(rein, { source: "a", series: "x" });
});
probe("floor raised after report", async () => {
  const { rein } = await open([{ kind: "floor", limit: 25 }]);
  rein.balance({ start: 100, current: 50 });
  rein.setPolicy([{ kind: "floor", limit: 75 }]);
  const a = answer(rein, { source: "a", series: "x" });
  rein.balance({ start: 100, current: 50 });
  const b = answer(rein, { source: "a", series: "x" });
  rein.setPolicy([{ kind: "floor", limit: 10 }]);
  return [a, b, answer(rein, { source: "a", series: "x" })];
});
probe("stale alerts again after swap", async () => {
  const { rein, clock } = await open([{ kind: "stale", signal: "feed", maxAge: "1s", then: "halt" }]);
  rein.signal("feed", 1); clock.advance(2000); rein.tick();
  const a = rein.snapshot().halts.length;
  rein.setPolicy([{ kind: "stale", signal: "feed", maxAge: "1500ms", then: "halt" }]); rein.tick();
  return [a, rein.snapshot().halts.length];
});
probe("shadow approve unbindable", async () => {
  const { rein } = await open([{ kind: "access", effect: "approve" }], { mode: "shadow" });
  return rein.gate({ source: "a", series: "x", args: { n: 5n } }).refusal ?? "ok";
});
probe("junk measures then costOver", async () => {
  const { rein } = await open([]);
  for (let i = 0; i < 100; i++) act(rein, { source: "a", series: "x", cost: { [`m${i}`]: 1 } });
  rein.setPolicy([{ kind: "access", effect: "deny", match: { costOver: { usd: 5 } } }]);
  return [answer(rein, { source: "a", series: "x", cost: { usd: 1 } }), answer(rein, { source: "a", series: "x", cost: { usd: 9 } })];
});
probe("calendar midnight budgets()", async () => {
  const { rein, clock } = await open([{ kind: "budget", measure: "usd", limit: 10, window: { calendar: "day" } }]);
  act(rein, { source: "a", series: "x", cost: { usd: 10 } });
  clock.advance(86_400_000);
  const lines = rein.budgets().map((l) => l.spent);
  return lines;
});
probe("settle after midnight", async () => {
  const { rein, clock } = await open([{ kind: "budget", measure: "usd", limit: 10, window: { calendar: "day" } }]);
  const p = rein.gate({ source: "a", series: "x", cost: { usd: 10 } }).permit!;
  clock.advance(43_200_000 - 100); const q = rein.gate({ source: "a", series: "x", cost: { usd: 0 } }).permit!;
  void p; clock.advance(200);
  q.settle({ ok: true, cost: { usd: 3 } });
  return [rein.gate({ source: "a", series: "x", cost: { usd: 8 } }).refusal?.message ?? "ok", rein.budgets()];
});
probe("calendar fuzz", async () => {
  const bad: unknown[] = [];
  const zones = ["America/Santiago", "Africa/Cairo", "Europe/Berlin", "America/New_York", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "America/Havana", "Asia/Kathmandu"];
  for (const timeZone of zones) for (let h = 0; h < 24 * 366 * 2; h += 1) {
    const at = Date.UTC(2024, 0, 1) + h * 1_800_000;
    for (const calendar of ["hour", "day", "week", "month", "year"] as const) {
      const a = calendarAnswer({ key: "k", calendar: { calendar, timeZone } }, at);
      if (!(a.period <= at && at < a.until)) bad.push([timeZone, calendar, new Date(at).toISOString(), new Date(a.period).toISOString(), new Date(a.until).toISOString()]);
    }
    const s = calendarAnswer({ key: "k", schedule: { from: "02:30", to: "03:15", timeZone } as never }, at);
    if (!(at < s.until) || (s.open && s.until - s.period > 3 * 3_600_000)) bad.push([timeZone, "sched", new Date(at).toISOString(), s.open, new Date(s.period).toISOString(), new Date(s.until).toISOString()]);
  }
  return { n: bad.length, first: bad.slice(0, 12) };
});
