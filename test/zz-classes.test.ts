import fc from "fast-check";
import { test } from "vitest";
import { lintPolicy } from "../src/analysis/lint/index.js";
import { compilePolicy } from "../src/index.js";
import { lintablePolicy, relatedPolicy } from "./support/lintable.js";
test("classes", () => {
  const seen = new Map<string, [number, string]>(); let total = 0;
  for (const policy of fc.sample(fc.oneof(lintablePolicy, relatedPolicy), 1500))
    for (const { fix } of lintPolicy(compilePolicy(policy))) {
      total++;
      let why: string | undefined;
      try {
        const [read] = compilePolicy([fix.sentence]).rules;
        const [given] = compilePolicy([fix.rule]).rules;
        if (JSON.stringify({ ...read, id: "" }) !== JSON.stringify({ ...given, id: "" }) ) {
          const a = JSON.parse(JSON.stringify(read)), b = JSON.parse(JSON.stringify(given)); 
          const d = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((k) => k !== "id" && JSON.stringify(sortKeys(a[k])) !== JSON.stringify(sortKeys(b[k])));
          if (d.length > 0) why = "differs in " + d.map((k) => `${k}: ${JSON.stringify(b[k])?.slice(0,80)} read as ${JSON.stringify(a[k])?.slice(0,80)}`).join("; ").slice(0, 160);
        }
      } catch (e) { why = String((e as Error).message).split("\n")[1]?.slice(0, 90); }
      if (why !== undefined) { const k = why.replace(/"[^"]*"/g, '"…"').slice(0, 100); const n = seen.get(k); seen.set(k, [(n?.[0] ?? 0) + 1, n?.[1] ?? fix.sentence + " || " + why]); }
    }
  console.log(total, [...seen].sort((a, b) => b[1][0] - a[1][0]).slice(0, 15).map(([k, [n, s]]) => `${n} × ${k}\n    ${s}`).join("\n"));
});
function sortKeys(v: unknown): unknown { return v !== null && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a],[b]) => a < b ? -1 : 1).map(([k, x]) => [k, sortKeys(x)])) : Array.isArray(v) ? v.map(sortKeys) : v; }
