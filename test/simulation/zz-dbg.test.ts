import { test } from "vitest";
import { simulate } from "./simulation.js";
import { World } from "./world.js";
import { CounterTable } from "../../src/engine/counter-table.js";
import { Engine } from "../../src/engine/index.js";
test("dbg", async () => {
  const out: string[] = [];
  const P = CounterTable.prototype as any; const get = P.get;
  P.get = function (k: any, m: number) { const before = [...this.all()].length; const r = get.call(this, k, m); out.push(`  get ${JSON.stringify(k)} ${m} ${before}->${[...this.all()].length} ${r.key.overflow ? "OVER" : ""} ${(this as any).tag ?? ""}`); return r; };
  for (const n of ["gate", "restart", "settle", "tick", "image", "setRules", "lane", "cancel"]) { const f = (Engine.prototype as any)[n]; (Engine.prototype as any)[n] = function (...a: any[]) { out.push(`${n} ${n==="gate" ? a[0].source + " " + a[0].series : n === "lane" ? a.join(" ") : ""} seq ${this.seq}`); return f.apply(this, a); }; }
  const R = (Engine as any).restore; (Engine as any).restore = function (...a: any[]) { out.push("RESTORE seq " + a[0].seq + " turned " + a[0].guards.map((g: any) => g.table.turnedAway + "/" + g.table.counters.length)); return R.apply(this, a); };
  const note = World.prototype.note; World.prototype.note = function (w) { out.push("# " + w); note.call(this, w); };
  const r = await simulate(Number(process.env.SEED), Number(process.env.STEPS));
  console.log(out.slice(-Number(process.env.LINES ?? 200)).join("\n"), r.broken);
});
