import { writeFileSync } from "node:fs";
import { test } from "vitest";
import { simulate } from "./simulation.js";
import { World } from "./world.js";
import { FakeDisk } from "../../src/testing/index.js";
if (process.env.TRACE) {
  let world: World | undefined;
  const orig = World.prototype.note;
  World.prototype.note = function (w: string) { world = this; orig.call(this, w); };
  const P = FakeDisk.prototype as any;
  for (const name of ["makeDir", "rename", "link", "remove", "syncDirNow", "syncDir", "openToAppend", "touch", ...(process.env.TRACE === "2" ? ["read", "list", "look"] : [])]) {
    const f = P[name];
    P[name] = function (...a: any[]) {
      let r: any;
      try { r = f.apply(this, a); } catch (e) { if (world) orig.call(world, `   op ${this.operations} ${name} ${a.join(" ")} threw ${e}`); throw e; }
      if (world) orig.call(world, `   op ${this.operations} ${name} ${a.join(" ")}`);
      if (name === "openToAppend") {
        const { write, sync, syncNow, truncate } = r;
        const self = this;
        const wrap = (n: string, g: any) => function (...b: any[]) {
          try { const out = g.apply(r, b); world && orig.call(world, `   op ${self.operations} ${n} ${a[0]} ${n === "write" ? b[0].length + " " + new TextDecoder().decode(b[0]).slice(0, Number(process.env.BYTES ?? 200)) : b.join(" ")}`); return out; }
          catch (e) { world && orig.call(world, `   op ${self.operations} ${n} ${a[0]} threw ${e}`); throw e; }
        };
        Object.defineProperties(r, { write: { value: wrap("write", write) }, sync: { value: wrap("sync", sync) }, syncNow: { value: wrap("syncNow", syncNow) }, truncate: { value: wrap("truncate", truncate) } });
      }
      return r;
    };
  }
}
test("try", { timeout: 6e5 }, async () => {
  const from = Number(process.env.FROM ?? 1), n = Number(process.env.N ?? 20), steps = Number(process.env.STEPS ?? 60);
  const t0 = performance.now();
  const counts = new Map<string, number>(); let bad = 0; const kinds = new Map<string, number[]>();
  for (let s = from; s < from + n; s++) {
    if (process.env.PROGRESS) writeFileSync(process.env.PROGRESS, String(s));
    let r = await simulate(s, steps);
    if (r.broken && process.env.SHRINK) for (let k = 1; k < steps; k++) { const q = await simulate(s, k); if (q.broken) { r = q; break; } }
    for (const [k, v] of r.counts) counts.set(k, (counts.get(k) ?? 0) + v);
    if (r.broken) { bad++; const key = r.broken.split("\n")[0]!.replace(/\d+/g, "#").slice(0, 120); kinds.set(key, [...(kinds.get(key) ?? []), s]);
      if (bad <= Number(process.env.SHOW ?? 1)) console.log("SEED", s, r.steps, r.broken, "\n" + r.lines.slice(-Number(process.env.LINES ?? 25)).join("\n")); }
  }
  console.log("ms per run", (performance.now() - t0) / n, "bad", bad);
  if (n > 1) console.log([...counts].sort((a, b) => b[1] - a[1]).map(([k, v]) => `${k}: ${v}`).join(", "));
  if (n > 1) console.log([...kinds].sort((a, b) => b[1].length - a[1].length).map(([k, v]) => `${v.length} ${k} :: ${v.slice(0, 6)}`).join("\n"));
});
